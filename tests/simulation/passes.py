"""Passes and diffs of a simulation, each with what must hold right after it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Final, TypeAlias

from hermes_sync.core.safety import UnsafePlan
from hermes_sync.cycle import Scope
from hermes_sync.ports import LeaseHeld, RemoteUnavailable
from hermes_sync.sandbox import Incoming
from hermes_sync.sandbox.server import Twin
from tests.crash.mortal import Fate, Killed
from tests.cycle.rig import Done, Silent
from tests.simulation.books import LINKS, Books
from tests.simulation.broken import must
from tests.simulation.engine import SimulatedRig, Workshop
from tests.simulation.graves import Graves
from tests.simulation.watch import Watch, check_plan_equals_writes

Meddling: TypeAlias = tuple[int, Callable[[], str]]
"""Before which request of a pass people do something, and what; it says what was done."""

_LEASE: Final = 15
"""For how many seconds a killed pass holds the lease."""


class Passes:
    """Runs passes in one world; `say` gets a line for each."""

    def __init__(self, workshop: Workshop, say: Callable[[str], None]) -> None:
        self._workshop = workshop
        self._say = say
        self.rig: SimulatedRig = workshop.world()
        self.books = Books(workshop.path)
        self.graves = Graves(self.rig)
        self.copied: set[tuple[str, str]] = set()
        self.number = 0
        self._killed_at: float | None = None
        self._applied = ""
        """What passes and bookings had applied before this pass did."""

    def note_copies(self) -> None:
        """Remember which `hermes_id`s people have copied."""
        for kind in ("organization", "person", "deal"):
            said = [self.rig.pd.custom(kind, row["id"])["hermes_id"] for row in self.rig.pd.all(kind)]
            self.copied |= {(kind, one) for one in said if one is not None and said.count(one) > 1}

    def note_inherited(self) -> None:
        """Remember whose `hermes_id` a merge handed on before anybody heard that it had been created.

        Nobody can tell then that it was: the pass that looks for it finds somebody else's, and creates it.
        """
        objects = self.books.objects()
        for kind, (table, column) in LINKS.items():
            if kind in {"organization", "person"}:
                said = [self.rig.pd.custom(kind, row["id"])["hermes_id"] for row in self.rig.pd.all(kind)]
                ids = {id_ for one in said if one is not None for id_ in one.split(", ")}
                self.copied |= {(kind, str(row["id"])) for row in objects[table].values() if row[column] is None} & {
                    (kind, id_) for id_ in ids
                }

    # -- the kinds of passes

    def run(self, *, force: bool = False, **scope: Any) -> Done | None:
        """Run a pass, with force when the safety limits stop it; None when it could not be carried out."""
        return self._attempt(Scope(**scope), force=force)

    def run_killed(self, at: int, **scope: Any) -> None:
        """Run a pass that is killed at a commit or an exchange; a new process takes its place."""
        self._attempt(Scope(**scope), fate=Fate(at))

    def run_meddled(self, at: int, meddle: Callable[[], str]) -> None:
        """Run a pass during which people go on working."""
        self._attempt(Scope(), meddle=(at, meddle))

    def diff(self, **scope: Any) -> Done | None:
        """Plan without doing: nothing may change anywhere."""
        before = self.books.fingerprint(everything=True), self.rig.writes()
        self.rig.fate = Fate()
        with self._attended(None, None) as disturbed:
            try:
                done = self.rig.diff(**scope)
            except RemoteUnavailable as error:
                must(disturbed(), "no-excuse", f"nothing failed, and yet: {error}")
                self._say(f"{self.number}: diff: {error}")
                return None
        must(before == (self.books.fingerprint(everything=True), self.rig.writes()), "diff-is-dry", "a diff wrote")
        self._say(f"{self.number}: diff {done.hash[:12]} {done.summary}")
        return done

    def check_diff_is_empty(self) -> None:
        """Raise Broken if a diff of everything still plans something."""
        done = self.diff(full=True)
        must(done is not None and not done.actions, "convergence", "a diff after the last pass plans something")

    # -- one pass

    def _attempt(
        self, scope: Scope, *, force: bool = False, fate: Fate | None = None, meddle: Meddling | None = None
    ) -> Done | None:
        before, entry = self.books.objects(), self.books.last_entry()
        self._applied = self.books.fingerprint()
        writes = self.rig.writes()
        self.graves.open()
        is_current = scope.since is None  # a later time than the last pass's leaves out what changed between the two
        undisturbed = meddle is None and not self.rig.pd.list_lag
        watch = Watch(self.rig, self.copied, is_calm=undisturbed and is_current)
        done: Done | None = None
        is_refused = False
        logged = [len(twin.log) for twin in self._twins]
        with self._attended(watch, meddle) as disturbed:
            try:
                done = self._carried_out(scope, force=force, fate=fate)
                self._say_done(scope, done)
            except Killed as killed:
                self._say(f"{self.number}: pass {scope}: killed {killed}")
                self._be_reborn()
            except UnsafePlan as unsafe:
                self._say(f"{self.number}: pass {scope}: {'; '.join(unsafe.reasons)}")
                must(not force, "safety", "a forced pass was refused")
                unchanged = self._applied == self.books.fingerprint() and writes == self.rig.writes()
                must(unchanged, "safety", "a refused pass did something")
                is_refused = True
            except LeaseHeld:
                recently = self._killed_at is not None and self.rig.sandbox.clock.now() - self._killed_at <= _LEASE
                must(recently, "lease", "the lease is held and nobody was killed lately")
                self._say(f"{self.number}: pass {scope}: the lease is held")
            except RemoteUnavailable as error:
                must(disturbed(), "no-excuse", f"nothing failed, and yet: {error}")
                must(
                    self._applied == self.books.fingerprint(),
                    "all-or-nothing",
                    "a pass that broke off applied something",
                )
                self._say(f"{self.number}: pass {scope}: {error}")
        watch.check()
        is_calm = undisturbed and not disturbed()
        if done is not None and is_calm:
            entries = [one for twin, seen in zip(self._twins, logged, strict=True) for one in list(twin.log)[seen:]]
            written = [one for one in entries if one.method != "GET"]
            check_plan_equals_writes(done.actions, dict(done.outcomes), written)
        self.books.check_journal(before, entry)
        self.books.check_constraints()
        recreates = self.rig.settings.policy.recreate_deleted
        deeds = self.books.deeds_since(entry)
        self.graves.check(deeds, is_calm=is_calm, is_current=is_current, recreates=recreates)
        return self._attempt(scope, force=True) if is_refused else done

    def _carried_out(self, scope: Scope, *, force: bool, fate: Fate | None) -> Done:
        rig = self.rig
        rig.fate = fate or Fate()
        with ExitStack() as stack:
            if fate is not None:
                stack.enter_context(fate.over(rig.store.engine))
            cycle = stack.enter_context(rig.cycle())
            report = stack.enter_context(cycle.reconcile(scope, Silent(), force=force))
            plan = report.plan
            return Done(
                actions=tuple(plan.actions()),
                notices=report.notices,
                summary=plan.summary,
                hash=plan.hash,
                exit_code=report.exit_code,
                outcomes=report.outcomes,
            )

    def _say_done(self, scope: Scope, done: Done) -> None:
        self._say(f"{self.number}: pass {scope}: exit {done.exit_code}, plan {done.hash[:12]} {done.summary}")
        for one in done.actions:
            changed = {change.field: change.after for change in one.changes if change.after != change.before}
            outcome = done.outcomes.get((one.object, one.id), "") if one.system != "hermes" else ""
            which = f"{one.system} {one.object} {one.id}->{one.remote_id}"
            self._say(f"    {one.verb} {which} {outcome} {changed} by {one.rule} for {one.cause}")
        for notice in done.notices:
            self._say(f"    notice {notice.code}: {notice.message}")

    def _be_reborn(self) -> None:
        self._killed_at = self.rig.sandbox.clock.now()
        self.rig = self._workshop.reborn(self.rig)
        self.graves.rig = self.rig

    @property
    def _twins(self) -> tuple[Twin, Twin]:
        return (self.rig.pd, self.rig.tc2)

    @contextmanager
    def _attended(self, watch: Watch | None, meddle: Meddling | None) -> Iterator[Callable[[], bool]]:
        """Have every request looked at, and people at work in the middle; yields whether a fault has struck."""
        struck = [twin.faults.struck for twin in self._twins]
        asked = 0

        def attend(incoming: Incoming, twin: Twin) -> None:
            nonlocal asked
            if meddle is not None and asked == meddle[0]:
                self._say(f"{self.number}: meanwhile: {meddle[1]()}")
                self._applied = self.books.fingerprint()  # somebody may have booked
            asked += 1
            if watch is not None:
                watch.judge(twin, incoming)

        def disturbed() -> bool:
            return struck != [twin.faults.struck for twin in self._twins]

        if watch is not None:
            watch.is_disturbed = disturbed
        for twin in self._twins:
            twin.before_request = partial(attend, twin=twin)
        try:
            yield disturbed
        finally:
            for twin in self._twins:
                twin.before_request = None

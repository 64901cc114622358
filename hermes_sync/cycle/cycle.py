"""One pass, readable as its own table of contents: pull, plan, check, apply, push."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Notice, RemoteKind
from hermes_sync.core.safety import Limits, UnsafePlan
from hermes_sync.cycle import telling
from hermes_sync.cycle.budget import Budget
from hermes_sync.cycle.collecting import collecting_seldom
from hermes_sync.cycle.lease_keeper import LeaseKeeper
from hermes_sync.cycle.outcome import CycleReport, Plan, Scope
from hermes_sync.cycle.planning import Planner
from hermes_sync.cycle.pull import Pull, Pulled, Reach
from hermes_sync.cycle.push import Pusher
from hermes_sync.ports import Clock, HermesSyncError, Progress
from hermes_sync.remotes import PipedriveRemote, Tc2Remote
from hermes_sync.rules import TABLE
from hermes_sync.store import Draft, Hint, Lease, SqlStore, StaleDraft

_TRIES: Final = 8
"""How often a pass plans anew because a booking changed Hermes objects under its plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassSettings:
    """What the config says about passes. `policy_digest` changes when the config changes what is decided."""

    policy: Policy
    policy_digest: str
    fields: Mapping[RemoteKind, Mapping[str, str]]
    """Hermes name → key of the custom field in Pipedrive, by kind."""
    limits: Limits
    overlap: timedelta
    sweep_interval: timedelta
    sweep_per_pass: int
    daily_token_budget: int


class Cycle:
    """Runs passes on one database against one Pipedrive and one TC2."""

    def __init__(
        self, *, store: SqlStore, pipedrive: PipedriveRemote, tc2: Tc2Remote, clock: Clock, settings: PassSettings
    ) -> None:
        self.store = store
        self.pipedrive = pipedrive
        self.tc2 = tc2
        self.clock = clock
        self.settings = settings

    @contextmanager
    def diff(self, scope: Scope, progress: Progress) -> Iterator[Plan]:
        """Pull and plan, and write nothing anywhere; the plan can be looked at until the context ends.

        Raises RemoteUnavailable, RemoteRefused or RemoteDenied when a remote can't be read.
        """
        with self.store.draft() as draft:
            run = _Run(self, draft, scope, progress)
            run.pull()
            yield run.plan()

    @contextmanager
    def reconcile(
        self,
        scope: Scope,
        progress: Progress,
        *,
        force: bool = False,
        interval: timedelta | None = None,
        refused: Callable[[Plan], None] | None = None,
    ) -> Iterator[CycleReport]:
        """Run one pass; its report, with the plan, can be looked at until the context ends.

        `interval` is written down with it: how long until the next one of whoever runs passes in turn. `refused` is
        shown the plan that is over a limit, before it goes.
        Raises LeaseHeld when another pass is running, UnsafePlan over a safety limit without `force`, and
        RemoteUnavailable, RemoteRefused or RemoteDenied when a remote can't be read; nothing is applied then.
        """
        started = self.clock.monotonic()
        with LeaseKeeper(self.store, self.clock) as lease, self.store.draft() as draft:
            for remote in (self.pipedrive, self.tc2):
                remote.count_anew()  # a daemon's passes go over the same connections
            pass_id = self.store.begin_pass(scope=str(scope), now=self.clock.now())
            telling.begins(pass_id, scope)
            run = _Run(self, draft, scope, progress, force=force, interval=interval, refused=refused)
            pusher = Pusher(
                self.store, self.pipedrive, self.tc2, self.clock, progress, run.budget, self.settings.policy
            )
            try:
                run.pull()
                plan = run.plan_and_apply(lease.held(), pass_id)
                telling.applied(pass_id, plan)
                try:
                    pusher.run(pass_id, plan.summary.push)
                finally:
                    telling.pushed(pass_id, plan, pusher.outcomes)
            except (HermesSyncError, UnsafePlan) as error:
                code = 3 if isinstance(error, UnsafePlan) else 1
                telling.failed(pass_id, _result(error), error)
                self._end(pass_id, _result(error), code, run.notices(pusher), run.reading(), why=str(error))
                raise
            except Exception as error:  # a mistake of ours, told by who called: nothing knows what its words hold
                self._end(pass_id, type(error).__name__, 1, run.notices(pusher), run.reading())
                raise
            report = replace(
                self._report(pass_id, plan, pusher, self.clock.monotonic() - started), hints=len(run.hinted())
            )
            telling.ended(report)
            self._end(pass_id, "done", report.exit_code, report.notices, run.reading(), report)
            lease.release()
            yield report

    def _report(self, pass_id: int, plan: Plan, pusher: Pusher, seconds: float) -> CycleReport:
        deferred = len(self.store.open_pushes())  # also what an earlier pass began and nobody knows the end of
        refused = list(pusher.outcomes.values()).count("refused")
        return CycleReport(
            pass_id=pass_id,
            plan=plan,
            outcomes=pusher.outcomes,
            exit_code=5 if deferred or refused else 0,
            pipedrive=self.pipedrive.usage,
            tc2=self.tc2.usage,
            seconds=seconds,
            deferred=deferred,
            refused=refused,
            notices=(*plan.notices, *pusher.notices),
        )

    def _end(
        self,
        pass_id: int,
        result: str,
        exit_code: int,
        notices: Sequence[Notice],
        reading: Mapping[str, object],
        report: CycleReport | None = None,
        *,
        why: str | None = None,
    ) -> None:
        counts: dict[str, object] = {
            **reading,
            "pipedrive_requests": self.pipedrive.usage.requests,
            "pipedrive_tokens": self.pipedrive.usage.tokens,
            "pipedrive_daily_limit": self.pipedrive.usage.daily_limit,
            "pipedrive_daily_left": self.pipedrive.usage.daily_left,
            "tc2_requests": self.tc2.usage.requests,
            "notices": Counter(notice.code for notice in notices),
            "rules": self._rules(pass_id),
        }
        if why is not None:
            counts["error"] = why
        if report is not None:
            summary = report.plan.summary
            counts |= {
                "create": summary.create,
                "update": summary.update,
                "delete": summary.delete,
                "push": summary.push,
                "deferred": report.deferred,
                "refused": report.refused,
                "outcomes": Counter(report.outcomes.values()),
                "seconds": round(report.seconds, 3),
            }
        self.store.end_pass(
            pass_id, now=self.clock.now(), result=result, exit_code=exit_code, counts=counts, notices=notices
        )

    def _rules(self, pass_id: int) -> Counter[str]:
        """Return how many actions and pushes each rule asked for, so that metrics need not count the journal."""
        asked: Counter[str] = Counter()
        for one in self.store.rules_of_pass(pass_id):
            asked[one.rule] += one.count
        return asked


def _result(error: Exception) -> str:
    """Return the public name of what ended a pass; a remote may have finer ones of its own."""
    public = (HermesSyncError.__module__, UnsafePlan.__module__, StaleDraft.__module__)
    return next(one.__name__ for one in type(error).__mro__ if one.__module__ in public)


class _Run:
    """What a `diff` and a pass have in common: pull, then plan, on one draft."""

    def __init__(
        self,
        cycle: Cycle,
        draft: Draft,
        scope: Scope,
        progress: Progress,
        *,
        force: bool = False,
        interval: timedelta | None = None,
        refused: Callable[[Plan], None] | None = None,
    ) -> None:
        self.cycle = cycle
        self.refused = refused
        self.draft = draft
        self.progress = progress
        self.force = force
        self.interval = interval
        self.scope = self._widened(scope)
        self.pulled = Pulled()
        self._pull: Pull | None = None
        self._read: int | None = None
        self.budget = Budget.of_today(cycle.settings.daily_token_budget, cycle.store, cycle.clock.now())

    def _widened(self, scope: Scope) -> Scope:
        """A config that decides otherwise than the last pass's wants everything looked at again (semantics 1)."""
        last = self.cycle.store.policy_digest()
        same = last in {None, self.cycle.settings.policy_digest}
        return scope if same else replace(scope, full=True, since=None, hinted_only=False)

    def pull(self) -> None:
        """Read what this pass looks at into the draft."""
        cycle, settings = self.cycle, self.cycle.settings
        self._pull = Pull(
            store=cycle.store,
            draft=self.draft,
            pipedrive=cycle.pipedrive,
            tc2=cycle.tc2,
            clock=cycle.clock,
            scope=self.scope,
            progress=self.progress,
            fields=settings.fields,
            reach=Reach(
                overlap=settings.overlap,
                sweep_interval=settings.sweep_interval,
                sweep_per_pass=settings.sweep_per_pass,
                limits=settings.limits,
                force=self.force,
                sparing=self.budget.is_low(cycle.pipedrive.usage),
                for_hints=self.budget.for_hints,
            ),
        )
        self.pulled = self._pull.run()
        self._read = cycle.pipedrive.usage.tokens

    def hinted(self) -> Sequence[Hint]:
        """Return the hints that this pass has followed."""
        return () if self._pull is None else self._pull.hinted.followed

    def reading(self) -> dict[str, object]:
        """Return what there is to count of the reading: tokens, for the pace of the passes to come."""
        read = self.cycle.pipedrive.usage.tokens if self._read is None else self._read
        for_hints = 0 if self._pull is None else self._pull.hinted.tokens
        return {
            "pipedrive_polled": 0 if self.scope.hinted_only else read - for_hints,
            "pipedrive_hinted": read if self.scope.hinted_only else for_hints,
            "complete": self.pulled.is_complete,
            "interval_seconds": None if self.interval is None else self.interval.total_seconds(),
        }

    def plan(self) -> Plan:
        """Decide what this pass will do."""
        self.draft.add_notices(self.pulled.notices)
        with collecting_seldom():
            return Planner(
                store=self.cycle.store,
                draft=self.draft,
                policy=self.cycle.settings.policy.without(self.pulled.disabled),
                table=TABLE,
                limits=self.cycle.settings.limits,
                progress=self.progress,
                now=self.cycle.clock.now(),
                retry_refused=self.scope.full,
            ).plan()

    def plan_and_apply(self, lease: Lease, pass_id: int) -> Plan:
        """Plan, check and apply; plan anew when Hermes objects changed under the plan.

        Raises UnsafePlan over a safety limit, and LeaseHeld when the lease was lost; nothing is applied then.
        """
        for _ in range(_TRIES):
            plan = self.plan()
            if plan.unsafe is not None and not self.force:
                if self.refused is not None:
                    self.refused(plan)
                raise plan.unsafe
            try:
                self._apply(lease, pass_id)
            except StaleDraft:
                self.draft.start_over()
            else:
                return plan
        raise StaleDraft(f"Hermes objects changed under the plan {_TRIES} times in a row; run the pass again")

    def _apply(self, lease: Lease, pass_id: int) -> None:
        store, now = self.cycle.store, self.cycle.clock.now()
        store.apply(
            self.draft,
            lease=lease,
            pass_id=pass_id,
            now=now,
            cursors=self.pulled.cursors,
            policy_digest=self.cycle.settings.policy_digest,
            hints=self.hinted(),
        )
        for kind, definitions in self.pulled.definitions.items():
            store.save_field_definitions(kind, definitions, now)

    def notices(self, pusher: Pusher) -> list[Notice]:
        """Return what there is to say so far, of a pass that ends early."""
        return list(dict.fromkeys([*self.pulled.notices, *self.draft.notices(), *pusher.notices]))

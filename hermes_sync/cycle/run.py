"""What a `diff` and a pass have in common: pull, then plan, on one draft. A pass also checks and applies its plan."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Notice, RemoteKind
from hermes_sync.core.safety import Limits
from hermes_sync.cycle.budget import Budget
from hermes_sync.cycle.collecting import collecting_seldom
from hermes_sync.cycle.outcome import Plan, Scope
from hermes_sync.cycle.planning import Planner
from hermes_sync.cycle.pull import Pull
from hermes_sync.cycle.push import Pusher
from hermes_sync.cycle.reader import Pulled, Reach, Reader
from hermes_sync.ports import Clock, Progress
from hermes_sync.remotes import PipedriveRemote, Tc2Remote
from hermes_sync.rules import TABLE
from hermes_sync.store import Draft, Hint, Lease, SqlStore, StaleDraft

_TRIES: Final = 8
"""How often a pass plans because bookings of the very people that its plan is about changed Hermes under it."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What whoever runs it asks of a run.

    `force` goes over the safety limits; `refused` is shown a plan that is over one, before it goes. `interval` is how
    long until the next pass of whoever runs them in turn.
    """

    scope: Scope
    progress: Progress
    force: bool = False
    interval: timedelta | None = None
    refused: Callable[[Plan], None] | None = None


def bookings_since_now(store: SqlStore) -> Callable[[], bool]:
    """Return what tells whether a booking has come in since now that no pass has planned."""
    newest = store.news().newest_booking
    return lambda: store.news().newest_booking > newest


class Run:
    """What a `diff` and a pass have in common: pull, then plan, on one draft."""

    def __init__(
        self,
        *,
        store: SqlStore,
        pipedrive: PipedriveRemote,
        tc2: Tc2Remote,
        clock: Clock,
        settings: PassSettings,
        draft: Draft,
        asked: Asked,
    ) -> None:
        self.store = store
        self.pipedrive = pipedrive
        self.tc2 = tc2
        self.clock = clock
        self.settings = settings
        self.draft = draft
        self.asked = asked
        self.scope = self._widened(asked.scope)
        self.pulled = Pulled()
        self._pull: Pull | None = None
        self._read: int | None = None
        self._booking_waits = bookings_since_now(store)
        self.budget = Budget.of_today(settings.daily_token_budget, store, clock.now())

    def _widened(self, scope: Scope) -> Scope:
        """A config that decides otherwise than the last pass's wants everything looked at again (semantics 1)."""
        last = self.store.policy_digest()
        same = last in {None, self.settings.policy_digest}
        return scope if same else replace(scope, full=True, since=None, hinted_only=False)

    def pull(self) -> None:
        """Read what this pass looks at into the draft."""
        settings = self.settings
        reach = Reach(
            overlap=settings.overlap,
            sweep_interval=settings.sweep_interval,
            sweep_per_pass=settings.sweep_per_pass,
            limits=settings.limits,
            force=self.asked.force,
            sparing=self.budget.is_low(self.pipedrive.usage),
            for_hints=self.budget.for_hints,
        )
        reader = Reader(
            store=self.store,
            draft=self.draft,
            pipedrive=self.pipedrive,
            tc2=self.tc2,
            clock=self.clock,
            reach=reach,
            scope=self.scope,
            progress=self.asked.progress,
            pulled=self.pulled,
        )
        self._pull = Pull(reader=reader, fields=settings.fields, booking_waits=self._booking_waits)
        self._pull.run()
        self._read = self.pipedrive.usage.tokens

    def hinted(self) -> Sequence[Hint]:
        """Return the hints that this pass has followed."""
        return () if self._pull is None else self._pull.hinted.followed

    def again_in(self) -> float | None:
        """Return in how many seconds the hints that are left may be read; None when none are, or not today."""
        return None if self._pull is None else self._pull.hinted.again_in

    def reading(self) -> dict[str, object]:
        """Return what there is to count of the reading: tokens, for the pace of the passes to come."""
        read = self.pipedrive.usage.tokens if self._read is None else self._read
        for_hints = 0 if self._pull is None else self._pull.hinted.tokens
        return {
            "pipedrive_polled": 0 if self.scope.hinted_only else read - for_hints,
            "pipedrive_hinted": read if self.scope.hinted_only else for_hints,
            "pipedrive_doubtful": self.pulled.doubtful,
            "complete": self.pulled.is_complete,
            "interval_seconds": None if self.asked.interval is None else self.asked.interval.total_seconds(),
        }

    def plan(self) -> Plan:
        """Decide what this pass will do."""
        self.draft.add_notices(self.pulled.notices)
        with collecting_seldom():
            return Planner(
                store=self.store,
                draft=self.draft,
                policy=self.settings.policy.without(self.pulled.disabled),
                table=TABLE,
                limits=self.settings.limits,
                progress=self.asked.progress,
                now=self.clock.now(),
                retry_refused=self.scope.full,
                unclear=self.pulled.unclear,
                unlimited=self.asked.force,
            ).plan()

    def plan_and_apply(self, lease: Lease, pass_id: int) -> Plan:
        """Plan, check and apply; plan anew when Hermes objects changed under the plan.

        Raises UnsafePlan over a safety limit, and LeaseHeld when the lease was lost; nothing is applied then.
        """
        for _ in range(_TRIES):
            plan = self.plan()
            if plan.unsafe is not None and not self.asked.force:
                if self.asked.refused is not None:
                    self.asked.refused(plan)
                raise plan.unsafe
            try:
                self._apply(lease, pass_id)
            except StaleDraft:
                self.draft.start_over()
            else:
                return plan
        raise StaleDraft(f"Hermes objects changed under the plan {_TRIES} times in a row; run the pass again")

    def _apply(self, lease: Lease, pass_id: int) -> None:
        now = self.clock.now()
        self.store.apply(
            self.draft,
            lease=lease,
            pass_id=pass_id,
            now=now,
            cursors=self.pulled.cursors,
            policy_digest=self.settings.policy_digest,
            hints=self.hinted(),
        )
        for kind, definitions in self.pulled.definitions.items():
            self.store.save_field_definitions(kind, definitions, now)

    def notices(self, pusher: Pusher) -> list[Notice]:
        """Return what there is to say so far, of a pass that ends early."""
        return list(dict.fromkeys([*self.pulled.notices, *self.draft.notices(), *pusher.notices]))

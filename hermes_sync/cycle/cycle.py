"""One pass, readable as its own table of contents: pull, plan, check, apply, push."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from hermes_sync.core.records import Notice
from hermes_sync.core.safety import UnsafePlan
from hermes_sync.cycle import ending, telling
from hermes_sync.cycle.lease_keeper import LeaseKeeper
from hermes_sync.cycle.outcome import CycleReport, Plan, Scope
from hermes_sync.cycle.planning import takes_only_some
from hermes_sync.cycle.push import Pusher
from hermes_sync.cycle.run import Asked, PassSettings, Run, bookings_since_now
from hermes_sync.ports import Clock, HermesSyncError, Progress
from hermes_sync.remotes import PipedriveRemote, Tc2Remote
from hermes_sync.store import Draft, SqlStore


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
            run = self._run(draft, Asked(scope=scope, progress=progress))
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
            asked = Asked(scope=scope, progress=progress, force=force, interval=interval, refused=refused)
            run = self._run(draft, asked)
            pusher = Pusher(
                self.store, self.pipedrive, self.tc2, self.clock, progress, run.budget, self.settings.policy
            )
            try:
                run.pull()
                plan = run.plan_and_apply(lease.held(), pass_id)
                telling.applied(pass_id, plan)
                if interval is not None:  # the next pass is not far
                    pusher.booking_waits = bookings_since_now(self.store)
                try:
                    pusher.run(pass_id, plan.summary.push)
                finally:
                    telling.pushed(pass_id, plan, pusher.outcomes)
            except (HermesSyncError, UnsafePlan) as error:
                code = 3 if isinstance(error, UnsafePlan) else 1
                telling.failed(pass_id, ending.result_of(error), error)
                self._end(pass_id, ending.result_of(error), code, run.notices(pusher), run.reading(), why=str(error))
                raise
            except KeyboardInterrupt:
                self._end(pass_id, *ending.INTERRUPTED, run.notices(pusher), run.reading())
                raise
            except Exception as error:  # a mistake of ours, told by who called: nothing knows what its words hold
                self._end(pass_id, type(error).__name__, 1, run.notices(pusher), run.reading())
                raise
            report = replace(
                self._report(pass_id, plan, pusher, self.clock.monotonic() - started),
                again_in=0.0 if self._goes_on_with_bookings(draft, pusher) else run.again_in(),
            )
            telling.ended(report)
            self._end(pass_id, "done", report.exit_code, report.notices, run.reading(), report)
            lease.release()
            yield report

    def _run(self, draft: Draft, asked: Asked) -> Run:
        return Run(
            store=self.store,
            pipedrive=self.pipedrive,
            tc2=self.tc2,
            clock=self.clock,
            settings=self.settings,
            draft=draft,
            asked=asked,
        )

    def _goes_on_with_bookings(self, draft: Draft, pusher: Pusher) -> bool:
        """Whether bookings wait that a pass could not take along, and this one got on, so that the next one will."""
        got_on = bool(draft.booked) or "pushed" in pusher.outcomes.values()
        return got_on and self.store.news().newest_booking > 0

    def _report(self, pass_id: int, plan: Plan, pusher: Pusher, seconds: float) -> CycleReport:
        deferred = len(self.store.open_pushes())  # also what an earlier pass began and nobody knows the end of
        refused = list(pusher.outcomes.values()).count("refused")
        return CycleReport(
            pass_id=pass_id,
            plan=plan,
            outcomes=pusher.outcomes,
            exit_code=5 if deferred or refused or takes_only_some(plan) else 0,
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
            **ending.spent(self.pipedrive.usage, self.tc2.usage),
            "notices": Counter(notice.code for notice in notices),
            "rules": ending.rules(self.store.rules_of_pass(pass_id)),
        }
        if why is not None:
            counts["error"] = why
        if report is not None:
            counts |= ending.done(report)
        self.store.end_pass(
            pass_id, now=self.clock.now(), result=result, exit_code=exit_code, counts=counts, notices=notices
        )

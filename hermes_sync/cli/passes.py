"""`diff` and `reconcile`: run the pass, print what came of it, say the exit code."""

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from hermes_sync import bootstrap, reports
from hermes_sync.cli.session import FAILED, REFUSED, SOMETHING_TO_DO, fail, say, warn
from hermes_sync.cli.stdout import Unwritable
from hermes_sync.core.records import Notice
from hermes_sync.core.safety import UnsafePlan
from hermes_sync.cycle import CycleReport, Plan, Scope
from hermes_sync.settings import Settings


def diff(settings: Settings, *, since: datetime | None, full: bool, as_json: bool) -> int:
    """Print the plan; return 2 if it does anything, else 0."""
    with ExitStack() as stack:
        store = stack.enter_context(bootstrap.store_to_read(settings))
        cycle = stack.enter_context(bootstrap.cycle_on(settings, store))
        with reports.progress_on(sys.stderr) as progress:
            plan = stack.enter_context(cycle.diff(_scope(since, full=full), progress))
        return _show_plan(plan, as_json=as_json)


@contextmanager
def _broken_off_by_sigterm() -> Iterator[None]:
    """Have SIGTERM break a pass off as Ctrl-C does, so that its end is written down."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _write_refused(plan: Plan) -> None:
    reports.write_plan(plan, sys.stdout.buffer)


def reconcile(settings: Settings, *, since: datetime | None, full: bool, force: bool, as_json: bool) -> int:
    """Run a pass and print how it went; return its exit code."""
    with ExitStack() as stack:
        store = stack.enter_context(bootstrap.store_to_write(settings))
        cycle = stack.enter_context(bootstrap.cycle_on(settings, store))
        stack.enter_context(_broken_off_by_sigterm())
        with reports.progress_on(sys.stderr) as progress:
            try:
                report = stack.enter_context(
                    cycle.reconcile(
                        _scope(since, full=full), progress, force=force, refused=_write_refused if as_json else None
                    )
                )
            except UnsafePlan as unsafe:
                if not as_json:
                    raise
                fail(str(unsafe))
                return REFUSED
        try:
            _show_report(report, as_json=as_json)
            sys.stdout.flush()
        except Unwritable as lost:
            done = "the pass itself is done, and `hermes-sync status` tells how it went"
            raise Unwritable(f"{lost}; {done}", exit_code=FAILED) from None
        return report.exit_code


def _scope(since: datetime | None, *, full: bool) -> Scope:
    # Everything includes what was updated since any time.
    return Scope(full=True) if full else Scope(since=since)


def _show_plan(plan: Plan, *, as_json: bool) -> int:
    summary = plan.summary
    has_actions = bool(summary.create or summary.update or summary.delete or summary.push)
    if as_json:
        reports.write_plan(plan, sys.stdout.buffer)
    else:
        _tell(plan.notices)
        reports.Printer(sys.stdout).print(reports.plan_lines(plan))
        if not has_actions:
            say("nothing to do")
    if plan.unsafe is not None:
        warn(reports.refusal(plan.unsafe))
    return SOMETHING_TO_DO if has_actions else 0


def _show_report(report: CycleReport, *, as_json: bool) -> None:
    if as_json:
        reports.write_report(report, sys.stdout.buffer)
        return
    _tell(report.notices)
    reports.Printer(sys.stdout).print(reports.report_lines(report))


def _tell(notices: tuple[Notice, ...]) -> None:
    for notice in notices:
        warn(f"{notice.code}: {notice.message}")

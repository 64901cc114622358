"""`diff` and `reconcile`: run the pass, print what came of it, say the exit code."""

import sys
from contextlib import ExitStack
from datetime import datetime

from hermes_sync import bootstrap, reports
from hermes_sync.cli.session import SOMETHING_TO_DO, say, warn
from hermes_sync.core.records import Notice
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


def reconcile(settings: Settings, *, since: datetime | None, full: bool, force: bool, as_json: bool) -> int:
    """Run a pass and print how it went; return its exit code."""
    with ExitStack() as stack:
        store = stack.enter_context(bootstrap.store_to_write(settings))
        cycle = stack.enter_context(bootstrap.cycle_on(settings, store))
        with reports.progress_on(sys.stderr) as progress:
            report = stack.enter_context(cycle.reconcile(_scope(since, full=full), progress, force=force))
        _show_report(report, as_json=as_json)
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

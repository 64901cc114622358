"""What a pass says of itself in the log: that it begins, one line for each action, how it ended.

Lines name objects by their ids, and fields without their values: logs hold nobody's data. What each field was and
is stands in the journal (`hermes-sync explain`).
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict

from hermes_sync.core.plan import PlannedAction
from hermes_sync.core.records import System
from hermes_sync.core.telling import action_keys
from hermes_sync.cycle.outcome import CycleReport, Plan, Scope

_LOG = logging.getLogger(__name__)


def begins(pass_id: int, scope: Scope) -> None:
    """Say that a pass begins."""
    _say(f"pass {pass_id} begins: {scope}", event="begin", **{"pass": pass_id}, scope=str(scope))


def applied(pass_id: int, plan: Plan) -> None:
    """Say what was done to Hermes objects."""
    if _LOG.isEnabledFor(logging.INFO):
        for action in plan.actions():
            if action.system is System.HERMES:
                _say_action(pass_id, action, "applied")


def pushed(pass_id: int, plan: Plan, outcomes: Mapping[tuple[str, int], str]) -> None:
    """Say what became of each push."""
    if _LOG.isEnabledFor(logging.INFO):
        for action in plan.actions():
            if action.system is not System.HERMES:
                # A push that was not come to waits in the journal for the next pass.
                _say_action(pass_id, action, outcomes.get((action.object, action.id), "deferred"))


def ended(report: CycleReport) -> None:
    """Say how a pass ended, and which notices it has: `hermes-sync status` has their words, which may name people."""
    for notice in report.notices:
        about = f" about {', '.join(notice.refs)}" if notice.refs else ""
        _say(
            f"pass {report.pass_id}: notice {notice.code}{about}",
            event="notice",
            **{"pass": report.pass_id},
            code=notice.code,
            refs=list(notice.refs),
        )
    counts = {
        **asdict(report.plan.summary),
        "deferred": report.deferred,
        "refused": report.refused,
        "tokens": report.pipedrive.tokens,
    }
    said = ", ".join(f"{number} {name}" for name, number in counts.items() if number) or "nothing to do"
    _say(
        f"pass {report.pass_id} ends: {said}, exit {report.exit_code}, {report.seconds:.1f} s",
        event="end",
        **{"pass": report.pass_id},
        exit_code=report.exit_code,
        seconds=round(report.seconds, 3),
        **counts,
    )


def failed(pass_id: int, result: str, error: Exception) -> None:
    """Say what ended a pass early."""
    _say(f"pass {pass_id} ends: {result}: {error}", event="end", **{"pass": pass_id}, result=result)


def _say_action(pass_id: int, action: PlannedAction, outcome: str) -> None:
    is_push = action.system is not System.HERMES
    what = f"{action.system} {action.object} {action.remote_id or 'new'} of Hermes" if is_push else action.object
    _say(
        f"pass {pass_id}: {outcome} {action.verb} {what} {action.id}; rule {action.rule}; cause {action.cause}",
        **action_keys(action, pass_id=pass_id, outcome=outcome),
    )


def _say(message: str, **said: object) -> None:
    _LOG.info("%s", message, extra={"said": said})

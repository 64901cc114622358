"""A Plan for people: by cause, each action with its fields old → new and the rows that asked for it."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Final

from rich.text import Text

from hermes_sync.core.plan import PlannedAction, Verb
from hermes_sync.core.records import System
from hermes_sync.core.safety import UnsafePlan
from hermes_sync.ports import Usage
from hermes_sync.reports.values import differences

if TYPE_CHECKING:
    from hermes_sync.cycle import CycleReport, Plan

_STYLES: Final[Mapping[Verb, str]] = {Verb.CREATE: "green", Verb.UPDATE: "yellow", Verb.DELETE: "red"}
_OUTCOME_STYLES: Final[Mapping[str, str]] = {"pushed": "green", "deferred": "yellow", "refused": "red"}

Outcomes = Mapping[tuple[str, int], str]


def plan_lines(plan: "Plan") -> Iterator[Text]:
    """Yield the lines of a plan and a summary; none at all when there is nothing to do."""
    summary = plan.summary
    if not (summary.create or summary.update or summary.delete or summary.push):
        return
    yield from action_lines(plan.actions(), {})
    yield Text(
        f"Plan {plan.hash[:12]}: {summary.create} to create, {summary.update} to update, "
        f"{summary.delete} to delete in Hermes; {summary.push} to push",
        "bold",
    )
    if summary.push:
        yield Text(
            f"The pushes cost {plan.cost.tokens} Pipedrive tokens and take about {plan.cost.seconds:.0f} s", "dim"
        )


def report_lines(report: "CycleReport") -> Iterator[Text]:
    """Yield the lines of a pass that was carried out: its actions, how the pushes went, what it cost."""
    yield from action_lines(report.plan.actions(), report.outcomes)
    summary = report.plan.summary
    if not (summary.create or summary.update or summary.delete or summary.push):
        yield Text(f"Pass {report.pass_id}: nothing to do", "bold")
        yield _costs(report)
        return
    pushed = sum(outcome == "pushed" for outcome in report.outcomes.values())
    yield Text(
        f"Pass {report.pass_id}: {summary.create} created, {summary.update} updated, {summary.delete} deleted in "
        f"Hermes; {pushed} pushed, {report.deferred} deferred, {report.refused} refused",
        "bold",
    )
    if report.deferred or report.refused:
        yield Text("`hermes-sync status` says which pushes wait and why", "yellow")
    yield _costs(report)


def refusal(unsafe: UnsafePlan) -> str:
    """Say that `reconcile` would refuse a plan, and why."""
    return (
        f"`hermes-sync reconcile` would refuse this plan: {'; '.join(unsafe.reasons)}. "
        "If this is meant, run it with --force, or raise the limit in [safety]"
    )


def action_lines(actions: Iterable[PlannedAction], outcomes: Outcomes) -> Iterator[Text]:
    """Yield the lines of actions: each cause once, those of one cause being adjacent, with outcomes where known."""
    for cause, group in groupby(actions, key=lambda action: action.cause):
        yield Text(cause, "bold")
        for action in group:
            yield _headline(action, outcomes.get((action.object, action.id)))
            for change in action.changes:
                for one in differences(change):
                    yield Text.assemble(f"      {one.name}: ", one.before, (" → ", "dim"), one.after)


def _headline(action: PlannedAction, outcome: str | None) -> Text:
    where = "" if action.system is System.HERMES else f"{action.system} "
    key = ", ".join(f"{name} {value}" for name, value in action.key.items())
    line = Text.assemble(
        "  ",
        (action.verb, _STYLES[action.verb]),
        f" {where}{action.object} ({key})  ",
        (" + ".join(action.rules or (action.rule,)), "dim"),
    )
    if outcome is not None and action.system is not System.HERMES:
        line.append("  ").append(outcome, _OUTCOME_STYLES.get(outcome, "magenta"))
    return line


def _costs(report: "CycleReport") -> Text:
    return Text(f"{report.seconds:.1f} s, {_cost('Pipedrive', report.pipedrive)}, {_cost('TC2', report.tc2)}", "dim")


def _cost(name: str, usage: Usage) -> str:
    tokens = f", {usage.tokens} tokens" if usage.tokens else ""
    left = f", {usage.daily_left} left today" if usage.daily_left is not None else ""
    extra = f" ({(tokens + left).removeprefix(', ')})" if tokens or left else ""
    return f"{usage.requests} request{'' if usage.requests == 1 else 's'} to {name}{extra}"

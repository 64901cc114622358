"""Plans, passes, exports and the table as one JSON document each, in the shapes of interface 3; UTF-8.

Keys are in their order there. Long lists are written item by item, each on its own line.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, BinaryIO, Final

from hermes_sync.core.objects import Admin
from hermes_sync.core.plan import PlannedAction
from hermes_sync.core.records import Notice, System
from hermes_sync.reports.items import VERSION, change_items, json_of, notice_item, write_document, write_list

if TYPE_CHECKING:
    from hermes_sync.cycle import CycleReport, Plan

ADMINS: Final = "admins"
"""The one list of an export that comes from the config."""

EXPORTED: Final = ("companies", "contacts", "deals", "meetings", "pipelines", "stages", ADMINS)
"""The lists of an export, in their order."""

_ADMIN_FIELDS: Final = ("id", "first_name", "last_name", "email", "tc2_admin_id", "pd_owner_id", "timezone")


def write_plan(plan: "Plan", stream: BinaryIO) -> None:
    """Write the plan of a `diff`, or one that was refused."""
    _write_plan(plan, plan.notices, stream, None)


def write_report(report: "CycleReport", stream: BinaryIO) -> None:
    """Write the plan of a `reconcile` with how each push went."""
    _write_plan(report.plan, report.notices, stream, report)


def write_error(error: Exception, message: str, stream: BinaryIO) -> None:
    """Write why a command has no result; the code is the name of the error, in words with dashes."""
    code = re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()
    stream.write(json_of({"version": VERSION, "error": {"code": code, "message": message}}) + b"\n")


def write_export(
    lists: Iterable[tuple[str, Iterable[Mapping[str, object]]]], admins: Iterable[Admin] | None, stream: BinaryIO
) -> None:
    """Write lists of Hermes objects under their names; `admins` None leaves that list out."""
    separator = b"{"
    for name, items in (*lists, *_admin_list(admins)):
        stream.write(separator)
        write_list(name, items, stream)
        separator = b",\n"
    stream.write(b"}\n")


def _admin_list(admins: Iterable[Admin] | None) -> Iterator[tuple[str, Iterable[Mapping[str, object]]]]:
    if admins is not None:
        by_id = sorted(admins, key=lambda admin: admin.id)
        yield ADMINS, [{name: getattr(admin, name) for name in _ADMIN_FIELDS} for admin in by_id]


def write_rules(rules: Sequence[tuple[str, str, str]], stream: BinaryIO) -> None:
    """Write the action table: id, sentence, where it lives."""
    rows = ({"id": id_, "sentence": sentence, "where": where} for id_, sentence, where in rules)
    stream.write(b"{")
    write_list("rules", rows, stream)
    stream.write(b"}\n")


def _write_plan(plan: "Plan", notices: Sequence[Notice], stream: BinaryIO, report: "CycleReport | None") -> None:
    outcomes = None if report is None else report.outcomes
    cost = {
        "pipedrive_tokens": plan.cost.tokens,
        "pipedrive_requests": plan.cost.pipedrive_requests,
        "tc2_requests": plan.cost.tc2_requests,
        "seconds": round(plan.cost.seconds, 1),
    }
    said: dict[str, object] = {"version": VERSION, "hash": plan.hash, "summary": asdict(plan.summary), "cost": cost}
    if report is not None:
        said["pass"] = {
            "id": report.pass_id,
            "exit_code": report.exit_code,
            "deferred": report.deferred,
            "refused": report.refused,
        }
    elif plan.unsafe is not None:
        said["refused"] = {"message": str(plan.unsafe), "reasons": list(plan.unsafe.reasons)}
    actions = (_action(action, outcomes) for action in plan.actions())
    write_document(said, stream, actions=actions, notices=map(notice_item, notices))


def _action(action: PlannedAction, outcomes: Mapping[tuple[str, int], str] | None) -> dict[str, object]:
    return dict(_action_items(action, outcomes))


def _action_items(
    action: PlannedAction, outcomes: Mapping[tuple[str, int], str] | None
) -> Iterator[tuple[str, object]]:
    yield "rule", action.rule
    if len(action.rules) > 1:
        yield "rules", list(action.rules)
    yield "cause", action.cause
    yield "system", action.system
    yield "object", action.object
    yield "verb", action.verb
    yield "key", dict(action.key)
    yield "changes", change_items(action.changes)
    if outcomes is not None and action.system is not System.HERMES:
        # A push that was not come to waits in the journal, as one that was tried in vain does.
        yield "outcome", outcomes.get((action.object, action.id), "deferred")

"""Results as one JSON document each, in the shapes of interface 3; keys in their order there, UTF-8.

Long lists are written item by item, each on its own line.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, BinaryIO, Final

import orjson

from hermes_sync.core.objects import Admin
from hermes_sync.core.plan import FieldChange, PlannedAction
from hermes_sync.core.records import Notice, System
from hermes_sync.reports.status_text import StatusReport
from hermes_sync.reports.story_text import History, Sentences, seconds_of

if TYPE_CHECKING:
    from hermes_sync.cycle import CycleReport, Plan
    from hermes_sync.store import Entry, JournalPush, PassRow, PushFate, Story

VERSION: Final = 1

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
    stream.write(_json({"version": VERSION, "error": {"code": code, "message": message}}) + b"\n")


def write_export(
    lists: Iterable[tuple[str, Iterable[Mapping[str, object]]]], admins: Iterable[Admin] | None, stream: BinaryIO
) -> None:
    """Write lists of Hermes objects under their names; `admins` None leaves that list out."""
    separator = b"{"
    for name, items in (*lists, *_admin_list(admins)):
        stream.write(separator)
        _write_list(name, items, stream)
        separator = b",\n"
    stream.write(b"}\n")


def _admin_list(admins: Iterable[Admin] | None) -> Iterator[tuple[str, Iterable[Mapping[str, object]]]]:
    if admins is not None:
        by_id = sorted(admins, key=lambda admin: admin.id)
        yield ADMINS, [{name: getattr(admin, name) for name in _ADMIN_FIELDS} for admin in by_id]


def write_status(report: StatusReport, stream: BinaryIO) -> None:
    """Write what `status` found; times are in UTC."""
    stream.write(_json(_status(report)) + b"\n")


def write_rules(rules: Sequence[tuple[str, str, str]], stream: BinaryIO) -> None:
    """Write the action table: id, sentence, where it lives."""
    rows = ({"id": id_, "sentence": sentence, "where": where} for id_, sentence, where in rules)
    stream.write(b"{")
    _write_list("rules", rows, stream)
    stream.write(b"}\n")


def write_story(story: "Story", sentences: Sentences, stream: BinaryIO) -> None:
    """Write the story of one object: what it is now, its links, and the entries of the journal, oldest first."""
    head = {
        "version": VERSION,
        "subject": str(story.subject),
        "gone": story.is_gone,
        "gone_since": story.gone_at,
        "read": story.read_at,
        "fields": story.fields,
        "links": [{"name": link.name, "there": link.is_there} for link in story.links],
    }
    stream.write(_json(head).removesuffix(b"}") + b",\n")
    _write_list("entries", (_entry(entry, sentences) for entry in story.entries), stream)
    stream.write(b"}\n")


def write_history(history: History, stream: BinaryIO) -> None:
    """Write the passes, newest first."""
    passes = (
        {
            "id": one.id,
            "state": history.state_of(one),
            "scope": one.scope,
            "started": one.started_at,
            "ended": one.ended_at,
            "seconds": seconds_of(one),
            "result": one.result,
            "exit_code": one.exit_code,
            "error": one.counts.get("error"),
            "counts": _counts(one),
            "notices": len(one.notices),
        }
        for one in history.passes
    )
    stream.write(_json({"version": VERSION}).removesuffix(b"}") + b",\n")
    _write_list("passes", passes, stream)
    stream.write(b"}\n")


def _counts(one: "PassRow") -> dict[str, object]:
    return {name: value for name, value in one.counts.items() if name != "error"}


def write_retried(pushes: Sequence["JournalPush"], stream: BinaryIO) -> None:
    """Write which refused pushes the next pass tries again."""
    stream.write(_json({"version": VERSION, "count": len(pushes)}).removesuffix(b"}") + b",\n")
    _write_list("pushes", (_push(push) for push in pushes), stream)
    stream.write(b"}\n")


def _write_plan(plan: "Plan", notices: Sequence[Notice], stream: BinaryIO, report: "CycleReport | None") -> None:
    outcomes = None if report is None else report.outcomes
    summary = plan.summary
    counts = {"create": summary.create, "update": summary.update, "delete": summary.delete, "push": summary.push}
    cost = {
        "pipedrive_tokens": plan.cost.tokens,
        "pipedrive_requests": plan.cost.pipedrive_requests,
        "tc2_requests": plan.cost.tc2_requests,
        "seconds": round(plan.cost.seconds, 1),
    }
    said: dict[str, object] = {"version": VERSION, "hash": plan.hash, "summary": counts, "cost": cost}
    if report is not None:
        said["pass"] = {
            "id": report.pass_id,
            "exit_code": report.exit_code,
            "deferred": report.deferred,
            "refused": report.refused,
        }
    elif plan.unsafe is not None:
        said["refused"] = {"message": str(plan.unsafe), "reasons": list(plan.unsafe.reasons)}
    head = _json(said)
    stream.write(head.removesuffix(b"}") + b",\n")
    _write_list("actions", (_action(action, outcomes) for action in plan.actions()), stream)
    stream.write(b",\n")
    _write_list("notices", (_notice(notice) for notice in notices), stream)
    stream.write(b"}\n")


def _write_list(name: str, items: Iterable[object], stream: BinaryIO) -> None:
    stream.write(_json(name) + b":[")
    stream.writelines((b",\n" if number else b"\n") + _json(item) for number, item in enumerate(items))
    stream.write(b"]")


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
    yield "changes", _changes(action.changes)
    if outcomes is not None and action.system is not System.HERMES:
        # A push that was not come to waits in the journal, as one that was tried in vain does.
        yield "outcome", outcomes.get((action.object, action.id), "deferred")


def _notice(notice: Notice) -> dict[str, object]:
    return {"code": notice.code, "message": notice.message, "refs": list(notice.refs)}


def _status(report: StatusReport) -> dict[str, object]:
    store = report.store
    running = store.running
    return {
        "version": VERSION,
        "now": report.now,
        "running": None if running is None else {"holder": running.holder, "until": running.until},
        "passes": [
            {
                "id": one.id,
                "scope": one.scope,
                "started": one.started_at,
                "ended": one.ended_at,
                "result": one.result,
                "exit_code": one.exit_code,
                "error": one.counts.get("error"),
                "counts": _counts(one),
                "notices": [_notice(notice) for notice in one.notices],
            }
            for one in store.passes
        ],
        "kinds": {
            kind.value: {
                "known": fresh.living,
                "gone": fresh.gone,
                "cursor": cursor and cursor.since,
                "complete": cursor and cursor.complete_at,
                "oldest_reading": fresh.oldest_read_at,
                "newest_reading": fresh.newest_read_at,
            }
            for kind, fresh in store.kinds.items()
            for cursor in [store.cursors.get(kind)]
        },
        "pushes": {
            "waiting": [_push(push) for push in store.waiting],
            "refused": [_push(push) for push in store.refused],
        },
        "drift": {
            "count": report.drifts.count,
            "examples": [
                {
                    "company": one.company_id,
                    "org": one.org_id,
                    "field": one.field,
                    "hermes": one.hermes,
                    "pipedrive": one.pipedrive,
                }
                for one in report.drifts.examples
            ],
        },
        "tokens": {
            "daily_budget": report.daily_budget,
            "spent_today": report.spent_today,
            "left_today": report.left_today,
        },
        "pace": report.pace
        and {
            "interval_seconds": report.pace.interval.total_seconds(),
            "for_polling": report.pace.for_polling,
            "cost_of_pass": report.pace.cost,
        },
        "clients": report.clients
        and {
            "living": report.clients.living,
            "read_within_hour": report.clients.read_within_hour,
            "share_within_hour": round(report.clients.share_within_hour, 4),
            "oldest_reading": report.clients.oldest_read_at,
        },
        "daemon": report.daemon and {"holder": report.daemon.holder, "until": report.daemon.until},
    }


def _push(push: "JournalPush") -> dict[str, object]:
    return {
        "pass": push.pass_id,
        "rule": push.rule,
        "cause": push.cause,
        "system": push.kind.system,
        "object": push.kind,
        "verb": push.verb,
        "key": dict(push.key),
        "changes": _changes(push.changes),
        "state": push.state,
        "attempts": push.attempts,
        "due": push.due_at,
        "reason": push.reason,
    }


def _entry(entry: "Entry", sentences: Sentences) -> dict[str, object]:
    return {
        "pass": entry.pass_id,
        "at": entry.at,
        "rule": entry.rules[0],
        "rules": list(entry.rules),
        "sentences": [sentences.get(rule) for rule in entry.rules],
        "cause": entry.cause,
        "system": entry.system,
        "object": entry.object,
        "verb": entry.verb,
        "key": dict(entry.key),
        "hermes_id": entry.hermes_id,
        "changes": _changes(entry.changes),
        "push": None if entry.push is None else _fate(entry.push, entry.remote_id),
    }


def _fate(push: "PushFate", remote_id: int | None) -> dict[str, object]:
    return {
        "remote_id": remote_id,
        "state": push.state,
        "attempts": push.attempts,
        "started": push.started_at,
        "settled": push.settled_at,
        "due": push.due_at,
        "receipt": push.receipt
        and {
            "remote_id": push.receipt.remote_id,
            "left_out": list(push.receipt.left_out),
            "notices": [_notice(notice) for notice in push.receipt.notices],
        },
        "reason": push.reason,
    }


def _changes(changes: Iterable[FieldChange]) -> list[dict[str, object]]:
    return [{"field": one.field, "before": one.before, "after": one.after} for one in changes]


def _json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)

"""What stands in several JSON documents alike: lists, notices, changes, pushes (interface 3)."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, BinaryIO, Final

import orjson

from hermes_sync.core.plan import FieldChange
from hermes_sync.core.records import Notice

if TYPE_CHECKING:
    from hermes_sync.store import JournalPush, PassRow

VERSION: Final = 1
"""Of the shapes of interface 3: a number that a breaking change would move."""


def json_of(value: object) -> bytes:
    """Return a value as JSON; times are in UTC."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


def write_list(name: str, items: Iterable[object], stream: BinaryIO) -> None:
    """Write a list under its name, item by item, each on its own line."""
    stream.write(json_of(name) + b":[")
    stream.writelines((b",\n" if number else b"\n") + json_of(item) for number, item in enumerate(items))
    stream.write(b"]")


def write_document(head: Mapping[str, object], stream: BinaryIO, **lists: Iterable[object]) -> None:
    """Write one document: what `head` says, then these lists, each under its name."""
    stream.write(json_of(head).removesuffix(b"}"))
    for name, items in lists.items():
        stream.write(b",\n")
        write_list(name, items, stream)
    stream.write(b"}\n")


def notice_item(notice: Notice) -> dict[str, object]:
    """Return a notice."""
    return {"code": notice.code, "message": notice.message, "refs": list(notice.refs)}


def change_items(changes: Iterable[FieldChange]) -> list[dict[str, object]]:
    """Return what changes, field by field."""
    return [{"field": one.field, "before": one.before, "after": one.after} for one in changes]


def counts_of(one: "PassRow") -> dict[str, object]:
    """Return what a pass counted; why it failed stands beside it."""
    return {name: value for name, value in one.counts.items() if name != "error"}


def push_item(push: "JournalPush") -> dict[str, object]:
    """Return a push as it is in the journal."""
    return {
        "pass": push.pass_id,
        "rule": push.rule,
        "cause": push.cause,
        "system": push.kind.system,
        "object": push.kind,
        "verb": push.verb,
        "key": dict(push.key),
        "changes": change_items(push.changes),
        "state": push.state,
        "attempts": push.attempts,
        "due": push.due_at,
        "reason": push.reason,
    }

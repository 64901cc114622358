"""The JSON documents of `explain`, `history` and `retry`: what the journal says (interface 3)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO

from hermes_sync.reports.items import VERSION, change_items, counts_of, notice_item, push_item, write_document
from hermes_sync.reports.story_text import History, Sentences, seconds_of

if TYPE_CHECKING:
    from hermes_sync.store import Entry, JournalPush, PushFate, Story


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
    write_document(head, stream, entries=(_entry(entry, sentences) for entry in story.entries))


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
            "counts": counts_of(one),
            "notices": len(one.notices),
        }
        for one in history.passes
    )
    write_document({"version": VERSION}, stream, passes=passes)


def write_retried(pushes: Sequence["JournalPush"], stream: BinaryIO) -> None:
    """Write which refused pushes the next pass tries again."""
    write_document({"version": VERSION, "count": len(pushes)}, stream, pushes=map(push_item, pushes))


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
        "changes": change_items(entry.changes),
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
            "notices": [notice_item(notice) for notice in push.receipt.notices],
        },
        "reason": push.reason,
    }

"""What the status page says, as plain values for its templates: worked out from a status, decided nowhere else.

Times are in UTC.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hermes_sync.core.records import Notice, RemoteKind
from hermes_sync.core.values import is_nothing
from hermes_sync.listener.chart import tone_of
from hermes_sync.listener.lateness import latest_after
from hermes_sync.reports import History, StatusReport
from hermes_sync.reports.story_text import COUNTED, Sentences, count, seconds_of
from hermes_sync.reports.times import age_text, time_text
from hermes_sync.reports.values import Shown, differences, shown
from hermes_sync.store import Entry, JournalPush, LastPass, Story

MANY: Final = 50
"""So many waiting or refused pushes are listed; of more the number is said."""
_LISTED_PASSES: Final = 12
_NAMES: Final = {
    RemoteKind.PIPELINE: "Pipelines",
    RemoteKind.STAGE: "Stages",
    RemoteKind.ORGANIZATION: "Orgs",
    RemoteKind.PERSON: "Persons",
    RemoteKind.DEAL: "Deals",
    RemoteKind.CLIENT: "Cligencies",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The state of everything in one sentence; `tone` is good, partly or bad."""

    tone: str
    said: str
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassLine:
    """One pass of the list."""

    id: int
    when: str
    took: str
    scope: str
    tone: str
    ended: str
    counts: str
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PushLine:
    """One push that waits or was refused, and the object whose story tells more."""

    verb: str
    system: str
    kind: str
    key: str
    story: str
    state: str
    tried: int
    rule: str
    reason: str
    changes: tuple[Shown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshLine:
    """How fresh what is known of one kind is."""

    name: str
    living: int
    gone: int
    oldest: str
    complete: str
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The day's tokens; `share` is in percent, at most 100."""

    spent: int
    limit: int
    share: int
    left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """One entry of a story."""

    when: str
    pass_id: int
    title: str
    cause: str
    rules: tuple[tuple[str, str], ...]
    changes: tuple[Shown, ...]
    state: str
    tone: str
    more: str


_SPEAKERS: Final = {
    RemoteKind.ORGANIZATION: "company",
    RemoteKind.CLIENT: "company",
    RemoteKind.PERSON: "contact",
    RemoteKind.DEAL: "deal",
}


def headline(report: StatusReport, good: LastPass | None, shortest: timedelta) -> Headline:
    """Return how everything is; bad when readiness would say so of the last good pass (interface 4).

    `shortest` is the interval of the config.
    """
    failure = _failure(report)
    if good is None:
        return Headline(tone="bad", said="No pass has succeeded yet", more=failure)
    age = report.now - good.ended_at
    when = f"last good pass {age_text(good.ended_at, report.now)}"
    if age > latest_after(good, shortest):
        return Headline(tone="bad", said="Out of date", more=f"{when}. {failure}".strip())
    if failure:
        return Headline(tone="partly", said="The last pass failed", more=f"{when}. {failure}")
    waiting, refused = len(report.store.waiting), len(report.store.refused)
    if refused or waiting:
        return Headline(tone="partly", said=f"In step, but for {_pushes(waiting, refused)}", more=when)
    return Headline(tone="good", said="Everything is in step", more=when)


def _failure(report: StatusReport) -> str:
    """Return what the last pass, or the last that polled, came to when that is nothing; empty if all is well."""
    last = report.trouble
    if last is None:
        return ""
    return f"{last.result} {age_text(last.ended_at, report.now)} (exit {last.exit_code}): {last.why}"


def _pushes(waiting: int, refused: int) -> str:
    parts = [f"{waiting} waiting" if waiting else "", f"{refused} refused" if refused else ""]
    total = waiting + refused
    return f"{' and '.join(part for part in parts if part)} push{'' if total == 1 else 'es'}"


def pass_lines(history: History) -> Iterator[PassLine]:
    """Yield the newest passes, newest first."""
    for one in history.passes[:_LISTED_PASSES]:
        state = history.state_of(one)
        took = seconds_of(one)
        yield PassLine(
            id=one.id,
            when=time_text(one.started_at),
            took="" if took is None else f"{took:.1f} s",
            scope=one.scope,
            tone=tone_of(one, history),
            ended=f"{one.result}, exit {one.exit_code}" if state == "ended" else state,
            counts=", ".join(f"{count(one, key)} {word}" for key, word in COUNTED if count(one, key)) or "no changes",
            notices=one.notices,
        )


def push_lines(pushes: Sequence[JournalPush]) -> Iterator[PushLine]:
    """Yield the first of these pushes, oldest first."""
    for push in pushes[:MANY]:
        yield PushLine(
            verb=push.verb,
            system=push.kind.system,
            kind=push.kind,
            key=", ".join(f"{name} {value}" for name, value in push.key.items()),
            story=f"{_SPEAKERS.get(push.kind, 'meeting')} {push.hermes_id}",
            state=push.state,
            tried=push.attempts,
            rule=push.rule,
            reason=push.reason or "",
            changes=tuple(one for change in push.changes for one in differences(change)),
        )


def fresh_lines(report: StatusReport) -> Iterator[FreshLine]:
    """Yield how fresh each kind is that is read."""
    for kind, fresh in report.store.kinds.items():
        if kind not in _NAMES:
            continue
        cursor = report.store.cursors.get(kind)
        yield FreshLine(
            name=_NAMES[kind],
            living=fresh.living,
            gone=fresh.gone,
            oldest=age_text(fresh.oldest_read_at, report.now),
            complete=age_text(None if cursor is None else cursor.complete_at, report.now),
            since="" if cursor is None or cursor.since is None else time_text(cursor.since),
        )


def budget_of(report: StatusReport) -> Budget:
    """Return how much of the day's tokens is spent."""
    share = min(100, round(100 * report.spent_today / max(report.daily_budget, 1)))
    return Budget(spent=report.spent_today, limit=report.daily_budget, share=share, left=report.left_today)


def entry_line(entry: Entry, sentences: Sentences) -> EntryLine:
    """Return one entry of a story for people."""
    key = ", ".join(f"{name} {value}" for name, value in entry.key.items())
    thing = f"{entry.object} {entry.hermes_id}" if entry.push is None else f"{entry.system} {entry.object} ({key})"
    push = entry.push
    return EntryLine(
        when=time_text(entry.at),
        pass_id=entry.pass_id,
        title=f"{entry.verb} {thing}",
        cause=entry.cause,
        rules=tuple((rule, sentences.get(rule, "")) for rule in entry.rules),
        changes=tuple(one for change in entry.changes for one in differences(change)),
        state="" if push is None else push.state,
        tone="good" if push is None or push.state == "settled" else "bad" if push.state == "refused" else "partly",
        more="" if push is None or not push.reason else push.reason,
    )


def field_lines(story: Story) -> Iterator[tuple[str, str]]:
    """Yield what the object says, field by field, without what is empty."""
    for name, value in (story.fields or {}).items():
        if not is_nothing(value):
            yield name, shown(value)

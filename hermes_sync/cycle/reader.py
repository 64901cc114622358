"""What the parts of a pull have in common: where they read from, how far, and where they put what they read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from hermes_sync.core.changes import Why
from hermes_sync.core.records import Notice, Org, Person, Ref, RemoteKind
from hermes_sync.core.safety import Limits
from hermes_sync.core.values import ids_in
from hermes_sync.cycle.outcome import Scope
from hermes_sync.ports import Clock, FieldDefinition, ObjectUnavailable, Progress, Reading, RemoteRefused
from hermes_sync.remotes import PipedriveRemote, Tc2Remote, left_out
from hermes_sync.store import Cursor, Draft, SqlStore

WHOLE: Final = (RemoteKind.PIPELINE, RemoteKind.STAGE)
"""Kinds of which there are few: every pass that reads lists reads all of them."""
LISTED: Final = (RemoteKind.ORGANIZATION, RemoteKind.PERSON, RemoteKind.DEAL)
"""Kinds that are read by what changed, and whole from time to time."""

MOST_UNREAD: Final = 10
"""So many objects in a row that a remote fails at mean that it is down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How a pull reads: the settings behind it."""

    overlap: timedelta
    sweep_interval: timedelta
    sweep_per_pass: int
    limits: Limits
    force: bool = False
    sparing: bool = False
    """Whether the day's tokens are nearly spent: complete reads that nobody asked for wait (facts 5)."""
    for_hints: int | None = None
    """How many of the day's tokens may go into reading what webhooks named; None is no limit."""


@dataclass(slots=True)
class Pulled:
    """What a pull leaves besides the changes in the draft: cursors, metadata and notices."""

    cursors: dict[RemoteKind, Cursor] = field(default_factory=dict)
    definitions: dict[RemoteKind, dict[str, FieldDefinition]] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    disabled: dict[RemoteKind, set[str]] = field(default_factory=dict)
    """Mapped fields that the account does not have, by Hermes name."""
    is_complete: bool = False
    """Whether a list of Pipedrive was read whole that is otherwise read by what changed."""
    unclear: set[int] = field(default_factory=set)
    """Pushes in doubt, by id, whose object is perhaps one that is too odd to read."""
    doubtful: int = 0
    """Tokens that it took to look for what an earlier pass perhaps wrote."""


@dataclass(slots=True, kw_only=True)
class Reader:
    """Reads objects into the draft of one pass."""

    store: SqlStore
    draft: Draft
    pipedrive: PipedriveRemote
    tc2: Tc2Remote
    clock: Clock
    reach: Reach
    scope: Scope
    progress: Progress
    pulled: Pulled = field(default_factory=Pulled)
    cursors: dict[RemoteKind, Cursor] = field(default_factory=dict)
    unread: int = 0
    """How many objects in a row could not be read."""
    joined: dict[Ref, tuple[int, ...]] = field(default_factory=dict)
    """Orgs and Persons whose `hermes_id` names what others are linked to, and those others."""

    def say(self, code: str, message: str, *refs: Ref) -> None:
        """Add what people are told of this pass."""
        self.pulled.notices.append(Notice(code=code, message=message, refs=tuple(map(str, refs))))

    def cursor(self, kind: RemoteKind) -> Cursor:
        """Return how far a kind has been read."""
        return self.cursors.get(kind, Cursor(since=None, complete_at=None))

    def is_complete(self, kind: RemoteKind) -> bool:
        """Whether this pass reads a kind whole: asked to, for the first time, or because it is due."""
        if self.scope.full:
            return True
        cursor = self.cursor(kind)
        is_partial = self.scope.since is not None or self.scope.hinted_only
        if is_partial or (self.reach.sparing and cursor.complete_at is not None):
            return False
        return cursor.complete_at is None or is_due(cursor.complete_at, self.reach.sweep_interval, self.clock.now())

    def get(self, kind: RemoteKind, id_: int) -> Reading:
        """Ask for one object; one that its remote refuses or fails at is left out, so that it stops no other.

        Raises `RemoteUnavailable` and its like when the remote is down: also when it fails at many in a row.
        """
        try:
            reading = self.tc2.get(id_) if kind is RemoteKind.CLIENT else self.pipedrive.get(kind, id_)
        except (RemoteRefused, ObjectUnavailable) as error:
            self.unread += 1
            if self.unread >= MOST_UNREAD:
                raise
            return left_out(Ref(kind, id_), error)
        self.unread = 0
        return reading

    def keep(
        self,
        kind: RemoteKind,
        readings: Sequence[Reading],
        known: dict[int, str] | None = None,
        why: Why | None = None,
    ) -> None:
        """Compare with last-seen and keep in the draft what differs; `known` are digests that are at hand."""
        if kind in {RemoteKind.ORGANIZATION, RemoteKind.PERSON}:
            self._note_joined(kind, readings)
        self.pulled.notices.extend(notice for reading in readings for notice in reading.notices)
        looked_again = self.scope.full or self.scope.since is not None
        self.draft.compare(
            kind,
            readings,
            why=why or (Why.RELOOK if looked_again else Why.SEEN),
            read_at=self.clock.now(),
            known=known,
        )

    def _note_joined(self, kind: RemoteKind, readings: Sequence[Reading]) -> None:
        """Note who names a Company or Contact that is linked to another: the winner of a merge, or a copy."""
        named: dict[Ref, tuple[int, ...]] = {}
        for reading in readings:
            if isinstance(reading.record, Org | Person) and (ids := ids_in(reading.record.hermes_id)):
                named[reading.ref] = ids
        if not named:
            return
        links = self.store.linked(kind, {id_ for ids in named.values() for id_ in ids})
        for ref, ids in named.items():
            others = tuple(links[id_] for id_ in ids if links.get(id_, ref.id) != ref.id)
            if others:
                self.joined[ref] = others


def is_due(last: datetime, every: timedelta, now: datetime) -> bool:
    """Whether something is to be done again; a time to come was written by a clock that was wrong."""
    return not timedelta(0) <= now - last < every

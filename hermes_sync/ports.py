"""What the layers beside each other agree on: the clock, what a remote answers, and the errors of a pass.

Errors are named after what the pass does next (design 7). No message holds a secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from hermes_sync.core.availability import Span
from hermes_sync.core.objects import Admin
from hermes_sync.core.plan import FieldChange, Verb
from hermes_sync.core.records import Notice, Record, Ref, RemoteKind


class Clock(Protocol):
    """The one reader of the time and the one sleeper."""

    def now(self) -> datetime:
        """Return the time now, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards, from an arbitrary start."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""
        ...


class HermesSyncError(Exception):
    """Anything that ends a command with a message instead of a result."""


class ConfigError(HermesSyncError):
    """The config is wrong: the message names file, key and remedy (exit 1)."""


class LeaseHeld(HermesSyncError):
    """Another pass is running on this database (exit 4)."""


class Stopped(HermesSyncError):
    """The pass was asked to stop before its end; what is left of it is the next one's."""


class StoreUnavailable(HermesSyncError):
    """The database is locked for too long, or its server is not there: tried again later."""


class RemoteError(HermesSyncError):
    """A remote did not do what it was asked."""


class RemoteUnavailable(RemoteError):
    """Unreachable, overloaded or over its limits, also after retries: tried again by the next pass.

    `perhaps_done` tells whether a write may have been carried out all the same.
    """

    def __init__(self, message: str, *, perhaps_done: bool = False) -> None:
        super().__init__(message)
        self.perhaps_done = perhaps_done


class ObjectUnavailable(RemoteUnavailable):
    """The remote answers, and for this one object with an error of its own, also after retries; others may be well."""


class RemoteRefused(RemoteError):
    """The remote understood and refused for good: kept with the reason until a person or new content changes it.

    `field` is the Hermes name of the field that the refusal names, if it names one.
    """

    def __init__(self, message: str, *, status: int, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.field = field


class RemoteDenied(RemoteError):
    """The key is wrong or lacks a permission that everything needs: the pass stops (exit 1)."""


class ObjectGone(RemoteError):
    """What was to be written to does not exist any more; the next pass proves the deletion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One remote object as read: a record, or proof that it is gone, or neither when it was too odd to read."""

    ref: Ref
    record: Record | None = None
    is_gone: bool = False
    update_time: str | None = None
    notices: tuple[Notice, ...] = ()
    names: tuple[int, ...] | None = ()
    """Of one too odd to read: the Hermes ids in its `hermes_id` all the same; None when not even that can be told."""

    @property
    def is_blank(self) -> bool:
        """Whether nothing can be told of the object, not even whether it lives."""
        return self.record is None and not self.is_gone and self.names is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list: what it holds, and the server's time when it answered (whole seconds, UTC)."""

    readings: tuple[Reading, ...]
    server_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientPage:
    """One page of TC2's thin client list: ids only, newest first."""

    ids: tuple[int, ...]
    count: int
    """How many clients there are in all, as TC2 says."""
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDefinition:
    """What the account says of one field: its key, type and, for enum and set, option ids to labels."""

    key: str
    type: str
    options: Mapping[str, str] = field(default_factory=dict)


FieldDefinitions = Mapping[RemoteKind, Mapping[str, FieldDefinition]]
"""Per kind: field key → definition. A kind that is missing has not been read: its values are taken as they come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One write to a remote, in Hermes' words; the remote knows how to say it.

    `remote_id` is None for a create.
    """

    kind: RemoteKind
    verb: Verb
    remote_id: int | None
    changes: tuple[FieldChange, ...]
    seen: Record | None = None
    """The object as last seen: lists are replaced whole, and dropdowns want their own spelling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a remote answered to a write: the id it has now and the fields that were left out, with why."""

    remote_id: int
    notices: tuple[Notice, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What talking to a remote cost so far: requests, tokens, and what is left of the day where it says so."""

    requests: int = 0
    tokens: int = 0
    daily_limit: int | None = None
    daily_left: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEvent:
    """A call as it stands in the admin's calendar; `id` is ours, so that making it twice makes one (facts 10)."""

    id: str
    summary: str
    description: str
    span: Span
    attendees: tuple[str, ...]


class CalendarUnavailable(HermesSyncError):
    """A calendar could not be read or written: its admin counts as busy, and no Meeting comes of it (semantics 7).

    `perhaps_done` tells whether an event may have been made all the same: then its slot stays held for a while, so
    that the same request finds its own event.
    """

    def __init__(self, message: str, *, perhaps_done: bool = True) -> None:
        super().__init__(message)
        self.perhaps_done = perhaps_done


class Calendar(Protocol):
    """The calendar of an admin outside Hermes; absent when the config says that Hermes alone knows who is busy."""

    def busy(self, admin: Admin, within: Span) -> list[Span]:
        """Return when an admin is busy, also what only touches `within`.

        Raises CalendarUnavailable when that can't be known.
        """
        ...

    def insert(self, admin: Admin, event: CalendarEvent) -> None:
        """Make an event and invite its attendees; one that is there already is left as it is.

        Raises CalendarUnavailable when it was not made, or perhaps not.
        """
        ...


class Progress(Protocol):
    """Where a pass says how far it is; a terminal shows it, a pipe does not."""

    def report(self, step: str, done: int, total: int | None = None) -> None:
        """Say that so many of a step's parts are done; `total` is None while it is not known."""
        ...

"""Values to rows and back: records and objects as JSON text, objects as tuples of columns, changes of pushes.

JSON is written from the frozen dataclasses themselves, in the order of their fields; so one content has one text
and one digest.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from operator import attrgetter
from typing import Any, Final, cast

import orjson

from hermes_sync.core.objects import OBJECT_TYPES, Company, Contact, HermesObject, Kind
from hermes_sync.core.plan import FieldChange, Verb
from hermes_sync.core.records import (
    RECORD_TYPES,
    Cligency,
    Notice,
    PdDeal,
    Person,
    Reach,
    Record,
    RemoteKind,
    Sr,
)
from hermes_sync.core.values import email_key, name_key, phone_key


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSeen:
    """A remote object as a pass last settled it; of a gone one `record` is what it last was, if that is known."""

    record: Record | None
    digest: str | None
    is_gone: bool
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far a kind has been read: what changed since `since`, and all of it at `complete_at`; aware, in UTC."""

    since: datetime | None = None
    complete_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassRow:
    """One pass as it is kept; `exit_code` and `result` are None while it runs or when it was killed."""

    id: int
    scope: str
    started_at: datetime
    ended_at: datetime | None
    result: str | None
    exit_code: int | None
    counts: Mapping[str, object]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalPush:
    """One push of the journal; `kind` and `remote_id` say what is written to, `hermes_id` who speaks.

    `state` is planned, started, settled, deferred, refused or superseded; `attempts` counts how often it was
    started, taken over from a push that it superseded.
    """

    id: int
    pass_id: int
    seq: int
    kind: RemoteKind
    verb: Verb
    hermes_id: int
    remote_id: int | None
    changes: tuple[FieldChange, ...]
    rule: str
    rules: tuple[str, ...]
    cause: str
    key: Mapping[str, object]
    state: str
    attempts: int
    due_at: datetime | None
    started_at: datetime | None
    digest: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """What a push names: its Hermes id, its id in Pipedrive once it has one, and whether that was refused to it."""

    hermes_id: int
    remote_id: int | None
    is_refused: bool


OBJECT_FIELDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    kind: tuple(one.name for one in fields(type_)) for kind, type_ in OBJECT_TYPES.items()
}
SEEN_COLUMNS: Final = (
    "fields",
    "digest",
    "update_time",
    "read_at",
    "org_id",
    "person_id",
    "stage_id",
    "pipeline_id",
)
"""What last-seen keeps of a reading, beside kind and id."""

_COLUMNS_OF: Final[Mapping[Kind, Callable[[HermesObject], tuple[object, ...]]]] = {
    kind: cast("Callable[[HermesObject], tuple[object, ...]]", attrgetter(*names))
    for kind, names in OBJECT_FIELDS.items()
}
_NESTED: Final[Mapping[str, type[Reach | Sr]]] = {"emails": Reach, "phones": Reach, "recipients": Sr}


def object_row(kind: Kind, thing: HermesObject) -> tuple[object, ...]:
    """Return a Hermes object as the columns of its table: its fields, then the key it is compared by."""
    row = _COLUMNS_OF[kind](thing)
    match thing:
        case Company():
            return (*row, name_key(thing.name))
        case Contact():
            return (*row, email_key(thing.email), phone_key(thing.phone))
        case _:
            return row


def object_of(kind: Kind, row: Iterable[Any]) -> HermesObject:
    """Return the Hermes object of a row that starts with its fields."""
    return OBJECT_TYPES[kind](**dict(zip(OBJECT_FIELDS[kind], row, strict=False)))


def object_of_json(kind: Kind, said: str | None) -> HermesObject | None:
    """Return the Hermes object that a JSON text holds."""
    return None if said is None else OBJECT_TYPES[kind](**orjson.loads(said))


def json_text(value: object) -> str:
    """Return a value, dataclasses and tuples included, as JSON text."""
    return orjson.dumps(value).decode()


def digest_of(payload: bytes) -> str:
    """Return 32 hexadecimal digits that stand for a content."""
    return blake2b(payload, digest_size=16).hexdigest()


def record_of_json(kind: RemoteKind, said: str) -> Record:
    """Return the record that a JSON text holds."""
    fields_ = orjson.loads(said)
    if kind is RemoteKind.PERSON or kind is RemoteKind.CLIENT:
        for name, value in fields_.items():
            if type(value) is list:
                fields_[name] = _nested(name, value)
    return RECORD_TYPES[kind](**fields_)


def _nested(name: str, value: list[Any]) -> tuple[object, ...]:
    type_ = _NESTED.get(name)
    if type_ is None:
        return tuple(value)
    return tuple(type_(**one) if isinstance(one, dict) else one for one in value)


NamedIds = tuple[int | None, int | None, int | None, int | None]
"""The remote ids of the Org, Person, Stage and Pipeline that a record names."""


def ids_named_by(record: Record) -> NamedIds:
    """Return what a record names; a client names the Org of its Pipedrive link."""
    match record:
        case PdDeal():
            return record.org_id, record.person_id, record.stage_id, record.pipeline_id
        case Person():
            return record.org_id, None, None, None
        case Cligency():
            return record.linked_org_id, None, None, None
        case _:
            return None, None, None, None


@lru_cache(maxsize=1024)
def rules_text(rules: tuple[str, ...]) -> str:
    """Return rule ids as JSON text; few combinations ever occur."""
    return json_text(rules)


def changes_of_json(said: str | None) -> tuple[FieldChange, ...]:
    """Return the changes that a JSON text holds; lists are tuples of what a record has there."""
    if said is None:
        return ()
    return tuple(
        FieldChange(one["field"], _value(one["field"], one["before"]), _value(one["field"], one["after"]))
        for one in orjson.loads(said)
    )


def _value(name: str, value: object) -> object:
    return _nested(name, value) if isinstance(value, list) else value


def content_digest(changes: Sequence[FieldChange]) -> str:
    """Return what stands for the content of a push: the fields that it sets and what to."""
    return digest_of(orjson.dumps({one.field: one.after for one in changes}, option=orjson.OPT_SORT_KEYS))


def notices_of_json(said: str | None) -> tuple[Notice, ...]:
    """Return the notices that a JSON text holds."""
    return tuple(
        Notice(code=one["code"], message=one["message"], refs=tuple(one["refs"])) for one in orjson.loads(said or "[]")
    )

"""Stories: what the journal says of one object, oldest first, and what the object is now.

Every question is answered from an index, so that a journal of millions of rows is not read through.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Engine, RowMapping, select, union

from hermes_sync.core.objects import Kind
from hermes_sync.core.plan import FieldChange, Key, Verb, field_changes
from hermes_sync.core.records import Ref, RemoteKind, System
from hermes_sync.ports import HermesSyncError, Receipt
from hermes_sync.store.among import among, listed
from hermes_sync.store.rows import OBJECT_FIELDS, changes_of_json, notices_of_json, object_of_json
from hermes_sync.store.tables import JOURNAL, LAST_SEEN, OBJECT_TABLES, PASSES

_STRETCH: Final = 500

_SPEAKS_TO: Final[Mapping[Kind, Mapping[RemoteKind, str]]] = {
    Kind.COMPANY: {RemoteKind.ORGANIZATION: "pd_org_id", RemoteKind.CLIENT: "tc2_cligency_id"},
    Kind.CONTACT: {RemoteKind.PERSON: "pd_person_id"},
    Kind.DEAL: {RemoteKind.DEAL: "pd_deal_id"},
    Kind.MEETING: {RemoteKind.ACTIVITY: "pd_activity_id"},
    Kind.PIPELINE: {RemoteKind.PIPELINE: "pd_pipeline_id"},
    Kind.STAGE: {RemoteKind.STAGE: "pd_stage_id"},
}
"""The remote objects of a Hermes object, and in which field it names them."""

_NAMES: Final[Mapping[str, Kind]] = {
    "company_id": Kind.COMPANY,
    "contact_id": Kind.CONTACT,
    "deal_id": Kind.DEAL,
    "pipeline_id": Kind.PIPELINE,
    "stage_id": Kind.STAGE,
}
"""The fields in which one Hermes object names another."""


@dataclass(frozen=True, slots=True)
class HermesRef:
    """The name of one Hermes object, written `company 42`."""

    kind: Kind
    id: int

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


Subject = HermesRef | Ref
"""Whose story is told."""


class NeverSeen(HermesSyncError):
    """Nobody ever saw the object that was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushFate:
    """How a push went so far; `receipt` is there once it was carried out."""

    state: str
    attempts: int
    started_at: datetime | None
    settled_at: datetime | None
    due_at: datetime | None
    receipt: Receipt | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One applied action or one push of a story.

    `at` is when the remote answered to a push or was last asked, else when the pass began. `push` is None for an
    applied action.
    """

    pass_id: int
    at: datetime
    rules: tuple[str, ...]
    cause: str
    system: System
    object: str
    verb: Verb
    key: Key
    hermes_id: int
    remote_id: int | None
    changes: tuple[FieldChange, ...]
    push: PushFate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What an object is linked to, under its name; `is_there` is None for a remote object that was never read."""

    name: str
    is_there: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The story of one object; `entries` are read as they are asked for, oldest first.

    `fields` is what it is, or what it was when it went, None where that is not known. `read_at` is when a remote
    object was read.
    """

    subject: Subject
    entries: Iterator[Entry]
    fields: Mapping[str, object] | None
    is_gone: bool
    gone_at: datetime | None
    read_at: datetime | None
    links: tuple[Link, ...]


def tell(engine: Engine, subject: Subject) -> Story:
    """Return the story of an object; raises `NeverSeen` when there is none."""
    with engine.connect() as connection:
        match subject:
            case HermesRef():
                return _of_hermes(engine, connection, subject)
            case Ref():
                return _of_remote(engine, connection, subject)


def _of_hermes(engine: Engine, connection: Connection, subject: HermesRef) -> Story:
    objects = (subject.kind.value, *(one.value for one in _SPEAKS_TO[subject.kind]))
    ids = sorted(
        connection.scalars(select(JOURNAL.c.id).where(JOURNAL.c.object.in_(objects), JOURNAL.c.hermes_id == subject.id))
    )
    table = OBJECT_TABLES[subject.kind]
    names = OBJECT_FIELDS[subject.kind]
    row = connection.execute(select(*(table.c[name] for name in names)).where(table.c.id == subject.id)).first()
    if row is None and not ids:
        raise NeverSeen(f"{subject}: nobody ever saw it; `hermes-sync export` lists what there is")
    fields, gone_at = (_last_was(connection, subject)) if row is None else (dict(zip(names, row, strict=True)), None)
    return Story(
        subject=subject,
        entries=_entries(engine, ids),
        fields=fields,
        is_gone=row is None,
        gone_at=gone_at,
        read_at=None,
        links=_links_of(connection, subject.kind, fields or {}),
    )


def _last_was(connection: Connection, subject: HermesRef) -> tuple[Mapping[str, object] | None, datetime | None]:
    """Return what an object was when it was deleted, and when that was; no id is ever used twice."""
    deleted = connection.execute(
        select(JOURNAL.c.before, PASSES.c.started_at)
        .join(PASSES, PASSES.c.id == JOURNAL.c.pass_id)
        .where(
            JOURNAL.c.object == subject.kind.value,
            JOURNAL.c.hermes_id == subject.id,
            JOURNAL.c.system == System.HERMES.value,
            JOURNAL.c.verb == Verb.DELETE.value,
        )
    ).first()
    return (None, None) if deleted is None else (orjson.loads(deleted.before), deleted.started_at)


def _links_of(connection: Connection, kind: Kind, fields: Mapping[str, Any]) -> tuple[Link, ...]:
    links: list[Link] = []
    for name, other in _NAMES.items():
        if fields.get(name) is not None:
            table = OBJECT_TABLES[other]
            found = connection.scalar(select(table.c.id).where(table.c.id == fields[name]))
            links.append(Link(name=str(HermesRef(other, fields[name])), is_there=found is not None))
    for remote, column in _SPEAKS_TO[kind].items():
        if fields.get(column) is not None:
            ref = Ref(remote, fields[column])
            seen = _seen(connection, ref)
            links.append(Link(name=str(ref), is_there=None if seen is None else seen["gone_since"] is None))
    return tuple(links)


def _of_remote(engine: Engine, connection: Connection, subject: Ref) -> Story:
    caused = select(JOURNAL.c.id).where(JOURNAL.c.cause == str(subject))
    written = select(JOURNAL.c.id).where(
        JOURNAL.c.system == subject.kind.system.value,
        JOURNAL.c.object == subject.kind.value,
        JOURNAL.c.remote_id == subject.id,
    )
    ids = sorted(connection.scalars(union(caused, written)))
    seen, links = _seen(connection, subject), _links_to(connection, subject)
    if seen is None and not ids and not links:
        raise NeverSeen(f"{subject}: nobody ever saw it; a pass may read it yet: `hermes-sync reconcile --full`")
    return Story(
        subject=subject,
        entries=_entries(engine, ids),
        fields=None if seen is None or seen["fields"] is None else orjson.loads(seen["fields"]),
        is_gone=seen is not None and seen["gone_since"] is not None,
        gone_at=None if seen is None else seen["gone_since"],
        read_at=None if seen is None or seen["fields"] is None else seen["read_at"],
        links=links,
    )


def _links_to(connection: Connection, subject: Ref) -> tuple[Link, ...]:
    """Return the Hermes objects that name a remote object as theirs; each kind names one of a kind at most."""
    found = [
        HermesRef(kind, id_)
        for kind, columns in _SPEAKS_TO.items()
        if subject.kind in columns
        for table in [OBJECT_TABLES[kind]]
        for id_ in connection.scalars(select(table.c.id).where(table.c[columns[subject.kind]] == subject.id))
    ]
    return tuple(Link(name=str(one), is_there=True) for one in found)


def _seen(connection: Connection, ref: Ref) -> RowMapping | None:
    return (
        connection.execute(
            select(LAST_SEEN.c.fields, LAST_SEEN.c.gone_since, LAST_SEEN.c.read_at).where(
                LAST_SEEN.c.kind == ref.kind.value, LAST_SEEN.c.id == ref.id
            )
        )
        .mappings()
        .first()
    )


def _entries(engine: Engine, ids: Sequence[int]) -> Iterator[Entry]:
    """Yield these rows of the journal, in stretches: an object may have caused very many."""
    query = select(JOURNAL, PASSES.c.started_at.label("pass_began")).join(PASSES, PASSES.c.id == JOURNAL.c.pass_id)
    for start in range(0, len(ids), _STRETCH):
        stretch = ids[start : start + _STRETCH]
        with engine.connect() as connection:
            question = query.where(among(JOURNAL.c.id, connection.dialect.name))
            rows = connection.execute(question, listed(stretch, connection)).mappings()
            found = sorted(rows, key=lambda row: row["id"])
        for row in found:
            yield _entry(row)


def _entry(row: RowMapping) -> Entry:
    return Entry(
        pass_id=row["pass_id"],
        at=row["settled_at"] or row["started_at"] or row["pass_began"],
        rules=tuple(dict.fromkeys((row["rule"], *orjson.loads(row["rules"])))),
        cause=row["cause"],
        system=System(row["system"]),
        object=row["object"],
        verb=Verb(row["verb"]),
        key=orjson.loads(row["key"]),
        hermes_id=row["hermes_id"],
        remote_id=row["remote_id"],
        changes=_changes(row),
        push=None if row["state"] is None else _fate(row),
    )


def _changes(row: RowMapping) -> tuple[FieldChange, ...]:
    """Return what changed; of an applied action it follows from the whole objects."""
    if row["state"] is not None:
        return changes_of_json(row["changes"])
    kind = Kind(row["object"])
    return tuple(field_changes(object_of_json(kind, row["before"]), object_of_json(kind, row["after"])))


def _fate(row: RowMapping) -> PushFate:
    receipt = None if row["receipt"] is None else orjson.loads(row["receipt"])
    return PushFate(
        state=row["state"],
        attempts=row["attempts"],
        started_at=row["started_at"],
        settled_at=row["settled_at"],
        due_at=row["due_at"],
        receipt=None
        if receipt is None
        else Receipt(
            remote_id=receipt["remote_id"],
            notices=notices_of_json(orjson.dumps(receipt["notices"]).decode()),
            left_out=tuple(receipt["left_out"]),
        ),
        reason=row["reason"],
    )

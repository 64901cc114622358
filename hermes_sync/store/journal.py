"""The pushes of the journal: what is open, and the one small transaction that each step of a push is (semantics 5).

The receipt of a push updates last-seen for the pushed fields and nothing else: our own write does not come back
as a change, and what a colleague edited in between is not swallowed.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Engine, RowMapping, Select, bindparam, select, update

from hermes_sync.core.objects import Kind
from hermes_sync.core.plan import FieldChange, Verb
from hermes_sync.core.records import RECORD_TYPES, Record, RemoteKind
from hermes_sync.ports import Receipt
from hermes_sync.store.among import among, listed
from hermes_sync.store.engine import insert_into, writing
from hermes_sync.store.rows import (
    JournalPush,
    Partner,
    changes_of_json,
    content_digest,
    digest_of,
    ids_named_by,
    json_text,
    record_of_json,
)
from hermes_sync.store.tables import IS_OPEN, IS_REFUSED, JOURNAL, LAST_SEEN, OBJECT_TABLES, STATE

_STRETCH: Final = 500
_COLUMNS: Final = tuple(JOURNAL.c[one] for one in (
    "id", "pass_id", "seq", "object", "verb", "hermes_id", "remote_id", "changes", "rule", "rules", "cause", "key",
    "state", "attempts", "due_at", "started_at", "digest", "reason",
))  # fmt: skip
_LINKS: Final[Mapping[RemoteKind, tuple[Kind, str]]] = {
    RemoteKind.ORGANIZATION: (Kind.COMPANY, "pd_org_id"),
    RemoteKind.PERSON: (Kind.CONTACT, "pd_person_id"),
    RemoteKind.DEAL: (Kind.DEAL, "pd_deal_id"),
    RemoteKind.ACTIVITY: (Kind.MEETING, "pd_activity_id"),
}
"""Where the id of what a create made is kept."""
_SPEAKERS: Final[Mapping[RemoteKind, Kind]] = {
    RemoteKind.CLIENT: Kind.COMPANY,
    **{kind: speaker for kind, (speaker, _) in _LINKS.items()},
}
"""Whose Hermes id a push has."""
_NAMES: Final[Mapping[str, RemoteKind]] = {
    "company_id": RemoteKind.ORGANIZATION,
    "contact_id": RemoteKind.PERSON,
    "deal_id": RemoteKind.DEAL,
}
"""What the Hermes objects that a speaker names are in Pipedrive."""
_OPEN_PUSHES: Final = select(*_COLUMNS).where(IS_OPEN).order_by(JOURNAL.c.id)
_REFUSED_PUSHES: Final = select(*_COLUMNS).where(IS_REFUSED).order_by(JOURNAL.c.id)
_PLANNED_PUSHES: Final = (
    select(*_COLUMNS)
    .where(JOURNAL.c.pass_id == bindparam("of_pass"), JOURNAL.c.state == "planned", JOURNAL.c.seq > bindparam("last"))
    .order_by(JOURNAL.c.seq)
    .limit(_STRETCH)
)


def push_of(row: RowMapping) -> JournalPush:
    """Return the push of a row of the journal."""
    said: dict[str, Any] = dict(row)
    said["kind"] = RemoteKind(said.pop("object"))
    said["verb"] = Verb(said["verb"])
    said["changes"] = changes_of_json(said["changes"])
    said["rules"] = tuple(orjson.loads(said["rules"]))
    said["key"] = orjson.loads(said["key"])
    return JournalPush(**said)


def open_pushes(connection: Connection) -> list[JournalPush]:
    """Return the pushes that are still to be carried out, oldest first."""
    return _pushes(connection, _OPEN_PUSHES)


def refused_pushes(connection: Connection) -> list[JournalPush]:
    """Return the pushes that stand refused, oldest first."""
    return _pushes(connection, _REFUSED_PUSHES)


def _pushes(connection: Connection, question: Select[Any]) -> list[JournalPush]:
    return [push_of(row) for row in connection.execute(question).mappings()]


def planned_pushes(engine: Engine, pass_id: int) -> Iterator[JournalPush]:
    """Yield the pushes that a pass planned and did not start yet, in order; no transaction stays open between."""
    last = -1
    while True:
        with engine.connect() as connection:
            rows = connection.execute(_PLANNED_PUSHES, {"of_pass": pass_id, "last": last})
            pushes = [push_of(row) for row in rows.mappings()]
        if not pushes:
            return
        yield from pushes
        last = pushes[-1].seq


def refused(connection: Connection, kind: RemoteKind, hermes_ids: Collection[int]) -> set[tuple[int, str]]:
    """Return the Hermes id and content of the pushes that stand refused."""
    parameters = {"of_kind": kind.value, **listed(hermes_ids, connection)}
    rows = connection.execute(_refused(connection.dialect.name), parameters)
    return {(row.hermes_id, row.digest) for row in rows}


@cache
def _refused(dialect: str) -> Select[Any]:
    return select(JOURNAL.c.hermes_id, JOURNAL.c.digest).where(
        JOURNAL.c.object == bindparam("of_kind"),
        JOURNAL.c.state == "refused",
        among(JOURNAL.c.hermes_id, dialect),
    )


def linked(connection: Connection, kind: RemoteKind, hermes_ids: Collection[int]) -> dict[int, int]:
    """Return Hermes id → the remote object of this kind that it is linked to."""
    rows = connection.execute(_linked(kind, connection.dialect.name), listed(hermes_ids, connection))
    return {row[0]: row[1] for row in rows}


@cache
def _linked(kind: RemoteKind, dialect: str) -> Select[Any]:
    of, column = _LINKS[kind]
    table = OBJECT_TABLES[of]
    return select(table.c.id, table.c[column]).where(among(table.c.id, dialect), table.c[column].is_not(None))


def taken(connection: Connection, kind: RemoteKind, remote_ids: Collection[int]) -> set[int]:
    """Return which of these remote objects a Hermes object is linked to."""
    return set(connection.scalars(_taken(kind, connection.dialect.name), listed(remote_ids, connection)))


@cache
def _taken(kind: RemoteKind, dialect: str) -> Select[Any]:
    of, column = _LINKS[kind]
    table = OBJECT_TABLES[of]
    return select(table.c[column]).where(among(table.c[column], dialect))


def partners(connection: Connection, kind: RemoteKind, hermes_id: int) -> dict[RemoteKind, Partner]:
    """Return the Org, Person and deal around the Hermes object that speaks in a push, as far as it names them."""
    speaker = _SPEAKERS[kind]
    if speaker is Kind.COMPANY:
        named = {RemoteKind.ORGANIZATION: hermes_id}
    else:
        table = OBJECT_TABLES[speaker]
        names = [name for name in _NAMES if name in table.c]
        row = connection.execute(select(*(table.c[name] for name in names)).where(table.c.id == hermes_id)).first()
        ids = dict(zip(names, row, strict=True)) if row is not None else {}
        named = {_NAMES[name]: id_ for name, id_ in ids.items() if id_ is not None}
    return {
        of: Partner(
            hermes_id=id_,
            remote_id=linked(connection, of, [id_]).get(id_),
            is_refused=bool(refused(connection, of, [id_])),
        )
        for of, id_ in named.items()
    }


def created(connection: Connection, kind: RemoteKind, remote_ids: Collection[int]) -> set[int]:
    """Return which of these remote objects hermes-sync itself created."""
    rows = connection.scalars(_created(kind, connection.dialect.name), listed(remote_ids, connection))
    return {id_ for id_ in rows if id_ is not None}


@cache
def _created(kind: RemoteKind, dialect: str) -> Select[Any]:
    return select(JOURNAL.c.remote_id).where(
        JOURNAL.c.system == kind.system.value,
        JOURNAL.c.object == kind.value,
        JOURNAL.c.verb == Verb.CREATE.value,
        JOURNAL.c.state == "settled",
        among(JOURNAL.c.remote_id, dialect),
    )


def step(engine: Engine, id_: int, **values: object) -> None:
    """Write down one step of a push."""
    with writing(engine) as connection:
        connection.execute(_STEP, {"of_push": id_, **values})


_ONE_PUSH: Final = select(*_COLUMNS).where(JOURNAL.c.id == bindparam("of_push"))
_STEP: Final = update(JOURNAL).where(JOURNAL.c.id == bindparam("of_push"))
_START: Final = _STEP.values(attempts=JOURNAL.c.attempts + 1)


def start(engine: Engine, id_: int, now: datetime, changes: Sequence[FieldChange]) -> None:
    """Write down that a push is about to be sent, and what it says: from here on it was perhaps sent."""
    said = {"changes": json_text(changes), "digest": content_digest(changes)}
    with writing(engine) as connection:
        connection.execute(_START, {"of_push": id_, "state": "started", "started_at": now, **said})


def settle(engine: Engine, id_: int, *, receipt: Receipt, now: datetime) -> None:
    """Write down what the remote answered, what it says now, and the link to what it created."""
    with writing(engine) as connection:
        push = push_of(connection.execute(_ONE_PUSH, {"of_push": id_}).mappings().one())
        connection.execute(
            _STEP,
            {
                "of_push": id_,
                "state": "settled",
                "settled_at": now,
                "remote_id": receipt.remote_id,
                "receipt": json_text(receipt),
                "reason": None,
            },
        )
        pushed = tuple(change for change in push.changes if change.field not in receipt.left_out)
        if push.verb is Verb.CREATE:
            # Only that it lives is remembered, so that its deletion is found; the next pass sees it as created, which
            # is what TC2's rows want (semantics 1).
            if push.kind in RECORD_TYPES:
                _note_living(connection, push.kind, receipt.remote_id, now)
            _link(connection, push, receipt.remote_id)
        else:
            _remember(connection, push, receipt.remote_id, pushed, now)


def _note_living(connection: Connection, kind: RemoteKind, remote_id: int, now: datetime) -> None:
    """Let last-seen know that an object lives of which nothing was read yet."""
    row = {"kind": kind.value, "id": remote_id, "read_at": now}
    connection.execute(insert_into(LAST_SEEN, connection.dialect.name).values(row).on_conflict_do_nothing())


def _remember(
    connection: Connection, push: JournalPush, remote_id: int, pushed: tuple[FieldChange, ...], now: datetime
) -> None:
    """Let last-seen say what was pushed, and nothing else."""
    row = connection.execute(
        select(LAST_SEEN.c.fields).where(
            LAST_SEEN.c.kind == push.kind.value,
            LAST_SEEN.c.id == remote_id,
            LAST_SEEN.c.gone_since.is_(None),
            LAST_SEEN.c.fields.is_not(None),
        )
    ).first()
    if row is None:
        return
    record = _with(push.kind, orjson.loads(row.fields), remote_id, pushed)
    text = json_text(record)
    org_id, person_id, stage_id, pipeline_id = ids_named_by(record)
    values = {
        "fields": text,
        "digest": digest_of(text.encode()),
        "gone_since": None,
        "org_id": org_id,
        "person_id": person_id,
        "stage_id": stage_id,
        "pipeline_id": pipeline_id,
    }
    connection.execute(
        insert_into(LAST_SEEN, connection.dialect.name)
        .values(kind=push.kind.value, id=remote_id, read_at=now, **values)
        .on_conflict_do_update(index_elements=[LAST_SEEN.c.kind, LAST_SEEN.c.id], set_=values)
    )


def _with(kind: RemoteKind, seen: Mapping[str, Any], id_: int, pushed: tuple[FieldChange, ...]) -> Record:
    """Return the record with the pushed fields."""
    names = {one.name for one in fields(RECORD_TYPES[kind])}
    said = {change.field: change.after for change in pushed if change.field in names}
    return record_of_json(kind, json_text({**seen, "id": id_, **said}))


def _link(connection: Connection, push: JournalPush, remote_id: int) -> None:
    """Link the Hermes object that spoke to what was created, unless either has a link already."""
    link = _LINKS.get(push.kind)
    if link is None:
        return
    kind, column = link
    table = OBJECT_TABLES[kind]
    other = table.alias("other")
    # Bookings take this row before they touch objects: in another order each could wait for the other for ever.
    connection.execute(select(STATE.c.revision).with_for_update())
    linked = connection.execute(
        update(table)
        .where(
            table.c.id == push.hermes_id,
            table.c[column].is_(None),
            ~select(other.c.id).where(other.c[column] == remote_id).exists(),
        )
        .values({column: remote_id})
    )
    if linked.rowcount:
        connection.execute(update(STATE).values(revision=STATE.c.revision + 1))


def retry(engine: Engine, now: datetime) -> list[JournalPush]:
    """Leave refused pushes for the next pass, which works them out anew; return them, oldest first.

    A remote that refuses has not created anything: such a create is not in doubt. When it was refused and why is
    kept.
    """
    with writing(engine) as connection:
        rows = connection.execute(
            update(JOURNAL).where(IS_REFUSED).values(state="deferred", due_at=now, started_at=None).returning(*_COLUMNS)
        )
        return sorted((push_of(row) for row in rows.mappings()), key=lambda push: push.id)


def supersede(connection: Connection, pass_id: int) -> None:
    """Close older pushes to the targets of this pass's pushes; these take over how often it was tried."""
    newer = JOURNAL.alias("newer")
    planned = select(newer.c.id).where(newer.c.pass_id == pass_id, newer.c.state == "planned")
    to_the_same = planned.where(newer.c.object == JOURNAL.c.object, newer.c.hermes_id == JOURNAL.c.hermes_id)
    older: list[Any] = []
    for is_waiting in (IS_OPEN, IS_REFUSED):
        rows = connection.execute(
            select(JOURNAL.c.id, JOURNAL.c.object, JOURNAL.c.hermes_id, JOURNAL.c.attempts).where(
                is_waiting, JOURNAL.c.pass_id < pass_id, to_the_same.exists()
            )
        )
        older.extend(rows.all())
    if not older:
        return
    connection.execute(
        update(JOURNAL).where(among(JOURNAL.c.id, connection.dialect.name)).values(state="superseded"),
        listed([row.id for row in older], connection),
    )
    tried = [{"of": row.object, "by": row.hermes_id, "times": row.attempts} for row in older if row.attempts]
    if tried:
        connection.execute(
            update(JOURNAL)
            .where(
                JOURNAL.c.pass_id == pass_id,
                JOURNAL.c.state == "planned",
                JOURNAL.c.object == bindparam("of"),
                JOURNAL.c.hermes_id == bindparam("by"),
            )
            .values(attempts=bindparam("times")),
            tried,
        )


def close(connection: Connection, ids: Collection[int]) -> None:
    """Close what a newer plan speaks for and found nothing left to do about."""
    if ids:
        connection.execute(
            update(JOURNAL).where(IS_OPEN, among(JOURNAL.c.id, connection.dialect.name)).values(state="superseded"),
            listed(ids, connection),
        )

"""What becomes of a push: the one small transaction that each of its steps is (semantics 5).

The receipt of a push updates last-seen for the pushed fields and nothing else: our own write does not come back
as a change, and what a colleague edited in between is not swallowed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Engine, bindparam, select, update

from hermes_sync.core.plan import FieldChange, Verb
from hermes_sync.core.records import RECORD_TYPES, Record, RemoteKind
from hermes_sync.ports import Receipt
from hermes_sync.store import journal, state
from hermes_sync.store.engine import insert_into, writing
from hermes_sync.store.links import LINKS
from hermes_sync.store.rows import (
    JournalPush,
    content_digest,
    digest_of,
    ids_named_by,
    json_text,
    record_of_json,
)
from hermes_sync.store.tables import IS_REFUSED, JOURNAL, LAST_SEEN, OBJECT_TABLES

_ONE_PUSH: Final = select(*journal.COLUMNS).where(JOURNAL.c.id == bindparam("of_push"))
_STEP: Final = update(JOURNAL).where(JOURNAL.c.id == bindparam("of_push"))
_START: Final = _STEP.values(attempts=JOURNAL.c.attempts + 1)


def step(engine: Engine, id_: int, **values: object) -> None:
    """Write down one step of a push."""
    with writing(engine) as connection:
        connection.execute(_STEP, {"of_push": id_, **values})


def start(engine: Engine, id_: int, now: datetime, changes: Sequence[FieldChange]) -> None:
    """Write down that a push is about to be sent, and what it says: from here on it was perhaps sent."""
    said = {"changes": json_text(changes), "digest": content_digest(changes)}
    with writing(engine) as connection:
        connection.execute(_START, {"of_push": id_, "state": "started", "started_at": now, **said})


def settle(engine: Engine, id_: int, *, receipt: Receipt, now: datetime) -> None:
    """Write down what the remote answered, what it says now, and the link to what it created."""
    with writing(engine) as connection:
        push = journal.push_of(connection.execute(_ONE_PUSH, {"of_push": id_}).mappings().one())
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
    link = LINKS.get(push.kind)
    if link is None:
        return
    kind, column = link
    table = OBJECT_TABLES[kind]
    other = table.alias("other")
    # Bookings take this row before they touch objects: in another order each could wait for the other for ever.
    state.take_revision(connection)
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
        state.move_on(connection)


def retry(engine: Engine, now: datetime) -> list[JournalPush]:
    """Leave refused pushes for the next pass, which works them out anew; return them, oldest first.

    A remote that refuses has not created anything: such a create is not in doubt. When it was refused and why is
    kept.
    """
    with writing(engine) as connection:
        rows = connection.execute(
            update(JOURNAL)
            .where(IS_REFUSED)
            .values(state="deferred", due_at=now, started_at=None)
            .returning(*journal.COLUMNS)
        )
        return sorted((journal.push_of(row) for row in rows.mappings()), key=lambda push: push.id)

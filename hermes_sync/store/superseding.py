"""Older pushes that a newer plan speaks for: they are closed in the transaction that applies it (semantics 5)."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from hermes_sync.store.among import among, listed
from hermes_sync.store.tables import IS_OPEN, IS_REFUSED, JOURNAL


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

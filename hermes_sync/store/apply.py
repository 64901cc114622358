"""Carrying a draft over: everything local in one transaction (semantics 5.1).

The statements read the draft's tables by name. On SQLite these are in the draft's own file, attached for the
occasion; on PostgreSQL they are temporary tables that the draft is copied into.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Engine,
    Table,
    UniqueConstraint,
    and_,
    case,
    delete,
    func,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.schema import CreateTable

from hermes_sync.core.objects import Kind
from hermes_sync.core.records import RemoteKind
from hermes_sync.ports import HermesSyncError
from hermes_sync.store import journal
from hermes_sync.store import lease as leases
from hermes_sync.store.draft import Draft
from hermes_sync.store.draft_tables import ACTIONS, CARRIED, OVERLAYS, PULLED, REREAD
from hermes_sync.store.engine import CACHE_KIBIBYTES, insert_into, writing
from hermes_sync.store.lease import Lease
from hermes_sync.store.rows import Cursor
from hermes_sync.store.tables import COUNTERS, CURSORS, JOURNAL, LAST_SEEN, MOVING_IDS, OBJECT_TABLES, STATE

_STRETCH: Final = 5000
_CACHE_KIBIBYTES: Final = 65_536
"""What SQLite may hold while a pass is applied: pages that spill over keep the lock longer."""

_SEEN_COLUMNS: Final = (
    "fields",
    "digest",
    "update_time",
    "read_at",
    "org_id",
    "person_id",
    "stage_id",
    "pipeline_id",
)
_ACTION_COLUMNS: Final = (
    "seq",
    "rule",
    "rules",
    "cause",
    "system",
    "object",
    "verb",
    "key",
    "hermes_id",
    "remote_id",
    "before",
    "after",
    "changes",
    "digest",
)


class StaleDraft(HermesSyncError):
    """Hermes objects changed since the draft was opened; nothing was applied, and it is to be planned again."""


def apply(
    engine: Engine,
    draft: Draft,
    *,
    lease: Lease | None,
    pass_id: int,
    now: datetime,
    cursors: Mapping[RemoteKind, Cursor],
    policy_digest: str,
) -> None:
    """Carry a draft over into the store, all of it or nothing.

    Raises `LeaseHeld` when the lease was lost and `StaleDraft` when objects changed under the plan.
    """
    with draft.at_rest(), _within_reach(engine, draft) as connection:
        if lease is not None:
            leases.verify(connection, lease)
        state = connection.execute(select(STATE.c.revision).with_for_update()).one()
        if state.revision != draft.revision:
            raise StaleDraft(
                f"the plan was made on revision {draft.revision} of the Hermes objects and they are now at "
                f"{state.revision}: something else changed them meanwhile; plan again"
            )
        moved = _objects(connection, draft)
        _last_seen(connection, now)
        _journal(connection, pass_id)
        if draft.has_pushes:
            journal.supersede(connection, pass_id)
        journal.close(connection, draft.answered)
        _cursors(connection, cursors)
        connection.execute(
            update(STATE).values(revision=STATE.c.revision + (1 if moved else 0), policy_digest=policy_digest)
        )


@contextmanager
def _within_reach(engine: Engine, draft: Draft) -> Iterator[Connection]:
    """Yield a writing connection that finds the draft's tables."""
    if engine.dialect.name != "sqlite":
        with writing(engine) as connection:
            _copy(connection, draft)
            yield connection
        return
    with engine.connect().execution_options(hermes_writes=True) as connection:
        driver = connection.connection.driver_connection
        assert driver is not None, "the store is open"
        driver.execute("ATTACH ? AS draft", (str(draft.path),))
        driver.execute(f"PRAGMA main.cache_size = -{_CACHE_KIBIBYTES}")
        try:
            with connection.begin():
                yield connection
        finally:
            driver.rollback()  # a commit that a foreign key stopped leaves the transaction open
            driver.execute("DETACH draft")
            driver.execute(f"PRAGMA main.cache_size = -{CACHE_KIBIBYTES}")


def _copy(connection: Connection, draft: Draft) -> None:
    """Copy what the draft holds into temporary tables that end with the transaction."""
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        for table in CARRIED:
            ddl = str(CreateTable(table).compile(dialect=connection.dialect)).strip()
            cursor.execute(ddl.replace("CREATE TABLE", "CREATE TEMPORARY TABLE", 1) + " ON COMMIT DROP")
            rows = draft.connection.exec_driver_sql(str(select(table))).cursor
            with cursor.copy(f"COPY {table.name} FROM STDIN") as copy:
                while stretch := rows.fetchmany(_STRETCH):
                    for row in stretch:
                        copy.write_row(row)
            cursor.execute(f"ANALYZE {table.name}")


def _objects(connection: Connection, draft: Draft) -> bool:
    """Delete, then make room for unique ids that move, then write; return whether there was anything."""
    touched = [kind for kind in Kind if draft.overlaid[kind]]
    for kind in touched:
        table, overlay = OBJECT_TABLES[kind], OVERLAYS[kind]
        gone = select(overlay.c.id).where(overlay.c.gone, overlay.c.born.is_(False))
        connection.execute(delete(table).where(table.c.id.in_(gone)))
    for kind in touched:
        _make_room(connection, kind)
    for kind in touched:
        table, overlay = OBJECT_TABLES[kind], OVERLAYS[kind]
        names = [column.name for column in table.columns]
        born = select(*(overlay.c[name] for name in names)).where(overlay.c.born, overlay.c.gone.is_(False))
        connection.execute(table.insert().from_select(names, born))
        _update(connection, kind)
    for kind in touched:
        _count(connection, kind)
    return bool(touched)


def _update(connection: Connection, kind: Kind) -> None:
    """Let rows say what the overlay says; indexed columns only where they differ.

    SQLite writes every index of a column that is set anew, whether or not the value is another.
    """
    table, overlay = OBJECT_TABLES[kind], OVERLAYS[kind]
    listed = select(overlay.c.id).where(overlay.c.born.is_(False), overlay.c.gone.is_(False))
    rows = (table.c.id.in_(listed), overlay.c.id == table.c.id)
    indexed = _indexed(table)
    plain = {one.name: overlay.c[one.name] for one in table.columns if one.name not in indexed}
    keys = {name: overlay.c[name] for name in sorted(indexed - {"id"})}
    differs = or_(*(table.c[name].is_distinct_from(value) for name, value in keys.items()))
    connection.execute(update(table).where(*rows, differs).values(keys))
    connection.execute(update(table).where(*rows).values(plain))


def _indexed(table: Table) -> set[str]:
    keys = [*(one.columns for one in table.indexes), table.primary_key.columns]
    keys += [one.columns for one in table.constraints if isinstance(one, UniqueConstraint)]
    return {column.name for columns in keys for column in columns}


def _make_room(connection: Connection, kind: Kind) -> None:
    """Blank the unique remote ids that a row will lose, so that another may have them."""
    table, overlay = OBJECT_TABLES[kind], OVERLAYS[kind]
    for name in MOVING_IDS.get(kind, ()):
        loses = select(overlay.c.id).where(
            overlay.c.born.is_(False),
            overlay.c.gone.is_(False),
            overlay.c.id == table.c.id,
            overlay.c[name].is_distinct_from(table.c[name]),
        )
        listed = select(overlay.c.id).where(overlay.c.born.is_(False), overlay.c.gone.is_(False))
        connection.execute(
            update(table)
            .where(table.c.id.in_(listed), table.c[name].is_not(None), loses.exists())
            .values({name: null()})
        )


def _count(connection: Connection, kind: Kind) -> None:
    overlay = OVERLAYS[kind]
    born, gone, highest = connection.execute(
        select(
            func.count().filter(and_(overlay.c.born, overlay.c.gone.is_(False))),
            func.count().filter(and_(overlay.c.gone, overlay.c.born.is_(False))),
            func.max(overlay.c.id),
        )
    ).one()
    row = connection.execute(select(COUNTERS).where(COUNTERS.c.kind == kind.value)).first()
    next_id, population = (1, 0) if row is None else (row.next_id, row.population)
    values = {"next_id": max(next_id, highest + 1), "population": population + born - gone}
    connection.execute(
        insert_into(COUNTERS, connection)
        .values(kind=kind.value, **values)
        .on_conflict_do_update(index_elements=[COUNTERS.c.kind], set_=values)
    )


def _last_seen(connection: Connection, now: datetime) -> None:
    """Let last-seen say what was pulled and differs; of what is gone it keeps what it last was."""
    for kind, table in PULLED.items():
        insert = insert_into(LAST_SEEN, connection).from_select(
            ["kind", "id", *_SEEN_COLUMNS],
            select(literal(kind.value), table.c.id, *(table.c[name] for name in _SEEN_COLUMNS)).where(
                table.c.differs, table.c.gone.is_(False)
            ),
        )
        kept = {name: insert.excluded[name] for name in _SEEN_COLUMNS}
        key = [LAST_SEEN.c.kind, LAST_SEEN.c.id]
        connection.execute(insert.on_conflict_do_update(index_elements=key, set_={**kept, "gone_since": None}))
        if kind is RemoteKind.ORGANIZATION:
            unknown = insert_into(LAST_SEEN, connection).from_select(
                ["kind", "id", "read_at", "gone_since"],
                select(
                    literal(kind.value), table.c.id, table.c.read_at, literal(now, LAST_SEEN.c.gone_since.type)
                ).where(table.c.gone, table.c.lived.is_(False)),
            )
            connection.execute(unknown.on_conflict_do_nothing())
        connection.execute(
            update(LAST_SEEN)
            .where(
                LAST_SEEN.c.kind == kind.value,
                LAST_SEEN.c.id.in_(select(table.c.id).where(table.c.gone, table.c.lived)),
            )
            .values(gone_since=now)
        )
    at = select(REREAD.c.read_at).where(REREAD.c.id == LAST_SEEN.c.id).scalar_subquery()
    connection.execute(
        update(LAST_SEEN)
        .where(LAST_SEEN.c.kind == RemoteKind.CLIENT.value, LAST_SEEN.c.id.in_(select(REREAD.c.id)))
        .values(read_at=at)
    )


def _journal(connection: Connection, pass_id: int) -> None:
    connection.execute(
        JOURNAL.insert().from_select(
            ["pass_id", *_ACTION_COLUMNS, "state", "attempts"],
            select(
                literal(pass_id),
                *(ACTIONS.c[name] for name in _ACTION_COLUMNS),
                case((ACTIONS.c.is_push, literal("planned"))),
                literal(0),
            ).order_by(ACTIONS.c.seq),
        )
    )


def _cursors(connection: Connection, cursors: Mapping[RemoteKind, Cursor]) -> None:
    for kind, cursor in cursors.items():
        values = {"since": cursor.since, "complete_at": cursor.complete_at}
        connection.execute(
            insert_into(CURSORS, connection)
            .values(kind=kind.value, **values)
            .on_conflict_do_update(index_elements=[CURSORS.c.kind], set_=values)
        )

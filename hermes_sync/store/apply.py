"""Carrying a draft over: everything local in one transaction (semantics 5.1).

The statements (`carrying`) read the draft's tables by name. On SQLite these are in the draft's own file, attached for
the occasion; on PostgreSQL they are temporary tables that the draft is copied into.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, select
from sqlalchemy.schema import CreateTable

from hermes_sync.core.objects import Kind
from hermes_sync.core.records import RemoteKind
from hermes_sync.ports import HermesSyncError
from hermes_sync.store import hints as remembered
from hermes_sync.store import lease as leases
from hermes_sync.store import pending, state, superseding
from hermes_sync.store.apart import are_apart
from hermes_sync.store.carrying import (
    MOVE_ON,
    NOTE_REREAD,
    WRITE_DOWN,
    bury,
    delete_gone,
    insert_born,
    learn,
    learn_gone_orgs,
    make_room,
    tally,
    updates,
)
from hermes_sync.store.draft import Draft
from hermes_sync.store.draft_tables import CARRIED, PULLED
from hermes_sync.store.engine import CACHE_KIBIBYTES, replacing_in, writing
from hermes_sync.store.hints import Hint
from hermes_sync.store.lease import Lease
from hermes_sync.store.rows import Cursor
from hermes_sync.store.state import Counter
from hermes_sync.store.tables import CURSORS, MOVING_IDS

_STRETCH: Final = 5000
_CACHE_KIBIBYTES: Final = 65_536
"""What SQLite may hold while a pass is applied: pages that spill over keep the lock longer."""


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
    hints: Collection[Hint] = (),
) -> None:
    """Carry a draft over into the store, all of it or nothing.

    Raises `LeaseHeld` when the lease was lost and `StaleDraft` when objects changed under the plan.
    """
    with draft.at_rest(), _within_reach(engine, draft) as connection:
        if lease is not None:
            leases.verify(connection, lease)
        revision = state.take_revision(connection)
        if (revision != draft.revision or draft.has_outgrown()) and not are_apart(connection, draft):
            raise StaleDraft(
                f"the plan was made on revision {draft.revision} of the Hermes objects and they are now at "
                f"{revision}: something else changed them meanwhile; plan again"
            )
        moved = _objects(connection, draft)
        _last_seen(connection, draft, now)
        _journal(connection, pass_id)
        if draft.has_pushes:
            superseding.supersede(connection, pass_id)
        superseding.close(connection, draft.answered)
        pending.forget(connection, draft.booked)
        remembered.drop(connection, hints, now)
        _cursors(connection, cursors)
        connection.execute(MOVE_ON, {"steps": 1 if moved else 0, "policy": policy_digest})


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
        connection.execute(delete_gone(kind))
    for kind in touched:
        for name in MOVING_IDS.get(kind, ()):
            connection.execute(make_room(kind, name))
    for kind in touched:
        connection.execute(insert_born(kind))
        for statement in updates(kind):
            connection.execute(statement)
    if touched:
        counters = state.counters(connection)
        state.keep_counters(connection, {kind: _counted(connection, kind, counters[kind]) for kind in touched})
    return bool(touched)


def _counted(connection: Connection, kind: Kind, before: Counter) -> Counter:
    """Return the counter of a kind after this draft."""
    born, gone, highest = connection.execute(tally(kind)).one()
    return Counter(max(before.next_id, highest + 1), before.population + born - gone)


def _last_seen(connection: Connection, draft: Draft, now: datetime) -> None:
    """Let last-seen say what was pulled and differs; of what is gone it keeps what it last was."""
    for kind in (one for one in PULLED if one in draft.held):
        connection.execute(learn(kind, connection.dialect.name))
        if kind is RemoteKind.ORGANIZATION:
            connection.execute(learn_gone_orgs(connection.dialect.name), {"since": now})
        connection.execute(bury(kind), {"since": now})
    connection.execute(NOTE_REREAD)


def _journal(connection: Connection, pass_id: int) -> None:
    connection.execute(WRITE_DOWN, {"of_pass": pass_id})


def _cursors(connection: Connection, cursors: Mapping[RemoteKind, Cursor]) -> None:
    rows = [
        {"kind": kind.value, "since": cursor.since, "complete_at": cursor.complete_at}
        for kind, cursor in cursors.items()
    ]
    if rows:
        connection.execute(replacing_in(CURSORS, connection.dialect.name), rows)

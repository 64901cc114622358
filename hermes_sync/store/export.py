"""Reading for people: the export of interface 3 and the status of the store."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, func, select

from hermes_sync.core.objects import Kind
from hermes_sync.core.records import RECORD_TYPES, RemoteKind
from hermes_sync.store import journal, lease, passes
from hermes_sync.store.lease import Lease
from hermes_sync.store.rows import OBJECT_FIELDS, Cursor, JournalPush, PassRow
from hermes_sync.store.tables import CURSORS, LAST_SEEN, OBJECT_TABLES

_STRETCH: Final = 1000
_LISTS: Final[Mapping[str, Kind]] = {OBJECT_TABLES[kind].name: kind for kind in Kind}
_NOT_EXPORTED: Final = {(Kind.DEAL, "archived")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How many objects of a kind are known, and when the oldest and newest reading of a living one was."""

    living: int
    gone: int
    oldest_read_at: datetime | None
    newest_read_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStatus:
    """What the store has to say of itself: newest passes first, pushes oldest first."""

    passes: tuple[PassRow, ...]
    running: Lease | None
    cursors: Mapping[RemoteKind, Cursor]
    kinds: Mapping[RemoteKind, Freshness]
    waiting: tuple[JournalPush, ...]
    refused: tuple[JournalPush, ...]


def export(engine: Engine, kinds: Collection[str] | None) -> Iterator[tuple[str, Iterator[dict[str, object]]]]:
    """Yield the lists of interface 3 by name, each sorted by id; `kinds` are names of lists, None is all."""
    for name, kind in _LISTS.items():
        if kinds is None or name in kinds:
            yield name, _objects(engine, kind)


def _objects(engine: Engine, kind: Kind) -> Iterator[dict[str, object]]:
    table = OBJECT_TABLES[kind]
    names = [name for name in OBJECT_FIELDS[kind] if (kind, name) not in _NOT_EXPORTED]
    query = select(*(table.c[name] for name in names)).order_by(table.c.id).limit(_STRETCH)
    last = 0
    while True:
        with engine.connect() as connection:
            rows = connection.execute(query.where(table.c.id > last)).all()
        if not rows:
            return
        for row in rows:
            yield dict(zip(names, row, strict=True))
        last = rows[-1].id


def cursors(connection: Connection) -> dict[RemoteKind, Cursor]:
    """Return how far each kind has been read."""
    return {
        RemoteKind(row.kind): Cursor(since=row.since, complete_at=row.complete_at)
        for row in connection.execute(select(CURSORS))
    }


def status(connection: Connection, now: datetime, *, newest_passes: int = 10) -> StoreStatus:
    """Return the state of the store."""
    return StoreStatus(
        passes=tuple(passes.latest(connection, newest_passes, bookings=False)),
        running=lease.current(connection, now),
        cursors=cursors(connection),
        kinds=_freshness(connection),
        waiting=tuple(journal.open_pushes(connection)),
        refused=tuple(journal.refused_pushes(connection)),
    )


def _freshness(connection: Connection) -> dict[RemoteKind, Freshness]:
    counted: dict[RemoteKind, Freshness] = {}
    for kind in RECORD_TYPES:
        of_kind = LAST_SEEN.c.kind == kind.value
        living, oldest, newest = connection.execute(
            select(func.count(), func.min(LAST_SEEN.c.read_at), func.max(LAST_SEEN.c.read_at)).where(
                of_kind, LAST_SEEN.c.gone_since.is_(None)
            )
        ).one()
        total = connection.scalar(select(func.count()).select_from(LAST_SEEN).where(of_kind)) or 0
        counted[kind] = Freshness(living=living, gone=total - living, oldest_read_at=oldest, newest_read_at=newest)
    return counted

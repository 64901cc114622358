"""Questions to last-seen: what an object was when a pass last settled it, and who names whom."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Connection, func, select

from hermes_sync.core.records import Record, RemoteKind
from hermes_sync.store.rows import LastSeen, among, record_of_json
from hermes_sync.store.tables import LAST_SEEN

NamingRow = tuple[int, str, str, str | None, datetime, int | None, int | None, int | None, int | None]
"""An object that names others: id, fields, digest, update time, read at, the ids of Org, Person, Stage, Pipeline."""

NAMERS: Final[Mapping[RemoteKind, tuple[tuple[RemoteKind, str], ...]]] = {
    RemoteKind.PERSON: ((RemoteKind.ORGANIZATION, "org_id"),),
    RemoteKind.DEAL: ((RemoteKind.ORGANIZATION, "org_id"), (RemoteKind.PERSON, "person_id")),
}
"""What a Person or Deal names, and in which column."""

_SEEN = LAST_SEEN.c
_LIVING = _SEEN.gone_since.is_(None)


def digests(connection: Connection, kind: RemoteKind, ids: Collection[int]) -> dict[int, str]:
    """Return id → digest of the living ones."""
    if not ids:
        return {}
    return _pairs(
        connection.execute(
            select(_SEEN.id, _SEEN.digest).where(_SEEN.kind == kind.value, among(_SEEN.id, ids, connection), _LIVING)
        )
    )


def digests_between(connection: Connection, kind: RemoteKind, low: int, high: int | None) -> dict[int, str]:
    """Return id → digest of the living ones with low < id <= high; None is no upper end."""
    query = select(_SEEN.id, _SEEN.digest).where(_SEEN.kind == kind.value, _SEEN.id > low, _LIVING)
    return _pairs(connection.execute(query if high is None else query.where(_SEEN.id <= high)))


def _pairs(rows: Iterable[Sequence[Any]]) -> dict[int, str]:
    return {row[0]: row[1] for row in rows}


def last_seen(connection: Connection, kind: RemoteKind, ids: Collection[int]) -> dict[int, LastSeen]:
    """Return what is known of these, gone ones too."""
    if not ids:
        return {}
    rows = connection.execute(
        select(_SEEN.id, _SEEN.fields, _SEEN.digest, _SEEN.gone_since, _SEEN.read_at).where(
            _SEEN.kind == kind.value, among(_SEEN.id, ids, connection)
        )
    )
    return {
        row.id: LastSeen(
            record=None if row.fields is None else record_of_json(kind, row.fields),
            digest=row.digest,
            is_gone=row.gone_since is not None,
            read_at=row.read_at,
        )
        for row in rows
    }


def living_records(connection: Connection, kind: RemoteKind, ids: Collection[int]) -> dict[int, Record]:
    """Return the records of the living ones, as far as they were ever read."""
    if not ids:
        return {}
    rows = connection.execute(
        select(_SEEN.id, _SEEN.fields).where(
            _SEEN.kind == kind.value, among(_SEEN.id, ids, connection), _LIVING, _SEEN.fields.is_not(None)
        )
    )
    return {id_: record_of_json(kind, fields) for id_, fields in rows}


def known(connection: Connection, kind: RemoteKind, ids: Collection[int]) -> set[int]:
    """Return which of these were ever seen, living or gone."""
    if not ids:
        return set()
    return set(connection.scalars(select(_SEEN.id).where(_SEEN.kind == kind.value, among(_SEEN.id, ids, connection))))


def gone(connection: Connection, kind: RemoteKind, ids: Collection[int]) -> set[int]:
    """Return which of these are known to be gone."""
    if not ids:
        return set()
    return set(
        connection.scalars(
            select(_SEEN.id).where(
                _SEEN.kind == kind.value, among(_SEEN.id, ids, connection), _SEEN.gone_since.is_not(None)
            )
        )
    )


def naming(connection: Connection, kind: RemoteKind, column: str, ids: Collection[int]) -> Iterator[NamingRow]:
    """Yield the living ones that name one of these, in no order."""
    if not ids:
        return
    rows = connection.execution_options(yield_per=1000).execute(
        select(
            _SEEN.id,
            _SEEN.fields,
            _SEEN.digest,
            _SEEN.update_time,
            _SEEN.read_at,
            _SEEN.org_id,
            _SEEN.person_id,
            _SEEN.stage_id,
            _SEEN.pipeline_id,
        ).where(_SEEN.kind == kind.value, _LIVING, _SEEN[column].is_not(None), among(_SEEN[column], ids, connection))
    )
    yield from cast("Iterator[NamingRow]", rows)


def ids_naming(connection: Connection, kind: RemoteKind, column: str, ids: Collection[int]) -> list[tuple[int, int]]:
    """Return (id, named id) of the living ones that name one of these, by id."""
    if not ids:
        return []
    rows = connection.execute(
        select(_SEEN.id, _SEEN[column]).where(
            _SEEN.kind == kind.value, _LIVING, _SEEN[column].is_not(None), among(_SEEN[column], ids, connection)
        )
    )
    return sorted((id_, named) for id_, named in rows)  # sorted by SQLite it would walk over the whole kind


def count_living(connection: Connection, kind: RemoteKind) -> int:
    """Return how many of a kind live."""
    return connection.scalar(select(func.count()).where(_SEEN.kind == kind.value, _LIVING)) or 0


def longest_unread(connection: Connection, limit: int, besides: Collection[int]) -> list[int]:
    """Return the living clients whose details were read longest ago, but for some."""
    rows = connection.scalars(
        select(_SEEN.id)
        .where(_SEEN.kind == RemoteKind.CLIENT.value, _LIVING)
        .order_by(_SEEN.read_at, _SEEN.id)
        .limit(limit + len(besides))
    )
    left_out = set(besides)
    return [id_ for id_ in rows if id_ not in left_out][:limit]


def unread_since(connection: Connection, when: datetime) -> list[int]:
    """Return the living clients whose details were last read before that."""
    return list(
        connection.scalars(
            select(_SEEN.id)
            .where(_SEEN.kind == RemoteKind.CLIENT.value, _LIVING, _SEEN.read_at < when)
            .order_by(_SEEN.id)
        )
    )

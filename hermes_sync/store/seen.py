"""Questions to last-seen: what an object was when a pass last settled it, and who names whom."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import Connection, Select, bindparam, func, select

from hermes_sync.core.records import Record, Ref, RemoteKind
from hermes_sync.store.among import among, listed
from hermes_sync.store.rows import SEEN_COLUMNS, LastSeen, record_of_json
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
_OF_KIND = _SEEN.kind == bindparam("of_kind")


@cache
def _asked(dialect: str, *columns: str, of: str = "id") -> Select[Any]:
    """Return the question for these columns of the objects of a kind whose id, or who they name, is listed."""
    return select(*(_SEEN[name] for name in columns)).where(_OF_KIND, among(_SEEN[of], dialect))


@cache
def _asked_living(dialect: str, *columns: str, of: str = "id") -> Select[Any]:
    question = _asked(dialect, *columns, of=of).where(_LIVING)
    return question if of == "id" else question.where(_SEEN[of].is_not(None))


def _about(kind: RemoteKind, ids: Collection[int], connection: Connection) -> dict[str, object]:
    return {"of_kind": kind.value, **listed(ids, connection)}


def digests(connection: Connection, kind: RemoteKind, ids: Collection[int]) -> dict[int, str]:
    """Return id → digest of the living ones."""
    if not ids:
        return {}
    question = _asked_living(connection.dialect.name, "id", "digest")
    return _pairs(connection.execute(question, _about(kind, ids, connection)))


def digests_between(connection: Connection, kind: RemoteKind, low: int, high: int | None) -> dict[int, str]:
    """Return id → digest of the living ones with low < id <= high; None is no upper end."""
    bounds = {"of_kind": kind.value, "low": low, "high": high}
    return _pairs(connection.execute(_ABOVE if high is None else _BETWEEN, bounds))


_ABOVE: Final = select(_SEEN.id, _SEEN.digest).where(_OF_KIND, _SEEN.id > bindparam("low"), _LIVING)
_BETWEEN: Final = _ABOVE.where(_SEEN.id <= bindparam("high"))


def _pairs(rows: Iterable[Sequence[Any]]) -> dict[int, str]:
    return {row[0]: row[1] for row in rows}


def last_seen(connection: Connection, kind: RemoteKind, ids: Collection[int]) -> dict[int, LastSeen]:
    """Return what is known of these, gone ones too."""
    if not ids:
        return {}
    question = _asked(connection.dialect.name, "id", "fields", "digest", "gone_since", "read_at")
    rows = connection.execute(question, _about(kind, ids, connection))
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
    rows = connection.execute(_asked_living(connection.dialect.name, "id", "fields"), _about(kind, ids, connection))
    return {id_: record_of_json(kind, fields) for id_, fields in rows if fields is not None}


def known(connection: Connection, kind: RemoteKind, ids: Collection[int]) -> set[int]:
    """Return which of these were ever seen, living or gone."""
    if not ids:
        return set()
    return set(connection.scalars(_asked(connection.dialect.name, "id"), _about(kind, ids, connection)))


def gone(connection: Connection, kind: RemoteKind, ids: Collection[int]) -> set[int]:
    """Return which of these are known to be gone."""
    if not ids:
        return set()
    rows = connection.execute(_asked(connection.dialect.name, "id", "gone_since"), _about(kind, ids, connection))
    return {id_ for id_, gone_since in rows if gone_since is not None}


def naming(connection: Connection, kind: RemoteKind, column: str, ids: Collection[int]) -> Iterator[NamingRow]:
    """Yield the living ones that name one of these, in no order."""
    if not ids:
        return
    question = _asked_living(connection.dialect.name, "id", *SEEN_COLUMNS, of=column)
    rows = connection.execution_options(yield_per=1000).execute(question, _about(kind, ids, connection))
    yield from cast("Iterator[NamingRow]", rows)


def ids_naming(connection: Connection, kind: RemoteKind, column: str, ids: Collection[int]) -> list[tuple[int, int]]:
    """Return (id, named id) of the living ones that name one of these, by id."""
    if not ids:
        return []
    question = _asked_living(connection.dialect.name, "id", column, of=column)
    rows = connection.execute(question, _about(kind, ids, connection))
    return sorted((id_, named) for id_, named in rows)  # sorted by SQLite it would walk over the whole kind


def children(connection: Connection, named: Ref) -> dict[RemoteKind, list[int]]:
    """Return the living Persons and deals that name an Org, or the deals that name a Person, by id."""
    return {
        kind: [id_ for id_, _ in ids_naming(connection, kind, column, [named.id])]
        for kind, columns in NAMERS.items()
        for of, column in columns
        if of is named.kind
    }


def count_living(connection: Connection, kind: RemoteKind) -> int:
    """Return how many of a kind live."""
    return connection.scalar(_COUNT_LIVING, {"of_kind": kind.value}) or 0


_COUNT_LIVING: Final = select(func.count()).where(_OF_KIND, _LIVING)


def unread_since(connection: Connection, when: datetime) -> list[int]:
    """Return the living clients whose details were last read before that."""
    return list(
        connection.scalars(
            select(_SEEN.id)
            .where(_SEEN.kind == RemoteKind.CLIENT.value, _LIVING, _SEEN.read_at < when)
            .order_by(_SEEN.id)
        )
    )

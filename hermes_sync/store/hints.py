"""Hints: which remote objects webhooks named since a pass last read them, and the wish for an early pass.

The listener leaves them, a pass reads and drops them, the scheduler looks about once a second whether there are news.
A hint only says "look there": losing one loses nothing, because passes find every change without (semantics 6).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, and_, bindparam, delete, func, select, update

from hermes_sync.core.objects import Kind
from hermes_sync.core.records import Ref, RemoteKind
from hermes_sync.store import state
from hermes_sync.store.among import among, listed
from hermes_sync.store.engine import insert_into
from hermes_sync.store.tables import HINTS, OBJECT_TABLES

MOST: Final = 10_000
"""So many objects are remembered; beyond that a webhook only asks for an early pass, so that a flood fills no disk."""
HIGHEST_ID: Final = 2**63 - 1

_WISH: Final = "pass"
"""The kind of the one row that is no object: how often an early pass was asked for. It is never dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """An object that webhooks named: since when it waits (UTC), and how often they did since it was last read.

    It waits since it was first named, or since a pass last tried to read it; so each has its turn, whatever is named
    again and again.
    """

    ref: Ref
    named_at: datetime
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What an early pass is run for: a number higher than before means that a webhook or a booking came in.

    `wishes` counts what webhooks asked for, ever; `newest_booking` is the highest id of a booking that no pass has
    planned yet, 0 when there is none.
    """

    wishes: int
    newest_booking: int


def leave(connection: Connection, refs: Collection[Ref], now: datetime) -> int:
    """Remember what webhooks named and ask for an early pass; return how many objects there was no room for.

    Nothing named still asks for the pass. An id beyond 63 bits cannot exist and is left out.
    """
    named = {ref for ref in refs if 0 < ref.id <= HIGHEST_ID}
    kept = _with_room(connection, named)
    # Always in one order, here and in `drop`: so on PostgreSQL no two of them ever wait for each other.
    rows = [{"kind": ref.kind.value, "id": ref.id, "named_at": now, "count": 1} for ref in sorted(kept)]
    insert = insert_into(HINTS, connection.dialect.name)
    counted = {"count": HINTS.c.count + 1}  # it keeps its place among those that wait
    upsert = insert.on_conflict_do_update(index_elements=[HINTS.c.kind, HINTS.c.id], set_=counted)
    connection.execute(upsert, [*rows, {"kind": _WISH, "id": 0, "named_at": now, "count": 1}])
    return len(named) - len(kept)


def _with_room(connection: Connection, named: set[Ref]) -> set[Ref]:
    """Return those that are remembered already and as many others as there is room for, lowest ids first."""
    room = MOST - count(connection)
    if len(named) <= room:
        return named
    known: set[Ref] = set()
    for kind, ids in _by_kind(named).items():
        asked = select(HINTS.c.id).where(HINTS.c.kind == kind.value, among(HINTS.c.id, connection.dialect.name))
        known |= {Ref(kind, id_) for id_ in connection.scalars(asked, listed(ids, connection))}
    return known | set(sorted(named - known)[: max(room, 0)])


def _by_kind(refs: Iterable[Ref]) -> dict[RemoteKind, list[int]]:
    ids: dict[RemoteKind, list[int]] = defaultdict(list)
    for ref in refs:
        ids[ref.kind].append(ref.id)
    return ids


def count(connection: Connection) -> int:
    """Return how many objects are remembered."""
    return connection.scalar(select(func.count()).select_from(HINTS).where(HINTS.c.kind != _WISH)) or 0


def waiting(connection: Connection, limit: int, kinds: Collection[RemoteKind] = tuple(RemoteKind)) -> list[Hint]:
    """Return the hints of these kinds that wait, those that wait longest first; at one time by kind and id."""
    named = sorted(kind.value for kind in kinds)
    rows = connection.execute(
        select(HINTS).where(HINTS.c.kind.in_(named)).order_by(HINTS.c.named_at, HINTS.c.kind, HINTS.c.id).limit(limit)
    )
    return [
        Hint(ref=Ref(RemoteKind(row["kind"]), row["id"]), named_at=row["named_at"], count=row["count"])
        for row in rows.mappings()
    ]


def is_waiting(connection: Connection, ref: Ref) -> bool:
    """Whether an object is remembered and no pass has dropped its hint yet."""
    asked = select(HINTS.c.id).where(HINTS.c.kind == ref.kind.value, HINTS.c.id == ref.id)
    return connection.execute(asked).first() is not None


def drop(connection: Connection, read: Collection[Hint], now: datetime | None = None) -> None:
    """Forget hints whose objects were read; one that a webhook has named again stays, and waits anew from `now` on."""
    for hint in sorted(read, key=lambda hint: hint.ref):
        key = {"of": hint.ref.kind.value, "its_id": hint.ref.id}
        is_dropped = connection.execute(_DROP, {**key, "seen": hint.count}).rowcount == 1
        if now is not None and not is_dropped:
            connection.execute(_PUT_BACK, {**key, "since": now})


_IS_IT: Final = and_(HINTS.c.kind == bindparam("of"), HINTS.c.id == bindparam("its_id"))
_DROP: Final = delete(HINTS).where(_IS_IT, HINTS.c.count == bindparam("seen"))
_PUT_BACK: Final = update(HINTS).where(_IS_IT).values(named_at=bindparam("since"))


def news(connection: Connection) -> News:
    """Return what the scheduler compares about once a second; two looks by primary key."""
    return News(
        wishes=connection.scalar(_WISHES) or 0,
        newest_booking=state.newest_booking(connection),
    )


_WISHES: Final = select(HINTS.c.count).where(HINTS.c.kind == _WISH, HINTS.c.id == 0)


def clients_of(connection: Connection, *, recipients: Collection[int], agencies: Collection[int]) -> set[int]:
    """Return the cligencies that these SRs and agencies belong to, as far as Hermes knows them."""
    companies, contacts = OBJECT_TABLES[Kind.COMPANY], OBJECT_TABLES[Kind.CONTACT]
    dialect, cligency = connection.dialect.name, companies.c.tc2_cligency_id
    of_recipients = (
        select(cligency)
        .join(contacts, contacts.c.company_id == companies.c.id)
        .where(among(contacts.c.tc2_sr_id, dialect), cligency.is_not(None))
    )
    of_agencies = select(cligency).where(among(companies.c.tc2_agency_id, dialect), cligency.is_not(None))
    found: set[int] = set()
    for question, ids in ((of_recipients, recipients), (of_agencies, agencies)):
        if ids:
            found |= set(connection.scalars(question, listed(ids, connection)))
    return found

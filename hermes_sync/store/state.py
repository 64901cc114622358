"""The Hermes objects as a whole: their revision, the next id of each kind and how many there are.

Whoever writes Hermes objects takes the revision before it touches any, keeps it from others until its transaction
ends, and moves it.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from sqlalchemy import Connection, func, select, update

from hermes_sync.core.objects import Kind
from hermes_sync.store.engine import replacing_in
from hermes_sync.store.tables import BOOKINGS, COUNTERS, STATE

_REVISION: Final = select(STATE.c.revision)
_TAKE: Final = _REVISION.with_for_update()
_MOVE_ON: Final = update(STATE).values(revision=STATE.c.revision + 1)
_POLICY_DIGEST: Final = select(STATE.c.policy_digest)
_NEWEST_BOOKING: Final = select(func.max(BOOKINGS.c.id))
_COUNTERS: Final = select(COUNTERS)


class Counter(NamedTuple):
    """The next id of a kind and how many objects of it there are."""

    next_id: int = 1
    population: int = 0


def revision(connection: Connection) -> int:
    """Return the number that every write of Hermes objects moves."""
    return int(connection.execute(_REVISION).scalar_one())


def take_revision(connection: Connection) -> int:
    """Return the revision, kept from others until the transaction ends; waits for whoever has it."""
    return int(connection.execute(_TAKE).scalar_one())


def move_on(connection: Connection) -> None:
    """Move the revision by one."""
    connection.execute(_MOVE_ON)


def newest_booking(connection: Connection) -> int:
    """Return the id of the newest booking whose Pipedrive half no pass has planned; 0 when there is none."""
    return connection.scalar(_NEWEST_BOOKING) or 0


def policy_digest(connection: Connection) -> str | None:
    """Return the digest of the policy of the last applied pass."""
    digest: str | None = connection.execute(_POLICY_DIGEST).scalar_one()
    return digest


def counters(connection: Connection) -> dict[Kind, Counter]:
    """Return the counter of every kind."""
    kept = {row.kind: Counter(row.next_id, row.population) for row in connection.execute(_COUNTERS)}
    return {kind: kept.get(kind.value, Counter()) for kind in Kind}


def keep_counters(connection: Connection, kept: Mapping[Kind, Counter]) -> None:
    """Write down the counters of these kinds."""
    rows = [{"kind": kind.value, **counter._asdict()} for kind, counter in sorted(kept.items())]
    if rows:
        connection.execute(replacing_in(COUNTERS, connection.dialect.name), rows)

"""The lease: who may run a pass on this database, and until when (semantics 5; exit 4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select, update

from hermes_sync.ports import LeaseHeld
from hermes_sync.store.engine import insert_into
from hermes_sync.store.tables import LEASE, instant_text

RIGHT_TO_RUN: Final = "run"
"""The one lease there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to run a pass; `acquired_at` tells it from a later one of the same holder."""

    name: str
    holder: str
    acquired_at: datetime
    until: datetime


def acquire(connection: Connection, *, holder: str, now: datetime, ttl: timedelta) -> Lease:
    """Take the lease; one that has run out is taken over.

    Raises `LeaseHeld` when another holds it.
    """
    lease = Lease(name=RIGHT_TO_RUN, holder=holder, acquired_at=now, until=now + ttl)
    row = {"name": RIGHT_TO_RUN, "holder": holder, "until": lease.until, "acquired_at": now}
    taken = connection.execute(
        insert_into(LEASE, connection)
        .values(row)
        .on_conflict_do_update(
            index_elements=[LEASE.c.name],
            set_={"holder": holder, "until": lease.until, "acquired_at": now},
            where=or_(LEASE.c.until <= now, LEASE.c.holder == holder),
        )
        .returning(LEASE.c.holder)
    )
    if taken.first() is None:
        raise _held(connection)
    return lease


def renew(connection: Connection, lease: Lease, *, now: datetime, ttl: timedelta) -> None:
    """Hold the lease until `ttl` from now.

    Raises `LeaseHeld` when another has taken it over.
    """
    renewed = connection.execute(update(LEASE).where(_is(lease)).values(until=now + ttl))
    if renewed.rowcount != 1:
        raise _held(connection)


def release(connection: Connection, lease: Lease) -> None:
    """Give the lease back; nothing happens if another has taken it over."""
    connection.execute(delete(LEASE).where(_is(lease)))


def verify(connection: Connection, lease: Lease) -> None:
    """Raise `LeaseHeld` unless the lease is still this one, and keep it so until the transaction ends."""
    if connection.execute(select(LEASE.c.holder).where(_is(lease)).with_for_update()).first() is None:
        raise _held(connection)


def current(connection: Connection, now: datetime) -> Lease | None:
    """Return the lease that is held now."""
    row = connection.execute(select(LEASE).where(LEASE.c.until > now)).mappings().first()
    return None if row is None else Lease(**row)


def _is(lease: Lease) -> ColumnElement[bool]:
    return and_(LEASE.c.name == lease.name, LEASE.c.holder == lease.holder, LEASE.c.acquired_at == lease.acquired_at)


def _held(connection: Connection) -> LeaseHeld:
    row = connection.execute(select(LEASE.c.holder, LEASE.c.until)).first()
    if row is None:
        return LeaseHeld("the lease of this pass was given back meanwhile; run it again")
    return LeaseHeld(
        f"another pass is running on this database: {row.holder} holds it until {instant_text(row.until)}; "
        "wait for it to end, or until then if it was killed"
    )

"""Leases: who may run a pass on this database (semantics 5; exit 4), and which daemon says when; until when each."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from sqlalchemy import Connection, Insert, and_, bindparam, delete, or_, select, update

from hermes_sync.ports import LeaseHeld
from hermes_sync.store.engine import insert_into
from hermes_sync.store.tables import LEASE, instant_text

RIGHT_TO_RUN: Final = "run"
"""The lease of a pass."""
_PARTS: Final = 5
"""Of a holder: what names its machine, process, when that started, a chance text, host."""
RIGHT_TO_SCHEDULE: Final = "daemon"
"""The lease of the one daemon that runs passes; others stand by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to run a pass, or to say when; `acquired_at` tells it from a later one of the same holder."""

    name: str
    holder: str
    acquired_at: datetime
    until: datetime

    @property
    def who(self) -> str:
        """The holder as people know it: its process and its machine, where it says so."""
        parts = self.holder.split("/")
        return f"process {parts[1]} on {parts[-1]}" if len(parts) == _PARTS and parts[1].isdigit() else self.holder


def acquire(connection: Connection, *, name: str, holder: str, now: datetime, ttl: timedelta) -> Lease:
    """Take the lease; one that has run out is taken over.

    Raises `LeaseHeld` when another holds it.
    """
    lease = Lease(name=name, holder=holder, acquired_at=now, until=now + ttl)
    row = {"name": name, "holder": holder, "until": lease.until, "acquired_at": now}
    taken = connection.execute(_taking(connection.dialect.name), row)
    if taken.first() is None:
        raise _held(connection, name)
    return lease


@cache
def _taking(dialect: str) -> Insert:
    """Return the INSERT of a lease that takes the place of one that has run out, or of the same holder's."""
    insert = insert_into(LEASE, dialect)
    taken = {name: insert.excluded[name] for name in ("holder", "until", "acquired_at")}
    may_take = or_(LEASE.c.until <= insert.excluded.acquired_at, LEASE.c.holder == insert.excluded.holder)
    return insert.on_conflict_do_update(index_elements=[LEASE.c.name], set_=taken, where=may_take).returning(
        LEASE.c.holder
    )


def renew(connection: Connection, lease: Lease, *, now: datetime, ttl: timedelta) -> None:
    """Hold the lease until `ttl` from now.

    Raises `LeaseHeld` when another has taken it over.
    """
    renewed = connection.execute(_RENEW, {**_named(lease), "until": now + ttl})
    if renewed.rowcount != 1:
        raise _held(connection, lease.name)


def release(connection: Connection, lease: Lease) -> None:
    """Give the lease back; nothing happens if another has taken it over."""
    connection.execute(_RELEASE, _named(lease))


def verify(connection: Connection, lease: Lease) -> None:
    """Raise `LeaseHeld` unless the lease is still this one, and keep it so until the transaction ends."""
    if connection.execute(_VERIFY, _named(lease)).first() is None:
        raise _held(connection, lease.name)


def current(connection: Connection, now: datetime, name: str = RIGHT_TO_RUN) -> Lease | None:
    """Return the lease of that name if it is held now."""
    row = connection.execute(_CURRENT, {"now": now, "of_name": name}).mappings().first()
    return None if row is None else Lease(**row)


_IS_THIS: Final = and_(
    LEASE.c.name == bindparam("of_name"),
    LEASE.c.holder == bindparam("of_holder"),
    LEASE.c.acquired_at == bindparam("since"),
)
_RENEW: Final = update(LEASE).where(_IS_THIS)
_RELEASE: Final = delete(LEASE).where(_IS_THIS)
_VERIFY: Final = select(LEASE.c.holder).where(_IS_THIS).with_for_update()
_CURRENT: Final = select(LEASE).where(LEASE.c.name == bindparam("of_name"), LEASE.c.until > bindparam("now"))


def _named(lease: Lease) -> dict[str, object]:
    return {"of_name": lease.name, "of_holder": lease.holder, "since": lease.acquired_at}


def _held(connection: Connection, name: str) -> LeaseHeld:
    row = connection.execute(select(LEASE).where(LEASE.c.name == name)).mappings().first()
    if row is None:
        return LeaseHeld("the lease of this pass was given back meanwhile; run it again")
    return held_by_another(Lease(**row))


def held_by_another(lease: Lease) -> LeaseHeld:
    """Return what to say to whoever wanted a lease that another has."""
    until = instant_text(lease.until)
    if lease.name == RIGHT_TO_SCHEDULE:
        return LeaseHeld(f"another daemon is active on this database: {lease.who} is until {until}")
    return LeaseHeld(
        f"another pass is running on this database: {lease.who} runs it and has it until {until}; "
        "wait for it to end, or until then if it was killed"
    )

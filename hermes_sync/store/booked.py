"""The transaction of bookings: what callers leave in Hermes, all of it or nothing (semantics 7).

It takes the right to write first, so that of two people after one slot the second one sees the Meeting of the first.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Engine, Insert, Update, and_, bindparam, delete, or_, select, text, update

from hermes_sync.core.availability import Span
from hermes_sync.core.bookings import Begun, Booking, BookingRef, CallBooked, CallType, time_text
from hermes_sync.core.objects import HermesObject, Kind
from hermes_sync.core.plan import PlannedAction, Segment, Verb
from hermes_sync.core.world import Surroundings
from hermes_sync.store import callers, state
from hermes_sync.store.callers import Hold
from hermes_sync.store.engine import replacing_in, writing
from hermes_sync.store.rows import json_text, object_row, rules_text
from hermes_sync.store.tables import BOOKINGS, HOLDS, JOURNAL, OBJECT_TABLES, PASSES

SCOPE: Final = "booking"
"""The scope of the row among the passes that the journal of a booking is under."""

_PATIENCE: Final = text("SET LOCAL lock_timeout = '30s'")
"""As long as SQLite waits; PostgreSQL would wait for ever."""
_BEGIN: Final = PASSES.insert().returning(PASSES.c.id)
_END: Final = (
    update(PASSES)
    .where(PASSES.c.id == bindparam("its_id"))
    .values({name: bindparam(f"its_{name}") for name in ("counts", "notices")})
)
_LEAVE: Final = BOOKINGS.insert()
_WRITE_DOWN: Final = JOURNAL.insert()
_FORGET_HOLDS: Final = delete(HOLDS).where(
    HOLDS.c.until <= bindparam("now", type_=HOLDS.c.until.type),
    # What has run out is kept until its time has come or is somebody else's: it tells a request its own event.
    or_(
        HOLDS.c.start_time <= bindparam("now_text"),
        and_(HOLDS.c.admin_id == bindparam("admin"), HOLDS.c.start_time == bindparam("start")),
    ),
)
_UNTIL: Final = select(HOLDS.c.until).where(HOLDS.c.event_id == bindparam("its_id"))
_RELEASE: Final = delete(HOLDS).where(HOLDS.c.event_id == bindparam("its_id"))


@cache
def _insert(kind: Kind) -> Insert:
    return OBJECT_TABLES[kind].insert()


@cache
def _update(kind: Kind, names: tuple[str, ...]) -> Update:
    table = OBJECT_TABLES[kind]
    values: Any = {name: bindparam(f"new_{name}") for name in names}
    return update(table).where(table.c.id == bindparam("its_id")).values(values)


@contextmanager
def booking_on(engine: Engine, now: datetime) -> Iterator["Books"]:
    """Yield what bookings are written down with at this time; nobody else writes Hermes objects meanwhile.

    Raises `StoreUnavailable` when the right to write could not be had in 30 seconds.
    """
    with writing(engine) as connection:
        books = Books(connection, now)
        yield books
        books.close()


def held_until(engine: Engine, event_id: str) -> datetime | None:
    """Return until when a slot is or was held for this event; None for one that nobody began to make."""
    with engine.connect() as connection:
        return connection.scalar(_UNTIL, {"its_id": event_id})


def busy(engine: Engine, admin_id: int, within: Span, now: datetime) -> list[Span]:
    """Return when an admin is busy in a stretch of time: Meetings in Hermes and held slots."""
    with engine.connect() as connection:
        return callers.busy(connection, admin_id, within, now)


class Books:
    """One transaction in which bookings are written down, one after the other; each sees the ones before."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._dialect = connection.dialect.name
        if self._dialect == "postgresql":
            connection.execute(_PATIENCE)
        state.take_revision(connection)
        self._counters = state.counters(connection)
        self._holds = callers.holds(connection, now)
        self._starts: list[HermesObject] | None = None
        self._counted: set[Kind] = set()
        self._ends: list[dict[str, object]] = []
        self._journal: list[dict[str, object]] = []
        self._left: list[dict[str, object]] = []

    def begin(self, type_: CallType) -> BookingRef:
        """Write down that a booking came in; return its name."""
        now = self._now
        row = {"scope": SCOPE, "started_at": now, "ended_at": now, "result": "done", "exit_code": 0}
        return BookingRef(type_, self._connection.execute(_BEGIN, row).scalar_one())

    def surroundings(self, booking: Booking) -> Surroundings:
        """Return what the rows of a booking can reach."""
        found = callers.around(self._connection, booking)
        if booking.type is CallType.SALES:
            if self._starts is None:
                self._starts = callers.starts(self._connection)
            found += self._starts
        next_ids = {kind: counter.next_id for kind, counter in self._counters.items()}
        return Surroundings(objects=found, next_ids=next_ids)

    def held(self, admin_id: int, *, besides: str = "") -> list[Span]:
        """Return the slots of an admin that are held now, but for the one held for this event."""
        return [one.slot for one in self._holds if one.admin_id == admin_id and one.event_id != besides]

    def begun(self, *, besides: str) -> tuple[Begun, ...]:
        """Return whose calls are being made now, but for the one of this event."""
        return tuple(
            Begun(contact_id=one.contact_id, start=one.slot.start)
            for one in self._holds
            if one.contact_id is not None and one.event_id != besides
        )

    def hold(self, event_id: str, booking: Booking, contact_id: int, *, until: datetime) -> None:
        """Hold the slot of a booking for an event that is to be made; what nobody will ask for again is forgotten."""
        start = time_text(booking.start)
        done = {"now": self._now, "now_text": time_text(self._now), "admin": booking.admin_id, "start": start}
        self._connection.execute(_FORGET_HOLDS, done)
        row = {
            "event_id": event_id,
            "admin_id": booking.admin_id,
            "start_time": start,
            "end_time": time_text(booking.end),
            "until": until,
            "contact_id": contact_id,
        }
        self._connection.execute(replacing_in(HOLDS, self._dialect), row)
        self._holds.append(Hold(event_id, booking.admin_id, contact_id, Span(booking.start, booking.end)))

    def release(self, event_id: str) -> None:
        """Hold a slot no longer."""
        self._connection.execute(_RELEASE, {"its_id": event_id})
        self._holds = [one for one in self._holds if one.event_id != event_id]

    def keep(self, booked: CallBooked, segment: Segment) -> None:
        """Write down what a booking led to: objects, journal, and that the next pass tells Pipedrive."""
        for action in segment.actions:
            self._write(action)
        self._journal += [_journal_row(booked.ref.id, seq, one) for seq, one in enumerate(segment.actions, 1)]
        verbs = Counter(action.verb for action in segment.actions)
        counts = {
            "create": verbs[Verb.CREATE],
            "update": verbs[Verb.UPDATE],
            "rules": Counter(action.rule for action in segment.actions),
            "notices": Counter(notice.code for notice in segment.notices),
        }
        said = {"its_counts": json_text(counts), "its_notices": json_text(segment.notices)}
        self._ends.append({"its_id": booked.ref.id, **said})
        row: dict[str, object] = {
            "id": booked.ref.id,
            "type": booked.ref.type.value,
            "company_id": booked.company_id,
            "contact_id": booked.contact_id,
            "deal_id": booked.deal_id,
            "meeting_id": booked.meeting_id,
            "booked_at": self._now,
        }
        self._left.append(row)

    def _write(self, action: PlannedAction) -> None:
        kind, after = Kind(action.object), action.after
        assert after is not None, "a booking deletes nothing"
        names = OBJECT_TABLES[kind].columns.keys()
        values = dict(zip(names, object_row(kind, after), strict=True))
        if action.before is None:
            self._connection.execute(_insert(kind), values)
            self._counters[kind] = state.Counter(after.id + 1, self._counters[kind].population + 1)
            self._counted.add(kind)
            return
        olds = zip(names, object_row(kind, action.before), strict=True)
        differing = {name: values[name] for name, old in olds if old != values[name]}
        new = {f"new_{name}": value for name, value in differing.items()}
        self._connection.execute(_update(kind, tuple(differing)), {"its_id": after.id, **new})

    def close(self) -> None:
        """Write down what no booking of this transaction had to see of another, for all of them at once."""
        for statement, many in ((_END, self._ends), (_WRITE_DOWN, self._journal), (_LEAVE, self._left)):
            if many:
                self._connection.execute(statement, many)
        state.keep_counters(self._connection, {kind: self._counters[kind] for kind in self._counted})
        if self._journal:
            state.move_on(self._connection)


def _journal_row(pass_id: int, seq: int, action: PlannedAction) -> dict[str, Any]:
    return {
        "pass_id": pass_id,
        "seq": seq,
        "rule": action.rule,
        "rules": rules_text(action.rules),
        "cause": action.cause,
        "system": action.system.value,
        "object": str(action.object),
        "verb": action.verb.value,
        "key": json_text(action.key),
        "hermes_id": action.id,
        "before": None if action.before is None else json_text(action.before),
        "after": json_text(action.after),
        "attempts": 0,
    }

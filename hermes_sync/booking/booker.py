"""Who books calls: asks the calendar, has the rows decide, and writes down what comes of it (semantics 7).

Without a calendar a booking is one transaction. With one it is two, and none is open while the calendar is asked:
the first leaves Company, Contact and Deal and holds the slot, then the event is made, and the second makes the
Meeting. The event's id follows from who wants what, and the hold has the same: so a request that is repeated after
a crash or a lost answer knows its own event and makes no second one.
"""

import logging
from dataclasses import dataclass
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from hermes_sync.booking.events import event_of
from hermes_sync.booking.ledger import Booked, Ledger, NotBooked
from hermes_sync.core import availability
from hermes_sync.core.availability import Span
from hermes_sync.core.bookings import Booking
from hermes_sync.core.objects import Admin
from hermes_sync.core.policy import Policy
from hermes_sync.ports import Calendar, CalendarUnavailable, Clock
from hermes_sync.store import SqlStore

_LOG = logging.getLogger("hermes_sync.booking")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How calls are booked; times of day are in each admin's own time zone."""

    meeting_minutes: int = 30
    buffer_minutes: int = 15
    day_start: time = time(10, 0)
    day_end: time = time(17, 30)

    @property
    def meeting(self) -> timedelta:
        """How long a call lasts."""
        return timedelta(minutes=self.meeting_minutes)

    @property
    def hours(self) -> availability.Hours:
        """When calls may be held."""
        return availability.Hours(
            day_start=self.day_start,
            day_end=self.day_end,
            meeting=self.meeting,
            buffer=timedelta(minutes=self.buffer_minutes),
        )


class Booker:
    """Books calls on one store; many threads may use one at once."""

    def __init__(
        self, *, store: SqlStore, policy: Policy, terms: Terms, calendar: Calendar | None, clock: Clock
    ) -> None:
        self.store = store
        self.policy = policy
        self.terms = terms
        self.calendar = calendar
        self.clock = clock
        self._ledger = Ledger(store, policy, clock)

    def book(self, booking: Booking) -> Booked:
        """Book a call and return what it led to.

        Raises `NotBooked` for an unknown admin or Company and for a time that has passed, of which nothing stays; and
        for another call of the Contact within two hours, a busy admin and a calendar that failed, of which Company,
        Contact and Deal stay. Raises `StoreUnavailable` when the database can't be written to.
        """
        admin = self._admin(booking.admin_id)
        if booking.start <= self.clock.now():
            raise NotBooked("this time has passed; choose one that is still to come")
        if self.calendar is None:
            outcome = self._ledger.book(booking)
        else:
            outcome = self._book_in_calendar(self.calendar, admin, booking)
        if isinstance(outcome, NotBooked):
            raise outcome
        return outcome

    def slots(self, admin_id: int, within: Span) -> list[Span]:
        """Return the slots of an admin in a stretch of time, earliest first.

        An admin whose calendar can't be read is busy. Raises `NotBooked` for an unknown admin and for a stretch that
        is too long, and `StoreUnavailable`.
        """
        admin = self._admin(admin_id)
        now = self.clock.now()
        ahead = Span(max(within.start, now), max(within.end, now))  # of what has passed no slot is offered
        busy: list[Span] = [*self.store.busy(admin_id, ahead, now)]
        if self.calendar is not None:
            try:
                busy += self.calendar.busy(admin, ahead)
            except CalendarUnavailable as error:
                _LOG.warning("the calendar of admin %s counts as busy: %s", admin_id, error)
                return []
        zone, hours = ZoneInfo(admin.timezone), self.terms.hours
        try:
            return [Span(*one) for one in availability.slots(within, zone=zone, hours=hours, busy=busy, now=now)]
        except availability.TooLong as error:
            raise NotBooked(str(error)) from None

    def _admin(self, admin_id: int) -> Admin:
        admin = self.policy.admin(admin_id)
        if admin is None:
            raise NotBooked(f"there is no admin {admin_id}")
        return admin

    def _book_in_calendar(self, calendar: Calendar, admin: Admin, booking: Booking) -> Booked | NotBooked:
        event = event_of(booking, admin)
        busy = self._besides(event.id, calendar, admin, booking)
        refusal = self._ledger.hold(booking, event.id, busy)
        if refusal is not None:
            return refusal
        try:
            calendar.insert(admin, event)
        except CalendarUnavailable as error:
            _LOG.warning("no event in the calendar of admin %s, so no Meeting: %s", admin.id, error)
            if not error.perhaps_done:
                self._ledger.release(event.id)
            return NotBooked("the calendar could not be written to; try again in a moment")
        return self._ledger.book(booking, event.id)

    def _besides(self, event_id: str, calendar: Calendar, admin: Admin, booking: Booking) -> tuple[Span, ...]:
        """Return when the calendar is busy around a booking but for its own event, which an earlier try may have made.

        While the slot is held nobody else can have taken it. Later the calendar is asked; it gives no names, but of
        who began to make an event just then and there, that event is theirs.
        """
        until = self.store.held_until(event_id)
        if until is None:
            return self._busy_in(calendar, admin, booking)
        if until > self.clock.now():
            return ()
        its_own = Span(booking.start, booking.end)
        return tuple(one for one in self._busy_in(calendar, admin, booking) if one != its_own)

    def _busy_in(self, calendar: Calendar, admin: Admin, booking: Booking) -> tuple[Span, ...]:
        """Return when the calendar is busy around a booking; all of that time when it can't be read."""
        within = Span(booking.start, booking.end)
        try:
            return tuple(calendar.busy(admin, within))
        except CalendarUnavailable as error:
            _LOG.warning("the calendar of admin %s counts as busy: %s", admin.id, error)
            return (within,)

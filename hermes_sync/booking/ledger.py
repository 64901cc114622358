"""Where bookings are written down: the rows decide, and one transaction keeps what they ask for (semantics 7).

Threads that come at the same time share a transaction; each booking sees what the ones before it did.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeAlias

from hermes_sync.booking import telling
from hermes_sync.booking.together import Together, Waiting
from hermes_sync.core import callers
from hermes_sync.core.availability import Span
from hermes_sync.core.bookings import Booking, CallBooked, CallWanted
from hermes_sync.core.fold import plan_booking
from hermes_sync.core.objects import Kind
from hermes_sync.core.plan import PlannedAction, Segment
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Notice
from hermes_sync.core.world import World
from hermes_sync.ports import Clock, HermesSyncError, StoreUnavailable
from hermes_sync.rules import TABLE
from hermes_sync.store import Books, SqlStore

_HELD_FOR: Final = timedelta(minutes=2)
"""How long a slot is held while its event is made; no calendar takes that long to answer."""
_REFUSALS: Final = {
    "within-two-hours": "you already have a call booked around this time",
    "admin-busy": "this time is taken; choose another one",
}


class NotBooked(HermesSyncError):
    """The call can't be booked; the message is for the caller (400 over HTTP, exit 1 at the command line)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """What a booking led to, as Hermes ids; a support call has no Deal."""

    meeting_id: int
    company_id: int
    contact_id: int
    deal_id: int | None


_Outcome: TypeAlias = Booked | NotBooked | None
"""What a step led to; None where it made no Meeting because that was not asked for."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a step ended, and what it wrote down, if anything."""

    outcome: _Outcome
    led_to: CallBooked | None = None
    segment: Segment | None = None

    def tell(self) -> None:
        """Say in the log what was written down."""
        if self.led_to is not None and self.segment is not None:
            telling.kept(self.led_to, self.segment)


_Step: TypeAlias = Callable[[Books, datetime], _Ended]


@dataclass(slots=True, kw_only=True)
class _Decided:
    """What the rows of one booking ask for, before it is written down."""

    led_to: CallBooked
    segment: Segment
    meeting: PlannedAction | None

    @property
    def ended(self) -> _Ended:
        """What came of it once it is written down."""
        led_to = self.led_to
        if led_to.meeting_id is None:
            return _Ended(_refusal(self.segment.notices), led_to, self.segment)
        booked = Booked(
            meeting_id=led_to.meeting_id,
            company_id=led_to.company_id,
            contact_id=led_to.contact_id,
            deal_id=led_to.deal_id,
        )
        return _Ended(booked, led_to, self.segment)


class Ledger:
    """Writes bookings down in one store; many threads may use one at once.

    Every method raises `StoreUnavailable` when the database can't be written to.
    """

    def __init__(self, store: SqlStore, policy: Policy, clock: Clock) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._together: Together[_Step, _Ended] = Together(self._carry_out)

    def book(self, booking: Booking, event_id: str = "") -> Booked | NotBooked:
        """Make the Meeting of a booking and what it needs; the hold of its event ends.

        When no Meeting can be made, Company, Contact and Deal stay.
        """
        outcome = self._together.do(partial(self._book, booking, event_id)).outcome
        assert outcome is not None, "a Meeting was asked for"
        return outcome

    def hold(self, booking: Booking, event_id: str, busy: tuple[Span, ...]) -> NotBooked | None:
        """Write down Company, Contact and Deal and hold the slot for an event; return why that can't be."""
        outcome = self._together.do(partial(self._hold, booking, event_id, busy)).outcome
        assert not isinstance(outcome, Booked), "no Meeting was asked for"
        return outcome

    def release(self, event_id: str) -> None:
        """Hold the slot of an event no longer."""
        self._together.do(partial(_release, event_id))

    def _carry_out(self, waiting: Sequence[Waiting[_Step, _Ended]]) -> None:
        """Carry out the steps of all who wait in one transaction; when one fails, each in its own."""
        now = self._clock.now()
        try:
            with self._store.booking(now) as books:
                all_ended = [one.wanted(books, now) for one in waiting]
        except StoreUnavailable:
            raise
        except Exception:
            if len(waiting) == 1:
                raise
            for one in waiting:
                self._carry_out_alone(one)
        else:
            for one, ended in zip(waiting, all_ended, strict=True):
                one.done(ended)
            for ended in all_ended:
                ended.tell()

    def _carry_out_alone(self, one: Waiting[_Step, _Ended]) -> None:
        try:
            self._carry_out([one])
        except Exception as error:  # noqa: BLE001  # it is raised in the thread that waits for it
            one.failed(error)

    # steps: each is handed the transaction

    def _book(self, booking: Booking, event_id: str, books: Books, now: datetime) -> _Ended:
        decided = self._decide(booking, event_id, (), books, now)
        if isinstance(decided, NotBooked):
            return _Ended(decided)
        if event_id:
            books.release(event_id)
        books.keep(decided.led_to, decided.segment)
        return decided.ended

    def _hold(self, booking: Booking, event_id: str, busy: tuple[Span, ...], books: Books, now: datetime) -> _Ended:
        decided = self._decide(booking, event_id, busy, books, now)
        if isinstance(decided, NotBooked):
            return _Ended(decided)
        if decided.meeting is None:
            books.keep(decided.led_to, decided.segment)
            return decided.ended
        decided.segment.actions.remove(decided.meeting)
        books.hold(event_id, booking, decided.led_to.contact_id, until=now + _HELD_FOR)
        led_to = replace(decided.led_to, meeting_id=None)
        books.keep(led_to, decided.segment)
        return _Ended(None, led_to, decided.segment)

    def _decide(
        self, booking: Booking, event_id: str, busy: tuple[Span, ...], books: Books, now: datetime
    ) -> _Decided | NotBooked:
        """Fold the rows of Hermes over a booking."""
        world = World(self._policy, books.surroundings(booking))
        if booking.company_id is not None and world.companies.get(booking.company_id) is None:
            return NotBooked(f"there is no company {booking.company_id}")
        held = books.held(booking.admin_id, besides=event_id)
        ref = books.begin(booking.type)
        begun = books.begun(besides=event_id)
        wanted = CallWanted(ref=ref, booking=booking, now=now, busy=(*busy, *held), begun=begun)
        place = callers.place(wanted, world)
        segment = plan_booking(wanted, world, TABLE, "hermes.")
        meeting = next((one for one in segment.actions if one.object == Kind.MEETING), None)
        led_to = CallBooked(
            ref=ref,
            company_id=place.company_id,
            contact_id=place.contact_id,
            deal_id=place.deal_id,
            meeting_id=None if meeting is None else meeting.id,
        )
        return _Decided(led_to=led_to, segment=segment, meeting=meeting)


def _release(event_id: str, books: Books, now: datetime) -> _Ended:  # noqa: ARG001  # a step's shape
    books.release(event_id)
    return _Ended(None)


def _refusal(notices: Iterable[Notice]) -> NotBooked:
    """Return the first reason why no Meeting was made, in words for the caller."""
    return NotBooked(next(_REFUSALS[one.code] for one in notices if one.code in _REFUSALS))

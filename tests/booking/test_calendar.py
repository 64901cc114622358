"""Bookings with a calendar besides Hermes: no Meeting without an event, and no second event (semantics 7)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from hermes_sync.booking import Booked, NotBooked
from hermes_sync.core.availability import Span
from hermes_sync.core.bookings import Booking
from hermes_sync.ports import CalendarEvent, CalendarUnavailable
from hermes_sync.store import SqlStore
from tests.booking.diary import Diary
from tests.booking.office import HALF_AN_HOUR, TEN, Books, Standing, booker, sales, support

THREADS = 8


class Killed(BaseException):
    """The process ends here."""


def raising(error: BaseException) -> Callable[[], None]:
    """Return what raises this."""

    def happen() -> None:
        raise error

    return happen


def unavailable(*, perhaps_done: bool) -> CalendarUnavailable:
    """Return the error of a calendar that failed."""
    return CalendarUnavailable("nobody answers", perhaps_done=perhaps_done)


def test_a_call_stands_in_the_calendar_of_its_admin(store: SqlStore) -> None:
    """The event has the time of the Meeting and invites the caller; nothing stays held."""
    diary, books = Diary(), Books(store)
    booked = booker(store, calendar=diary).book(sales())
    (event,) = diary.events["ada@example.com"].values()

    assert booked == Booked(meeting_id=1, company_id=1, contact_id=1, deal_id=1)
    assert event == CalendarEvent(
        id=event.id,
        summary="Sales call: Acme",
        description="Sales call of Mary Booth with Ada Byron",
        span=Span(TEN, TEN + HALF_AN_HOUR),
        attendees=("mary@example.com",),
    )
    assert 5 <= len(event.id) <= 1024
    assert set(event.id) <= set("0123456789abcdefghijklmnopqrstuv")
    assert books.counts() == {"companies": 1, "contacts": 1, "deals": 1, "meetings": 1}
    assert books.holds() == 0
    assert books.waiting()[-1] == ("sales", 1, 1, 1, 1)


def test_no_transaction_is_open_while_the_calendar_is_asked(store: SqlStore) -> None:
    """Others write while somebody's event is being made."""
    other = support(TEN + timedelta(hours=5), email="jo@example.com")

    def meanwhile() -> None:
        booker(store).book(other)

    booker(store, calendar=Diary(before=meanwhile)).book(sales())

    assert Books(store).counts()["meetings"] == 2


@pytest.mark.parametrize("minutes", [-30, 0, 30])
def test_who_is_busy_in_the_calendar_is_busy(store: SqlStore, minutes: int) -> None:
    """What overlaps or touches a time in the calendar is refused; Company, Contact and Deal stay."""
    start = TEN + timedelta(minutes=minutes)
    diary = Diary(taken=[Span(start, start + HALF_AN_HOUR)])
    with pytest.raises(NotBooked, match="taken"):
        booker(store, calendar=diary).book(sales())

    assert diary.all_events() == []
    assert Books(store).counts() == {"companies": 1, "contacts": 1, "deals": 1, "meetings": 0}
    assert Books(store).waiting() == [("sales", 1, 1, 1, None)]
    assert Books(store).holds() == 0


def test_a_calendar_that_cannot_be_read_is_busy(store: SqlStore) -> None:
    """Nobody is booked blindly."""
    diary = Diary(is_readable=False)
    with pytest.raises(NotBooked, match="taken"):
        booker(store, calendar=diary).book(sales())

    assert diary.all_events() == []
    assert Books(store).counts()["meetings"] == 0


def test_meetings_in_hermes_count_as_well(store: SqlStore) -> None:
    """Who has a Meeting in Hermes that the calendar lacks is busy."""
    booker(store).book(sales())
    diary = Diary()
    with pytest.raises(NotBooked, match="taken"):
        booker(store, calendar=diary).book(support(email="jo@example.com", company_name="Bloggs"))

    assert diary.all_events() == []


@pytest.mark.parametrize("perhaps_done", [True, False])
def test_without_an_event_there_is_no_meeting(store: SqlStore, *, perhaps_done: bool) -> None:
    """When the calendar refuses the slot is free again; when nobody knows it stays held for a while."""
    diary = Diary(before=raising(unavailable(perhaps_done=perhaps_done)))
    with pytest.raises(NotBooked, match="could not be written"):
        booker(store, calendar=diary).book(sales())

    assert Books(store).counts() == {"companies": 1, "contacts": 1, "deals": 1, "meetings": 0}
    assert Books(store).holds() == int(perhaps_done)


def test_a_lost_answer_makes_no_second_event(store: SqlStore) -> None:
    """The event was made and the answer lost: the same request finds its own event and gets its Meeting."""
    diary = Diary(after=raising(unavailable(perhaps_done=True)))
    office = booker(store, calendar=diary)
    with pytest.raises(NotBooked, match="could not be written"):
        office.book(sales())
    diary.after = lambda: None
    asked = diary.asked
    booked = office.book(sales())

    assert booked.meeting_id == 1
    assert len(diary.all_events()) == 1
    assert diary.asked == asked, "its own event would have looked like somebody else's"
    assert Books(store).counts() == {"companies": 1, "contacts": 1, "deals": 1, "meetings": 1}
    assert Books(store).holds() == 0


@pytest.mark.parametrize("later", [0, 3600])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_beside_the_calendar_loses_nothing(store: SqlStore, when: str, later: int) -> None:
    """Killed just before or after the event was made: the same request ends with one event and one Meeting."""
    diary, clock = Diary(), Standing()
    setattr(diary, when, raising(Killed()))
    with pytest.raises(Killed):
        booker(store, calendar=diary, clock=clock).book(sales())
    assert Books(store).waiting() == [("sales", 1, 1, 1, None)]

    setattr(diary, when, lambda: None)
    clock.sleep(later)
    booker(store, calendar=diary, clock=clock).book(sales())

    assert len(diary.all_events()) == 1
    assert Books(store).counts() == {"companies": 1, "contacts": 1, "deals": 1, "meetings": 1}
    assert Books(store).holds() == 0


def test_a_slot_that_the_admin_filled_meanwhile_is_taken(store: SqlStore) -> None:
    """A request that comes again when its hold has run out finds what else is in the calendar by then."""
    diary, clock = Diary(before=raising(Killed())), Standing()
    office = booker(store, calendar=diary, clock=clock)
    with pytest.raises(Killed):
        office.book(sales())
    diary.before = lambda: None
    clock.sleep(3600)
    diary.taken = [Span(TEN, TEN + 2 * HALF_AN_HOUR)]
    with pytest.raises(NotBooked, match="taken"):
        office.book(sales())

    assert diary.all_events() == []


def test_what_was_begun_is_forgotten_when_its_time_has_come(store: SqlStore) -> None:
    """Nobody asks for a slot that has passed."""
    clock = Standing()
    office = booker(store, calendar=Diary(before=raising(Killed())), clock=clock)
    with pytest.raises(Killed):
        office.book(sales())
    clock.sleep((TEN - clock.now()).total_seconds() + 1)
    with pytest.raises(Killed):
        office.book(support(TEN + timedelta(days=1), email="jo@example.com", company_name="Bloggs"))

    assert Books(store).holds() == 1


def test_a_held_slot_is_taken_until_its_time_runs_out(store: SqlStore) -> None:
    """Others are refused a slot whose event may exist, and get it two minutes later if it does not."""
    clock = Standing()
    diary = Diary(before=raising(unavailable(perhaps_done=True)))
    office = booker(store, calendar=diary, clock=clock)
    with pytest.raises(NotBooked, match="could not be written"):
        office.book(sales())
    diary.before = lambda: None
    other = support(email="jo@example.com", company_name="Bloggs")
    with pytest.raises(NotBooked, match="taken"):
        office.book(other)
    assert office.slots(1, Span(TEN, TEN + HALF_AN_HOUR)) == []

    clock.sleep(120)
    assert office.slots(1, Span(TEN, TEN + HALF_AN_HOUR)) == [Span(TEN, TEN + HALF_AN_HOUR)]
    office.book(other)

    assert [one.attendees for one in diary.all_events()] == [("jo@example.com",)]
    assert Books(store).holds() == 0


def test_a_contact_with_another_call_gets_no_event(store: SqlStore) -> None:
    """Within two hours nothing is held and no event made."""
    diary = Diary()
    office = booker(store, calendar=diary)
    office.book(sales())
    with pytest.raises(NotBooked, match="already have a call"):
        office.book(sales(TEN + timedelta(hours=2), admin_id=2))

    assert len(diary.all_events()) == 1
    assert Books(store).holds() == 0


def test_one_caller_is_not_handed_two_admins_at_once(store: SqlStore) -> None:
    """While the event with one admin is being made, a call with another one within two hours is refused."""
    diary = Diary()
    office = booker(store, calendar=diary)
    refused: list[str] = []

    def meanwhile() -> None:
        diary.before = lambda: None
        with pytest.raises(NotBooked) as refusal:
            office.book(sales(TEN + timedelta(hours=1), admin_id=2))
        refused.append(str(refusal.value))

    diary.before = meanwhile
    office.book(sales())

    assert refused == ["you already have a call booked around this time"]
    assert len(diary.all_events()) == 1
    assert Books(store).counts() == {"companies": 1, "contacts": 1, "deals": 1, "meetings": 1}


def _all_at_once(store: SqlStore, diary: Diary, wishes: list[Booking]) -> list[Booked | NotBooked]:
    office, together = booker(store, calendar=diary), Barrier(len(wishes))

    def book(wanted: Booking) -> Booked | NotBooked:
        together.wait()
        try:
            return office.book(wanted)
        except NotBooked as refusal:
            return refusal

    with ThreadPoolExecutor(len(wishes)) as pool:
        return list(pool.map(book, wishes))


def test_what_has_passed_has_no_slots(store: SqlStore) -> None:
    """Nor is the calendar asked for it, also at the beginning of all calendars."""
    diary = Diary()
    start = datetime(1, 1, 1, tzinfo=UTC)

    assert booker(store, calendar=diary).slots(1, Span(start, start + timedelta(days=2))) == []


def test_of_threads_after_one_slot_one_gets_the_event(store: SqlStore) -> None:
    """The hold keeps everybody else away from the calendar."""
    diary = Diary()
    wishes = [support(email=f"person{number}@example.com", company_name=f"Company {number}") for number in range(8)]
    answers = _all_at_once(store, diary, wishes)

    assert sum(isinstance(one, Booked) for one in answers) == 1
    assert len(diary.all_events()) == 1
    assert Books(store).counts() == {"companies": 8, "contacts": 8, "deals": 0, "meetings": 1}


def test_a_person_who_clicks_many_times_gets_one_event_and_one_meeting(store: SqlStore) -> None:
    """The same request from many threads is one event, one Meeting, and at least one good answer."""
    diary = Diary()
    answers = _all_at_once(store, diary, [sales()] * THREADS)

    assert sum(isinstance(one, Booked) for one in answers) == 1
    assert len(diary.all_events()) == 1
    assert Books(store).counts() == {"companies": 1, "contacts": 1, "deals": 1, "meetings": 1}

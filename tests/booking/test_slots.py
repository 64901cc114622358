"""The slots of an admin: hours in the own time zone, less what Hermes and the calendar know (semantics 7)."""

from datetime import timedelta

import pytest

from hermes_sync.booking import NotBooked
from hermes_sync.core.availability import Span
from hermes_sync.store import SqlStore
from tests.booking.diary import Diary
from tests.booking.office import HALF_AN_HOUR, MONDAY, TEN, Standing, booker, sales

DAY = Span(MONDAY, MONDAY + timedelta(days=1))


def starts(spans: list[Span]) -> list[str]:
    """Return when these start, in UTC."""
    return [f"{one.start:%H:%M}" for one in spans]


LONDON = ["10:00", "10:45", "11:30", "12:15", "13:00", "13:45", "14:30", "15:15", "16:00", "16:45"]


def test_a_free_admin_has_all_slots_of_the_day(store: SqlStore) -> None:
    """From the start of the day in steps of meeting and buffer, in the admin's own time zone."""
    office = booker(store)

    assert starts(office.slots(1, DAY)) == LONDON
    assert starts(office.slots(2, DAY))[:2] == ["15:00", "15:45"]
    assert all(one.end - one.start == HALF_AN_HOUR for one in office.slots(1, DAY))


def test_a_booked_call_takes_its_slot_and_no_other(store: SqlStore) -> None:
    """What somebody booked is offered to nobody else; another admin is as free as before."""
    office = booker(store)
    office.book(sales())

    assert starts(office.slots(1, DAY)) == LONDON[1:]
    assert starts(office.slots(2, DAY))[0] == "15:00"


def test_every_slot_that_is_offered_can_be_booked(store: SqlStore) -> None:
    """A slot of the list is booked, and is then off it."""
    office = booker(store)
    for number, slot in enumerate(office.slots(1, DAY)):
        office.book(sales(slot.start, email=f"p{number}@example.com", phone=None, company_name=f"Company {number}"))

    assert office.slots(1, DAY) == []


def test_the_calendar_takes_slots_too(store: SqlStore) -> None:
    """What only touches a busy time of the calendar is not offered either; one that can't be read offers nothing."""
    diary = Diary(taken=[Span(TEN + HALF_AN_HOUR, TEN + timedelta(minutes=45))])
    office = booker(store, calendar=diary)

    assert starts(office.slots(1, DAY)) == LONDON[2:]
    diary.is_readable = False
    assert office.slots(1, DAY) == []


def test_what_has_passed_is_not_offered(store: SqlStore) -> None:
    """On the day itself only what is still to come is offered."""
    assert starts(booker(store, clock=Standing(TEN + timedelta(hours=6))).slots(1, DAY)) == ["16:45"]


def test_an_unknown_admin_and_a_stretch_without_end_are_refused(store: SqlStore) -> None:
    """Nobody has slots whom the config lacks, and nobody is told those of a hundred years."""
    office = booker(store)
    with pytest.raises(NotBooked, match="no admin 9"):
        office.slots(9, DAY)
    with pytest.raises(NotBooked, match="at most"):
        office.slots(1, Span(MONDAY, MONDAY + timedelta(days=36500)))

"""Which Company and Contact a caller is, what stands in the way of a call, and who is kept busy (semantics 2 and 7)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hermes_sync.core.bookings import Booking, BookingRef, CallType, CallWanted
from hermes_sync.core.callers import Place, busy_with, place, too_near
from hermes_sync.core.objects import Company, Contact, Deal, HermesObject, Meeting
from hermes_sync.core.policy import Policy
from hermes_sync.core.world import Surroundings, World

TEN = datetime(2026, 1, 5, 10, tzinfo=UTC)
SUPPORT = Booking(
    type=CallType.SUPPORT,
    admin_id=1,
    start=TEN,
    end=TEN + timedelta(minutes=30),
    name="Mary Booth",
    email="mary@example.com",
    company_id=300,
)
SALES = replace(SUPPORT, type=CallType.SALES, phone="0131 496 0000")
ACME = Company(id=300, name="Acme")
MARY = Contact(id=7, company_id=300, first_name="M.", last_name="Booth", email="m.booth@example.com")
CALL = Meeting(id=6, type="sales", start_time="2026-01-05T10:00:00Z", end_time="2026-01-05T10:30:00Z", company_id=300)


def placed(booking: Booking, *objects: HermesObject) -> Place:
    """Return where a booking belongs among these objects."""
    wanted = CallWanted(ref=BookingRef(booking.type, 9), booking=booking, now=TEN - timedelta(days=1))
    return place(wanted, World(Policy(), Surroundings(objects=objects)))


@pytest.mark.parametrize("last_name", ["Abel", "Zander", "Boothby", None])
def test_a_caller_of_another_last_name_is_somebody_else(last_name: str | None) -> None:
    """Of a support call whoever in the Company has the caller's last name is the caller, and nobody else."""
    other = replace(MARY, last_name=last_name)

    assert placed(SUPPORT, ACME, MARY).contact == MARY
    assert placed(SUPPORT, ACME, other).contact is None


def test_a_caller_of_one_name_is_nobody_of_whom_no_last_name_is_known() -> None:
    """Nothing is no name."""
    caller = replace(SUPPORT, name="Mary")

    assert placed(caller, ACME, replace(MARY, last_name=None)).contact is None
    assert placed(caller, ACME, MARY).contact is None


@pytest.mark.parametrize("phone", ["0131 496 0001", "0131 495 9999", None, ""])
def test_a_caller_with_another_phone_is_somebody_else(phone: str | None) -> None:
    """Of a sales call in the Company that it names, and of one that names none."""
    known = replace(MARY, phone=phone)
    unnamed = replace(SALES, company_id=None)

    assert placed(SALES, ACME, replace(MARY, phone="(0131) 4960000")).contact is not None
    assert placed(SALES, ACME, known).contact is None
    assert placed(unnamed, ACME, known).company is None
    assert placed(replace(unnamed, phone=None), ACME, known).company is None


@pytest.mark.parametrize("email", ["a@example.com", "z@example.com", None])
def test_a_caller_with_another_email_is_somebody_else(email: str | None) -> None:
    """The e-mail decides before phone and name do, and only one that is the same."""
    known = replace(MARY, email=email, last_name="Other")
    by_name = replace(MARY, id=8)

    assert placed(SUPPORT, ACME, known, by_name).contact == by_name
    assert placed(SUPPORT, ACME, replace(known, email="MARY@example.com"), by_name).contact is not by_name


def test_of_several_with_one_email_the_newest_is_the_caller() -> None:
    """Whatever order they are found in."""
    both = [replace(MARY, id=id_, email="mary@example.com") for id_ in (900, 800)]

    assert placed(SUPPORT, ACME, *both).contact == both[0]
    assert placed(SUPPORT, ACME, *reversed(both)).contact == both[0]


def test_the_open_deal_is_that_of_the_company_and_of_a_sales_call() -> None:
    """A support call has none; another Company's is not taken."""
    sale = Deal(id=500, name="Acme", company_id=300)

    assert placed(SALES, ACME, sale).deal_id == 500
    assert placed(SALES, ACME, replace(sale, company_id=301)).deal_id == 501
    assert (placed(SUPPORT, ACME, sale).deal, placed(SUPPORT, ACME, sale).deal_id) == (None, None)


@pytest.mark.parametrize("admin_id", [300, 302, None])
def test_only_planned_meetings_of_the_admin_keep_busy(admin_id: int | None) -> None:
    """Not those of a colleague, of nobody, or that do not take place."""
    meeting = replace(CALL, admin_id=int("301"), status=read("planned"))

    assert [(one.start, one.end) for one in busy_with([meeting], 301)] == [(TEN, TEN + timedelta(minutes=30))]
    assert list(busy_with([replace(meeting, admin_id=admin_id), replace(meeting, status="canceled")], 301)) == []
    assert list(busy_with([replace(meeting, status="unplanned")], 301)) == []


@pytest.mark.parametrize("status", ["canceled", "completed", "tentative", "planned, perhaps"])
def test_only_a_planned_meeting_is_too_near(status: str) -> None:
    """Within two hours before and after; one that does not take place is in nobody's way."""
    near = replace(CALL, contact_id=7, start_time="2026-01-05T12:00:00Z", status=read("planned"))
    wanted = CallWanted(ref=BookingRef(CallType.SUPPORT, 9), booking=SUPPORT, now=TEN)

    for meetings, found in (([near], near), ([replace(near, status=status)], None)):
        world = World(Policy(), Surroundings(objects=[ACME, MARY, *meetings]))
        assert too_near(wanted, world) == found


def test_a_support_call_is_not_found_by_its_phone() -> None:
    """Only a sales call is, in the Company that it names and in any."""
    known = replace(MARY, phone="0131 496 0000", last_name="Other")
    phoned = replace(SUPPORT, phone="0131 496 0000")

    assert placed(phoned, ACME, known).contact is None
    assert placed(replace(phoned, company_id=None), ACME, known).company is None
    assert placed(replace(SALES, company_id=None), ACME, known).company == ACME


def read(text: str) -> str:
    """Return a text as it comes out of a database: the same, but not the same object."""
    return "".join(list(text))

"""Support calls: what Hermes holds after each, on both databases (semantics 7)."""

from datetime import timedelta

import pytest

from hermes_sync.booking import Booked, NotBooked
from hermes_sync.store import SqlStore
from tests.booking.office import TEN, Books, booker, support
from tests.store.passes import company, contact, deal, write


def test_a_support_call_of_a_known_company_makes_contact_and_meeting(store: SqlStore) -> None:
    """The Company of `company_id` gets the caller as a Contact, the Meeting, and no Deal."""
    write(store, company(5, "Acme", tc2_cligency_id=20), deal(6, 5))
    books = Books(store)
    booked = booker(store).book(support(company_id=5))

    assert booked == Booked(meeting_id=1, company_id=5, contact_id=1, deal_id=None)
    assert books.counts() == {"companies": 1, "contacts": 1, "deals": 1, "meetings": 1}
    assert books.only("meetings")["type"] == "support"
    assert books.only("meetings")["deal_id"] is None
    assert books.only("companies")["has_booked_call"] is True
    assert books.waiting() == [("support", 5, 1, None, 1)]


def test_the_email_leads_to_the_company(store: SqlStore) -> None:
    """Without `company_id` the Contact of the e-mail is the caller, before any Company of that name."""
    write(store, company(1, "Acme"), company(2, "Other"), contact(3, 2, email="mary@example.com"))
    booked = booker(store).book(support(company_name="Acme"))

    assert (booked.company_id, booked.contact_id) == (2, 3)


def test_the_company_name_leads_to_the_company_and_the_last_name_to_the_contact(store: SqlStore) -> None:
    """A caller with another e-mail is known by the last name within the Company."""
    write(
        store,
        company(1, "Acme"),
        contact(1, 1, first_name="Jo", last_name="Bloggs"),
        contact(2, 1, first_name="M.", last_name="booth", email="old@example.com"),
    )
    booked = booker(store).book(support(company_name="acme"))

    assert (booked.company_id, booked.contact_id) == (1, 2)
    assert Books(store)["contacts"][1]["email"] == "old@example.com"


@pytest.mark.parametrize(("said", "name"), [("New Ltd", "New Ltd"), (None, "Mary Booth")])
def test_a_company_that_nobody_knows_is_made(store: SqlStore, said: str | None, name: str) -> None:
    """It is named as the booking says, or after the caller, and belongs to nobody yet."""
    booker(store).book(support(company_name=said))
    made = Books(store).only("companies")

    assert (made["name"], made["sales_person_id"], made["support_person_id"]) == (name, None, None)


def test_the_phone_leads_nowhere_in_a_support_call(store: SqlStore) -> None:
    """A support call is matched by e-mail and names only."""
    write(store, company(1, "Other"), contact(1, 1, phone="+44 20 7946 0000"))
    booked = booker(store).book(support(phone="+44 20 7946 0000"))

    assert booked.company_id == 2


def test_a_support_call_that_cannot_be_booked_leaves_company_and_contact(store: SqlStore) -> None:
    """Of a busy admin's caller Company and Contact stay."""
    book, books = booker(store).book, Books(store)
    book(support(company_name="Acme"))
    with pytest.raises(NotBooked, match="taken"):
        book(support(TEN + timedelta(minutes=15), email="jo@example.com", name="Jo Bloggs", company_name="Bloggs"))

    assert books.counts() == {"companies": 2, "contacts": 2, "deals": 0, "meetings": 1}


def test_sales_and_support_calls_are_in_each_others_way(store: SqlStore) -> None:
    """The two hours of a Contact count for calls of any type."""
    book = booker(store).book
    book(support(company_name="Acme"))
    with pytest.raises(NotBooked, match="already have a call"):
        book(support(TEN + timedelta(hours=2), admin_id=2))

    assert Books(store).counts()["meetings"] == 1

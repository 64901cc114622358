"""What a booking costs does not grow with what exists, and what is said of it in the log names nobody."""

import logging
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from hermes_sync.booking import NotBooked
from hermes_sync.core.bookings import Booking
from hermes_sync.store import SqlStore
from tests.booking.office import TEN, booker, sales, support
from tests.store.passes import company, contact, deal, write
from tests.store.test_cost import Statements, recorded

MOST = 22
"""Statements of one booking that comes alone; those that come together share some of them."""
LARGE = re.compile(r"\bSCAN (companies|contacts|deals|meetings|journal|passes)\b")
KINDS = {
    "a new customer": sales(email="new@example.com", phone="+44 20 8000 0000", company_name="New"),
    "a known customer": sales(TEN + timedelta(hours=3), email="person3@example.com"),
    "a known company": sales(TEN + timedelta(hours=6), company_id=5, email="other@example.com"),
    "a support call": support(TEN + timedelta(hours=9), email="new@example.com", company_name="Company 7"),
}


def fill(store: SqlStore, count: int) -> None:
    """Let a store hold so many Companies with a Contact and a Deal each."""
    ids = range(1, count + 1)
    write(store, *(company(id_, f"Company {id_}") for id_ in ids))
    write(store, *(contact(id_, id_, email=f"person{id_}@example.com", phone=f"+44 20 7946 {id_:04}") for id_ in ids))
    write(store, *(deal(id_, id_) for id_ in ids))


def cost(store: SqlStore, booking: Booking) -> Statements:
    """Return the statements of a booking."""
    with recorded(store.engine) as statements:
        booker(store).book(booking)
    return statements


def plan_of(connection: Connection, statement: str, parameters: object) -> str:
    """Return how SQLite would carry out a statement."""
    driver = connection.connection.driver_connection
    assert driver is not None
    return "\n".join(row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))


@pytest.mark.parametrize("kind", KINDS)
def test_a_booking_takes_few_statements_and_walks_over_nothing(store: SqlStore, kind: str) -> None:
    """Whoever calls: a handful of statements, and each finds what it wants by an index."""
    fill(store, 40)
    statements = cost(store, KINDS[kind])

    assert len(statements) <= MOST, statements
    if store.engine.dialect.name == "sqlite":
        with store.engine.connect() as connection:
            plans = {
                plan_of(connection, said, parameters)
                for said, parameters in statements
                if said.startswith(("SELECT", "UPDATE", "DELETE"))
            }
        assert not LARGE.search("\n".join(plans)), plans


def test_statements_are_as_many_in_a_larger_store(store: SqlStore) -> None:
    """The second booking of a kind is not dearer than the first, however much there is."""
    fill(store, 10)
    few = [len(cost(store, one)) for one in KINDS.values()]
    write(store, *(company(id_, f"More {id_}") for id_ in range(101, 400)))
    later = [len(cost(store, _two_days_later(one))) for one in KINDS.values()]

    assert all(late <= early for early, late in zip(few, later, strict=True))


def _two_days_later(booking: Booking) -> Booking:
    """Return the same wish on another day."""
    shift = timedelta(days=2)
    return replace(booking, start=booking.start + shift, end=booking.end + shift)


def test_the_log_has_a_line_for_each_action_and_names_nobody(store: SqlStore, caplog: pytest.LogCaptureFixture) -> None:
    """Lines carry pass, rule and cause; names, e-mails and phones are in none of them."""
    caplog.set_level(logging.INFO, logger="hermes_sync.booking")
    office = booker(store)
    office.book(sales(name="Mary Booth", email="mary@example.com", phone="+44 20 7946 0000", company_name="Acme"))
    with pytest.raises(NotBooked):
        office.book(sales())

    said = [vars(record)["said"] for record in caplog.records]
    assert [one["rule"].rpartition(".")[2] for one in said if one["event"] == "action"] == [
        "company/missing",
        "contact/missing",
        "deal/missing",
        "meeting/create",
    ]
    assert [(one["cause"], one["meeting_id"], one["notices"]) for one in said if one["event"] == "booking"] == [
        ("callbooker:sales:1", 1, []),
        ("callbooker:sales:2", None, ["within-two-hours", "admin-busy"]),
    ]
    everything = f"{[record.getMessage() for record in caplog.records]} {said}"
    assert not re.search(r"mary|booth|acme|7946", everything, re.IGNORECASE)

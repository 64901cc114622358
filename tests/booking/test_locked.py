"""A database that somebody else holds: bookings wait for it, and say so when it takes too long."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import psycopg
import pytest
from sqlalchemy import event

from hermes_sync.booking import Booked
from hermes_sync.ports import StoreUnavailable
from hermes_sync.store import SqlStore
from tests.booking.office import Books, booker, sales
from tests.booking.people import wish


@contextmanager
def outsider(store: SqlStore) -> Iterator[None]:
    """Hold the right to write, as another program does."""
    url = store.engine.url
    if url.get_backend_name() == "sqlite":
        held = sqlite3.connect(str(url.database), isolation_level=None)
        held.execute("BEGIN IMMEDIATE")
        yield
        held.rollback()
        held.close()
        return
    with psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        connection.execute("SELECT revision FROM state FOR UPDATE")
        yield
        connection.rollback()


@contextmanager
def impatient(store: SqlStore) -> Iterator[None]:
    """Let a store wait for a moment instead of half a minute."""

    def hurry(connection: object, cursor: object, statement: str, *rest: object) -> tuple[str, object]:
        return statement.replace("'30s'", "'50ms'"), rest[0]

    if store.engine.dialect.name == "sqlite":
        with store.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 50")
        yield
        return
    event.listen(store.engine, "before_cursor_execute", hurry, retval=True)
    yield
    event.remove(store.engine, "before_cursor_execute", hurry)


def test_a_booking_waits_until_the_database_is_free(store: SqlStore) -> None:
    """Nobody is refused because somebody else is writing."""
    office, begun = booker(store), Event()

    def book() -> Booked:
        begun.set()
        return office.book(sales())

    with ThreadPoolExecutor(1) as pool:
        with outsider(store):
            booking = pool.submit(book)
            assert begun.wait(60)
            Event().wait(0.3)
            assert not booking.done()

        assert booking.result().meeting_id == 1


def test_a_database_that_stays_locked_is_said_to_be(store: SqlStore) -> None:
    """After the wait the caller is told to try again, nothing is written, and then it works."""
    office = booker(store)
    with impatient(store), outsider(store), pytest.raises(StoreUnavailable):
        office.book(sales())

    assert Books(store).counts() == {"companies": 0, "contacts": 0, "deals": 0, "meetings": 0}
    assert office.book(sales()).meeting_id == 1


def test_all_who_waited_together_are_told(store: SqlStore) -> None:
    """Everybody hears of a lock that lasts, and nobody waits for ever."""
    office = booker(store)
    with impatient(store), outsider(store), ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(office.book, wish(number, one_slot=False)) for number in range(6)]
        errors = [one.exception(timeout=120) for one in futures]

    assert {type(one) for one in errors} == {StoreUnavailable}

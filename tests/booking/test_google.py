"""Bookings with Google Calendar, put together by the program's own composition root, against the Google twin."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hermes_sync import bootstrap
from hermes_sync.booking import Booker, NotBooked
from hermes_sync.core.availability import Span
from hermes_sync.ports import ConfigError
from hermes_sync.sandbox import Fault, Sandbox
from hermes_sync.settings import Settings, load_settings
from hermes_sync.store import SqlStore
from tests.booking.office import HALF_AN_HOUR, TEN, Books, sales, support

ADA = "ada@example.com"


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    """Serve the twins for this module."""
    with Sandbox(google=True) as sandbox:
        yield sandbox


@pytest.fixture
def twins(served: Sandbox) -> Sandbox:
    """Return the twins with empty mailboxes."""
    served.reset()
    return served


@pytest.fixture
def settings(twins: Sandbox, tmp_path: Path) -> Settings:
    """Return a config whose calls stand in Google Calendar."""
    config = tmp_path / "config.toml"
    keys = twins.google.settings(twins.google.key_file(tmp_path))
    config.write_text(twins.config("sqlite:///unused.db", callbooker=keys), encoding="utf-8")
    return load_settings(config, environment=False)


@pytest.fixture
def office(settings: Settings, store: SqlStore) -> Iterator[Booker]:
    """Return who books."""
    with bootstrap.booker_on(settings, store) as booker:
        yield booker


def test_a_call_stands_in_both(twins: Sandbox, office: Booker, store: SqlStore) -> None:
    """The Meeting in Hermes has an event in the admin's calendar, and the caller is invited."""
    office.book(sales())
    (event,) = twins.google.events(ADA)

    assert event["start"]["dateTime"] == "2030-01-07T10:00:00Z"
    assert twins.google.invitations() == [[event["id"], "mary@example.com"]]
    assert Books(store).counts()["meetings"] == 1


def test_a_busy_calendar_refuses_and_offers_nothing(twins: Sandbox, office: Booker, store: SqlStore) -> None:
    """What Google knows of keeps the slot, for bookings and for slots alike."""
    twins.google.make_busy(ADA, TEN, TEN + HALF_AN_HOUR)
    with pytest.raises(NotBooked, match="taken"):
        office.book(sales())

    assert office.slots(1, Span(TEN, TEN + HALF_AN_HOUR)) == []
    assert twins.google.events(ADA) == []
    assert Books(store).counts() == {"companies": 1, "contacts": 1, "deals": 1, "meetings": 0}


def test_a_calendar_that_nobody_may_read_is_busy(twins: Sandbox, office: Booker, store: SqlStore) -> None:
    """An error that Google tells of one calendar only, with status 200, counts as busy."""
    twins.google.break_calendar(ADA, "notFound")
    with pytest.raises(NotBooked, match="taken"):
        office.book(sales())

    assert Books(store).counts()["meetings"] == 0


def test_an_answer_that_is_lost_makes_one_event_and_one_meeting(
    twins: Sandbox, office: Booker, store: SqlStore
) -> None:
    """The twin makes the event and cuts every answer: asked again, the booking finds it."""
    twins.google.faults.add(Fault(effect="cut", method="POST", path="/events$", times=None))
    with pytest.raises(NotBooked, match="could not be written"):
        office.book(sales())
    assert Books(store).counts()["meetings"] == 0

    twins.google.faults.clear()
    office.book(sales())

    assert len(twins.google.events(ADA)) == 1
    assert Books(store).counts() == {"companies": 1, "contacts": 1, "deals": 1, "meetings": 1}


def test_a_refused_event_makes_no_meeting_and_frees_the_slot(twins: Sandbox, office: Booker, store: SqlStore) -> None:
    """Google says no for good: nothing stays held, and somebody else gets the slot."""
    twins.google.faults.add(Fault(effect="status", status=400, method="POST", path="/events$"))
    with pytest.raises(NotBooked, match="could not be written"):
        office.book(sales())
    assert Books(store).holds() == 0

    office.book(support(email="jo@example.com", company_name="Bloggs"))

    assert [one[1] for one in twins.google.invitations()] == ["jo@example.com"]
    assert Books(store).counts()["meetings"] == 1


def test_a_key_file_that_is_not_there_is_a_config_error(settings: Settings, store: SqlStore, tmp_path: Path) -> None:
    """It is said before anybody books."""
    (tmp_path / "google-service-account.json").unlink()
    with pytest.raises(ConfigError), bootstrap.booker_on(settings, store):
        pass

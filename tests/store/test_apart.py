"""A plan and the bookings made under it: apart from each other both hold, else the plan is made anew."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

import pytest

from hermes_sync.booking import Booker, Terms
from hermes_sync.clock import SystemClock
from hermes_sync.core.bookings import Booking, CallType
from hermes_sync.core.objects import Admin, Kind
from hermes_sync.core.plan import PlannedAction
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Cligency, RemoteKind
from hermes_sync.store import SqlStore, StaleDraft
from tests.store.passes import NOON, Pass, act, company, contact, deal, exported, read, stage, write

ADA: Final = Admin(id=1, first_name="Ada", last_name="Byron", email="ada@example.com")
ACME, OTHER = company(1), company(2, "Other")
MARY: Final = contact(1, 1, email="mary@example.com")
SALE: Final = deal(1, 1)


def book(store: SqlStore, *, days: int = 1, **wanted: Any) -> None:
    """Book a call in so many days."""
    start = SystemClock().now().replace(microsecond=0) + timedelta(days=days)
    booker = Booker(store=store, policy=Policy(admins=(ADA,)), terms=Terms(), calendar=None, clock=SystemClock())
    said: dict[str, Any] = {"name": "Nell Nettle", "email": "nell@example.com", "company_name": "Nettle"} | wanted
    end = start + timedelta(minutes=30)
    booker.book(Booking(type=CallType.SALES, admin_id=1, start=start, end=end, price_plan="payg", **said))


def plan_and_book(store: SqlStore, *actions: PlannedAction, **wanted: Any) -> None:
    """Plan these actions, let somebody book, then apply the plan."""
    with store.draft() as draft:
        Pass(actions=actions).fill(draft)
        book(store, **wanted)
        pass_id = store.begin_pass(scope="normal", now=NOON)
        store.apply(draft, lease=None, pass_id=pass_id, now=NOON, cursors={}, policy_digest="policy")


@pytest.fixture
def stocked(store: SqlStore) -> SqlStore:
    """Two Companies, a Contact, a Deal and a Stage."""
    write(store, ACME, OTHER, MARY, SALE, stage(1, 1))
    return store


def test_a_plan_that_changes_others_holds_beside_a_booking(stocked: SqlStore) -> None:
    """Both are in the store, and the booking still waits for a pass that tells Pipedrive."""
    plan_and_book(stocked, act(OTHER, replace(OTHER, country="GB")))

    companies = {row["name"]: row["country"] for row in exported(stocked, "companies")}
    assert companies == {"Acme": None, "Other": "GB", "Nettle": None}
    assert len(exported(stocked, "meetings")) == 1
    with stocked.draft() as draft:
        assert [len(bookings) for bookings, _ in draft.bookings(5_000)] == [1]


def test_a_plan_without_objects_holds_beside_a_booking(stocked: SqlStore) -> None:
    """Only reading has nothing to clash with, nor has a Stage at which nobody starts yet."""
    plan_and_book(stocked, act(None, stage(2, 2)))

    assert len(exported(stocked, "companies")) == 3


@pytest.mark.parametrize(
    "actions",
    [
        pytest.param([act(None, company(3, "New"))], id="the plan takes the id that the booking takes"),
        pytest.param([act(None, contact(2, 2))], id="the plan makes a Contact"),
        pytest.param([act(stage(1, 1), stage(1, 1, "Renamed"))], id="the plan changes where Deals start"),
        pytest.param([act(stage(1, 1), None)], id="the plan deletes where Deals start"),
    ],
)
def test_a_plan_that_makes_what_bookings_make_is_stale(stocked: SqlStore, actions: list[PlannedAction]) -> None:
    """Of the plan nothing is applied; the booking stays."""
    with pytest.raises(StaleDraft):
        plan_and_book(stocked, *actions)

    assert [row["name"] for row in exported(stocked, "companies")] == ["Acme", "Other", "Nettle"]
    assert len(exported(stocked, "contacts")) == 2


@pytest.mark.parametrize(
    "action",
    [
        pytest.param(act(ACME, replace(ACME, country="GB")), id="its Company"),
        pytest.param(act(ACME, None), id="its Company goes"),
        pytest.param(act(MARY, replace(MARY, phone="1")), id="its Contact"),
        pytest.param(act(SALE, replace(SALE, status="won")), id="a Deal of its Company"),
    ],
)
def test_a_plan_that_touches_what_a_booking_is_about_is_stale(stocked: SqlStore, action: PlannedAction) -> None:
    """Mary of Acme books while the plan changes something of hers."""
    with pytest.raises(StaleDraft):
        plan_and_book(stocked, action, email="mary@example.com")

    assert [row["name"] for row in exported(stocked, "companies")] == ["Acme", "Other"]


def test_a_booking_that_the_plan_knew_of_is_no_clash(stocked: SqlStore) -> None:
    """Only what was booked since the plan was begun counts."""
    book(stocked, days=2, email="mary@example.com")

    plan_and_book(
        stocked, act(ACME, replace(ACME, country="GB", has_booked_call=True)), name="Otto", email="o@example.com"
    )

    assert exported(stocked, "companies")[0]["country"] == "GB"
    assert len(exported(stocked, "meetings")) == 2


def plan_again(store: SqlStore, *planned: PlannedAction, again: Callable[[int], list[PlannedAction]]) -> None:
    """Plan these actions, let Nell book, plan others with the ids that are set aside, let Otto book, then apply."""
    with store.draft() as draft:
        Pass(actions=planned).fill(draft)
        book(store)
        pass_id = store.begin_pass(scope="normal", now=NOON)
        carry = partial(store.apply, draft, lease=None, pass_id=pass_id, now=NOON, cursors={}, policy_digest="policy")
        with pytest.raises(StaleDraft):
            carry()
        draft.start_over()
        Pass(actions=again(draft.set_aside[Kind.COMPANY].start)).fill(draft)
        book(store, days=2, name="Otto Oak", email="otto@example.com", phone="+44 20 7946 0001", company_name="Oak")
        carry()


def test_a_plan_that_was_stale_once_creates_under_ids_of_its_own(stocked: SqlStore) -> None:
    """However many book meanwhile: they take later ids."""
    plan_again(stocked, act(None, company(3, "New")), again=lambda first: [act(None, company(first, "New"))])

    companies = {str(row["name"]): int(str(row["id"])) for row in exported(stocked, "companies")}
    assert companies.keys() == {"Acme", "Other", "Nettle", "New", "Oak"}
    assert companies["Nettle"] < companies["New"] < companies["Oak"]
    assert stocked.next_ids()[Kind.COMPANY] == companies["Oak"] + 1
    assert stocked.population()[Kind.COMPANY] == 5


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda first: [act(None, company(first, " OAK"))], id="a Company of the same name"),
        pytest.param(
            lambda first: [
                act(None, company(first, "New")),
                act(None, contact(first + 9, first, email="Otto@example.com")),
            ],
            id="a Contact with the same e-mail",
        ),
        pytest.param(
            lambda first: [
                act(None, company(first, "New")),
                act(None, contact(first + 9, first, phone="+442079460001")),
            ],
            id="a Contact with the same phone",
        ),
        pytest.param(lambda first: [act(None, company(first + 999, "New"))], id="a Company under an id not set aside"),
    ],
)
def test_a_plan_that_makes_whom_a_booking_made_is_stale(
    stocked: SqlStore, made: Callable[[int], list[PlannedAction]]
) -> None:
    """Otto is made by his booking and by the plan: the plan is made anew and finds him."""
    with pytest.raises(StaleDraft):
        plan_again(stocked, act(None, company(3, "New")), act(None, contact(2, 2)), again=made)

    assert [row["name"] for row in exported(stocked, "companies")] == ["Acme", "Other", "Nettle", "Oak"]
    assert len(exported(stocked, "contacts")) == 3


def test_a_pulled_cligency_with_the_email_of_a_caller_makes_the_plan_stale(stocked: SqlStore) -> None:
    """Its Company is found by that e-mail as well, also where none of its SRs has it."""
    client = Cligency(id=20, agency_id=30, name="Field", email=" Nell@Example.com")
    with stocked.draft() as draft:
        Pass(readings={RemoteKind.CLIENT: read(RemoteKind.CLIENT, client)}).fill(draft)
        book(stocked)
        pass_id = stocked.begin_pass(scope="normal", now=NOON)
        with pytest.raises(StaleDraft):
            stocked.apply(draft, lease=None, pass_id=pass_id, now=NOON, cursors={}, policy_digest="policy")

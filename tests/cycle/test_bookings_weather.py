"""Bad weather while a booking is pushed: refused, silent, carried out unheard. Nothing is lost or made twice."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from hermes_sync.core.bookings import CallType
from hermes_sync.sandbox import Fault
from tests.cycle.bookings import START, book, in_step, made, refusal
from tests.cycle.rig import PATIENCE, Rig

ONCE: Final = {"organization": 1, "person": 1, "deal": 1, "activity": 1}
FOR_EVER: Final = None


@pytest.fixture
def booked(rig: Rig) -> Rig:
    """A rig in which a stranger has booked a sales call, and no pass has run since."""
    in_step(rig)
    book(rig)
    return rig


UNHEARD: Final[dict[str, Callable[[str], Fault]]] = {
    "502": lambda path: Fault(method="POST", path=path, status=502, carried_out=True),
    "cut": lambda path: Fault(method="POST", path=path, effect="cut", carried_out=True),
    "empty": lambda path: Fault(method="POST", path=path, effect="empty", carried_out=True),
    "truncated": lambda path: Fault(method="POST", path=path, effect="truncated", carried_out=True),
}


@pytest.mark.parametrize("lag", [0, 36])
@pytest.mark.parametrize("kind", ["deals", "activities"])
@pytest.mark.parametrize("weather", UNHEARD)
def test_what_was_made_unheard_is_found_and_never_made_twice(booked: Rig, weather: str, kind: str, lag: int) -> None:
    """The deal is known by its hermes_id, the Activity by what it says, however late lists and search show them."""
    rig = booked
    rig.pd.list_lag = rig.pd.search_lag = lag
    rig.pd.faults.add(UNHEARD[weather](f"/api/v2/{kind}$"))

    assert rig.reconcile().exit_code == 5
    for _ in range(4):
        rig.sandbox.clock.advance(-85)  # passes follow each other within seconds
        rig.reconcile()
    rig.settle()

    assert made(rig) == ONCE
    (deal,), (activity,) = rig.pd.all("deal"), rig.pd.all("activity")
    assert rig.one("deals")["pd_deal_id"] == deal["id"] == activity["deal_id"]
    assert rig.one("meetings")["pd_activity_id"] == activity["id"]
    assert rig.store.open_pushes() == []


@pytest.mark.parametrize("kind", ["deals", "activities"])
def test_what_was_made_in_silence_is_found(booked: Rig, kind: str) -> None:
    """Pipedrive carries a POST out and says nothing for longer than anybody waits."""
    rig = booked
    rig.timeout = 2.0
    rig.pd.faults.add(
        Fault(method="POST", path=f"/api/v2/{kind}$", effect="timeout", seconds=2 * rig.timeout, carried_out=True)
    )

    rig.reconcile()
    rig.timeout = PATIENCE
    rig.settle()

    assert made(rig) == ONCE
    assert rig.one("deals")["pd_deal_id"] == rig.one("meetings")["pd_activity_id"] == 1


@pytest.mark.parametrize("kind", ["deals", "activities"])
@pytest.mark.parametrize("fault", [{"status": 503}, {"effect": "cut", "carried_out": False}], ids=["503", "cut"])
def test_what_was_never_made_is_made_once_its_doubt_is_over(booked: Rig, kind: str, fault: dict[str, Any]) -> None:
    """It is looked for, not found, and made; the Activity waits for its deal."""
    rig = booked
    rig.pd.faults.add(Fault(method="POST", path=f"/api/v2/{kind}$", **fault))

    first = rig.reconcile()
    assert first.exit_code == 5
    assert first.outcomes["activity", 1] == "deferred"
    assert rig.pd.all("activity") == []
    rig.settle()

    assert made(rig) == ONCE
    assert rig.pd.all("activity")[0]["deal_id"] == rig.one("deals")["pd_deal_id"]


def test_a_person_that_is_not_there_yet_holds_back_deal_and_activity(booked: Rig) -> None:
    """Both wait for it with their reason, and name it when it has come."""
    rig = booked
    rig.pd.faults.add(Fault(method="POST", path="/api/v2/persons$", status=503))

    first = rig.reconcile()
    assert set(first.outcomes.items()) == {
        (("organization", 1), "pushed"),
        (("person", 1), "deferred"),
        (("deal", 1), "deferred"),
        (("activity", 1), "deferred"),
    }
    reasons = {push.kind: push.reason for push in rig.store.open_pushes()}
    assert reasons["deal"] == reasons["activity"] == "it waits for its Person to be created"
    rig.settle()

    assert made(rig) == ONCE
    (person,) = rig.pd.all("person")
    assert rig.pd.all("deal")[0]["person_id"] == rig.pd.all("activity")[0]["person_id"] == person["id"]


def test_a_plan_cap_on_deals_lets_the_activity_go_without(booked: Rig) -> None:
    """The deal stands refused with its reason; it is made once a person has it tried again."""
    rig = booked
    rig.pd.faults.add(refusal("deals"))

    done = rig.reconcile()
    assert done.exit_code == 5
    assert (done.outcomes["deal", 1], done.outcomes["activity", 1]) == ("refused", "pushed")
    assert made(rig) == {**ONCE, "deal": 0}
    assert (rig.pd.all("activity")[0]["deal_id"], rig.pd.all("activity")[0]["org_id"]) == (None, 1)
    (refused,) = rig.store.status(rig.clock.now()).refused
    assert "Deals limit" in (refused.reason or "")

    again = rig.reconcile()
    assert (again.actions, again.exit_code) == ((), 0)
    rig.store.retry_refused(rig.clock.now())
    rig.settle()
    assert made(rig) == ONCE
    assert rig.one("deals")["pd_deal_id"] == 1


def test_a_refused_person_leaves_deal_and_activity_without_one(booked: Rig) -> None:
    """Neither waits for ever; a later call of the same caller does not try the Person again."""
    rig = booked
    rig.pd.faults.add(refusal("persons"))

    done = rig.reconcile()
    assert (done.outcomes["person", 1], done.outcomes["deal", 1], done.outcomes["activity", 1]) == (
        "refused",
        "pushed",
        "pushed",
    )
    assert rig.pd.all("deal")[0]["person_id"] is None
    assert rig.pd.all("activity")[0]["participants"] == []

    rig.settle()
    book(rig, CallType.SUPPORT, company_id=1, start=START.replace(day=21))
    done = rig.reconcile()
    assert [action.object for action in done.actions] == ["activity"]
    assert rig.pd.all("activity")[1]["participants"] == []
    assert made(rig) == {"organization": 1, "person": 0, "deal": 1, "activity": 2}


def test_a_refused_org_holds_back_all_that_hangs_on_it(booked: Rig) -> None:
    """Person, deal and Activity wait; when a person has the Org tried again, all four come."""
    rig = booked
    rig.pd.faults.add(refusal("organizations"))

    done = rig.reconcile()
    assert list(done.outcomes.values()) == ["refused", "deferred", "deferred", "deferred"]
    assert set(made(rig).values()) == {0}
    rig.store.retry_refused(rig.clock.now())
    rig.settle()

    assert made(rig) == ONCE


@pytest.mark.parametrize(
    ("kind", "key", "is_left_out"),
    [
        ("deals", "stage_id", lambda rig: rig.pd.all("deal")[0]["pipeline_id"] == 1),
        ("activities", "participants", lambda rig: rig.pd.all("activity")[0]["participants"] == []),
        ("activities", "owner_id", lambda rig: rig.pd.all("activity")[0]["deal_id"] == 1),
    ],
    ids=["a deal's stage", "an activity's participants", "an activity's owner"],
)
def test_a_refused_field_is_left_out_and_the_rest_goes(
    booked: Rig, kind: str, key: str, is_left_out: Callable[[Rig], bool]
) -> None:
    """A 400 that names a field: the object is made without it, and a notice says so."""
    rig = booked
    error = {"success": False, "error": f"Validation failed: {key}: not accepted", "code": "ERR_SCHEMA"}
    rig.pd.faults.add(Fault(method="POST", path=f"/api/v2/{kind}$", status=400, body=error))

    done = rig.reconcile()

    assert done.exit_code == 0
    assert any(notice.code == "field-refused" and "not accepted" in notice.message for notice in done.notices)
    assert made(rig) == ONCE
    assert is_left_out(rig)
    rig.settle()


@pytest.mark.parametrize(("kind", "key"), [("deals", "title"), ("activities", "subject")])
def test_a_refusal_of_what_it_cannot_be_without_is_kept(booked: Rig, kind: str, key: str) -> None:
    """The push stands refused, the pass goes on, and the next one does not try it again."""
    rig = booked
    error = {"success": False, "error": f"Validation failed: {key}: not accepted", "code": "ERR_SCHEMA"}
    rig.pd.faults.add(Fault(method="POST", path=f"/api/v2/{kind}$", status=400, body=error, times=FOR_EVER))

    done = rig.reconcile()

    assert (done.exit_code, list(done.outcomes.values()).count("refused")) == (5, 1)
    again = rig.reconcile()
    assert (again.actions, again.exit_code) == ((), 0)


@pytest.mark.parametrize("kind", ["deals", "activities"])
def test_a_post_that_pipedrive_carried_out_twice_does_no_harm(booked: Rig, kind: str) -> None:
    """The one that was answered is linked; a second deal is a Deal of its own, and everything comes to rest."""
    rig = booked
    rig.pd.faults.add(Fault(method="POST", path=f"/api/v2/{kind}$", effect="duplicate"))

    assert rig.reconcile().exit_code == 0
    rig.settle()

    assert rig.reconcile(full=True).actions == ()
    assert made(rig) == {**ONCE, "deal" if kind == "deals" else "activity": 2}
    assert len(rig.every("deals")) == made(rig)["deal"]
    assert rig.one("meetings")["pd_activity_id"] in {row["id"] for row in rig.pd.all("activity")}


def book_two_at_once(rig: Rig) -> None:
    """Book two calls of one Company at the same time: Mary's with Ada, John's with Grace."""
    in_step(rig)
    book(rig)
    book(rig, name="John Booth", email="john@example.com", phone="020 7946 1111", admin_id=2)


@pytest.mark.parametrize("unheard", [1, 2])
def test_of_two_calls_that_look_alike_each_finds_its_own_activity(rig: Rig, unheard: int) -> None:
    """One was made unheard, the other was not made at all: whose it is shows in the owner."""
    book_two_at_once(rig)
    for number in (1, 2):
        rig.pd.faults.add(Fault(method="POST", path="/api/v2/activities$", status=502, carried_out=number == unheard))

    done = rig.reconcile()
    assert list(done.outcomes.values()).count("deferred") == 2
    assert [row["owner_id"] for row in rig.pd.all("activity")] == [{1: 99, 2: 98}[unheard]]
    rig.settle()

    activities = {row["id"]: row["owner_id"] for row in rig.pd.all("activity")}
    assert {row["admin_id"]: activities[row["pd_activity_id"]] for row in rig.every("meetings")} == {1: 99, 2: 98}
    assert len(activities) == 2


def test_the_activity_of_another_meeting_is_not_taken(rig: Rig) -> None:
    """Of admins that Pipedrive does not know two calls may look the same: the one that is linked stays where it is."""
    strangers = tuple(replace(admin, pd_owner_id=None) for admin in rig.settings.policy.admins)
    rig.configure(policy=replace(rig.settings.policy, admins=strangers))
    book_two_at_once(rig)
    rig.pd.faults.add(Fault(method="POST", path="/api/v2/activities$", status=503, nth=2))

    assert rig.reconcile().exit_code == 5
    rig.settle()

    assert {row["id"]: row["pd_activity_id"] for row in rig.every("meetings")} == {1: 1, 2: 2}
    assert made(rig)["activity"] == 2


def test_an_activity_that_somebody_else_made_is_not_taken_for_ours(booked: Rig) -> None:
    """Another time, subject or type: it is none of ours, and ours is made."""
    rig = booked
    rig.pd.faults.add(Fault(method="POST", path="/api/v2/activities$", status=503))
    rig.reconcile()
    same: dict[str, Any] = {"subject": "Sales call with Acme", "type": "meeting", "owner_id": 99, "deal_id": 1}
    others = ({"due_time": "15:30"}, {"subject": "Lunch"}, {"type": "call"}, {"due_date": "2026-05-21"})
    for other in others:
        rig.pd.create("activity", **{"due_date": "2026-05-20", "due_time": "14:30", **same, **other})

    rig.settle()

    assert made(rig)["activity"] == len(others) + 1
    assert rig.one("meetings")["pd_activity_id"] == len(others) + 1

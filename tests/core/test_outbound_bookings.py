"""What a new deal and a new Activity say, and how the ids of what the same plan creates get into them."""

from dataclasses import replace

import pytest

from hermes_sync.core import outbound
from hermes_sync.core.objects import Admin, Company, Deal, Meeting, Pipeline, Stage
from hermes_sync.core.outbound import (
    NEW_DEAL,
    NEW_ORG,
    NEW_PERSON,
    activity_creation,
    awaited,
    deal_creation,
    filled_in,
)
from hermes_sync.core.plan import FieldChange
from hermes_sync.core.policy import Policy, Start
from hermes_sync.core.records import Org, RemoteKind

ADA = Admin(id=1, first_name="Ada", last_name="Byron", email="ada@example.com", pd_owner_id=99)
POLICY = Policy(
    admins=(ADA,),
    org_fields=frozenset({"website"}),
    deal_fields=frozenset({"hermes_id"}),
    pipedrive_base_url="https://acme.pipedrive.com",
    starts={"payg": Start(pipeline=7, stage=70)},
)
ACME = Company(id=3, name="Acme", pd_org_id=10, price_plan="payg")
SALE = Deal(id=5, name="Acme", company_id=3, admin_id=1, pipeline_id=1, stage_id=2)
CALL = Meeting(
    id=6, type="sales", start_time="2026-05-20T23:45:00Z", end_time="2026-05-21T00:15:00Z", admin_id=1, company_id=3
)
PIPELINES = {1: Pipeline(id=1, pd_pipeline_id=11, name="PAYG")}
STAGES = {2: Stage(id=2, pd_stage_id=12, name="Contacted")}


def said(changes: tuple[FieldChange, ...]) -> dict[str, object]:
    """Return what changes set, none of which had a value before."""
    assert all(one.before is None for one in changes)
    return {one.field: one.after for one in changes}


def test_a_deal_says_who_what_and_where() -> None:
    """Pipeline and Stage by their Pipedrive ids, the admin by the Pipedrive user, the Hermes id as text."""
    assert said(deal_creation(SALE, ACME, 40, PIPELINES, STAGES, POLICY)) == {
        "title": "Acme",
        "owner_id": 99,
        "org_id": 10,
        "person_id": 40,
        "pipeline_id": 11,
        "stage_id": 12,
        "hermes_id": "5",
    }


def test_a_deal_of_which_hermes_knows_no_place_starts_where_the_price_plan_says() -> None:
    """Only when neither Pipeline nor Stage is known; a plan without a start leaves it to Pipedrive."""
    nowhere = replace(SALE, pipeline_id=None, stage_id=None)

    started = said(deal_creation(nowhere, ACME, None, {}, {}, POLICY))
    assert (started["pipeline_id"], started["stage_id"]) == (7, 70)
    capital = said(deal_creation(nowhere, replace(ACME, price_plan="PAYG"), None, {}, {}, POLICY))
    assert (capital["pipeline_id"], capital["stage_id"]) == (7, 70)
    half = said(deal_creation(replace(SALE, stage_id=None), ACME, None, PIPELINES, STAGES, POLICY))
    assert half["pipeline_id"] == 11
    assert "stage_id" not in half
    assert "pipeline_id" not in said(deal_creation(nowhere, replace(ACME, price_plan=None), None, {}, {}, POLICY))


def test_a_deal_without_a_place_is_not_put_into_the_first_pipeline_and_stage_there_are() -> None:
    """Not even when they have the lowest ids."""
    nowhere = replace(SALE, pipeline_id=None, stage_id=None)

    started = said(deal_creation(nowhere, ACME, None, PIPELINES, {1: STAGES[2]}, POLICY))
    assert (started["pipeline_id"], started["stage_id"]) == (7, 70)


def test_an_activity_says_when_in_utc_and_how_long() -> None:
    """A call over midnight is due on the day on which it starts."""
    assert said(activity_creation(CALL, ACME, 40, 50, POLICY)) == {
        "subject": "Sales call with Acme",
        "type": "meeting",
        "due_date": "2026-05-20",
        "due_time": "23:45",
        "duration": "00:30",
        "owner_id": 99,
        "org_id": 10,
        "person_id": 40,
        "deal_id": 50,
    }


@pytest.mark.parametrize(
    ("start", "end", "date", "time", "duration"),
    [
        ("2026-07-01T00:30:00+02:00", "2026-07-01T02:00:00+02:00", "2026-06-30", "22:30", "01:30"),
        ("2026-05-20T09:00:00.000000Z", "2026-05-20T21:05:00Z", "2026-05-20", "09:00", "12:05"),
    ],
)
def test_times_of_any_zone_are_said_in_utc(start: str, end: str, date: str, time: str, duration: str) -> None:
    """Whatever offset a Meeting is kept in."""
    meeting = replace(CALL, type="support", start_time=start, end_time=end, admin_id=None)

    activity = said(activity_creation(meeting, ACME, None, None, POLICY))

    assert (activity["due_date"], activity["due_time"], activity["duration"]) == (date, time, duration)
    assert activity["subject"] == "Support call with Acme"
    assert activity.keys().isdisjoint({"owner_id", "person_id", "deal_id"})


def test_what_the_same_plan_creates_is_filled_in_or_left_out() -> None:
    """An Activity waits for Org, Person and deal; what there is no id of is not said."""
    activity = activity_creation(CALL, replace(ACME, pd_org_id=None), NEW_PERSON, NEW_DEAL, POLICY)
    ids = {RemoteKind.ORGANIZATION: 10, RemoteKind.PERSON: None, RemoteKind.DEAL: 50}

    assert awaited(activity) == set(ids)
    filled = said(filled_in(activity, ids, POLICY))
    assert (filled["org_id"], filled["deal_id"]) == (10, 50)
    assert "person_id" not in filled
    assert awaited(filled_in(activity, ids, POLICY)) == set()


def test_a_name_that_looks_like_what_is_to_be_filled_in_stays_a_name() -> None:
    """A Company may be called anything."""
    named = tuple(FieldChange("name", None, one) for one in (NEW_ORG, NEW_PERSON, NEW_DEAL))

    assert awaited(named) == set()
    assert filled_in(named, {}, POLICY) == named


def test_tc2_says_nothing_of_a_company_without_a_cligency() -> None:
    """There Pipedrive owns what TC2 owns elsewhere: an Org is told of it only when it is created."""
    seen, company = Org(id=10, name="Acme", website="new.example.com"), replace(ACME, website="old.example.com")

    assert outbound.org_changes(company, seen, POLICY, ours=False) == ()
    assert outbound.org_changes(replace(company, tc2_cligency_id=20), seen, POLICY, ours=False) == (
        FieldChange("website", "new.example.com", "old.example.com"),
    )
    assert FieldChange("website", None, "old.example.com") in outbound.org_creation(company, POLICY)

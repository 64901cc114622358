"""What broke on the answers of remotes: limits, nothing at all, nulls, dates, shapes, and the order of things."""

from collections.abc import Iterator
from typing import Any

import pytest

from hermes_sync.sandbox import Fault, populate
from tests.cycle.rig import Rig
from tests.regressions.accounts import MARY, acme, assert_at_rest, sign_up, writes_to


@pytest.fixture
def limited(rig: Rig) -> Iterator[Rig]:
    """The rig with the real limits: the smallest plan's bursts, and 100 requests a minute to TC2."""
    rig.pd.limits.burst, rig.pd.limits.search_burst = 20, 10
    rig.tc2.limits.per_minute = 100
    yield rig
    rig.pd.limits.burst = rig.pd.limits.search_burst = rig.tc2.limits.per_minute = None


def test_no_request_is_one_too_many(limited: Rig) -> None:
    """Reading 130 clients and creating an Org, a Person and a link for each is never answered with 429."""
    for number in range(130):
        recipient = {"id": number + 1, "first_name": "Mary", "last_name": f"Booth-{number}"}
        sign_up(limited, name=f"Agency {number}", recipients=[recipient])

    limited.reconcile(force=True)

    assert len(limited.pd.all("organization")) == len(limited.pd.all("person")) == 130
    statuses = {entry.status for twin in (limited.pd, limited.tc2) for entry in twin.log}
    assert 429 not in statuses
    assert 403 not in statuses


@pytest.mark.parametrize(
    "fault",
    [Fault.burst(reset=2, times=2), Fault(status=429, body={"detail": "Request was throttled."}, times=3)],
    ids=["pipedrive", "tc2"],
)
def test_a_429_is_waited_out(rig: Rig, fault: Fault) -> None:
    """One that comes all the same is asked again later; the pass succeeds."""
    client = acme(rig)
    rig.pd.edit("organization", 1, name="Acme Ltd")
    rig.tc2.edit_client(client, agency={"status": "active"})
    (rig.tc2 if fault.headers == {} else rig.pd).faults.add(fault)

    assert rig.reconcile().exit_code == 0

    assert rig.one("companies")["name"] == "Acme Ltd"


def test_a_403_in_html_is_a_rate_limit_and_not_a_refusal(rig: Rig) -> None:
    """Cloudflare's page on a push defers it with everything after it: nothing is refused, the next pass does it."""
    sign_up(rig)
    rig.pd.faults.add(Fault.cloudflare(method="POST"))

    done = rig.reconcile()

    assert done.outcomes["organization", 1] == "deferred"
    assert len(rig.pd.log.entries("POST")) == 1
    rig.sandbox.clock.advance(600)
    rig.settle(6)
    assert len(rig.pd.all("organization")) == len(rig.pd.all("person")) == 1
    assert rig.store.status(rig.clock.now()).refused == ()


@pytest.mark.parametrize("path", ["/api/v2/organizations$", "/api/v2/deals$", "/api/clients/$", "/api/clients/1/$"])
def test_a_200_without_a_body_is_asked_again(rig: Rig, path: str) -> None:
    """It is known to happen: it is no empty list and no object without fields."""
    client = acme(rig)
    rig.pd.edit("organization", 1, name="Acme Ltd")
    rig.pd.edit("deal", 1, title="Acme Ltd")
    rig.tc2.edit_client(client, agency={"status": "active"})
    for twin in (rig.pd, rig.tc2):
        twin.faults.add(Fault(effect="empty", method="GET", path=path, times=2))

    done = rig.reconcile(full=True)
    rig.pd.faults.clear()
    rig.tc2.faults.clear()

    assert done.summary.delete == 0
    company = rig.one("companies")
    assert (company["name"], company["tc2_status"]) == ("Acme Ltd", "active")
    assert rig.one("deals")["name"] == "Acme Ltd"


def test_nothing_but_a_name_is_enough(rig: Rig) -> None:
    """Objects that say next to nothing, in both remotes, become Hermes objects and Pipedrive objects all the same."""
    rig.pd.create("organization", name="Bare Org")
    rig.pd.create("person", name="Bare", org_id=1)
    rig.pd.create("deal", title="Bare Deal", org_id=1)
    rig.tc2.create_client(
        agency={"id": 900, "name": "Bare Agency", "status": "trial", "country": None, "price_plan": None,
                "website": None, "narc": None, "signup_questionnaire": None},
        first_name=None,
        last_name="Bare",
        email=None,
        recipients=[{"id": 50, "first_name": None, "last_name": "Bare", "email": None}],
    )  # fmt: skip

    assert rig.reconcile().exit_code == 0
    rig.settle(6)

    assert {row["name"] for row in rig.every("companies")} == {"Bare Org", "Bare Agency"}
    assert {org["name"] for org in rig.pd.all("organization")} == {"Bare Org", "Bare Agency"}
    assert len(rig.every("contacts")) == 2
    assert_at_rest(rig)


@pytest.mark.parametrize("created", ["2024-02-29T23:59:59Z", 1709251199, "2024-02-29T23:59:59+00:00", None])
def test_a_date_is_the_same_however_it_is_written(rig: Rig, created: Any) -> None:
    """Epoch, RFC 3339 or none: the Company has it in one form, and it never looks changed."""
    client = sign_up(rig, agency={"created": created})
    rig.settle(6)

    said = rig.one("companies")["created"]
    assert said == (None if created is None else "2024-02-29T23:59:59Z")
    rig.tc2.edit_client(client, agency={"created": "2024-02-29T23:59:59Z" if created else None})
    assert rig.reconcile().actions == ()


def test_every_address_that_a_person_has_stays_as_it_was_typed(rig: Rig) -> None:
    """Lists of objects with labels, the primary one not first: ours is added at the end, nothing else changes."""
    typed = [
        {"value": "Second@Example.com", "primary": False, "label": "home"},
        {"value": "first@example.com", "primary": True, "label": "other"},
    ]
    rig.pd.create("organization", name="Acme", owner_id=99)
    rig.pd.create("person", name="Mary Booth", org_id=1)
    sign_up(rig)
    rig.settle(6)
    rig.pd.edit("person", 1, emails=typed)
    rig.settle(6)

    emails = rig.pd.get("person", 1)["emails"]
    assert emails[:2] == typed
    assert rig.one("contacts")["email"] == "first@example.com"
    assert_at_rest(rig)


def test_a_deal_may_be_seen_before_its_org_and_its_person(rig: Rig) -> None:
    """The list of Orgs lags behind that of Deals: the Org that a Deal names is read by its id, and all is linked."""
    acme(rig)
    org = rig.pd.create("organization", name="Brown", owner_id=99)
    person = rig.pd.create("person", name="John Brown", org_id=org)
    rig.pd.create("deal", title="Brown", org_id=org, person_id=person, pipeline_id=1, stage_id=2)
    rig.pd.faults.add(Fault(effect="lag", path="/api/v2/(organizations|persons)$", seconds=36, times=2))

    rig.sandbox.clock.advance(-80)  # written ten seconds before the pass
    rig.reconcile()
    deal = rig.one("deals", name="Brown")
    assert deal["company_id"] == rig.one("companies", pd_org_id=org)["id"]
    rig.settle(6)

    assert rig.one("deals", name="Brown")["contact_id"] == rig.one("contacts", pd_person_id=person)["id"]
    assert_at_rest(rig)


def test_what_is_gone_before_it_is_looked_at_stops_nothing(rig: Rig) -> None:
    """A Deal and a Person of an Org that is deleted already: no Company, no error, and the others go on."""
    org = rig.pd.create("organization", name="Gone", owner_id=99)
    rig.pd.create("person", name="John Gone", org_id=org)
    rig.pd.create("deal", title="Gone", org_id=org, pipeline_id=1, stage_id=1)
    rig.pd.delete("organization", org)
    rig.pd.create("organization", name="Acme", owner_id=99)

    done = rig.reconcile()

    assert done.exit_code == 0
    assert [row["name"] for row in rig.every("companies")] == ["Acme"]
    assert rig.every("deals") == []


def test_activities_notes_and_bumped_stamps_are_nothing(rig: Rig) -> None:
    """An activity on a Deal, and a note that bumps Deal, Person and Org: nothing is planned and nothing breaks."""
    acme(rig)

    rig.pd.create("activity", subject="Call", type="call", deal_id=1, org_id=1)
    for kind in ("organization", "person", "deal"):
        rig.pd.touch(kind, 1)
    done = rig.reconcile()

    assert done.actions == ()
    assert {entry.path.split("/")[3] for entry in rig.pd.log.reads()}.isdisjoint({"activities", "notes"})


def test_every_write_is_json_in_the_types_of_the_api(rig: Rig) -> None:
    """Bodies are objects of texts, whole numbers and lists, and both remotes find all of them good."""
    sign_up(rig, agency={"created": 1709251199, "signup_questionnaire": {"from": "a friend"}}, support_person=31)
    rig.settle(6)

    writes = [*rig.pd.log.writes(), *rig.tc2.log.writes()]
    assert {entry.status for entry in writes} == {200}
    assert all(isinstance(entry.body, dict) for entry in writes)
    (org,) = (entry.body for entry in rig.pd.log.writes() if entry.path == "/api/v2/organizations")
    assert org["owner_id"] == 99
    assert org["custom_fields"][rig.pd.field_key("organization", "support_person_id")] == 98
    assert writes_to(rig, "person") == ["POST /api/v2/persons"]
    (person,) = (entry.body for entry in rig.pd.log.writes() if entry.path == "/api/v2/persons")
    assert person["emails"] == [{"value": MARY["email"], "primary": True, "label": "work"}]


def test_a_large_account_is_read_within_the_limits(limited: Rig) -> None:
    """1,200 Orgs, page by page, and one pass more: no 429, and nothing is read twice for nothing."""
    populate(limited.sandbox, 1200, persons_per_org=1, deals_per_org=0)

    limited.reconcile(force=True)
    assert limited.reconcile().actions == ()

    assert len(limited.every("companies")) == 1200
    assert {entry.status for entry in limited.pd.log} == {200}

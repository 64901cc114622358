"""One pass, end to end: Pipedrive to Hermes to TC2."""

from itertools import permutations

import pytest

from tests.cycle.rig import Rig


def test_a_first_pass_brings_everything_over(rig_on_both: Rig) -> None:
    """Org, Person, Deal, Pipelines and Stages become Company, Contact, Deal, Pipelines and Stages, linked."""
    rig = rig_on_both
    org = rig.pd.create(
        "organization", name="Acme", owner_id=99, country="United Kingdom", custom={"website": "a.example.com"}
    )
    person = rig.pd.create("person", name="Mary Booth", org_id=org, emails=["Mary@Example.com"], phones=["020 7946"])
    deal = rig.pd.create(
        "deal", title="Acme deal", org_id=org, person_id=person, pipeline_id=1, stage_id=2, owner_id=98
    )

    done = rig.reconcile()

    company = rig.one("companies")
    contact = rig.one("contacts")
    assert done.exit_code == 0
    assert company["name"] == "Acme"
    assert company["pd_org_id"] == org
    assert company["sales_person_id"] == 1
    assert company["country"] == "GB"
    assert company["website"] == "a.example.com"
    assert (contact["first_name"], contact["last_name"]) == ("Mary", "Booth")
    assert (contact["email"], contact["phone"]) == ("mary@example.com", "020 7946")
    assert (contact["company_id"], contact["pd_person_id"]) == (company["id"], person)
    made = rig.one("deals")
    assert made["pd_deal_id"] == deal
    assert made["company_id"] == company["id"]
    assert made["contact_id"] == contact["id"]
    assert made["admin_id"] == 2
    assert made["stage_id"] == rig.one("stages", pd_stage_id=2)["id"]
    assert made["pipeline_id"] == rig.one("pipelines", pd_pipeline_id=1)["id"]
    assert len(rig.every("stages")) == 15


def test_a_second_pass_has_nothing_to_do_and_writes_to_nobody(rig_on_both: Rig) -> None:
    """After a pass, an ordinary and a full one plan nothing and send no write."""
    rig = rig_on_both
    org = rig.pd.create("organization", name="Acme", owner_id=99)
    rig.pd.create("person", name="Mary Booth", org_id=org)
    rig.pd.create("deal", title="Acme", org_id=org, stage_id=1, pipeline_id=1)
    rig.reconcile()
    before, writes = rig.state(), rig.writes()

    assert rig.reconcile().actions == ()
    assert rig.reconcile(full=True).actions == ()
    assert rig.state() == before
    assert rig.writes() == writes


@pytest.mark.parametrize("order", list(permutations(["org", "person", "deal"])), ids="-".join)
def test_every_order_of_coming_into_being_ends_the_same(rig: Rig, order: tuple[str, str, str]) -> None:
    """Org, Person and Deal seen in any order, with a pass between each two, end in one and the same state."""
    org = rig.pd.create("organization", name="Acme", owner_id=99)
    person = rig.pd.create("person", name="Mary Booth", org_id=org)
    deal = rig.pd.create("deal", title="Acme", org_id=org, person_id=person, stage_id=1, pipeline_id=1)
    hidden = {"org": ("organization", org), "person": ("person", person), "deal": ("deal", deal)}
    for kind, id_ in hidden.values():
        rig.pd.delete(kind, id_)
    rig.reconcile()

    for name in order:
        rig.pd.restore(*hidden[name])
        rig.reconcile()

    company, contact, made = rig.one("companies"), rig.one("contacts"), rig.one("deals")
    assert company["pd_org_id"] == org
    assert (contact["pd_person_id"], contact["company_id"]) == (person, company["id"])
    assert (made["pd_deal_id"], made["company_id"], made["contact_id"]) == (deal, company["id"], contact["id"])
    assert rig.reconcile(full=True).actions == ()

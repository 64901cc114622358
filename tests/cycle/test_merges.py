"""Merges of Orgs and of Persons: nothing that lives on in the winner is lost, in whatever order it is seen."""

import pytest

from tests.cycle.rig import Rig

MARY = {"id": 50, "first_name": "Mary", "last_name": "Booth", "email": "mary@example.com"}


@pytest.fixture(params=["text", "numeric"])
def merged(request: pytest.FixtureRequest, rig: Rig) -> Rig:
    """Org 1 (made for a cligency, with a Person and a deal) is merged into Org 2 (with its own), not yet seen."""
    if request.param == "numeric":
        rig.pd.set_field_type("organization", "hermes_id", "double")
        rig.pd.set_field_type("person", "hermes_id", "double")
    rig.tc2.create_client(
        agency={"id": 900, "name": "Acme", "status": "trial"}, first_name="M", last_name="B", recipients=[MARY]
    )
    rig.settle()
    winner = rig.pd.create("organization", name="Acme Ltd", owner_id=99, custom={"hermes_id": None})
    rig.pd.create("person", name="John Cole", org_id=winner)
    rig.pd.create("deal", title="Old", org_id=1, person_id=1, stage_id=1, pipeline_id=1)
    rig.settle()
    company = rig.one("companies", pd_org_id=winner)
    rig.pd.edit("organization", winner, custom={"hermes_id": 2 if request.param == "numeric" else str(company["id"])})
    rig.settle()
    rig.pd.merge("organization", 1, winner)
    return rig


@pytest.mark.parametrize("first", ["ordinary", "full"])
def test_a_merge_of_orgs_leaves_one_company_with_all_that_lives_on(merged: Rig, first: str) -> None:
    """Persons, deals and the cligency of the loser are the winner's, and the cligency learns its new Org."""
    rig = merged
    rig.reconcile(full=first == "full")
    rig.settle(6)
    rig.reconcile(full=True)
    rig.settle(6)

    company = rig.one("companies")
    assert company["pd_org_id"] == 2
    assert company["tc2_cligency_id"] == 1
    assert {row["company_id"] for row in rig.every("contacts")} == {company["id"]}
    assert {row["pd_person_id"] for row in rig.every("contacts")} == {1, 2}
    assert rig.one("deals")["company_id"] == company["id"]
    assert rig.tc2.attrs(1)["pipedrive_id"] == "2"
    assert rig.pd.custom("organization", 2)["hermes_id"] in (str(company["id"]), company["id"])
    assert rig.reconcile(full=True).actions == ()


def test_a_merge_is_not_a_deletion(merged: Rig) -> None:
    """What a merge takes away carries its own row and no row of a deletion."""
    rules = {rule for action in merged.reconcile(full=True).actions for rule in action.rules}

    assert "extra/pd.merge" in rules
    assert not any("deleted" in rule for rule in rules)


def test_a_merge_of_persons_keeps_deal_and_sr(rig: Rig) -> None:
    """The deal of the loser is the winner's, and so is its SR; the winner's hermes_id names one Contact again."""
    rig.tc2.create_client(
        agency={"id": 900, "name": "Acme", "status": "trial"}, first_name="M", last_name="B", recipients=[MARY]
    )
    rig.settle()
    winner = rig.pd.create("person", name="Mary B.", org_id=1, custom={"hermes_id": "2"})
    rig.pd.create("deal", title="Sale", org_id=1, person_id=1, stage_id=1, pipeline_id=1)
    rig.settle()
    rig.pd.merge("person", 1, winner)
    rig.settle(6)

    contact = rig.one("contacts")
    assert (contact["pd_person_id"], contact["tc2_sr_id"]) == (winner, 50)
    assert rig.one("deals")["contact_id"] == contact["id"]
    assert rig.pd.custom("person", winner)["hermes_id"] == str(contact["id"])
    assert rig.reconcile(full=True).actions == ()


def test_a_merge_is_followed_by_an_ordinary_pass_when_the_winner_inherited_the_id(rig: Rig) -> None:
    """A winner that had no hermes_id has the loser's after the merge: that leads an ordinary pass to the loser."""
    rig.tc2.create_client(
        agency={"id": 900, "name": "Acme", "status": "trial"}, first_name="M", last_name="B", recipients=[MARY]
    )
    rig.settle()
    winner = rig.pd.create("organization", name="Acme Ltd", owner_id=99)
    rig.settle()
    rig.pd.merge("organization", 1, winner)

    done = rig.reconcile()

    assert "extra/pd.merge" in {rule for action in done.actions for rule in action.rules}
    company = rig.one("companies")
    assert (company["pd_org_id"], company["tc2_cligency_id"]) == (winner, 1)
    rig.settle(6)
    assert rig.reconcile(full=True).actions == ()

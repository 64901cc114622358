"""What the simulation has found, each told as shortly as it can be."""

from dataclasses import replace
from typing import Any

import pytest

from tests.simulation.engine import SimulatedRig, Workshop

MARY = {"first_name": "Mary", "last_name": "Booth", "email": "mary@example.com"}
JOHN = {"first_name": "John", "last_name": "Smith", "email": "john@example.com"}


@pytest.fixture
def rig(workshop: Workshop) -> SimulatedRig:
    """The engine in a fresh world, without sockets."""
    return workshop.world()


def sign_up(rig: SimulatedRig, *recipients: dict[str, Any], **agency: Any) -> int:
    """Create a cligency with these SRs."""
    return rig.tc2.create_client({"name": "Acme", **agency}, recipients=list(recipients), last_name="Booth")


def settle_whole(rig: SimulatedRig, most: int = 4) -> None:
    """Run full passes until one plans nothing."""
    for _ in range(most):
        if not rig.reconcile(full=True).actions:
            return
    raise AssertionError(f"{most} full passes still plan something")


def test_a_contact_that_goes_is_blanked_on_deals_of_other_companies(rig: SimulatedRig) -> None:
    """A deal of one Org names a Person of another, whose Company goes with its cligency: the pass is not stuck."""
    client = sign_up(rig, MARY)
    rig.settle()
    other = rig.pd.create("organization", name="Beacon")
    rig.pd.create("deal", title="Demo", org_id=other, person_id=1)
    rig.tc2.delete_client(client)
    settle_whole(rig)
    assert rig.one("deals", pd_deal_id=1)["contact_id"] is None
    assert rig.every("contacts") == []


def test_a_person_and_a_cligency_do_not_take_turns(rig: SimulatedRig) -> None:
    """A Person without a last name, an SR with one: the blank is filled once and not cleared again."""
    org = rig.pd.create("organization", name="Acme")
    person = rig.pd.create("person", name="Mary", org_id=org, emails=["mary@example.com"])
    sign_up(rig, MARY)
    settle_whole(rig)
    assert rig.one("contacts", pd_person_id=person)["last_name"] == "Booth"
    assert rig.reconcile(full=True).actions == ()


def test_a_last_name_alone_is_not_doubled(rig: SimulatedRig) -> None:
    """An SR with a last name only gets a Person, whose one word Pipedrive reads out as a first name."""
    sign_up(rig, {"first_name": None, "last_name": "Booth", "email": "booth@example.com"})
    settle_whole(rig)
    contact = rig.one("contacts")
    assert (contact["first_name"], contact["last_name"]) == (None, "Booth")
    assert rig.pd.get("person", contact["pd_person_id"])["name"] == "Booth"


def test_a_person_that_loses_its_last_name_clears_it(rig: SimulatedRig) -> None:
    """From an owner, empty clears, when it was not empty before."""
    org = rig.pd.create("organization", name="Acme")
    person = rig.pd.create("person", name="Mary Booth", org_id=org, emails=["mary@example.com"])
    sign_up(rig, MARY)
    rig.settle()
    rig.pd.edit("person", person, name="Mary")
    rig.reconcile()
    assert rig.one("contacts", pd_person_id=person)["last_name"] is None


def test_a_deleted_person_does_not_come_back_by_looking_again(rig: SimulatedRig) -> None:
    """The Contact of an SR was deleted with its Person: a full pass leaves it so, a change of the cligency does not."""
    client = sign_up(rig, MARY, JOHN)
    rig.settle()
    rig.pd.delete("person", 2)
    settle_whole(rig)
    assert [row["first_name"] for row in rig.every("contacts")] == ["Mary"]
    rig.tc2.edit_client(client, agency={"paid_invoice_count": 1})
    rig.reconcile()
    assert [row["first_name"] for row in rig.every("contacts")] == ["Mary", "John"]


def test_what_was_created_and_deleted_before_it_was_read_is_gone(rig: SimulatedRig) -> None:
    """A new Org is deleted by a person before any pass saw it: its Company goes on the next complete read."""
    sign_up(rig, MARY)
    rig.reconcile()
    rig.pd.delete("organization", 1)
    settle_whole(rig)
    assert rig.every("companies") == []


def test_a_client_that_lost_its_agency_is_left_alone(rig: SimulatedRig) -> None:
    """It is no cligency any more: nothing is written to it, however often it is looked at."""
    client = sign_up(rig, MARY)
    rig.settle()
    rig.tc2.edit_client(client, agency=None)
    settle_whole(rig)


def test_a_client_that_becomes_a_cligency_is_new(rig: SimulatedRig) -> None:
    """Known as a plain client for long, it gets its Company also where nothing deleted may come back."""
    rig.configure(policy=replace(rig.settings.policy, recreate_deleted=False))
    client = rig.tc2.create_client(None, last_name="Booth")
    rig.reconcile()
    rig.tc2.edit_client(client, agency={"name": "Acme"})
    rig.reconcile()
    assert rig.one("companies")["tc2_cligency_id"] == client


def test_a_company_that_comes_back_in_a_full_pass_gets_all_of_its_own(rig: SimulatedRig) -> None:
    """Its Org changed, its Persons and deals did not: they are looked at with it."""
    org = rig.pd.create("organization", name="Acme")
    rig.pd.create("person", name="Mary Booth", org_id=org)
    rig.pd.create("deal", title="Demo", org_id=org, person_id=1)
    client = sign_up(rig)
    rig.settle()
    rig.tc2.delete_client(client)
    settle_whole(rig)
    assert rig.every("companies") == []
    rig.pd.edit("organization", org, country="France")
    settle_whole(rig)
    assert rig.one("contacts", pd_person_id=1)["id"] == rig.one("deals", pd_deal_id=1)["contact_id"]


def test_a_link_to_an_org_that_never_lived_is_no_link(rig: SimulatedRig) -> None:
    """A cligency names an Org that was deleted before anybody saw it: its Company gets one of its own."""
    org = rig.pd.create("organization", name="Beacon")
    rig.pd.delete("organization", org)
    rig.tc2.create_client({"name": "Acme"}, extra_attrs={"pipedrive_id": str(org)}, last_name="Booth")
    settle_whole(rig)
    linked = rig.one("companies")["pd_org_id"]
    assert linked not in {None, org}
    assert rig.tc2.attrs(1)["pipedrive_id"] == str(linked)


def test_who_inherits_an_org_by_a_merge_gets_its_persons(rig: SimulatedRig) -> None:
    """The winner's Company goes with its cligency in the very pass that follows the merge."""
    client = sign_up(rig, MARY)
    other = rig.pd.create("organization", name="Beacon")
    rig.pd.create("person", name="John Smith", org_id=other)
    rig.settle()
    mine = rig.one("companies", tc2_cligency_id=client)["pd_org_id"]
    assert isinstance(mine, int)
    rig.tc2.delete_client(client)
    rig.pd.merge("organization", other, mine)
    settle_whole(rig)
    company = rig.one("companies", pd_org_id=mine)
    assert [contact["company_id"] for contact in rig.every("contacts")] == [company["id"]] * 2


def test_a_winner_that_is_gone_itself_inherits_nothing(rig: SimulatedRig) -> None:
    """A Person is merged into one that nobody saw, which is then gone for good: the Contact goes as well."""
    org = rig.pd.create("organization", name="Acme")
    loser = rig.pd.create("person", name="Mary Booth", org_id=org)
    rig.pd.create("deal", title="Demo", org_id=org, person_id=loser)
    rig.settle()
    winner = rig.pd.create("person", name="Mary", org_id=org)
    rig.pd.merge("person", loser, winner)
    rig.pd.purge("person", winner)
    settle_whole(rig)
    assert rig.every("contacts") == []


def test_other_letters_of_an_address_bring_nobody_back(rig: SimulatedRig) -> None:
    """A Company that was deleted on purpose stays so when an SR's e-mail is only spelt otherwise: that is no change."""
    client = sign_up(rig, MARY)
    rig.settle()
    rig.pd.delete("organization", 1)
    settle_whole(rig)
    (said,) = rig.tc2.get_client(client)["paid_recipients"]
    rig.tc2.edit_client(client, recipients=[said | {"email": " MARY@Example.com"}])
    rig.reconcile()
    assert rig.every("companies") == []


def test_a_new_customer_does_not_go_with_the_company_of_a_deleted_org(rig: SimulatedRig) -> None:
    """Its cligency is first seen by the pass that sees the Org gone whose Contact has its e-mail address."""
    rig.pd.create("organization", name="Acme")
    rig.pd.create("person", name="Mary Booth", org_id=1, emails=["mary@example.com"])
    rig.settle()
    rig.pd.delete("organization", 1)
    client = rig.tc2.create_client({"name": "Beacon"}, email="mary@example.com", last_name="Booth")
    settle_whole(rig)
    company = rig.one("companies")
    assert (company["tc2_cligency_id"], company["name"]) == (client, "Beacon")
    assert rig.pd.get("organization", company["pd_org_id"])["name"] == "Beacon"

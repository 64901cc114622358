"""The day's token budget, what a plan costs, and custom fields that come and go."""

from hermes_sync.sandbox import Fault
from tests.cycle.rig import Rig


def cligency(rig: Rig, number: int = 0) -> int:
    """Create a cligency without people."""
    agency = {"id": 900 + number, "name": f"Agency {number}", "status": "trial"}
    return rig.tc2.create_client(agency=agency, first_name="M", last_name="B", recipients=[])


def test_a_plan_says_what_its_pushes_cost(rig: Rig) -> None:
    """Two Orgs to create are two writes of five tokens each, and two requests that give their cligencies the link."""
    for number in range(2):
        cligency(rig, number)

    cost = rig.diff().cost

    assert (cost.tokens, cost.pipedrive_requests, cost.tc2_requests) == (10, 2, 2)
    assert 0 < cost.seconds < 2


def test_pushes_wait_when_only_the_reserve_of_the_day_is_left(rig: Rig) -> None:
    """Reading goes on, what is local is applied, the Org waits for tomorrow, and both passes say so."""
    cligency(rig)
    rig.configure(daily_token_budget=95)

    poor = rig.reconcile()
    assert poor.exit_code == 5
    assert len(rig.every("companies")) == 1
    assert rig.pd.all("organization") == []
    assert "budget-low" in rig.reconcile().codes
    rig.sandbox.clock.advance(24 * 3600)
    rig.configure(daily_token_budget=30_000)
    rig.settle()

    assert len(rig.pd.all("organization")) == 1


def test_a_pass_that_nobody_asked_to_be_complete_waits_when_the_day_is_spent(rig: Rig) -> None:
    """Below the reserve the due complete read is put off, and --full is not."""
    rig.pd.create("organization", name="Acme", owner_id=99)
    rig.reconcile()
    rig.pd.delete("organization", 1)
    rig.sandbox.clock.advance(7 * 3600)
    rig.configure(daily_token_budget=10)

    assert rig.reconcile().actions == ()
    assert rig.reconcile(full=True).rules() == ["pd.org.deleted/hermes.company/exists"]


def test_a_custom_field_that_is_gone_is_not_taken_for_cleared(rig: Rig) -> None:
    """What Hermes has of it stays; a notice says which field, where to name one that is there, and sync goes on."""
    rig.pd.create("organization", name="Acme", owner_id=99, custom={"website": "acme.example.com"})
    rig.reconcile()
    rig.pd.remove_field("organization", "website")
    rig.pd.edit("organization", 1, name="Acme Ltd")

    done = rig.reconcile(full=True)

    company = rig.one("companies")
    assert (company["name"], company["website"]) == ("Acme Ltd", "acme.example.com")
    assert any("pipedrive.fields.organization" in one.message for one in done.notices if one.code == "field-gone")


def test_a_field_that_is_gone_holds_up_no_push(rig: Rig) -> None:
    """An Org is created without the field that the account lost since its metadata was read."""
    rig.reconcile()
    rig.pd.remove_field("organization", "tc2_status")
    cligency(rig)

    assert rig.reconcile().exit_code == 0
    (org,) = rig.pd.all("organization")
    assert rig.one("companies")["pd_org_id"] == org["id"]
    rig.settle()


def test_without_field_metadata_values_are_taken_as_they_come(rig: Rig) -> None:
    """Metadata that can't be read is a notice, not the end of the pass."""
    rig.pd.faults.add(Fault(path="Fields", status=404, times=None))
    rig.pd.create("organization", name="Acme", owner_id=99, custom={"website": "acme.example.com"})

    done = rig.reconcile()

    assert "no-field-metadata" in done.codes
    assert rig.one("companies")["website"] == "acme.example.com"


def test_numeric_hermes_ids_work_as_texts_do(rig: Rig) -> None:
    """An account whose hermes_id fields are numbers gets numbers, and finds its Companies by them."""
    rig.pd.set_field_type("organization", "hermes_id", "double")
    cligency(rig)
    rig.settle()

    assert rig.pd.custom("organization", 1)["hermes_id"] == 1
    assert rig.reconcile(full=True).actions == ()

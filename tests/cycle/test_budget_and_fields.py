"""The day's token budget, what a plan costs, and custom fields that come and go."""

from datetime import timedelta

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


def metadata_reads(rig: Rig) -> list[str]:
    """Return which kinds' metadata was read since the log was cleared."""
    return [entry.path.removeprefix("/api/v2/") for entry in rig.pd.log.reads() if entry.path.endswith("Fields")]


def test_field_metadata_is_read_once_a_day(rig: Rig) -> None:
    """The passes of one day ask for it once, those of the next day again, one kind a pass."""
    rig.pd.create("organization", name="Acme", owner_id=99)
    rig.configure(sweep_interval=timedelta(days=9))
    rig.reconcile()
    assert metadata_reads(rig) == ["organizationFields", "personFields", "dealFields"]

    rig.pd.log.clear()
    for _ in range(5):
        rig.reconcile()
    assert metadata_reads(rig) == []
    rig.sandbox.clock.advance(24 * 3600)
    for _ in range(5):
        rig.reconcile()

    assert sorted(metadata_reads(rig)) == ["dealFields", "organizationFields", "personFields"]


def test_a_400_that_names_a_field_has_the_metadata_read_again_and_the_new_type_written(rig: Rig) -> None:
    """A counter that became a text: left out once, with a notice; known to the next pass, and from then on a text."""
    client = cligency(rig)
    rig.settle()
    rig.pd.set_field_type("organization", "paid_invoice_count", "varchar")
    rig.tc2.edit_client(client, agency={"paid_invoice_count": 3, "status": "active"})
    first = rig.reconcile()
    assert "field-refused" in first.codes
    assert first.exit_code == 0
    rig.pd.log.clear()

    rig.reconcile()
    assert metadata_reads(rig) == ["organizationFields"]
    rig.tc2.edit_client(client, agency={"paid_invoice_count": 4})
    second = rig.reconcile()

    assert "field-refused" not in second.codes
    assert rig.pd.custom("organization", 1)["paid_invoice_count"] == "4"
    assert rig.one("companies")["paid_invoice_count"] == 4
    rig.settle()
    assert metadata_reads(rig) == ["organizationFields"]


def test_a_400_that_names_a_deleted_field_has_it_disabled_by_the_next_pass(rig: Rig) -> None:
    """The field is left out, the next pass finds out that it is gone and says so, and no write names it again."""
    client = cligency(rig)
    rig.settle()
    key = rig.pd.field_key("organization", "tc2_status")
    rig.pd.remove_field("organization", "tc2_status")
    rig.tc2.edit_client(client, agency={"status": "active", "paid_invoice_count": 3})

    first = rig.reconcile()
    assert "field-refused" in first.codes
    assert rig.pd.custom("organization", 1)["paid_invoice_count"] == 3
    second = rig.reconcile()
    assert [one.message for one in second.notices if one.code == "field-gone" and key in one.message] != []
    rig.pd.log.clear()
    rig.tc2.edit_client(client, agency={"status": "suspended", "paid_invoice_count": 4})
    third = rig.reconcile()

    assert "field-refused" not in third.codes
    (write,) = rig.pd.log.writes()
    assert write.body == {"custom_fields": {rig.pd.field_key("organization", "paid_invoice_count"): 4}}
    assert rig.one("companies")["tc2_status"] == "suspended"


def test_a_refused_create_doubts_the_metadata_too_and_nothing_is_lost_when_it_cannot_be_read(rig: Rig) -> None:
    """Metadata that is doubted and can't be read holds as it was; the pass after that reads it."""
    cligency(rig)
    body = {"success": False, "error": "Validation failed: name: The value is not welcome"}
    rig.pd.faults.add(Fault(method="POST", path="/organizations$", status=400, body=body))
    rig.pd.create("organization", name="Brown", owner_id=99, custom={"paid_invoice_count": 7})
    assert rig.reconcile().outcomes["organization", 2] == "refused"
    rig.pd.faults.add(Fault(path="organizationFields$", status=400))
    rig.pd.edit("organization", 1, custom={"paid_invoice_count": 8})

    assert "no-field-metadata" in rig.reconcile().codes
    assert rig.one("companies", pd_org_id=1)["paid_invoice_count"] == 8
    rig.pd.log.clear()
    rig.reconcile()

    assert metadata_reads(rig) == ["organizationFields"]

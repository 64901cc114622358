"""What a pass writes to Pipedrive: creates that happen once, edits that drop nothing that a person typed."""

from typing import Any

import pytest

from hermes_sync.sandbox import Fault
from tests.cycle.rig import Done, Rig

MARY = {"id": 50, "first_name": "Mary", "last_name": "Booth", "email": "mary@example.com"}


def cligency(rig: Rig, name: str = "Acme", **more: Any) -> int:
    """Create a cligency with one SR, sold by Ada."""
    agency = {"id": 900, "name": name, "status": "trial", "country": "United Kingdom (GB)", "price_plan": "1-payg"}
    options = {"recipients": [MARY], "sales_person": 30, "phone": "020 7946 0000", **more}
    return rig.tc2.create_client(agency=agency, first_name="Mary", last_name="Booth", **options)


def test_a_new_cligency_gets_an_org_and_a_person_and_learns_of_them(rig_on_both: Rig) -> None:
    """Company, Contact, Org and Person come into being, linked and owned, and the cligency learns of them at once."""
    rig = rig_on_both
    client = cligency(rig)

    done = rig.reconcile()
    org, person = rig.pd.all("organization")[0], rig.pd.all("person")[0]
    company, contact = rig.one("companies"), rig.one("contacts")
    assert done.exit_code == 0
    assert done.summary.push == 3
    assert org["name"] == "Acme"
    assert org["owner_id"] == 99
    assert rig.pd.custom("organization", org["id"])["hermes_id"] == str(company["id"])
    assert rig.pd.custom("organization", org["id"])["tc2_status"] == "trial"
    assert (person["name"], person["org_id"]) == ("Mary Booth", org["id"])
    assert person["emails"][0]["value"] == "mary@example.com"
    assert company["pd_org_id"] == org["id"]
    assert contact["pd_person_id"] == person["id"]

    assert rig.tc2.attrs(client)["pipedrive_id"] == str(org["id"])
    assert rig.tc2.attrs(client)["pipedrive_url"] == f"{rig.pd.url}/organization/{org['id']}/"
    assert rig.reconcile().actions == ()
    assert rig.reconcile(full=True).actions == ()
    assert len(rig.pd.all("organization")) == len(rig.pd.all("person")) == 1


def test_a_change_in_tc2_reaches_the_org_and_what_pipedrive_owns_stays(rig: Rig) -> None:
    """The sales team's name and TC2's status, edited between two passes, both survive where they are theirs."""
    client = cligency(rig)
    rig.settle()
    (org,) = rig.pd.all("organization")
    rig.pd.edit("organization", org["id"], name="Acme Ltd")
    rig.tc2.edit_client(client, agency={"status": "active", "name": "Acme in TC2"})

    rig.settle()

    company = rig.one("companies")
    assert (company["name"], company["tc2_status"]) == ("Acme Ltd", "active")
    assert rig.pd.get("organization", org["id"])["name"] == "Acme Ltd"
    assert rig.pd.custom("organization", org["id"])["tc2_status"] == "active"


def test_a_person_keeps_every_address_that_somebody_typed(rig: Rig) -> None:
    """An e-mail that the lists lack is added at the end, never as primary; nothing is dropped."""
    rig.pd.create("organization", name="Acme", owner_id=99)
    rig.pd.create("person", name="Mary Booth", org_id=1, emails=["own@example.com", "two@example.com"])
    rig.reconcile()
    rig.pd.edit("person", 1, emails=[])
    rig.reconcile()
    rig.pd.edit("person", 1, emails=[])
    cligency(rig)
    rig.settle()
    rig.pd.edit("person", 1, emails=["own@example.com", "two@example.com"])
    rig.settle()

    emails = rig.pd.get("person", 1)["emails"]
    assert [one["value"] for one in emails] == ["own@example.com", "two@example.com"]
    assert rig.one("contacts")["email"] == "own@example.com"


def test_an_org_that_people_made_gets_its_hermes_id_only_along_with_another_write(rig: Rig) -> None:
    """Without anything else to say, nothing is written for the hermes_id alone."""
    rig.pd.create("organization", name="Acme", owner_id=99)
    rig.reconcile()
    assert rig.pd.log.writes() == []

    cligency(rig)
    rig.settle()

    assert rig.pd.custom("organization", 1)["hermes_id"] == str(rig.one("companies")["id"])


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="POST", path="/api/v2/organizations", status=502, carried_out=True),
        Fault(method="POST", path="/api/v2/organizations", effect="cut", carried_out=True),
        Fault(method="POST", path="/api/v2/organizations", effect="empty", carried_out=True),
    ],
    ids=["502", "cut", "empty"],
)
@pytest.mark.parametrize("lag", [0, 36])
def test_a_create_without_an_answer_is_found_and_never_made_twice(rig: Rig, fault: Fault, lag: int) -> None:
    """An Org that was made although nobody said so is adopted, however late lists and search show it."""
    rig.pd.list_lag = rig.pd.search_lag = lag
    cligency(rig)
    rig.pd.faults.add(fault)

    assert rig.reconcile().exit_code == 5
    assert rig.one("companies")["pd_org_id"] is None
    for _ in range(4):
        rig.sandbox.clock.advance(-85)  # passes follow each other within seconds
        rig.reconcile()
    rig.settle()

    (org,) = rig.pd.all("organization")
    (person,) = rig.pd.all("person")
    assert rig.one("companies")["pd_org_id"] == org["id"]
    assert person["org_id"] == org["id"]


def made_unheard(rig: Rig) -> int:
    """Have an Org made whose answer is lost, and return its id."""
    cligency(rig)
    rig.pd.faults.add(Fault(method="POST", path="/api/v2/organizations", effect="cut", carried_out=True))
    rig.reconcile()
    (org,) = rig.pd.all("organization")
    return int(org["id"])


def doubt(done: Done) -> str:
    """Return the one notice about a create in doubt."""
    (found,) = (notice.message for notice in done.notices if notice.code == "create-in-doubt")
    return found


def test_a_create_in_doubt_that_nobody_can_read_is_not_made_again(rig: Rig) -> None:
    """Somebody blanks the name of what was perhaps made: a notice says so, and corrected it is adopted."""
    made = made_unheard(rig)
    rig.pd.edit("organization", made, name="  ")

    for _ in range(3):
        done = rig.reconcile()
        assert done.exit_code == 5
        assert f"perhaps pipedrive:organization:{made}" in doubt(done)
    assert len(rig.pd.all("organization")) == 1

    rig.pd.edit("organization", made, name="Acme")
    rig.settle()

    (org,) = rig.pd.all("organization")
    (person,) = rig.pd.all("person")
    assert rig.one("companies")["pd_org_id"] == org["id"] == person["org_id"] == made


def test_a_create_in_doubt_waits_where_not_even_the_hermes_id_of_a_hit_can_be_read(rig: Rig) -> None:
    """A hit without readable custom fields is perhaps it; another odd Org that names nobody holds up nothing."""
    made = made_unheard(rig)
    rig.pd.create("organization", name=" ", custom={"website": str(rig.one("companies")["id"])})
    body = {"success": True, "data": {**rig.pd.get("organization", made), "custom_fields": "none"}}
    for _ in range(2):
        rig.pd.faults.add(Fault(path=f"/api/v2/organizations/{made}$", method="GET", status=200, body=body))
    rig.pd.list_lag = 200

    assert f"perhaps pipedrive:organization:{made}" in doubt(rig.reconcile())
    rig.pd.faults.clear()
    rig.pd.list_lag = 0
    rig.settle()

    assert [org["id"] for org in rig.pd.all("organization") if org["name"].strip()] == [made]
    assert rig.one("companies")["pd_org_id"] == made


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="POST", path="/api/v2/organizations", status=503),
        Fault(method="POST", path="/api/v2/organizations", effect="cut", carried_out=False),
    ],
    ids=["503", "cut"],
)
def test_a_create_that_never_happened_is_made_once_its_doubt_is_over(rig: Rig, fault: Fault) -> None:
    """It is looked for, not found, and made; the Person that waited for it follows."""
    cligency(rig)
    rig.pd.faults.add(fault)

    first = rig.reconcile()
    assert first.exit_code == 5
    assert first.outcomes["person", 1] == "deferred"
    assert rig.pd.all("person") == []
    rig.settle()

    assert len(rig.pd.all("organization")) == len(rig.pd.all("person")) == 1
    assert rig.one("contacts")["pd_person_id"] == rig.pd.all("person")[0]["id"]


def test_a_refused_org_holds_back_its_person_and_nothing_else(rig: Rig) -> None:
    """A 403 plan cap refuses the Org; the Person waits; another cligency goes through."""
    cligency(rig)
    rig.pd.faults.add(Fault(method="POST", path="/api/v2/organizations", status=403, body={"error": "plan cap"}))

    done = rig.reconcile()
    assert done.outcomes == {("organization", 1): "refused", ("person", 1): "deferred", ("client", 1): "deferred"}
    rig.tc2.create_client(
        agency={"id": 901, "name": "Brown", "status": "trial"}, first_name="B", last_name="B", recipients=[]
    )
    rig.reconcile()

    assert [org["name"] for org in rig.pd.all("organization")] == ["Brown"]


def test_a_link_that_somebody_sets_in_tc2_links_company_and_org(rig: Rig) -> None:
    """extra/tc2.pd-link: the Company of a cligency whose Org has no Company gets that Org, its Persons and Deals."""
    rig.pd.create("organization", name="Acme Holding", owner_id=99)
    rig.pd.create("person", name="John Cole", org_id=1)
    client = cligency(rig, name="Brown")
    rig.tc2.edit_client(client, extra_attrs={"pipedrive_id": "1"})

    rig.settle()

    company = rig.one("companies")
    assert (company["pd_org_id"], company["tc2_cligency_id"]) == (1, client)
    assert {row["pd_person_id"] for row in rig.every("contacts")} >= {1}
    assert len(rig.pd.all("organization")) == 1


def test_deleting_a_cligency_deletes_its_company_and_leaves_pipedrive_alone(rig: Rig) -> None:
    """Company and Contacts go; Org and Person stay, and do not bring them back until they change."""
    client = cligency(rig)
    rig.settle()
    rig.tc2.delete_client(client)
    rig.reconcile(full=True)

    assert rig.every("companies") == rig.every("contacts") == []
    assert len(rig.pd.all("organization")) == len(rig.pd.all("person")) == 1
    assert rig.reconcile(full=True).actions == ()
    rig.pd.edit("organization", 1, name="Acme again")
    rig.reconcile()

    assert rig.one("companies")["name"] == "Acme again"
    assert len(rig.every("contacts")) == 1

"""What broke because two systems wrote to each other: loops, stale overwrites, fields that nobody owned."""

import orjson

from hermes_sync.core.policy import Start
from tests.cycle.rig import Rig
from tests.regressions.accounts import MARY, acme, assert_at_rest, sign_up, writes_to


def test_an_edit_of_an_org_goes_round_once(rig: Rig) -> None:
    """An Org's new owner, name and country reach Hermes, nothing comes back to Org or Deal, and all is at rest."""
    acme(rig)
    rig.pd.log.clear()

    rig.pd.edit("organization", 1, name="Acme Ltd", owner_id=98, country="France")
    rig.pd.edit("deal", 1, title="Acme Ltd", owner_id=98)
    rig.reconcile()

    assert rig.one("companies")["sales_person_id"] == 2
    assert rig.one("deals")["admin_id"] == 2
    assert rig.pd.log.writes() == []
    assert_at_rest(rig)


def test_a_merge_is_written_once_and_not_again(rig: Rig) -> None:
    """Resolving the two ids of a winner is one PATCH, whose echo changes nothing."""
    sign_up(rig)
    rig.settle(6)
    winner = rig.pd.create("organization", name="Acme Ltd", owner_id=99)
    rig.settle(6)
    second = rig.one("companies", pd_org_id=winner)
    rig.pd.edit("organization", winner, custom={"hermes_id": str(second["id"])})
    rig.settle(6)
    rig.pd.merge("organization", 1, winner)
    assert "," in rig.pd.custom("organization", winner)["hermes_id"]
    rig.pd.log.clear()

    rig.settle(6)

    assert rig.pd.custom("organization", winner)["hermes_id"] == str(rig.one("companies")["id"])
    assert writes_to(rig, "organization") == [f"PATCH /api/v2/organizations/{winner}"]
    assert_at_rest(rig)


def test_both_systems_may_edit_the_same_company_between_two_passes(rig: Rig) -> None:
    """Each field has one owner: what either side edits of its own survives, and the other's copy is put right."""
    client = acme(rig)

    rig.pd.edit("organization", 1, name="Acme Ltd", custom={"tc2_status": "nonsense"})
    rig.tc2.edit_client(client, agency={"name": "Acme in TC2", "status": "active", "paid_invoice_count": 7})
    rig.settle(6)

    company = rig.one("companies")
    assert (company["name"], company["tc2_status"], company["paid_invoice_count"]) == ("Acme Ltd", "active", 7)
    assert rig.pd.get("organization", 1)["name"] == "Acme Ltd"
    assert rig.pd.custom("organization", 1)["tc2_status"] == "active"
    assert rig.tc2.get_client(client)["meta_agency"]["name"] == "Acme in TC2"
    assert_at_rest(rig)


def test_an_old_state_that_tc2_sends_again_overwrites_nothing_of_sales(rig: Rig) -> None:
    """TC2 says every three hours what it always said: name, country and people stay as sales edited them."""
    client = acme(rig)
    rig.pd.edit("organization", 1, name="Acme Ltd", country="France", owner_id=98)
    rig.pd.edit("person", 1, name="Mary Hill", emails=["hill@example.com"])
    rig.settle(6)

    rig.tc2.edit_client(client, agency={"name": "Acme"}, recipients=[MARY])  # what it said all along
    rig.reconcile(full=True)
    rig.tc2.edit_client(client, agency={"name": "Acme", "status": "active"}, recipients=[MARY])
    rig.settle(6)

    org, person = rig.pd.get("organization", 1), rig.pd.get("person", 1)
    assert (org["name"], org["owner_id"]) == ("Acme Ltd", 98)
    assert person["name"] == "Mary Hill"
    assert [one["value"] for one in person["emails"]] == ["hill@example.com"]
    company, contact = rig.one("companies"), rig.one("contacts")
    assert (company["name"], company["country"], company["sales_person_id"]) == ("Acme Ltd", "FR", 2)
    assert (contact["last_name"], contact["email"]) == ("Hill", "hill@example.com")
    assert company["tc2_status"] == "active"


def test_a_questionnaire_does_not_revert(rig: Rig) -> None:
    """The same answers in another order of keys are the same; new ones reach Hermes and stay."""
    client = sign_up(rig, agency={"signup_questionnaire": {"how-many": "20", "from": "a friend"}})
    rig.settle(6)
    rig.tc2.edit_client(client, agency={"signup_questionnaire": {"from": "a friend", "how-many": "20"}})
    assert rig.reconcile().actions == ()
    rig.tc2.edit_client(client, agency={"signup_questionnaire": {"from": "a friend", "how-many": "50"}})
    rig.settle(6)

    said = rig.one("companies")["signup_questionnaire"]
    assert isinstance(said, str)
    assert orjson.loads(said) == {"from": "a friend", "how-many": "50"}
    assert_at_rest(rig)


def test_tc2_never_touches_a_deal(rig: Rig) -> None:
    """A won and a lost Deal, of a Company that pays, stay as sales left them, whatever its cligency says."""
    client = acme(rig)
    rig.pd.edit("deal", 1, status="won")
    rig.pd.create("deal", title="Old", org_id=1, pipeline_id=1, stage_id=1, status="lost")
    rig.settle(6)
    deals = rig.pd.all("deal")

    for status, paid in (("active", 1), ("active-not-paying", 2), ("terminated", 3)):
        rig.tc2.edit_client(client, agency={"status": status, "paid_invoice_count": paid})
        rig.settle(6)

    assert rig.pd.all("deal") == deals
    assert writes_to(rig, "deal") == []
    assert {row["status"] for row in rig.every("deals")} == {"won", "lost"}


def test_empty_from_an_owner_clears_and_from_anyone_else_changes_nothing(rig: Rig) -> None:
    """TC2 clears its website in Hermes and Pipedrive; Pipedrive clearing TC2's field, or TC2 a Contact's, does not."""
    client = acme(rig)
    rig.tc2.edit_client(client, agency={"website": "https://acme.example.com", "status": "active"})
    rig.settle(6)
    assert rig.pd.custom("organization", 1)["website"] == "https://acme.example.com"

    rig.pd.edit("organization", 1, custom={"tc2_status": None})
    rig.tc2.edit_client(client, agency={"website": None}, recipients=[{**MARY, "email": None}])
    rig.settle(6)

    company = rig.one("companies")
    assert (company["website"], company["tc2_status"]) == (None, "active")
    assert rig.pd.custom("organization", 1)["website"] is None
    assert rig.pd.custom("organization", 1)["tc2_status"] == "active"
    assert rig.one("contacts")["email"] == "mary@example.com"


def test_an_owner_whom_the_config_does_not_know_holds_up_nothing(rig: Rig) -> None:
    """Sales, support and bdr persons that no admin is: a notice each, the fields stay, and the rest goes through."""
    client = acme(rig)
    rig.pd.add_user(77, name="Zoe", email="zoe@example.com")
    rig.tc2.add_admin(88, first_name="Zoe", last_name="Zed", email="zoe@example.com")
    rig.pd.edit("organization", 1, owner_id=77, name="Acme Ltd")
    rig.tc2.edit_client(client, agency={"status": "active"}, support_person=88, bdr_person=88)

    done = rig.reconcile()

    company = rig.one("companies")
    assert (company["name"], company["tc2_status"], company["sales_person_id"]) == ("Acme Ltd", "active", 1)
    assert company["support_person_id"] is None
    said = " ".join(notice.message for notice in done.notices)
    assert "77" in said
    assert "88" in said
    assert_at_rest(rig)


def test_support_and_bdr_persons_are_pushed_as_pipedrive_users(rig: Rig) -> None:
    """The Org gets the Pipedrive id of the admin, not the one of TC2 or of Hermes."""
    sign_up(rig, support_person=31, sales_person=30)
    rig.settle(6)

    assert rig.pd.custom("organization", 1)["support_person_id"] == 98
    assert rig.pd.get("organization", 1)["owner_id"] == 99


def test_a_narc_is_taken_note_of_and_deletes_nothing(rig: Rig) -> None:
    """A narc's Company is marked in Hermes; Org, Person and Deal stay, because the table has no row that purges."""
    client = acme(rig)

    rig.tc2.edit_client(client, agency={"narc": True, "status": "terminated"})
    rig.settle(6)

    assert rig.one("companies")["narc"] is True
    assert len(rig.pd.all("organization")) == len(rig.pd.all("person")) == len(rig.pd.all("deal")) == 1
    assert rig.pd.get("deal", 1)["status"] == "open"


def test_only_our_own_attributes_are_written_and_the_others_stay_letter_by_letter(rig: Rig) -> None:
    """An attribute with capitals and spaces that is not ours is never sent back to TC2."""
    client = acme(rig)
    rig.tc2.add_attribute("pet_name", kind="Long text")
    rig.tc2.edit_client(client, extra_attrs={"pet_name": "  Mr. Whiskers II  "})
    rig.tc2.log.clear()

    rig.pd.edit("deal", 1, stage_id=2)
    rig.settle(6)

    (write,) = rig.tc2.log.writes()
    assert set(write.body["extra_attrs"]) == {"pipedrive_deal_stage"}
    assert rig.tc2.attrs(client)["pet_name"] == "  Mr. Whiskers II  "


def test_a_new_cligency_makes_no_deal(rig: Rig) -> None:
    """A Deal comes from people or from a booking; a cligency, even one with a start for its plan, writes none."""
    assert rig.settings.policy.starts == {"payg": Start(pipeline=1, stage=1)}
    sign_up(rig, agency={"price_plan": "1-payg"})
    rig.settle(6)

    assert rig.pd.all("deal") == rig.every("deals") == []
    assert writes_to(rig, "deal") == []

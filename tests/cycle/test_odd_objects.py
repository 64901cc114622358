"""Odd objects: each is put aside with a notice that says what to correct, and the pass goes on with the rest."""

from typing import Any

import pytest

from hermes_sync.core.records import Ref, RemoteKind
from hermes_sync.cycle.reader import MOST_UNREAD
from hermes_sync.ports import RemoteUnavailable
from hermes_sync.sandbox import Fault
from tests.cycle.rig import Done, Rig

LONG = "x" * 300


def an_org(rig: Rig, name: str = "Acme", **more: Any) -> int:
    """Create an Org of Ada's."""
    return rig.pd.create("organization", **{"name": name, "owner_id": 99, **more})


def notice_about(done: Done, ref: str, code: str) -> str:
    """Return the one notice of this code that speaks of an object."""
    (found,) = (notice.message for notice in done.notices if notice.code == code and ref in notice.refs)
    return found


def answer_with(rig: Rig, kind: str, **spoiled: object) -> None:
    """Have the next list of a kind say something else of its first object."""
    first, *rest = rig.pd.all(kind)
    body = {"success": True, "data": [{**first, **spoiled}, *rest], "additional_data": {"next_cursor": None}}
    rig.pd.faults.add(Fault(path=f"/api/v2/{kind}s$", method="GET", status=200, body=body))


@pytest.mark.parametrize(
    ("kind", "spoiled", "said"),
    [
        ("organization", {"name": None}, "its name is blank"),
        ("organization", {"name": "   "}, "its name is blank"),
        ("organization", {"name": ["Acme"]}, "name is not as expected"),
        ("organization", {"add_time": "yesterday"}, "its add_time is no time"),
        ("organization", {"custom_fields": "none"}, "custom_fields is no object"),
        ("person", {"name": ""}, "its name is blank"),
        ("person", {"add_time": "2026-13-45T00:00:00Z"}, "its add_time is no time"),
        ("person", {"org_id": "Acme"}, "org_id"),
        ("deal", {"status": "dormant"}, "status is not as expected"),
        ("deal", {"title": None}, "its title is blank"),
    ],
)
def test_an_odd_object_is_put_aside_and_taken_up_when_it_is_corrected(
    rig: Rig, kind: str, spoiled: dict[str, object], said: str
) -> None:
    """It is named in a notice, everything beside it comes over, and the next pass brings it when it reads well."""
    for name in ("Acme", "Beacon"):
        org = an_org(rig, name)
        person = rig.pd.create("person", name=f"Mary {name}", org_id=org)
        rig.pd.create("deal", title=name, org_id=org, person_id=person, pipeline_id=1, stage_id=1)
    answer_with(rig, kind, **spoiled)

    done = rig.reconcile()

    assert done.exit_code == 0
    message = notice_about(done, f"pipedrive:{kind}:1", "odd-object")
    assert said in message
    assert "correct it in Pipedrive" in message
    beacon = rig.one("companies", name="Beacon")
    assert len(rig.every("contacts", company_id=beacon["id"])) == 1
    assert len(rig.every("deals", company_id=beacon["id"])) == 1
    rig.reconcile(full=True)
    acme = rig.one("companies", name="Acme")
    assert len(rig.every("contacts", company_id=acme["id"])) == 1
    assert rig.one("deals", company_id=acme["id"])["contact_id"] is not None
    assert rig.reconcile(full=True).actions == ()


@pytest.mark.parametrize(("kind", "field"), [("organization", "name"), ("person", "name"), ("deal", "title")])
def test_a_known_object_that_turns_odd_stays_as_it_was(rig: Rig, kind: str, field: str) -> None:
    """A name that somebody blanked takes nothing away, in ordinary and in full passes, and is said by each."""
    org = an_org(rig)
    person = rig.pd.create("person", name="Mary Booth", org_id=org)
    rig.pd.create("deal", title="Acme", org_id=org, person_id=person, pipeline_id=1, stage_id=1)
    rig.reconcile()
    before = rig.state()
    rig.pd.edit(kind, 1, **{field: ""})

    for full in (False, True):
        done = rig.reconcile(full=full)
        assert notice_about(done, f"pipedrive:{kind}:1", "odd-object")
        assert done.actions == ()
    assert rig.state() == before


def test_an_agency_without_a_name_is_put_aside(rig: Rig) -> None:
    """The other cligency becomes a Company; the odd one does when it has a name."""
    odd = rig.tc2.create_client(agency={"id": 1, "name": "Odd"}, recipients=[])
    rig.tc2.create_client(agency={"id": 2, "name": "Good"}, recipients=[])
    rig.tc2.edit_client(odd, agency={"name": None})

    done = rig.reconcile()
    assert "correct it in TC2" in notice_about(done, f"tc2:client:{odd}", "odd-object")
    assert [row["name"] for row in rig.every("companies")] == ["Good"]
    rig.tc2.edit_client(odd, agency={"name": "Odd no more"})
    rig.settle(6)

    assert {row["name"] for row in rig.every("companies")} == {"Good", "Odd no more"}


def test_a_stage_and_an_owner_that_nobody_knows_are_left_blank(rig: Rig) -> None:
    """The Deal comes over without Stage and admin; a notice names the owner and what to add to the config."""
    org = an_org(rig, owner_id=4711)
    deal = rig.pd.create("deal", title="Acme", org_id=org, pipeline_id=1, stage_id=1, owner_id=4711)
    answer_with(rig, "deal", stage_id=777, pipeline_id=77)

    done = rig.reconcile()

    for ref in (f"pipedrive:organization:{org}", f"pipedrive:deal:{deal}"):
        assert "pd_owner_id = 4711" in notice_about(done, ref, "unknown-admin")
    made = rig.one("deals")
    assert (made["stage_id"], made["pipeline_id"], made["admin_id"]) == (None, None, None)
    assert rig.one("companies")["sales_person_id"] is None


def test_an_owner_that_nobody_knows_leaves_the_sales_person_and_holds_up_nothing_else(rig: Rig) -> None:
    """The sales person stays as it was, the new name is taken."""
    org = an_org(rig)
    rig.reconcile()
    rig.pd.edit("organization", org, owner_id=4711, name="Acme Ltd")

    done = rig.reconcile()

    assert "unknown-admin" in done.codes
    company = rig.one("companies")
    assert (company["name"], company["sales_person_id"]) == ("Acme Ltd", 1)


# -- an Org that is only named


@pytest.mark.parametrize("namer", ["deal", "person"])
def test_an_org_that_was_never_seen_is_read_when_it_is_named(rig: Rig, namer: str) -> None:
    """Hidden from the list by its old update time, it becomes a Company in the pass that first hears of it."""
    rig.reconcile()
    org = an_org(rig, "Hidden", update_time="2020-01-01T00:00:00Z")
    assert rig.reconcile().actions == ()
    words: dict[str, dict[str, Any]] = {
        "deal": {"title": "Acme", "pipeline_id": 1, "stage_id": 1},
        "person": {"name": "Mary Booth"},
    }
    rig.pd.create(namer, org_id=org, **words[namer])

    done = rig.reconcile()

    company = rig.one("companies", pd_org_id=org)
    created = next(action for action in done.actions if action.object == "company")
    assert created.rule == "extra/pd.unknown-org"
    assert "pd.org.created/hermes.company/missing" in created.rules
    assert len(rig.every({"deal": "deals", "person": "contacts"}[namer], company_id=company["id"])) == 1
    assert rig.reconcile(full=True).actions == ()


@pytest.mark.parametrize("purged", [False, True], ids=["deleted", "purged"])
def test_an_org_that_is_named_and_gone_makes_no_company(rig: Rig, purged: bool) -> None:
    """The Deal that names it does not match a Company: nothing is done, and it is not asked for in every pass."""
    rig.reconcile()
    org = an_org(rig, "Gone")
    deal = rig.pd.create("deal", title="Acme", org_id=org, pipeline_id=1, stage_id=1)
    rig.pd.delete("organization", org)
    if purged:
        rig.pd.purge("organization", org)

    assert rig.reconcile().actions == ()
    assert rig.every("companies") == rig.every("deals") == []
    rig.pd.edit("deal", deal, title="Acme again")
    rig.pd.log.clear()
    assert rig.reconcile().actions == ()

    assert rig.pd.log.entries("GET", f"/api/v2/organizations/{org}") == []


# -- Orgs that come and go under Persons and Deals


def test_a_person_without_an_org_is_ignored_until_it_has_one(rig: Rig) -> None:
    """Its first Org makes it a Contact, by the row of Person created."""
    person = rig.pd.create("person", name="Mary Booth")
    rig.reconcile()
    assert rig.every("contacts") == []
    org = an_org(rig)
    rig.pd.edit("person", person, org_id=org)

    done = rig.reconcile()

    assert "pd.person.created/hermes.contact/missing-with-org" in done.rules("create")
    assert rig.one("contacts")["company_id"] == rig.one("companies", pd_org_id=org)["id"]


@pytest.mark.parametrize(("kind", "objects"), [("person", "contacts"), ("deal", "deals")])
def test_what_loses_its_org_stays_with_its_company_and_is_said(rig: Rig, kind: str, objects: str) -> None:
    """An emptied Org is more often a slip than a wish: the Contact or Deal stays, with a notice."""
    org = an_org(rig)
    person = rig.pd.create("person", name="Mary Booth", org_id=org)
    rig.pd.create("deal", title="Acme", org_id=org, person_id=person, pipeline_id=1, stage_id=1)
    rig.reconcile()
    before = rig.one(objects)
    rig.pd.edit(kind, 1, org_id=None)

    done = rig.reconcile()

    assert "has no Org any more" in notice_about(done, f"pipedrive:{kind}:1", "kept-company")
    assert rig.one(objects) == before
    assert rig.reconcile(full=True).actions == ()


# -- long texts


def test_names_of_300_characters_are_cut_to_fit_and_come_to_rest(rig_on_both: Rig) -> None:
    """Org, Person and Deal come over cut to 255 with a notice each, and a full pass has nothing to do."""
    rig = rig_on_both
    org = an_org(rig, LONG, custom={"website": LONG})
    person = rig.pd.create("person", name=f"{LONG} {LONG}", org_id=org)
    rig.pd.create("deal", title=LONG, org_id=org, person_id=person, pipeline_id=1, stage_id=1)

    done = rig.reconcile()

    for ref in (f"pipedrive:organization:{org}", f"pipedrive:person:{person}", "pipedrive:deal:1"):
        assert any(ref in notice.refs and "cut to 255" in notice.message for notice in done.notices)
    company, contact, deal = rig.one("companies"), rig.one("contacts"), rig.one("deals")
    assert company["name"] == company["website"] == deal["name"] == LONG[:255]
    assert contact["first_name"] == contact["last_name"] == LONG[:255]
    assert rig.reconcile(full=True).actions == ()


def test_a_cligency_with_a_long_name_comes_to_rest(rig: Rig) -> None:
    """Its Company and the Org that is created for it agree on the cut name."""
    people = [{"id": 50, "first_name": LONG, "last_name": "Booth", "email": "mary@example.com"}]
    rig.tc2.create_client(agency={"id": 1, "name": LONG}, recipients=people, sales_person=30)

    rig.settle(6)

    assert rig.one("companies")["name"] == LONG[:255]
    assert rig.one("contacts")["first_name"] == LONG[:255]
    assert len(rig.pd.all("organization")) == len(rig.pd.all("person")) == 1


# -- ambiguity


def test_two_companies_of_one_name_are_not_guessed_between(rig: Rig) -> None:
    """A cligency of that name is linked to neither; the notice names both, and it gets a Company of its own."""
    orgs = {an_org(rig), an_org(rig)}
    rig.reconcile()
    two = {row["id"] for row in rig.every("companies")}
    client = rig.tc2.create_client(agency={"id": 1, "name": "acme "}, recipients=[])

    done = rig.reconcile()

    message = notice_about(done, f"tc2:client:{client}", "ambiguous-match")
    assert "none of them was taken" in message
    assert [str(id_) in message for id_ in two] == [True, True]
    assert {row["id"] for row in rig.every("companies", tc2_cligency_id=None)} == two
    assert rig.one("companies", tc2_cligency_id=client)["pd_org_id"] not in orgs


@pytest.mark.parametrize("together", [True, False], ids=["in one pass", "one after the other"])
def test_two_orgs_with_one_hermes_id_do_not_share_a_company(rig: Rig, together: bool) -> None:
    """A copied `hermes_id` is believed of one Org only; the other gets a Company of its own."""
    first = an_org(rig, "First", custom={"hermes_id": "1"})
    if not together:
        rig.reconcile()
    second = an_org(rig, "Second", custom={"hermes_id": "1"})

    rig.settle(6)

    assert {(row["name"], row["pd_org_id"]) for row in rig.every("companies")} == {("First", first), ("Second", second)}
    assert rig.reconcile(full=True).actions == ()


def test_two_persons_with_one_hermes_id_do_not_share_a_contact(rig: Rig) -> None:
    """A copied `hermes_id` is believed of the Person that has the Contact; the other gets one of its own."""
    org = an_org(rig)
    persons = {rig.pd.create("person", name=name, org_id=org, custom={"hermes_id": "1"}) for name in ("Mary", "John")}

    rig.settle(6)

    assert {row["pd_person_id"] for row in rig.every("contacts")} == persons
    assert rig.reconcile(full=True).actions == ()


def test_a_recipient_that_moves_to_another_client_takes_its_contact_along(rig: Rig) -> None:
    """TC2 lets people move a paid recipient; the database lets only one Contact have it."""
    mary = {"id": 50, "first_name": "Mary", "last_name": "Booth", "email": "mary@example.com"}
    old = rig.tc2.create_client(agency={"id": 1, "name": "Old"}, recipients=[mary], sales_person=30)
    new = rig.tc2.create_client(agency={"id": 2, "name": "New"}, recipients=[], sales_person=30)
    rig.settle(6)
    rig.tc2.edit_client(old, recipients=[])
    rig.tc2.edit_client(new, recipients=[mary])

    rig.settle(6)

    assert len(rig.every("contacts", tc2_sr_id=50)) == 1


# -- custom fields of other types


def test_a_dropdown_shows_its_label_and_an_amount_of_money_its_number(rig: Rig) -> None:
    """An enum is read by its options, a monetary by its value, and an option that is gone is taken as text."""
    rig.pd.add_field("organization", "price_plan", "enum", options=["payg", "startup"])
    rig.pd.add_field("organization", "website", "monetary")
    rig.pd.add_field("organization", "paid_invoice_count", "varchar")
    money = {"value": 1200.5, "currency": "GBP"}
    an_org(rig, custom={"price_plan": 2, "website": money, "paid_invoice_count": "7"})
    odd = an_org(rig, "Beacon", custom={"price_plan": 9, "paid_invoice_count": "many"})

    done = rig.reconcile()

    company = rig.one("companies", name="Acme")
    assert (company["price_plan"], company["website"], company["paid_invoice_count"]) == ("startup", "1200.5", 7)
    beacon = rig.one("companies", name="Beacon")
    assert (beacon["price_plan"], beacon["paid_invoice_count"]) == ("9", 0)
    assert "no longer has" in notice_about(done, f"pipedrive:organization:{odd}", "unknown-option")
    assert "not a whole number" in notice_about(done, f"pipedrive:organization:{odd}", "odd-value")


@pytest.mark.parametrize("field_type", ["double", "varchar"])
def test_a_hermes_id_is_understood_as_text_and_as_number(rig: Rig, field_type: str) -> None:
    """The type of the field decides how the id of a Company is written, and it matches all the same."""
    rig.pd.set_field_type("organization", "hermes_id", field_type)
    client = rig.tc2.create_client(agency={"id": 1, "name": "Acme"}, recipients=[], sales_person=30)

    rig.settle(6)

    (org,) = rig.pd.all("organization")
    company = rig.one("companies", tc2_cligency_id=client)
    written = rig.pd.custom("organization", org["id"])["hermes_id"]
    assert written == (company["id"] if field_type == "double" else str(company["id"]))
    assert rig.reconcile(full=True).actions == ()


def test_custom_fields_that_are_null_are_empty_fields(rig: Rig) -> None:
    """An account without any custom field answers null; the Org comes over without them."""
    org = an_org(rig)
    answer_with(rig, "organization", custom_fields=None)

    done = rig.reconcile()

    assert done.notices == ()
    company = rig.one("companies", pd_org_id=org)
    assert (company["website"], company["paid_invoice_count"]) == (None, 0)


def test_what_no_text_can_hold_is_left_out(rig_on_both: Rig) -> None:
    """U+0000 in a name, which PostgreSQL keeps in no text, costs that character and nothing else."""
    rig = rig_on_both
    rig.pd.create("organization", name="Ac\x00me", owner_id=99, custom={"website": "\x00"})
    rig.tc2.create_client({"name": "Bea\x00con"}, last_name="Booth\x00", email="mary@example.com")

    rig.settle()

    assert {row["name"]: row["website"] for row in rig.state()["companies"]} == {"Acme": None, "Beacon": None}
    assert rig.reconcile(full=True).actions == ()


@pytest.mark.parametrize("status", [403, 500])
def test_a_cligency_that_tc2_does_not_hand_out_stops_no_other(rig: Rig, status: int) -> None:
    """It is left out with a notice for as long as TC2 fails at it, and taken up when it can be read."""
    clients = [rig.tc2.create_client({"name": name}, last_name="Booth") for name in ("Acme", "Beacon", "Cedar")]
    bad = Fault(path=f"clients/{clients[1]}/$", method="GET", status=status, body={"detail": "no"}, times=10_000)
    rig.tc2.faults.add(bad)
    org = an_org(rig, "Delta")

    for _ in range(2):
        done = rig.reconcile()
        assert done.exit_code == 0
        assert f"answered {status}" in notice_about(done, f"tc2:client:{clients[1]}", "object-unread")
    assert sorted(row["name"] for row in rig.state()["companies"]) == ["Acme", "Cedar", "Delta"]
    assert rig.pd.exists("organization", org)

    rig.tc2.faults.clear()
    rig.settle()
    assert sorted(row["name"] for row in rig.state()["companies"]) == ["Acme", "Beacon", "Cedar", "Delta"]


def test_a_cligency_that_cannot_be_read_any_more_lets_the_others_have_their_turn(rig: Rig) -> None:
    """It has had its turn as well: the next pass reads another one."""
    clients = [rig.tc2.create_client({"name": f"Agency {number}"}, last_name="Booth") for number in range(3)]
    rig.settle()
    rig.configure(sweep_per_pass=1)
    rig.tc2.faults.add(Fault(path=f"clients/{clients[0]}/$", method="GET", status=500, times=10_000))
    rig.sandbox.clock.advance(2 * 86_400)  # nobody has changed of late
    for client in clients:
        rig.tc2.edit_client(client, agency={"status": "active"})

    for _ in clients:
        rig.reconcile()

    assert [row["tc2_status"] for row in rig.state()["companies"]].count("active") == 2


@pytest.mark.parametrize("status", [403, 500])
def test_a_missing_org_that_nobody_hands_out_is_not_gone_and_stops_nothing(rig: Rig, status: int) -> None:
    """A complete read lacks it, and whether it is deleted can't be told: its Company stays, and all else goes on."""
    org = an_org(rig)
    rig.settle()
    rig.pd.delete("organization", org)
    rig.pd.faults.add(Fault(path=f"/organizations/{org}$", method="GET", status=status, times=10_000))
    an_org(rig, "Beacon")

    done = rig.reconcile(full=True, force=True)
    assert done.exit_code == 0
    assert notice_about(done, f"pipedrive:organization:{org}", "object-unread")
    assert sorted(row["name"] for row in rig.state()["companies"]) == ["Acme", "Beacon"]

    rig.pd.faults.clear()
    rig.reconcile(full=True, force=True)
    assert [row["name"] for row in rig.state()["companies"]] == ["Beacon"]


def test_a_remote_that_fails_at_everything_is_down(rig: Rig) -> None:
    """Where no object can be read the pass comes to nothing, and nothing is forgotten."""
    for number in range(MOST_UNREAD):
        rig.tc2.create_client({"name": f"Agency {number}"}, last_name="Booth")
    rig.tc2.faults.add(Fault(path=r"clients/\d+/$", method="GET", status=500, times=10_000))
    with pytest.raises(RemoteUnavailable, match="500"):
        rig.reconcile()

    rig.tc2.faults.clear()
    rig.settle()
    assert len(rig.state()["companies"]) == MOST_UNREAD


def test_what_a_webhook_named_and_nobody_hands_out_stops_no_other(rig: Rig) -> None:
    """One that is refused is asked for once; one that the remote fails at waits behind the others."""
    orgs = [an_org(rig, name) for name in ("Acme", "Beacon", "Cedar")]
    rig.settle()
    rig.store.hint([Ref(RemoteKind.ORGANIZATION, org) for org in orgs], rig.clock.now())
    for org in orgs:
        rig.pd.edit("organization", org, name=f"Renamed {org}")
    rig.pd.faults.add(Fault(path=f"/organizations/{orgs[0]}$", method="GET", status=403, times=10_000))
    rig.pd.faults.add(Fault(path=f"/organizations/{orgs[1]}$", method="GET", status=500, times=10_000))

    done = rig.reconcile(hinted_only=True)

    assert {notice.refs for notice in done.notices if notice.code == "hint-unread"} == {
        (f"pipedrive:organization:{org}",) for org in orgs[:2]
    }
    assert [row["name"] for row in rig.state()["companies"]] == ["Acme", "Beacon", f"Renamed {orgs[2]}"]
    assert [hint.ref.id for hint in rig.store.hints()] == [orgs[1]]

"""Whatever Pipedrive answers to a write: what is refused is kept, what is gone is proven gone, nothing is made twice.

One pass writes in all four ways: the Org and the Person of a Company that Pipedrive has are patched, those of another
are created. Each fault strikes one of these calls, and the others go through.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

import pytest

from hermes_sync.sandbox import Fault, Incoming
from tests.cycle.rig import PATIENCE, Rig

OLD, NEW = 1, 2
"""Hermes ids of the Company and the Contact that Pipedrive has, and of those it gets; Org and Person the same."""

SILENCE: Final = 1.5
"""For how many seconds a remote says nothing: longer than `LITTLE_PATIENCE`."""
LITTLE_PATIENCE: Final = 0.6


@dataclass(frozen=True)
class Write:
    """One of the four writes of the pass."""

    method: str
    kind: str

    @property
    def hermes_id(self) -> int:
        """Who speaks in it."""
        return OLD if self.method == "PATCH" else NEW

    @property
    def path(self) -> str:
        """A pattern of the path that it goes to."""
        return f"/api/v2/{self.kind}s/{OLD}$" if self.method == "PATCH" else f"/api/v2/{self.kind}s$"

    def fault(self, **what: Any) -> Fault:
        """Return a fault that strikes this write."""
        return Fault(method=self.method, path=self.path, **what)

    def __str__(self) -> str:
        return f"{self.method} {self.kind}"


WRITES: Final = tuple(Write(method, kind) for method in ("POST", "PATCH") for kind in ("organization", "person"))
CREATES: Final = WRITES[:2]
PATCHES: Final = WRITES[2:]
every_write = pytest.mark.parametrize("write", WRITES, ids=str)
every_create = pytest.mark.parametrize("write", CREATES, ids=str)
every_patch = pytest.mark.parametrize("write", PATCHES, ids=str)


def cligency(rig: Rig, number: int, name: str, **more: Any) -> int:
    """Create a cligency with one SR, sold by Ada."""
    recipient = {
        "id": 49 + number,
        "first_name": "Mary",
        "last_name": name,
        "email": f"mary@{name.lower()}.example.com",
    }
    agency = {"id": 900 + number, "name": name, "status": "trial", **more.pop("agency", {})}
    options = {"recipients": [recipient], "sales_person": 30, **more}
    return rig.tc2.create_client(agency=agency, first_name="Mary", last_name=name, **options)


@pytest.fixture
def waiting(rig: Rig) -> Rig:
    """A rig whose next pass patches Org and Person 1, and creates Org and Person 2; several writes may be under way."""
    rig.at_once = 4
    rig.pd.create("organization", name="Acme", owner_id=99)
    rig.pd.create("person", name="Mary Acme", org_id=OLD)
    rig.settle()
    cligency(rig, OLD, "Acme", extra_attrs={"pipedrive_id": "1"})
    cligency(rig, NEW, "Brown")
    return rig


def others(write: Write) -> list[tuple[str, int]]:
    """Return the other writes of the pass that do not wait for this one."""
    waits = ("person", NEW) if (write.method, write.kind) == ("POST", "organization") else None
    keys = [(one.kind, one.hermes_id) for one in WRITES]
    return [key for key in keys if key not in {(write.kind, write.hermes_id), waits}]


def assert_in_step(rig: Rig) -> None:
    """Assert that each Company and Contact has the one Org and Person that says so, and nothing is left to do."""
    assert [(org["name"], org["id"]) for org in rig.pd.all("organization")] == [("Acme", OLD), ("Brown", NEW)]
    assert [person["name"] for person in rig.pd.all("person")] == ["Mary Acme", "Mary Brown"]
    for kind, name, link in (("organization", "companies", "pd_org_id"), ("person", "contacts", "pd_person_id")):
        for row in rig.every(name):
            assert rig.pd.custom(kind, row[link])["hermes_id"] == str(row["id"])
    mails = [[one["value"] for one in person["emails"]] for person in rig.pd.all("person")]
    assert mails == [["mary@acme.example.com"], ["mary@brown.example.com"]]
    assert {rig.pd.custom("organization", id_)["tc2_status"] for id_ in (OLD, NEW)} == {"trial"}
    status = rig.store.status(rig.clock.now())
    assert status.waiting == status.refused == ()
    assert rig.reconcile(full=True).actions == ()


def test_in_good_weather_all_four_writes_go_through(waiting: Rig) -> None:
    """What the other tests disturb."""
    done = waiting.reconcile()

    assert {key: outcome for key, outcome in done.outcomes.items() if key[0] != "client"} == {
        (one.kind, one.hermes_id): "pushed" for one in WRITES
    }
    waiting.settle()
    assert_in_step(waiting)


@every_write
def test_a_400_that_names_a_field_costs_that_field_only(waiting: Rig, write: Write) -> None:
    """The account lost a custom field since its metadata was read: the rest is written, and a notice says which."""
    name = "tc2_status" if write.kind == "organization" else "hermes_id"
    key = waiting.pd.field_key(write.kind, name)
    waiting.pd.faults.add(
        write.fault(status=400, body={"success": False, "error": f"Validation failed: custom_fields: {key}: unknown"})
    )

    done = waiting.reconcile()

    assert done.outcomes[write.kind, write.hermes_id] == "pushed"
    assert done.exit_code == 0
    assert [one for one in done.notices if one.code == "field-refused" and name in one.message] != []
    row = waiting.pd.custom(write.kind, write.hermes_id)
    assert row[name] is None
    if write.kind == "organization":
        assert row["hermes_id"] == str(write.hermes_id)
    else:
        assert waiting.pd.get("person", write.hermes_id)["emails"] != []
    assert all(done.outcomes[one] == "pushed" for one in others(write))


@every_create
def test_a_400_that_names_the_name_refuses_the_create(waiting: Rig, write: Write) -> None:
    """Without a name there is no object: it is kept with the field's name and tried again by a full pass."""
    body = {"success": False, "error": "Validation failed: name: The value must not be empty"}
    waiting.pd.faults.add(write.fault(status=400, body=body))

    done = waiting.reconcile()

    assert done.outcomes[write.kind, NEW] == "refused"
    (kept,) = waiting.store.status(waiting.clock.now()).refused
    assert "name was refused" in str(kept.reason)
    waiting.reconcile(full=True)
    waiting.settle()
    assert_in_step(waiting)


@every_patch
@pytest.mark.parametrize("answer", ["400 deleted", "404", "410"])
def test_an_object_that_is_gone_is_settled_and_its_deletion_proven(waiting: Rig, write: Write, answer: str) -> None:
    """Somebody deletes what is about to be patched: nothing fails or is kept, and what was Hermes' goes with it."""
    rig = waiting

    def delete(incoming: Incoming) -> None:
        if incoming.method == "PATCH" and re.search(write.path, incoming.path):
            rig.pd.before_request = None
            rig.pd.delete(write.kind, OLD)
            if answer == "404":
                rig.pd.purge(write.kind, OLD)

    rig.pd.before_request = delete
    if answer == "410":
        rig.pd.faults.add(write.fault(status=410, body={"success": False, "error": "Gone"}))

    done = rig.reconcile()

    assert done.outcomes[write.kind, OLD] == "gone"
    assert done.exit_code == 0
    assert all(done.outcomes[one] == "pushed" for one in others(write))
    rig.reconcile()
    assert [row["id"] for row in rig.every("contacts")] == [NEW]
    assert [row["id"] for row in rig.every("companies")] == ([NEW] if write.kind == "organization" else [OLD, NEW])
    assert not rig.pd.exists(write.kind, OLD)
    rig.settle()
    status = rig.store.status(rig.clock.now())
    assert status.waiting == status.refused == ()


def test_a_person_of_an_org_that_went_while_it_was_created_is_not_made_elsewhere(waiting: Rig) -> None:
    """The new Org is deleted before its Person is created: Pipedrive refuses that, and both go from Hermes."""
    rig = waiting

    def delete(incoming: Incoming) -> None:
        if incoming.method == "POST" and incoming.path == "/api/v2/persons":
            rig.pd.before_request = None
            rig.pd.delete("organization", NEW)

    rig.pd.before_request = delete
    done = rig.reconcile()

    assert done.outcomes["person", NEW] in {"refused", "pushed"}
    rig.reconcile(full=True)
    rig.settle()
    assert [row["id"] for row in rig.every("companies")] == [OLD]
    assert rig.store.status(rig.clock.now()).waiting == ()


@every_write
def test_a_plan_cap_is_kept_with_its_reason_and_tried_again_when_asked(waiting: Rig, write: Write) -> None:
    """403 in JSON: refused once, left alone by the next pass, and through once there is room and `retry` was said."""
    rig = waiting
    body = {"success": False, "error": "feature_capping_limit reached", "code": "feature_capping_limit"}
    rig.pd.faults.add(write.fault(status=403, body=body, times=None))

    done = rig.reconcile()
    assert done.outcomes[write.kind, write.hermes_id] == "refused"
    assert done.exit_code == 5
    assert all(done.outcomes[one] == "pushed" for one in others(write))
    kept = [push for push in rig.store.status(rig.clock.now()).refused if push.kind == write.kind]
    assert [push.hermes_id for push in kept] == [write.hermes_id]
    assert "feature_capping_limit" in str(kept[0].reason)
    rig.pd.log.clear()
    rig.reconcile()
    assert [entry for entry in rig.pd.log.writes() if re.search(write.path, entry.path)] == []

    rig.pd.faults.clear()
    rig.store.retry_refused(rig.clock.now())
    rig.settle()
    assert_in_step(rig)


@every_write
@pytest.mark.parametrize("effect", ["empty", "truncated", "cut"])
def test_an_answer_that_says_nothing_leaves_no_doubt_behind(waiting: Rig, write: Write, effect: Any) -> None:
    """The write was carried out and its answer is no answer: a PATCH is repeated, a create is found and adopted."""
    rig = waiting
    rig.pd.search_lag = rig.pd.list_lag = 10
    rig.pd.faults.add(write.fault(effect=effect))

    done = rig.reconcile()

    assert done.outcomes[write.kind, write.hermes_id] == ("pushed" if write.method == "PATCH" else "deferred")
    rig.settle(6)
    assert_in_step(rig)


@every_write
@pytest.mark.parametrize("is_carried_out", [True, False], ids=["carried out", "not carried out"])
def test_a_write_that_times_out_is_neither_lost_nor_made_twice(
    waiting: Rig, write: Write, is_carried_out: bool
) -> None:
    """Nobody knows what became of it; the next passes find out."""
    rig = waiting
    rig.timeout = LITTLE_PATIENCE
    rig.pd.faults.add(write.fault(effect="timeout", seconds=SILENCE, carried_out=is_carried_out))

    rig.reconcile()
    rig.timeout = PATIENCE
    rig.settle(6)

    assert_in_step(rig)


@every_create
def test_of_two_that_a_proxy_made_one_is_adopted_and_the_other_named(waiting: Rig, write: Write) -> None:
    """A POST carried out twice: the one that was answered is linked, a notice names the copy, and no third is made."""
    rig = waiting
    rig.pd.faults.add(write.fault(effect="duplicate"))

    rig.reconcile()
    assert len(rig.pd.all(write.kind)) == 3
    second = rig.reconcile()

    link = "pd_org_id" if write.kind == "organization" else "pd_person_id"
    (linked,) = (row for row in rig.every("companies" if write.kind == "organization" else "contacts", id=NEW))
    (copy,) = {row["id"] for row in rig.pd.all(write.kind)} - {OLD, linked[link]}
    (said,) = (one for one in second.notices if one.code == "hermes-id-twice")
    assert said.refs == (f"pipedrive:{write.kind}:{copy}", f"pipedrive:{write.kind}:{linked[link]}")
    rig.settle(6)
    rig.reconcile(full=True)
    rig.settle(6)
    assert len(rig.pd.all(write.kind)) == 3
    assert rig.one("companies", id=NEW)["tc2_cligency_id"] == NEW
    assert rig.one("companies", id=OLD)["pd_org_id"] == OLD
    assert rig.reconcile(full=True).actions == ()


@every_create
def test_a_hit_of_the_search_that_is_long_deleted_is_not_adopted(waiting: Rig, write: Write) -> None:
    """The index remembers a deleted object with the same hermes_id: the create in doubt is made, and made once."""
    rig = waiting
    old = rig.pd.create(write.kind, name="Of long ago", custom={"hermes_id": str(NEW)})
    rig.pd.delete(write.kind, old)
    rig.pd.faults.add(write.fault(status=503))

    rig.reconcile()
    rig.settle(6)

    link = "pd_org_id" if write.kind == "organization" else "pd_person_id"
    linked = rig.one("companies" if write.kind == "organization" else "contacts", id=NEW)[link]
    assert rig.pd.exists(write.kind, int(str(linked)))
    assert linked != old
    assert len(rig.pd.all(write.kind)) == 2
    assert rig.reconcile(full=True).actions == ()


@pytest.mark.parametrize("said", ["4711", "4711, 4712", "none of yours", "2"])
def test_a_hermes_id_that_hermes_does_not_know_links_nobody(waiting: Rig, said: str) -> None:
    """An Org and a Person that claim to be somebody get a Company and a Contact of their own; nobody is overwritten."""
    rig = waiting
    rig.reconcile()
    org = rig.pd.create("organization", name="Stranger", owner_id=99, custom={"hermes_id": said})
    person = rig.pd.create("person", name="John Stranger", org_id=org, custom={"hermes_id": said})

    rig.settle(6)

    company = rig.one("companies", pd_org_id=org)
    assert (company["name"], company["tc2_cligency_id"]) == ("Stranger", None)
    assert rig.one("contacts", pd_person_id=person)["company_id"] == company["id"]
    assert [row["pd_org_id"] for row in rig.every("companies")] == [OLD, NEW, org]
    assert [row["name"] for row in rig.every("companies")] == ["Acme", "Brown", "Stranger"]
    assert rig.reconcile(full=True).actions == ()


def test_a_text_that_is_too_long_is_cut_and_comes_to_rest(rig: Rig) -> None:
    """A name, a website and an SR of thousands of characters: cut with notices, pushed, and never different again."""
    long = "x" * 3000
    recipient = {"id": 50, "first_name": long, "last_name": long, "email": f"{'m' * 400}@example.com"}
    agency = {"website": f"https://example.com/{long}"}
    cligency(rig, 1, long, recipients=[recipient], agency=agency)

    done = rig.reconcile()

    assert done.exit_code == 0
    assert "text-cut" in done.codes
    assert rig.pd.get("organization", 1)["name"] == long[:255]
    assert rig.one("companies")["name"] == long[:255]
    rig.settle(6)
    assert rig.reconcile(full=True).actions == ()


def test_a_text_that_pipedrive_finds_too_long_is_refused_and_holds_up_nothing(waiting: Rig) -> None:
    """A limit that only the account knows: the field is left out where it is named, and the rest is written."""
    rig = waiting
    rig.tc2.edit_client(NEW, agency={"website": "https://example.com/" + "x" * 200})
    key = rig.pd.field_key("organization", "website")
    body = {"success": False, "error": f"Validation failed: custom_fields.{key}: must be at most 100 characters"}
    rig.pd.faults.add(CREATES[0].fault(status=400, body=body))

    done = rig.reconcile()

    assert done.outcomes["organization", NEW] == "pushed"
    assert rig.pd.custom("organization", NEW)["website"] is None
    assert "field-refused" in done.codes


@pytest.mark.parametrize("sales_person", [77, None])
def test_a_cligency_whose_sales_person_no_admin_has_gets_an_org_without_an_owner_of_ours(
    rig: Rig, sales_person: int | None
) -> None:
    """Pipedrive gives it to the key's own user; the Company has no sales person, a notice says so, all is at rest."""
    rig.tc2.add_admin(77, first_name="Zoe", last_name="Zed", email="zoe@example.com")
    cligency(rig, 1, "Acme", sales_person=sales_person)

    done = rig.reconcile()

    assert done.exit_code == 0
    (write,) = rig.pd.log.entries("POST", "/organizations")
    assert "owner_id" not in write.body
    assert ("77" in " ".join(notice.message for notice in done.notices)) == (sales_person == 77)
    assert rig.one("contacts")["pd_person_id"] == 1
    rig.settle(6)
    assert rig.reconcile(full=True).actions == ()

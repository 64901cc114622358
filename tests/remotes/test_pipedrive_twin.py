"""Pipedrive's remote against its twin over real HTTP; each exchange is held against the official contract."""

from datetime import UTC, datetime

import pytest

from hermes_sync.core.records import Org, PdDeal, Person, Reach, Ref, RemoteKind
from hermes_sync.ports import ObjectGone
from hermes_sync.remotes.pipedrive.remote import PipedriveRemote
from hermes_sync.sandbox import Sandbox
from tests.remotes.conftest import WITH_FIELDS, TwinTime, pipedrive_of
from tests.remotes.fakes import DEAL, ORGANIZATION, PERSON, PIPELINE, STAGE, order


def ids(
    remote: PipedriveRemote, kind: RemoteKind, *, archived: bool = False, since: datetime | None = None
) -> list[int]:
    """Give the ids of the living objects in a list."""
    pages = remote.pages(kind, archived=archived, since=since)
    return [one.ref.id for page in pages for one in page.readings if not one.is_gone]


def know(remote: PipedriveRemote) -> None:
    """Let the remote read the account's field metadata."""
    remote.know({kind: remote.read_definitions(kind) for kind in WITH_FIELDS})


def test_what_is_pushed_is_read_back(pipedrive: PipedriveRemote, sandbox: Sandbox) -> None:
    """An organization, a person and a deal come back as they were pushed, in the types of the account's fields."""
    know(pipedrive)
    emails = (Reach(value="mary@example.com", primary=True, label="work"),)
    org = [
        ("name", "Acme"),
        ("owner_id", 99),
        ("country", "GB"),
        ("hermes_id", 7),
        ("paid_invoice_count", 3),
        ("estimated_income", "1000"),
        ("support_person_id", 98),
    ]
    person = [("name", "Mary Booth"), ("owner_id", 99), ("emails", emails), ("hermes_id", 8)]
    deal = [
        ("title", "Acme"),
        ("owner_id", 99),
        ("pipeline_id", 1),
        ("stage_id", 2),
        ("status", "open"),
        ("hermes_id", 9),
    ]

    org_id = pipedrive.push(order(ORGANIZATION, None, org)).remote_id
    person_id = pipedrive.push(order(PERSON, None, [*person, ("org_id", org_id)])).remote_id
    links = [("org_id", org_id), ("person_id", person_id)]
    deal_id = pipedrive.push(order(DEAL, None, [*deal, *links])).remote_id

    assert pipedrive.get(ORGANIZATION, org_id).record == Org(
        id=org_id,
        name="Acme",
        owner_id=99,
        country="GB",
        add_time="2026-05-14T12:00:00Z",
        hermes_id="7",
        paid_invoice_count=3,
        estimated_income="1000",
        support_person_id=98,
    )
    assert pipedrive.get(PERSON, person_id).record == Person(
        id=person_id,
        name="Mary Booth",
        first_name="Mary",
        last_name="Booth",
        owner_id=99,
        org_id=org_id,
        add_time="2026-05-14T12:00:00Z",
        emails=emails,
        hermes_id="8",
    )
    assert pipedrive.get(DEAL, deal_id).record == PdDeal(
        id=deal_id,
        title="Acme",
        owner_id=99,
        org_id=org_id,
        person_id=person_id,
        pipeline_id=1,
        stage_id=2,
        hermes_id="9",
    )
    assert sandbox.pipedrive.custom("organization", org_id)["hermes_id"] == "7"


@pytest.mark.parametrize("type_", ["varchar", "text", "double", "enum", "monetary"])
def test_a_value_survives_every_type_of_field(pipedrive: PipedriveRemote, sandbox: Sandbox, type_: str) -> None:
    """The same income is written and read whatever type its field has."""
    sandbox.pipedrive.remove_field("organization", "estimated_income")
    options = ["500", "1000"] if type_ == "enum" else None
    code = sandbox.pipedrive.add_field("organization", "estimated_income", type_, options)
    keys = {**sandbox.pipedrive.field_keys("organization"), "estimated_income": code}
    remote = pipedrive_of(sandbox, TwinTime(sandbox), {ORGANIZATION: keys})
    remote.know({ORGANIZATION: remote.read_definitions(ORGANIZATION)})

    said = [("name", "Acme"), ("estimated_income", "1000"), ("currency", "GBP")]
    receipt = remote.push(order(ORGANIZATION, None, said))
    record = remote.get(ORGANIZATION, receipt.remote_id).record
    remote.close()

    assert receipt.left_out == ()
    assert isinstance(record, Org)
    assert (record.estimated_income, record.currency) == ("1000", "GBP")


def test_lists_are_read_whole_with_the_server_time(pipedrive: PipedriveRemote, sandbox: Sandbox) -> None:
    """All pages of a list are read in the order of ids, and each says the server's time."""
    made = [sandbox.pipedrive.create("organization", name=f"Company {number}") for number in range(1001)]

    pages = list(pipedrive.pages(ORGANIZATION))

    assert [len(page.readings) for page in pages] == [500, 500, 1]
    assert [one.ref.id for page in pages for one in page.readings] == made
    assert {page.server_time for page in pages} == {datetime(2026, 5, 14, 12, tzinfo=UTC)}
    assert (pipedrive.usage.requests, pipedrive.usage.tokens) == (3, 30)
    assert sandbox.pipedrive.limits.spent == 30


def test_pipelines_and_stages_ignore_a_time(pipedrive: PipedriveRemote) -> None:
    """Pipelines and stages are read whole; they would refuse updated_since."""
    since = datetime(2030, 1, 1, tzinfo=UTC)

    assert (len(ids(pipedrive, PIPELINE, since=since)), len(ids(pipedrive, STAGE, since=since))) == (3, 15)


def test_only_what_was_updated_since_is_read(pipedrive: PipedriveRemote, sandbox: Sandbox) -> None:
    """updated_since is inclusive, in whole seconds."""
    twin = sandbox.pipedrive
    old = twin.create("person", name="Old")
    sandbox.clock.advance(60)
    new = twin.create("person", name="New")

    assert ids(pipedrive, PERSON, since=datetime(2026, 5, 14, 12, 1, 0, 500_000, tzinfo=UTC)) == [new]
    assert ids(pipedrive, PERSON, since=datetime(2026, 5, 14, 12, tzinfo=UTC)) == [old, new]


def test_deals_are_deleted_archived_or_neither(pipedrive: PipedriveRemote, sandbox: Sandbox) -> None:
    """A deleted deal is gone in the list and by id; an archived one lives in its own list and by id."""
    twin = sandbox.pipedrive
    here, gone, archived = (twin.create("deal", title=title) for title in ("Here", "Gone", "Archived"))
    twin.delete("deal", gone)
    twin.archive(archived)

    listed = [one for page in pipedrive.pages(DEAL) for one in page.readings]

    assert [(one.ref.id, one.is_gone) for one in listed] == [(here, False), (gone, True)]
    assert ids(pipedrive, DEAL, archived=True) == [archived]
    assert pipedrive.get(DEAL, gone).is_gone
    found = pipedrive.get(DEAL, archived).record
    assert isinstance(found, PdDeal)
    assert found.archived
    assert [one.ref.id for one in pipedrive.get_many(DEAL, [here, archived]) if not one.is_gone] == [here]


def test_gone_is_proven_by_flag_and_by_404(pipedrive: PipedriveRemote, sandbox: Sandbox) -> None:
    """A deleted organization is gone by its flag, a purged one by 404; both are absent from the list."""
    twin = sandbox.pipedrive
    deleted, purged = (twin.create("organization", name=name) for name in ("Deleted", "Purged"))
    twin.delete("organization", deleted)
    twin.purge("organization", purged)

    assert ids(pipedrive, ORGANIZATION) == []
    assert pipedrive.get(ORGANIZATION, deleted).is_gone
    assert pipedrive.get(ORGANIZATION, purged).is_gone


def test_many_ids_are_read_in_batches(pipedrive: PipedriveRemote, sandbox: Sandbox) -> None:
    """250 ids are three requests; an unknown one is not yielded."""
    made = [sandbox.pipedrive.create("person", name=f"Person {number}") for number in range(249)]

    readings = list(pipedrive.get_many(PERSON, [*made, 99999]))

    assert sorted(one.ref.id for one in readings) == made
    assert pipedrive.usage.requests == 3


def test_find_returns_the_living_objects_that_name_the_id(pipedrive: PipedriveRemote, sandbox: Sandbox) -> None:
    """Deleted hits, and hits in another field, are no finds."""
    twin = sandbox.pipedrive
    wanted = twin.create("organization", name="Wanted", custom={"hermes_id": "12"})
    other = twin.create("organization", name="Other", custom={"utm_source": "12"})
    gone = twin.create("organization", name="Gone", custom={"hermes_id": "12"})
    twin.delete("organization", gone)

    assert [one.ref for one in pipedrive.find(ORGANIZATION, 12)] == [Ref(ORGANIZATION, wanted)]
    assert pipedrive.find(ORGANIZATION, 13) == ()
    assert pipedrive.get(ORGANIZATION, other).record is not None


def test_without_the_field_nothing_is_found(sandbox: Sandbox, time: TwinTime) -> None:
    """When the config maps no hermes_id, nothing can be found by it, and nothing is asked."""
    remote = pipedrive_of(sandbox, time, {})

    assert remote.find(DEAL, 1) == ()
    assert remote.read_definitions(DEAL) == {}
    assert remote.usage.requests == 0
    remote.close()


def test_writing_to_what_is_gone_finds_it_gone(pipedrive: PipedriveRemote, sandbox: Sandbox) -> None:
    """A deleted and a purged organization are both gone for a write."""
    twin = sandbox.pipedrive
    deleted, purged = (twin.create("organization", name=name) for name in ("Deleted", "Purged"))
    twin.delete("organization", deleted)
    twin.purge("organization", purged)

    for id_ in (deleted, purged):
        with pytest.raises(ObjectGone):
            pipedrive.push(order(ORGANIZATION, id_, [("hermes_id", 1)]))


def test_a_field_that_was_removed_is_left_out(pipedrive: PipedriveRemote, sandbox: Sandbox) -> None:
    """When somebody deletes a custom field, the rest of a push still arrives."""
    made = sandbox.pipedrive.create("organization", name="Acme")
    sandbox.pipedrive.remove_field("organization", "website")

    receipt = pipedrive.push(order(ORGANIZATION, made, [("website", "www.example.com"), ("tc2_status", "active")]))

    assert receipt.left_out == ("website",)
    assert sandbox.pipedrive.custom("organization", made)["tc2_status"] == "active"


def test_a_link_to_nobody_is_left_out(pipedrive: PipedriveRemote, sandbox: Sandbox) -> None:
    """A person that Pipedrive does not know is left out of a deal."""
    receipt = pipedrive.push(order(DEAL, None, [("title", "Acme"), ("person_id", 999)]))

    assert receipt.left_out == ("person_id",)
    assert sandbox.pipedrive.get("deal", receipt.remote_id)["person_id"] is None


def test_pushing_leaves_other_custom_fields_alone(pipedrive: PipedriveRemote, sandbox: Sandbox) -> None:
    """An update changes the fields that it names and clears with null."""
    custom = {"website": "www.example.com", "tc2_status": "trial"}
    made = sandbox.pipedrive.create("organization", name="Acme", custom=custom)

    pipedrive.push(order(ORGANIZATION, made, [("tc2_status", None), ("hermes_id", 5)]))

    now = sandbox.pipedrive.custom("organization", made)
    assert (now["website"], now["tc2_status"], now["hermes_id"]) == ("www.example.com", None, "5")

"""Saved replies of Pipedrive, read as the pass would read them."""

from datetime import UTC, datetime

from hermes_sync.core.records import Org, PdDeal, Person, Reach, Ref
from hermes_sync.ports import (
    FieldDefinition,
    Reading,
)
from tests.remotes import fakes
from tests.remotes.fakes import DEAL, ORGANIZATION, PERSON, PIPELINE, STAGE, key, replayed

SERVER_TIME = datetime(2026, 5, 15, 10, 17, 15, tzinfo=UTC)


def organizations() -> dict[int, Reading]:
    """Give the organizations of the cassette by id, read with field definitions."""
    remote = fakes.pipedrive()
    remote.know(
        {
            ORGANIZATION: {
                key(3): FieldDefinition(key=key(3), type="monetary"),
                key(4): FieldDefinition(key=key(4), type="enum", options={"17": "payg"}),
            }
        }
    )
    with replayed("pipedrive/organizations"):
        pages = list(remote.pages(ORGANIZATION))
    assert [page.server_time for page in pages] == [SERVER_TIME, SERVER_TIME]
    return {reading.ref.id: reading for page in pages for reading in page.readings}


def test_a_list_is_read_to_the_end_of_its_cursors() -> None:
    """Every page of a list is read, and every row becomes a reading."""
    assert sorted(organizations()) == [1, 2, 3, 4, 5, 6]


def test_the_official_organization_is_read() -> None:
    """The example of the official contract becomes an Org."""
    assert organizations()[1].record == Org(
        id=1, name="Organization Name", owner_id=1, country="US", add_time="2021-01-01T00:00:00Z"
    )


def test_null_custom_fields_address_and_update_time_are_nothing() -> None:
    """An organization without custom fields, address and update time is read all the same, its name stripped."""
    reading = organizations()[2]

    assert reading.record == Org(id=2, name="No Fields Ltd", owner_id=1, add_time="2021-01-01T00:00:00Z")
    assert reading.update_time is None
    assert reading.notices == ()


def test_every_key_with_null_is_the_same_as_none() -> None:
    """A row with all keys of the account and only nulls says nothing in its custom fields."""
    record = organizations()[3].record

    assert record == Org(id=3, name="All Keys Ltd", owner_id=1, country="GB", add_time="2021-01-01T00:00:00Z")


def test_custom_fields_are_read_in_their_own_type() -> None:
    """Texts, numbers, amounts, options, users and joined ids all arrive in Hermes' form."""
    record = organizations()[4].record

    assert record == Org(
        id=4,
        name="Merged Ltd",
        owner_id=1,
        country="GB",
        add_time="2021-01-01T00:00:00Z",
        tc2_status="text value",
        paid_invoice_count=978,
        estimated_income="200",
        price_plan="payg",
        support_person_id=1000,
        hermes_id="55839, 53670",
    )


def test_a_null_name_is_put_aside() -> None:
    """An organization without a name is put aside with a notice that names it; its page is unharmed."""
    reading = organizations()[5]

    assert (reading.record, reading.is_gone) == (None, False)
    assert [(one.code, one.refs) for one in reading.notices] == [("odd-object", ("pipedrive:organization:5",))]
    assert "name is blank" in reading.notices[0].message


def test_dates_of_zeros_are_none() -> None:
    """0000-00-00 is no date, and harms nothing."""
    reading = organizations()[6]

    assert isinstance(reading.record, Org)
    assert (reading.record.add_time, reading.update_time) == (None, None)


def test_updated_since_is_sent_in_whole_seconds() -> None:
    """A time with fractions asks for whole seconds in UTC."""
    since = datetime(2026, 5, 15, 10, 0, 0, 999_000, tzinfo=UTC)

    with replayed("pipedrive/organizations_since"):
        assert sum(len(page.readings) for page in fakes.pipedrive().pages(ORGANIZATION, since=since)) == 1


def test_ids_that_are_not_answered_are_not_yielded() -> None:
    """Of three ids the deleted one is simply absent."""
    with replayed("pipedrive/organizations_by_ids"):
        assert [one.ref.id for one in fakes.pipedrive().get_many(ORGANIZATION, [1, 2, 3])] == [1, 3]


def test_persons_keep_every_value_and_no_empty_one() -> None:
    """E-mail lists keep every address; a list of one empty text is empty; links come in any form."""
    with replayed("pipedrive/persons"):
        (page,) = fakes.pipedrive().pages(PERSON)
    people = [reading.record for reading in page.readings]

    assert people[0] == Person(
        id=1,
        name="Person Name",
        first_name="Person",
        last_name="Name",
        owner_id=1,
        org_id=1,
        add_time="2021-01-01T00:00:00Z",
        emails=(
            Reach(value="email1@example.com", primary=True, label="work"),
            Reach(value="email2@example.com", label="home"),
        ),
        phones=(Reach(value="12345", primary=True, label="work"), Reach(value="54321", label="home")),
    )
    assert [(one.emails, one.phones) for one in people[1:] if isinstance(one, Person)] == [((), ())] * 3
    assert [one.org_id for one in people if isinstance(one, Person)] == [1, None, 5, 5]
    assert [one.owner_id for one in people if isinstance(one, Person)] == [1, 1, 1, 99]


def test_deleted_deals_are_gone_whatever_else_is_odd() -> None:
    """is_deleted and the status deleted prove that a deal is gone; an unknown status is odd."""
    with replayed("pipedrive/deals"):
        (page,) = fakes.pipedrive().pages(DEAL)
        (archived,) = fakes.pipedrive().pages(DEAL, archived=True)

    assert [reading.is_gone for reading in page.readings] == [False, True, True, False]
    assert page.readings[3].record is None
    assert [one.code for one in page.readings[3].notices] == ["odd-object"]
    assert [one.record.archived for one in archived.readings if isinstance(one.record, PdDeal)] == [True]


def test_a_recorded_deal_is_read() -> None:
    """The deal that somebody recorded becomes a PdDeal, and its headers say what is left of the day."""
    remote = fakes.pipedrive()

    with replayed("pipedrive/deal_recorded"):
        reading = remote.get(DEAL, 1)

    assert reading == Reading(
        ref=Ref(DEAL, 1),
        record=PdDeal(id=1, title="Example deal", owner_id=1000, org_id=1, person_id=1, pipeline_id=1, stage_id=3),
        update_time="2026-05-15T10:16:44Z",
    )
    usage = remote.usage
    assert (usage.requests, usage.tokens, usage.daily_limit, usage.daily_left) == (1, 1, 150000, 148051)


def test_recorded_stages_are_read_whole() -> None:
    """Stages are read without updated_since, even when a time is given."""
    with replayed("pipedrive/stages_recorded"):
        (page,) = fakes.pipedrive().pages(STAGE, since=SERVER_TIME)

    assert all(reading.record is not None for reading in page.readings)
    assert page.server_time == datetime(2026, 5, 15, 11, 19, 29, tzinfo=UTC)


def test_a_pipeline_without_update_time_is_read() -> None:
    """The default pipeline has no update time."""
    with replayed("pipedrive/pipelines"):
        (page,) = fakes.pipedrive().pages(PIPELINE)

    assert [(one.ref.id, one.update_time) for one in page.readings] == [(1, None)]


def test_definitions_are_those_of_the_configured_keys() -> None:
    """Of the account's fields only the configured ones are returned, with their options, from all pages."""
    name = "40characterhashforcustomfieldidentifier"
    remote = fakes.pipedrive(fields={ORGANIZATION: {"price_plan": name}})

    with replayed("pipedrive/organization_fields"):
        assert remote.read_definitions(ORGANIZATION) == {
            name: FieldDefinition(key=name, type="enum", options={"1": "Technology", "2": "Finance", "3": "Healthcare"})
        }


def test_three_answers_prove_that_an_object_is_gone() -> None:
    """200 with is_deleted, 410 and 404 are proofs."""
    remote = fakes.pipedrive()

    with replayed("pipedrive/gone"):
        readings = [remote.get(PERSON, 5), remote.get(PERSON, 11), remote.get(DEAL, 7)]

    assert [(one.is_gone, one.record) for one in readings] == [(True, None)] * 3

"""Rows of Pipedrive made records: what is tolerated, and what is put aside."""

import time
from typing import Any

import orjson
import pytest

from hermes_sync.core.records import Org, PdDeal, PdStage, Person, Reach, RemoteKind
from hermes_sync.ports import FieldDefinition, Reading
from hermes_sync.remotes.pipedrive import wire
from hermes_sync.remotes.pipedrive.custom import CustomFields
from hermes_sync.remotes.pipedrive.wire import RowReader
from tests.remotes import fakes
from tests.remotes.fakes import DEAL, ORGANIZATION, PERSON, PIPELINE, STAGE, key

Row = dict[str, Any]


def read(kind: RemoteKind, row: object, **types: FieldDefinition) -> Reading:
    """Read one row; `types` are the definitions of the fields with these Hermes names."""
    keys = fakes.FIELDS.get(kind, {})
    custom = CustomFields(keys, {keys[name]: definition for name, definition in types.items()})
    return RowReader(kind, custom).page([row])[0]


def field(type_: str, **options: str) -> FieldDefinition:
    """Give a definition; options are given as `o17="payg"`."""
    return FieldDefinition(key="", type=type_, options={name[1:]: label for name, label in options.items()})


def org(**said: object) -> Org:
    """Read an organization that says this and return its record."""
    record = read(ORGANIZATION, {"id": 1, "name": "Acme", **said}).record
    assert isinstance(record, Org)
    return record


def custom(name: str, value: object, **types: FieldDefinition) -> Reading:
    """Read an organization with one custom field."""
    held = {fakes.FIELDS[ORGANIZATION][name]: value}
    return read(ORGANIZATION, {"id": 1, "name": "Acme", "custom_fields": held}, **types)


@pytest.mark.parametrize("kind", [ORGANIZATION, PERSON, PIPELINE, STAGE])
def test_an_id_and_a_name_are_enough(kind: RemoteKind) -> None:
    """Everything but id and name may be missing."""
    reading = read(kind, {"id": 1, "name": "Acme"})

    assert reading.record is not None
    assert reading.notices == ()


def test_a_deal_without_a_status_is_open() -> None:
    """A deal needs an id and a title; it is open unless it says otherwise."""
    assert read(DEAL, {"id": 1, "title": " Big one "}).record == PdDeal(id=1, title="Big one", status="open")


@pytest.mark.parametrize("held", [None, {}, [], {"other": 5}, {key(13): None}, {key(13): ""}, {key(13): {}}])
def test_nothing_in_custom_fields_is_nothing(held: object) -> None:
    """null, {}, a missing key, a null key and an empty value are all the same nothing."""
    assert org(custom_fields=held) == Org(id=1, name="Acme")


@pytest.mark.parametrize(
    ("said", "expected"),
    [(5, 5), ("5", 5), (None, None), ("", None), ({"value": 5}, 5), ({"id": 5, "name": "Ada"}, 5), ({}, None)],
)
def test_links_come_in_any_form(said: object, expected: int | None) -> None:
    """A link is an id, an id as text, null, or an object."""
    person = read(PERSON, {"id": 1, "name": "M", "owner_id": said, "org_id": said}).record
    stage = read(STAGE, {"id": 1, "name": "S", "pipeline_id": said}).record
    deal = read(DEAL, {"id": 1, "title": "D", "stage_id": said, "person_id": said}).record

    assert isinstance(person, Person)
    assert (person.owner_id, person.org_id) == (expected, expected)
    assert stage == PdStage(id=1, name="S", pipeline_id=expected)
    assert isinstance(deal, PdDeal)
    assert (deal.stage_id, deal.person_id, deal.org_id) == (expected, expected, None)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (None, None),
        ({}, None),
        ("", None),
        ("London, United Kingdom", "GB"),
        ({"value": "GB", "country": "GB"}, "GB"),
        ({"value": "Main St 5", "country": "Narnia"}, "Narnia"),
        ({"value": None, "country": None}, None),
        ({"value": "12 Helmet Row, London", "country": ""}, None),
    ],
)
def test_the_country_comes_from_the_address(address: object, expected: str | None) -> None:
    """An address that is missing, a text or an object says the country if it can."""
    assert org(address=address).country == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("website", " www.example.com ", "www.example.com"),
        ("website", "   ", None),
        ("estimated_income", 1000.0, "1000"),
        ("estimated_income", 10.5, "10.5"),
        ("estimated_income", {"value": 200, "currency": "EUR"}, "200"),
        ("estimated_income", {"value": None, "currency": None}, None),
        ("hermes_id", 12, "12"),
        ("hermes_id", 12.0, "12"),
        ("tc2_status", ["a", "b"], "a, b"),
        ("paid_invoice_count", 3, 3),
        ("paid_invoice_count", 3.0, 3),
        ("paid_invoice_count", " 3 ", 3),
        ("support_person_id", 99, 99),
        ("support_person_id", {"id": 99, "name": "Ada"}, 99),
        ("support_person_id", {"value": 99}, 99),
        ("support_person_id", "99", 99),
    ],
)
def test_values_are_read_without_definitions(name: str, value: object, expected: object) -> None:
    """Before the field metadata is known, values are taken as they come: text, or a whole number."""
    reading = custom(name, value)

    assert getattr(reading.record, name) == expected
    assert reading.notices == ()


@pytest.mark.parametrize(
    ("name", "type_", "value", "expected"),
    [
        ("price_plan", "enum", 17, "payg"),
        ("price_plan", "enum", "17", "payg"),
        ("price_plan", "enum", "payg", "payg"),
        ("price_plan", "set", [17, 18], "payg, startup"),
        ("price_plan", "set", None, None),
        ("estimated_income", "monetary", {"value": 10.0, "currency": "GBP"}, "10"),
        ("estimated_income", "double", 978, "978"),
        ("support_person_id", "user", 1000, 1000),
        ("hermes_id", "varchar", "55839, 53670", "55839, 53670"),
        ("website", "address", {"value": "www.example.com", "country": None}, "www.example.com"),
    ],
)
def test_values_are_read_by_their_definition(name: str, type_: str, value: object, expected: object) -> None:
    """An option becomes its label, an amount its number as text, a user the id."""
    reading = custom(name, value, **{name: field(type_, o17="payg", o18="startup")})

    assert getattr(reading.record, name) == expected
    assert reading.notices == ()


def test_an_option_that_was_deleted_is_taken_as_text() -> None:
    """An option that the field no longer has stays as text, with a notice."""
    reading = custom("price_plan", 5, price_plan=field("enum", o17="payg"))

    assert isinstance(reading.record, Org)
    assert reading.record.price_plan == "5"
    assert [(one.code, one.refs) for one in reading.notices] == [("unknown-option", ("pipedrive:organization:1",))]


def test_a_count_that_is_no_number_is_empty() -> None:
    """A text in a counter is taken as empty, with a notice; the rest of the object is read."""
    reading = custom("paid_invoice_count", "three")

    assert isinstance(reading.record, Org)
    assert reading.record.paid_invoice_count is None
    assert [one.code for one in reading.notices] == ["odd-value"]


def test_reaches_are_kept_as_typed() -> None:
    """Every e-mail and phone keeps its case, its spaces, its label and its order; v1's plain texts count too."""
    emails = [{"value": " Mary@Example.com ", "primary": True, "label": "work, home"}, "m@example.com", {}, None]

    record = read(PERSON, {"id": 1, "name": "M", "emails": emails, "phones": [{"value": " "}]}).record

    assert isinstance(record, Person)
    assert record.emails == (
        Reach(value=" Mary@Example.com ", primary=True, label="work, home"),
        Reach(value="m@example.com"),
    )
    assert record.phones == ()


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        pytest.param(ORGANIZATION, {"id": 1}, id="no name"),
        pytest.param(ORGANIZATION, {"id": 1, "name": None}, id="null name"),
        pytest.param(PERSON, {"id": 1, "name": "  "}, id="blank name"),
        pytest.param(DEAL, {"id": 1, "title": ""}, id="blank title"),
        pytest.param(STAGE, {"id": 1, "name": None}, id="stage without name"),
        pytest.param(DEAL, {"id": 1, "title": "D", "status": "paused"}, id="unknown status"),
        pytest.param(ORGANIZATION, {"id": 1, "name": 5}, id="name is a number"),
        pytest.param(ORGANIZATION, {"id": 1, "name": "A", "owner_id": "Ada"}, id="owner is a name"),
        pytest.param(ORGANIZATION, {"id": 1, "name": "A", "add_time": "soon"}, id="broken date"),
        pytest.param(ORGANIZATION, {"id": 1, "name": "A", "add_time": "2026-02-29T00:00:00Z"}, id="impossible date"),
        pytest.param(ORGANIZATION, {"id": 1, "name": "A", "custom_fields": "none"}, id="custom_fields is a text"),
        pytest.param(ORGANIZATION, {"id": 1, "name": "A", "custom_fields": [1]}, id="custom_fields is a list"),
        pytest.param(PERSON, {"id": 1, "name": "A", "emails": "a@example.com"}, id="e-mails are a text"),
    ],
)
def test_one_odd_row_does_not_harm_its_page(kind: RemoteKind, row: Row) -> None:
    """An object that cannot be understood is put aside with a notice; its neighbours are read."""
    good = {"id": 2, "name": "Good", "title": "Good"}

    odd, other = RowReader(kind).page([row, good])

    assert (odd.ref.id, odd.record, odd.is_gone) == (1, None, False)
    assert [(one.code, one.refs) for one in odd.notices] == [("odd-object", (str(odd.ref),))]
    assert str(odd.ref) in odd.notices[0].message
    assert other.record is not None
    assert other.notices == ()


@pytest.mark.parametrize("row", [{"name": "A"}, {"id": None, "name": "A"}, {"id": "x", "name": "A"}, None, 5, []])
def test_a_row_without_an_id_is_named_0(row: object) -> None:
    """What has no id is put aside under the id 0, which no object has."""
    reading = read(ORGANIZATION, row)

    assert (reading.ref.id, reading.record, reading.is_gone) == (0, None, False)
    assert [one.code for one in reading.notices] == ["odd-object"]


def test_an_id_as_text_is_an_id() -> None:
    """Ids as text are ids."""
    assert read(ORGANIZATION, {"id": "7", "name": "A"}).ref.id == 7


@pytest.mark.parametrize("row", [{"id": 1, "is_deleted": True, "name": None}, {"id": 1, "is_deleted": True, "name": 5}])
def test_what_is_deleted_is_gone_however_odd(row: Row) -> None:
    """A deleted object is gone, whatever else it says."""
    assert read(ORGANIZATION, row).is_gone


def test_a_broken_update_time_harms_nothing() -> None:
    """The update time is no part of the record."""
    reading = read(ORGANIZATION, {"id": 1, "name": "A", "update_time": "soon"})

    assert reading.record is not None
    assert reading.update_time is None


def test_archived_deals_say_so() -> None:
    """A deal is archived when it says so, or when it comes from the archived list."""
    row = {"id": 1, "title": "D"}

    by_itself = RowReader(DEAL).page([{**row, "is_archived": True}])[0].record
    by_its_list = RowReader(DEAL, is_archived=True).page([row])[0].record

    assert by_itself == by_its_list == PdDeal(id=1, title="D", archived=True)


def test_odd_answers_to_a_get_are_put_aside_under_the_id_that_was_asked_for() -> None:
    """An answer without an id, or with another one, is no proof of anything about the object."""
    for data in ({"name": "A"}, {"id": 9, "name": "A"}, None):
        reading = fakes.pipedrive(fakes.Script(fakes.ok(data))).get(ORGANIZATION, 5)
        assert (reading.ref.id, reading.record, reading.is_gone) == (5, None, False)
        assert [one.code for one in reading.notices] == ["odd-object"]


def test_definitions_and_hits_pass_over_what_is_odd() -> None:
    """Field metadata and search results that are odd name nothing."""
    rows = [None, {"field_type": "enum"}, {"field_code": "a", "field_type": "enum", "options": [{"id": 1}, None]}]

    assert wire.definitions(rows, {"a"}.__contains__) == {"a": FieldDefinition(key="a", type="enum", options={"1": ""})}
    assert wire.definitions(None, {"a"}.__contains__) == {}
    assert wire.hits({"items": [{"item": {"id": 5}}, {"item": None}, 7]}) == [5]
    assert wire.hits(None) == []


def test_reading_is_fast() -> None:
    """Reading a page of 500 organizations with 87 custom fields takes a few milliseconds.

    The bound is ten times what it takes, so that a busy computer passes; 40 microseconds an object are wanted.
    """
    held = {**{f"bb{i:038d}": None for i in range(80)}, **{key(i): f"text {i}" for i in (1, 3, 4, 13, 14)}}
    rows = [
        {
            "id": number + 1,
            "name": f"Company {number}",
            "owner_id": 99,
            "address": {"value": f"{number} Main St", "country": "United Kingdom"},
            "add_time": "2026-05-15T10:16:44Z",
            "update_time": "2026-05-15T10:16:44Z",
            "is_deleted": False,
            "custom_fields": held,
        }
        for number in range(500)
    ]
    page, reader = orjson.dumps({"data": rows}), RowReader(ORGANIZATION, CustomFields(fakes.FIELDS[ORGANIZATION], {}))
    reader.page(rows[:1])

    started = time.process_time()
    readings = reader.page(orjson.loads(page)["data"])
    spent = time.process_time() - started

    assert all(reading.record is not None for reading in readings)
    assert spent / len(rows) < 400e-6

"""TC2's clients made cligencies: what is tolerated, what is put aside, and what is written back."""

from typing import Any

import httpx
import pytest

from hermes_sync.core.records import Cligency, Ref, Sr
from hermes_sync.ports import Reading, RemoteRefused, RemoteUnavailable
from hermes_sync.remotes.tc2 import wire
from hermes_sync.remotes.tc2.bodies import slug
from tests.remotes import fakes
from tests.remotes.fakes import ATTRS, CLIENT, Script, order

Row = dict[str, Any]


def read(agency: Row | None = None, **root: object) -> Reading:
    """Read a client with this agency."""
    return wire.client({"id": 10, "meta_agency": {"id": 20, "name": "Acme", **(agency or {})}, **root}, ATTRS)


def cligency(agency: Row | None = None, **root: object) -> Cligency:
    """Read a client that is understood, and return its record."""
    reading = read(agency, **root)
    assert isinstance(reading.record, Cligency)
    assert reading.notices == ()
    return reading.record


def test_ids_and_a_name_are_enough() -> None:
    """Everything but the ids and the name of the agency may be missing."""
    assert cligency() == Cligency(id=10, agency_id=20, name="Acme")


@pytest.mark.parametrize(
    "row", [{"id": 10}, {"id": 10, "meta_agency": None, "status": "live", "email": "a@example.com"}]
)
def test_a_client_without_an_agency_says_nothing(row: Row) -> None:
    """Without meta_agency only the id is read."""
    assert wire.client(row, ATTRS) == Reading(ref=Ref(CLIENT, 10), record=Cligency(id=10))


@pytest.mark.parametrize(
    ("said", "plan"),
    [
        ("1-payg", "payg"),
        ("monthly-payg", "payg"),
        ("2-Startup", "startup"),
        ("a-b-enterprise", "enterprise"),
        ("payg", "payg"),
        (None, None),
        ("", None),
    ],
)
def test_the_price_plan_is_what_follows_the_last_dash(said: str | None, plan: str | None) -> None:
    """Known plans are read, a missing one is None."""
    assert cligency({"price_plan": said}).price_plan == plan


def test_an_unknown_price_plan_is_payg() -> None:
    """Any other plan is taken as payg, with a notice."""
    reading = read({"price_plan": "9-platinum"})

    assert isinstance(reading.record, Cligency)
    assert reading.record.price_plan == "payg"
    assert [(one.code, one.refs) for one in reading.notices] == [("unknown-price-plan", ("tc2:client:10",))]


@pytest.mark.parametrize("created", [1767225600, "1767225600", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00"])
def test_creation_comes_as_epoch_or_iso(created: object) -> None:
    """Every form of a time becomes the same text."""
    assert cligency({"created": created}).created == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("narc", [None, False])
def test_narc_is_false_unless_it_is_said(narc: bool | None) -> None:
    """Null and missing are not narc."""
    assert cligency({"narc": narc}).narc is cligency().narc is False
    assert cligency({"narc": True}).narc is True


def test_the_same_answers_are_the_same_text() -> None:
    """A questionnaire is JSON text with sorted keys, so its order does not matter."""
    one = cligency({"signup_questionnaire": {"b": {"d": 1, "c": "é"}, "a": [2]}})
    two = cligency({"signup_questionnaire": {"a": [2], "b": {"c": "é", "d": 1}}})

    assert one.signup_questionnaire == two.signup_questionnaire == '{"a": [2], "b": {"c": "é", "d": 1}}'
    assert cligency({"signup_questionnaire": {}}).signup_questionnaire is None
    assert cligency({"signup_questionnaire": '{"a": 1}'}).signup_questionnaire == '{"a": 1}'


@pytest.mark.parametrize(
    ("said", "id_"), [({"id": 30, "first_name": "A"}, 30), (30, 30), ("30", 30), (None, None), ({}, None)]
)
def test_admins_come_as_object_id_or_null(said: object, id_: int | None) -> None:
    """The three persons are read in every form; the associated admin is the support person."""
    record = cligency(sales_person=said, associated_admin=said, bdr_person=said)

    assert (record.sales_person_id, record.support_person_id, record.bdr_person_id) == (id_, id_, id_)


@pytest.mark.parametrize(
    ("root", "email", "phone"),
    [
        ({"user": {"email": "a@example.com", "mobile": "1", "phone": "2"}}, "a@example.com", "1"),
        ({"user": {"email": None, "mobile": None, "phone": "2"}}, None, "2"),
        ({"email": "a@example.com", "mobile": "", "phone": "2"}, "a@example.com", "2"),
        ({"user": {}, "email": "a@example.com"}, "a@example.com", None),
        ({}, None, None),
    ],
)
def test_the_client_is_reached_in_both_versions(root: Row, email: str | None, phone: str | None) -> None:
    """E-mail and phone are below `user` or at the root; the mobile comes before the phone."""
    record = cligency(**root)

    assert (record.email, record.phone) == (email, phone)


def test_extra_attributes_are_read_by_machine_name() -> None:
    """Dashes and underscores are one spelling, blanks are nothing, and dropdowns are known as such."""
    record = cligency(
        extra_attrs=[
            {"machine_name": "pipedrive-id", "value": 10, "type": "Integer"},
            {"machine_name": "pipedrive_url", "value": "", "type": None},
            {"machine_name": "pipedrive_deal_stage", "value": " Qualified ", "type": "Multi DROPDOWN"},
            {"machine_name": "something_else", "value": "x", "type": "Dropdown"},
            {"machine_name": None, "value": "x"},
        ]
    )

    assert (record.pipedrive_id, record.pipedrive_url, record.pipedrive_deal_stage) == ("10", None, "Qualified")
    assert record.dropdowns == ("pipedrive_deal_stage",)


def test_recipients_may_lack_names_and_emails() -> None:
    """A paid recipient needs an id only."""
    record = cligency(paid_recipients=[{"id": 40, "first_name": None, "email": ""}, {"id": 41, "last_name": " B "}])

    assert record.recipients == (Sr(id=40), Sr(id=41, last_name="B"))
    assert cligency(paid_recipients=None).recipients == ()


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({"meta_agency": {"name": "A"}}, id="agency without id"),
        pytest.param({"meta_agency": {"id": 20, "name": " "}}, id="blank name"),
        pytest.param({"meta_agency": {"id": 20, "name": None}}, id="null name"),
        pytest.param({"meta_agency": {"id": 20, "name": "A", "created": "soon"}}, id="broken date"),
        pytest.param({"meta_agency": []}, id="agency is a list"),
        pytest.param({"meta_agency": {"id": 20, "name": "A"}, "extra_attrs": 5}, id="attributes are a number"),
    ],
)
def test_an_odd_client_is_put_aside(row: Row) -> None:
    """A client that cannot be understood has no record, and a notice says why."""
    reading = wire.client({"id": 10, **row}, ATTRS)

    assert (reading.ref, reading.record, reading.is_gone) == (Ref(CLIENT, 10), None, False)
    assert [(one.code, one.refs) for one in reading.notices] == [("odd-object", ("tc2:client:10",))]


def test_an_answer_about_another_client_is_put_aside() -> None:
    """What speaks of another client, or of none, proves nothing about the one that was asked for."""
    for body in ({"id": 9}, {}):
        reading = fakes.tc2(Script(httpx.Response(200, json=body))).get(10)
        assert (reading.ref.id, reading.record, reading.is_gone) == (10, None, False)


def test_a_client_list_that_is_none_is_no_empty_list() -> None:
    """An answer without rows is not taken for the end; a row without an id is passed over."""
    odd = {"count": 2, "next": None, "results": [{"id": None}, {"id": 3}]}

    assert fakes.tc2(Script(httpx.Response(200, json=odd))).page(1).ids == (3,)
    with pytest.raises(RemoteUnavailable, match="client list"):
        fakes.tc2(Script(httpx.Response(200, json={"detail": "hm"}))).page(1)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Doesn't suit student", "doesnt-suit-student"),
        ("  Qualified  ", "qualified"),
        ("PAYG - Contacted", "payg-contacted"),
        ("Démo & Café", "demo-cafe"),
        ("under_score_", "under_score"),
    ],
)
def test_dropdowns_want_slugs(label: str, expected: str) -> None:
    """A dropdown's option is written as TC2 slugifies it."""
    assert slug(label) == expected


def test_only_what_changed_is_sent() -> None:
    """A push holds the changed attributes under their machine names; None clears; a number is sent as text."""
    script = Script(httpx.Response(200, json={"id": 10}))
    said = [("pipedrive_id", 10), ("pipedrive_deal_stage", None), ("website", "x")]

    receipt = fakes.tc2(script).push(order(CLIENT, 10, said, seen=Cligency(id=10, dropdowns=("pipedrive_deal_stage",))))

    assert script.requests[0].url.path == "/api/clients/10/"
    assert script.bodies == [{"extra_attrs": {"pipedrive_id": "10", "pipedrive_deal_stage": None}}]
    assert receipt.left_out == ("website",)
    assert "tc2.extra_attrs.website" in receipt.notices[0].message


def test_an_attribute_that_tc2_refuses_is_left_out() -> None:
    """A 400 that names an attribute: the rest is pushed without it; alone, it is refused by name."""
    refused = httpx.Response(400, json={"extra_attrs": {"pipedrive_deal_stage": ["not a valid choice"]}})
    script = Script(refused, httpx.Response(200, json={"id": 10}))
    said = [("pipedrive_id", "10"), ("pipedrive_deal_stage", "Nowhere")]

    receipt = fakes.tc2(script).push(order(CLIENT, 10, said))

    assert receipt.left_out == ("pipedrive_deal_stage",)
    assert script.bodies[1] == {"extra_attrs": {"pipedrive_id": "10"}}
    with pytest.raises(RemoteRefused) as caught:
        fakes.tc2(Script(refused)).push(order(CLIENT, 10, said[1:]))
    assert (caught.value.field, caught.value.status) == ("pipedrive_deal_stage", 400)

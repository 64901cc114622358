"""What a push to Pipedrive says, in the type of each field, and what happens when a field is refused."""

import httpx
import pytest

from hermes_sync.core.records import Org, Reach, RemoteKind
from hermes_sync.ports import FieldDefinition, RemoteRefused
from tests.remotes import fakes
from tests.remotes.fakes import DEAL, ORGANIZATION, PERSON, Script, key, ok, order, refusal

ALL = {
    ORGANIZATION: {
        name: key(number)
        for number, name in enumerate(
            ["hermes_id", "estimated_income", "currency", "price_plan", "support_person_id", "website"]
        )
    },
    PERSON: {"hermes_id": key(13)},
    DEAL: {"hermes_id": key(13)},
}


def pushed(
    kind: RemoteKind,
    remote_id: int | None,
    *said: tuple[str, object],
    seen: Org | None = None,
    **types: FieldDefinition,
) -> dict[str, object]:
    """Push and give the body that was sent."""
    script = Script(ok({"id": 1}))
    remote = fakes.pipedrive(script, fields=ALL)
    remote.know({kind: {ALL[kind][name]: definition for name, definition in types.items()}})
    receipt = remote.push(order(kind, remote_id, said, seen=seen))
    assert receipt.left_out == ()
    (body,) = script.bodies
    assert isinstance(body, dict)
    return body


def field(type_: str, **options: str) -> FieldDefinition:
    """Give a definition; options are given as `o17="payg"`."""
    return FieldDefinition(key="", type=type_, options={name[1:]: label for name, label in options.items()})


def test_a_person_is_said_in_full() -> None:
    """A new person has its links as ids, whole lists of e-mails and phones, and its Hermes id as text."""
    emails = (Reach(value="mary@example.com", primary=True, label="work"), Reach(value="m@example.com"))

    body = pushed(
        PERSON,
        None,
        ("name", "Mary Booth"),
        ("owner_id", 99),
        ("org_id", 5),
        ("emails", emails),
        ("phones", ()),
        ("hermes_id", 40),
    )

    assert body == {
        "name": "Mary Booth",
        "owner_id": 99,
        "org_id": 5,
        "emails": [
            {"value": "mary@example.com", "primary": True, "label": "work"},
            {"value": "m@example.com", "primary": False},
        ],
        "custom_fields": {key(13): "40"},
    }


def test_a_deal_is_said_in_full() -> None:
    """A new deal has its ids as numbers, and no key for what it lacks."""
    body = pushed(
        DEAL,
        None,
        ("title", "Acme"),
        ("owner_id", "99"),
        ("org_id", 1),
        ("person_id", None),
        ("pipeline_id", 2),
        ("stage_id", 6),
        ("status", "open"),
        ("hermes_id", "12"),
    )

    assert body == {
        "title": "Acme",
        "owner_id": 99,
        "org_id": 1,
        "pipeline_id": 2,
        "stage_id": 6,
        "status": "open",
        "custom_fields": {key(13): "12"},
    }


def test_an_update_says_what_changed_and_clears_with_null() -> None:
    """An update holds the changed keys only; None is sent as null; an empty list empties."""
    assert pushed(ORGANIZATION, 1, ("website", None)) == {"custom_fields": {key(5): None}}
    assert pushed(ORGANIZATION, 1, ("country", "FR")) == {"address": {"value": "FR", "country": "FR"}}
    assert pushed(ORGANIZATION, 1, ("country", None)) == {"address": None}
    assert pushed(PERSON, 1, ("org_id", None), ("emails", ())) == {"org_id": None, "emails": []}


@pytest.mark.parametrize(
    ("name", "type_", "value", "expected"),
    [
        ("hermes_id", None, 12, "12"),
        ("support_person_id", None, "99", 99),
        ("hermes_id", "varchar", 12, "12"),
        ("hermes_id", "double", "12", 12),
        ("estimated_income", "double", "10.5", 10.5),
        ("estimated_income", "text", 1000.0, "1000"),
        ("price_plan", "enum", "Payg", 17),
        ("price_plan", "set", "payg, startup", [17, 18]),
        ("support_person_id", "user", 99, 99),
        ("support_person_id", "varchar", 99, "99"),
        ("website", "address", "www.example.com", {"value": "www.example.com"}),
        ("price_plan", "enum", "", None),
    ],
)
def test_values_are_written_in_the_type_of_their_field(
    name: str, type_: str | None, value: object, expected: object
) -> None:
    """Each value is said as its field wants it: text, number, id, option."""
    types = {} if type_ is None else {name: field(type_, o17="payg", o18="startup")}

    assert pushed(ORGANIZATION, 1, (name, value), seen=None, **types) == {
        "custom_fields": {ALL[ORGANIZATION][name]: expected}
    }


def test_money_wants_a_currency() -> None:
    """An amount is said with the currency that is pushed along, else with the one last seen."""
    money, amount = field("monetary"), ("estimated_income", "1000.5")

    along = pushed(ORGANIZATION, 1, amount, ("currency", "gbp"), estimated_income=money)
    seen = pushed(ORGANIZATION, 1, amount, seen=Org(id=1, name="A", currency="EUR"), estimated_income=money)

    assert along == {"custom_fields": {key(1): {"value": 1000.5, "currency": "GBP"}, key(2): "gbp"}}
    assert seen == {"custom_fields": {key(1): {"value": 1000.5, "currency": "EUR"}}}


@pytest.mark.parametrize(
    ("name", "type_", "value"),
    [
        ("price_plan", "enum", "platinum"),
        ("price_plan", "set", "payg, platinum"),
        ("estimated_income", "double", "a lot"),
        ("estimated_income", "monetary", "1000"),
        ("support_person_id", "user", "Ada"),
        ("website", "timerange", "www.example.com"),
        ("utm_source", None, "google"),
    ],
)
def test_what_a_field_cannot_hold_is_left_out(name: str, type_: str | None, value: str) -> None:
    """A value that does not fit its field is left out with a notice; alone, it is refused without a request."""
    script = Script(ok({"id": 1}))
    remote = fakes.pipedrive(script, fields=ALL)
    if type_ is not None:
        remote.know({ORGANIZATION: {ALL[ORGANIZATION][name]: field(type_, o17="payg")}})

    receipt = remote.push(order(ORGANIZATION, 1, [(name, value), ("hermes_id", "1")]))

    assert script.bodies == [{"custom_fields": {key(0): "1"}}]
    assert receipt.left_out == (name,)
    assert [one.code for one in receipt.notices] == ["field-refused"]
    with pytest.raises(RemoteRefused) as caught:
        remote.push(order(ORGANIZATION, 1, [(name, value)]))
    assert caught.value.field == name
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("error", "left_out"),
    [
        ("Validation failed: owner_id: user 5 does not exist", ("owner_id",)),
        ("Validation failed: emails[0].value: not an e-mail", ("emails",)),
        ("'org_id' is a read-only field", ("org_id",)),
        (f"Validation failed: custom_fields: Unknown key '{key(13)}'", ("hermes_id",)),
        (f"Validation failed: custom_fields.{key(13)}: not a string", ("hermes_id",)),
        ("Validation failed: owner_id: wrong, org_id: wrong", ("owner_id", "org_id")),
    ],
)
def test_a_refused_field_does_not_hold_up_the_others(error: str, left_out: tuple[str, ...]) -> None:
    """A 400 that names fields: the create is sent again without them, and a notice tells each."""
    script = Script(refusal(error), ok({"id": 8}))
    said = [
        ("name", "Mary"),
        ("owner_id", 5),
        ("org_id", 1),
        ("emails", (Reach(value="mary@example.com"),)),
        ("hermes_id", "1"),
    ]

    receipt = fakes.pipedrive(script, fields=ALL).push(order(PERSON, None, said))

    assert (receipt.remote_id, receipt.left_out) == (8, left_out)
    assert [one.refs for one in receipt.notices] == [("pipedrive:person:8",)] * len(left_out)
    assert error in receipt.notices[0].message
    assert len(script.requests) == 2


def test_fields_may_be_refused_one_after_another() -> None:
    """Each refusal takes its field away, until the rest is taken."""
    script = Script(refusal("Validation failed: owner_id: no"), refusal("Validation failed: org_id: no"), ok({"id": 8}))

    receipt = fakes.pipedrive(script).push(order(PERSON, None, [("name", "M"), ("owner_id", 5), ("org_id", 1)]))

    assert receipt.left_out == ("owner_id", "org_id")
    assert script.bodies[-1] == {"name": "M"}


def test_when_nothing_is_left_the_push_is_refused_by_field() -> None:
    """A refused field that was the only one refuses the push, and the error names it."""
    script = Script(refusal("Validation failed: org_id: no"))

    with pytest.raises(RemoteRefused) as caught:
        fakes.pipedrive(script).push(order(PERSON, 1, [("org_id", 5)]))

    assert (caught.value.field, caught.value.status) == ("org_id", 400)
    assert len(script.requests) == 1


def test_a_new_object_is_not_created_without_its_name() -> None:
    """When the name is refused, nothing is created without it."""
    script = Script(refusal("Validation failed: name: no"), ok({"id": 1}))

    with pytest.raises(RemoteRefused) as caught:
        fakes.pipedrive(script).push(order(ORGANIZATION, None, [("name", "A"), ("owner_id", 5)]))

    assert caught.value.field == "name"
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    "step",
    [
        refusal("Validation failed: custom_fields: Unknown key 'title'"),
        refusal("The value is not a valid 'string'"),
        refusal("Cannot update the title of a deal in this status."),
        refusal("Deal limit reached", status=403, code="feature_capping_deals_limit"),
        httpx.Response(422, text="no"),
    ],
    ids=["custom key named like a field", "no field", "a word in a sentence", "plan limit", "422"],
)
def test_a_refusal_that_names_no_field_is_final(step: httpx.Response) -> None:
    """A refusal that speaks of no field of ours ends the push with the remote's own reason."""
    script = Script(step)

    with pytest.raises(RemoteRefused) as caught:
        fakes.pipedrive(script).push(order(DEAL, 1, [("title", "New"), ("status", "won")]))

    assert (caught.value.field, caught.value.status) == (None, step.status_code)
    assert len(script.requests) == 1


def test_a_long_reason_is_cut() -> None:
    """A message quotes a limited part of what the remote says."""
    with pytest.raises(RemoteRefused) as caught:
        fakes.pipedrive(Script(refusal("no " * 500))).push(order(DEAL, 1, [("title", "New")]))

    assert len(str(caught.value)) < 500


def test_a_push_of_nothing_is_refused_without_a_request() -> None:
    """An order without changes is not sent: Pipedrive would only bump the update time."""
    script = Script(ok({"id": 1}))

    with pytest.raises(RemoteRefused, match="nothing to push"):
        fakes.pipedrive(script).push(order(DEAL, 1, []))

    assert script.requests == []

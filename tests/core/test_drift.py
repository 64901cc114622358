"""Which fields of an Org drifted from what TC2 says."""

from dataclasses import replace

import pytest

from hermes_sync.core.drift import Drift, Drifts, drift_of, survey
from hermes_sync.core.objects import Admin, Company
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Org

POLICY = Policy(
    admins=(Admin(id=1, first_name="Ada", last_name="Byron", email="ada@example.com", pd_owner_id=99),),
    org_fields=frozenset({"hermes_id", "tc2_status", "tc2_cligency_url", "price_plan", "website", "support_person_id"}),
    tc2_base_url="https://tc2.example.com",
)
ACME = Company(
    id=1,
    name="Acme",
    pd_org_id=10,
    tc2_cligency_id=20,
    tc2_status="active",
    price_plan="payg",
    website="https://acme.example.com",
    support_person_id=1,
)
IN_STEP = Org(
    id=10,
    name="Acme",
    hermes_id="1",
    tc2_status="active",
    tc2_cligency_url="https://tc2.example.com/clients/20",
    price_plan="payg",
    website="https://acme.example.com",
    support_person_id=99,
)


def test_an_org_in_step_has_not_drifted() -> None:
    """Where the Org says what TC2 says, in whatever spelling of an address, there is no drift."""
    assert drift_of(ACME, IN_STEP, POLICY) == ()


def test_what_somebody_edited_is_drift() -> None:
    """A field of TC2's that Pipedrive says otherwise is drift, with both values."""
    assert drift_of(ACME, replace(IN_STEP, price_plan="startup"), POLICY) == (
        Drift(company_id=1, org_id=10, field="price_plan", hermes="payg", pipedrive="startup"),
    )


def test_what_somebody_emptied_is_drift() -> None:
    """A field of TC2's that somebody emptied in Pipedrive has drifted too."""
    (one,) = drift_of(ACME, replace(IN_STEP, website=None), POLICY)

    assert (one.hermes, one.pipedrive) == ("https://acme.example.com", None)


@pytest.mark.parametrize("field", ["currency", "estimated_income", "utm_source", "signup_questionnaire"])
def test_every_mapped_field_of_tc2s_may_drift(field: str) -> None:
    """Wherever it stands in the alphabet."""
    policy = replace(POLICY, org_fields=POLICY.org_fields | {field})

    assert [one.field for one in drift_of(ACME, replace(IN_STEP, **{field: "edited"}), policy)] == [field]


def test_people_are_compared_as_pipedrive_users() -> None:
    """A support person is compared by the Pipedrive user that the admin is."""
    (one,) = drift_of(ACME, replace(IN_STEP, support_person_id=98), POLICY)

    assert (one.field, one.hermes, one.pipedrive) == ("support_person_id", 99, 98)


@pytest.mark.parametrize(
    "edit",
    [{"name": "Acme Ltd"}, {"country": "US"}, {"owner_id": 5}, {"hermes_id": "7"}, {"utm_source": "news"}],
    ids=lambda edit: next(iter(edit)),
)
def test_what_is_not_tc2s_does_not_drift(edit: dict[str, object]) -> None:
    """What Pipedrive or Hermes owns, and a field that the config does not map, is no drift."""
    assert drift_of(ACME, replace(IN_STEP, **edit), POLICY) == ()  # type: ignore[arg-type]  # one field of an Org each


def test_a_hermes_id_is_no_drift_beside_one_either() -> None:
    """A wrong `hermes_id` is not counted along with a field that drifted."""
    drifts = drift_of(ACME, replace(IN_STEP, hermes_id=None, tc2_status="trial"), POLICY)

    assert [one.field for one in drifts] == ["tc2_status"]


def test_without_a_cligency_nothing_drifts() -> None:
    """A Company without a cligency has no field that TC2 owns."""
    assert drift_of(replace(ACME, tc2_cligency_id=None), replace(IN_STEP, price_plan="startup"), POLICY) == ()


def test_a_survey_counts_all_and_keeps_the_first() -> None:
    """A survey counts every drifted field and keeps a few, in the order of the pairs."""
    orgs = [replace(IN_STEP, id=number, price_plan="startup", tc2_status="trial") for number in range(1, 100)]
    found = survey(((ACME, org) for org in orgs), POLICY)

    assert found.count == 198
    assert [(one.org_id, one.field) for one in found.examples[:3]] == [
        (1, "tc2_status"),
        (1, "price_plan"),
        (2, "tc2_status"),
    ]
    assert len(found.examples) == 10


def test_a_survey_of_nothing_finds_nothing() -> None:
    """Without pairs there is no drift."""
    assert survey([], POLICY) == Drifts() == Drifts(count=0, examples=())


def test_what_is_still_to_be_pushed_is_no_drift() -> None:
    """A field that a push of the journal is still to set differs because Hermes changed, not Pipedrive."""
    pairs = [(ACME, replace(IN_STEP, price_plan="startup", tc2_status="trial", website=None))]
    found = survey(pairs, POLICY, to_be_said={(1, "price_plan"), (2, "tc2_status")})

    assert [one.field for one in found.examples] == ["tc2_status", "website"]
    assert found.count == 2

"""What an Org and a Person should say, and what is pushed where they say something else (semantics 3)."""

from dataclasses import replace

import pytest

from hermes_sync.core import outbound
from hermes_sync.core.objects import Admin, Company, Contact
from hermes_sync.core.plan import FieldChange
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Cligency, Org, Person, Reach, RemoteKind

POLICY = Policy(
    admins=(Admin(id=1, first_name="Ada", last_name="Byron", email="ada@example.com", pd_owner_id=99),),
    org_fields=frozenset({"hermes_id", "tc2_status", "tc2_cligency_url", "support_person_id"}),
    person_fields=frozenset({"hermes_id"}),
    client_attrs=frozenset({"pipedrive_url", "pipedrive_id", "pipedrive_deal_stage"}),
    pipedrive_base_url="https://acme.pipedrive.com",
    tc2_base_url="https://tc2.example.com",
)
ACME = Company(id=5, name="Acme", sales_person_id=1, tc2_cligency_id=20, tc2_status="trial", pd_org_id=10)
ORG = Org(id=10, name="Acme", tc2_status="trial", tc2_cligency_url="https://tc2.example.com/clients/20", hermes_id="5")
MARY = Contact(
    id=7, company_id=5, first_name="Mary", last_name="Booth", email="mary@example.com", phone="0131 496 0000"
)
PERSON = Person(
    id=40,
    name="Mary Booth",
    org_id=10,
    emails=(Reach(value="MARY@example.com", primary=True),),
    phones=(Reach(value="(0131) 496-0000"),),
)


def said(changes: tuple[FieldChange, ...]) -> dict[str, object]:
    """Return what changes set."""
    return {one.field: one.after for one in changes}


def test_a_new_org_says_everything_that_is_known_and_whose_it_is() -> None:
    """The sales person is its owner; what is nothing is left out."""
    assert said(outbound.org_creation(ACME, POLICY)) == {
        "name": "Acme",
        "owner_id": 99,
        "tc2_status": "trial",
        "tc2_cligency_url": "https://tc2.example.com/clients/20/",
        "hermes_id": "5",
    }


def test_without_a_cligency_there_is_no_address_of_one() -> None:
    """And without the field in the config no hermes_id."""
    policy = replace(POLICY, org_fields=POLICY.org_fields - {"hermes_id"})
    company = replace(ACME, tc2_cligency_id=None, tc2_status=None)

    assert said(outbound.org_creation(company, policy)) == {"name": "Acme", "owner_id": 99}


@pytest.mark.parametrize("ours", [True, False])
def test_an_org_that_says_the_same_is_left_alone(ours: bool) -> None:
    """A missing last slash is no difference."""
    assert outbound.org_changes(ACME, ORG, POLICY, ours=ours) == ()


@pytest.mark.parametrize("other", ["https://tc2.example.com/clients/1", "https://tc2.example.com/clients/3", None])
def test_an_org_that_names_another_cligency_is_put_right(other: str | None) -> None:
    """Whichever it names, an older or a newer one, or none."""
    changes = outbound.org_changes(ACME, replace(ORG, tc2_cligency_url=other), POLICY, ours=False)

    assert said(changes) == {"tc2_cligency_url": "https://tc2.example.com/clients/20/"}


@pytest.mark.parametrize("field", ["website", "currency", "utm_source", "signup_questionnaire"])
def test_a_last_slash_counts_in_every_other_field(field: str) -> None:
    """Only of our own address of a cligency it is known to mean nothing."""
    policy = replace(POLICY, org_fields=frozenset({field}))
    company, org = replace(ACME, **{field: "acme/"}), replace(ORG, **{field: "acme"})

    assert said(outbound.org_changes(company, org, policy, ours=False)) == {field: "acme/"}


@pytest.mark.parametrize("said_now", ["activated", "zombie", "", None])
def test_an_org_with_another_status_is_put_right(said_now: str | None) -> None:
    """Whatever it says, or nothing."""
    assert said(outbound.org_changes(ACME, replace(ORG, tc2_status=said_now), POLICY, ours=False)) == {
        "tc2_status": "trial"
    }


def test_a_differing_field_takes_the_hermes_id_along() -> None:
    """On an Org that people created it is written with another field only."""
    named_by_nobody = replace(ORG, hermes_id=None)

    assert outbound.org_changes(ACME, named_by_nobody, POLICY, ours=False) == ()
    assert said(outbound.org_changes(ACME, named_by_nobody, POLICY, ours=True)) == {"hermes_id": "5"}
    changes = outbound.org_changes(replace(ACME, tc2_status="active"), named_by_nobody, POLICY, ours=False)
    assert said(changes) == {"tc2_status": "active", "hermes_id": "5"}


def test_of_a_merge_one_id_is_left() -> None:
    """A field that holds this id and another is put right also by itself; one that holds only others is not."""
    merged = outbound.org_changes(ACME, replace(ORG, hermes_id="5, 9"), POLICY, ours=False)

    assert said(merged) == {"hermes_id": "5"}
    assert outbound.org_changes(ACME, replace(ORG, hermes_id="8, 9"), POLICY, ours=False) == ()


def test_a_hermes_id_that_is_not_mapped_is_never_written() -> None:
    """Neither along nor alone."""
    policy = replace(POLICY, org_fields=frozenset({"tc2_status"}), person_fields=frozenset())
    changes = outbound.org_changes(replace(ACME, tc2_status="active"), replace(ORG, hermes_id=None), policy, ours=True)

    assert said(changes) == {"tc2_status": "active"}
    assert outbound.person_changes(MARY, PERSON, policy, ours=True) == ()


def test_a_new_person_says_name_org_owner_email_and_phone() -> None:
    """Both are primary in lists of their own."""
    assert said(outbound.person_creation(MARY, ACME, POLICY)) == {
        "name": "Mary Booth",
        "owner_id": 99,
        "org_id": 10,
        "emails": (Reach(value="mary@example.com", primary=True, label="work"),),
        "phones": (Reach(value="0131 496 0000", primary=True, label="work"),),
        "hermes_id": "7",
    }


@pytest.mark.parametrize(
    ("contact", "name"),
    [
        (replace(MARY, last_name=None), "Mary"),
        (replace(MARY, first_name=None, last_name=None), "mary@example.com"),
        (Contact(id=7, company_id=5), "Contact 7"),
    ],
)
def test_a_person_always_has_a_name(contact: Contact, name: str) -> None:
    """Pipedrive wants one: else the e-mail, else a number."""
    assert said(outbound.person_creation(contact, ACME, POLICY))["name"] == name


def test_a_person_of_a_company_without_an_org_waits_for_it() -> None:
    """A placeholder stands for the Org of the same plan, and is filled in when it is there."""
    changes = outbound.person_creation(MARY, replace(ACME, pd_org_id=None), POLICY)

    assert said(changes)["org_id"] == outbound.NEW_ORG
    filled = outbound.filled_in(changes, {RemoteKind.ORGANIZATION: 11}, POLICY)
    assert said(filled) == {**said(changes), "org_id": 11}


def test_a_person_with_the_email_and_phone_is_left_alone_however_they_are_spelt() -> None:
    """Case of an e-mail, spaces and brackets of a phone are no difference."""
    assert outbound.person_changes(MARY, PERSON, POLICY, ours=False) == ()


@pytest.mark.parametrize(
    ("contact", "field", "value"),
    [
        (replace(MARY, email="new@example.com"), "emails", "new@example.com"),
        (replace(MARY, phone="0131 496 0001"), "phones", "0131 496 0001"),
    ],
)
def test_what_a_persons_lists_lack_is_added_at_the_end(contact: Contact, field: str, value: str) -> None:
    """Never as primary; what people typed stays as it is, and the hermes_id goes along."""
    changes = outbound.person_changes(contact, PERSON, POLICY, ours=False)

    assert said(changes) == {
        field: (*getattr(PERSON, field), Reach(value=value, primary=False, label="work")),
        "hermes_id": "7",
    }


def test_a_contact_without_email_and_phone_adds_nothing() -> None:
    """Nothing is no value."""
    blank = replace(MARY, email=None, phone=None)

    assert outbound.person_changes(blank, PERSON, POLICY, ours=False) == ()
    assert outbound.person_changes(blank, replace(PERSON, emails=(), phones=()), POLICY, ours=False) == ()


SEEN = Cligency(id=20, agency_id=30, pipedrive_url="https://acme.pipedrive.com/organization/10", pipedrive_id="10")


def test_a_cligency_is_told_only_what_differs() -> None:
    """A missing last slash is no difference; a dropdown's label may be spelt in another case."""
    wanted = {
        "pipedrive_url": "https://acme.pipedrive.com/organization/10/",
        "pipedrive_id": "11",
        "pipedrive_deal_stage": "Demo Booked",
    }
    dropdown = replace(SEEN, pipedrive_deal_stage="demo booked ", dropdowns=("pipedrive_deal_stage",))

    assert outbound.client_changes(wanted, dropdown) == (FieldChange("pipedrive_id", "10", "11"),)
    plain = replace(SEEN, pipedrive_deal_stage="demo booked")
    assert said(outbound.client_changes(wanted, plain)) == {"pipedrive_id": "11", "pipedrive_deal_stage": "Demo Booked"}


@pytest.mark.parametrize("other", ["https://acme.pipedrive.com/organization/1", "https://other.pipedrive.com/", ""])
def test_a_cligency_with_another_link_is_put_right(other: str) -> None:
    """Whichever Org it names."""
    wanted = {"pipedrive_url": "https://acme.pipedrive.com/organization/10/"}

    assert said(outbound.client_changes(wanted, replace(SEEN, pipedrive_url=other))) == wanted
    assert outbound.client_changes(wanted, replace(SEEN, pipedrive_url=wanted["pipedrive_url"])) == ()


@pytest.mark.parametrize("other", ["Contacted", "Unqualified", None])
def test_a_dropdown_with_another_label_is_put_right(other: str | None) -> None:
    """Whichever it is."""
    seen = replace(SEEN, pipedrive_deal_stage=other, dropdowns=("pipedrive_deal_stage",))

    assert said(outbound.client_changes({"pipedrive_deal_stage": "Demo"}, seen)) == {"pipedrive_deal_stage": "Demo"}


def test_an_attribute_is_cleared_only_where_it_says_something() -> None:
    """Null over an empty one is an equal value."""
    wanted = {"pipedrive_url": None, "pipedrive_id": None, "pipedrive_deal_stage": None}

    assert said(outbound.client_changes(wanted, SEEN)) == {"pipedrive_url": None, "pipedrive_id": None}
    assert outbound.client_changes(wanted, Cligency(id=20, agency_id=30, pipedrive_deal_stage="")) == ()


def test_a_new_org_is_told_to_its_cligency_as_far_as_that_is_mapped() -> None:
    """Link and id, filled in once the Org is there; what else changes goes along as it is."""
    changes = outbound.link_to_new_org(SEEN, POLICY)
    stage = FieldChange("pipedrive_deal_stage", None, "Contacted")

    filled = outbound.filled_in((*changes, stage), {RemoteKind.ORGANIZATION: 12}, POLICY)

    assert said(filled) == {
        "pipedrive_url": "https://acme.pipedrive.com/organization/12/",
        "pipedrive_id": "12",
        "pipedrive_deal_stage": "Contacted",
    }
    assert outbound.link_to_new_org(SEEN, replace(POLICY, client_attrs=frozenset())) == ()

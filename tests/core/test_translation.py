"""What remote records say in Hermes' words (semantics 3)."""

from dataclasses import replace

import pytest

from hermes_sync.core import translation
from hermes_sync.core.objects import Admin
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Cligency, Org, Person, Reach, Sr

ADMINS = tuple(
    Admin(
        id=id_, first_name="A", last_name="B", email=f"{id_}@example.com", pd_owner_id=id_ * 10, tc2_admin_id=id_ * 100
    )
    for id_ in (1, 2, 3)
)
POLICY = Policy(admins=ADMINS, org_fields=frozenset({"website", "paid_invoice_count", "support_person_id"}))
FIRST, SECOND, THIRD = Sr(id=500), Sr(id=300, email="Second@Example.com"), Sr(id=900)
CLIENT = Cligency(
    id=20, agency_id=30, email="Client@Example.com", phone="0131 496 0000", recipients=(FIRST, SECOND, THIRD)
)


def test_the_first_sr_without_an_email_takes_the_clients_and_only_that_one() -> None:
    """In lower case; the others keep their own or none."""
    said = [translation.of_sr(sr, CLIENT).fields["email"] for sr in CLIENT.recipients]

    assert said == ["client@example.com", "second@example.com", None]


def test_only_the_first_sr_takes_the_clients_phone() -> None:
    """First in the list, whatever the ids."""
    said = [translation.of_sr(sr, CLIENT).fields["phone"] for sr in CLIENT.recipients]

    assert said == ["0131 496 0000", None, None]
    assert translation.of_sr(FIRST, replace(CLIENT, recipients=())).fields["phone"] is None
    read_again = replace(FIRST, id=int("500"))
    assert translation.of_sr(read_again, CLIENT).fields["phone"] == "0131 496 0000"
    assert translation.of_sr(read_again, CLIENT).fields["email"] == "client@example.com"


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Mary Booth", "Mary", "Booth"),
        ("Mary Ann van der Booth", "Mary Ann van der", "Booth"),
        ("Mary", "Mary", None),
        ("  ", None, None),
        (None, None, None),
    ],
)
def test_the_last_word_of_a_full_name_is_the_last_name(name: str | None, first: str | None, last: str | None) -> None:
    """One word is a first name."""
    assert translation.split_name(name) == (first, last)


@pytest.mark.parametrize(
    ("emails", "said"),
    [
        ((Reach(value="A@example.com"), Reach(value="b@example.com", primary=True)), "b@example.com"),
        ((Reach(value=" "), Reach(value="C@example.com"), Reach(value="d@example.com")), "c@example.com"),
        ((Reach(value=" ", primary=True), Reach(value="e@example.com")), "e@example.com"),
        ((), None),
    ],
)
def test_the_primary_email_counts_or_else_the_first(emails: tuple[Reach, ...], said: str | None) -> None:
    """Blank ones do not."""
    person = Person(id=1, name="Mary Booth", emails=emails, phones=emails)

    assert translation.of_person(person).fields["email"] == said
    phone = translation.of_person(person).fields["phone"]
    assert (phone or "").lower() == (said or "")  # type: ignore[attr-defined]  # a text or nothing


@pytest.mark.parametrize("fields", [{"first_name": "May"}, {"last_name": "Hill"}])
def test_first_and_last_name_win_over_the_full_name(fields: dict[str, str]) -> None:
    """As soon as there is one of the two."""
    said = translation.of_person(Person(id=1, name="Mary Booth", **fields)).fields  # type: ignore[arg-type]  # texts

    assert (said["first_name"], said["last_name"]) == (fields.get("first_name"), fields.get("last_name"))


@pytest.mark.parametrize(("owner", "admin"), [(10, 1), (20, 2), (30, 3), (None, None)])
def test_an_owner_is_the_admin_with_that_pipedrive_id(owner: int | None, admin: int | None) -> None:
    """And nobody is nobody."""
    said = translation.of_org(Org(id=1, name="Acme", owner_id=owner, support_person_id=owner), POLICY)

    assert said.fields["sales_person_id"] == admin
    assert said.fields["support_person_id"] == admin
    assert said.notices == ()


def test_an_unknown_owner_leaves_the_field_out_with_a_notice() -> None:
    """The notice names the user and what to add."""
    said = translation.of_org(Org(id=1, name="Acme", owner_id=77), POLICY)

    assert "sales_person_id" not in said.fields
    assert [one.code for one in said.notices] == ["unknown-admin"]
    assert "pd_owner_id = 77" in said.notices[0].message


@pytest.mark.parametrize(("tc2_id", "admin"), [(100, 1), (200, 2), (300, 3), (None, None)])
def test_people_of_a_cligency_are_admins_by_their_tc2_id(tc2_id: int | None, admin: int | None) -> None:
    """Sales, support and bdr person alike."""
    client = replace(CLIENT, sales_person_id=tc2_id, support_person_id=tc2_id, bdr_person_id=tc2_id)
    said = translation.of_cligency(client, POLICY)

    assert [said.fields[name] for name in ("sales_person_id", "support_person_id", "bdr_person_id")] == [admin] * 3


def test_a_field_that_the_config_does_not_map_is_not_said() -> None:
    """Left out is not the same as empty."""
    said = translation.of_org(Org(id=1, name="Acme", price_plan="payg"), POLICY)

    assert "price_plan" not in said.fields
    assert said.fields["website"] is None
    assert said.fields["paid_invoice_count"] == 0
    assert "currency" not in translation.of_cligency(CLIENT, POLICY).fields

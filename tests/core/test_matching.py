"""The ladders of semantics 2, rung by rung: which rung wins, who is no candidate, and what ambiguity says."""

from dataclasses import replace

import pytest

from hermes_sync.core import matching
from hermes_sync.core.objects import Company, Contact, Deal, HermesObject
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Cligency, Org, PdDeal, Person, Reach, Ref, RemoteKind, Sr
from hermes_sync.core.world import Surroundings, World

ACME = Company(id=1, name="Acme")
OTHER = Company(id=2, name="Other")
MARY = Contact(id=1, company_id=1, first_name="Mary", last_name="Booth", email="mary@example.com")
JOHN = Contact(id=2, company_id=1, first_name="John", last_name="Hill", email="john@example.com")
ORG = Org(id=10, name="Acme")
SR = Sr(id=50, first_name="Mary", last_name="Booth", email="mary@example.com")


def around(
    *objects: HermesObject, living: tuple[int, ...] = (), naming: dict[int, tuple[int, ...]] | None = None
) -> World:
    """Return a World of these objects."""
    return World(
        Policy(),
        Surroundings(objects=objects, living_orgs=frozenset(living), clients_naming_org=naming or {}),
    )


def test_a_link_wins_over_every_other_rung() -> None:
    """An Org linked to one Company is not moved by a hermes_id that names another."""
    world = around(replace(OTHER, pd_org_id=10), ACME)

    assert matching.company_of_org(replace(ORG, hermes_id="1"), world).found == replace(OTHER, pd_org_id=10)


def test_a_hermes_id_wins_over_a_name() -> None:
    """The Company that the field names is taken, not the one that is called so."""
    world = around(ACME, OTHER)

    assert matching.company_of_org(replace(ORG, hermes_id="2"), world).found == OTHER


@pytest.mark.parametrize(("living", "found"), [((99,), None), ((), 2)])
def test_a_company_of_another_org_is_taken_only_when_that_org_is_gone(
    living: tuple[int, ...], found: int | None
) -> None:
    """A copied hermes_id takes nobody from a living Org."""
    world = around(replace(OTHER, pd_org_id=99), living=living)
    match = matching.company_of_org(replace(ORG, hermes_id="2"), world)

    assert (match.found.id if match.found else None) == found


def test_the_cligencys_link_wins_over_a_name() -> None:
    """A Company whose cligency names the Org is taken, not another that is called like it."""
    told = replace(OTHER, tc2_cligency_id=20)
    world = around(ACME, told, naming={10: (20,)})

    assert matching.company_of_org(ORG, world).found == told


def test_the_cligencys_link_takes_nobody_from_a_living_org() -> None:
    """Nor does one of a cligency that Hermes does not know find anybody."""
    told = replace(OTHER, tc2_cligency_id=20, pd_org_id=99)

    assert matching.company_of_org(ORG, around(told, living=(99,), naming={10: (20, 21)})).found is None
    assert matching.company_of_org(ORG, around(told, naming={10: (20, 21)})).found == told


def test_a_name_counts_only_among_companies_without_an_org() -> None:
    """Case and spaces do not count; a Company that has an Org is no candidate."""
    world = around(replace(ACME, pd_org_id=99), replace(OTHER, name=" ACME "))

    assert matching.company_of_org(ORG, world).found == replace(OTHER, name=" ACME ")


def test_two_candidates_on_a_rung_are_none_and_a_notice() -> None:
    """The notice names the Org, the rung and both Companies; the climb ends there."""
    match = matching.company_of_org(ORG, around(ACME, replace(OTHER, name="acme")))

    assert match.found is None
    assert match.notice is not None
    assert match.notice.code == "ambiguous-match"
    assert match.notice.refs == ("pipedrive:organization:10",)
    assert "fits 2 by name (Company 1, 2)" in match.notice.message


def person(**fields: object) -> Person:
    """Return a Person of Org 10."""
    return replace(Person(id=40, name="Somebody Else", org_id=10), **fields)  # type: ignore[arg-type]  # a few fields


AT_ACME = replace(ACME, pd_org_id=10)


def test_a_person_is_matched_by_link_then_hermes_id_then_email_then_name() -> None:
    """Each rung is taken only when those above it find nobody."""
    by_email = person(emails=(Reach(value=" MARY@example.com "),), name="John Hill")

    assert matching.contact_of_person(person(hermes_id="2"), around(AT_ACME, MARY, JOHN)).found == JOHN
    assert matching.contact_of_person(by_email, around(AT_ACME, MARY, JOHN)).found == MARY
    assert matching.contact_of_person(person(name="john  hill"), around(AT_ACME, MARY, JOHN)).found == JOHN
    linked = replace(JOHN, pd_person_id=40)
    assert matching.contact_of_person(by_email, around(AT_ACME, MARY, linked)).found == linked


@pytest.mark.parametrize(
    "said", [{"hermes_id": "1"}, {"name": "Mary Booth"}, {"emails": (Reach(value="mary@example.com"),)}]
)
def test_a_contact_with_a_person_is_no_candidate_for_another(said: dict[str, object]) -> None:
    """Whatever the second Person says."""
    world = around(AT_ACME, replace(MARY, pd_person_id=41))

    assert matching.contact_of_person(person(**said), world).found is None


def test_a_contact_of_another_company_is_no_candidate() -> None:
    """E-mail and name count within the Company of the Person's Org only."""
    world = around(AT_ACME, OTHER, replace(MARY, company_id=2))

    assert matching.contact_of_person(person(emails=(Reach(value="mary@example.com"),)), world).found is None


def test_a_person_without_an_email_matches_nobody_without_one() -> None:
    """Two blanks are no likeness."""
    world = around(AT_ACME, replace(MARY, email=None))

    assert matching.contact_of_person(person(), world).found is None


def test_a_deal_is_matched_by_link_or_hermes_id() -> None:
    """A Deal that has a deal in Pipedrive is not taken by another that names it."""
    deal = PdDeal(id=7, title="Acme", hermes_id="1")
    free = Deal(id=1, name="Acme", company_id=1)

    assert matching.deal_of_pd_deal(deal, around(free)).found == free
    assert matching.deal_of_pd_deal(deal, around(replace(free, pd_deal_id=8))).found is None
    assert matching.deal_of_pd_deal(deal, around(replace(free, pd_deal_id=7))).found == replace(free, pd_deal_id=7)


CLIENT = Cligency(id=20, agency_id=30, name="Acme", recipients=(SR,))


def test_a_cligency_is_matched_by_link_agency_pipedrive_link_email_and_name() -> None:
    """In this order."""
    linked = replace(OTHER, tc2_cligency_id=20)
    agency = replace(OTHER, tc2_agency_id=30)
    of_org = replace(OTHER, pd_org_id=10)
    named = replace(CLIENT, pipedrive_id="10")

    assert matching.company_of_cligency(CLIENT, around(linked, ACME)).found == linked
    assert matching.company_of_cligency(CLIENT, around(agency, ACME)).found == agency
    assert matching.company_of_cligency(named, around(of_org, ACME, MARY, living=(10,))).found == of_org
    assert matching.company_of_cligency(CLIENT, around(ACME, OTHER, replace(MARY, company_id=2))).found == OTHER
    assert matching.company_of_cligency(replace(CLIENT, recipients=()), around(ACME, OTHER)).found == ACME


@pytest.mark.parametrize("other", [{"tc2_agency_id": 30}, {"pd_org_id": 10}, {"name": "Acme"}])
def test_a_company_of_another_cligency_is_no_candidate(other: dict[str, object]) -> None:
    """Neither by agency nor by Pipedrive link, nor by name, nor by e-mail."""
    taken = replace(OTHER, tc2_cligency_id=21, **other)  # type: ignore[arg-type]  # one field each
    world = around(taken, replace(MARY, company_id=2))

    assert matching.company_of_cligency(replace(CLIENT, pipedrive_id="10"), world).found is None


@pytest.mark.parametrize("name", ["Acme", "Pipedrive link", "mary"])
def test_a_company_that_goes_with_its_org_takes_no_new_customer_along(name: str) -> None:
    """Neither by name, nor by Pipedrive link, nor by e-mail; one that a merge takes over is found."""
    going = replace(ACME, pd_org_id=10)
    client = {
        "Acme": replace(CLIENT, recipients=()),
        "Pipedrive link": replace(CLIENT, name=None, recipients=(), pipedrive_id="10"),
        "mary": replace(CLIENT, name=None),
    }[name]
    merged = {Ref(RemoteKind.ORGANIZATION, 10): Ref(RemoteKind.ORGANIZATION, 11)}
    taken_over = World(Policy(), Surroundings(objects=(going, MARY), merged_into=merged))

    assert matching.company_of_cligency(client, around(going, MARY)).found is None
    assert matching.company_of_cligency(client, around(going, MARY, living=(10,))).found == going
    assert matching.company_of_cligency(client, taken_over).found == going


def test_the_clients_own_email_finds_its_company_too() -> None:
    """As well as those of its SRs."""
    client = replace(CLIENT, name=None, recipients=(), email="Mary@Example.com")

    assert matching.company_of_cligency(client, around(ACME, MARY)).found == ACME


def test_an_sr_is_matched_by_link_wherever_its_contact_is() -> None:
    """Pipedrive may have moved the Contact to another Company."""
    moved = replace(MARY, company_id=2, tc2_sr_id=50)

    assert matching.contact_of_sr(SR, ACME, around(ACME, OTHER, moved, JOHN)).found == moved


def test_an_sr_is_matched_by_email_before_name() -> None:
    """An SR with John's name and Mary's e-mail is Mary."""
    sr = replace(SR, first_name="John", last_name="Hill")

    assert matching.contact_of_sr(sr, ACME, around(ACME, MARY, JOHN)).found == MARY
    assert matching.contact_of_sr(replace(sr, email="new@example.com"), ACME, around(ACME, MARY, JOHN)).found == JOHN


@pytest.mark.parametrize(("first", "email"), [("Aaron", "a@example.com"), ("Zoe", "z@example.com")])
def test_somebody_of_another_name_and_email_is_somebody_else(first: str, email: str) -> None:
    """Wherever they stand in the alphabet."""
    world = around(AT_ACME, replace(MARY, first_name=first, email=email))

    assert matching.contact_of_sr(SR, AT_ACME, world).found is None
    said = person(name="Mary Booth", emails=(Reach(value="mary@example.com"),))
    assert matching.contact_of_person(said, world).found is None
    assert matching.company_of_cligency(replace(CLIENT, name="Nobody"), world).found is None
    assert matching.company_of_org(replace(ORG, id=11, name=first), world).found is None


@pytest.mark.parametrize("sr", [Sr(id=50), Sr(id=50, email="")])
def test_an_sr_that_says_nothing_is_nobody(sr: Sr) -> None:
    """Neither a Contact without a name nor one without an e-mail."""
    blank = Contact(id=3, company_id=1)

    assert matching.contact_of_sr(sr, ACME, around(ACME, blank)).found is None
    assert matching.contact_of_sr(SR, None, around(ACME, MARY)).found is None


def test_a_contact_with_an_sr_is_no_candidate_for_another() -> None:
    """Neither by e-mail nor by name."""
    world = around(ACME, replace(MARY, tc2_sr_id=51))

    assert matching.contact_of_sr(SR, ACME, world).found is None
    assert matching.contact_of_sr(replace(SR, email=None), ACME, world).found is None

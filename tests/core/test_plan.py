"""The fold: what follows from a stretch of changes, with rule, cause, before and after."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hermes_sync.core.changes import AnyChange, Change, Trigger, Why
from hermes_sync.core.fold import make_plan
from hermes_sync.core.objects import Company, Contact, Deal, HermesObject
from hermes_sync.core.plan import FieldChange, Segment, Verb
from hermes_sync.core.records import Org, PdDeal, Person, RemoteKind
from hermes_sync.core.triggers import trigger_of
from hermes_sync.core.world import Surroundings, World
from hermes_sync.rules import TABLE
from tests.rules.cases import (
    ACME_IN_TC2,
    CALL,
    CONTACTED,
    DEAL,
    MARY,
    ORG,
    PAYG,
    PERSON,
    POLICY,
    SALE,
    gone,
    known,
    new,
    ref_of,
)


def fold(changes: Sequence[AnyChange], *objects: HermesObject) -> tuple[Segment, World]:
    """Return what the table makes of these changes around these objects, and the world after."""
    world = World(POLICY, Surroundings(objects=objects))
    return make_plan(changes, world, TABLE), world


def test_a_deal_finds_the_company_and_contact_that_came_into_being_before_it() -> None:
    """Org, Person and Deal that are all new end as Company, Contact and Deal, linked."""
    segment, world = fold([new(ORG), new(PERSON), new(DEAL)], PAYG, CONTACTED)

    company = world.companies.one("org", 10)
    contact = world.contacts.one("person", 40)
    assert company is not None
    assert contact is not None
    assert contact.company_id == company.id
    assert world.deals.one("pd_deal", 7) == Deal(
        id=1,
        pd_deal_id=7,
        name="Acme",
        company_id=company.id,
        contact_id=contact.id,
        admin_id=1,
        pipeline_id=2,
        stage_id=4,
    )
    assert [action.verb for action in segment.actions] == [Verb.CREATE] * 3


def test_an_action_names_the_row_that_asked_and_all_that_had_a_say() -> None:
    """A new Deal is created by its own row, with the rows of its Contact and Stage beside it."""
    segment, _ = fold([new(DEAL)], ACME_IN_TC2, MARY, PAYG, CONTACTED)

    (action,) = segment.actions
    assert action.rule == "pd.deal.created/hermes.deal/missing-known-company"
    assert action.rules == (
        "pd.deal.created/hermes.deal/missing-known-company",
        "pd.deal.created/hermes.deal/person-known",
        "pd.deal.created/hermes.deal/stage-known",
    )
    assert action.cause == "pipedrive:deal:7"
    assert action.key == {"pd_deal_id": 7}


def test_an_update_that_changes_nothing_is_no_action() -> None:
    """What is already so is not planned again."""
    settled, world = fold([new(ORG)])
    company = world.companies.one("org", 10)
    assert company is not None
    again, _ = fold([known(ORG)], company)

    assert len(settled.actions) == 1
    assert again.actions == []


def test_an_unknown_org_leads_with_its_own_row() -> None:
    """An Org that was read because a Deal named it carries extra/pd.unknown-org first."""
    segment, _ = fold([new(ORG, why=Why.UNKNOWN_ORG)])

    assert segment.actions[0].rules == ("extra/pd.unknown-org", "pd.org.created/hermes.company/missing")


def test_deleting_an_org_takes_everything_below_its_company() -> None:
    """The cascade deletes Company, Contact, Deal and Meeting, and tells no cligency."""
    segment, world = fold([gone(ORG)], ACME_IN_TC2, MARY, SALE, CALL)

    assert [(action.verb, action.object) for action in segment.actions] == [
        (Verb.DELETE, "company"),
        (Verb.DELETE, "contact"),
        (Verb.DELETE, "deal"),
        (Verb.DELETE, "meeting"),
    ]
    assert world.companies.get(1) is None
    assert segment.touches == []


def test_a_person_moved_away_is_safe_from_the_cascade() -> None:
    """A Person that names another Org before its old Org is gone keeps its Contact."""
    other = Company(id=2, name="Other", pd_org_id=11)
    moved = Change(ref=ref_of(PERSON), before=PERSON, after=replace(PERSON, org_id=11))
    _, world = fold([moved, gone(ORG)], ACME_IN_TC2, other, MARY)

    contact = world.contacts.get(3)
    assert contact is not None
    assert contact.company_id == 2


def test_a_deal_that_moves_touches_both_cligencies() -> None:
    """The Company that a Deal leaves and the one that it joins both show another Deal now."""
    other = replace(ACME_IN_TC2, id=2, pd_org_id=11, tc2_cligency_id=21)
    moved = Change(ref=ref_of(DEAL), before=DEAL, after=replace(DEAL, org_id=11))
    segment, _ = fold([moved], ACME_IN_TC2, other, SALE)

    assert {touch.id for touch in segment.touches if touch.kind is RemoteKind.CLIENT} == {1, 2}


def test_a_stage_with_another_name_is_noted_for_the_cligencies_that_show_it() -> None:
    """A renamed Stage is handed on, because other Companies' cligencies show its name."""
    from hermes_sync.core.records import PdStage

    segment, _ = fold([known(PdStage(id=8, name="Called", pipeline_id=1))], CONTACTED)

    assert [(kind, id_) for kind, id_, _, _ in segment.renamed] == [("stage", 4)]


def test_a_text_longer_than_its_column_is_cut_with_a_notice() -> None:
    """An Org with a name of 300 characters gets a Company with 255 of them."""
    segment, world = fold([new(replace(ORG, name="x" * 300))])

    company = world.companies.one("org", 10)
    assert company is not None
    assert len(company.name) == 255
    assert [notice.code for notice in segment.notices] == ["text-cut"]


def test_what_comes_into_being_is_named_so_that_others_look_again() -> None:
    """A new Company makes its Org known, a new Contact its Person, a new Stage its Stage."""
    segment, _ = fold([new(ORG), new(PERSON)])

    assert [str(ref) for ref in segment.born] == ["pipedrive:organization:10", "pipedrive:person:40"]


def test_the_changes_of_a_field_show_before_and_after() -> None:
    """An update lists each field that differs, as it was and as it will be."""
    company = Company(id=1, name="Acme", pd_org_id=10, sales_person_id=1, country="GB", website="acme.example.com")
    segment, _ = fold([known(replace(ORG, name="Acme Ltd"), before=ORG)], company)

    assert segment.actions[0].changes == (FieldChange("name", "Acme", "Acme Ltd"),)


def test_a_person_without_a_contact_is_created_however_long_it_is_known() -> None:
    """A known Person that gets its first Org is created by the rows of Person created."""
    world = World(POLICY, Surroundings(objects=[ACME_IN_TC2]))
    gained = Change(ref=ref_of(PERSON), before=replace(PERSON, org_id=None), after=PERSON)

    assert trigger_of(gained, world) is Trigger.PERSON_CREATED


def test_every_trigger_has_rows_and_every_change_is_decided() -> None:
    """No change of any kind goes by without a row that decides it."""
    changes = [new(ORG), known(ORG), new(PERSON), known(PERSON), new(DEAL), gone(DEAL), gone(PERSON), gone(ORG)]
    segment, _ = fold(changes)

    assert [notice for notice in segment.notices if notice.code == "undecided"] == []
    assert set(TABLE) == set(Trigger)


orgs = st.builds(
    Org,
    id=st.integers(1, 4),
    name=st.sampled_from(["Acme", "acme ", "Brown", "Cole"]),
    owner_id=st.sampled_from([None, 99, 5]),
    hermes_id=st.sampled_from([None, "1", "2", "1, 2"]),
)
persons = st.builds(
    Person,
    id=st.integers(1, 4),
    name=st.sampled_from(["Mary Booth", "John Cole"]),
    org_id=st.sampled_from([None, 1, 2, 3, 4]),
)
deals = st.builds(
    PdDeal,
    id=st.integers(1, 4),
    title=st.sampled_from(["Acme", "Brown"]),
    org_id=st.sampled_from([None, 1, 2, 3]),
    person_id=st.sampled_from([None, 1, 2]),
)


def one_each(records: Sequence[Org | Person | PdDeal]) -> list[AnyChange]:
    """Return a change per id, in the order of a pass."""
    return [new(record) for record in {record.id: record for record in sorted(records, key=lambda r: r.id)}.values()]


@given(st.lists(orgs), st.lists(persons), st.lists(deals))
def test_where_the_changes_are_cut_into_stretches_does_not_matter(
    some_orgs: list[Org], some_persons: list[Person], some_deals: list[PdDeal]
) -> None:
    """One change at a time gives the plan that all at once give."""
    changes = [*one_each(some_orgs), *one_each(some_persons), *one_each(some_deals)]
    known_before = (Company(id=1, name="Brown"), Contact(id=1, company_id=1))
    at_once, _ = fold(changes, *known_before)
    world = World(POLICY, Surroundings(objects=known_before))
    one_by_one = [action for change in changes for action in make_plan([change], world, TABLE).actions]

    assert one_by_one == at_once.actions


@given(st.lists(orgs), st.lists(persons), st.lists(deals))
def test_a_second_look_at_the_same_records_plans_nothing(
    some_orgs: list[Org], some_persons: list[Person], some_deals: list[PdDeal]
) -> None:
    """After a fold, looking at every record again asks for nothing more."""
    first = [*one_each(some_orgs), *one_each(some_persons), *one_each(some_deals)]
    _, world = fold(first)
    again = make_plan([known(change.now) for change in first], world, TABLE)

    assert again.actions == []

"""What becomes of what rows ask for: actions, the world after, and what else has to be looked at or told."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from hermes_sync.core.action_table import rule
from hermes_sync.core.actions import Action, Create, Delete, Nothing, Tell, Update
from hermes_sync.core.changes import Trigger
from hermes_sync.core.fold import make_plan
from hermes_sync.core.objects import Company, Contact, Deal, HermesObject, Kind, Meeting, Pipeline, Stage
from hermes_sync.core.plan import FieldChange, Segment, Touch, Verb, field_changes, key_of
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Notice, RemoteKind, System
from hermes_sync.core.world import Surroundings, World
from tests.rules.cases import ORG, known

ACME = Company(id=301, name="Acme", website="acme.example.com")
OTHER = Company(id=302, name="Other")
MARY = Contact(id=7, company_id=301)
SALE = Deal(id=5, name="Acme", company_id=301)
CALL = Meeting(id=6, type="sales", start_time="2026-01-05T10:00:00Z", end_time="2026-01-05T10:30:00Z", company_id=301)
PAYG = Pipeline(id=2, pd_pipeline_id=1, name="PAYG")
CONTACTED = Stage(id=4, pd_stage_id=8, pd_pipeline_id=1, name="Contacted")
FIRST, SECOND = "pd.org.updated/first", "pd.org.updated/second"
CAUSE = "pipedrive:organization:10"


def carried_out(
    *asked: Action, given: tuple[HermesObject, ...] = (ACME, OTHER), also: tuple[Action, ...] = ()
) -> tuple[Segment, World]:
    """Return what becomes of what one row asks for, and of what a second row asks for beside it."""

    @rule(FIRST)
    def first(*_: object) -> Iterator[Action]:
        yield from asked

    @rule(SECOND)
    def second(*_: object) -> Iterator[Action]:
        yield from also

    world = World(Policy(), Surroundings(objects=given))
    return make_plan([known(ORG)], world, {Trigger.ORG_UPDATED: (first, second)}), world


def touched(segment: Segment) -> list[int]:
    """Return of which Companies the cligencies may have to say something else."""
    assert {(one.kind, one.rule, one.cause, one.asked) for one in segment.touches} <= {
        (RemoteKind.CLIENT, FIRST, CAUSE, False)
    }
    return [one.id for one in segment.touches]


def test_an_action_says_everything_about_one_write() -> None:
    """System, object, verb, both states, and who asked."""
    segment, world = carried_out(
        Update(Kind.COMPANY, 301, {"name": "Acme Ltd"}), also=(Update(Kind.COMPANY, 301, {"country": "GB"}),)
    )

    (action,) = segment.actions
    after = replace(ACME, name="Acme Ltd", country="GB")
    assert (action.system, action.object, action.verb, action.id) == (System.HERMES, "company", Verb.UPDATE, 301)
    assert (action.before, action.after, action.remote_id) == (ACME, after, None)
    assert (action.rule, action.rules, action.cause) == (FIRST, (FIRST, SECOND), CAUSE)
    assert action.changes == (FieldChange("name", "Acme", "Acme Ltd"), FieldChange("country", None, "GB"))
    assert world.companies.get(301) == after


def test_a_row_that_asks_twice_for_one_object_is_named_once() -> None:
    """And the later wish for a field counts."""
    segment, world = carried_out(Update(Kind.COMPANY, 301, {"name": "One"}), Update(Kind.COMPANY, 301, {"name": "Two"}))

    assert segment.actions[0].rules == (FIRST,)
    assert [one.name for one in world.companies] == ["Two", "Other"]


@pytest.mark.parametrize(
    "fields", [{"website": "acme.example.com"}, {"country": ""}, {"paid_invoice_count": "0"}, {"tc2_status": []}, {}]
)
def test_another_spelling_of_the_same_value_is_no_change(fields: dict[str, object]) -> None:
    """It is neither planned nor written into the world."""
    segment, world = carried_out(Update(Kind.COMPANY, 301, fields))

    assert segment.actions == []
    assert world.companies.get(301) is ACME


def test_what_is_not_there_is_not_deleted_and_what_goes_is_not_updated() -> None:
    """A wish to delete wins over one to change."""
    segment, world = carried_out(
        Delete(Kind.COMPANY, 999), Update(Kind.COMPANY, 302, {"name": "X"}), Delete(Kind.COMPANY, 302)
    )

    assert [(one.verb, one.id, one.before, one.after) for one in segment.actions] == [(Verb.DELETE, 302, OTHER, None)]
    assert list(world.companies) == [ACME]


def test_what_rows_say_about_nothing_is_no_notice_and_what_they_notice_is_kept() -> None:
    """A row that does nothing has decided; a change that no row decides is noticed."""
    noticed = Notice(code="kept", message="kept as it was")

    assert carried_out(Nothing("it is so"))[0] == Segment()
    assert carried_out(noticed)[0].notices == [noticed]
    assert [(one.code, one.refs) for one in carried_out()[0].notices] == [("undecided", (CAUSE,))]


def test_what_a_row_wants_told_is_handed_on_with_the_row_and_the_cause() -> None:
    """Each of them, in the order in which they were asked for."""
    segment, _ = carried_out(Tell(RemoteKind.CLIENT, 301), Tell(RemoteKind.PERSON, 7))

    assert segment.touches == [
        Touch(RemoteKind.CLIENT, 301, FIRST, CAUSE, asked=True),
        Touch(RemoteKind.PERSON, 7, FIRST, CAUSE, asked=True),
    ]


@pytest.mark.parametrize(("length", "kept", "notices"), [(254, 254, 0), (255, 255, 0), (256, 255, 1), (300, 255, 1)])
def test_a_text_fits_its_column(length: int, kept: int, notices: int) -> None:
    """New or changed it is cut to 255 characters, and one notice says so."""
    name = "x" * length
    made, world = carried_out(Create(Company(id=303, name=name)))
    changed, other_world = carried_out(Update(Kind.COMPANY, 302, {"name": name}))

    for segment, company in ((made, world.companies.get(303)), (changed, other_world.companies.get(302))):
        assert company is not None
        assert company.name == name[:kept]
        assert len(segment.notices) == notices
        assert all(f"has {length} characters and was cut to 255" in one.message for one in segment.notices)


def test_a_questionnaire_may_be_as_long_as_it_is() -> None:
    """Its column has no end; whole numbers are no texts."""
    long = '{"why": "' + "x" * 300 + '"}'
    segment, world = carried_out(
        Create(Company(id=303, name="New", signup_questionnaire=long)),
        Update(Kind.COMPANY, 302, {"signup_questionnaire": long, "paid_invoice_count": 10**300}),
    )

    assert [one.signup_questionnaire for one in world.companies] == [None, long, long]
    assert segment.notices == []


@pytest.mark.parametrize(
    ("given", "asked", "born"),
    [
        ((), Create(replace(ACME, pd_org_id=10)), ["pipedrive:organization:10"]),
        ((ACME,), Update(Kind.COMPANY, 301, {"pd_org_id": 10}), ["pipedrive:organization:10"]),
        ((replace(ACME, pd_org_id=11),), Update(Kind.COMPANY, 301, {"pd_org_id": 10}), ["pipedrive:organization:10"]),
        ((replace(ACME, pd_org_id=10),), Update(Kind.COMPANY, 301, {"name": "X"}), []),
        ((replace(ACME, pd_org_id=10),), Delete(Kind.COMPANY, 301), []),
        ((), Create(ACME), []),
        ((), Create(replace(MARY, pd_person_id=40)), ["pipedrive:person:40"]),
        ((MARY,), Update(Kind.CONTACT, 7, {"pd_person_id": 40}), ["pipedrive:person:40"]),
        ((replace(MARY, pd_person_id=41),), Update(Kind.CONTACT, 7, {"pd_person_id": 40}), ["pipedrive:person:40"]),
        ((replace(MARY, pd_person_id=40),), Update(Kind.CONTACT, 7, {"email": "m@example.com"}), []),
        ((), Create(CONTACTED), ["pipedrive:stage:8"]),
        ((CONTACTED,), Update(Kind.STAGE, 4, {"name": "Called"}), []),
        ((), Create(PAYG), ["pipedrive:pipeline:1"]),
        ((PAYG,), Update(Kind.PIPELINE, 2, {"name": "Startup"}), []),
        ((), Create(replace(SALE, pd_deal_id=9)), []),
    ],
)
def test_what_hermes_comes_to_know_is_named(given: tuple[HermesObject, ...], asked: Action, born: list[str]) -> None:
    """By creating an object or by linking one, and only then."""
    assert [str(one) for one in carried_out(asked, given=given)[0].born] == born


@pytest.mark.parametrize(
    ("given", "asked", "companies"),
    [
        ((), Create(ACME), [301]),
        ((ACME,), Update(Kind.COMPANY, 301, {"pd_org_id": 10}), [301]),
        ((ACME,), Delete(Kind.COMPANY, 301), []),
        ((ACME,), Create(SALE), [301]),
        ((), Create(SALE), []),
        ((ACME, SALE), Update(Kind.DEAL, 5, {"status": "won"}), [301]),
        ((ACME, OTHER, SALE), Update(Kind.DEAL, 5, {"company_id": 302}), [301, 302]),
        ((OTHER, SALE), Update(Kind.DEAL, 5, {"company_id": 302}), [302]),
        ((ACME, SALE), Delete(Kind.DEAL, 5), [301]),
        ((ACME,), Create(MARY), []),
        ((ACME, CALL), Update(Kind.MEETING, 6, {"contact_id": 7}), []),
        ((ACME, MARY), Delete(Kind.CONTACT, 7), []),
    ],
)
def test_the_cligencies_that_may_say_something_else_are_touched(
    given: tuple[HermesObject, ...], asked: Action, companies: list[int]
) -> None:
    """Those of a Company that is written and of the Companies of a Deal, before and after; each once."""
    assert touched(carried_out(asked, given=given)[0]) == companies


@pytest.mark.parametrize(
    ("given", "asked", "renamed"),
    [
        (CONTACTED, Update(Kind.STAGE, 4, {"name": "Called"}), [(Kind.STAGE, 4, FIRST, CAUSE)]),
        (CONTACTED, Update(Kind.STAGE, 4, {"name": "Aired"}), [(Kind.STAGE, 4, FIRST, CAUSE)]),
        (CONTACTED, Update(Kind.STAGE, 4, {"pd_pipeline_id": 9}), []),
        (CONTACTED, Delete(Kind.STAGE, 4), []),
        (PAYG, Update(Kind.PIPELINE, 2, {"name": "Startup"}), [(Kind.PIPELINE, 2, FIRST, CAUSE)]),
        (PAYG, Create(replace(PAYG, id=3, name="Startup")), []),
    ],
)
def test_a_stage_or_pipeline_of_another_name_is_noted(
    given: HermesObject, asked: Action, renamed: list[tuple[Kind, int, str, str]]
) -> None:
    """Because cligencies show it; anything else about it shows nowhere."""
    segment, _ = carried_out(asked, given=(given,))

    assert segment.renamed == renamed
    assert touched(segment) == []


@pytest.mark.parametrize(
    ("thing", "key"),
    [
        (replace(ACME, pd_org_id=10, tc2_cligency_id=20), {"pd_org_id": 10}),
        (replace(ACME, tc2_cligency_id=20), {"tc2_cligency_id": 20}),
        (ACME, {"id": 301}),
        (replace(MARY, pd_person_id=40, tc2_sr_id=50), {"pd_person_id": 40}),
        (replace(MARY, tc2_sr_id=50), {"tc2_sr_id": 50}),
        (MARY, {"id": 7}),
        (replace(SALE, pd_deal_id=9), {"pd_deal_id": 9}),
        (SALE, {"id": 5}),
        (PAYG, {"pd_pipeline_id": 1}),
        (CONTACTED, {"pd_stage_id": 8}),
        (CALL, {"id": 6}),
    ],
)
def test_an_object_is_named_by_its_remote_id_where_it_has_one(thing: HermesObject, key: dict[str, int]) -> None:
    """Else by its Hermes id."""
    assert key_of(thing) == key


def test_what_comes_and_what_goes_differs_in_all_that_it_says() -> None:
    """The id is no field."""
    said = [("pd_pipeline_id", 1), ("name", "PAYG")]

    assert list(field_changes(None, PAYG)) == [FieldChange(name, None, value) for name, value in said]
    assert list(field_changes(PAYG, None)) == [FieldChange(name, value, None) for name, value in said]
    assert list(field_changes(PAYG, replace(PAYG, id=9))) == []

"""What a draft loads around changes is the store with the pass's own writes on top."""

import pytest

from hermes_sync.core.changes import AnyChange, Change, Phase
from hermes_sync.core.objects import Kind, Meeting
from hermes_sync.core.plan import Segment
from hermes_sync.core.records import Cligency, Org, PdDeal, PdPipeline, PdStage, Person, Record, Ref, RemoteKind, Sr
from hermes_sync.core.world import Surroundings
from hermes_sync.store import Draft, SqlStore
from tests.store.passes import NOON, Pass, act, company, contact, deal, gone, ids_of, pipeline, read, stage, write

ORG, PERSON, DEAL, CLIENT = (
    RemoteKind.ORGANIZATION,
    RemoteKind.PERSON,
    RemoteKind.DEAL,
    RemoteKind.CLIENT,
)


def around(draft: Draft, kind: RemoteKind, *records: Record, is_gone: bool = False) -> Surroundings:
    """Return what a draft loads around records that appeared or are gone."""
    changes: list[AnyChange] = [
        Change(ref=Ref(kind, one.id), before=one if is_gone else None, after=None if is_gone else one)
        for one in records
    ]
    return draft.surroundings(Phase(kind, gone=is_gone), changes, {})


def test_an_org_finds_companies_by_every_rung(store: SqlStore) -> None:
    """An Org's Companies are found by link, by `hermes_id`, by the cligency's link and by name."""
    write(
        store,
        company(1, "linked", pd_org_id=10),
        company(2, "named by id"),
        company(3, "told", tc2_cligency_id=30),
        company(4, "  SAME   name "),
        company(5, "far away", pd_org_id=99),
    )
    Pass(readings={CLIENT: read(CLIENT, Cligency(id=30, pipedrive_id="10"))}).run(store)
    with store.draft() as draft:
        found = around(draft, ORG, Org(id=10, name="Same Name", hermes_id="2, 77"))
    assert ids_of(found.objects, Kind.COMPANY) == [1, 2, 3, 4]
    assert found.clients_naming_org == {10: (30,)}
    assert found.living_orgs == {10}


def test_a_fresh_cligency_wins_over_the_last_seen_one(store: SqlStore) -> None:
    """Which cligency names an Org is what the pass pulled, and last-seen only for what it did not pull."""
    Pass(
        readings={
            CLIENT: read(CLIENT, Cligency(id=1, pipedrive_id="10"), Cligency(id=2, pipedrive_id="10")),
        }
    ).run(store)
    with store.draft() as draft:
        fresh = read(CLIENT, Cligency(id=1, pipedrive_id="11"), Cligency(id=3, pipedrive_id="10"))
        draft.compare(CLIENT, fresh, read_at=NOON)
        found = around(draft, ORG, Org(id=10, name="A"), Org(id=11, name="B"))
    assert found.clients_naming_org == {10: (2, 3), 11: (1,)}


def test_living_orgs(store: SqlStore) -> None:
    """An Org lives unless last-seen or this pass knows it to be gone, and also when it came back in this pass."""
    Pass(readings={ORG: read(ORG, *(Org(id=i, name=f"O{i}") for i in (1, 2, 3)))}).run(store)
    Pass(readings={ORG: gone(ORG, 1, 3)}).run(store)
    write(store, *(company(i, "Same", pd_org_id=i) for i in (1, 2, 3, 4)))
    with store.draft() as draft:
        draft.compare(ORG, [*gone(ORG, 2), *read(ORG, Org(id=3, name="O3"))], read_at=NOON)
        found = around(draft, ORG, Org(id=9, name="same"))
    assert found.living_orgs == {3, 4}


def test_a_moved_key_is_found_by_the_new_one_only(store: SqlStore) -> None:
    """A Company whose Org and name the pass changed is not found by the old ones, and is found by the new ones."""
    write(store, before := company(1, "Old", pd_org_id=10))
    with store.draft() as draft:
        draft.keep(Segment(actions=[act(before, company(1, "New", pd_org_id=11))]))
        assert ids_of(around(draft, ORG, Org(id=10, name="Old")).objects, Kind.COMPANY) == []
        (found,) = around(draft, ORG, Org(id=11, name="x")).objects
        assert found == company(1, "New", pd_org_id=11)
        assert ids_of(around(draft, ORG, Org(id=5, name="new")).objects, Kind.COMPANY) == [1]


def test_what_the_pass_deleted_is_not_there(store: SqlStore) -> None:
    """An object that the pass deleted vanishes, whether the store had it or the pass itself created it."""
    write(store, old := company(1, "Old", pd_org_id=10))
    new = company(2, "New", pd_org_id=11)
    with store.draft() as draft:
        draft.keep(Segment(actions=[act(old, None), act(None, new)]))
        draft.keep(Segment(actions=[act(new, None)]))
        assert list(around(draft, ORG, Org(id=10, name="Old"), Org(id=11, name="New")).objects) == []


def test_around_a_person(store: SqlStore) -> None:
    """A Person finds its Contact, the Company of its Org with the Contacts that have no Person, and their Companies."""
    write(
        store,
        company(1, pd_org_id=10),
        company(2, pd_org_id=20),
        contact(1, 1, pd_person_id=7),
        contact(2, 2, email="free@x.com"),
        contact(3, 2, pd_person_id=8),
        contact(4, 1),
        contact(5, 1, first_name="named"),
    )
    with store.draft() as draft:
        found = around(draft, PERSON, Person(id=7, name="P", org_id=20, hermes_id="5")).objects
    assert ids_of(found, Kind.COMPANY) == [1, 2]
    assert ids_of(found, Kind.CONTACT) == [1, 2, 5]


def test_around_a_deal(store: SqlStore) -> None:
    """A Deal finds itself, the Companies of its Org and of itself, its Contact, and all Stages and Pipelines."""
    write(
        store,
        pipeline(1, 1),
        stage(1, 1),
        stage(2, 2),
        company(1, pd_org_id=10),
        company(2, pd_org_id=20),
        contact(1, 2, pd_person_id=7),
        deal(1, 1, pd_deal_id=70),
        deal(2, 1, pd_deal_id=71),
    )
    with store.draft() as draft:
        found = around(draft, DEAL, PdDeal(id=70, title="D", org_id=20, person_id=7)).objects
    assert [ids_of(found, kind) for kind in Kind] == [[1, 2], [1], [1], [], [1], [1, 2]]


def test_around_a_cligency(store: SqlStore) -> None:
    """A cligency finds its Company by link, agency, Pipedrive link, e-mail of its people and name, with Contacts."""
    write(
        store,
        company(1, "a", tc2_cligency_id=30),
        company(2, "b", tc2_agency_id=31),
        company(3, "c", pd_org_id=10),
        company(4, "d"),
        company(5, "Same"),
        company(6, "e"),
        contact(1, 4, email="Sr@X.com"),
        contact(2, 5),
        contact(3, 6, tc2_sr_id=33),
        contact(4, 6),
    )
    client = Cligency(id=30, agency_id=31, pipedrive_id="10", name="same", recipients=(Sr(id=33, email="sr@x.com "),))
    with store.draft() as draft:
        found = around(draft, CLIENT, client)
    assert ids_of(found.objects, Kind.COMPANY) == [1, 2, 3, 4, 5]
    assert ids_of(found.objects, Kind.CONTACT) == [1, 2, 3]
    assert found.living_orgs == {10}


@pytest.mark.parametrize("record", [Org(id=10, name="A"), Cligency(id=30)], ids=["of an Org", "of a cligency"])
def test_around_a_deletion(store: SqlStore, record: Record) -> None:
    """The deletion of an Org or cligency finds all that goes along, and what others have that names it."""
    write(
        store,
        company(1, pd_org_id=10, tc2_cligency_id=30),
        company(2),
        contact(1, 1),
        deal(1, 1),
        deal(2, 2, contact_id=1),
        deal(3, 2),
        Meeting(id=1, type="sales", start_time="t", end_time="t", company_id=1),
        Meeting(id=2, type="sales", start_time="t", end_time="t", company_id=2, deal_id=1),
    )
    kind = ORG if isinstance(record, Org) else CLIENT
    with store.draft() as draft:
        found = around(draft, kind, record, is_gone=True).objects
    assert ids_of(found, Kind.COMPANY) == [1, 2]
    assert ids_of(found, Kind.CONTACT) == [1]
    assert ids_of(found, Kind.DEAL) == [1, 2]
    assert ids_of(found, Kind.MEETING) == [1, 2]


def test_around_smaller_deletions(store: SqlStore) -> None:
    """The deletion of a Person, Deal, Stage or Pipeline finds what names its object."""
    write(
        store,
        pipeline(1, 5),
        stage(1, 6),
        company(1),
        contact(1, 1, pd_person_id=7),
        deal(1, 1, pd_deal_id=8, contact_id=1),
        deal(2, 1, stage_id=1),
        deal(3, 1, pipeline_id=1),
        Meeting(id=1, type="sales", start_time="t", end_time="t", company_id=1, contact_id=1),
        Meeting(id=2, type="sales", start_time="t", end_time="t", company_id=1, deal_id=1),
    )
    with store.draft() as draft:
        person = around(draft, PERSON, Person(id=7, name="P"), is_gone=True).objects
        of_deal = around(draft, DEAL, PdDeal(id=8, title="D"), is_gone=True).objects
        of_stage = around(draft, RemoteKind.STAGE, PdStage(id=6, name="S"), is_gone=True).objects
        of_pipeline = around(draft, RemoteKind.PIPELINE, PdPipeline(id=5, name="P"), is_gone=True).objects
    assert (ids_of(person, Kind.DEAL), ids_of(person, Kind.MEETING)) == ([1], [1])
    assert (ids_of(of_deal, Kind.DEAL), ids_of(of_deal, Kind.MEETING)) == ([1], [2])
    assert (ids_of(of_stage, Kind.DEAL), ids_of(of_stage, Kind.COMPANY)) == ([2], [1])
    assert (ids_of(of_pipeline, Kind.DEAL), ids_of(of_pipeline, Kind.COMPANY)) == ([3], [1])


def test_companies_with_clients(store: SqlStore) -> None:
    """Companies that have a cligency come with the merged Deals and the freshest cligency there is."""
    write(
        store,
        company(1, tc2_cligency_id=30),
        company(2, tc2_cligency_id=31),
        company(3),
        company(4, tc2_cligency_id=32),
        first := deal(1, 1),
    )
    Pass(readings={CLIENT: read(CLIENT, Cligency(id=30, name="old"), Cligency(id=31, name="seen"))}).run(store)
    with store.draft() as draft:
        draft.compare(CLIENT, read(CLIENT, Cligency(id=30, name="new")), read_at=NOON)
        moved, made = deal(1, 2), deal(2, 1)
        draft.keep(Segment(actions=[act(first, moved), act(None, made)]))
        found = draft.companies_with_clients([1, 2, 3, 4])
    assert found == [
        (company(1, tc2_cligency_id=30), [made], Cligency(id=30, name="new")),
        (company(2, tc2_cligency_id=31), [moved], Cligency(id=31, name="seen")),
        (company(4, tc2_cligency_id=32), [], None),
    ]


def test_companies_with_orgs(store: SqlStore) -> None:
    """Companies come with their Orgs, and Contacts with their Persons, as freshly as they are known."""
    write(store, company(1, pd_org_id=10), company(2, "B"), contact(1, 1, pd_person_id=20), contact(2, 2))
    Pass(readings={ORG: read(ORG, Org(id=10, name="old")), PERSON: read(PERSON, Person(id=20, name="P"))}).run(store)
    with store.draft() as draft:
        draft.compare(ORG, read(ORG, Org(id=10, name="new")), read_at=NOON)
        orgs = draft.companies_with_orgs([1, 2])
        persons = draft.contacts_with_persons([1, 2])
    assert [(one.id, org) for one, org in orgs] == [(1, Org(id=10, name="new")), (2, None)]
    assert [(one.id, of.id, person) for one, of, person in persons] == [
        (1, 1, Person(id=20, name="P")),
        (2, 2, None),
    ]


def test_looking_again_after_the_phase(store: SqlStore) -> None:
    """What names something that came into being late is found whether it was pulled in this pass or not."""
    Pass(
        readings={
            PERSON: read(PERSON, Person(id=1, name="P", org_id=10), Person(id=2, name="Q", org_id=10)),
            DEAL: read(DEAL, PdDeal(id=3, title="D", org_id=10), PdDeal(id=4, title="E", person_id=1)),
        }
    ).run(store)
    with store.draft() as draft:
        moved = [Person(id=2, name="Q", org_id=11), Person(id=5, name="R", org_id=10)]
        draft.compare(PERSON, read(PERSON, *moved), read_at=NOON)
        persons = draft.again(PERSON, [Ref(ORG, 10)])
        deals = draft.again(DEAL, [Ref(ORG, 10), Ref(PERSON, 1)])
    assert [change.ref.id for change in persons] == [1, 5]
    assert [change.ref.id for change in deals] == [3, 4]
    assert all(change.before == change.after for change in (*persons, *deals))


def test_who_shows_a_stage(store: SqlStore) -> None:
    """Companies with a cligency show the Stage of an open Deal that is not archived."""
    write(
        store,
        stage(1, 1),
        *(company(i, f"C{i}", tc2_cligency_id=i) for i in (1, 2, 3)),
        company(4),
        deal(1, 1, stage_id=1),
        deal(2, 2, stage_id=1, status="won"),
        deal(3, 3, stage_id=1, archived=True),
        deal(4, 4, stage_id=1),
    )
    with store.draft() as draft:
        assert draft.showing(Kind.STAGE, 1) == [1]


def test_pipelines_and_stages_as_the_pass_leaves_them(store: SqlStore) -> None:
    """Stages and Pipelines are read with the pass's renames, creations and deletions."""
    write(store, one := stage(1, 1), two := stage(2, 2), pipeline(1, 1))
    with store.draft() as draft:
        renamed = stage(1, 1, "Won over")
        draft.keep(Segment(actions=[act(one, renamed), act(two, None), act(None, three := stage(3, 3))]))
        assert draft.stages() == {1: renamed, 3: three}
        assert draft.pipelines() == {1: pipeline(1, 1)}

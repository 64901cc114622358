"""A draft compares what was pulled with last-seen and walks over what differs."""

from datetime import timedelta

from hermes_sync.core.changes import PHASES, AnyChange, Phase, Why
from hermes_sync.core.records import Cligency, Org, PdDeal, PdPipeline, Person, Reach, Ref, RemoteKind, Sr
from hermes_sync.store import Draft, SqlStore
from tests.store.passes import NOON, Pass, gone, read

ORG, PERSON, DEAL, CLIENT = (
    RemoteKind.ORGANIZATION,
    RemoteKind.PERSON,
    RemoteKind.DEAL,
    RemoteKind.CLIENT,
)
LATER = NOON + timedelta(hours=1)


def changes_in(draft: Draft) -> list[AnyChange]:
    """Return all changes of a draft in order."""
    return [change for phase in PHASES for stretch in draft.stretches(phase) for change in stretch]


def test_new_differing_and_gone_are_kept(store: SqlStore) -> None:
    """Of a page the new, the differing and the gone are kept, and what last-seen says already is not."""
    Pass(readings={ORG: read(ORG, Org(id=1, name="Same"), Org(id=2, name="Old"), Org(id=3, name="Lost"))}).run(store)
    with store.draft() as draft:
        page = read(ORG, Org(id=1, name="Same"), Org(id=2, name="New"), Org(id=4, name="First"))
        assert draft.compare(ORG, [*page, *gone(ORG, 3, 99)], read_at=LATER) == 3
        seen = [(one.ref.id, one.before, one.after, one.why) for one in changes_in(draft)]
    assert seen == [
        (2, Org(id=2, name="Old"), Org(id=2, name="New"), Why.SEEN),
        (4, None, Org(id=4, name="First"), Why.SEEN),
        (3, Org(id=3, name="Lost"), None, Why.SEEN),
    ]


def test_a_later_reading_wins(store: SqlStore) -> None:
    """Of two readings of one object in a pass the later one counts, also when it takes the change back."""
    Pass(readings={ORG: read(ORG, Org(id=1, name="Same"))}).run(store)
    with store.draft() as draft:
        draft.compare(ORG, read(ORG, Org(id=1, name="Lagging"), Org(id=2, name="A")), read_at=LATER)
        draft.compare(ORG, [*read(ORG, Org(id=1, name="Same")), *gone(ORG, 2)], read_at=LATER)
        assert changes_in(draft) == []


def test_relook_keeps_equal_ones(store: SqlStore) -> None:
    """A relook walks over what is equal too, with before and after the same."""
    Pass(readings={ORG: read(ORG, Org(id=1, name="Same"))}).run(store)
    with store.draft() as draft:
        assert draft.compare(ORG, read(ORG, Org(id=1, name="Same")), why=Why.RELOOK, read_at=LATER) == 1
        (change,) = changes_in(draft)
    assert change.before == change.after == Org(id=1, name="Same")
    assert not change.may_create


def test_nested_records_come_back_equal(store: SqlStore) -> None:
    """Records with lists inside are the same values after a pass."""
    person = Person(id=1, name="Mary", emails=(Reach(value="m@x.com", primary=True, label="work"),), org_id=4)
    client = Cligency(id=2, recipients=(Sr(id=3, email="s@x.com"),), dropdowns=("utm_source",), pipedrive_id="4")
    Pass(readings={PERSON: read(PERSON, person), CLIENT: read(CLIENT, client)}).run(store)
    assert store.last_seen(PERSON, [1])[1].record == person
    assert store.last_seen(CLIENT, [2])[2].record == client


def test_gone_ones_are_remembered_as_they_were(store: SqlStore) -> None:
    """What is gone is not among the living, and what it last was is still known."""
    Pass(readings={ORG: read(ORG, Org(id=1, name="Acme"))}).run(store)
    Pass(readings={ORG: gone(ORG, 1)}, now=LATER).run(store)
    assert store.digests(ORG, [1]) == {}
    assert store.known(ORG, [1, 2]) == {1}
    assert store.last_seen(ORG, [1])[1].record == Org(id=1, name="Acme")
    assert store.last_seen(ORG, [1])[1].is_gone
    assert store.count_living(ORG) == 0


def test_what_comes_back_is_new(store: SqlStore) -> None:
    """An object that was gone and is there again has no before, and lives again after the pass."""
    Pass(readings={ORG: read(ORG, Org(id=1, name="Acme"))}).run(store)
    Pass(readings={ORG: gone(ORG, 1)}).run(store)
    with store.draft() as draft:
        draft.compare(ORG, read(ORG, Org(id=1, name="Acme")), read_at=LATER)
        (change,) = changes_in(draft)
    assert change.before is None
    Pass(readings={ORG: read(ORG, Org(id=1, name="Acme"))}).run(store)
    assert not store.last_seen(ORG, [1])[1].is_gone


def test_orgs_nobody_ever_saw(store: SqlStore) -> None:
    """Orgs that only Persons and Deals name are asked for once; one that is gone then is remembered as gone."""
    Pass(readings={ORG: read(ORG, Org(id=1, name="Known"))}).run(store)
    with store.draft() as draft:
        draft.compare(ORG, read(ORG, Org(id=2, name="Pulled")), read_at=NOON)
        draft.compare(PERSON, read(PERSON, *(Person(id=i, name="P", org_id=i) for i in range(1, 5))), read_at=NOON)
        draft.compare(
            DEAL, read(DEAL, PdDeal(id=1, title="D", org_id=4), PdDeal(id=2, title="D", org_id=7)), read_at=NOON
        )
        assert [id_ for stretch in draft.named_orgs() for id_ in stretch] == [3, 4, 7]
        page = [*read(ORG, Org(id=3, name="Late")), *gone(ORG, 4, 7)]
        draft.compare(ORG, page, why=Why.UNKNOWN_ORG, read_at=NOON)
        assert list(draft.named_orgs()) == []
        assert draft.gone(ORG) == [4, 7]
        orgs = [one for one in changes_in(draft) if one.ref.kind is ORG]
        assert [(one.ref.id, one.why) for one in orgs] == [(2, Why.SEEN), (3, Why.UNKNOWN_ORG)]
        store.apply(
            draft,
            lease=None,
            pass_id=store.begin_pass(scope="normal", now=NOON),
            now=NOON,
            cursors={},
            policy_digest="",
        )
    stub = store.last_seen(ORG, [4])[4]
    assert stub.is_gone
    assert stub.record is None
    with store.draft() as draft:
        draft.compare(DEAL, read(DEAL, PdDeal(id=2, title="Renamed", org_id=7)), read_at=NOON)
        assert list(draft.named_orgs()) == []


def test_waking(store: SqlStore) -> None:
    """What names something that came into being is looked at again, unless the pass looks at it anyway."""
    Pass(
        readings={
            PERSON: read(PERSON, Person(id=1, name="P", org_id=5), Person(id=2, name="Q", org_id=6)),
            DEAL: read(
                DEAL,
                PdDeal(id=1, title="by Org", org_id=5),
                PdDeal(id=2, title="by Person", person_id=9),
                PdDeal(id=3, title="by Stage", stage_id=8),
                PdDeal(id=4, title="by Pipeline", pipeline_id=7),
                PdDeal(id=5, title="pulled", org_id=5),
                PdDeal(id=6, title="by none", org_id=6),
            ),
        }
    ).run(store)
    with store.draft() as draft:
        draft.compare(DEAL, read(DEAL, PdDeal(id=5, title="edited", org_id=5)), read_at=LATER)
        draft.wake([Ref(ORG, 5), Ref(PERSON, 9), Ref(RemoteKind.STAGE, 8), Ref(RemoteKind.PIPELINE, 7)])
        found = [(str(one.ref), one.why) for one in changes_in(draft)]
    assert found == [
        ("pipedrive:person:1", Why.AGAIN),
        ("pipedrive:deal:1", Why.AGAIN),
        ("pipedrive:deal:2", Why.AGAIN),
        ("pipedrive:deal:3", Why.AGAIN),
        ("pipedrive:deal:4", Why.AGAIN),
        ("pipedrive:deal:5", Why.SEEN),
    ]


def test_stretches_are_by_id_and_grow_meanwhile(store: SqlStore) -> None:
    """A phase is walked over by id in stretches, and what is woken further on comes along."""
    Pass(readings={DEAL: read(DEAL, PdDeal(id=50, title="D", org_id=5))}).run(store)
    with store.draft() as draft:
        draft.compare(DEAL, read(DEAL, *(PdDeal(id=i, title="D") for i in (9, 3, 7, 5, 1))), read_at=LATER)
        walk = draft.stretches(Phase(DEAL, gone=False), 2)
        first = [one.ref.id for one in next(walk)]
        draft.wake([Ref(ORG, 5)])
        rest = [[one.ref.id for one in stretch] for stretch in walk]
    assert [first, *rest] == [[1, 3], [5, 7], [9, 50]]


def test_an_equal_client_was_read(store: SqlStore) -> None:
    """A client that says what it said before is remembered as read, so the longest unread come first."""
    clients = [Cligency(id=i, name="C") for i in (1, 2, 3)]
    Pass(readings={CLIENT: read(CLIENT, *clients)}).run(store)
    Pass(readings={CLIENT: read(CLIENT, clients[0])}, now=LATER).run(store)
    assert store.clients_to_read_again(2, now=LATER) == [2, 3]
    assert store.clients_to_read_again(2, now=LATER, besides=[2]) == [3, 1]
    assert store.unread_since(LATER) == [2, 3]
    assert store.last_seen(CLIENT, [1])[1].read_at == LATER


def test_who_names_an_org(store: SqlStore) -> None:
    """The children of an Org are the living Persons and deals that name it, those of a Person the deals."""
    Pass(
        readings={
            PERSON: read(PERSON, Person(id=1, name="P", org_id=5), Person(id=2, name="Q", org_id=5)),
            DEAL: read(DEAL, PdDeal(id=3, title="D", org_id=5), PdDeal(id=4, title="D", org_id=7, person_id=1)),
        }
    ).run(store)
    Pass(readings={PERSON: gone(PERSON, 2)}).run(store)
    assert store.children(Ref(ORG, 5)) == {PERSON: [1], DEAL: [3]}
    assert store.children(Ref(PERSON, 1)) == {DEAL: [4]}


def test_digests_of_a_range(store: SqlStore) -> None:
    """A page's worth of digests is asked for by its range of ids."""
    Pass(readings={ORG: read(ORG, *(Org(id=i, name="O") for i in (1, 5, 9)))}).run(store)
    assert sorted(store.digests_between(ORG, 1, 5)) == [5]
    assert sorted(store.digests_between(ORG, 1, None)) == [5, 9]


def test_pulled_objects_are_held(store: SqlStore) -> None:
    """A draft knows what it holds, gone or not."""
    Pass(readings={ORG: read(ORG, Org(id=1, name="A"), Org(id=3, name="C"))}).run(store)
    with store.draft() as draft:
        draft.compare(ORG, [*read(ORG, Org(id=2, name="B"), Org(id=3, name="C")), *gone(ORG, 1)], read_at=LATER)
        assert draft.holds(ORG, [1, 2, 3]) == {1, 2}


def test_a_pipeline_is_walked_over(store: SqlStore) -> None:
    """Kinds of which there are few go the same way."""
    with store.draft() as draft:
        draft.compare(RemoteKind.PIPELINE, read(RemoteKind.PIPELINE, PdPipeline(id=1, name="P")), read_at=NOON)
        (change,) = changes_in(draft)
    assert change.now == PdPipeline(id=1, name="P")

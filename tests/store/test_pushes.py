"""A push is in the journal before it is sent, and its receipt says what last-seen says then."""

from datetime import timedelta

from sqlalchemy import select

from hermes_sync.core.objects import Meeting
from hermes_sync.core.plan import FieldChange, Verb
from hermes_sync.core.records import Cligency, Org, Reach, RemoteKind
from hermes_sync.ports import Receipt
from hermes_sync.store import JournalPush, Partner, SqlStore, content_digest
from hermes_sync.store.tables import JOURNAL
from tests.store.passes import NOON, Pass, act, company, contact, deal, exported, push, read, write

ORG, PERSON, CLIENT = RemoteKind.ORGANIZATION, RemoteKind.PERSON, RemoteKind.CLIENT
LATER = NOON + timedelta(minutes=1)
STAGE = FieldChange("pipedrive_deal_stage", None, "Won")
WEBSITE = FieldChange("website", "old", "new")


def planned(store: SqlStore, pass_id: int) -> list[JournalPush]:
    """Return what is still to be pushed of a pass."""
    return list(store.planned_pushes(pass_id))


def state_of(store: SqlStore, id_: int) -> tuple[str, int, str | None]:
    """Return state, attempts and reason of a push."""
    with store.engine.connect() as connection:
        row = connection.execute(
            select(JOURNAL.c.state, JOURNAL.c.attempts, JOURNAL.c.reason).where(JOURNAL.c.id == id_)
        ).one()
    return row.state, row.attempts, row.reason


def test_planned_pushes_come_in_order(store: SqlStore) -> None:
    """The pushes of a pass come as planned, with all that is needed to send them."""
    emails = FieldChange("emails", (), (Reach(value="m@x.com", label="work"),))
    first = Pass(pushes=[push(ORG, 1, 10, WEBSITE), push(PERSON, 2, 20, emails), push(CLIENT, 1, 30, STAGE)]).run(store)
    found = planned(store, first)
    assert [(one.kind, one.verb, one.hermes_id, one.remote_id, one.changes) for one in found] == [
        (ORG, Verb.UPDATE, 1, 10, (WEBSITE,)),
        (PERSON, Verb.UPDATE, 2, 20, (emails,)),
        (CLIENT, Verb.UPDATE, 1, 30, (STAGE,)),
    ]
    assert [(one.pass_id, one.state, one.attempts) for one in found] == [(first, "planned", 0)] * 3
    assert found[0].digest == content_digest([WEBSITE])
    assert store.open_pushes() == found


def test_a_started_push_is_open_until_it_is_settled(store: SqlStore) -> None:
    """A started push is not planned any more but open, because it was perhaps sent; a settled one is neither."""
    pass_id = Pass(pushes=[push(CLIENT, 1, 30, STAGE)]).run(store)
    (one,) = planned(store, pass_id)
    store.start_push(one.id, LATER, one.changes)
    assert planned(store, pass_id) == []
    assert [(each.state, each.attempts) for each in store.open_pushes()] == [("started", 1)]
    store.settle_push(one.id, receipt=Receipt(remote_id=30), now=LATER)
    assert store.open_pushes() == []


def test_a_receipt_touches_pushed_fields_only(store: SqlStore) -> None:
    """Last-seen says what was pushed, and still what it said of the rest and of what was left out."""
    seen = Org(id=10, name="Acme", website="old", country="GB", currency="EUR")
    Pass(readings={ORG: read(ORG, seen)}).run(store)
    changes = (WEBSITE, FieldChange("currency", "EUR", "GBP"))
    (one,) = planned(store, Pass(pushes=[push(ORG, 1, 10, *changes)]).run(store))
    store.settle_push(one.id, receipt=Receipt(remote_id=10, left_out=("currency",)), now=LATER)
    now = store.last_seen(ORG, [10])[10]
    assert now.record == Org(id=10, name="Acme", website="new", country="GB", currency="EUR")
    assert now.read_at == NOON
    with store.draft() as draft:
        echo = read(ORG, Org(id=10, name="Acme", website="new", country="GB", currency="EUR"))
        assert draft.compare(ORG, echo, read_at=LATER) == 0


def test_a_receipt_moves_what_a_client_names(store: SqlStore) -> None:
    """A pushed Pipedrive link counts at once for who names an Org."""
    Pass(readings={CLIENT: read(CLIENT, Cligency(id=30, pipedrive_id="1"))}).run(store)
    change = FieldChange("pipedrive_id", "1", "10")
    (one,) = planned(store, Pass(pushes=[push(CLIENT, 1, 30, change)]).run(store))
    store.settle_push(one.id, receipt=Receipt(remote_id=30), now=LATER)
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT org_id FROM last_seen").scalar_one() == 10


def test_a_receipt_of_something_gone_changes_no_last_seen(store: SqlStore) -> None:
    """A push to an object that was never read or is gone does not make it known."""
    (one,) = planned(store, Pass(pushes=[push(ORG, 1, 10, WEBSITE)]).run(store))
    store.settle_push(one.id, receipt=Receipt(remote_id=10), now=LATER)
    assert store.known(ORG, [10]) == set()


def test_what_a_create_made_is_linked_and_not_yet_seen(store: SqlStore) -> None:
    """The receipt of a create links the Hermes object and knows that what was made lives, and nothing more.

    The next pass sees it as created (semantics 1), or finds that it is gone already.
    """
    write(store, company(1), contact(1, 1))
    pass_id = Pass(
        pushes=[
            push(ORG, 1, None, FieldChange("name", None, "Acme"), FieldChange("hermes_id", None, "1")),
            push(PERSON, 1, None, FieldChange("name", None, "Mary")),
        ]
    ).run(store)
    revision = store.revision()
    for one, remote_id in zip(planned(store, pass_id), (10, 20), strict=True):
        store.settle_push(one.id, receipt=Receipt(remote_id=remote_id), now=LATER)
    assert exported(store, "companies")[0]["pd_org_id"] == 10
    assert exported(store, "contacts")[0]["pd_person_id"] == 20
    assert store.digests_between(ORG, 0, None) == {10: None}
    assert store.digests_between(PERSON, 0, None) == {20: None}
    assert store.last_seen(ORG, [10])[10].record is None
    assert store.created(ORG, [10, 11]) == {10}
    assert store.revision() == revision + 2


def test_a_link_is_never_taken_from_another(store: SqlStore) -> None:
    """The receipt of a create leaves a Company alone when another has that Org, or when it has one."""
    write(store, company(1, "A", pd_org_id=10), company(2, "B"), company(3, "C", pd_org_id=30))
    pushes = [push(ORG, id_, None, FieldChange("name", None, "Acme"), cause=f"tc2:client:{id_}") for id_ in (2, 3)]
    for one in planned(store, Pass(pushes=pushes).run(store)):
        store.settle_push(one.id, receipt=Receipt(remote_id=10), now=LATER)
    assert [one["pd_org_id"] for one in exported(store, "companies")] == [10, None, 30]


def test_other_ends_of_a_push(store: SqlStore) -> None:
    """A push may be settled as gone, deferred or refused; only a deferred one stays open."""
    pushes = [push(CLIENT, id_, 30 + id_, STAGE) for id_ in (1, 2, 3)]
    gone, deferred, refused = planned(store, Pass(pushes=pushes).run(store))
    store.settle_gone(gone.id, "404", LATER)
    store.defer_push(deferred.id, reason="503", due=LATER, now=NOON)
    store.refuse_push(refused.id, reason="400 no such stage", now=NOON)
    assert [state_of(store, one.id) for one in (gone, deferred, refused)] == [
        ("settled", 0, "404"),
        ("deferred", 0, "503"),
        ("refused", 0, "400 no such stage"),
    ]
    assert [(one.id, one.due_at) for one in store.open_pushes()] == [(deferred.id, LATER)]
    assert store.refused(CLIENT, [1, 2, 3]) == {(3, content_digest([STAGE]))}
    assert store.refused(ORG, [3]) == set()


def test_a_newer_push_takes_the_place_of_an_older_one(store: SqlStore) -> None:
    """Open and refused pushes to the same target end when a pass plans a new one, which knows of their attempts."""
    older = planned(store, Pass(pushes=[push(CLIENT, id_, 30 + id_, STAGE) for id_ in (1, 2, 3)]).run(store))
    store.start_push(older[0].id, NOON, older[0].changes)
    store.refuse_push(older[1].id, reason="400", now=NOON)
    again = FieldChange("pipedrive_deal_stage", None, "Lost")
    newer = planned(store, Pass(pushes=[push(CLIENT, id_, 30 + id_, again) for id_ in (1, 2)]).run(store))
    assert [state_of(store, one.id)[0] for one in older] == ["superseded", "superseded", "planned"]
    assert [(one.hermes_id, one.attempts) for one in newer] == [(1, 1), (2, 0)]
    assert store.refused(CLIENT, [1, 2, 3]) == set()


def test_a_push_beside_hermes_actions(store: SqlStore) -> None:
    """Applied actions are in the journal too and are no pushes."""
    pass_id = Pass(actions=[act(None, company(1))], pushes=[push(CLIENT, 1, 30, STAGE)]).run(store)
    assert [one.kind for one in planned(store, pass_id)] == [CLIENT]
    assert len(store.open_pushes()) == 1


def test_what_hermes_sync_created(store: SqlStore) -> None:
    """A remote object that a settled create made is known as created by hermes-sync, and no other is."""
    write(store, company(1), company(2))
    pass_id = Pass(pushes=[push(ORG, 1, None, WEBSITE), push(ORG, 2, 20, WEBSITE)]).run(store)
    for one, remote_id in zip(planned(store, pass_id), (10, 20), strict=True):
        store.settle_push(one.id, receipt=Receipt(remote_id=remote_id), now=LATER)
    assert store.created(ORG, [10, 20, 30]) == {10}
    assert store.created(PERSON, [10]) == set()


def test_a_push_knows_what_it_names(store: SqlStore) -> None:
    """Org, Person and deal around each speaker, linked, not linked yet, or refused; nobody around who is not there."""
    call = {"type": "sales", "start_time": "2025-03-03T10:00:00Z", "end_time": "2025-03-03T10:30:00Z"}
    write(
        store,
        company(1, pd_org_id=10),
        contact(2, 1),
        deal(3, 1, contact_id=2),
        Meeting(id=4, company_id=1, contact_id=2, deal_id=3, **call),
        Meeting(id=5, company_id=1, **call),
    )
    pass_id = Pass(pushes=[push(PERSON, 2, None, WEBSITE)]).run(store)
    store.refuse_push(planned(store, pass_id)[0].id, reason="403", now=LATER)

    org = {ORG: Partner(hermes_id=1, remote_id=10, is_refused=False)}
    person = {PERSON: Partner(hermes_id=2, remote_id=None, is_refused=True)}
    sale = {RemoteKind.DEAL: Partner(hermes_id=3, remote_id=None, is_refused=False)}
    assert store.partners(ORG, 1) == store.partners(CLIENT, 1) == store.partners(PERSON, 2) == org
    assert store.partners(RemoteKind.DEAL, 3) == org | person
    assert store.partners(RemoteKind.ACTIVITY, 4) == org | person | sale
    assert store.partners(RemoteKind.ACTIVITY, 5) == org
    assert store.partners(PERSON, 9) == {}


def test_an_activity_is_linked_and_never_last_seen(store: SqlStore) -> None:
    """What a settled create made is its Meeting's Activity; nothing is remembered of it that could be compared."""
    call = {"type": "sales", "start_time": "2025-03-03T10:00:00Z", "end_time": "2025-03-03T10:30:00Z"}
    write(store, company(1), Meeting(id=4, company_id=1, **call), Meeting(id=5, company_id=1, **call))
    pass_id = Pass(pushes=[push(RemoteKind.ACTIVITY, 4, None, WEBSITE)]).run(store)
    store.settle_push(planned(store, pass_id)[0].id, receipt=Receipt(remote_id=70), now=LATER)

    assert [row["pd_activity_id"] for row in exported(store, "meetings")] == [70, None]
    assert store.taken(RemoteKind.ACTIVITY, [70, 71]) == {70}
    assert store.last_seen(RemoteKind.ACTIVITY, [70]) == {}

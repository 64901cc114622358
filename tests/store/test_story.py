"""What the journal says of one object, refused pushes that are tried again, and Companies with cligency and Org."""

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from hermes_sync.core.objects import Kind, Meeting
from hermes_sync.core.plan import FieldChange, Verb
from hermes_sync.core.records import Cligency, Notice, Org, PdStage, Ref, RemoteKind, System
from hermes_sync.ports import Receipt
from hermes_sync.store import Entry, HermesRef, JournalPush, Link, NeverSeen, SqlStore, Subject
from tests.store.passes import NOON, Pass, act, company, contact, deal, gone, pipeline, push, read, stage, write

ORG, PERSON, CLIENT, STAGE = RemoteKind.ORGANIZATION, RemoteKind.PERSON, RemoteKind.CLIENT, RemoteKind.STAGE
LATER = datetime(2025, 3, 1, 13, tzinfo=UTC)
WEBSITE = FieldChange("website", "old", "new")
SHOWN = FieldChange("pipedrive_deal_stage", None, "Contacted")

ACME = company(1, pd_org_id=10, tc2_cligency_id=20)


def entries(store: SqlStore, subject: Subject) -> list[Entry]:
    """Return the entries of a story."""
    return list(store.story(subject).entries)


def planned(store: SqlStore, pass_id: int) -> list[JournalPush]:
    """Return the pushes that a pass planned."""
    return list(store.planned_pushes(pass_id))


def headlines(told: list[Entry]) -> list[str]:
    """Return what was done to what, one text for each entry."""
    return [f"{one.pass_id} {one.verb} {one.system} {one.object} {one.hermes_id}" for one in told]


def test_a_company_is_told_from_its_creation_on(store: SqlStore) -> None:
    """The story of a Company has its actions and its pushes to Org and cligency, oldest first, and no other's."""
    Pass(
        actions=[act(None, ACME), act(None, company(2, "Other")), act(None, contact(1, 1))],
        pushes=[push(ORG, 1, 10, WEBSITE), push(CLIENT, 1, 20, SHOWN), push(CLIENT, 2, 21, SHOWN)],
    ).run(store)
    Pass(actions=[act(ACME, replace(ACME, name="Acorn"))], pushes=[push(PERSON, 1, 40, WEBSITE)]).run(store)

    assert headlines(entries(store, HermesRef(Kind.COMPANY, 1))) == [
        "1 create hermes company 1",
        "1 update pipedrive organization 1",
        "1 update tc2 client 1",
        "2 update hermes company 1",
    ]


def test_an_action_is_told_with_what_differs(store: SqlStore) -> None:
    """An applied action says when, in which pass, by which rows, why, and each field before and after."""
    write(store, ACME)
    Pass(actions=[act(ACME, replace(ACME, name="Acorn"), cause="tc2:client:20")], now=LATER).run(store)
    (_, edited) = entries(store, HermesRef(Kind.COMPANY, 1))

    assert edited == Entry(
        pass_id=2,
        at=LATER,
        rules=("a-row", "another-row"),
        cause="tc2:client:20",
        system=System.HERMES,
        object="company",
        verb=Verb.UPDATE,
        key={"pd_org_id": 10},
        hermes_id=1,
        remote_id=None,
        changes=(FieldChange("name", "Acme", "Acorn"),),
        push=None,
    )


def test_a_push_is_told_with_how_it_went(store: SqlStore) -> None:
    """A push says state, attempts, and its receipt, or why it was refused or waits and until when."""
    write(store, ACME, company(2, "B"), company(3, "C"))
    pushes = [push(CLIENT, 1, 20, SHOWN), push(CLIENT, 2, 21, SHOWN), push(CLIENT, 3, 22, SHOWN)]
    settled, refused, deferred = planned(store, Pass(pushes=pushes).run(store))
    notice = Notice(code="field-refused", message="left out", refs=("tc2:client:20",))
    receipt = Receipt(remote_id=20, notices=(notice,), left_out=("pipedrive_deal_stage",))
    for one in (settled, refused, deferred):
        store.start_push(one.id, NOON, one.changes)
    store.settle_push(settled.id, receipt=receipt, now=LATER)
    store.refuse_push(refused.id, reason="400 no such stage", now=LATER)
    store.defer_push(deferred.id, reason="503", due=LATER + timedelta(minutes=1), now=LATER)
    told = [entries(store, HermesRef(Kind.COMPANY, id_))[-1] for id_ in (1, 2, 3)]
    fates = [one.push for one in told if one.push is not None]

    assert [(one.state, one.attempts, one.receipt, one.reason, one.due_at) for one in fates] == [
        ("settled", 1, receipt, None, None),
        ("refused", 1, None, "400 no such stage", None),
        ("deferred", 1, None, "503", LATER + timedelta(minutes=1)),
    ]
    assert [one.at for one in told] == [LATER, LATER, NOON]
    assert told[0].changes == (SHOWN,)


def test_a_story_ends_with_what_the_object_is_and_its_links(store: SqlStore) -> None:
    """The end of a story has the fields as they are, and what they name: remote objects and Hermes ones."""
    write(
        store, ACME, contact(1, 1, pd_person_id=40), pipeline(1, 1), stage(1, 8), deal(1, 1, contact_id=1, stage_id=1)
    )
    Pass(readings={ORG: read(ORG, Org(id=10, name="Acme"))}).run(store)
    Pass(readings={CLIENT: read(CLIENT, Cligency(id=20, agency_id=30))}).run(store)
    Pass(readings={CLIENT: gone(CLIENT, 20)}).run(store)
    told = store.story(HermesRef(Kind.COMPANY, 1))

    assert told.fields == asdict(ACME)
    assert not told.is_gone
    assert told.links == (
        Link(name="pipedrive:organization:10", is_there=True),
        Link(name="tc2:client:20", is_there=False),
    )
    assert store.story(HermesRef(Kind.CONTACT, 1)).links == (
        Link(name="company 1", is_there=True),
        Link(name="pipedrive:person:40", is_there=None),
    )
    assert [one.name for one in store.story(HermesRef(Kind.DEAL, 1)).links] == ["company 1", "contact 1", "stage 1"]


def test_a_deleted_object_has_a_story(store: SqlStore) -> None:
    """What was deleted is told to its end, with what it was and when it went."""
    write(store, ACME)
    Pass(actions=[act(ACME, None)], now=LATER).run(store)
    told = store.story(HermesRef(Kind.COMPANY, 1))

    assert headlines(list(told.entries)) == ["1 create hermes company 1", "2 delete hermes company 1"]
    assert told.is_gone
    assert told.gone_at == LATER
    assert told.fields == asdict(ACME)


def test_a_remote_object_is_told_with_what_it_caused(store: SqlStore) -> None:
    """The story of a remote object has what it caused and what was pushed to it, each once, and its Hermes object."""
    cause = "tc2:client:20"
    client = Cligency(id=20, agency_id=30, name="Acme")
    Pass(
        readings={CLIENT: read(CLIENT, client)},
        actions=[act(None, ACME, cause=cause), act(None, contact(1, 1), cause=cause), act(None, company(2, "Other"))],
        pushes=[
            push(ORG, 1, 10, WEBSITE, cause=cause),
            push(CLIENT, 1, 20, SHOWN, cause=cause),
            push(CLIENT, 2, 21, SHOWN),
        ],
    ).run(store)
    Pass(pushes=[push(CLIENT, 1, 20, SHOWN, cause="pipedrive:stage:8")]).run(store)
    told = store.story(Ref(CLIENT, 20))

    assert headlines(list(told.entries)) == [
        "1 create hermes company 1",
        "1 create hermes contact 1",
        "1 update pipedrive organization 1",
        "1 update tc2 client 1",
        "2 update tc2 client 1",
    ]
    assert told.links == (Link(name="company 1", is_there=True),)
    assert told.fields is not None
    assert told.fields["name"] == "Acme"
    assert told.read_at == NOON


def test_a_remote_object_that_is_gone_has_a_story(store: SqlStore) -> None:
    """Of a remote object that is gone the story says since when and what it was."""
    Pass(readings={STAGE: read(STAGE, PdStage(id=8, name="Contacted"))}).run(store)
    Pass(readings={STAGE: gone(STAGE, 8)}, now=LATER).run(store)
    told = store.story(Ref(STAGE, 8))

    assert list(told.entries) == []
    assert told.is_gone
    assert told.gone_at == LATER
    assert told.fields == {"id": 8, "name": "Contacted", "pipeline_id": None}


def test_what_a_create_made_is_told_before_it_is_read(store: SqlStore) -> None:
    """An Org that hermes-sync created and no pass has read yet has its push and its Company."""
    write(store, company(1))
    (one,) = planned(store, Pass(pushes=[push(ORG, 1, None, WEBSITE)]).run(store))
    store.settle_push(one.id, receipt=Receipt(remote_id=10), now=LATER)
    told = store.story(Ref(ORG, 10))

    assert headlines(list(told.entries)) == ["2 create pipedrive organization 1"]
    assert told.fields is None
    assert not told.is_gone
    assert told.links == (Link(name="company 1", is_there=True),)


@pytest.mark.parametrize(
    "subject", [HermesRef(Kind.COMPANY, 7), HermesRef(Kind.MEETING, 1), Ref(ORG, 7), Ref(CLIENT, 10)], ids=str
)
def test_what_nobody_ever_saw_has_no_story(store: SqlStore, subject: Subject) -> None:
    """An id that is in no table raises `NeverSeen`, which names it."""
    write(store, ACME)

    with pytest.raises(NeverSeen, match=f"^{subject}: nobody ever saw it"):
        store.story(subject)


def test_a_cause_of_very_many_is_told_whole(store: SqlStore) -> None:
    """A story longer than one stretch is complete and in order."""
    cause = "pipedrive:pipeline:1"
    Pass(actions=[act(None, company(id_, f"C {id_}"), cause=cause) for id_ in range(1, 1201)]).run(store)
    told = entries(store, Ref(RemoteKind.PIPELINE, 1))

    assert [one.hermes_id for one in told] == list(range(1, 1201))


@pytest.mark.parametrize("subject", [HermesRef(Kind.COMPANY, 1), HermesRef(Kind.DEAL, 1), Ref(CLIENT, 20)], ids=str)
def test_a_story_reads_no_whole_table(store: SqlStore, subject: Subject) -> None:
    """No question of a story is answered by reading a table through."""
    write(store, ACME, deal(1, 1, pd_deal_id=7))
    Pass(readings={CLIENT: read(CLIENT, Cligency(id=20))}, pushes=[push(CLIENT, 1, 20, SHOWN)]).run(store)
    Pass(actions=[act(deal(1, 1), None), act(ACME, None)]).run(store)
    statements: list[tuple[str, Any]] = []

    def record(*said: Any) -> None:
        statements.append((said[2], said[3]))

    event.listen(store.engine, "before_cursor_execute", record)
    assert entries(store, subject)
    event.remove(store.engine, "before_cursor_execute", record)
    plans = [plan_of(store, *one) for one in statements if one[0].startswith("SELECT")]

    assert len(plans) >= 4
    assert [
        plan for plan in plans if any(scan in plan for scan in ("SCAN journal", "SCAN last_seen", "Seq Scan"))
    ] == []


def plan_of(store: SqlStore, statement: str, parameters: Any) -> str:
    """Return how the database answers a question, as if its tables were large."""
    with store.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
        else:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).all()
        return "\n".join(str(row[-1]) for row in rows)


def test_refused_pushes_wait_for_the_next_pass(store: SqlStore) -> None:
    """After a retry what was refused is open, due now, with its reason; what was settled or waits is as it was."""
    write(store, ACME, company(2, "B"), company(3, "C"), company(4, "D"))
    pushes = [push(CLIENT, id_, 19 + id_, SHOWN) for id_ in (1, 2, 3, 4)]
    first, second, settled, deferred = planned(store, Pass(pushes=pushes).run(store))
    for one in (first, second):
        store.start_push(one.id, NOON, one.changes)
        store.refuse_push(one.id, reason="400 no such stage", now=NOON)
    store.settle_push(settled.id, receipt=Receipt(remote_id=22), now=NOON)
    store.defer_push(deferred.id, reason="503", due=NOON, now=NOON)
    revision = store.revision()
    retried = store.retry_refused(LATER)

    assert [one.id for one in retried] == [first.id, second.id]
    assert [(one.id, one.state, one.due_at, one.attempts, one.reason) for one in store.open_pushes()] == [
        (first.id, "deferred", LATER, 1, "400 no such stage"),
        (second.id, "deferred", LATER, 1, "400 no such stage"),
        (deferred.id, "deferred", NOON, 0, "503"),
    ]
    assert store.refused(CLIENT, [1, 2, 3, 4]) == set()
    assert store.revision() == revision
    assert store.retry_refused(LATER) == []


def test_a_refused_create_is_not_in_doubt(store: SqlStore) -> None:
    """A create that was refused has made nothing: after a retry it is not one that was perhaps sent."""
    (one,) = planned(store, Pass(pushes=[push(ORG, 1, None, WEBSITE)]).run(store))
    store.start_push(one.id, NOON, one.changes)
    store.refuse_push(one.id, reason="403", now=NOON)
    (retried,) = store.retry_refused(LATER)

    assert retried.started_at is None


def test_a_pass_that_planned_without_them_leaves_retried_pushes_open(store: SqlStore) -> None:
    """A retry while a pass is under way is for the pass after it, and does not stop the one that runs."""
    (one,) = planned(store, Pass(pushes=[push(CLIENT, 1, 20, SHOWN)]).run(store))
    store.refuse_push(one.id, reason="400", now=NOON)
    pass_id = store.begin_pass(scope="normal", now=LATER)
    with store.draft() as draft:
        Pass(actions=[act(None, company(2, "B"))]).fill(draft)
        draft.answer(push.id for push in store.open_pushes())
        store.retry_refused(LATER)
        store.apply(draft, lease=None, pass_id=pass_id, now=LATER, cursors={}, policy_digest="")

    assert [(push.id, push.state) for push in store.open_pushes()] == [(one.id, "deferred")]


def test_companies_with_a_cligency_and_a_living_org(store: SqlStore) -> None:
    """Companies come with their Orgs, by id; one that lacks a cligency, an Org, or a living one does not."""
    both = [company(id_, f"C {id_}", pd_org_id=id_, tc2_cligency_id=id_) for id_ in range(1, 1102)]
    write(store, *both, company(2000, "No cligency", pd_org_id=2000), company(2001, "No Org", tc2_cligency_id=2001))
    ids = [*range(1, 1101), 2000]
    Pass(readings={ORG: read(ORG, *(Org(id=id_, name=f"Org {id_}") for id_ in ids))}).run(store)
    Pass(readings={ORG: gone(ORG, 5)}).run(store)
    pairs = list(store.companies_with_both())

    assert [one.id for one, _ in pairs] == [id_ for id_ in range(1, 1101) if id_ != 5]
    assert all(one.pd_org_id == org.id for one, org in pairs)


def test_a_meeting_and_its_activity_have_one_story(store: SqlStore) -> None:
    """The push that made an Activity is told of both, and each says what it is linked to."""
    call = Meeting(id=4, type="sales", start_time="2025-03-03T10:00:00Z", end_time="2025-03-03T10:30:00Z", company_id=1)
    pass_id = Pass(
        actions=[act(None, ACME), act(None, call)], pushes=[push(RemoteKind.ACTIVITY, 4, None, WEBSITE)]
    ).run(store)
    store.settle_push(planned(store, pass_id)[0].id, receipt=Receipt(remote_id=70), now=LATER)

    meeting, activity = store.story(HermesRef(Kind.MEETING, 4)), store.story(Ref(RemoteKind.ACTIVITY, 70))
    assert headlines(list(meeting.entries)) == ["1 create hermes meeting 4", "1 create pipedrive activity 4"]
    assert headlines(list(activity.entries)) == ["1 create pipedrive activity 4"]
    assert meeting.links == (
        Link(name="company 1", is_there=True),
        Link(name="pipedrive:activity:70", is_there=None),
    )
    assert activity.links == (Link(name="meeting 4", is_there=True),)
    assert activity.fields is None

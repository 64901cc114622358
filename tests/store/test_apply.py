"""Applying a draft is all or nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from hermes_sync.core.objects import Kind
from hermes_sync.core.plan import Segment
from hermes_sync.core.records import Org, RemoteKind
from hermes_sync.ports import LeaseHeld
from hermes_sync.store import Cursor, Draft, SqlStore, StaleDraft
from hermes_sync.store.tables import JOURNAL
from tests.store.passes import NOON, Pass, act, company, contact, deal, exported, read, stage, write

ORG = RemoteKind.ORGANIZATION


def apply(store: SqlStore, draft: Draft) -> None:
    """Apply a draft without a lease."""
    pass_id = store.begin_pass(scope="normal", now=NOON)
    store.apply(draft, lease=None, pass_id=pass_id, now=NOON, cursors={}, policy_digest="policy")


def journal(store: SqlStore) -> list[tuple[int, str, str, str | None, str | None]]:
    """Return what the journal says of Hermes objects."""
    with store.engine.connect() as connection:
        rows = connection.execute(
            select(JOURNAL.c.seq, JOURNAL.c.object, JOURNAL.c.verb, JOURNAL.c.before, JOURNAL.c.after)
            .where(JOURNAL.c.system == "hermes")
            .order_by(JOURNAL.c.id)
        )
        return [(row.seq, row.object, row.verb, row.before, row.after) for row in rows]


def test_everything_local_moves_together(store: SqlStore) -> None:
    """A pass leaves objects, last-seen, journal, counters, cursors, digest and revision behind."""
    cursor = Cursor(since=NOON, complete_at=NOON - timedelta(minutes=1))
    Pass(
        readings={ORG: read(ORG, Org(id=10, name="Acme"))},
        actions=[act(None, company(1, pd_org_id=10)), act(None, contact(1, 1)), act(None, deal(1, 1, contact_id=1))],
        cursors={ORG: cursor},
    ).run(store)
    assert [one["id"] for one in exported(store, "companies")] == [1]
    assert store.known(ORG, [10]) == {10}
    assert store.cursors() == {ORG: cursor}
    assert store.policy_digest() == "policy"
    assert store.revision() == 1
    assert store.next_ids()[Kind.CONTACT] == 2
    assert store.population() == {"company": 1, "contact": 1, "deal": 1, "meeting": 0, "pipeline": 0, "stage": 0}
    assert [entry[:3] for entry in journal(store)] == [
        (1, "company", "create"),
        (2, "contact", "create"),
        (3, "deal", "create"),
    ]


def test_nothing_new_moves_nothing(store: SqlStore) -> None:
    """A pass without actions leaves the revision and the journal as they were."""
    page = {ORG: read(ORG, Org(id=10, name="Acme"))}
    Pass(readings=page, actions=[act(None, company(1))]).run(store)
    Pass(readings=page).run(store)
    assert store.revision() == 1
    assert len(journal(store)) == 1


def test_the_journal_keeps_whole_rows(store: SqlStore) -> None:
    """Before an update and a delete the whole row is in the journal."""
    write(store, old := company(1, "Old", website="https://old.example"))
    Pass(actions=[act(old, new := replace(old, name="New"))]).run(store)
    Pass(actions=[act(new, None)]).run(store)
    befores = [entry[3] for entry in journal(store)]
    assert befores[0] is None
    assert all('"website":"https://old.example"' in (one or "") for one in befores[1:])
    assert store.population()["company"] == 0
    assert store.next_ids()[Kind.COMPANY] == 2


def test_ids_of_what_came_and_went_are_not_used_again(store: SqlStore) -> None:
    """An object created and deleted in one pass is never in the store, and its id is not given out again."""
    with store.draft() as draft:
        draft.keep(Segment(actions=[act(None, company(1))]))
        draft.keep(Segment(actions=[act(company(1), None)]))
        apply(store, draft)
    assert exported(store, "companies") == []
    assert store.population()["company"] == 0
    assert store.next_ids()[Kind.COMPANY] == 2


def test_unique_ids_move_between_rows(store: SqlStore) -> None:
    """Two Companies may swap their Orgs, and a new Contact may take the Person of one that is deleted."""
    write(
        store,
        a := company(1, "A", pd_org_id=10),
        b := company(2, "B", pd_org_id=20),
        c := contact(1, 1, pd_person_id=5),
    )
    Pass(
        actions=[
            act(a, replace(a, pd_org_id=20)),
            act(b, replace(b, pd_org_id=10)),
            act(None, contact(2, 2, pd_person_id=5)),
            act(c, None),
        ]
    ).run(store)
    assert [(one["id"], one["pd_org_id"]) for one in exported(store, "companies")] == [(1, 20), (2, 10)]
    assert [(one["id"], one["pd_person_id"]) for one in exported(store, "contacts")] == [(2, 5)]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: act(None, deal(1, 1, stage_id=99)),
        lambda: act(None, company(2, "B", pd_org_id=10)),
    ],
    ids=["a Deal of an unknown Stage", "a Company with the Org of another"],
)
def test_an_error_leaves_everything_as_it_was(store: SqlStore, wrong: Callable[[], object]) -> None:
    """When the database refuses one row, nothing of the pass is there."""
    write(store, company(1, "A", pd_org_id=10))
    bad = Pass(
        readings={ORG: read(ORG, Org(id=11, name="New"))},
        actions=[act(None, company(3, "C")), wrong()],  # type: ignore[list-item]  # made late
        cursors={ORG: Cursor(since=NOON)},
    )
    with pytest.raises(IntegrityError):
        bad.run(store)
    assert [one["id"] for one in exported(store, "companies")] == [1]
    assert store.known(ORG, [11]) == set()
    assert store.cursors() == {}
    assert store.revision() == 1
    assert len(journal(store)) == 1
    assert store.population()["company"] == 1


def test_a_stale_draft_is_planned_again(store: SqlStore) -> None:
    """A draft is not applied once objects changed under it; started over it keeps what it pulled."""
    with store.draft() as draft:
        draft.compare(ORG, read(ORG, Org(id=10, name="Acme")), read_at=NOON)
        draft.keep(Segment(actions=[act(None, company(1, "planned"))]))
        write(store, company(1, "booked meanwhile"))
        with pytest.raises(StaleDraft, match="revision 0"):
            apply(store, draft)
        assert store.known(ORG, [10]) == set()
        draft.start_over()
        assert list(draft.actions()) == []
        draft.keep(Segment(actions=[act(None, company(2, "planned"))]))
        apply(store, draft)
    assert [one["name"] for one in exported(store, "companies")] == ["booked meanwhile", "planned"]
    assert store.known(ORG, [10]) == {10}


def test_a_lost_lease_applies_nothing(store: SqlStore) -> None:
    """A pass whose lease ran out and was taken over cannot apply any more."""
    mine = store.acquire_lease(holder="me", now=NOON, ttl=timedelta(minutes=5))
    later = NOON + timedelta(minutes=6)
    store.acquire_lease(holder="you", now=later, ttl=timedelta(minutes=5))
    with pytest.raises(LeaseHeld, match="you"):
        Pass(actions=[act(None, company(1))], lease=mine, now=later).run(store)
    assert exported(store, "companies") == []


def test_a_held_lease_applies(store: SqlStore) -> None:
    """A pass that holds the lease applies."""
    mine = store.acquire_lease(holder="me", now=NOON, ttl=timedelta(minutes=5))
    Pass(actions=[act(None, company(1))], lease=mine).run(store)
    assert len(exported(store, "companies")) == 1


def test_deleting_and_blanking(store: SqlStore) -> None:
    """A Stage is deleted together with its name on Deals, in whatever order the rows are written."""
    write(store, company(1), s := stage(1, 1), d := deal(1, 1, stage_id=1))
    Pass(actions=[act(s, None), act(d, replace(d, stage_id=None))]).run(store)
    assert exported(store, "stages") == []
    assert exported(store, "deals")[0]["stage_id"] is None


def test_a_thrown_away_draft_leaves_nothing(store: SqlStore) -> None:
    """A draft that is closed without being applied leaves no file and changes nothing."""
    with store.draft() as draft:
        draft.keep(Segment(actions=[act(None, company(1))]))
        path = draft.path
        assert path.exists()
    assert not path.exists()
    assert not path.parent.exists()
    assert exported(store, "companies") == []


def test_an_error_does_not_tell_what_the_statement_was_given(store: SqlStore) -> None:
    """Names and addresses belong in no log, whatever went wrong with them."""
    insert = text("INSERT INTO nowhere (email) VALUES (:email)")
    with store.engine.connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(insert, {"email": "mary@example.com"})

    assert "mary@example.com" not in str(caught.value)

"""Bookings wait for the pass that plans their Pipedrive half, and for no other."""

from datetime import timedelta

import pytest

from hermes_sync.core.bookings import CallBooked
from hermes_sync.core.objects import Kind, Meeting
from hermes_sync.core.plan import Segment
from hermes_sync.core.records import Org, Person, RemoteKind
from hermes_sync.ports import Receipt
from hermes_sync.store import Draft, SqlStore, StaleDraft
from hermes_sync.store.tables import BOOKINGS
from tests.store.passes import NOON, Pass, act, company, contact, deal, ids_of, push, read, write

ORG, PERSON = RemoteKind.ORGANIZATION, RemoteKind.PERSON


def meeting(id_: int, company_id: int, contact_id: int | None = None) -> Meeting:
    """Return a Meeting."""
    start, end = "2025-03-03T10:00:00Z", "2025-03-03T10:30:00Z"
    return Meeting(id=id_, type="sales", start_time=start, end_time=end, company_id=company_id, contact_id=contact_id)


def wait(store: SqlStore, *ids: int, type_: str = "sales", company_id: int = 1, **of: int) -> None:
    """Let bookings wait for a pass."""
    row = {"type": type_, "company_id": company_id, "contact_id": 2, "booked_at": NOON, **of}
    with store.engine.connect().execution_options(hermes_writes=True) as connection, connection.begin():
        for id_ in ids:
            connection.execute(BOOKINGS.insert().values(id=id_, **row))


def waiting(store: SqlStore) -> list[int]:
    """Return the bookings that wait."""
    with store.engine.connect() as connection:
        return sorted(connection.scalars(BOOKINGS.select()))


def read_by(draft: Draft) -> list[CallBooked]:
    """Return the bookings that a plan finds."""
    return [booking for bookings, _ in draft.bookings(5_000) for booking in bookings]


def apply(store: SqlStore, draft: Draft) -> None:
    """Carry a draft over."""
    pass_id = store.begin_pass(scope="normal", now=NOON)
    store.apply(draft, lease=None, pass_id=pass_id, now=NOON, cursors={}, policy_digest="policy")


def test_exactly_what_a_plan_read_is_forgotten_when_it_is_applied(store: SqlStore) -> None:
    """What is booked after the plan was made waits for the next one; a draft that is thrown away forgets nothing."""
    wait(store, 10, 20)
    with store.draft() as thrown_away:
        assert [str(one.ref) for one in read_by(thrown_away)] == ["callbooker:sales:10", "callbooker:sales:20"]
    assert waiting(store) == [10, 20]

    with store.draft() as draft:
        read_by(draft)
        wait(store, 15, 30)
        apply(store, draft)

    assert waiting(store) == [15, 30]


def test_a_stale_plan_forgets_nothing_and_the_next_one_reads_the_newer_booking_too(store: SqlStore) -> None:
    """Planned anew, it speaks for both."""
    wait(store, 10)
    with store.draft() as draft:
        read_by(draft)
        draft.keep(Segment(actions=[act(None, company(1))]))
        write(store, company(1))
        wait(store, 20)
        with pytest.raises(StaleDraft):
            apply(store, draft)
        assert waiting(store) == [10, 20]

        draft.start_over()
        assert [one.ref.id for one in read_by(draft)] == [10, 20]
        apply(store, draft)

    assert waiting(store) == []


def test_many_bookings_come_in_stretches_and_in_order(store: SqlStore) -> None:
    """However many wait, each comes once."""
    wait(store, *range(1, 1202))
    with store.draft() as draft:
        stretches = [[one.ref.id for one in bookings] for bookings, _ in draft.bookings(5_000)]
        assert [id_ for stretch in stretches for id_ in stretch] == list(range(1, 1202))
        assert len(stretches) > 1
        apply(store, draft)
    assert waiting(store) == []


def test_a_booking_comes_with_what_its_rows_can_reach(store: SqlStore) -> None:
    """Company, Contact, Deal and Meeting, the Org and Person as last seen, and which of these are ours."""
    org, person = Org(id=10, name="Acme"), Person(id=40, name="Mary Booth", org_id=10)
    things = (company(1, pd_org_id=10), contact(2, 1, pd_person_id=40), deal(3, 1), meeting(4, 1, 2))
    first = Pass(
        readings={ORG: read(ORG, org), PERSON: read(PERSON, person)},
        actions=[act(None, one) for one in things],
        pushes=[push(PERSON, 2, None)],
    ).run(store)
    (made,) = store.planned_pushes(first)
    store.settle_push(made.id, receipt=Receipt(remote_id=40), now=NOON + timedelta(minutes=1))
    wait(store, 10, deal_id=3, meeting_id=4)

    with store.draft() as draft:
        ((bookings, around),) = draft.bookings(5_000)
    (booking,) = bookings
    assert (booking.company_id, booking.contact_id, booking.deal_id, booking.meeting_id) == (1, 2, 3, 4)
    assert (booking.org, booking.person, booking.ours) == (org, person, frozenset({PERSON}))
    objects = list(around.objects)
    for kind, id_ in ((Kind.COMPANY, 1), (Kind.CONTACT, 2), (Kind.DEAL, 3), (Kind.MEETING, 4)):
        assert ids_of(objects, kind) == [id_]


def test_a_booking_follows_its_meeting(store: SqlStore) -> None:
    """A merge in the same pass moved the Meeting to the Contact and Company that are left."""
    before = (company(1), company(5, "Brown"), contact(2, 1), contact(6, 5), meeting(4, 1, 2))
    write(store, *before)
    wait(store, 10, type_="support", meeting_id=4)

    with store.draft() as draft:
        moved = act(meeting(4, 1, 2), meeting(4, 5, 6))
        Pass(actions=[moved, act(contact(2, 1), None), act(company(1), None)]).fill(draft)
        (booking,) = read_by(draft)

    assert (booking.company_id, booking.contact_id) == (5, 6)
    assert str(booking.ref) == "callbooker:support:10"


def test_a_plan_knows_what_it_creates(store: SqlStore) -> None:
    """Creates of that kind for these objects, and neither updates nor what other kinds' objects of that number get."""
    write(store, company(1), contact(2, 1), contact(3, 1))
    with store.draft() as draft:
        draft.add_pushes([push(PERSON, 2, None), push(PERSON, 3, 40), push(ORG, 3, None)])
        assert draft.creating(PERSON, [1, 2, 3]) == {2}
        assert draft.creating(ORG, [3]) == {3}
        draft.start_over()
        assert draft.creating(PERSON, [2]) == set()

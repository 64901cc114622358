"""A draft gives the plan back in the order in which it is printed."""

from hermes_sync.core.plan import FieldChange, Segment, Touch
from hermes_sync.core.records import Notice, RemoteKind
from hermes_sync.store import SqlStore
from tests.store.passes import act, company, contact, push

CLIENT = RemoteKind.CLIENT


def test_actions_come_back_as_they_were(store: SqlStore) -> None:
    """Actions are equal to those that were kept, and pushes follow the Hermes actions of their cause."""
    one = act(None, company(1, narc=True), cause="pipedrive:organization:2")
    two = act(None, contact(1, 1), cause="pipedrive:person:1")
    three = act(company(2), company(2, "New"), cause="pipedrive:person:1")
    change = FieldChange("pipedrive_id", None, "2")
    late = push(CLIENT, 2, 31, change, cause="tc2:client:31")
    of_two = push(CLIENT, 1, 30, change, cause="pipedrive:person:1")
    of_one = push(CLIENT, 1, 30, change, cause="pipedrive:organization:2")
    with store.draft() as draft:
        draft.keep(Segment(actions=[one, two]))
        draft.keep(Segment(actions=[three]))
        draft.add_pushes([late, of_two, of_one])
        assert list(draft.actions()) == [one, of_one, two, three, of_two, late]


def test_a_long_plan_is_streamed_in_order(store: SqlStore) -> None:
    """A plan of several thousand actions comes back whole."""
    kept = [act(None, company(i), cause=f"pipedrive:organization:{i}") for i in range(1, 3001)]
    with store.draft() as draft:
        draft.keep(Segment(actions=kept))
        assert list(draft.actions()) == kept


def test_touches_are_brought_together(store: SqlStore) -> None:
    """Of each touched object the rows that asked come first, then those implied, each once."""
    with store.draft() as draft:
        draft.touch(
            [
                Touch(CLIENT, 2, "implied", "cause-a", asked=False),
                Touch(CLIENT, 1, "implied", "cause-a", asked=False),
                Touch(CLIENT, 1, "implied", "cause-a", asked=False),
                Touch(CLIENT, 1, "asked", "cause-b", asked=True),
                Touch(RemoteKind.ORGANIZATION, 9, "other", "cause-c", asked=True),
                Touch(CLIENT, 3, "asked", "cause-b", asked=True),
            ]
        )
        assert list(draft.touched(CLIENT, 2)) == [
            [(1, (("asked", "cause-b"), ("implied", "cause-a"))), (2, (("implied", "cause-a"),))],
            [(3, (("asked", "cause-b"),))],
        ]


def test_notices_are_said_once(store: SqlStore) -> None:
    """Notices come in the order in which they came up, each once."""
    first = Notice(code="b", message="first", refs=("pipedrive:deal:1",))
    second = Notice(code="a", message="second")
    with store.draft() as draft:
        draft.add_notices([first, second])
        draft.keep(Segment(notices=[first]))
        assert draft.notices() == [first, second]

"""The safety limits, on counted plans."""

from collections import Counter

from hermes_sync.core.action_table import MERGE_RULE
from hermes_sync.core.plan import PlannedAction, Verb
from hermes_sync.core.records import System
from hermes_sync.core.safety import Limits, Tally, unsafe


def action(verb: Verb, system: System = System.HERMES, rule: str = "row", object_: str = "deal") -> PlannedAction:
    """Return an action of which only its count matters."""
    return PlannedAction(
        rule=rule, rules=(rule,), cause="", system=system, object=object_, verb=verb, key={}, changes=(), id=1
    )


def tally(*actions: PlannedAction) -> Tally:
    """Return the count of these actions."""
    counted = Tally()
    counted.add(actions)
    return counted


def test_a_plan_at_its_limits_is_safe() -> None:
    """Exactly as many as allowed is allowed."""
    plan = tally(
        *[action(Verb.DELETE)] * 2,
        *[action(Verb.CREATE, System.PIPEDRIVE)] * 3,
        *[action(Verb.UPDATE, System.TC2)] * 4,
    )
    limits = Limits(max_deletes=2, max_creates=3, max_updates=4)

    assert unsafe(plan, {"deal": 100}, limits) is None


def test_every_limit_that_is_passed_is_named_with_count_limit_and_remedy() -> None:
    """The message says what, how many, which limit, and that --force exists."""
    plan = tally(
        *[action(Verb.DELETE)] * 4,
        *[action(Verb.CREATE, System.PIPEDRIVE)] * 2,
        *[action(Verb.UPDATE, System.TC2)] * 2,
    )
    refusal = unsafe(plan, {"deal": 10}, Limits(max_deletes=3, max_delete_percent=30, max_creates=1, max_updates=1))

    assert refusal is not None
    for part in (
        "4 Hermes objects would be deleted (4 deals), safety.max_deletes is 3",
        "4 of 10 deals would be deleted (40 %), safety.max_delete_percent is 30",
        "2 objects would be created in Pipedrive, safety.max_creates is 1",
        "2 objects would be updated in Pipedrive and TC2, safety.max_updates is 1",
        "--force",
    ):
        assert part in str(refusal)


def test_the_share_is_checked_from_ten_objects_up() -> None:
    """Three of nine Deals may go, three of ten may, four of ten may not."""
    limits = Limits(max_delete_percent=30)

    assert unsafe(tally(*[action(Verb.DELETE)] * 9), {"deal": 9}, limits) is None
    assert unsafe(tally(*[action(Verb.DELETE)] * 3), {"deal": 10}, limits) is None
    assert unsafe(tally(*[action(Verb.DELETE)] * 4), {"deal": 10}, limits) is not None


def test_a_share_is_a_share_of_many_too() -> None:
    """A thousand Deals lose no more than 300; of a kind that nobody counted only the number tells."""
    limits = Limits(max_deletes=5000, max_delete_percent=30)

    assert unsafe(tally(*[action(Verb.DELETE)] * 300), {"deal": 1000}, limits) is None
    assert unsafe(tally(*[action(Verb.DELETE)] * 301), {"deal": 1000}, limits) is not None
    assert unsafe(tally(*[action(Verb.DELETE)] * 301), {"contact": 1000}, limits) is None


def test_a_merge_is_not_a_deletion() -> None:
    """What a merge takes away does not count."""
    plan = tally(*[action(Verb.DELETE, rule=MERGE_RULE)] * 50)

    assert unsafe(plan, {"deal": 50}, Limits()) is None


def test_the_limits_are_those_of_the_documentation_unless_the_config_says_otherwise() -> None:
    """As interface 2 has them."""
    assert Limits() == Limits(max_deletes=25, max_delete_percent=30, max_creates=100, max_updates=500)


def test_the_share_is_said_in_percent() -> None:
    """Rounded to whole ones."""
    for deleted, of, percent in ((8, 10, 80), (10, 15, 67), (10, 30, 33)):
        refusal = unsafe(tally(*[action(Verb.DELETE)] * deleted), {"deal": of}, Limits(max_delete_percent=percent - 2))

        assert refusal is not None
        assert refusal.reasons == (
            f"{deleted} of {of} deals would be deleted ({percent} %), safety.max_delete_percent is {percent - 2}",
        )


def test_a_tally_counts_what_is_done_in_hermes_and_what_is_pushed() -> None:
    """Each verb of Hermes, deletions by kind, all pushes together, and those that create apart from the others."""
    counted = tally(
        *[action(Verb.CREATE)] * 2,
        *[action(Verb.UPDATE)] * 3,
        *[action(Verb.DELETE, object_="contact")] * 4,
        *[action(Verb.CREATE, System.PIPEDRIVE)] * 5,
        *[action(Verb.UPDATE, System.PIPEDRIVE)] * 6,
        *[action(Verb.UPDATE, System.TC2)] * 7,
    )

    assert counted == Tally(
        verbs=Counter({Verb.CREATE: 2, Verb.UPDATE: 3, Verb.DELETE: 4}),
        pushes=18,
        deletes=Counter({"contact": 4}),
        remote_creates=5,
        remote_updates=13,
    )
    assert Tally() == Tally(pushes=0, remote_creates=0, remote_updates=0)

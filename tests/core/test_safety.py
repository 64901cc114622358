"""The safety limits, on counted plans."""

from hermes_sync.core.plan import MERGE_RULE, PlannedAction, Verb
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


def test_a_merge_is_not_a_deletion() -> None:
    """What a merge takes away does not count."""
    plan = tally(*[action(Verb.DELETE, rule=MERGE_RULE)] * 50)

    assert unsafe(plan, {"deal": 50}, Limits()) is None

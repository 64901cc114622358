"""What passes spent of the day's tokens, and what one of each sort costs."""

from datetime import timedelta

from hermes_sync.core.records import RemoteKind
from hermes_sync.cycle import pace_of
from hermes_sync.store import Cursor, SqlStore
from tests.store.passes import NOON, Pass

MIDNIGHT = NOON.replace(hour=0)


def ran(store: SqlStore, hours: float, **counts: object) -> None:
    """Have a pass run so many hours after midnight, with these counts."""
    when = MIDNIGHT + timedelta(hours=hours)
    id_ = store.begin_pass(scope="ordinary", now=when)
    store.end_pass(id_, now=when, result="done", exit_code=0, counts={"seconds": 1.0, **counts}, notices=())


def polled(tokens: int, *, pushed: int = 0, complete: bool = False) -> dict[str, object]:
    """Return the counts of a polling pass."""
    return {"pipedrive_tokens": tokens + pushed, "pipedrive_polled": tokens, "complete": complete}


def test_a_day_without_passes(store: SqlStore) -> None:
    """Nothing is spent, and nothing is known of what passes cost."""
    day = store.spending(MIDNIGHT)

    assert (day.spent, day.polled, day.hinted, day.left, day.ordinary, day.complete) == (0, 0, 0, None, None, None)


def test_only_the_passes_of_the_day_count(store: SqlStore) -> None:
    """Yesterday's tokens are yesterday's; each share is added up by itself."""
    ran(store, -1, **polled(1_000))
    ran(store, 1, **polled(60, pushed=40), pipedrive_daily_left=29_900)
    ran(store, 2, pipedrive_tokens=7, pipedrive_hinted=2, pipedrive_daily_left=29_893)
    ran(store, 3, **polled(60))
    day = store.spending(MIDNIGHT)

    assert (day.spent, day.polled, day.hinted) == (167, 120, 2)
    assert day.left == 29_893


def test_costs_are_those_of_most_passes(store: SqlStore) -> None:
    """One pass that had much to follow up does not make the others dear; complete reads are a sort of their own."""
    ran(store, 1, **polled(900, complete=True))
    for hour, tokens in enumerate((60, 65, 4_000, 60, 70), start=2):
        ran(store, hour, **polled(tokens))
    day = store.spending(MIDNIGHT)

    assert (day.ordinary, day.complete) == (65, 900)


def test_costs_are_remembered_over_midnight(store: SqlStore) -> None:
    """The first pass of a day is expected to cost what yesterday's did."""
    ran(store, -3, **polled(500, complete=True))
    ran(store, -1, **polled(80))
    day = store.spending(MIDNIGHT)

    assert (day.spent, day.ordinary, day.complete) == (0, 80, 500)


def test_a_pass_that_came_to_nothing_tells_no_cost(store: SqlStore) -> None:
    """Its tokens are spent, and what a whole one costs is not known from it."""
    when = MIDNIGHT + timedelta(hours=1)
    id_ = store.begin_pass(scope="ordinary", now=when)
    store.end_pass(id_, now=when, result="RemoteUnavailable", exit_code=1, counts=polled(20), notices=())
    store.begin_pass(scope="ordinary", now=when)
    day = store.spending(MIDNIGHT)

    assert (day.spent, day.polled, day.ordinary) == (20, 20, None)


def test_an_ordinary_pass_is_one_that_only_polls(store: SqlStore) -> None:
    """Refused, broken off, asked for by a person, with doubts to look up, complete: none of them is what polls cost."""
    ran(store, 1, **polled(60))
    ran(store, 2, **polled(400), pipedrive_doubtful=340)
    ran(store, 3, **polled(900, complete=True))
    for hour, (scope, result, exit_code) in enumerate(
        (
            ("ordinary", "UnsafePlan", 3),
            ("ordinary", "RemoteUnavailable", 1),
            ("ordinary", "Interrupted", 130),
            ("since 2026-05-14T00:00:00+00:00", "done", 0),
        ),
        start=4,
    ):
        when = MIDNIGHT + timedelta(hours=hour)
        id_ = store.begin_pass(scope=scope, now=when)
        store.end_pass(id_, now=when, result=result, exit_code=exit_code, counts=polled(500), notices=())
    day = store.spending(MIDNIGHT)

    assert (day.ordinary, day.complete) == (60, 900)
    assert day.polled == 60 + 400 + 900 + 4 * 500, "what they took of the day is gone all the same"


def test_the_pace_follows_from_what_passes_cost(store: SqlStore) -> None:
    """At noon, with 6,000 of 15,000 tokens for polling spent and no complete read due: 9,000 for 43,200 seconds."""
    kinds = (RemoteKind.ORGANIZATION, RemoteKind.PERSON, RemoteKind.DEAL)
    Pass(cursors={kind: Cursor(since=NOON, complete_at=NOON) for kind in kinds}).run(store)
    for hour in range(1, 4):
        ran(store, hour, **polled(2_000, complete=True))
    ran(store, 4, **polled(90))
    found = pace_of(store, NOON, budget=30_180, shortest=timedelta(minutes=3), sweep_interval=timedelta(days=1))

    assert found.cost == 90
    assert found.interval == timedelta(seconds=43_200) / 100

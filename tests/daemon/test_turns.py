"""Whose turn it is: polling at its pace, early passes beside it, TC2's rolling reading in between."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hermes_sync.core.pace import Pace
from hermes_sync.cycle import Scope
from hermes_sync.daemon.turns import AT_ONCE, Turns

PACE = Pace(interval=timedelta(seconds=346), budget=30_000, for_polling=15_000, cost=60)


def turns(*, sweep_per_pass: int = 90, pace: Pace = PACE) -> Turns:
    """Return turns of which none was taken yet."""
    return Turns(shortest=timedelta(minutes=3), sweep_per_pass=sweep_per_pass, pace=pace)


def taken(until: float, **how: int) -> list[tuple[float, Scope]]:
    """Return the turns that are taken until a time, and when."""
    these, now, passes = turns(**how), 0.0, []
    while now <= until:
        scope = these.scope(now, is_early=False)
        these.begin(scope, now)
        passes.append((now, scope))
        now += these.delay(now)
    return passes


def test_the_first_pass_polls_at_once() -> None:
    """A daemon that becomes active does not wait."""
    assert turns().delay(0.0) == 0.0
    assert not turns().scope(0.0, is_early=True).hinted_only


def test_what_a_pass_is_to_re_read_is_spread_over_turns() -> None:
    """90 cligencies an interval are 30 with the polling pass and twice 30 in between: webhooks need room as well."""
    passes = taken(1_000)
    assert [scope for _, scope in passes] == [
        Scope(sweep=30),
        Scope(hinted_only=True, sweep=30),
        Scope(hinted_only=True, sweep=30),
    ] * 3
    assert [round(now) for now, _ in passes] == [0, 115, 231, 346, 461, 577, 692, 807, 923]


def test_a_small_sweep_goes_along_with_polling() -> None:
    """What fits into one turn needs none of its own."""
    assert [scope for _, scope in taken(1_000, sweep_per_pass=30)] == [Scope(sweep=30)] * 3


def test_frequent_polling_takes_no_turn_along_that_is_not_due() -> None:
    """An account with very many tokens is polled every few seconds, and TC2 sees no more of it than others."""
    pace = replace(PACE, interval=timedelta(seconds=10))
    these, swept = Turns(shortest=timedelta(seconds=10), sweep_per_pass=90, pace=pace), []
    for now in range(0, 130, 10):
        scope = these.scope(now, is_early=False)
        these.begin(scope, now)
        swept.append(scope.sweep)

    assert swept == [30, 0, 0, 0, 0, 0, 30, 0, 0, 0, 0, 0, 30]


def test_a_large_sweep_takes_as_many_turns_as_it_needs() -> None:
    """However much is to be re-read, no turn reads more than its part, and no minute has two of them."""
    passes = taken(2_000, sweep_per_pass=900)

    swept = [now for now, scope in passes if scope.sweep]

    assert all(scope.sweep is not None and scope.sweep <= AT_ONCE for _, scope in passes)
    assert len(swept) > 30
    assert all(later - earlier >= 60 for earlier, later in pairwise(swept))


def test_no_sweep_leaves_only_polling() -> None:
    """With nothing to re-read there is nothing in between."""
    assert taken(700, sweep_per_pass=0) == [(0.0, Scope(sweep=0)), (346.0, Scope(sweep=0)), (692.0, Scope(sweep=0))]


def test_an_early_pass_polls_only_when_it_is_time() -> None:
    """Steady webhooks cost what they name, and polling keeps its own pace."""
    these = turns()
    these.begin(Scope(sweep=30), 0.0)

    assert these.scope(100.0, is_early=True) == Scope(hinted_only=True, sweep=0)
    assert these.scope(346.0, is_early=True) == Scope(sweep=30)


def test_an_early_pass_moves_no_other_turn() -> None:
    """The turns that were due stay due."""
    these = turns()
    these.begin(Scope(sweep=30), 0.0)
    these.begin(Scope(hinted_only=True, sweep=0), 100.0)

    assert round(these.delay(100.0)) == 15


def test_a_polling_pass_that_failed_is_tried_again_sooner() -> None:
    """Where the pace is slow the config's interval is long enough to wait after a failure."""
    these = turns(sweep_per_pass=0)
    these.begin(Scope(sweep=0), 0.0)
    these.has_failed = True

    assert these.delay(0.0) == 180.0


def test_the_rolling_reading_goes_on_when_the_tokens_are_gone() -> None:
    """TC2 has no tokens: while polling waits for midnight, cligencies are read all the same."""
    these = turns(pace=replace(PACE, interval=timedelta(hours=9)))
    these.begin(Scope(sweep=30), 0.0)

    assert these.delay(0.0) == 120.0
    assert these.scope(120.0, is_early=False) == Scope(hinted_only=True, sweep=30)

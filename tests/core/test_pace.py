"""Pipedrive is polled as often as the day's tokens allow, and no oftener."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hermes_sync.core.pace import Day, complete_reads_due, pace, span

MIDNIGHT = datetime(2026, 5, 14, tzinfo=UTC)
DAY = Day(now=MIDNIGHT, budget=30_000, completed_at=MIDNIGHT)
SHORTEST = timedelta(minutes=3)
NEVER = timedelta(days=2)


def interval(day: Day, *, shortest: timedelta = SHORTEST, sweep_interval: timedelta = NEVER) -> float:
    """Return the interval in seconds."""
    return pace(day, shortest=shortest, sweep_interval=sweep_interval).interval.total_seconds()


@pytest.mark.parametrize(
    ("day", "seconds"),
    [
        pytest.param(DAY, 86_400 / 250, id="half the budget is spread over the day: 15,000 tokens are 250 passes"),
        pytest.param(replace(DAY, budget=500_000), 180, id="with plenty of tokens the config decides"),
        pytest.param(replace(DAY, ordinary=600), 86_400 / 25, id="where a pass costs ten times as much it is seldomer"),
        pytest.param(
            replace(DAY, now=MIDNIGHT + timedelta(hours=12), spent=7_500, polled=7_500),
            43_200 / 125,
            id="whoever kept the pace goes on with it",
        ),
        pytest.param(
            replace(DAY, now=MIDNIGHT + timedelta(hours=12), spent=12_000, polled=12_000),
            43_200 / 50,
            id="whoever was quicker goes slower",
        ),
        pytest.param(
            replace(DAY, now=MIDNIGHT + timedelta(hours=12)), 180, id="what was not spent may be spent later in the day"
        ),
        pytest.param(
            replace(DAY, now=MIDNIGHT + timedelta(hours=18), spent=15_000, polled=15_000),
            21_600,
            id="when polling has had its share it waits for the next day",
        ),
        pytest.param(
            replace(DAY, now=MIDNIGHT + timedelta(hours=12), spent=29_400, polled=100),
            43_200 / 10,
            id="tokens that pushes took are gone for polling too",
        ),
        pytest.param(
            replace(DAY, now=MIDNIGHT + timedelta(hours=12), left=1_200),
            43_200 / 20,
            id="what Pipedrive says is left counts where it is less",
        ),
        pytest.param(
            replace(DAY, now=MIDNIGHT + timedelta(hours=12), spent=28_801, left=29_000),
            43_200 / 19,
            id="what the account has spent counts where that leaves less",
        ),
        pytest.param(
            replace(DAY, now=MIDNIGHT + timedelta(hours=18), spent=16_000, polled=16_000),
            21_600,
            id="when polling has had more than its share it waits too",
        ),
        pytest.param(replace(DAY, left=0), 86_400, id="nothing left: not before the tokens are filled up"),
        pytest.param(
            replace(DAY, now=MIDNIGHT + timedelta(hours=23, minutes=59, seconds=30)),
            180,
            id="at the end of the day no oftener than the config says",
        ),
        pytest.param(replace(DAY, ordinary=0), 180, id="a cost of nothing is no division by zero"),
    ],
)
def test_pace(day: Day, seconds: float) -> None:
    """The case says it."""
    assert interval(day) == pytest.approx(seconds, abs=0.01)


def test_tokens_are_put_aside_for_the_complete_reads_of_the_day() -> None:
    """Four complete reads of 1,500 tokens leave 9,000 of 15,000: 150 passes."""
    day = replace(DAY, complete=1_500, completed_at=None)

    assert interval(day, sweep_interval=timedelta(hours=6)) == pytest.approx(86_400 / 150)


@pytest.mark.parametrize(
    ("now", "completed_at", "due"),
    [
        (MIDNIGHT, None, 4),
        (MIDNIGHT, MIDNIGHT, 3),
        (MIDNIGHT + timedelta(hours=5), MIDNIGHT, 3),
        (MIDNIGHT + timedelta(hours=7), MIDNIGHT, 3),
        (MIDNIGHT + timedelta(hours=19), MIDNIGHT + timedelta(hours=18), 0),
        (MIDNIGHT + timedelta(hours=17), MIDNIGHT + timedelta(hours=12, minutes=1), 1),
        (MIDNIGHT + timedelta(hours=23), None, 1),
    ],
)
def test_how_many_complete_reads_are_due(now: datetime, completed_at: datetime | None, due: int) -> None:
    """Every six hours from the last one on; one that is due at midnight is the next day's."""
    assert complete_reads_due(replace(DAY, now=now, completed_at=completed_at), timedelta(hours=6)) == due


@pytest.mark.parametrize("ordinary", [1, 60, 500, 4_000, 20_000])
@pytest.mark.parametrize("complete", [90, 3_000])
def test_a_day_of_polling_stays_within_its_share(ordinary: int, complete: int) -> None:
    """Whatever passes cost, whoever polls at the pace that is worked out anew each time spends half the budget."""
    day = replace(DAY, ordinary=ordinary, complete=complete)
    while day.now < MIDNIGHT + timedelta(days=1):
        step = pace(day, shortest=SHORTEST, sweep_interval=timedelta(hours=6)).interval
        is_complete = day.completed_at is None or day.now - day.completed_at >= timedelta(hours=6)
        cost = complete if is_complete else ordinary
        if step < MIDNIGHT + timedelta(days=1) - day.now or day.polled == 0:
            day = replace(day, spent=day.spent + cost, polled=day.polled + cost)
            day = replace(day, completed_at=day.now) if is_complete else day
        day = replace(day, now=day.now + step)

    assert day.polled <= 15_000 + max(ordinary, complete)


def test_a_pace_is_said_in_a_sentence() -> None:
    """People read how often, and why."""
    said = str(pace(DAY, shortest=SHORTEST, sweep_interval=NEVER))

    assert said == ("polls every 5m 46s: 15,000 of 30,000 tokens a day are for polling, an ordinary pass costs 60")


def test_a_day_begins_with_nothing_spent_and_the_last_token_is_used() -> None:
    """A pass costs at least one token; of a day of which nothing more is known nothing is gone."""
    assert replace(DAY, spent=0, polled=0, left=None) == DAY
    assert pace(replace(DAY, ordinary=0), shortest=SHORTEST, sweep_interval=NEVER).cost == 1


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0s"),
        (59.6, "1m"),
        (180, "3m"),
        (3_599, "59m 59s"),
        (3_601, "1h 1s"),
        (7_199, "1h 59m 59s"),
        (90_000, "25h"),
    ],
)
def test_spans_are_written_as_people_do(seconds: float, said: str) -> None:
    """Whole seconds, and no unit of which there is none."""
    assert span(timedelta(seconds=seconds)) == said

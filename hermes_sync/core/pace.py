"""How often Pipedrive is polled: as often as the day's tokens allow and no oftener (facts 5).

The budget is the account's for the day, shared with people's other tools and with our own pushes; it is filled up
again at midnight UTC. Half of it may go into polling; what is left of that half, less what the day's complete reads
will take, is spread over what is left of the day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

POLLING: Final = 0.5
"""The share of the day's tokens that polling may use; the rest is for hints, bookings and pushes."""
HINTED: Final = 0.2
"""The share that reading what webhooks named may use: polling finds the same, and a flood of webhooks must not keep
pushes from being sent."""
ORDINARY: Final = 60
"""What an ordinary pass costs before one was measured: each list once (facts 5)."""
COMPLETE: Final = 90
"""What a complete read costs before one was measured: each list once, and the metadata of the fields."""

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What is known of a day's tokens; `now` is in UTC and lies in that day.

    `spent` is everything, `polled` what polling took of it; `left` is what Pipedrive said last, if it did today.
    `ordinary` and `complete` are what a pass costs that reads what changed, and one that reads everything.
    """

    now: datetime
    budget: int
    spent: int = 0
    polled: int = 0
    left: int | None = None
    ordinary: int = ORDINARY
    complete: int = COMPLETE
    completed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often Pipedrive is polled, and the tokens that decide it."""

    interval: timedelta
    budget: int
    for_polling: int
    cost: int

    def __str__(self) -> str:
        return (
            f"polls every {span(self.interval)}: {self.for_polling:,} of {self.budget:,} tokens a day are for "
            f"polling, an ordinary pass costs {self.cost:,}"
        )


def pace(day: Day, *, shortest: timedelta, sweep_interval: timedelta) -> Pace:
    """Return how often to poll for the rest of the day, never oftener than every `shortest`.

    When not even one more pass can be paid for, that is once the tokens are filled up again.
    """
    for_polling = int(day.budget * POLLING)
    cost = max(1, day.ordinary)
    left = day.budget - day.spent if day.left is None else min(day.budget - day.spent, day.left)
    for_complete = complete_reads_due(day, sweep_interval) * day.complete
    passes = (min(for_polling - day.polled, left) - for_complete) // cost
    until_reset = _DAY - (day.now - midnight_before(day.now))
    interval = until_reset / passes if passes > 0 else until_reset
    return Pace(interval=max(shortest, interval), budget=day.budget, for_polling=for_polling, cost=cost)


def complete_reads_due(day: Day, sweep_interval: timedelta) -> int:
    """Return how many complete reads fall into the rest of the day."""
    tomorrow = midnight_before(day.now) + _DAY
    due = day.now if day.completed_at is None else max(day.now, day.completed_at + sweep_interval)
    return 0 if due >= tomorrow else 1 + (tomorrow - due - timedelta(microseconds=1)) // sweep_interval


def midnight_before(now: datetime) -> datetime:
    """Return when the day began, by UTC: Pipedrive's own clock is not known better (facts 5)."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def span(length: timedelta) -> str:
    """Return a length of time as people write it, in whole seconds: `5m 46s`."""
    seconds = round(length.total_seconds())
    parts = ((seconds // 3600, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s"))
    return " ".join(f"{number}{unit}" for number, unit in parts if number) or "0s"

"""The day's tokens of Pipedrive: what a plan costs, and when to go easy (facts 5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from hermes_sync.core.pace import HINTED, Day, Pace, midnight_before, pace
from hermes_sync.core.plan import PlannedAction
from hermes_sync.core.records import RemoteKind, System
from hermes_sync.ports import Usage
from hermes_sync.remotes import BURST, TC2_PER_MINUTE, WRITE_TOKENS
from hermes_sync.store import SqlStore

RESERVE: Final = 0.1
"""The share of the day's budget that is kept for reading: below it pushes to Pipedrive wait for the next day."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What carrying out a plan costs: Pipedrive's tokens, requests to each remote, and about how many seconds."""

    tokens: int = 0
    pipedrive_requests: int = 0
    tc2_requests: int = 0

    @property
    def seconds(self) -> float:
        """About how long the pushes take at the remotes' limits."""
        per_second = BURST[0] / BURST[1]
        return max(
            self.pipedrive_requests / per_second, max(0, self.tc2_requests - TC2_PER_MINUTE) * 60 / TC2_PER_MINUTE
        )

    def plus(self, actions: Iterable[PlannedAction]) -> "Cost":
        """Return the cost with these pushes too."""
        systems = [action.system for action in actions]
        pipedrive = systems.count(System.PIPEDRIVE)
        return Cost(
            self.tokens + pipedrive * WRITE_TOKENS,
            self.pipedrive_requests + pipedrive,
            self.tc2_requests + systems.count(System.TC2),
        )


@dataclass(frozen=True, slots=True)
class Budget:
    """The day's token budget and what earlier passes of the day (UTC) spent of it."""

    limit: int
    spent: int
    hinted: int = 0
    """What reading the objects that webhooks named took of it."""

    @classmethod
    def of_today(cls, limit: int, store: SqlStore, now: datetime) -> "Budget":
        """Return the budget as it stands before a pass."""
        today = store.spending(midnight_before(now))
        return cls(limit, today.spent, today.hinted)

    @property
    def for_hints(self) -> int:
        """What may still be spent today on what webhooks named."""
        return max(0, int(self.limit * HINTED) - self.hinted)

    def left(self, usage: Usage) -> int:
        """Return what is left now: by our own count, or by Pipedrive's where that is less (others spend too)."""
        ours = self.limit - self.spent - usage.tokens
        return ours if usage.daily_left is None else min(ours, usage.daily_left)

    def is_low(self, usage: Usage, under_way: int = 0) -> bool:
        """Whether only the reserve is left, once so many tokens more are charged: reading is sparing, pushes wait."""
        return self.left(usage) - under_way < self.limit * RESERVE


_POLLED: Final = (RemoteKind.ORGANIZATION, RemoteKind.PERSON, RemoteKind.DEAL)


def pace_of(store: SqlStore, now: datetime, *, budget: int, shortest: timedelta, sweep_interval: timedelta) -> Pace:
    """Return how often Pipedrive is polled for the rest of the day, by what passes cost so far."""
    today = store.spending(midnight_before(now))
    cursors = store.cursors()
    completed = [None if (cursor := cursors.get(kind)) is None else cursor.complete_at for kind in _POLLED]
    measured = {"ordinary": today.ordinary, "complete": today.complete}
    day = Day(
        now=now,
        budget=budget,
        spent=today.spent,
        polled=today.polled,
        left=today.left,
        completed_at=None if None in completed else min(one for one in completed if one is not None),
        **{name: tokens for name, tokens in measured.items() if tokens is not None},
    )
    return pace(day, shortest=shortest, sweep_interval=sweep_interval)

"""The day's tokens of Pipedrive: what a plan costs, and when to go easy (facts 5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hermes_sync.core.plan import PlannedAction
from hermes_sync.core.records import System
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

    @classmethod
    def of_today(cls, limit: int, store: SqlStore, now: datetime) -> "Budget":
        """Return the budget as it stands before a pass."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return cls(limit, store.tokens_since(midnight))

    def left(self, usage: Usage) -> int:
        """Return what is left now: by our own count, or by Pipedrive's where that is less (others spend too)."""
        ours = self.limit - self.spent - usage.tokens
        return ours if usage.daily_left is None else min(ours, usage.daily_left)

    def is_low(self, usage: Usage) -> bool:
        """Whether only the reserve is left: reading goes on sparingly, pushes wait."""
        return self.left(usage) < self.limit * RESERVE

"""Whose turn it is: what the next pass looks at, and when it begins.

Polling Pipedrive costs tokens and has its pace (`core.pace`). TC2's rolling reading costs none, but TC2 counts
requests by the minute: what a pass is to re-read (`tc2.sweep_per_pass`) is spread over several turns.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from hermes_sync.core.pace import Pace
from hermes_sync.cycle import Scope

TC2_PER_MINUTE: Final = 55
"""So many requests a daemon makes to TC2 in any minute, whatever for. TC2 sees them a little later, and not all by the
same time: below 60 also as it counts. What is left of the 100 that it allows is for others who use the key."""
AT_ONCE: Final = 40
"""So many cligencies are re-read in one turn: the list, webhooks and writes need some of the minute's requests too."""
MINUTE: Final = 60.0
"""Seconds for which TC2 counts."""
SOON: Final = 2.0
"""Seconds after which a pass is tried again that found another one running."""
DEBOUNCE: Final = 0.3
"""Seconds that an early pass waits for more to come: webhooks come in bunches."""


@dataclass(slots=True, kw_only=True)
class Turns:
    """When passes ran, by `Clock.monotonic`, and what follows from that; `shortest` is `schedule.interval`."""

    shortest: timedelta
    sweep_per_pass: int
    pace: Pace
    polled_at: float = field(default=float("-inf"))
    rolled_at: float = field(default=float("-inf"))
    has_failed: bool = False
    """Whether the last polling pass came to nothing, so that the next comes sooner where the pace is slow."""

    @property
    def interval(self) -> float:
        """Seconds from one polling pass to the next."""
        interval = min(self.pace.interval, self.shortest) if self.has_failed else self.pace.interval
        return interval.total_seconds()

    @property
    def parts(self) -> int:
        """In how many turns `sweep_per_pass` cligencies are re-read."""
        return -(-self.sweep_per_pass // AT_ONCE)

    @property
    def rolling(self) -> float:
        """Seconds from one turn of the rolling reading to the next; it does not wait for tokens."""
        return max(MINUTE, min(self.interval, 2 * self.shortest.total_seconds()) / max(1, self.parts))

    def is_poll_due(self, now: float) -> bool:
        """Whether Pipedrive is polled in a pass that begins now."""
        return now >= self.polled_at + self.interval

    def scope(self, now: float, *, is_early: bool) -> Scope:
        """Return what a pass that begins now looks at; an early one at no more than webhooks and bookings ask for.

        Polling is due at its time, however much comes in: what webhooks ask for costs little and is read without.
        """
        if self.is_poll_due(now):
            return Scope(sweep=self._part(now))
        return Scope(hinted_only=True, sweep=0 if is_early else self._part(now))

    def _part(self, now: float) -> int:
        """Return how many cligencies a pass re-reads that begins now; none while the last ones are too recent."""
        is_due = now >= self.rolled_at + self.rolling
        return -(-self.sweep_per_pass // max(1, self.parts)) if is_due else 0

    def begin(self, scope: Scope, now: float) -> None:
        """Take note of a pass that begins now."""
        if not scope.hinted_only:
            self.polled_at = now
        if scope.sweep:
            self.rolled_at = now

    def delay(self, now: float) -> float:
        """Return how many seconds from now the next pass begins, if nothing asks for an early one."""
        due = self.polled_at + self.interval
        if self.sweep_per_pass:
            due = min(due, self.rolled_at + self.rolling)
        return max(0.0, due - now)

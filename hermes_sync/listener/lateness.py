"""How long after a good pass the next one must have succeeded: what readiness and the status page go by."""

from datetime import timedelta
from typing import Final

from hermes_sync.store import LastPass

INTERVALS: Final = 3
"""A last good pass older than so many intervals is too old (interface 4)."""


def latest_after(last: LastPass, shortest: timedelta) -> timedelta:
    """Return how old the last good pass may be: some intervals of the config, or of the slower pace that it had.

    The pace is slower when the day's tokens do not last for passes every `shortest`.
    """
    slower = last.counts.get("interval_seconds")
    seconds = float(slower) if isinstance(slower, int | float) else 0.0
    return INTERVALS * max(shortest, timedelta(seconds=seconds))

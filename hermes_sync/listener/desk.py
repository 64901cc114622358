"""What the listener works with: everything that its endpoints need, built once, handed over whole."""

from dataclasses import dataclass, field

from hermes_sync.booking import Booker
from hermes_sync.clock import SystemClock
from hermes_sync.ports import Clock
from hermes_sync.settings import Settings
from hermes_sync.store import SqlStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The settings, the store (open for writing, with the newest schema), who books, and the clock.

    There is no access to TC2 or Pipedrive here: whatever is to be read from them, a pass reads, asked by a hint.
    """

    settings: Settings
    store: SqlStore
    booker: Booker
    clock: Clock = field(default_factory=SystemClock)
    patience: float = 25.0
    """Seconds that the support link of a cligency which Hermes does not know waits for the pass that reads it."""

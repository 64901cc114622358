"""The line to the supervisor: words, and the sign that nobody is stuck."""

import os
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hermes_sync.ports import Clock

PASSES: Final = "passes"
LISTENER: Final = "listener"
READY: Final = "ready"
ALIVE: Final = "alive"
EVERY: Final = 5.0
"""Seconds between two signs of life."""


class Line:
    """The end of the process `name`; `above` is the id of the process that started it."""

    def __init__(self, connection: Connection, above: int, clock: "Clock", name: str) -> None:
        self._connection = connection
        self._above = above
        self._clock = clock
        self._name = name
        self._last = float("-inf")

    def is_cut(self) -> bool:
        """Whether the process above is no more: this one ends as well, so that another daemon finds all free."""
        return os.getppid() != self._above

    def ready(self) -> None:
        """Say that the work has begun."""
        self.say(READY)

    def say(self, word: str) -> None:
        """Say what is being done."""
        with suppress(OSError):  # nobody hears it any more
            self._connection.send((self._name, word))

    def breathe(self) -> None:
        """Say every few seconds that this process is not stuck."""
        now = self._clock.monotonic()
        if now - self._last >= EVERY:
            self._last = now
            self.say(ALIVE)


class EndOfLine:
    """What tells a process to stop when the one above is no more; whoever asks shows that it is not stuck."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def is_set(self) -> bool:
        """Whether it is time to stop."""
        self._line.breathe()
        return self._line.is_cut()

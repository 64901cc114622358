"""Ending a pass before its end: a flag that is looked at wherever a pass says how far it is, and wherever it waits."""

import signal
import threading
from types import FrameType
from typing import Final

from hermes_sync.clock import SystemClock
from hermes_sync.ports import Stopped

_MESSAGE: Final = "the daemon was told to stop; what was left of the pass is the next one's"


class Stop:
    """Whether it is time to stop: SIGTERM or SIGINT has come, or somebody said so.

    The signals' handler takes no lock, so that it may run at any point; who waits is woken by `set`.
    """

    def __init__(self) -> None:
        self._has_come = False
        self._event = threading.Event()

    def listen(self) -> None:
        """Take note of both signals from now on; for the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._has_come = True

    def is_set(self) -> bool:
        """Whether it is time to stop."""
        return self._has_come or self._event.is_set()

    def has_come(self) -> bool:
        """Whether one of the signals has come."""
        return self._has_come

    def set(self) -> None:
        """Say that it is time to stop, and wake up whoever waits."""
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Wait that many seconds, or until somebody says so; return whether it is time to stop."""
        return self._event.wait(seconds) or self._has_come


class StoppableClock(SystemClock):
    """The clock of the machine, whose sleeper wakes up and raises `Stopped` when it is time to stop."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds, or raise `Stopped`."""
        if self._stop.wait(seconds):
            raise Stopped(_MESSAGE)


class StoppableProgress:
    """What a pass reports its progress to; raises `Stopped` when it is time to stop."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def report(self, step: str, done: int, total: int | None = None) -> None:  # noqa: ARG002  # see `ports.Progress`
        """Take note of nothing, and raise `Stopped` when it is time to."""
        if self._stop.is_set():
            raise Stopped(_MESSAGE)

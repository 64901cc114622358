"""Work of many threads, done by whichever of them is first, for all that wait.

A transaction costs nearly the same for one booking as for twenty: whoever gets the lock takes everybody along who came
while it was taken. So nobody waits for more than the transaction under way and the one that follows it.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar, cast

W = TypeVar("W")
R = TypeVar("R")


@dataclass(slots=True, eq=False)
class Waiting(Generic[W, R]):
    """One who waits: what is wanted, and how it ended once `is_done`."""

    wanted: W
    result: R | None = None
    error: BaseException | None = None
    is_done: bool = False

    def done(self, result: R) -> None:
        """End it well."""
        self.result, self.is_done = result, True

    def failed(self, error: BaseException) -> None:
        """End it with an error, which is raised where it was wanted."""
        self.error, self.is_done = error, True


@dataclass(slots=True)
class Together(Generic[W, R]):
    """Does work for all who wait; `work` ends each one that it is handed, and those that it does not end fail."""

    work: Callable[[Sequence[Waiting[W, R]]], None]
    most: int = 32
    """So many are taken along at once, so that the first ones do not wait for all."""
    _lock: Lock = field(default_factory=Lock)
    _waiting: deque[Waiting[W, R]] = field(default_factory=deque)

    def do(self, wanted: W) -> R:
        """Return what comes of it, or raise the error that it ended with."""
        mine: Waiting[W, R] = Waiting(wanted)
        self._waiting.append(mine)
        while not mine.is_done:
            with self._lock:
                if not mine.is_done:
                    self._take_along()
        if mine.error is not None:
            raise mine.error
        return cast("R", mine.result)

    def _take_along(self) -> None:
        taken = [self._waiting.popleft() for _ in range(min(self.most, len(self._waiting)))]
        try:
            self.work(taken)
        except BaseException as error:
            for one in taken:
                if not one.is_done:
                    one.failed(error)
            if not isinstance(error, Exception):
                raise  # this thread is told to end, whether or not it was its own work

"""Where calls run that block, so that the listener answers while others wait for the database or a calendar."""

from collections.abc import Callable
from functools import partial
from typing import Final, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread

BOOKING: Final = 24
LOOKING: Final = 4
"""How many may run at once; whoever waits to book holds no connection, so that the database has enough of them."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Threads:
    """Groups of threads: those that book may wait for a lock or a calendar, those that look never wait for them."""

    def __init__(self) -> None:
        self._booking = CapacityLimiter(BOOKING)
        self._looking = CapacityLimiter(LOOKING)
        self._keeping = CapacityLimiter(1)

    async def book(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run a call that writes, or waits for somebody else."""
        return await to_thread.run_sync(partial(call, *args, **kwargs), abandon_on_cancel=True, limiter=self._booking)

    async def look(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run a call that only reads the store."""
        return await to_thread.run_sync(partial(call, *args, **kwargs), abandon_on_cancel=True, limiter=self._looking)

    async def keep(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run a call that writes hints; one at a time."""
        return await to_thread.run_sync(partial(call, *args, **kwargs), abandon_on_cancel=True, limiter=self._keeping)

"""Writing hints: those of many callbacks in one transaction, so that a flood of them costs the database little."""

import asyncio
from collections.abc import Collection
from typing import Final

from hermes_sync.core.records import Ref
from hermes_sync.listener.answers import Refused
from hermes_sync.listener.threads import Threads
from hermes_sync.ports import Clock
from hermes_sync.store import MOST_HINTS, SqlStore

GATHERING: Final = 0.01
"""Seconds for which the hints of a batch are gathered; those that come while one is written make the next."""
PATIENCE: Final = 8.0
"""Seconds that a callback waits for its hint to be kept; Pipedrive gives up after 10 (facts 6)."""


class _Batch:
    """The hints that are written together, and the task that is done when they are kept."""

    def __init__(self) -> None:
        self.refs: set[Ref] = set()
        self.kept: asyncio.Task[None] | None = None


class HintWriter:
    """Keeps hints; one batch is being written at a time."""

    def __init__(self, store: SqlStore, clock: Clock, threads: Threads) -> None:
        self._store = store
        self._clock = clock
        self._threads = threads
        self._writing = asyncio.Lock()
        self._gathered: _Batch | None = None

    async def leave(self, refs: Collection[Ref]) -> None:
        """Return when these hints are kept, and with them the wish for an early pass.

        Raises `Refused` with 503 when the database takes too long; the hints may be kept all the same.
        """
        batch = self._gathered
        if batch is None:
            batch = self._gathered = _Batch()
            batch.kept = asyncio.create_task(self._write(batch))
        if len(batch.refs) < MOST_HINTS:  # while the database is locked a flood must not fill the memory either
            batch.refs |= set(refs)
        assert batch.kept is not None, "a gathered batch has its task"
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.shield(batch.kept)
        except TimeoutError:
            raise Refused(503, "the database is busy; try again later", {"retry-after": "5"}) from None

    async def _write(self, batch: _Batch) -> None:
        await asyncio.sleep(GATHERING)
        async with self._writing:
            self._gathered = None
            await self._threads.keep(self._store.hint, batch.refs, self._clock.now())

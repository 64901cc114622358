"""The lease of a pass, kept alive while the pass runs (semantics 5; exit 4).

It is renewed every few seconds from a thread and runs out by itself when its holder died. A holder of this machine
that is no longer there need not be waited for: its lease is taken over at once.
"""

import os
import threading
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from uuid import uuid4

from hermes_sync.ports import Clock, LeaseHeld
from hermes_sync.store import Lease, SqlStore

TTL: Final = timedelta(seconds=15)
"""How long a lease lasts without being renewed."""


class LeaseKeeper:
    """Holds the lease for the length of a `with` block; `__enter__` raises LeaseHeld when another pass runs."""

    def __init__(self, store: SqlStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lease: Lease | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> Self:
        holder = f"{_machine()}/{os.getpid()}/{_started(os.getpid())}/{uuid4().hex[:8]}"
        left = self._store.current_lease(self._clock.now())
        if left is not None and _is_dead(left.holder):
            self._store.release_lease(left)
        self._lease = self._store.acquire_lease(holder=holder, now=self._clock.now(), ttl=TTL)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()

    def held(self) -> Lease:
        """Return the lease, which `apply` verifies in its own transaction: whoever lost it can't write."""
        assert self._lease is not None
        return self._lease

    def release(self) -> None:
        """Give the lease back; a second call does nothing."""
        if self._over.is_set():
            return
        self._over.set()
        self._thread.join()
        self._store.release_lease(self.held())

    def _renew(self) -> None:
        while not self._over.wait(TTL.total_seconds() / 3):
            try:
                self._store.renew_lease(self.held(), self._clock.now(), TTL)
            except LeaseHeld:
                return  # lost, for example after a long suspension: `apply` will notice


def _machine() -> str:
    """Return what names this machine and its process numbers, or nothing where that can't be known."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}:{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Return when a process of this machine started, in ticks since boot; process numbers are used again."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _is_dead(holder: str) -> bool:
    """Whether a holder was a process of this very machine and is no longer there."""
    machine, _, rest = holder.partition("/")
    pid, _, rest = rest.partition("/")
    started = rest.partition("/")[0]
    if not machine or machine != _machine() or not pid.isdigit() or not started:
        return False
    return _started(int(pid)) != started

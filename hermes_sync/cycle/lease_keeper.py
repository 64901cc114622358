"""A lease, kept alive while its holder works (semantics 5; exit 4).

It is renewed every few seconds from a thread and runs out by itself when its holder died. A holder of this machine
that is no longer there need not be waited for: its lease is taken over at once.
"""

import os
import threading
from datetime import timedelta
from pathlib import Path
from socket import gethostname
from types import TracebackType
from typing import Final, Self
from uuid import uuid4

from hermes_sync.ports import Clock, LeaseHeld, StoreUnavailable
from hermes_sync.store import RIGHT_TO_RUN, Lease, SqlStore, held_by_another

TTL: Final = timedelta(seconds=15)
"""How long a lease lasts without being renewed."""


class LeaseKeeper:
    """Holds a lease, that of a pass unless named otherwise; taken once, for the length of a `with` block."""

    def __init__(self, store: SqlStore, clock: Clock, name: str = RIGHT_TO_RUN) -> None:
        self.name = name
        self.is_lost = False
        self._store = store
        self._clock = clock
        self._lease: Lease | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()

    def take(self) -> None:
        """Take the lease and keep it; raises `LeaseHeld` while somebody has it who may be alive.

        One that is held is only looked at: whoever waits for it does not get into the way of those who write.
        """
        now = self._clock.now()
        left = self._store.current_lease(now, self.name)
        if left is not None and _is_dead(left.holder):
            self._store.release_lease(left)
        elif left is not None:
            raise held_by_another(left)
        holder = f"{_machine()}/{os.getpid()}/{_started(os.getpid())}/{uuid4().hex[:8]}/{gethostname()}"
        self._lease = self._store.acquire_lease(holder=holder, now=now, ttl=TTL, name=self.name)
        self._thread.start()

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
                self.is_lost = True  # for example after a long suspension: `apply` will notice
                return
            except StoreUnavailable:
                continue  # it may be back before the lease runs out


def _machine() -> str:
    """Return what names this machine and its process numbers, or nothing where that can't be known."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}:{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Return when a process of this machine started, in ticks since boot; process numbers are used again.

    Empty for one that can't be seen, and for one that has ended and that nobody has asked for yet.
    """
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (OSError, ValueError):
        return ""
    return "" if state in {"Z", "X"} else rest[18]


def _is_hidden(pid: int) -> bool:
    """Whether a process is another user's: systemd and others may hide those from /proc."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def _is_dead(holder: str) -> bool:
    """Whether a holder was a process of this very machine and is no longer there."""
    machine, _, rest = holder.partition("/")
    pid, _, rest = rest.partition("/")
    started = rest.partition("/")[0]
    if not machine or machine != _machine() or not pid.isdigit() or not started:
        return False
    return _started(int(pid)) != started and not _is_hidden(int(pid))

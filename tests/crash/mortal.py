"""A process that dies where it is told to: at a commit of the database or at an exchange with a remote.

A real kill loses everything that is only in memory. Here `Killed` does it: it passes every `except` of the program,
and once it was raised nothing that the unwinding tries reaches the database or a remote any more.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

import httpx
from sqlalchemy import Engine, event

from hermes_sync.sandbox import Sandbox
from hermes_sync.store import SqlStore
from tests.cycle.rig import Rig


class Killed(BaseException):
    """The process is dead; nothing of it runs from here on."""


@dataclass
class Fate:
    """Writes down the boundaries that a run reaches and ends it at the one with the number `at` (None: nowhere)."""

    at: int | None = None
    reached: list[str] = field(default_factory=list)
    is_dead: bool = False
    commits: int = 0
    _thread: int = field(default_factory=threading.get_ident)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reach(self, boundary: str) -> None:
        """Stand at a boundary; raises Killed if the run ends here or has ended already."""
        with self._lock:
            if self.is_dead:
                raise Killed
            if threading.get_ident() != self._thread and not threading.current_thread().name.startswith("push"):
                return  # the lease is renewed beside the pass, at no place of its own
            self.reached.append(boundary)
            if len(self.reached) - 1 == self.at:
                self.is_dead = True
                raise Killed(boundary)

    @contextmanager
    def over(self, engine: Engine) -> Iterator[None]:
        """Have every commit of an engine stand between two boundaries."""
        do_commit = engine.dialect.do_commit

        def commit(connection: object) -> None:
            self.reach("before commit")
            do_commit(connection)  # type: ignore[arg-type]  # SQLAlchemy's own, handed through
            self.reach("after commit")

        def count(_connection: object) -> None:
            self.commits += threading.get_ident() == self._thread

        event.listen(engine, "commit", count)
        with patch.object(engine.dialect, "do_commit", commit):
            yield
        event.remove(engine, "commit", count)


class MortalWire(httpx.BaseTransport):
    """Carries requests to a twin; each stands between two boundaries, before it is sent and after its answer came."""

    def __init__(self, fate: Fate) -> None:
        self._fate = fate
        self._carrier = httpx.HTTPTransport(verify=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request; killed afterwards, it was carried out and its answer is lost."""
        said = f"{request.method} {request.url.path}"
        self._fate.reach(f"before {said}")
        response = self._carrier.handle_request(request)
        response.read()
        self._fate.reach(f"after {said}")
        return response

    def close(self) -> None:
        """Close the connections."""
        self._carrier.close()


class MortalRig(Rig):
    """A rig whose passes meet a fate."""

    def __init__(self, sandbox: Sandbox, store: SqlStore, fate: Fate) -> None:
        super().__init__(sandbox, store)
        self.fate = fate

    def wire(self) -> httpx.BaseTransport:
        """Return a wire that ends where fate wants."""
        return MortalWire(self.fate)

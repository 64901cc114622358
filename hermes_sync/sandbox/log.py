"""The request log of a twin, so that tests can ask what was really sent."""

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from hermes_sync.sandbox.exchange import Json

KEPT = 100_000
"""How many requests are remembered; older ones are only counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request: `body` is kept for writes only, `status` is 0 for a cut connection, `time` is epoch."""

    method: str
    path: str
    query: dict[str, str]
    body: Json
    status: int
    tokens: int
    time: float
    fault: str | None = None


class RequestLog:
    """The last requests of one twin, oldest first; bounded, so that a long run does not grow."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._count = 0

    def add(self, entry: Entry) -> None:
        """Remember a request."""
        with self._lock:
            self._entries.append(entry)
            self._count += 1

    def clear(self) -> None:
        """Forget everything, the count too."""
        with self._lock:
            self._entries.clear()
            self._count = 0

    @property
    def count(self) -> int:
        """How many requests came in since the last clear."""
        return self._count

    @property
    def tokens(self) -> int:
        """What the remembered requests cost together."""
        return sum(entry.tokens for entry in self.entries())

    def entries(self, method: str | None = None, path: str | None = None) -> list[Entry]:
        """Give the requests, on request only those with this method and this text in their path."""
        with self._lock:
            found = list(self._entries)
        return [
            entry
            for entry in found
            if (method is None or entry.method == method.upper()) and (path is None or path in entry.path)
        ]

    def reads(self) -> list[Entry]:
        """Give the GET requests."""
        return self.entries("GET")

    def writes(self) -> list[Entry]:
        """Give everything that was not a GET."""
        return [entry for entry in self.entries() if entry.method != "GET"]

    def __iter__(self) -> Iterator[Entry]:
        """Go through the requests, oldest first."""
        return iter(self.entries())

    def __len__(self) -> int:
        """Count the remembered requests."""
        return len(self._entries)

"""The clock of the twins: real time plus an offset, or frozen and moved by hand."""

import re
import threading
import time
from datetime import UTC, datetime
from email.utils import formatdate

WHOLE_SECONDS = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$")


def real_seconds() -> float:
    """Give the real time as epoch seconds; the twins' only look at it."""
    return time.time()  # noqa: TID251 - the twins keep a clock of their own


def stamp_of(at: float) -> str:
    """Give an epoch time as both APIs stamp it: UTC, whole seconds (facts 1.3)."""
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(at: float | datetime | str) -> float:
    """Give an epoch time in seconds; a naive datetime or text is taken as UTC."""
    if isinstance(at, str):
        at = datetime.fromisoformat(at)
    if isinstance(at, datetime):
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    return float(at)


class TwinClock:
    """What time it is for both remotes; `Date` headers, stamps, lags and budgets all follow it."""

    def __init__(self, start: float | datetime | str | None = None, *, frozen: bool = False) -> None:
        """Start now or at `start`; a frozen clock only moves when it is advanced."""
        self._lock = threading.Lock()
        self._offset = 0.0
        self._frozen: float | None = None
        if start is not None:
            self.set(start)
        if frozen:
            self.freeze()

    def now(self) -> float:
        """Give the twins' time as epoch seconds."""
        with self._lock:
            return real_seconds() + self._offset if self._frozen is None else self._frozen

    def stamp(self) -> str:
        """Give the twins' time as a record would be stamped with it."""
        return stamp_of(self.now())

    def http_date(self) -> str:
        """Give the twins' time for a `Date` header."""
        return formatdate(self.now(), usegmt=True)

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass, whether frozen or running."""
        with self._lock:
            if self._frozen is None:
                self._offset += seconds
            else:
                self._frozen += seconds

    def set(self, at: float | datetime | str) -> None:
        """Put the clock to `at`; it goes on running, or stays frozen there."""
        seconds = seconds_of(at)
        with self._lock:
            if self._frozen is None:
                self._offset = seconds - real_seconds()
            else:
                self._frozen = seconds

    def freeze(self, at: float | datetime | str | None = None) -> None:
        """Stop the clock, now or at `at`."""
        seconds = self.now() if at is None else seconds_of(at)
        with self._lock:
            self._frozen = seconds

    def thaw(self) -> None:
        """Let a frozen clock run on from where it stands."""
        seconds = self.now()
        with self._lock:
            self._frozen = None
            self._offset = seconds - real_seconds()

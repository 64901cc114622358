"""Faults on demand: which request fails, and how."""

import random
import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Self

from hermes_sync.sandbox.exchange import Json

if TYPE_CHECKING:
    from collections.abc import Callable

Effect = Literal["status", "empty", "truncated", "cut", "timeout", "duplicate", "empty_list", "shrunk_list", "lag"]

CLOUDFLARE = (
    "<!DOCTYPE html>\n<html><head><title>Access denied | Cloudflare</title></head>"
    "<body><h1>Error 1015</h1><p>You are being rate limited</p></body></html>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong, and with which requests.

    effect: `status` answers `status`, `body` (a dict is JSON, a text is HTML) and `headers`;
    `empty` 200 without a body; `truncated` half of the JSON; `cut` closes the connection in the middle of
    the answer; `timeout` answers nothing for `seconds`, then closes; `duplicate` carries a write out twice;
    `empty_list` and `shrunk_list` (keeps `share` of the rows) spoil a list; `lag` hides what was written in
    the last `seconds` from this list.

    carried_out: whether the twin does what was asked before the fault strikes. By default `status` and
    `timeout` do nothing first; the others have to answer something and do.

    Matching: `method` (None: any), `path` (a regular expression searched in path, None: any), from the
    `nth` matching request on (1 is the next one), for `times` requests (None: for ever).
    """

    effect: Effect = "status"
    method: str | None = None
    path: str | None = None
    nth: int = 1
    times: int | None = 1
    status: int = 500
    body: Json = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 30.0
    share: float = 0.5
    carried_out: bool | None = None

    @property
    def carries_out(self) -> bool:
        """Whether the request is carried out although it fails."""
        if self.carried_out is None:
            return self.effect not in ("status", "timeout")
        return self.carried_out

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is one of those that this fault is about."""
        if self.method is not None and self.method.upper() != method:
            return False
        return self.path is None or re.search(self.path, path) is not None

    @classmethod
    def burst(cls, *, reset: int | None = 2, **matcher: Json) -> Self:
        """429 of the burst limit, with the reset header, or without it (`reset=None`) (facts 5)."""
        headers = {} if reset is None else {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)}
        body = {"success": False, "error": "request over limit"}
        return cls(effect="status", status=429, body=body, headers=headers, **matcher)

    @classmethod
    def daily(cls, **matcher: Json) -> Self:
        """429 of the daily token budget (facts 5)."""
        headers = {"x-daily-ratelimit-token-remaining": "0"}
        body = {"success": False, "error": "request over limit"}
        return cls(effect="status", status=429, body=body, headers=headers, **matcher)

    @classmethod
    def cloudflare(cls, **matcher: Json) -> Self:
        """403 with the HTML page of Cloudflare (facts 5)."""
        return cls(effect="status", status=403, body=CLOUDFLARE, headers={"server": "cloudflare"}, **matcher)


class Armed:
    """A fault that waits for its requests."""

    def __init__(self, fault: Fault) -> None:
        """Count from here."""
        self.fault = fault
        self.seen = 0

    def strikes(self, method: str, path: str) -> bool:
        """Count a request and tell whether the fault strikes it."""
        if not self.fault.matches(method, path):
            return False
        self.seen += 1
        if self.seen < self.fault.nth:
            return False
        return self.fault.times is None or self.seen < self.fault.nth + self.fault.times

    @property
    def spent(self) -> bool:
        """Whether it can strike no more."""
        return self.fault.times is not None and self.seen >= self.fault.nth + self.fault.times - 1


def any_fault(dice: random.Random) -> Fault:
    """Draw one of the faults that a bad day brings; none of them lasts or takes long."""
    kinds: list[Callable[[], Fault]] = [
        lambda: Fault(status=500),
        lambda: Fault(status=502, body="<html><body>Bad gateway</body></html>"),
        lambda: Fault(status=503, carried_out=True),
        lambda: Fault.burst(reset=1),
        lambda: Fault.burst(reset=None),
        lambda: Fault(effect="cut"),
        lambda: Fault(effect="cut", carried_out=False),
        lambda: Fault(effect="empty"),
        lambda: Fault(effect="truncated"),
    ]
    return dice.choice(kinds)()


class Faults:
    """The faults of one twin: those added, and a share of random ones."""

    def __init__(self, rate: float = 0.0, seed: int = 1) -> None:
        """Fail a random `rate` (0 to 1) of all requests, the same ones for the same `seed`."""
        self._lock = threading.Lock()
        self._armed: list[Armed] = []
        self._dice = random.Random(seed)  # noqa: S311 - must be the same again
        self.rate = rate
        self.struck = 0

    def add(self, *faults: Fault) -> None:
        """Arm faults; the one added first strikes first, one per request."""
        with self._lock:
            self._armed.extend(Armed(fault) for fault in faults)

    def clear(self) -> None:
        """Disarm everything, the random ones too."""
        with self._lock:
            self._armed.clear()
            self.rate = 0.0
            self.struck = 0

    def seed(self, seed: int) -> None:
        """Start the random faults again from `seed`."""
        with self._lock:
            self._dice = random.Random(seed)  # noqa: S311 - must be the same again

    @property
    def pending(self) -> int:
        """How many added faults have not struck for the last time."""
        with self._lock:
            return len(self._armed)

    def match(self, method: str, path: str) -> Fault | None:
        """Tell which fault strikes this request, if any."""
        with self._lock:
            found = next((armed.fault for armed in self._armed if armed.strikes(method, path)), None)
            self._armed = [armed for armed in self._armed if not armed.spent]
            if found is None and self.rate > 0 and self._dice.random() < self.rate:
                found = any_fault(self._dice)
            self.struck += found is not None
            return found

"""Rate limits: Pipedrive's daily tokens and bursts (facts 5), TC2's requests a minute (facts 9)."""

import threading
from collections import deque

from hermes_sync.sandbox.clock import TwinClock
from hermes_sync.sandbox.exchange import Refusal
from hermes_sync.sandbox.faults import CLOUDFLARE

BURST_WINDOW = 2.0
BAN_WINDOW = 60.0
SHOWN_BURST = 120
OVER_LIMIT = {"success": False, "error": "request over limit"}


class CloudflareBan(Exception):
    """The client went on through too many 429s: an HTML 403 from Cloudflare."""

    page = CLOUDFLARE


class PipedriveLimits:
    """What one API token may do; None means no limit, which is the default for bursts.

    daily: tokens a day; burst: requests in rolling 2 seconds; search_burst: searches among them;
    ban_after: how many 429s within a minute bring a Cloudflare ban of `ban_seconds`.
    """

    def __init__(self, clock: TwinClock) -> None:
        """Start the day."""
        self._clock = clock
        self._lock = threading.Lock()
        self.daily = 10_000_000
        self.burst: int | None = None
        self.search_burst: int | None = None
        self.ban_after = 20
        self.ban_seconds = 60.0
        self.reset()

    def reset(self) -> None:
        """Begin a new day: nothing spent, nothing counted, no ban."""
        with self._lock:
            self.spent = 0
            self._calls: deque[float] = deque()
            self._searches: deque[float] = deque()
            self._refused: deque[float] = deque()
            self._banned_until = 0.0
            self._day = int(self._clock.now() // 86_400)

    def charge(self, tokens: int, *, search: bool) -> dict[str, str]:
        """Count a request and give the headers that tell so; over a limit it is refused."""
        now = self._clock.now()
        with self._lock:
            if now < self._banned_until:
                raise CloudflareBan
            day = int(now // 86_400)
            if day != self._day:
                self._day, self.spent = day, 0
            window = self._recent(self._calls, now, BURST_WINDOW)
            searches = self._recent(self._searches, now, BURST_WINDOW)
            if self.spent + tokens > self.daily:
                raise self._refusal(now, {"x-daily-ratelimit-token-remaining": "0"})
            if self.burst is not None and len(window) >= self.burst:
                raise self._refusal(now, {"x-ratelimit-remaining": "0"})
            if search and self.search_burst is not None and len(searches) >= self.search_burst:
                raise self._refusal(now, {"x-ratelimit-remaining": "0"})
            if self.burst is not None:
                window.append(now)
            if search and self.search_burst is not None:
                searches.append(now)
            self.spent += tokens
            return self._headers(len(window))

    def _headers(self, used: int) -> dict[str, str]:
        shown = SHOWN_BURST if self.burst is None else self.burst
        return {
            "x-ratelimit-limit": str(shown),
            "x-ratelimit-remaining": str(max(0, shown - max(used, 1))),
            "x-ratelimit-reset": str(int(BURST_WINDOW)),
            "x-daily-ratelimit-token-limit": str(self.daily),
            "x-daily-ratelimit-token-remaining": str(max(0, self.daily - self.spent)),
        }

    def _refusal(self, now: float, headers: dict[str, str]) -> Exception:
        refused = self._recent(self._refused, now, BAN_WINDOW)
        refused.append(now)
        if len(refused) > self.ban_after:
            self._banned_until = now + self.ban_seconds
            refused.clear()
            return CloudflareBan()
        return Refusal(429, OVER_LIMIT, {**self._headers(len(self._calls)), **headers})

    @staticmethod
    def _recent(times: deque[float], now: float, window: float) -> deque[float]:
        while times and times[0] <= now - window:
            times.popleft()
        return times


class Tc2Limits:
    """`per_minute` requests in rolling 60 seconds (the real figure is 100); None, the default, is no limit."""

    def __init__(self, clock: TwinClock) -> None:
        """Start counting."""
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: deque[float] = deque()
        self.per_minute: int | None = None

    def reset(self) -> None:
        """Forget what was counted."""
        with self._lock:
            self._calls.clear()

    def charge(self) -> None:
        """Count a request; over the limit it is refused with 429."""
        if self.per_minute is None:
            return
        now = self._clock.now()
        with self._lock:
            while self._calls and self._calls[0] <= now - 60:
                self._calls.popleft()
            if len(self._calls) >= self.per_minute:
                raise Refusal(429, {"detail": "Request was throttled."})
            self._calls.append(now)

"""How much may be asked of a remote, and how much was: rolling windows and the count of requests and tokens."""

import threading
from bisect import bisect_left, insort
from dataclasses import replace
from typing import Final

from hermes_sync.ports import Clock, Usage
from hermes_sync.remotes.exchange import TOO_MANY, Call, Reply

SHORTEST_SLEEP: Final = 0.001
"""Seconds. A wait that rounds to nothing would never end on a clock that only sleeping moves."""

PIPEDRIVE_BURST: Final = 20
"""Requests in 2 seconds of the smallest plan; the headers of the first answer say the real limit (facts 5)."""
PIPEDRIVE_SEARCHES: Final = 10
"""Searches in 2 seconds, on every plan (facts 5)."""
PIPEDRIVE_WINDOW: Final = 2.0
PIPEDRIVE_MARGIN: Final = 1 / 16
"""Seconds by which our window is longer than Pipedrive's: it counts requests when they arrive, and one may be slower on
its way than the one that follows it a window later. Costs 3 % of the limit."""
TC2_REQUESTS: Final = 100
TC2_WINDOW: Final = 60.0


class Window:
    """At most `limit` calls in any stretch of `seconds`; several threads may share one.

    Calls are remembered for one stretch longer than they count, for `learn`.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._calls: list[float] = []
        self._closed_until = float("-inf")
        self._lock = threading.Lock()

    def enter(self, clock: Clock) -> float:
        """Wait until one more call fits, and count it; return when that was."""
        while (delay := self._claim(now := clock.monotonic())) > 0:
            clock.sleep(max(delay, SHORTEST_SLEEP))
        return now

    def _claim(self, now: float) -> float:
        with self._lock:
            del self._calls[: bisect_left(self._calls, now - 2 * self.seconds)]
            if now < self._closed_until:
                return self._closed_until - now
            delay = self._calls[-self.limit] + self.seconds - now if len(self._calls) >= self.limit else 0.0
            if delay <= 0:
                insort(self._calls, now)
            return delay

    def room(self, now: float) -> int:
        """Return how many calls fit now without a wait."""
        with self._lock:
            if now < self._closed_until:
                return 0
            return max(0, self.limit - sum(one > now - self.seconds for one in self._calls))

    def room_in(self, calls: int, now: float) -> float:
        """Return in how many seconds so many calls fit without a wait, if none are made until then; 0 when they do."""
        with self._lock:
            others = max(0, self.limit - calls)
            until = self._calls[-others - 1] + self.seconds if len(self._calls) > others else now
            return max(0.0, until - now, self._closed_until - now)

    def leave(self, entered: float, now: float) -> None:
        """Count a call from now on only, when it goes out; opening a connection for it may have taken long."""
        with self._lock:
            place = bisect_left(self._calls, entered)
            if place < len(self._calls) and self._calls[place] == entered:
                del self._calls[place]
                insort(self._calls, now)

    def learn(self, reply: Reply, made: float, now: float) -> None:
        """Take over what the headers of the answer to a call made then say: the limit, and that others used it up.

        What we used up ourselves needs no wait for the reset: it is counted here.
        """
        limit, left = reply.number("x-ratelimit-limit"), reply.number("x-ratelimit-remaining")
        reset = reply.number("x-ratelimit-reset") or 0.0
        with self._lock:
            if limit is not None and limit >= 1:
                self.limit = int(limit)
            ours = sum(one > made - self.seconds for one in self._calls)
            if left is not None and left <= 0 < reset and (reply.status == TOO_MANY or ours < self.limit):
                self._closed_until = now + min(reset, self.seconds)


class Meter:
    """Counts what talking to a remote costs; several threads may share one."""

    def __init__(self) -> None:
        self.usage = Usage()
        self._lock = threading.Lock()

    def start_over(self) -> None:
        """Count from nothing again, for the next pass."""
        with self._lock:
            self.usage = Usage()

    def count_request(self) -> None:
        """Count a request, whatever becomes of it."""
        with self._lock:
            self.usage = replace(self.usage, requests=self.usage.requests + 1)

    def count_answer(self, call: Call, reply: Reply) -> None:
        """Count the tokens of an answered call (a 429 is not charged) and note what is left of the day."""
        spent = 0 if reply.status == TOO_MANY else call.tokens
        limit = reply.number("x-daily-ratelimit-token-limit")
        left = reply.number("x-daily-ratelimit-token-remaining")
        with self._lock:
            usage = self.usage
            self.usage = replace(
                usage,
                tokens=usage.tokens + spent,
                daily_limit=usage.daily_limit if limit is None else int(limit),
                daily_left=usage.daily_left if left is None else int(left),
            )

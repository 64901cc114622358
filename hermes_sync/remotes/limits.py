"""How much may be asked of a remote, and how much was: rolling windows and the count of requests and tokens."""

import threading
from collections import deque
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
TC2_REQUESTS: Final = 100
TC2_WINDOW: Final = 60.0


class Window:
    """At most `limit` calls in any stretch of `seconds`; several threads may share one."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._calls: deque[float] = deque()
        self._closed_until = float("-inf")
        self._lock = threading.Lock()

    def enter(self, clock: Clock) -> None:
        """Wait until one more call fits, and count it."""
        while (delay := self._claim(clock.monotonic())) > 0:
            clock.sleep(max(delay, SHORTEST_SLEEP))

    def _claim(self, now: float) -> float:
        with self._lock:
            while self._calls and self._calls[0] + self.seconds <= now:
                self._calls.popleft()
            if now < self._closed_until:
                return self._closed_until - now
            if len(self._calls) < self.limit:
                self._calls.append(now)
                return 0.0
            return self._calls[-self.limit] + self.seconds - now

    def learn(self, reply: Reply, now: float) -> None:
        """Take over what the headers of an answer say: the limit, and that it is used up for the moment."""
        limit, left = reply.number("x-ratelimit-limit"), reply.number("x-ratelimit-remaining")
        reset = reply.number("x-ratelimit-reset") or 0.0
        with self._lock:
            if limit is not None and limit >= 1:
                self.limit = int(limit)
            if left is not None and left <= 0 < reset:
                self._closed_until = now + min(reset, self.seconds)


class Meter:
    """Counts what talking to a remote costs; several threads may share one."""

    def __init__(self) -> None:
        self.usage = Usage()
        self._lock = threading.Lock()

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

"""Webhooks on their way out: queued by a change, delivered in any order, twice or never."""

import random
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import httpx

Order = Literal["queued", "reversed", "shuffled"] | Sequence[int]
DELIVERY_SECONDS = 10.0
KEPT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One webhook for one target, signed and ready; `label` says what it is about, for example `organization 5`.

    `told` is told how the delivery ended: its status, 0 when nobody answered.
    """

    url: str
    body: bytes
    headers: dict[str, str]
    label: str
    auth: tuple[str, str] | None = None
    told: Callable[[int], None] | None = None


class Outbox:
    """The webhooks of one twin that were not delivered yet.

    automatic: deliver each at once, from a thread of its own. Otherwise they wait for `deliver`.
    """

    def __init__(self) -> None:
        """Start empty and manual, with no target."""
        self._lock = threading.Lock()
        self._waiting: deque[Delivery] = deque(maxlen=KEPT)
        self.automatic = False
        self.targets: list[str] = []

    @property
    def pending(self) -> list[Delivery]:
        """The webhooks that wait, oldest first."""
        with self._lock:
            return list(self._waiting)

    def clear(self) -> None:
        """Lose everything that waits."""
        with self._lock:
            self._waiting.clear()

    def queue(self, delivery: Delivery) -> None:
        """Let a webhook wait, or go at once when automatic."""
        if self.automatic:
            threading.Thread(target=send, args=(delivery,), daemon=True).start()
            return
        with self._lock:
            self._waiting.append(delivery)

    def deliver(
        self,
        order: Order = "queued",
        *,
        copies: int = 1,
        drop: Callable[[Delivery], bool] | None = None,
        seed: int = 1,
    ) -> list[int]:
        """Send what waits: in `order` (or the named positions), each `copies` times, without those to `drop`.

        Gives the HTTP statuses in the order of sending, 0 for a target that could not be reached.
        """
        with self._lock:
            waiting = list(self._waiting)
            self._waiting.clear()
        kept = [delivery for delivery in arrange(waiting, order, seed) if drop is None or not drop(delivery)]
        return [send(delivery) for delivery in kept for _ in range(copies)]


def arrange(waiting: list[Delivery], order: Order, seed: int) -> list[Delivery]:
    """Put webhooks into the order in which they shall arrive."""
    if order == "queued":
        return waiting
    if order == "reversed":
        return waiting[::-1]
    if order == "shuffled":
        return random.Random(seed).sample(waiting, len(waiting))  # noqa: S311 - must be the same again
    return [waiting[position] for position in order if isinstance(position, int)]


@cache
def client() -> httpx.Client:
    """Give the one client that delivers webhooks; it keeps no connection open."""
    return httpx.Client(timeout=DELIVERY_SECONDS, limits=httpx.Limits(max_keepalive_connections=0))


def send(delivery: Delivery) -> int:
    """Send one webhook and give the status; the real senders give up after 10 seconds as well (facts 6)."""
    status = attempt(delivery)
    if delivery.told is not None:
        delivery.told(status)
    return status


def attempt(delivery: Delivery) -> int:
    """Give the status that a target answered, 0 when it did not."""
    try:
        reply = client().post(
            delivery.url,
            content=delivery.body,
            headers={"content-type": "application/json", **delivery.headers},
            auth=delivery.auth or httpx.USE_CLIENT_DEFAULT,
        )
    except httpx.HTTPError:
        return 0
    return reply.status_code

"""The thin part that talks HTTP: the only module that imports httpx.

A Call goes through the windows of the rate limits, is sent, counted and judged; what may help is tried again
with backoff and jitter (semantics 5.5). Every wait goes through the clock.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final, TypeAlias

import httpx
import orjson
from tenacity import RetryCallState, Retrying, retry_if_exception_type
from tenacity.wait import wait_exponential, wait_random

from hermes_sync.ports import Clock, ConfigError, ObjectUnavailable, RemoteUnavailable, Usage
from hermes_sync.remotes.answers import Again, Banned, judge
from hermes_sync.remotes.exchange import Answer, Call, Reply, Site
from hermes_sync.remotes.limits import Meter, Window

Wire: TypeAlias = httpx.BaseTransport
"""What carries the bytes; tests hand in one that answers by itself."""
Judge: TypeAlias = Callable[[Call, Reply, Site], dict[str, Any]]
"""What tells good answers from others; see `answers.judge`."""

BAN_SECONDS: Final = 300.0
LIMIT_STEP: Final = 4
"""A remote with `steady_limits` is asked again after 4, 8, 12, 16 times `base`: 2, 4, 6, 8 seconds (facts 9)."""

LONGEST_AWAITED: Final = 1_048_576
"""Bytes of an answer that somebody waits for."""
SHORTEST_TIMEOUT: Final = 0.05
"""Seconds. A try that has begun may still say why it fails."""

_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often a call is tried, and how the waits between grow: `base`, doubled each time, up to `longest` seconds.

    A remote that asks for a longer wait than `longest` is left to the next pass.
    """

    attempts: int = 4
    base: float = 0.5
    longest: float = 30.0


class Transport:
    """One remote's pooled connection, with its limits; several threads may share one.

    Of one that `is_awaited`, somebody waits for the answers, and no pass tries again what was given up.
    """

    def __init__(
        self,
        *,
        site: Site,
        base_url: str,
        headers: Mapping[str, str],
        secret: str,
        clock: Clock,
        retries: Retries,
        timeout: float,
        window: Window,
        search_window: Window | None = None,
        steady_limits: bool = False,
        judge: Judge = judge,
        is_awaited: bool = False,
        wire: Wire | None = None,
    ) -> None:
        self.site = site
        self._secret = secret.encode()
        self._clock = clock
        self._retries = retries
        self._window = window
        self._search_window = search_window
        self._steady_limits = steady_limits
        self._judge = judge
        self._is_awaited = is_awaited
        self._timeout = timeout
        self._meter = Meter()
        self._banned_until = float("-inf")
        self._client = _client(site, base_url, headers, timeout, wire)

    @property
    def usage(self) -> Usage:
        """What was asked so far and what it cost."""
        return self._meter.usage

    def count_anew(self) -> None:
        """Begin to count anew; what the limits of the remote remember is kept."""
        self._meter.start_over()

    def room(self) -> int:
        """Return how many calls the limit of the remote allows now."""
        return self._window.room(self._clock.monotonic())

    def room_in(self, calls: int) -> float:
        """Return in how many seconds the limit of the remote allows so many calls; 0 when it does now."""
        return self._window.room_in(calls, self._clock.monotonic())

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def send(self, call: Call, *, until: float | None = None) -> Answer:
        """Carry out a call and return its good answer; where somebody waits for it, `until` then and no longer.

        `until` is in seconds of the clock's `monotonic`. Raises `RemoteUnavailable`, `RemoteDenied`, `RemoteRefused`
        or `ObjectGone` (see `ports`). A call that creates is not repeated once it may have been carried out.
        """
        doubts: list[Again] = []
        retrying = Retrying(
            sleep=self._clock.sleep,
            stop=partial(self._is_enough, until),
            wait=self._wait,
            retry=retry_if_exception_type(Again),
            reraise=True,
        )
        try:
            return retrying(self._try, call, doubts, until)
        except Again as again:
            raise self._giving_up(call, again, perhaps_done=bool(doubts)) from again

    def _try(self, call: Call, doubts: list[Again], until: float | None) -> Answer:
        try:
            return self._once(call, until)
        except Again as again:
            if again.perhaps_done:
                doubts.append(again)
            if (call.creates and again.perhaps_done) or (again.wait or 0.0) > self._retries.longest:
                raise self._giving_up(call, again, perhaps_done=bool(doubts)) from again
            raise
        except Banned:
            self._banned_until = self._clock.monotonic() + BAN_SECONDS
            raise

    def _once(self, call: Call, until: float | None) -> Answer:
        self._refuse_while_banned()
        if call.is_search and self._search_window is not None:
            self._search_window.enter(self._clock)
        made = self._window.enter(self._clock)
        self._meter.count_request()
        reply = self._exchange(call, partial(self._note, made), until)
        self._meter.count_answer(call, reply)
        # The headers of a search may speak of the searches' own limit, which is lower.
        if not call.is_search:
            self._window.learn(reply, made, self._clock.monotonic())
        return Answer(json=self._judge(call, reply, self.site), server_time=reply.server_time)

    def _note(self, entered: float, event: str, _more: object) -> None:
        """Listen to the HTTP library: the request goes out."""
        if event.endswith("send_request_headers.started"):
            self._window.leave(entered, self._clock.monotonic())

    def _exchange(self, call: Call, trace: Callable[[str, object], None], until: float | None) -> Reply:
        typed = {} if call.body is None else {"content-type": "application/json"}
        try:
            with self._client.stream(
                call.method,
                call.path,
                params=dict(call.query) or None,
                content=None if call.body is None else orjson.dumps(call.body),
                data=call.form,
                headers={**typed, **call.headers},
                timeout=self._timeout if until is None else self._left(until),
                extensions={"trace": trace},
            ) as response:
                content = response.read() if until is None else self._read(response, until)
        except httpx.UnsupportedProtocol as error:
            raise ConfigError(f"{self.site.url_key} is not an address of the web: {self.site.base_url}") from error
        except _NOT_SENT as error:
            raise Again(f"{self._unreachable()}: {_why(error)}") from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            broke = f"{self.site.name} at {self.site.base_url} broke off {call}: {_why(error)}"
            raise Again(broke, perhaps_done=not call.is_read) from error
        headers = {name.lower(): value for name, value in response.headers.items()}
        # What is not good is quoted in messages; a server that echoes a secret must not put it there.
        for secret in (self._secret, call.secret.encode()):
            if response.is_error and secret:
                content = content.replace(secret, b"***")
        return Reply(status=response.status_code, headers=headers, content=content)

    def _left(self, until: float) -> float:
        """Return how many seconds a step of an exchange may take that must be over then."""
        return max(SHORTEST_TIMEOUT, min(self._timeout, until - self._clock.monotonic()))

    def _read(self, response: httpx.Response, until: float) -> bytes:
        """Return the body of an answer that somebody waits for: from a server that dawdles or floods, none."""
        content = b""
        for part in response.iter_bytes():
            content += part
            if len(content) > LONGEST_AWAITED or self._clock.monotonic() > until:
                raise httpx.ReadTimeout("its answer takes too long", request=response.request)
        return content

    def _refuse_while_banned(self) -> None:
        left = self._banned_until - self._clock.monotonic()
        if left > 0:
            raise RemoteUnavailable(
                f"{self.site.name} is left alone for {left:.0f} more seconds, because Cloudflare refused too many "
                "requests; the next pass tries again"
            )

    def _is_enough(self, until: float | None, state: RetryCallState) -> bool:
        if until is not None and self._clock.monotonic() + state.upcoming_sleep >= until:
            return True
        extra = 1 if self._steady_limits and _again(state).is_limit else 0
        return state.attempt_number >= self._retries.attempts + extra

    def _wait(self, state: RetryCallState) -> float:
        again, retries = _again(state), self._retries
        if again.is_limit and self._steady_limits:
            backoff = retries.base * LIMIT_STEP * state.attempt_number
        else:
            backoff = wait_exponential(retries.base, retries.longest)(state) + wait_random(0, retries.base)(state)
        return max(again.wait or 0.0, backoff)

    def _giving_up(self, call: Call, again: Again, *, perhaps_done: bool) -> RemoteUnavailable:
        doubt = " It may have been carried out all the same, which the next pass finds out." if perhaps_done else ""
        later = f" It asks to be left alone for {again.wait:.0f} seconds." if again.wait else ""
        message = f"{again} ({call} was given up).{later}"
        if not self._is_awaited:
            message += f"{doubt} The next pass tries again"
        is_about_one = again.is_answer and not again.wait and call.is_read and call.names_object
        return (ObjectUnavailable if is_about_one else RemoteUnavailable)(message, perhaps_done=perhaps_done)

    def _unreachable(self) -> str:
        site = self.site
        return f"{site.name} cannot be reached at {site.base_url} (check {site.url_key} and the network)"


def _client(site: Site, base_url: str, headers: Mapping[str, str], timeout: float, wire: Wire | None) -> httpx.Client:
    # Refused here, because the HTTP library would quote such a header, and with it the secret.
    if not all(value.isascii() and value.isprintable() and value == value.strip() for value in headers.values()):
        raise ConfigError(f"{site.secret_key} holds spaces or characters that no key has; copy it again{site.given_in}")
    try:
        return httpx.Client(
            base_url=base_url,
            headers={"accept": "application/json", "user-agent": "hermes-sync", **headers},
            timeout=timeout,
            follow_redirects=False,
            transport=wire,
            verify=_trusted() if wire is None else True,
        )
    except httpx.InvalidURL as error:
        raise ConfigError(f"{site.url_key} is not an address of the web: {site.base_url}") from error


@cache
def _trusted() -> ssl.SSLContext:
    """Return whom we trust; reading the certificates takes time and memory, so that it is done once."""
    return httpx.create_ssl_context()


def shown(base_url: str) -> str:
    """Return an address as messages may show it: without a user's name and password."""
    scheme, separator, rest = base_url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"


def _again(state: RetryCallState) -> Again:
    error = state.outcome.exception() if state.outcome is not None else None
    assert isinstance(error, Again)
    return error


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__

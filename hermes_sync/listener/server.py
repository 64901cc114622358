"""Serving: uvicorn in the foreground of a process of its own, with limits, until it is told to stop."""

import contextlib
import errno
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Final, Protocol

import uvicorn

from hermes_sync.listener.app import create_app
from hermes_sync.listener.desk import Desk
from hermes_sync.listener.protocol import PatientProtocol
from hermes_sync.ports import ConfigError

AT_ONCE: Final = 512
"""So many requests are answered at once; beyond them the answer is 503."""
BACKLOG: Final = 512
HEAD_BYTES: Final = 16 * 1024
"""Bytes of a request line with its headers; what is longer gets 400."""
KEEP_ALIVE_SECONDS: Final = 5
GRACE_SECONDS: Final = 4
"""So long requests under way may take after the stop; what is unfinished then is undone and not answered."""
_TRY_EVERY: Final = 1.0  # seconds

_LOG: Final = logging.getLogger("hermes_sync.listener")


class Stop(Protocol):
    """What tells a server to stop: a `threading.Event`, a `multiprocessing.Event`, or anything that can be asked."""

    def is_set(self) -> bool:
        """Whether it is time to stop; asked about ten times a second."""
        ...


class Never:
    """A stop that never comes: only SIGTERM and SIGINT do."""

    def is_set(self) -> bool:
        """Whether it is time to stop: no."""
        return False


def serve(
    desk: Desk,
    *,
    host: str | None = None,
    port: int | None = None,
    stop: Stop | None = None,
    started: Callable[[int], None] | None = None,
) -> None:
    """Answer requests until `stop` is set or SIGTERM or SIGINT comes; then finish what is under way and return.

    Meant for a process of its own, in its main thread; in another thread signals are left alone. Host and port are
    those of the config unless given; port 0 takes any free one. `started` is told the port once requests are taken.
    While the port is taken (another daemon on this machine) it is tried again every second, which is logged once: so
    the listener of a standby daemon takes over by itself. Returns within about 5 seconds of the stop. Raises
    `ConfigError` for an address that this machine cannot have.
    """
    listener = desk.settings.listener
    host = listener.host if host is None else host
    port = listener.port if port is None else port
    stop = stop or Never()
    server = _Server(_config(desk), stop)
    with server.listening_to_signals():
        sockets = _bound(host, port, server, desk)
        if not sockets:
            return
        bound = int(sockets[0].getsockname()[1])
        _LOG.info("listening on http://%s:%d", f"[{host}]" if ":" in host else host, bound)
        server.when_started = (lambda: started(bound)) if started is not None else None
        try:
            server.run(sockets=sockets)
        finally:
            for one in sockets:
                one.close()


def _config(desk: Desk) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(desk),
        http=PatientProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=logging.ERROR,  # a line for every broken request would let strangers fill the disk
        access_log=False,  # the door writes its own, without queries
        proxy_headers=False,  # who is at the other end is decided by the socket, not by what it claims
        server_header=False,
        limit_concurrency=AT_ONCE,
        backlog=BACKLOG,
        h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


class _Server(uvicorn.Server):
    """uvicorn's server, which also stops when `stop` says so."""

    def __init__(self, config: uvicorn.Config, stop: Stop) -> None:
        super().__init__(config)
        self._stop = stop
        self.when_started: Callable[[], None] | None = None

    def is_stopped(self) -> bool:
        """Whether it is time to stop."""
        return self.should_exit or self._stop.is_set()

    async def on_tick(self, counter: int) -> bool:
        """Look about ten times a second whether to stop."""
        if self.when_started is not None:
            self.when_started()
            self.when_started = None
        return await super().on_tick(counter) or self._stop.is_set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `listening_to_signals`: uvicorn would raise them again when it is done."""
        yield

    @contextlib.contextmanager
    def listening_to_signals(self) -> Iterator[None]:
        """Stop at SIGTERM and SIGINT, also while waiting for the port; a second one does not wait for requests."""
        try:
            before = {one: signal.signal(one, self.handle_exit) for one in (signal.SIGTERM, signal.SIGINT)}
        except ValueError:  # signals are for the main thread alone
            before = {}
        try:
            yield
        finally:
            for one, known in before.items():
                signal.signal(one, known)


def _bound(host: str, port: int, server: _Server, desk: Desk) -> list[socket.socket]:
    """Return sockets that listen on every address of the host; none when it is time to stop before there are any."""
    has_said = False
    while not server.is_stopped():
        try:
            return _bind(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise ConfigError(
                    f"[listener] cannot listen on {host}, port {port}: {error.strerror}; "
                    "give an address of this machine as host, and a port from 1024 up that nobody else uses"
                ) from None
        if not has_said:
            _LOG.warning("port %d of %s is taken; trying again every second until it is free", port, host)
            has_said = True
        desk.clock.sleep(_TRY_EVERY)
    return []


def _bind(host: str, port: int) -> list[socket.socket]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    addresses = list(dict.fromkeys((family, address[:2]) for family, _, _, _, address in found))
    sockets: list[socket.socket] = []
    try:
        for family, address in addresses:
            # Naming the protocol lets asyncio switch Nagle's algorithm off, which costs 40 ms an answer.
            one = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            sockets.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6 and len(addresses) > 1:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind(address)
            one.listen(BACKLOG)
    except OSError:
        for one in sockets:
            one.close()
        raise
    return sockets

"""HTTP/1.1 with patience that ends: who sends or reads nothing for long, and who comes when all seats are taken, goes.

uvicorn waits for ever for the head of a request and for a client that does not read its answer; here neither keeps a
connection.
"""

from asyncio import TimerHandle, Transport
from typing import Any, Final

from h11 import IDLE
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS: Final = 10.0
"""So long the head of a request may take from its first byte on, and the rest of a body that nobody wants."""
READ_SECONDS: Final = 30.0
"""So long a client may leave its answer unread."""
SEATS: Final = 1000
"""Connections at once, idle ones too; beyond them a new one is closed. Fewer than files that a process may open."""


class PatientProtocol(H11Protocol):
    """uvicorn's protocol with deadlines; a subclass may have others."""

    head_seconds = HEAD_SECONDS
    read_seconds = READ_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # uvicorn's own arguments, handed on
        super().__init__(*args, **kwargs)
        self._head_timer: TimerHandle | None = None
        self._read_timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn declares it
        """Take a connection, while there is a seat."""
        super().connection_made(transport)
        if len(self.connections) > SEATS:
            transport.abort()
            return
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        """Take bytes; those of an unfinished head, or after an answer, do not move the deadline."""
        super().data_received(data)
        self._watch_head()

    def on_response_complete(self) -> None:
        """Watch what is left of the request, if it has not all arrived, or the next head.

        One that says its length in two ways is the last of its connection (RFC 9112, 6.1): a proxy before us may
        take another one than we for what comes next.
        """
        if {b"content-length", b"transfer-encoding"} <= {name for name, _ in self.headers}:
            self.transport.close()
        super().on_response_complete()
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadlines."""
        for timer in (self._head_timer, self._read_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Start the deadline for a client that does not read."""
        super().pause_writing()
        if self._read_timer is None:
            self._read_timer = self.loop.call_later(self.read_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads on."""
        super().resume_writing()
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection, even when its client never reads the rest of the last answer."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(self.read_seconds, self.transport.abort)

    def _watch_head(self) -> None:
        """Start the deadline while no request is being answered, unless the connection merely idles; else stop it."""
        is_answering = self.cycle is not None and not self.cycle.response_complete
        is_idle = self.timeout_keep_alive_task is not None and self.conn.their_state is IDLE
        if is_answering or is_idle:
            if self._head_timer is not None:
                self._head_timer.cancel()
                self._head_timer = None
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self.transport.abort)

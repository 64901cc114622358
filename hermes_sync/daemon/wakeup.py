"""Signals that wake up whoever waits, and nothing else: what they mean is looked at where it is safe to."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

_STOPPING: Final = frozenset({signal.SIGTERM, signal.SIGINT})


class Wakeup:
    """The end of a socket that becomes readable when a signal comes."""

    def __init__(self, receiver: socket.socket) -> None:
        self.receiver = receiver
        self._is_to_stop = False

    def look(self) -> None:
        """Take note of the signals that came."""
        with suppress(BlockingIOError):
            self._is_to_stop = bool(_STOPPING.intersection(self.receiver.recv(1024))) or self._is_to_stop

    def is_to_stop(self) -> bool:
        """Whether SIGTERM or SIGINT was among the signals that came."""
        return self._is_to_stop


@contextmanager
def woken_by_signals() -> Iterator[Wakeup]:
    """Yield what becomes readable in a `with` block when SIGTERM or SIGINT comes, or a child ends."""

    def leave_it_to_the_wakeup(_number: int, _frame: FrameType | None) -> None:
        """Do nothing here: this runs between any two steps of the program."""

    receiver, sender = socket.socketpair()
    with receiver, sender:
        for end in (receiver, sender):
            end.setblocking(False)
        usual = {number: signal.signal(number, leave_it_to_the_wakeup) for number in (*_STOPPING, signal.SIGCHLD)}
        earlier = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
        try:
            yield Wakeup(receiver)
        finally:
            signal.set_wakeup_fd(earlier)
            for number, handler in usual.items():
                signal.signal(number, handler)

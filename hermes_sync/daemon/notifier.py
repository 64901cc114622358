"""Telling systemd how the daemon is: one datagram for each word to the socket that `$NOTIFY_SOCKET` names.

The protocol is that of sd_notify(3); outside systemd, where there is no such socket, nothing is told.
"""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

_SOCKET: Final = "NOTIFY_SOCKET"
_WATCHDOG: Final = ("WATCHDOG_USEC", "WATCHDOG_PID")
_FAMILY: Final = getattr(socket, "AF_UNIX", None)


class Notifier:
    """Whoever started the daemon, if they asked to be told; `watchdog` is how often they want a sign, in seconds."""

    def __init__(self, address: str | None, watchdog: float | None = None) -> None:
        self._address = address
        self.watchdog = watchdog

    @classmethod
    def of(cls, environment: Mapping[str, str], pid: int) -> "Notifier":
        """Return the notifier that the environment of this process (by its id) asks for."""
        micros, meant = (environment.get(name, "") for name in _WATCHDOG)
        is_ours = meant in {"", str(pid)}
        watchdog = int(micros) / 2_000_000 if is_ours and micros.isdecimal() and int(micros) else None
        return cls(environment.get(_SOCKET) or None, watchdog)

    @staticmethod
    def forget() -> None:
        """Take the variables out of this process' environment, so that no child takes them for its own."""
        for name in (_SOCKET, *_WATCHDOG):
            os.environ.pop(name, None)

    def ready(self, status: str) -> None:
        """Tell that the daemon works, and what it does."""
        self._tell(f"READY=1\nSTATUS={status}")

    def status(self, status: str) -> None:
        """Tell what the daemon does, in a line for people."""
        self._tell(f"STATUS={status}")

    def alive(self) -> None:
        """Give the sign that the watchdog waits for."""
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """Tell that the daemon is about to end."""
        self._tell("STOPPING=1")

    def _tell(self, said: str) -> None:
        if self._address is None or _FAMILY is None:
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(_FAMILY, socket.SOCK_DGRAM) as line:  # nobody there: nobody to tell
            line.sendto(said.encode(), address)

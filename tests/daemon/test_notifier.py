"""systemd is told by datagrams; here its socket is a real one."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from hermes_sync.daemon.notifier import Notifier


@pytest.fixture
def systemd() -> Iterator[socket.socket]:
    """A socket such as systemd listens on; a short path, because such addresses are."""
    with TemporaryDirectory(prefix="hs-") as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.bind(str(Path(folder) / "notify"))
        one.settimeout(30)
        yield one


def test_it_hears_what_is_told(systemd: socket.socket) -> None:
    """Each word is one datagram in the protocol of sd_notify."""
    notifier = Notifier.of({"NOTIFY_SOCKET": systemd.getsockname()}, os.getpid())
    notifier.ready("active")
    notifier.alive()
    notifier.status("standing by")
    notifier.stopping()

    assert [systemd.recv(100) for _ in range(4)] == [
        b"READY=1\nSTATUS=active",
        b"WATCHDOG=1",
        b"STATUS=standing by",
        b"STOPPING=1",
    ]


def test_an_abstract_socket_is_written_with_an_at() -> None:
    """An address that begins with @ is one without a file."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.settimeout(30)
        systemd.bind(f"\0hermes-sync-test-{os.getpid()}")
        Notifier(f"@hermes-sync-test-{os.getpid()}").alive()

        assert systemd.recv(100) == b"WATCHDOG=1"


def test_without_systemd_nothing_is_told() -> None:
    """Neither a missing variable nor a socket that nobody listens on is an error."""
    Notifier.of({}, os.getpid()).ready("active")
    Notifier("/nowhere/at/all").ready("active")


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_wants_a_sign_twice_in_its_time(environment: dict[str, str], seconds: float | None) -> None:
    """It is said in microseconds, and may be meant for another process."""
    assert Notifier.of(environment, 7).watchdog == seconds

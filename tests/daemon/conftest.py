"""Daemons as real processes, against the twins in real time."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

import hermes_sync
from hermes_sync.clock import SystemClock
from hermes_sync.sandbox import Sandbox
from hermes_sync.store import SqlStore
from hermes_sync.store.rows import PassRow
from tests.conftest import PostgresqlServer

ROOT: Final = Path(hermes_sync.__file__).parents[1]
PATIENCE: Final = 120.0
"""Seconds that anything may take; a test that passes waits for none of them."""


def until(what: Callable[[], Any], why: Callable[[], str] = str) -> Any:
    """Return what a question is answered with as soon as the answer is true."""
    end = time.monotonic() + PATIENCE  # noqa: TID251  # real processes take real time
    while not (answer := what()):
        assert time.monotonic() < end, f"never came true: {why()}"  # noqa: TID251
        time.sleep(0.05)  # noqa: TID251
    return answer


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def children(pid: int) -> list[int]:
    """Return the living children of a process."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text(encoding="utf-8").rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if int(parent) == pid and state != "Z":
            found.append(int(stat.parent.name))
    return found


def family(pid: int) -> list[int]:
    """Return a process and all that were started under it."""
    return [pid, *(one for child in children(pid) for one in family(child))]


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False


@dataclass
class Daemon:
    """A `hermes-sync daemon`, with what it logged."""

    process: "subprocess.Popen[bytes]"
    log: Path
    port: int

    def said(self) -> str:
        """Return everything that it logged so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def waits_for(self, words: str, times: int = 1) -> None:
        """Wait until it has logged these words, so many times."""
        until(lambda: self.said().count(words) >= times or self.process.poll() is not None, self.said)
        assert self.said().count(words) >= times, self.said()

    def family(self) -> list[int]:
        """Return the ids of its processes: the supervisor, the one that runs passes, the listener."""
        return family(self.process.pid)

    def kill(self) -> None:
        """Kill all its processes at once, as a machine does that loses its power."""
        for pid in self.family():
            os.kill(pid, signal.SIGKILL)
        self.process.wait(PATIENCE)

    def stop(self) -> int:
        """Tell it to stop, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@dataclass
class Place:
    """A folder with a config, a database and twins, and the daemons that were started in it."""

    folder: Path
    sandbox: Sandbox
    database_url: str
    sections: dict[str, dict[str, Any]] = field(default_factory=dict)
    started: list[Daemon] = field(default_factory=list)

    def config(self, name: str = "config.toml", **sections: dict[str, Any]) -> Path:
        """Write a config for the twins; pass settings by section."""
        path = self.folder / name
        merged = {**self.sections, **{one.replace("__", "."): keys for one, keys in sections.items()}}
        path.write_text(self.sandbox.config(self.database_url, **merged), encoding="utf-8")
        return path

    def run(self, *command: str, config: Path | None = None) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        return subprocess.run(
            [*self.command(config), *command],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def command(self, config: Path | None) -> list[str]:
        """Return how the program is called."""
        return [sys.executable, "-m", "hermes_sync", "--config", str(config or self.config())]

    def environment(self, **more: str) -> dict[str, str]:
        """Return an environment without what the tests were started with."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HERMES_", "NOTIFY_"))}
        return {**kept, **more}

    def daemon(self, *options: str, environment: dict[str, str] | None = None, **listener: Any) -> Daemon:
        """Start a daemon; its listener has a port of its own unless told otherwise."""
        number = len(self.started)
        port = int(listener.setdefault("port", free_port()))
        config = self.config(f"config{number}.toml", listener=listener)
        log = self.folder / f"daemon{number}.log"
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                [*self.command(config), *options, "daemon"],
                cwd=ROOT,
                env=self.environment(**(environment or {})),
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        self.started.append(Daemon(process, log, port))
        return self.started[-1]

    def passes(self) -> list[PassRow]:
        """Return the passes, newest first."""
        with SqlStore.open(self.database_url) as store:
            return store.passes(1000)

    def end(self) -> None:
        """Kill whatever a failed test left."""
        for one in self.started:
            if one.process.poll() is None:
                one.kill()


@pytest.fixture
def sandbox(twins: Sandbox) -> Sandbox:
    """The twins with a fresh world, in real time."""
    twins.clock.thaw()
    twins.clock.set(SystemClock().now())
    twins.reset()
    for twin in (twins.pipedrive, twins.tc2):
        twin.webhooks.clear()  # what the last test left
    return twins


@pytest.fixture
def place(sandbox: Sandbox, tmp_path: Path, sqlite_template: bytes) -> Iterator[Place]:
    """A place with an SQLite database."""
    (tmp_path / "hermes.db").write_bytes(sqlite_template)
    one = Place(tmp_path, sandbox, f"sqlite:///{tmp_path / 'hermes.db'}")
    yield one
    one.end()


@pytest.fixture
def place_with_postgresql(sandbox: Sandbox, tmp_path: Path, postgresql_server: PostgresqlServer) -> Iterator[Place]:
    """A place with PostgreSQL."""
    url = postgresql_server.with_schema()
    one = Place(tmp_path, sandbox, url)
    yield one
    one.end()
    postgresql_server.drop(url)


@pytest.fixture
def place_on_both(sandbox: Sandbox, tmp_path: Path, database_url: str) -> Iterator[Place]:
    """A place with an SQLite database, and one with PostgreSQL."""
    one = Place(tmp_path, sandbox, database_url)
    yield one
    one.end()

"""A real process, killed with SIGKILL while a twin has it on the line, and the run after it.

The twins count the requests and do the kill themselves, so that it comes at the same exchange every time.
"""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

import hermes_sync
from hermes_sync.sandbox import Answer, Fault, Incoming, Sandbox
from hermes_sync.sandbox.server import Twin
from hermes_sync.store import SqlStore
from tests.crash.scenarios import SIGN_UP
from tests.crash.worlds import SavedWorld
from tests.cycle.rig import Rig

ROOT: Final = Path(hermes_sync.__file__).parents[1]
PATIENCE: Final = 120


@dataclass
class Place:
    """A sandbox in real time, with the config and the database of the processes."""

    sandbox: Sandbox
    folder: Path
    template: bytes
    world: SavedWorld = field(init=False)

    def __post_init__(self) -> None:
        """Let a cligency sign up beside two Companies, with nothing imported yet."""
        config = self.sandbox.config(self.url)
        (self.folder / "config.toml").write_text(config, encoding="utf-8")
        self.world = SavedWorld(self.sandbox)

    @property
    def url(self) -> str:
        """The address of the database."""
        return f"sqlite:///{self.folder / 'hermes.db'}"

    def set_up(self) -> None:
        """Go back to the start, in both remotes and in the database."""
        self.world.restore()
        for twin in (self.sandbox.pipedrive, self.sandbox.tc2):
            twin.before_request = twin.after_request = None
            twin.faults.clear()
        for old in self.folder.glob("hermes.db*"):
            old.unlink()
        (self.folder / "hermes.db").write_bytes(self.template)

    def start(self) -> "subprocess.Popen[bytes]":
        """Start a pass as a process of its own."""
        command = [sys.executable, "-m", "hermes_sync", "--config", str(self.folder / "config.toml")]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HERMES_")}
        return subprocess.Popen(
            [*command, "reconcile", "--json"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, exit_code: int = 0) -> dict[str, Any]:
        """Run a pass to its end, which is to be this one; return what it printed."""
        process = self.start()
        printed, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == exit_code, f"{said.decode()}\n{printed.decode()}"
        document: dict[str, Any] = json.loads(printed)
        return document

    def let_doubts_grow_old(self) -> None:
        """Have every push be sent a few minutes earlier than it was."""
        earlier = "2020-01-01T00:00:00.000000Z"
        with closing(sqlite3.connect(self.folder / "hermes.db")) as database, database:
            database.execute("UPDATE journal SET started_at = ? WHERE started_at IS NOT NULL", [earlier])

    def settle(self) -> dict[str, object]:
        """Run passes until one has nothing to do; return the state of all three systems."""
        for _ in range(6):
            if not self.run()["actions"]:
                with SqlStore.open(self.url) as store:
                    return Rig(self.sandbox, store).everything()
        raise AssertionError("the passes do not come to rest")


@pytest.fixture(scope="module")
def place(sqlite_template: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The place of the processes."""
    with Sandbox() as sandbox:
        with SqlStore.open("sqlite://") as unused:
            rig = Rig(sandbox, unused)
            SIGN_UP.base(rig)
            SIGN_UP.happens(rig)
        sandbox.pipedrive.search_lag = 0
        yield Place(sandbox, tmp_path_factory.mktemp("process"), sqlite_template)


@pytest.fixture(scope="module")
def undisturbed(place: Place) -> dict[str, object]:
    """Where everything ends when nobody is killed."""
    place.set_up()
    return place.settle()


@dataclass
class Executioner:
    """Kills a process at its first request of a kind, before it is carried out or before its answer leaves."""

    twin: Twin
    method: str
    path: str
    after: bool
    victim: "subprocess.Popen[bytes] | None" = None
    ready: threading.Event = field(default_factory=threading.Event)
    is_done: bool = False

    def __post_init__(self) -> None:
        """Wait at the door of the twin."""
        if self.after:
            self.twin.after_request = self.strike_after
        else:
            self.twin.before_request = self.strike
            self.twin.faults.add(Fault(method=self.method, path=f"{self.path}$"))  # so that it is not carried out

    def strike_after(self, incoming: Incoming, _answer: Answer) -> None:
        """Kill when the request was carried out."""
        self.strike(incoming)

    def strike(self, incoming: Incoming) -> None:
        """Kill when it is time."""
        if self.is_done or incoming.method != self.method or incoming.path != self.path:
            return
        self.is_done = True
        self.ready.wait(PATIENCE)
        assert self.victim is not None
        os.kill(self.victim.pid, signal.SIGKILL)
        self.victim.wait(PATIENCE)


@dataclass(frozen=True)
class Death:
    """At which exchange a process dies, and with which exit code the run after it ends."""

    system: str
    method: str
    path: str
    after: bool = False
    then: int = 0


@pytest.mark.parametrize(
    "death",
    [
        pytest.param(Death("pipedrive", "GET", "/api/v2/persons"), id="while reading"),
        pytest.param(Death("pipedrive", "POST", "/api/v2/organizations", then=5), id="before a create"),
        pytest.param(Death("pipedrive", "POST", "/api/v2/organizations", after=True), id="after a create"),
        pytest.param(Death("tc2", "POST", "/api/clients/1/", after=True), id="after a write to TC2"),
    ],
)
def test_a_process_killed_at_an_exchange_leaves_no_trace(
    place: Place, undisturbed: dict[str, object], death: Death
) -> None:
    """The next run takes over the lease of the dead at once, and all ends as if nothing had been.

    It ends with 5 where a create was perhaps sent and is not found: lists and search lag, so that it is only looked
    for during the first minute.
    """
    place.set_up()
    twin: Twin = place.sandbox.pipedrive if death.system == "pipedrive" else place.sandbox.tc2
    executioner = Executioner(twin, death.method, death.path, after=death.after)
    executioner.victim = place.start()
    executioner.ready.set()
    executioner.victim.communicate(timeout=PATIENCE)
    assert executioner.victim.returncode == -signal.SIGKILL
    with SqlStore.open(place.url) as store:
        (dead,) = store.passes(10)
        assert dead.ended_at is None
        assert store.current_lease(dead.started_at) is not None

    place.run(exit_code=death.then)
    place.let_doubts_grow_old()

    assert place.settle() == undisturbed


def test_while_a_living_process_holds_the_lease_another_exits_with_4(place: Place) -> None:
    """The second run says who holds the lease and changes nothing; the first one comes through."""
    place.set_up()
    arrived, may_go = threading.Event(), threading.Event()

    def hold(incoming: Incoming) -> None:
        if incoming.path == "/api/v2/persons":
            arrived.set()
            may_go.wait(PATIENCE)

    place.sandbox.pipedrive.before_request = hold
    first = place.start()
    assert arrived.wait(PATIENCE)
    second = place.start()
    printed, said = second.communicate(timeout=PATIENCE)
    may_go.set()
    _, complaint = first.communicate(timeout=PATIENCE)

    assert second.returncode == 4
    assert b"another pass is running on this database" in said
    assert json.loads(printed)["error"]["code"] == "lease-held"
    assert f"process {first.pid} on {socket.gethostname()}" in said.decode()
    assert first.returncode == 0, complaint.decode()
    with SqlStore.open(place.url) as store:
        assert len(store.passes(10)) == 1

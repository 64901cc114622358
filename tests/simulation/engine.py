"""What a simulation runs on: both twins and a database of this process, set back for every seed."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self
from unittest.mock import patch

import httpx

from hermes_sync.sandbox import Sandbox
from hermes_sync.store import SqlStore
from tests.crash.mortal import Fate, MortalWire
from tests.cycle.rig import Rig
from tests.simulation.addresses import PIPEDRIVE_URL, START, TC2_URL
from tests.simulation.wire import LocalWire

_IN_MEMORY: Final = Path("/dev/shm")


class SimulatedRig(Rig):
    """A rig whose passes meet a fate, over sockets or without."""

    def __init__(self, sandbox: Sandbox, store: SqlStore, addresses: tuple[str, str] | None) -> None:
        super().__init__(sandbox, store)
        self.fate = Fate()
        self._is_served = addresses is not None
        if addresses is not None:
            self.pipedrive_url, self.tc2_url = addresses

    def wire(self) -> httpx.BaseTransport:
        """Return a wire that ends where fate wants."""
        if self._is_served:
            return MortalWire(self.fate)
        return LocalWire({"pipedrive.test": self.pd, "tc2.test": self.tc2}, self.fate)


class Workshop:
    """Hands out worlds, one at a time, each as if nothing had been before it.

    `served` puts real HTTP between engine and twins.
    """

    def __init__(self, *, served: bool = False) -> None:
        self._stack = ExitStack()
        self._served = served

    def __enter__(self) -> Self:
        enter = self._stack.enter_context
        parent = _IN_MEMORY if _IN_MEMORY.is_dir() else None
        folder = Path(enter(tempfile.TemporaryDirectory(prefix="hermes-sync-simulation-", dir=parent)))
        enter(patch.object(tempfile, "tempdir", str(folder)))
        self.sandbox = enter(Sandbox()) if self._served else Sandbox()
        self._addresses = (self.sandbox.pipedrive.url, self.sandbox.tc2.url) if self._served else None
        self.sandbox.pipedrive.url, self.sandbox.tc2.url = PIPEDRIVE_URL, TC2_URL
        self.path = folder / "hermes.db"
        with SqlStore.open(f"sqlite:///{self.path}") as store:
            store.upgrade()
        self._template = self.path.read_bytes()
        self._engine = SqlStore.open(f"sqlite:///{self.path}").engine
        self._stack.callback(self._engine.dispose)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def world(self) -> SimulatedRig:
        """Return a rig in a fresh world: empty twins, an empty database, the clock at its start."""
        self.sandbox.clock.freeze(START)
        self.sandbox.reset()
        self.sandbox.pipedrive.search_lag = 0
        for twin in (self.sandbox.pipedrive, self.sandbox.tc2):
            twin.faults.seed(1)
        self._engine.dispose()
        for file in self.path.parent.glob(f"{self.path.name}-*"):
            file.unlink()
        self.path.write_bytes(self._template)
        return SimulatedRig(self.sandbox, SqlStore(self._engine), self._addresses)

    def reborn(self, rig: SimulatedRig) -> SimulatedRig:
        """Return what a new process has after the old one was killed: its own objects and connections."""
        self._engine.dispose()
        fresh = SimulatedRig(self.sandbox, SqlStore(self._engine), self._addresses)
        fresh.settings = rig.settings
        return fresh

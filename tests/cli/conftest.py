"""The command line as people run it: real processes against twins that this test process serves."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hermes_sync import bootstrap
from hermes_sync.cycle import Scope, Summary
from hermes_sync.reports.progress import LoggedProgress
from hermes_sync.sandbox import Sandbox, sample_seed
from hermes_sync.settings import load_settings

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Command:
    """A folder with a config, in which commands are run."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        """The SQLite file of this folder."""
        return self.folder / "hermes.db"

    @property
    def config(self) -> Path:
        """The config of this folder."""
        return self.folder / "config.toml"

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "hermes_sync", *arguments],
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command that runs until it is stopped."""
        return subprocess.Popen(
            [sys.executable, "-m", "hermes_sync", *arguments],
            cwd=self.folder,
            env=dict(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def json(self, *arguments: str) -> Any:
        """Run a command and return the one document that it printed."""
        return json.loads(self.run(*arguments).stdout)


@pytest.fixture(scope="module")
def twins() -> Iterator[Sandbox]:
    """Serve the sample companies."""
    with Sandbox(seed=sample_seed()) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(twins: Sandbox) -> Sandbox:
    """Return the twins as they were built."""
    twins.reset()
    return twins


@pytest.fixture(scope="session")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the processes keep compiled modules: the second one starts quickly, and the checkout stays clean."""
    return tmp_path_factory.mktemp("bytecode")


@pytest.fixture
def bare(tmp_path: Path, bytecode: Path) -> Command:
    """Return a folder without a config."""
    left_out = ("HERMES_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return Command(tmp_path, {**kept, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(bytecode)})


@pytest.fixture
def hermes(bare: Command, sandbox: Sandbox) -> Command:
    """Return a folder with a config for the twins and no database."""
    bare.config.write_text(sandbox.config(f"sqlite:///{bare.database}"), encoding="utf-8")
    return bare


@pytest.fixture
def settled(hermes: Command) -> Command:
    """Return a folder in which passes have nothing left to do; they ran in this process, which is quicker."""
    settings = load_settings(hermes.config, environment=False)
    with bootstrap.store_to_write(settings) as store, bootstrap.cycle_on(settings, store) as cycle:
        for _ in range(3):
            with cycle.reconcile(Scope(), LoggedProgress()) as report:
                if report.plan.summary == Summary(0, 0, 0, 0):
                    return hermes
    pytest.fail("no rest after three passes")

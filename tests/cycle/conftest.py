"""The rig of the cycle's tests: one pair of twins for the run, a fresh world and database for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hermes_sync.sandbox import Sandbox
from hermes_sync.store import SqlStore
from tests.cycle.rig import Rig


@pytest.fixture
def rig(sandbox: Sandbox, sqlite_template: bytes, tmp_path: Path) -> Iterator[Rig]:
    """The engine on a fresh SQLite database."""
    path = tmp_path / "hermes.db"
    path.write_bytes(sqlite_template)
    with SqlStore.open(f"sqlite:///{path}") as store:
        yield Rig(sandbox, store)


@pytest.fixture
def rig_on_both(sandbox: Sandbox, store: SqlStore) -> Rig:
    """The engine on SQLite and on PostgreSQL, one after the other."""
    return Rig(sandbox, store)

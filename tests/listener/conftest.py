"""The listener of the tests: one for each test, on SQLite, or on both databases one after the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hermes_sync.store import SqlStore
from tests.listener.rig import Served, serving, settings_for


@pytest.fixture
def served(sqlite_template: bytes, tmp_path: Path) -> Iterator[Served]:
    """A listener on a fresh SQLite database."""
    path = tmp_path / "hermes.db"
    path.write_bytes(sqlite_template)
    url = f"sqlite:///{path}"
    with SqlStore.open(url) as store, serving(settings_for(url), store) as listener:
        yield listener


@pytest.fixture
def served_on_both(database_url: str, store: SqlStore) -> Iterator[Served]:
    """A listener on SQLite and on PostgreSQL, one after the other."""
    with serving(settings_for(database_url), store) as listener:
        yield listener

"""The twins of the crash tests, a fresh world for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hermes_sync.sandbox import Sandbox
from tests.crash.worlds import Databases, PostgresqlDatabases, SqliteFiles


@pytest.fixture(scope="session")
def twins() -> Iterator[Sandbox]:
    """Both twins, served for the whole run."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(twins: Sandbox) -> Sandbox:
    """The twins with a fresh world, at a time that stands still."""
    twins.clock.freeze("2026-05-14T12:00:00Z")
    twins.reset()
    return twins


@pytest.fixture
def databases(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: bytes) -> Databases:
    """The databases of the kind that the test is parametrised with."""
    if request.param == "sqlite":
        return SqliteFiles(tmp_path, sqlite_template)
    return PostgresqlDatabases(request.getfixturevalue("postgresql_server"))

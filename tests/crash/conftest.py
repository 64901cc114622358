"""The twins of the crash tests, a fresh world for each test."""

from pathlib import Path

import pytest

from tests.crash.worlds import Databases, PostgresqlDatabases, SqliteFiles


@pytest.fixture
def databases(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: bytes) -> Databases:
    """The databases of the kind that the test is parametrised with."""
    if request.param == "sqlite":
        return SqliteFiles(tmp_path, sqlite_template)
    return PostgresqlDatabases(request.getfixturevalue("postgresql_server"))

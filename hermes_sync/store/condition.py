"""The condition of a database, for who sets hermes-sync up: looked at, never touched."""

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError

from hermes_sync.ports import ConfigError
from hermes_sync.store.engine import keeps_nothing
from hermes_sync.store.lease import Lease
from hermes_sync.store.sql_store import SqlStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What there is to know about a database before anything is written to it.

    `revision` is None for an empty or missing one; `obstacle` says why nobody could write to it; `free` is in bytes,
    None where it is not ours to see.
    """

    url: str
    exists: bool
    revision: str | None
    newest: str
    lease: Lease | None = None
    obstacle: str | None = None
    free: int | None = None


def condition(url: str, now: datetime) -> Condition:
    """Return the condition of the database at this URL; `now` says which lease is held.

    Raises `ConfigError` for one that cannot be used at all, such as a file in a folder that does not exist.
    """
    with SqlStore.open(url, read_only=True) as store:
        file = _file(url)
        exists = file is None or file.exists()
        try:
            revision = store.current_revision() if exists else None
            return Condition(
                url=make_url(url).render_as_string(hide_password=True),
                exists=exists,
                revision=revision,
                newest=store.head_revision(),
                lease=None if revision is None else store.current_lease(now),
                obstacle=_obstacle_on_server(store, revision) if file is None else _obstacle_on_disk(file),
                free=None if file is None else _free(file.parent),
            )
        except DBAPIError as error:
            first = str(error.orig).strip().partition("\n")[0]
            raise ConfigError(
                f"[database] url {store.url}: {first}; it is no database that hermes-sync made, or one that is damaged"
            ) from None


def _file(url: str) -> Path | None:
    """Return the file of an SQLite database; None for a server and for one in memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or keeps_nothing(url):
        return None
    return Path(str(parsed.database)).absolute()


def _obstacle_on_disk(file: Path) -> str | None:
    """Return what stands in the way of writing: SQLite makes further files beside its own."""
    if not os.access(file.parent, os.W_OK | os.X_OK):
        return f"the folder {file.parent} may not be written to"
    if file.exists() and not os.access(file, os.W_OK):
        return f"the file {file} may not be written to"
    return None


def _free(folder: Path) -> int | None:
    return shutil.disk_usage(folder).free if folder.is_dir() else None


def _obstacle_on_server(store: SqlStore, revision: str | None) -> str | None:
    with store.engine.connect() as connection:
        if connection.dialect.name != "postgresql":
            return None
        if _says(connection, "SELECT pg_is_in_recovery()"):
            return "the server is a standby that only answers reads"
        if revision is None:
            may = _says(connection, "SELECT has_schema_privilege(current_schema(), 'CREATE')")
            return None if may else "its user may not make tables in the schema"
        may = _says(connection, "SELECT has_table_privilege('state', 'UPDATE')")
        return None if may else "its user may not write to the tables"


def _says(connection: Connection, question: str) -> bool:
    return bool(connection.execute(text(question)).scalar_one())

"""Opening a database: the URL, what each connection is set to, and who may write."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    ExceptionContext,
    StaticPool,
    Table,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from hermes_sync.ports import ConfigError, StoreUnavailable

_REMEDY: Final = (
    'give [database] url in config.toml (or HERMES_DATABASE__URL) as "sqlite:///hermes.db" '
    'or "postgresql+psycopg://user:password@host/database"'
)
_BUSY_MILLISECONDS: Final = 30_000
CACHE_KIBIBYTES: Final = 16_384
"""What one SQLite connection may hold of the database in memory."""


def open_engine(url: str, *, read_only: bool) -> Engine:
    """Return an engine whose database has answered.

    Raises `ConfigError` for a URL that cannot be used and for a database that cannot be reached.
    """
    parsed = _parsed(url)
    engine = _sqlite(parsed, read_only=read_only) if _is_sqlite(parsed) else _postgresql(parsed, read_only=read_only)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1 FROM sqlite_master" if _is_sqlite(parsed) else "SELECT 1")
    except (DBAPIError, sqlite3.Error) as error:
        engine.dispose()
        said = _without_password(str(error.orig if isinstance(error, DBAPIError) else error), parsed)
        raise ConfigError(
            f"[database] url {parsed.render_as_string()}: {said}; {_what_to_do(parsed)}, or {_REMEDY}"
        ) from None
    _name_silence(engine, parsed)
    return engine


def _what_to_do(url: URL) -> str:
    if not _is_sqlite(url):
        return "start the server and check its address"
    file = Path(str(url.database))
    if file.is_dir():
        return f"{file} is a directory, name a file in it"
    if not file.parent.is_dir():
        return f"there is no directory {file.parent}, make it first"
    return f"check that {file} is an SQLite file of hermes-sync, and its rights"


_SILENCE: Final = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_FULL")
"""What SQLite calls it when a file can't be used now; its other errors are the program's."""


def _is_silence(context: ExceptionContext) -> bool:
    error = context.original_exception
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorname", "").startswith(_SILENCE)
    return isinstance(context.sqlalchemy_exception, OperationalError)


def _name_silence(engine: Engine, url: URL) -> None:
    """Have a database that does not answer any more raise `StoreUnavailable`, wherever that shows."""

    @event.listens_for(engine, "handle_error")
    def name(context: ExceptionContext) -> None:
        is_error = isinstance(context.original_exception, Exception)  # whoever ends the process says nothing of it
        if is_error and (context.is_disconnect or _is_silence(context)):
            said = _without_password(str(context.original_exception), url)
            raise StoreUnavailable(f"the database {url.render_as_string()} does not answer: {said}")


def keeps_nothing(url: str) -> bool:
    """Whether the URL names a database in memory; raises `ConfigError` for a URL that cannot be used."""
    parsed = _parsed(url)
    return _is_sqlite(parsed) and _in_memory(parsed)


def is_missing_file(url: str) -> bool:
    """Whether the URL names an SQLite file that does not exist (yet).

    Raises `ConfigError` when it never can, for want of its directory.
    """
    parsed = _parsed(url)
    if not _is_sqlite(parsed) or _in_memory(parsed):
        return False
    file = Path(str(parsed.database))
    if not file.exists() and not file.parent.is_dir():
        raise ConfigError(f"[database] url {parsed.render_as_string()}: {_what_to_do(parsed)}, or {_REMEDY}")
    return not file.exists()


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in a transaction that may write; it is committed at the end and undone by an error."""
    with engine.connect() as connection, connection.execution_options(hermes_writes=True).begin():
        yield connection


def insert_into(table: Table, dialect: str) -> sqlite.Insert:
    """Return an INSERT that knows ON CONFLICT, in the words of this database; both have the same methods."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    return cast("sqlite.Insert", postgresql.insert(table))


@cache
def replacing_in(table: Table, dialect: str) -> sqlite.Insert:
    """Return the INSERT of whole rows that take the places of those with their keys."""
    insert = insert_into(table, dialect)
    others = {one.name: insert.excluded[one.name] for one in table.columns if not one.primary_key}
    return insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=others)


_DRIVERS: Final = ("sqlite", "sqlite+pysqlite", "postgresql+psycopg")


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigError(f"[database] url cannot be read as a database URL; {_REMEDY}") from None
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in _DRIVERS:
        raise ConfigError(f"[database] url begins with {parsed.drivername}, which is not supported; {_REMEDY}")
    return parsed


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _in_memory(url: URL) -> bool:
    return url.database in (None, "", ":memory:")


def _without_password(message: str, url: URL) -> str:
    first = message.strip().partition("\n")[0]
    return first.replace(str(url.password), "***") if url.password else first


# Neither engine tells what a statement that failed was given: names and addresses belong in no log.


def _sqlite(url: URL, *, read_only: bool) -> Engine:
    options = {"poolclass": StaticPool} if _in_memory(url) else {}
    engine = create_engine(url, hide_parameters=True, **options)

    @event.listens_for(engine, "connect")
    def settle_in(dbapi_connection: Any, _record: object) -> None:  # noqa: ANN401  # sqlite3's or a wrapper's
        dbapi_connection.isolation_level = None  # transactions begin where `begin` below says so
        cursor = dbapi_connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
        if read_only and not _in_memory(url):
            cursor.execute("PRAGMA query_only = ON")
        else:
            cursor.execute("PRAGMA journal_mode = WAL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("hermes_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: URL, *, read_only: bool) -> Engine:
    options = {"options": "-c default_transaction_read_only=on"} if read_only else {}
    return create_engine(url, hide_parameters=True, connect_args={"connect_timeout": 10, **options})

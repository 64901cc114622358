"""The schema's history: where the migrations lie, which one a database has, and bringing it to the newest.

Most commands only compare two numbers; alembic, which takes more memory than a pass, is imported when it has to work.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, column, inspect, select, table

from hermes_sync.ports import ConfigError
from hermes_sync.store.engine import writing

if TYPE_CHECKING:
    from alembic.config import Config

_UPGRADE_LOCK = 4_711_202_405
"""The key of the advisory lock under which PostgreSQL is upgraded: two commands that start together take turns."""

_NAMED = 5
"""How many tables of another program a message names."""
_VERSION = table("alembic_version", column("version_num"))
"""Where alembic keeps which revision a database has."""


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest revision, in one transaction."""
    from alembic import command

    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
        command.upgrade(_config(connection), "head")


def current_revision(engine: Engine) -> str | None:
    """Return the revision that the database has; None for an empty one.

    Raises `ConfigError` for an SQLite file with the tables of another program. A PostgreSQL may be shared.
    """
    with engine.connect() as connection:
        tables = inspect(connection)
        if not tables.has_table(_VERSION.name):
            if connection.dialect.name == "sqlite" and (others := tables.get_table_names()):
                raise ConfigError(
                    f"{engine.url.render_as_string()} is the file of another program: it has the tables "
                    f"{', '.join(others[:_NAMED])}. Name a file of its own in [database] url"
                )
            return None
        revision: str | None = connection.scalar(select(_VERSION.c.version_num))
        return revision


def too_late(has: str | None, newest: str) -> str | None:
    """Return what is wrong with a revision of a later program; None for one that this program knows, or can reach.

    Revisions are numbered, so that a later one is one that compares greater.
    """
    if has is None or has <= newest:
        return None
    return f"the schema is {has}, this program knows only up to {newest}"


RUN_THE_LATER: Final = "run the hermes-sync that made it, or a later one"
"""What to do about a schema that is `too_late`."""


def head_revision() -> str:
    """Return the newest revision there is: revisions are numbered, and their files begin with their numbers."""
    return max(one.name.partition("_")[0] for one in (_migrations() / "versions").glob("[0-9]*_*.py"))


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_migrations()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _migrations() -> Path:
    """Return the folder of the migrations: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"

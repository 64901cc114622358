"""How alembic reaches the database: over the connection that hermes-sync hands in, or that of `alembic.ini`."""

import os

from alembic import context
from sqlalchemy import Connection, create_engine

from hermes_sync.store.tables import Base


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()


handed_in = context.config.attributes.get("connection")
if handed_in is not None:
    _run(handed_in)
else:
    url = os.environ.get("HERMES_DATABASE__URL") or context.config.get_main_option("sqlalchemy.url")
    assert url is not None, "alembic.ini names a database"
    engine = create_engine(url)
    with engine.begin() as connection:
        _run(connection)
    engine.dispose()

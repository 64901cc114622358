"""The schema's history serves both databases."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from hermes_sync.store import SqlStore
from hermes_sync.store.tables import Base


def test_upgrade_from_nothing(empty_database_url: str) -> None:
    """An empty database is brought to the newest revision, and doing so again changes nothing."""
    with SqlStore.open(empty_database_url) as store:
        assert store.current_revision() is None
        store.upgrade()
        store.upgrade()
        assert store.current_revision() == store.head_revision()
        assert set(inspect(store.engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
        assert store.revision() == 0


def test_models_and_migrations_agree(store: SqlStore) -> None:
    """The mappings and the migrations describe the same tables."""
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_foreign_keys_wait_for_the_end_of_the_transaction(store: SqlStore) -> None:
    """Every foreign key is checked when the transaction ends, on both databases."""
    found = inspect(store.engine)
    keys = [key for table in found.get_table_names() for key in found.get_foreign_keys(table)]
    assert len(keys) == 9
    assert all(key["options"] == {"deferrable": True, "initially": "DEFERRED"} for key in keys)

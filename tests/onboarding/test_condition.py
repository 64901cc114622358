"""What doctor sees of a database, on SQLite and on PostgreSQL, without touching it."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from hermes_sync.ports import ConfigError
from hermes_sync.store import SqlStore
from hermes_sync.store.condition import condition
from tests.conftest import PostgresqlServer

NOW = datetime(2026, 5, 14, 12, tzinfo=UTC)


def test_an_empty_database_has_no_revision(empty_database_url: str) -> None:
    """It answers, has no schema, and nothing stands in the way of making one."""
    seen = condition(empty_database_url, NOW)

    assert (seen.revision, seen.obstacle, seen.lease) == (None, None, None)
    assert seen.newest


def test_a_running_pass_is_seen(database_url: str) -> None:
    """The schema is the newest one, and the lease that somebody holds is told."""
    with SqlStore.open(database_url) as store:
        store.acquire_lease(holder="somebody", now=NOW, ttl=timedelta(minutes=1))
    seen = condition(database_url, NOW)

    assert seen.revision == seen.newest
    assert seen.lease is not None
    assert seen.lease.holder == "somebody"
    assert condition(database_url, NOW + timedelta(hours=1)).lease is None


def test_a_user_who_may_only_read_is_an_obstacle(postgresql_server: PostgresqlServer) -> None:
    """A PostgreSQL user without the right to write is told of before a pass finds out."""
    for url, said in (
        (postgresql_server.empty(), "may not make tables"),
        (postgresql_server.with_schema(), "may not write to the tables"),
    ):
        plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
        with psycopg.connect(plain, autocommit=True) as owner:
            owner.execute("DROP ROLE IF EXISTS reader")
            owner.execute("CREATE ROLE reader LOGIN")
            owner.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
            owner.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
            seen = condition(url.replace("//postgres:@", "//reader:@", 1), NOW)
            owner.execute("DROP OWNED BY reader")
            owner.execute("DROP ROLE reader")

        assert said in str(seen.obstacle)
        postgresql_server.drop(url)


def test_a_database_of_something_else_is_said_to_be_none() -> None:
    """What is no database at all is a config that is wrong."""
    with pytest.raises(ConfigError, match="begins with mysql"):
        condition("mysql://127.0.0.1/hermes", NOW)

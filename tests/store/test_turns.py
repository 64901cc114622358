"""Who had the last turn, on both databases."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hermes_sync.store import SqlStore
from tests.conftest import PostgresqlServer
from tests.store.passes import company, write
from tests.store.test_cost import recorded


def test_while_there_is_no_company_nobody_had_a_turn(store: SqlStore) -> None:
    """An empty store knows of no last turn."""
    assert (store.last_sales_person("payg"), store.last_support_person()) == (None, None)


def test_the_newest_company_of_the_plan_tells_who_sold_last(store: SqlStore) -> None:
    """Older Companies, other plans, and Companies that nobody looks after do not count."""
    write(
        store,
        company(1, price_plan="payg", sales_person_id=5, support_person_id=8),
        company(2, price_plan="payg", sales_person_id=3),
        company(3, price_plan="startup", sales_person_id=4, support_person_id=9),
        company(4, price_plan="payg"),
        company(5, sales_person_id=7),
    )

    assert [store.last_sales_person(plan) for plan in ("payg", "startup", "enterprise")] == [3, 4, None]
    assert store.last_support_person() == 9


@pytest.mark.parametrize("plan", ["payg", "enterprise"])
def test_neither_question_reads_many_companies(tmp_path: Path, plan: str) -> None:
    """SQLite answers both from an index alone."""
    with SqlStore.open(f"sqlite:///{tmp_path / 'hermes.db'}") as store:
        store.upgrade()
        with recorded(store.engine) as statements:
            store.last_sales_person(plan)
            store.last_support_person()
        with store.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            steps = [
                step[3]
                for said, parameters in statements
                if said.startswith("SELECT")
                for step in driver.execute(f"EXPLAIN QUERY PLAN {said}", parameters)
            ]

    assert steps == [
        "SEARCH companies USING INDEX ix_companies_selling (price_plan=?)",
        "SCAN companies USING INDEX ix_companies_supported",
    ]


def test_postgresql_may_answer_both_from_the_same_indexes(postgresql_server: PostgresqlServer) -> None:
    """Where reading the whole table is made dear, the plans name the indexes and sort nothing."""
    asked = (
        "SELECT sales_person_id FROM companies WHERE price_plan = 'payg' AND sales_person_id IS NOT NULL",
        "SELECT support_person_id FROM companies WHERE support_person_id IS NOT NULL",
    )
    url = postgresql_server.with_schema()
    with SqlStore.open(url) as store, store.engine.begin() as connection:
        for setting in ("enable_seqscan", "enable_bitmapscan"):
            connection.execute(text(f"SET LOCAL {setting} = off"))
        plans = ["\n".join(connection.scalars(text(f"EXPLAIN {query} ORDER BY id DESC LIMIT 1"))) for query in asked]
    postgresql_server.drop(url)

    assert [plan.count("Sort") for plan in plans] == [0, 0]
    assert "ix_companies_selling" in plans[0]
    assert "ix_companies_supported" in plans[1]

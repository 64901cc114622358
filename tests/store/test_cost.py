"""The cost of a pass grows with what changed, not with what exists."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from hermes_sync.core.changes import PHASES, Why
from hermes_sync.core.plan import FieldChange, Segment
from hermes_sync.core.records import Cligency, Org, PdDeal, PdPipeline, PdStage, Person, Ref, RemoteKind, Sr
from hermes_sync.store import Cursor, SqlStore
from tests.store.passes import (
    NOON,
    Pass,
    act,
    company,
    contact,
    deal,
    gone,
    pipeline,
    push,
    read,
    stage,
    write,
)

PIPELINE, STAGE, ORG, PERSON, DEAL, CLIENT = (
    RemoteKind.PIPELINE,
    RemoteKind.STAGE,
    RemoteKind.ORGANIZATION,
    RemoteKind.PERSON,
    RemoteKind.DEAL,
    RemoteKind.CLIENT,
)
LARGE = re.compile(
    r"\bSCAN (companies|contacts|deals|meetings|last_seen|journal|older|newer|other)\b"
    r"|\bSEARCH last_seen USING (COVERING )?INDEX (?!ix_last_seen_kind_read_at)\w+ \(kind=\?\)$"
)
Statements = list[tuple[str, Any]]


@contextmanager
def recorded(*engines: Engine) -> Iterator[Statements]:
    """Record the statements that run on these databases."""
    statements: Statements = []

    def record(*said: Any) -> None:  # SQLAlchemy's own signature
        statements.append((said[2], said[3]))

    for engine in engines:
        event.listen(engine, "before_cursor_execute", record)
    yield statements
    for engine in engines:
        event.remove(engine, "before_cursor_execute", record)


def full_pass(store: SqlStore, first: int, count: int) -> Statements:
    """Run a pass with `count` new, edited and gone objects of every kind; return its statements on the store."""
    ids = range(first, first + count)
    lost = [1, 2]
    with recorded(store.engine) as statements:
        pass_id = store.begin_pass(scope="normal", now=NOON)
        with store.draft() as draft:
            pages = {
                PIPELINE: read(PIPELINE, PdPipeline(id=1, name="P2")),
                STAGE: read(STAGE, PdStage(id=1, name="S2")),
                ORG: read(ORG, *(Org(id=i, name=f"Org {i}", hermes_id=str(i)) for i in ids)),
                PERSON: read(PERSON, *(Person(id=i, name="P", org_id=i, hermes_id="4") for i in ids)),
                DEAL: read(DEAL, *(PdDeal(id=i, title="D", org_id=i + 1, person_id=i, hermes_id="5") for i in ids)),
                CLIENT: read(
                    CLIENT,
                    *(
                        Cligency(id=i, agency_id=i, pipedrive_id=str(i), name="x", recipients=(Sr(id=i, email="e"),))
                        for i in ids
                    ),
                ),
            }
            for kind, page in pages.items():
                store.digests_between(kind, first, first + count)
                draft.compare(kind, [*page, *gone(kind, *lost)], read_at=NOON)
            for named in draft.named_orgs():
                draft.compare(ORG, gone(ORG, *named), why=Why.UNKNOWN_ORG, read_at=NOON)
            store.children(Ref(ORG, draft.gone(ORG)[0]))
            store.clients_to_read_again(5, now=NOON, besides=[1])
            for phase in PHASES:
                for changes in draft.stretches(phase):
                    draft.surroundings(phase, changes, {})
                    draft.keep(Segment())
                    draft.wake([change.ref for change in changes])
            draft.wake([Ref(STAGE, 9), Ref(PIPELINE, 9)])
            draft.companies_with_clients(list(ids))
            store.refused(CLIENT, list(ids))
            before = company(3, "Company 3", pd_org_id=3, tc2_cligency_id=3)
            draft.keep(Segment(actions=[act(before, company(3, "Edited", pd_org_id=first + 10_000))]))
            draft.add_pushes([push(CLIENT, 3, 3, FieldChange("pipedrive_id", None, "1"))])
            assert len(list(draft.actions())) == 2
            store.apply(
                draft, lease=None, pass_id=pass_id, now=NOON, cursors={ORG: Cursor(since=NOON)}, policy_digest=""
            )
    return statements


def filled(path: Path, count: int) -> SqlStore:
    """Return a store with that many objects of the large kinds."""
    store = SqlStore.open(f"sqlite:///{path}")
    store.upgrade()
    write(
        store,
        pipeline(1, 1),
        stage(1, 1),
        *(company(i, f"Company {i}", pd_org_id=i, tc2_cligency_id=i) for i in range(1, count)),
        *(contact(i, i, pd_person_id=i) for i in range(1, count)),
        *(deal(i, i, pd_deal_id=i, stage_id=1, pipeline_id=1) for i in range(1, count)),
    )
    Pass(
        readings={
            PIPELINE: read(PIPELINE, PdPipeline(id=1, name="P"), PdPipeline(id=2, name="Q")),
            STAGE: read(STAGE, PdStage(id=1, name="S"), PdStage(id=2, name="T")),
            ORG: read(ORG, *(Org(id=i, name=f"Org {i}") for i in range(1, count))),
            PERSON: read(PERSON, *(Person(id=i, name=f"P {i}", org_id=i) for i in range(1, count))),
            DEAL: read(DEAL, *(PdDeal(id=i, title=f"D {i}", org_id=i, person_id=i) for i in range(1, count))),
            CLIENT: read(CLIENT, *(Cligency(id=i, agency_id=i) for i in range(1, count))),
        },
        pushes=[push(CLIENT, 1, 1, FieldChange("pipedrive_id", None, "1"))],
    ).run(store)
    return store


def test_no_statement_reads_a_whole_table(tmp_path: Path) -> None:
    """No statement of a pass scans a table that grows with the number of customers."""
    with filled(tmp_path / "hermes.db", 50) as store:
        statements = full_pass(store, 100, 5)
        with store.draft() as draft, store.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            draft.connection.exec_driver_sql("COMMIT")
            driver.execute("ATTACH ? AS draft", (str(draft.path),))
            plans = [
                (statement, step[3])
                for statement, parameters in statements
                if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))
                for step in driver.execute(
                    f"EXPLAIN QUERY PLAN {statement}", parameters[0] if isinstance(parameters, list) else parameters
                )
            ]
            driver.execute("DETACH draft")
            draft.connection.exec_driver_sql("BEGIN")
    scans = [(step, statement) for statement, step in plans if LARGE.search(step)]
    assert len(plans) > 100
    assert scans == []


@pytest.mark.parametrize("count", [30, 900])
def test_as_many_statements_for_few_as_for_many(tmp_path: Path, count: int) -> None:
    """A pass asks the store as often whatever the number of stored objects and of changes in a stretch."""
    with filled(tmp_path / "hermes.db", 20) as small, filled(tmp_path / "large.db", 400) as large:
        few, many = full_pass(small, 1000, 3), full_pass(large, 1000, count)
    assert len(few) == len(many)

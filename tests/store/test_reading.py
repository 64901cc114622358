"""What people read of the store, and what reading leaves behind: nothing."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from hermes_sync.core.objects import Meeting
from hermes_sync.core.plan import FieldChange, Segment
from hermes_sync.core.records import Cligency, Notice, RemoteKind
from hermes_sync.ports import ConfigError, FieldDefinition
from hermes_sync.store import Cursor, SqlStore
from tests.store.passes import (
    NOON,
    Pass,
    act,
    company,
    contact,
    deal,
    exported,
    gone,
    pipeline,
    push,
    read,
    stage,
    write,
)

CLIENT = RemoteKind.CLIENT
LATER = NOON + timedelta(hours=1)


def test_export_has_every_key(store: SqlStore) -> None:
    """The export has the lists and keys of the public interface, in its order."""
    write(
        store,
        company(1),
        contact(1, 1),
        deal(1, 1),
        Meeting(id=1, type="sales", start_time="2025-03-01T12:00:00Z", end_time="2025-03-01T12:30:00Z", company_id=1),
        pipeline(1, 1),
        stage(1, 1),
    )
    keys = {name: " ".join(next(things)) for name, things in store.export(None)}
    assert keys == {
        "companies": "id name pd_org_id tc2_cligency_id tc2_agency_id tc2_status sales_person_id support_person_id "
        "bdr_person_id price_plan paid_invoice_count country website currency estimated_income utm_source "
        "utm_campaign signup_questionnaire narc has_booked_call has_signed_up created",
        "contacts": "id company_id first_name last_name email phone country pd_person_id tc2_sr_id created",
        "deals": "id pd_deal_id name status company_id contact_id admin_id pipeline_id stage_id",
        "meetings": "id type status start_time end_time admin_id company_id contact_id deal_id pd_activity_id",
        "pipelines": "id pd_pipeline_id name",
        "stages": "id pd_stage_id pd_pipeline_id name",
    }


def test_export_is_by_id_and_typed(store: SqlStore) -> None:
    """Objects are exported by id, truth values as such, missing values as None."""
    write(store, *(company(id_, f"C{id_}", narc=id_ == 2) for id_ in range(2500, 0, -1)))
    found = exported(store, "companies")
    assert [one["id"] for one in found] == list(range(1, 2501))
    assert found[1]["narc"] is True
    assert found[0]["narc"] is False
    assert found[0]["website"] is None


def test_status(store: SqlStore) -> None:
    """The status shows passes, cursors, freshness and pushes that wait or were refused, with reasons."""
    pass_id = Pass(
        readings={CLIENT: read(CLIENT, *(Cligency(id=i) for i in (1, 2, 3)))}, cursors={CLIENT: Cursor(since=NOON)}
    ).run(store)
    notice = Notice(code="odd", message="one was odd", refs=("tc2:client:9",))
    store.end_pass(pass_id, now=LATER, result="done", exit_code=0, counts={"requests": 7}, notices=[notice])
    change = FieldChange("pipedrive_id", None, "1")
    second = Pass(
        readings={CLIENT: [*read(CLIENT, Cligency(id=2)), *gone(CLIENT, 3)]},
        pushes=[push(CLIENT, 1, 1, change), push(CLIENT, 2, 2, change)],
        now=LATER,
    ).run(store)
    refused, waiting = store.planned_pushes(second)
    store.refuse_push(refused.id, reason="400", now=LATER)
    store.defer_push(waiting.id, reason="503", due=LATER, now=LATER)
    status = store.status(LATER)
    assert [(one.id, one.result) for one in status.passes] == [(second, None), (pass_id, "done")]
    assert status.passes[1].counts == {"requests": 7}
    assert status.passes[1].notices == (notice,)
    assert status.cursors == {CLIENT: Cursor(since=NOON)}
    of_clients = status.kinds[CLIENT]
    assert (of_clients.living, of_clients.gone) == (2, 1)
    assert (of_clients.oldest_read_at, of_clients.newest_read_at) == (NOON, LATER)
    assert [one.reason for one in status.waiting] == ["503"]
    assert [one.reason for one in status.refused] == ["400"]
    assert store.passes(1) == [status.passes[0]]


def test_field_definitions_are_kept(store: SqlStore) -> None:
    """What the account says of its fields is kept with the time when it said so."""
    colour = FieldDefinition(key="abc", type="enum", options={"1": "Red"})
    store.save_field_definitions(RemoteKind.DEAL, {"abc": colour}, NOON)
    store.save_field_definitions(RemoteKind.DEAL, {"abc": colour}, LATER)
    assert store.field_definitions() == {RemoteKind.DEAL: (LATER, {"abc": colour})}


def test_a_read_only_store_refuses_to_write(database_url: str) -> None:
    """Nothing can be written through a store that was opened to be read."""
    with SqlStore.open(database_url, read_only=True) as store, pytest.raises(DBAPIError):
        store.begin_pass(scope="normal", now=NOON)


def test_looking_changes_no_byte(database_url: str, tmp_path: Path) -> None:
    """Preparing a pass on a read-only store leaves the database as it was."""
    with SqlStore.open(database_url) as store:
        write(store, company(1))
    path = tmp_path / "hermes.db"
    before = path.read_bytes() if path.exists() else b""
    with SqlStore.open(database_url, read_only=True) as store:
        with store.draft() as draft:
            draft.compare(CLIENT, read(CLIENT, Cligency(id=1)), read_at=NOON)
            draft.keep(Segment(actions=[act(None, company(2))]))
            assert len(list(draft.actions())) == 1
        assert [one["id"] for one in exported(store, "companies")] == [1]
        assert store.population()["company"] == 1
    assert before == (path.read_bytes() if path.exists() else b"")
    assert {one.name for one in tmp_path.iterdir()} <= {"hermes.db"}


def test_looking_at_no_file_makes_none(tmp_path: Path) -> None:
    """A read-only store whose file does not exist is empty, and there is no file afterwards."""
    path = tmp_path / "none.db"
    with SqlStore.open(f"sqlite:///{path}", read_only=True) as store:
        assert store.revision() == 0
        with store.draft() as draft:
            assert draft.pipelines() == {}
    assert not path.exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "cannot be read"),
        ("mysql://user:secret@host/db", "not supported"),
        ("foo+bar://user:secret@host/db", "not supported"),
        ("postgresql+psycopg2://user:secret@host/db", "not supported"),
        ("postgresql+psycopg://user:secret@host:notaport/db", "cannot be read"),
        ("sqlite:////nowhere/at/all/hermes.db", "unable to open"),
        ("postgresql+psycopg://user:secret@127.0.0.1:1/db", r"user:\*\*\*@127.0.0.1"),
        ("postgresql://user:secret@127.0.0.1:1/db", "start the server"),
    ],
)
def test_a_bad_url_is_explained(url: str, said: str) -> None:
    """A URL that leads nowhere is an error of the config that names the key and the remedy, and no password."""
    with pytest.raises(ConfigError, match=said) as caught:
        SqlStore.open(url)
    message = str(caught.value)
    assert "[database] url" in message
    assert "sqlite:///hermes.db" in message
    assert "secret" not in message


def test_the_url_hides_the_password(database_url: str) -> None:
    """What the store says of its address holds no password."""
    with SqlStore.open(database_url) as store:
        assert store.url.startswith(database_url.partition(":")[0])
        store.engine.url = store.engine.url.set(password="secret")
        assert "secret" not in store.url

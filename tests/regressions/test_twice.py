"""What was made twice, came back from the dead, or was looked for where it was no more."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from hermes_sync.core.objects import Kind
from hermes_sync.ports import LeaseHeld
from hermes_sync.sandbox import Fault, Incoming
from hermes_sync.store import SqlStore
from hermes_sync.store.tables import OBJECT_TABLES, STATE
from tests.cycle.rig import Rig
from tests.regressions.accounts import MARY, acme, assert_at_rest, sign_up, writes_to


def test_two_passes_at_once_make_one_org(rig: Rig) -> None:
    """While a pass creates, another is refused; so nothing is created beside it."""
    sign_up(rig)
    refused: list[Exception] = []

    def pass_beside(incoming: Incoming) -> None:
        if incoming.method != "POST" or refused:
            return
        rig.pd.before_request = None
        with SqlStore.open(str(rig.store.engine.url)) as store:
            beside = Rig(rig.sandbox, store)
            rig.sandbox.clock.advance(-90)  # it begins at this very moment
            try:
                beside.reconcile()
            except LeaseHeld as held:
                refused.append(held)

    rig.pd.before_request = pass_beside
    done = rig.reconcile()

    assert done.exit_code == 0
    assert len(refused) == 1
    assert len(rig.pd.all("organization")) == len(rig.pd.all("person")) == 1


def test_an_org_that_pipedrive_has_is_taken_and_not_made_again(rig: Rig) -> None:
    """A cligency finds the Org of its name, in other case and spacing, that nobody else has."""
    rig.pd.create("organization", name=" acme  LTD ", owner_id=99)

    sign_up(rig, name="Acme Ltd")
    rig.settle(6)

    assert len(rig.pd.all("organization")) == 1
    assert rig.one("companies")["pd_org_id"] == 1
    assert writes_to(rig, "organization") == ["PATCH /api/v2/organizations/1"]


def test_an_org_that_another_company_has_is_not_taken(rig: Rig) -> None:
    """A second cligency of the same name gets an Org of its own; the first one keeps its own."""
    acme(rig)
    john = {"id": 60, "first_name": "John", "last_name": "Cole", "email": "john@example.com"}
    second = sign_up(rig, recipients=[john], email="john@example.com")
    rig.settle(6)

    orgs = {row["tc2_cligency_id"]: row["pd_org_id"] for row in rig.every("companies")}
    assert orgs == {1: 1, second: 2}
    assert rig.tc2.attrs(second)["pipedrive_id"] == "2"
    assert_at_rest(rig)


def test_a_client_whose_people_are_known_is_no_new_company(rig: Rig) -> None:
    """The e-mail of its second recipient leads to the Company that sales had already, under another name."""
    rig.pd.create("organization", name="Booth Tuition", owner_id=99)
    rig.pd.create("person", name="Mary Booth", org_id=1, emails=["Mary@Example.com "])
    rig.settle()
    first = {"id": 49, "first_name": "John", "last_name": "Booth", "email": "john@example.com"}

    client = sign_up(rig, name="B. T. Ltd", recipients=[first, MARY], email="office@example.com")
    rig.settle(6)

    company = rig.one("companies")
    assert (company["pd_org_id"], company["tc2_cligency_id"]) == (1, client)
    assert len(rig.pd.all("organization")) == 1
    assert {row["tc2_sr_id"] for row in rig.every("contacts")} == {49, 50}
    assert_at_rest(rig)


def test_several_that_fit_are_none_and_a_notice(rig: Rig) -> None:
    """Two Companies that have a Contact of that e-mail: neither is taken, nothing breaks, and a notice names both."""
    for name in ("North", "South"):
        org = rig.pd.create("organization", name=name, owner_id=99)
        rig.pd.create("person", name="Mary Booth", org_id=org, emails=["mary@example.com"])
    rig.settle()

    client = sign_up(rig, name="East")
    done = rig.reconcile()

    assert "ambiguous-match" in done.codes
    assert rig.one("companies", tc2_cligency_id=client)["name"] == "East"
    assert len(rig.every("companies")) == 3
    rig.settle(6)
    assert_at_rest(rig)


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        (Kind.COMPANY, "pd_org_id"),
        (Kind.COMPANY, "tc2_cligency_id"),
        (Kind.CONTACT, "pd_person_id"),
        (Kind.DEAL, "pd_deal_id"),
    ],
)
def test_the_database_itself_takes_no_remote_id_twice(rig: Rig, kind: Kind, column: str) -> None:
    """A second row with the same remote id cannot be written, whoever tries."""
    acme(rig)
    table = OBJECT_TABLES[kind]
    with rig.store.engine.connect() as connection:
        row: dict[str, Any] = dict(connection.execute(table.select()).mappings().one())
    copy = {name: value for name, value in row.items() if name == column or not name.startswith(("pd_", "tc2_"))}

    with rig.store.engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(table.insert().values({**copy, "id": row["id"] + 1}))


def test_two_ids_in_one_field_are_a_merge(rig: Rig) -> None:
    """A winner that says "1, 2" keeps one Company, with all that lives on and the cligency; the other one goes."""
    acme(rig)
    winner = rig.pd.create("organization", name="Acme Ltd", owner_id=99)
    rig.pd.create("person", name="John Cole", org_id=winner)
    rig.settle(6)
    ids = [row["id"] for row in rig.every("companies")]
    rig.pd.edit("organization", winner, custom={"hermes_id": str(ids[1])})
    rig.settle(6)
    rig.pd.merge("organization", 1, winner)

    rig.settle(6)

    company = rig.one("companies")
    assert (company["pd_org_id"], company["tc2_cligency_id"]) == (winner, 1)
    assert {row["company_id"] for row in rig.every("contacts")} == {company["id"]}
    assert len(rig.every("contacts")) == 2
    assert rig.one("deals")["company_id"] == company["id"]
    assert rig.pd.custom("organization", winner)["hermes_id"] == str(company["id"])
    assert_at_rest(rig)


@pytest.mark.parametrize("is_purged", [False, True], ids=["deleted", "purged"])
def test_a_dead_id_is_let_go_and_not_written_to_again(rig: Rig, is_purged: bool) -> None:
    """An Org that died under a push is proven dead by the next pass; what TC2 says later makes a new one, linked."""
    client = acme(rig)
    rig.pd.delete("organization", 1)
    if is_purged:
        rig.pd.purge("organization", 1)
    rig.tc2.edit_client(client, agency={"status": "active"})

    done = rig.reconcile()
    assert done.outcomes["organization", 1] == "gone"
    assert done.exit_code == 0
    rig.reconcile()
    assert rig.every("companies") == []
    rig.pd.log.clear()
    rig.tc2.edit_client(client, agency={"paid_invoice_count": 4})
    rig.settle(6)

    company = rig.one("companies")
    assert company["pd_org_id"] == 2
    assert "PATCH /api/v2/organizations/1" not in writes_to(rig, "organization")
    assert rig.tc2.attrs(client)["pipedrive_id"] == "2"
    assert rig.tc2.attrs(client)["pipedrive_url"] == f"{rig.pd.url}/organization/2/"
    assert_at_rest(rig)


def test_a_deleted_company_does_not_come_back_by_itself(rig: Rig) -> None:
    """TC2 says again what it always said: nothing is made. Only what really changed there makes a Company anew."""
    client = acme(rig)
    rig.pd.delete("organization", 1)
    rig.reconcile(full=True)
    assert rig.every("companies") == []

    rig.tc2.edit_client(client, agency={"status": "trial"})  # as it was
    for full in (False, True, False):
        assert rig.reconcile(full=full).actions == ()

    assert rig.every("companies") == []
    assert rig.pd.all("organization") == []


def test_with_recreate_deleted_off_even_a_changed_one_stays_gone(rig: Rig) -> None:
    """`rules.recreate_deleted = false`: a cligency that changes after its Company was deleted is ignored."""
    client = acme(rig)
    rig.configure(policy=replace(rig.settings.policy, recreate_deleted=False))
    rig.pd.delete("organization", 1)
    rig.reconcile(full=True)

    rig.tc2.edit_client(client, agency={"status": "active", "paid_invoice_count": 9})
    rig.reconcile()
    rig.reconcile(full=True)

    assert rig.every("companies") == []
    assert rig.pd.all("organization") == []


def test_a_merged_company_does_not_come_back_with_the_next_word_of_tc2(rig: Rig) -> None:
    """The cligency of a merge's loser belongs to the winner: what it says next goes there."""
    client = acme(rig)
    winner = rig.pd.create("organization", name="Acme Ltd", owner_id=99)
    rig.settle(6)
    rig.pd.merge("organization", 1, winner)
    rig.settle(6)
    rig.reconcile(full=True)
    rig.settle(6)

    rig.tc2.edit_client(client, agency={"status": "active"})
    rig.settle(6)

    assert rig.one("companies")["tc2_status"] == "active"
    assert [org["id"] for org in rig.pd.all("organization")] == [winner]
    assert rig.pd.custom("organization", winner)["tc2_status"] == "active"


def test_a_lost_deal_is_not_made_again(rig: Rig) -> None:
    """Neither the lost Deal nor a deleted one is recreated or reopened when anything else of the Company changes."""
    client = acme(rig)
    rig.pd.create("deal", title="Second", org_id=1, pipeline_id=1, stage_id=1)
    rig.settle(6)
    rig.pd.edit("deal", 1, status="lost")
    rig.pd.delete("deal", 2)
    rig.settle(6)

    rig.tc2.edit_client(client, agency={"status": "active"})
    rig.pd.edit("organization", 1, name="Acme Ltd")
    rig.settle(6)
    rig.reconcile(full=True)

    (deal,) = rig.pd.all("deal")
    assert (deal["id"], deal["status"]) == (1, "lost")
    assert writes_to(rig, "deal") == []


def test_deals_without_a_company_are_no_deals_of_ours(rig: Rig) -> None:
    """A Deal whose Org is none, or gone, is neither kept in Hermes nor written to."""
    rig.pd.create("deal", title="Nobody's", pipeline_id=1, stage_id=1)
    gone = rig.pd.create("organization", name="Gone", owner_id=99)
    rig.pd.create("deal", title="Of the gone", org_id=gone, pipeline_id=1, stage_id=1)
    rig.pd.delete("organization", gone)

    rig.settle(6)

    assert rig.every("deals") == []
    assert rig.pd.log.writes() == []


def test_nobody_waits_for_the_database_while_a_remote_is_slow(rig: Rig) -> None:
    """While each answer is awaited another program writes to the database at once: no transaction is open."""
    sign_up(rig)
    database = rig.store.engine.url.database
    assert database is not None
    written: list[str] = []

    def write(incoming: Incoming) -> None:
        with closing(sqlite3.connect(database, timeout=5)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"UPDATE {STATE.name} SET policy_digest = policy_digest")
            connection.commit()
        written.append(f"{incoming.method} {incoming.path}")

    rig.pd.before_request = rig.tc2.before_request = write
    done = rig.reconcile()
    rig.pd.before_request = rig.tc2.before_request = None

    assert done.exit_code == 0
    assert {one.partition(" ")[0] for one in written} == {"GET", "POST"}
    assert len(written) == len(rig.pd.log) + len(rig.tc2.log)


def test_a_create_that_nobody_answered_is_looked_for_before_it_is_repeated(rig: Rig) -> None:
    """The POST was carried out and its answer lost: the Org is found by its hermes_id and adopted."""
    sign_up(rig)
    rig.pd.search_lag = rig.pd.list_lag = 36
    rig.pd.faults.add(Fault(method="POST", path="/organizations$", effect="cut"))

    assert rig.reconcile().exit_code == 5
    rig.settle(6)

    (org,) = rig.pd.all("organization")
    assert rig.one("companies")["pd_org_id"] == org["id"]
    assert_at_rest(rig)

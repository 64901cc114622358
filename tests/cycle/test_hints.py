"""What webhooks named is read first, by itself, and only it is proof (semantics 4, 6)."""

from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest

from hermes_sync.core.records import Ref, RemoteKind, System
from hermes_sync.cycle import hinted
from hermes_sync.ports import RemoteDenied
from hermes_sync.sandbox import Fault
from tests.cycle.rig import PATIENCE, Rig

ORG, PERSON, DEAL, CLIENT = (
    RemoteKind.ORGANIZATION,
    RemoteKind.PERSON,
    RemoteKind.DEAL,
    RemoteKind.CLIENT,
)


def name(rig: Rig, *refs: Ref) -> None:
    """Have a webhook name these."""
    rig.store.hint(refs, rig.clock.now())


def left(rig: Rig) -> set[Ref]:
    """Return what is still hinted at."""
    return {hint.ref for hint in rig.store.hints()}


def asked(rig: Rig) -> list[str]:
    """Return the paths that were read of Pipedrive since the log was cleared."""
    return [entry.path for entry in rig.pd.log.reads()]


def listed(rig: Rig, kind: str) -> Any:
    """Return what the list of a kind says now, to be said again later."""
    answer = httpx.get(f"{rig.pd.url}/api/v2/{kind}?limit=500", headers={"x-api-token": rig.pd.token}, timeout=PATIENCE)
    rig.pd.log.clear()
    return answer.json()


@pytest.fixture
def settled(rig: Rig) -> Rig:
    """An account with an Org, a Person, a deal and a cligency, in which nothing is left to do."""
    rig.pd.create("organization", id=1, name="Acme", owner_id=99)
    rig.pd.create("person", id=1, name="Mary Booth", org_id=1, owner_id=99)
    rig.pd.create("deal", id=1, title="Acme", org_id=1, person_id=1, owner_id=99, pipeline_id=1, stage_id=1)
    agency = {"id": 1, "name": "Acme", "status": "trial"}
    rig.tc2.create_client(agency, id=1, extra_attrs={"pipedrive_id": "1"}, last_name="Booth")
    rig.settle()
    rig.pd.log.clear()
    rig.tc2.log.clear()
    return rig


def test_a_pass_that_follows_hints_reads_what_they_name_and_no_list(settled: Rig) -> None:
    """A webhook costs a token: the object is read by itself, and what follows from it is done."""
    settled.pd.edit("organization", 1, name="Acme & Sons")
    name(settled, Ref(ORG, 1))
    done = settled.reconcile(hinted_only=True, sweep=0)

    assert asked(settled) == ["/api/v2/organizations/1"]
    assert not settled.tc2.log.reads()
    assert settled.one("companies")["name"] == "Acme & Sons"
    assert done.exit_code == 0
    assert left(settled) == set()


def test_an_ordinary_pass_follows_hints_too(settled: Rig) -> None:
    """They are read before the lists, TC2's before Pipedrive's, and are over when the pass is."""
    settled.pd.edit("person", 1, name="Mary Smith")
    settled.tc2.edit_client(1, agency={"status": "active"})
    name(settled, Ref(PERSON, 1), Ref(CLIENT, 1))
    settled.reconcile()

    assert asked(settled)[0] == "/api/v2/persons/1"
    assert settled.tc2.log.reads()[0].path == "/api/clients/1/"
    assert [entry.path for entry in settled.tc2.log.reads()].count("/api/clients/1/") == 1
    assert settled.one("contacts")["last_name"] == "Smith"
    assert settled.one("companies")["tc2_status"] == "active"
    assert left(settled) == set()


def test_a_hinted_object_that_is_gone_is_deleted(settled: Rig) -> None:
    """Its own answer is the proof; no complete read is needed."""
    settled.pd.delete("person", 1)
    name(settled, Ref(PERSON, 1))
    settled.reconcile(hinted_only=True, sweep=0)

    assert settled.every("contacts", pd_person_id=1) == []
    assert left(settled) == set()


def test_a_list_that_lags_does_not_bring_back_what_is_gone(settled: Rig) -> None:
    """The list of the same pass still has what its own answer says is deleted: the answer counts."""
    outdated = listed(settled, "persons")
    settled.pd.delete("person", 1)
    settled.pd.faults.add(Fault(path="/api/v2/persons$", status=200, body=outdated))
    name(settled, Ref(PERSON, 1))
    settled.reconcile()

    assert settled.pd.log.entries("GET", "/api/v2/persons")[-1].fault is not None
    assert settled.every("contacts", pd_person_id=1) == []


def test_a_list_that_lags_does_not_undo_what_was_read(settled: Rig) -> None:
    """The list of the same pass says what the object said before: its own answer counts."""
    outdated = listed(settled, "organizations")
    settled.pd.edit("organization", 1, name="Acme & Sons")
    settled.pd.faults.add(Fault(path="/api/v2/organizations$", status=200, body=outdated))
    name(settled, Ref(ORG, 1))
    settled.reconcile()

    assert settled.one("companies")["name"] == "Acme & Sons"


def test_what_nobody_knew_is_created(settled: Rig) -> None:
    """A webhook of something new is enough, whatever it names in turn."""
    settled.pd.create("organization", id=2, name="Bolt", owner_id=99)
    settled.pd.create("deal", id=2, title="Bolt", org_id=2, owner_id=99, pipeline_id=1, stage_id=1)
    name(settled, Ref(DEAL, 2))
    settled.reconcile(hinted_only=True, sweep=0)

    assert settled.one("companies", pd_org_id=2)["name"] == "Bolt"
    assert settled.one("deals", pd_deal_id=2)["name"] == "Bolt"


def test_what_never_was_is_nothing(settled: Rig) -> None:
    """A hint of an object that does not exist is over, and nothing is planned."""
    before = settled.kept()
    name(settled, Ref(ORG, 4711), Ref(CLIENT, 4711))
    done = settled.reconcile(hinted_only=True, sweep=0)

    assert done.actions == ()
    assert left(settled) == set()
    assert settled.kept() == before


def test_looking_consumes_nothing(settled: Rig) -> None:
    """`diff` shows what a hint leads to, and the hint waits for the pass."""
    settled.pd.edit("organization", 1, name="Acme & Sons")
    name(settled, Ref(ORG, 1))
    assert settled.diff().actions

    assert left(settled) == {Ref(ORG, 1)}


def test_a_hint_outlives_a_pass_that_failed(settled: Rig) -> None:
    """What was not applied was not read."""
    name(settled, Ref(ORG, 1))
    settled.pd.faults.add(Fault(path="/api/v2/organizations/1$", status=401, times=None))
    with pytest.raises(RemoteDenied):
        settled.reconcile(hinted_only=True, sweep=0)

    assert left(settled) == {Ref(ORG, 1)}


def test_an_object_that_is_named_again_while_it_is_read_is_read_again(rig_on_both: Rig) -> None:
    """The second webhook may tell of an edit that the reading came too early for: its hint stays."""
    rig = rig_on_both
    rig.pd.create("organization", id=1, name="Acme", owner_id=99)
    rig.settle()
    name(rig, Ref(ORG, 1))

    def edit(incoming: object) -> None:
        rig.pd.before_request = None
        name(rig, Ref(ORG, 1))

    rig.pd.before_request = edit
    rig.reconcile(hinted_only=True, sweep=0)
    assert left(rig) == {Ref(ORG, 1)}
    rig.reconcile(hinted_only=True, sweep=0)

    assert left(rig) == set()


def test_a_pass_reads_so_many_and_leaves_the_rest_to_the_next(settled: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of hints is worked off pass by pass, oldest first."""
    monkeypatch.setitem(hinted.AT_ONCE, System.PIPEDRIVE, 2)
    for number in range(3):
        settled.sandbox.clock.advance(1)
        name(settled, Ref(ORG, 100 + number))
    settled.reconcile(hinted_only=True, sweep=0)
    assert left(settled) == {Ref(ORG, 102)}
    settled.reconcile(hinted_only=True, sweep=0)

    assert left(settled) == set()


def test_hints_take_no_more_than_their_share_of_the_tokens(settled: Rig) -> None:
    """A fifth of the day's tokens at most goes into what webhooks name; the rest of the hints waits."""
    settled.configure(daily_token_budget=sum(one.counts["pipedrive_tokens"] for one in settled.store.passes(10)) * 2)
    share = settled.settings.daily_token_budget // 5
    name(settled, *(Ref(ORG, 1000 + number) for number in range(share + 10)))
    name(settled, Ref(CLIENT, 1))
    while (before := len(left(settled))) > 10 and settled.reconcile(hinted_only=True, sweep=0):
        assert len(left(settled)) < before, "every pass reads some"
    settled.reconcile(hinted_only=True, sweep=0)

    assert len(asked(settled)) == share
    assert len(left(settled)) == 10
    assert Ref(CLIENT, 1) not in left(settled)


def test_the_rolling_reading_goes_on_without_polling(settled: Rig) -> None:
    """A turn in between reads cligencies, and nothing of Pipedrive."""
    settled.tc2.edit_client(1, agency={"status": "active"})
    settled.reconcile(hinted_only=True, sweep=5)

    assert settled.one("companies")["tc2_status"] == "active"
    assert [path for path in asked(settled) if "organizations" not in path] == []


def test_what_reading_cost_is_counted_apart(settled: Rig) -> None:
    """Polling, hints and pushes have shares of their own of the day's tokens."""
    name(settled, Ref(ORG, 1))
    settled.reconcile(hinted_only=True, sweep=0)
    settled.reconcile()
    polling, hinting = settled.store.passes(2)

    assert (hinting.counts["pipedrive_polled"], hinting.counts["pipedrive_hinted"]) == (0, 1)
    assert (polling.counts["pipedrive_polled"], polling.counts["pipedrive_hinted"]) == (60, 0)
    assert (hinting.scope, polling.scope) == ("hints", "ordinary")


def test_a_turn_reads_fewer_clients_after_a_long_list(rig: Rig) -> None:
    """Every page of the list is a request to TC2, too: a turn that lists 300 clients re-reads 3 fewer."""
    for number in range(1, 301):
        rig.tc2.create_client(None, id=number, last_name="Lane")
    rig.reconcile()
    rig.configure(sweep_interval=timedelta(0))
    rig.tc2.log.clear()
    rig.reconcile(sweep=10)
    asked_of_tc2 = Counter("list" if one.path == "/api/clients/" else "one" for one in rig.tc2.log.reads())

    assert asked_of_tc2 == {"list": 3, "one": 7}


def test_an_org_of_ours_brings_no_company_back_by_being_read(settled: Rig) -> None:
    """Its cligency is deleted before a pass has read the Org; what a person then writes to the Org does bring one."""
    client = settled.tc2.create_client({"name": "Elm"}, last_name="Lane")
    settled.reconcile()
    org = settled.one("companies", name="Elm")["pd_org_id"]
    settled.tc2.delete_client(client)
    name(settled, Ref(CLIENT, client))
    settled.reconcile(hinted_only=True, sweep=0, force=True)
    assert settled.every("companies", name="Elm") == []

    assert settled.reconcile().rules() == []
    assert settled.reconcile(full=True).rules() == []
    assert settled.every("companies", pd_org_id=org) == []

    settled.pd.edit("organization", org, name="Elm & Sons")
    settled.reconcile()
    assert settled.one("companies", pd_org_id=org)["name"] == "Elm & Sons"

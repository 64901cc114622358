"""What a pass writes to TC2: only what differs, through the journal, without an echo."""

from typing import Any

import pytest

from hermes_sync.sandbox import Fault
from tests.cycle.rig import Rig


@pytest.fixture
def linked(rig: Rig) -> tuple[Rig, int, int]:
    """An Org and a cligency of one Company, in step."""
    org = rig.pd.create("organization", name="Acme", owner_id=99)
    client = cligency(rig)
    rig.settle()
    return rig, org, client


def cligency(rig: Rig, name: str = "Acme", **more: Any) -> int:
    """Create a cligency without people."""
    agency = {"id": 900 + len(rig.tc2.all_clients()), "name": name, "status": "active"}
    return rig.tc2.create_client(agency=agency, first_name="Mary", last_name="Booth", recipients=[], **more)


def test_a_company_with_a_cligency_tells_it_link_and_id(linked: tuple[Rig, int, int]) -> None:
    """The cligency gets pipedrive_url and pipedrive_id; Stage and Pipeline stay null without a Deal."""
    rig, org, client = linked

    assert rig.one("companies")["tc2_cligency_id"] == client
    attrs = rig.tc2.attrs(client)
    assert attrs["pipedrive_url"] == f"{rig.pd.url}/organization/{org}/"
    assert attrs["pipedrive_id"] == str(org)
    assert not attrs["pipedrive_deal_stage"]
    assert not attrs["pipedrive_pipeline"]


def test_an_open_deal_is_shown_moved_and_cleared(linked: tuple[Rig, int, int]) -> None:
    """Stage and Pipeline follow the Deal, and become null when it is won, archived or deleted."""
    rig, org, client = linked
    deal = rig.pd.create("deal", title="Acme", org_id=org, pipeline_id=1, stage_id=1)
    stages = {stage["id"]: stage["name"] for stage in rig.pd.all("stage")}

    first = rig.reconcile()
    assert rig.tc2.attrs(client)["pipedrive_deal_stage"] == stages[1]
    assert "pd.deal.created/tc2.cligency/exists" in first.rules()
    rig.pd.edit("deal", deal, stage_id=2)
    rig.reconcile()
    assert rig.tc2.attrs(client)["pipedrive_deal_stage"] == stages[2]
    rig.pd.archive(deal)
    rig.reconcile()
    assert not rig.tc2.attrs(client)["pipedrive_deal_stage"]
    assert rig.one("deals")["pd_deal_id"] == deal
    rig.pd.unarchive(deal)
    rig.reconcile()
    assert rig.tc2.attrs(client)["pipedrive_deal_stage"] == stages[2]
    rig.pd.delete("deal", deal)
    last = rig.reconcile()
    assert not rig.tc2.attrs(client)["pipedrive_pipeline"]
    assert rig.every("deals") == []
    assert "pd.deal.deleted/tc2.cligency/exists" in last.rules()


def test_of_two_open_deals_the_newest_shows_until_it_goes(linked: tuple[Rig, int, int]) -> None:
    """Deleting the newest Deal lets the cligency show the older one."""
    rig, org, client = linked
    rig.pd.create("deal", title="Old", org_id=org, pipeline_id=1, stage_id=1)
    newest = rig.pd.create("deal", title="New", org_id=org, pipeline_id=1, stage_id=3)
    stages = {stage["id"]: stage["name"] for stage in rig.pd.all("stage")}
    rig.reconcile()
    assert rig.tc2.attrs(client)["pipedrive_deal_stage"] == stages[3]

    rig.pd.delete("deal", newest)
    rig.reconcile()

    assert rig.tc2.attrs(client)["pipedrive_deal_stage"] == stages[1]


def test_a_renamed_stage_reaches_the_cligencies_that_show_it(linked: tuple[Rig, int, int]) -> None:
    """The name of a Stage is part of what a cligency shows, so a new name is told."""
    rig, org, client = linked
    rig.pd.create("deal", title="Acme", org_id=org, pipeline_id=1, stage_id=1)
    rig.reconcile()

    rig.pd.edit("stage", 1, name="Fresh")
    done = rig.reconcile()

    assert rig.tc2.attrs(client)["pipedrive_deal_stage"] == "Fresh"
    assert "pd.stage.updated/hermes.stage/exists" in done.rules()


def test_only_what_differs_is_sent_and_our_own_write_does_not_come_back(linked: tuple[Rig, int, int]) -> None:
    """A push carries the differing attribute alone, and the passes after it have nothing to do."""
    rig, org, _ = linked
    deal = rig.pd.create("deal", title="Acme", org_id=org, pipeline_id=1, stage_id=1)
    rig.reconcile()
    rig.tc2.log.clear()

    rig.pd.edit("deal", deal, stage_id=2)
    rig.reconcile()
    (write,) = rig.tc2.log.writes()

    assert list(write.body["extra_attrs"]) == ["pipedrive_deal_stage"]
    assert rig.reconcile().actions == ()
    assert rig.reconcile(full=True).actions == ()
    assert len(rig.tc2.log.writes()) == 1


def test_a_colleagues_edit_between_read_and_push_is_not_swallowed(linked: tuple[Rig, int, int]) -> None:
    """What TC2 changed while we pushed is seen by the next reading of the cligency."""
    rig, org, client = linked
    rig.pd.create("deal", title="Acme", org_id=org, pipeline_id=1, stage_id=1)

    def edit_in_between(incoming: Any) -> None:
        if incoming.method == "POST":
            rig.tc2.before_request = None
            rig.tc2.edit_client(client, agency={"status": "terminated"})

    rig.tc2.before_request = edit_in_between
    rig.reconcile()
    rig.reconcile()

    assert rig.one("companies")["tc2_status"] == "terminated"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="POST", path="/api/clients/", status=503, times=None),
        Fault(method="POST", path="/api/clients/", status=429, times=None),
        Fault(method="POST", path="/api/clients/", effect="cut", times=None),
    ],
    ids=["503", "429", "cut"],
)
def test_a_push_waits_in_the_journal_while_tc2_is_away(linked: tuple[Rig, int, int], fault: Fault) -> None:
    """Everything local is applied, the push is deferred (exit 5), and a later pass sends it."""
    rig, org, client = linked
    rig.pd.create("deal", title="Acme", org_id=org, pipeline_id=1, stage_id=1)
    rig.tc2.faults.add(fault)

    away = rig.reconcile()
    assert away.exit_code == 5
    assert set(away.outcomes.values()) == {"deferred"}
    assert len(rig.every("deals")) == 1
    rig.tc2.faults.clear()
    back = rig.reconcile()

    assert back.exit_code == 0
    assert rig.tc2.attrs(client)["pipedrive_deal_stage"]
    assert rig.reconcile().actions == ()


def test_a_push_that_was_carried_out_without_an_answer_is_not_sent_again(linked: tuple[Rig, int, int]) -> None:
    """The cligency is read before the push is planned anew, and says already what it should."""
    rig, org, client = linked
    rig.pd.create("deal", title="Acme", org_id=org, pipeline_id=1, stage_id=1)
    rig.tc2.faults.add(Fault(method="POST", path="/api/clients/", status=502, carried_out=True, times=None))
    assert rig.reconcile().exit_code == 5
    rig.tc2.faults.clear()
    rig.tc2.log.clear()

    again = rig.reconcile()

    assert again.exit_code == 0
    assert rig.tc2.log.writes() == []
    assert rig.tc2.attrs(client)["pipedrive_deal_stage"]


def test_a_refused_push_is_kept_and_not_repeated_until_its_content_changes(linked: tuple[Rig, int, int]) -> None:
    """A 400 is exit 5 once; the next pass leaves it alone; new content and --full try again."""
    rig, org, client = linked
    deal = rig.pd.create("deal", title="Acme", org_id=org, pipeline_id=1, stage_id=1)
    rig.tc2.faults.add(Fault(method="POST", path="/api/clients/", status=400, times=2))

    assert rig.reconcile().exit_code == 5
    assert len(rig.store.status(rig.clock.now()).refused) == 1
    assert rig.reconcile().exit_code == 0
    assert not rig.tc2.attrs(client)["pipedrive_deal_stage"]
    assert rig.reconcile(full=True).exit_code == 5
    rig.pd.edit("deal", deal, stage_id=2)
    assert rig.reconcile().exit_code == 0
    assert rig.tc2.attrs(client)["pipedrive_deal_stage"]


def test_a_cligency_that_is_gone_when_it_is_told_holds_up_nothing(linked: tuple[Rig, int, int]) -> None:
    """The push is settled as gone, and the next pass proves the deletion and takes the Company away."""
    rig, org, client = linked
    rig.pd.create("deal", title="Acme", org_id=org, pipeline_id=1, stage_id=1)
    rig.configure(sweep_per_pass=0)
    rig.tc2.delete_client(client)

    done = rig.reconcile()
    assert list(done.outcomes.values()) == ["gone"]
    rig.configure(sweep_per_pass=1)
    rig.reconcile()

    assert rig.every("companies") == []


def test_a_cligency_of_both_role_versions_is_understood(rig: Rig) -> None:
    """Nested and flat clients give the same Company."""
    for roles in (1, 2):
        rig.tc2.roles = roles
        cligency(rig, name=f"Agency {roles}", email=f"role{roles}@example.com")
    rig.settle()

    assert {row["name"] for row in rig.every("companies")} == {"Agency 1", "Agency 2"}


def test_a_client_without_a_meta_agency_is_ignored_and_not_read_as_new_again(rig: Rig) -> None:
    """It is no cligency: nothing comes of it, and the next pass knows it."""
    rig.tc2.create_client(agency=None, first_name="Not", last_name="Agency", recipients=[])
    rig.reconcile()
    rig.configure(sweep_per_pass=0)
    rig.tc2.log.clear()

    rig.reconcile()

    assert rig.every("companies") == []
    assert [entry.path for entry in rig.tc2.log.reads()] == ["/api/clients/"]

"""Deletions: proof, cascade, archived deals, merges that only moved something, and reads that prove nothing."""

import pytest

from hermes_sync.core.safety import Limits, UnsafePlan
from hermes_sync.sandbox import Fault
from tests.cycle.rig import Rig


def populated(rig: Rig, orgs: int = 1) -> list[int]:
    """Create so many Orgs, each with a Person and a Deal, and bring them over."""
    ids = []
    for number in range(orgs):
        org = rig.pd.create("organization", name=f"Org {number}", owner_id=99)
        person = rig.pd.create("person", name=f"Person {number}", org_id=org)
        rig.pd.create("deal", title=f"Deal {number}", org_id=org, person_id=person, pipeline_id=1, stage_id=1)
        ids.append(org)
    rig.reconcile(force=True)
    return ids


def test_a_deleted_deal_is_found_by_an_ordinary_pass(rig: Rig) -> None:
    """The list itself says so; Company and Contact are not affected."""
    populated(rig)
    rig.pd.delete("deal", 1)

    done = rig.reconcile()

    assert done.rules() == ["pd.deal.deleted/hermes.deal/exists"]
    assert rig.every("deals") == []
    assert len(rig.every("companies")) == len(rig.every("contacts")) == 1


def test_a_deleted_org_is_found_by_a_full_pass_and_takes_its_own_along(rig_on_both: Rig) -> None:
    """Company, Contact and Deal go; the rows of the cascade are named."""
    rig = rig_on_both
    (org,) = populated(rig)
    rig.pd.delete("organization", org)

    assert rig.reconcile().actions == ()
    done = rig.reconcile(full=True)

    assert sorted(done.rules("delete")) == [
        "pd.org.deleted/hermes.company/exists",
        "pd.org.deleted/hermes.contact",
        "pd.org.deleted/hermes.deal",
    ]
    state = rig.state()
    assert state["companies"] == state["contacts"] == state["deals"] == []
    assert rig.reconcile(full=True).actions == ()


def test_a_deleted_person_is_blanked_on_its_deal(rig: Rig) -> None:
    """The Contact goes, the Deal stays without it."""
    populated(rig)
    rig.pd.delete("person", 1)
    rig.reconcile(full=True)

    assert rig.every("contacts") == []
    assert rig.one("deals")["contact_id"] is None


@pytest.mark.parametrize("kind", ["pipeline", "stage"])
def test_deleted_pipelines_and_stages_are_blanked_on_deals(rig: Rig, kind: str) -> None:
    """Pipelines and Stages are read whole by every pass, so an ordinary one finds the deletion."""
    populated(rig)
    rig.pd.edit("deal", 1, stage_id=2)
    rig.reconcile()
    rig.pd.delete(kind, {"pipeline": 1, "stage": 2}[kind])
    rig.reconcile(force=True)  # a Pipeline takes its five Stages along, a third of all

    deal = rig.one("deals")
    assert deal["stage_id"] is None
    assert (deal["pipeline_id"] is None) == (kind == "pipeline")


def test_an_archived_deal_is_not_a_deleted_one(rig: Rig) -> None:
    """Archiving a deal takes nothing from Hermes, in ordinary and full passes."""
    populated(rig)
    rig.pd.archive(1)
    rig.reconcile()
    rig.reconcile(full=True)

    assert rig.one("deals")["pd_deal_id"] == 1


def test_an_org_that_was_purged_long_ago_is_gone_by_its_404(rig: Rig) -> None:
    """A GET that says 404 proves as much as one that says is_deleted."""
    (org,) = populated(rig)
    rig.pd.delete("organization", org)
    rig.pd.purge("organization", org)
    rig.reconcile(full=True)

    assert rig.every("companies") == []


def test_what_comes_back_in_pipedrive_comes_back_with_all_its_own(rig: Rig) -> None:
    """A restored Org gets a Company again, and that gets its living Persons and Deals, though they did not change."""
    (org,) = populated(rig)
    rig.pd.delete("organization", org)
    rig.reconcile(full=True)
    rig.sandbox.clock.advance(3600)
    rig.pd.restore("organization", org)
    rig.reconcile()

    assert rig.one("contacts")["company_id"] == rig.one("companies")["id"]
    assert rig.one("deals")["contact_id"] == rig.one("contacts")["id"]


def test_an_empty_list_deletes_nothing(rig: Rig) -> None:
    """A list that comes back empty proves nothing: the first object asked for lives."""
    populated(rig, 12)
    before = rig.state()
    rig.pd.faults.add(Fault(path="/api/v2/organizations$", effect="empty_list", times=None))

    done = rig.reconcile(full=True)

    assert done.summary.delete == 0
    assert "untrusted-read" in done.codes
    assert rig.state() == before
    assert len(rig.pd.log.entries("GET", "/api/v2/organizations/")) == 1


def test_a_list_that_shrank_by_most_of_it_deletes_nothing(rig: Rig) -> None:
    """A list that is 70 % smaller is not believed."""
    populated(rig, 12)
    before = rig.state()
    rig.pd.faults.add(Fault(path="/api/v2/persons$", effect="shrunk_list", share=0.3, times=None))

    done = rig.reconcile(full=True)

    assert done.summary.delete == 0
    assert "untrusted-read" in done.codes
    assert rig.state() == before


def test_a_list_that_breaks_off_leaves_everything_as_it_was(rig: Rig) -> None:
    """A chain of pages that is cut fails the pass; cursors and objects stay, and the next pass is whole."""
    populated(rig, 3)
    before, cursors = rig.state(), rig.store.cursors()
    rig.pd.edit("organization", 1, name="Renamed")
    rig.pd.faults.add(Fault(path="/api/v2/deals", effect="cut", carried_out=False, times=None))

    with pytest.raises(Exception, match="Pipedrive"):
        rig.reconcile(full=True)
    assert rig.state() == before
    assert rig.store.cursors() == cursors
    rig.pd.faults.clear()
    rig.reconcile()

    assert rig.one("companies", pd_org_id=1)["name"] == "Renamed"


def test_more_deletions_than_allowed_are_refused_and_force_carries_them_out(rig: Rig) -> None:
    """Over the limit nothing is applied; the message says what, how many, which limit and --force."""
    ids = populated(rig, 12)
    rig.configure(limits=Limits(max_deletes=5))
    for org in ids[:4]:
        rig.pd.delete("organization", org)
    before, cursors = rig.state(), rig.store.cursors()

    with pytest.raises(UnsafePlan, match=r"12 Hermes objects would be deleted .*max_deletes is 5.*--force"):
        rig.reconcile(full=True)
    assert rig.state() == before
    assert rig.store.cursors() == cursors
    assert rig.diff(full=True).summary.delete == 12
    rig.reconcile(full=True, force=True)

    assert len(rig.every("companies")) == 8


def test_a_merge_loses_nothing_that_lives_on_under_the_winner(rig: Rig) -> None:
    """Persons and Deals that a merge moved are safe before the loser's Company goes, though nothing stamped them."""
    loser, winner = populated(rig, 2)
    rig.pd.merge("organization", loser, winner)
    rig.reconcile()
    rig.reconcile(full=True)

    company = rig.one("companies")
    assert company["pd_org_id"] == winner
    assert {row["company_id"] for row in rig.every("contacts")} == {company["id"]}
    assert len(rig.every("contacts")) == len(rig.every("deals")) == 2


@pytest.mark.parametrize("system", ["pipedrive", "tc2"])
def test_a_contact_that_goes_with_its_company_is_blanked_on_the_deals_of_others(rig_on_both: Rig, system: str) -> None:
    """A Deal of another Company that names it stays, without it."""
    rig = rig_on_both
    going, staying = populated(rig, 2)
    agency = {"id": 900, "name": "Org 0", "status": "trial"}
    client = rig.tc2.create_client(agency=agency, recipients=[], extra_attrs={"pipedrive_id": str(going)})
    rig.settle()
    rig.pd.edit("deal", 2, person_id=1)
    rig.reconcile()
    assert rig.one("deals", pd_deal_id=2)["contact_id"] == rig.one("contacts", pd_person_id=1)["id"]

    if system == "pipedrive":
        rig.pd.delete("organization", going)
    else:
        rig.tc2.delete_client(client)
    rig.reconcile(full=True)

    deal = rig.one("deals")
    assert (deal["pd_deal_id"], deal["contact_id"]) == (2, None)
    assert rig.one("companies")["pd_org_id"] == staying

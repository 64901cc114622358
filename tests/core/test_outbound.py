"""What a cligency should say, as a function of the Hermes state."""

from dataclasses import replace

import pytest

from hermes_sync.core.objects import Company, Deal, Pipeline, Stage
from hermes_sync.core.outbound import client_attributes, client_changes, shown_deal
from hermes_sync.core.plan import FieldChange
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Cligency

POLICY = Policy(
    client_attrs=frozenset({"pipedrive_url", "pipedrive_id", "pipedrive_deal_stage", "pipedrive_pipeline"}),
    pipedrive_base_url="https://acme.pipedrive.com/",
)
ACME = Company(id=1, name="Acme", pd_org_id=10, tc2_cligency_id=20)
OPEN = Deal(id=1, pd_deal_id=7, name="Acme", company_id=1, pipeline_id=2, stage_id=4)
PIPELINES = {2: Pipeline(id=2, pd_pipeline_id=1, name="PAYG")}
STAGES = {4: Stage(id=4, pd_stage_id=8, name="Contacted"), 5: Stage(id=5, pd_stage_id=9, name="Won over")}


def test_a_company_with_an_org_and_an_open_deal_says_all_four() -> None:
    """The cligency shows link, id, Stage and Pipeline."""
    assert client_attributes(ACME, [OPEN], PIPELINES, STAGES, POLICY) == {
        "pipedrive_url": "https://acme.pipedrive.com/organization/10/",
        "pipedrive_id": "10",
        "pipedrive_deal_stage": "Contacted",
        "pipedrive_pipeline": "PAYG",
    }


def test_a_company_without_an_org_does_not_wipe_the_link_out() -> None:
    """A link that a person set in TC2 is still there to be followed; Stage and Pipeline are null."""
    wanted = client_attributes(replace(ACME, pd_org_id=None), [], PIPELINES, STAGES, POLICY)

    assert wanted == {"pipedrive_deal_stage": None, "pipedrive_pipeline": None}


@pytest.mark.parametrize("other", [{"status": "won"}, {"status": "lost"}, {"archived": True}])
def test_a_deal_that_is_not_open_or_archived_is_not_shown(other: dict[str, object]) -> None:
    """Won, lost and archived Deals leave the field to an older open one."""
    closed = replace(OPEN, id=2, pd_deal_id=9, **other)  # type: ignore[arg-type]  # one field of a Deal each

    assert shown_deal([OPEN, closed]) == OPEN
    assert shown_deal([closed]) is None


def test_of_several_open_deals_the_highest_pipedrive_id_is_shown() -> None:
    """The newest Deal in Pipedrive wins, whatever its Hermes id."""
    newer = replace(OPEN, id=0, pd_deal_id=8, stage_id=5)

    assert shown_deal([OPEN, newer]) == newer


def test_a_deal_that_pipedrive_has_is_shown_before_one_that_it_does_not_have_yet() -> None:
    """Even the very first of Pipedrive's; among those that it lacks the newest of Hermes."""
    first, coming = replace(OPEN, pd_deal_id=1), replace(OPEN, id=9, pd_deal_id=None)

    assert shown_deal([first, coming]) == shown_deal([coming, first]) == first
    assert shown_deal([coming, replace(coming, id=8)]) == coming


def test_an_attribute_that_the_config_does_not_map_is_not_said() -> None:
    """Only mapped attributes are wanted."""
    policy = replace(POLICY, client_attrs=frozenset({"pipedrive_id"}))

    assert client_attributes(ACME, [OPEN], PIPELINES, STAGES, policy) == {"pipedrive_id": "10"}


def test_only_what_differs_is_written() -> None:
    """Equal attributes, a link without its last slash, and nothing against nothing are no changes."""
    seen = Cligency(
        id=20,
        pipedrive_url="https://acme.pipedrive.com/organization/10",
        pipedrive_id="10",
        pipedrive_deal_stage="Old",
        pipedrive_pipeline=None,
    )
    wanted = {
        "pipedrive_url": "https://acme.pipedrive.com/organization/10/",
        "pipedrive_id": "10",
        "pipedrive_deal_stage": "New",
        "pipedrive_pipeline": None,
    }

    assert client_changes(wanted, seen) == (FieldChange("pipedrive_deal_stage", "Old", "New"),)


def test_a_dropdown_says_the_same_in_another_case() -> None:
    """A dropdown is read as its label and written as a slug: case makes no difference."""
    seen = Cligency(id=20, pipedrive_deal_stage="Contacted ", dropdowns=("pipedrive_deal_stage",))

    assert client_changes({"pipedrive_deal_stage": "contacted"}, seen) == ()

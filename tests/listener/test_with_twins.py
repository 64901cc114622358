"""The listener between the twins and the passes: their webhooks arrive, and metrics tell what passes did."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hermes_sync.sandbox import Sandbox
from hermes_sync.store import SqlStore
from tests.cycle.rig import Rig
from tests.listener.rig import Served, serving, settings_for


@pytest.fixture
def rig(sqlite_template: bytes, tmp_path: Path) -> Iterator[Rig]:
    """Twins, a database and passes."""
    path = tmp_path / "hermes.db"
    path.write_bytes(sqlite_template)
    with Sandbox() as sandbox, SqlStore.open(f"sqlite:///{path}") as store:
        sandbox.clock.freeze("2026-05-14T12:00:00Z")
        yield Rig(sandbox, store)


@pytest.fixture
def between(rig: Rig) -> Iterator[Served]:
    """A listener that the twins' webhooks go to, with the twin's key."""
    with serving(settings_for("sqlite://", tc2={"api_key": rig.tc2_key}), rig.store) as served:
        address = f"http://127.0.0.1:{served.port}"
        rig.pd.set_webhooks([f"{address}/pipedrive/callback/"])
        rig.tc2.set_webhooks([f"{address}/tc2/callback/"])
        yield served


def test_webhooks_of_both_twins_leave_hints_in_any_order_and_twice(rig: Rig, between: Served) -> None:
    """Created, edited and deleted, reversed and in two copies: one hint for each object, and the pass drops them."""
    org = rig.pd.create("organization", name="Acme")
    person = rig.pd.create("person", name="Mary Booth", org_id=org)
    rig.pd.edit("organization", org, name="Acme Tutors")
    client = rig.tc2.create_client({"name": "Other"}, last_name="Booth")
    gone = rig.pd.create("organization", name="Gone")
    rig.pd.delete("organization", gone)

    statuses = rig.pd.deliver_webhooks("reversed", copies=2) + rig.tc2.deliver_webhooks(copies=2)

    assert set(statuses) == {200}
    assert set(between.hints()) == {
        f"pipedrive:organization:{org}",
        f"pipedrive:organization:{gone}",
        f"pipedrive:person:{person}",
        f"tc2:client:{client}",
    }
    rig.reconcile()
    assert between.hints() == {}
    assert rig.one("companies", pd_org_id=org)["name"] == "Acme Tutors"
    assert rig.one("companies", tc2_cligency_id=client)


def test_a_merge_in_the_twin_hints_at_both(rig: Rig, between: Served) -> None:
    """The loser's webhook and the winner's."""
    winner, loser = rig.pd.create("organization", name="Winner"), rig.pd.create("organization", name="Loser")
    rig.reconcile()
    rig.pd.deliver_webhooks()
    rig.store.drop_hints(rig.store.hints())

    rig.pd.merge("organization", loser, winner)
    rig.pd.deliver_webhooks("reversed")

    assert {f"pipedrive:organization:{winner}", f"pipedrive:organization:{loser}"} <= set(between.hints())


def test_metrics_tell_what_a_pass_did(rig: Rig, between: Served) -> None:
    """The sums by rule are those of the plan, the outcomes those of its pushes."""
    rig.pd.create("organization", name="Acme")
    rig.tc2.create_client({"name": "Other"}, last_name="Booth")
    done = rig.reconcile()

    told = {
        (sample.name, tuple(sorted(sample.labels.values()))): sample.value
        for family in text_string_to_metric_families(between.http.get("/metrics").text)
        for sample in family.samples
    }
    rules: dict[str, int] = {}
    for action in done.actions:
        rules[action.rule] = rules.get(action.rule, 0) + 1
    assert rules
    assert {key[1][0]: value for key, value in told.items() if key[0] == "hermes_sync_actions_total"} == rules
    assert told["hermes_sync_passes_total", ("0", "done", "ordinary")] == 1
    assert told["hermes_sync_changes_total", ("create",)] == done.summary.create
    pushed = sum(value for key, value in told.items() if key[0] == "hermes_sync_pushes_total")
    assert pushed == len(done.outcomes) > 0
    assert told["hermes_sync_objects", ("company",)] == 2

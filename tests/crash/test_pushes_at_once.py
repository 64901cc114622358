"""Killing a pass that has several pushes under way: nothing is made twice and nothing is lost, whoever was answered.

Which push comes first is up to the threads here, so that two runs are not the same up to the kill, and remote ids may
differ: what is compared is who is linked to whom.
"""

import pytest

from hermes_sync.sandbox import Sandbox
from hermes_sync.store import SqlStore
from tests.crash.mortal import Fate, Killed, MortalRig
from tests.crash.worlds import SavedWorld, SqliteFiles
from tests.cycle.rig import Rig
from tests.cycle.test_pushes_at_once import assert_nothing_is_there_twice, sign_up

COMPANIES = 2
AT_ONCE = 3
MOST_PASSES = 6


def one_pass(sandbox: Sandbox, url: str, at: int | None) -> Fate:
    """Run a pass that dies at the boundary of this number, whichever of its threads gets there."""
    fate = Fate(at)
    with SqlStore.open(url) as store, fate.over(store.engine):
        rig = MortalRig(sandbox, store, fate)
        rig.at_once = AT_ONCE
        try:
            rig.reconcile()
        except Killed:
            assert fate.is_dead
    return fate


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_a_pass_killed_while_several_pushes_are_under_way_makes_nothing_twice(
    sandbox: Sandbox, databases: SqliteFiles
) -> None:
    """At every boundary that any of its threads reaches once pushes begin; search learns late of what was created."""
    sign_up_rig = Rig(sandbox, SqlStore.open("sqlite://"))
    sign_up(sign_up_rig, COMPANIES)
    sign_up_rig.store.close()
    sandbox.pipedrive.search_lag = 5
    world, empty, url = SavedWorld(sandbox), databases.new(), databases.new()
    databases.copy(empty, url)
    undisturbed = one_pass(sandbox, url, None)

    begin = undisturbed.reached.index("before POST /api/v2/organizations")
    deaths = 0
    for number in range(begin, len(undisturbed.reached)):
        world.restore()
        databases.copy(empty, url)
        deaths += one_pass(sandbox, url, number).is_dead
        with SqlStore.open(url) as store:
            rig = Rig(sandbox, store)
            rig.settle(MOST_PASSES)
            assert_nothing_is_there_twice(rig, COMPANIES)
            assert store.status(rig.clock.now()).waiting == ()

    assert deaths == len(undisturbed.reached) - begin

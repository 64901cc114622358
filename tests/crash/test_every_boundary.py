"""Killing a pass at every commit and every exchange, before and after: the next passes end where all would have.

The list of boundaries is complete by count: each request that the twins saw and each commit that the database
driver was asked for stands between two of them, and the pass is killed once at each.
"""

import pytest

from hermes_sync.sandbox import Sandbox
from hermes_sync.sandbox.server import Twin
from tests.crash.scenarios import ALL, BOOKING, DELETION, MERGE, ON_POSTGRESQL, SIGN_UP, UPDATE
from tests.crash.theatre import Theatre
from tests.crash.worlds import Databases

_FEWEST_COMMITS = 5
"""Of a pass without a push: lease taken, pass begun, draft applied, pass ended, lease given back."""


@pytest.fixture
def theatre(request: pytest.FixtureRequest, sandbox: Sandbox, databases: Databases) -> Theatre:
    """The scenario that the test is parametrised with, prepared."""
    made = Theatre(request.param, sandbox, databases)
    made.prepare()
    return made


every_scenario = pytest.mark.parametrize(
    ("theatre", "databases"),
    [*((one, "sqlite") for one in ALL), (ON_POSTGRESQL, "postgresql")],
    indirect=True,
    ids=[*(f"{one}-sqlite" for one in ALL), f"{ON_POSTGRESQL}-postgresql"],
)


@every_scenario
def test_a_pass_killed_anywhere_leaves_no_trace(theatre: Theatre) -> None:
    """Wherever a pass is killed, the passes after it end in the state of a run that nothing disturbed."""
    cells = list(theatre.kill_everywhere())

    print(f"{theatre.scenario}: {len(cells)} cells, {len(theatre.known)} different states left behind")
    assert len(cells) > 2 * _FEWEST_COMMITS
    assert [cell for cell in cells if cell.wrong] == []


@every_scenario
def test_the_list_of_boundaries_is_complete(theatre: Theatre) -> None:
    """Every request that the twins log and every commit that the driver counts stands between two boundaries."""
    theatre.set_up()
    fate = theatre.run()
    logged = [f"{entry.method} {entry.path}" for twin in _twins(theatre) for entry in twin.log]

    before = [one.removeprefix("before ") for one in fate.reached if one.startswith("before ")]
    after = [one.removeprefix("after ") for one in fate.reached if one.startswith("after ")]
    assert before == after
    assert sorted(one for one in before if one != "commit") == sorted(logged)
    assert before.count("commit") == fate.commits
    assert before.count("commit") >= _FEWEST_COMMITS


def _twins(theatre: Theatre) -> tuple[Twin, ...]:
    return (theatre.sandbox.pipedrive, theatre.sandbox.tc2)


@pytest.mark.parametrize(
    ("theatre", "databases"),
    [(one, "sqlite") for one in (UPDATE, DELETION, MERGE, SIGN_UP, BOOKING)],
    indirect=True,
    ids=["update", "deletion", "merge", "sign-up", "booking"],
)
def test_passes_killed_again_and_again_get_there_in_the_end(theatre: Theatre) -> None:
    """A pass killed at its first boundary, the next at its second, and so on, until one comes through."""
    expected, (undisturbed,) = theatre.play()

    end, fates = theatre.play(*range(len(undisturbed.reached)))

    assert end == expected
    assert sum(fate.is_dead for fate in fates) > len(undisturbed.reached) / 2

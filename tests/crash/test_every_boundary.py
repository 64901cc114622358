"""Killing a pass at every commit and every exchange, before and after: the next passes end where all would have.

The list of boundaries is complete by count: each request that the twins saw and each commit that the database
driver was asked for stands between two of them, and the pass is killed once at each.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from hermes_sync.sandbox import Sandbox
from hermes_sync.sandbox.server import Twin
from hermes_sync.store import SqlStore
from hermes_sync.store.tables import Base
from tests.crash.mortal import Fate, Killed, MortalRig
from tests.crash.scenarios import ALL, DELETION, RENAME, SIGN_UP, UPDATE, Scenario
from tests.crash.worlds import Databases, SavedWorld
from tests.cycle.rig import Rig

_MOST_PASSES = 6
_FEWEST_COMMITS = 5
"""Of a pass without a push: lease taken, pass begun, draft applied, pass ended, lease given back."""


@dataclass
class Theatre:
    """Where one scenario is played again and again, always from the same start."""

    scenario: Scenario
    sandbox: Sandbox
    databases: Databases
    start: str = ""
    url: str = ""
    world: SavedWorld | None = None
    known: dict[str, tuple[Fate, dict[str, object]]] = field(default_factory=dict)
    """What a pass left behind → the first undisturbed pass after it, and where everything ended."""
    _opened: SqlStore | None = None

    def prepare(self) -> None:
        """Bring the world of the scenario in step, let happen what happens, and save all of it."""
        self.start = self.databases.new()
        with SqlStore.open(self.start) as store:
            rig = Rig(self.sandbox, store)
            self.scenario.base(rig)
            if rig.pd.all("organization"):
                rig.settle(_MOST_PASSES)
            self.sandbox.clock.advance(60)
            self.scenario.happens(rig)
        self.world = SavedWorld(self.sandbox)
        self.url = self.databases.new()

    @contextmanager
    def store(self) -> Iterator[SqlStore]:
        """Yield the store with new connections; what it has compiled of SQL is all that it keeps."""
        if self._opened is None:
            self._opened = SqlStore.open(self.url)
        yield self._opened
        self._opened.close()

    def set_up(self) -> None:
        """Go back to the start, in both remotes and in the database."""
        assert self.world is not None
        self.world.restore()
        self.databases.copy(self.start, self.url)

    def play(self, *deaths: int) -> tuple[dict[str, object], list[Fate]]:
        """Run passes that die at these boundaries, one after the other, then passes until nothing is planned.

        Returns the state of all three systems at the end, and the fates; the last one is that of the first pass
        that nothing disturbed. A pass may be over before the boundary at which it was to die.
        """
        self.set_up()
        fates = [self.run(at) for at in deaths]
        left = self._left()
        if left not in self.known:
            self.known[left] = (self.run(), self._end())
        undisturbed, end = self.known[left]
        return end, [*fates, undisturbed]

    def _left(self) -> str:
        """Return all that is left of dead passes: the database, but for who held the lease, both remotes, the time.

        What follows depends on nothing else, so that it is played once for all deaths that leave the same behind.
        """
        with self.store() as store, store.engine.connect() as connection:
            database = {
                table.name: sorted(
                    repr([value for name, value in row.items() if name != "holder"])
                    for row in connection.execute(select(table)).mappings()
                )
                for table in Base.metadata.sorted_tables
            }
        pipedrive = {kind: table.rows for kind, table in self.sandbox.pipedrive.state.tables.items()}
        return repr((database, pipedrive, self.sandbox.tc2.state.clients, self.sandbox.clock.now()))

    def run(self, at: int | None = None) -> Fate:
        """Run one pass, as a process of its own would; it dies at the boundary of this number."""
        fate = Fate(at)
        with self.store() as store, fate.over(store.engine), suppress(Killed):
            MortalRig(self.sandbox, store, fate).reconcile(full=self.scenario.full)
        return fate

    def _end(self) -> dict[str, object]:
        with self.store() as store:
            rig = Rig(self.sandbox, store)
            passes = 0
            while rig.reconcile(full=self.scenario.full).actions:
                passes += 1
                assert passes < _MOST_PASSES, "the passes after a kill do not come to rest"
            status = store.status(rig.clock.now())
            assert status.waiting == status.refused == ()
            assert status.running is None
            return rig.everything()


@pytest.fixture
def theatre(request: pytest.FixtureRequest, sandbox: Sandbox, databases: Databases) -> Theatre:
    """The scenario that the test is parametrised with, prepared."""
    made = Theatre(request.param, sandbox, databases)
    made.prepare()
    return made


every_scenario = pytest.mark.parametrize(
    ("theatre", "databases"),
    [*((one, "sqlite") for one in ALL), (RENAME, "postgresql")],
    indirect=True,
    ids=[*(f"{one}-sqlite" for one in ALL), f"{RENAME}-postgresql"],
)


@every_scenario
def test_a_pass_killed_anywhere_leaves_no_trace(theatre: Theatre) -> None:
    """Wherever a pass is killed, the passes after it end in the state of a run that nothing disturbed."""
    expected, (undisturbed,) = theatre.play()
    boundaries = undisturbed.reached

    killed_at: list[str] = []
    wrong: dict[str, str] = {}
    for number, boundary in enumerate(boundaries):
        end, (fate, _) = theatre.play(number)
        assert fate.is_dead
        killed_at.append(fate.reached[-1])
        assert fate.reached == boundaries[: number + 1], "a pass is the same up to where it is killed"
        wrong |= {f"{number} {boundary}": part for part in expected if end[part] != expected[part]}

    print(f"{theatre.scenario}: {len(killed_at)} cells, {len(theatre.known)} different states left behind")
    assert killed_at == boundaries
    assert wrong == {}


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
    [(one, "sqlite") for one in (UPDATE, DELETION, SIGN_UP)],
    indirect=True,
    ids=["update", "deletion", "sign-up"],
)
def test_passes_killed_again_and_again_get_there_in_the_end(theatre: Theatre) -> None:
    """A pass killed at its first boundary, the next at its second, and so on, until one comes through."""
    expected, (undisturbed,) = theatre.play()

    end, fates = theatre.play(*range(len(undisturbed.reached)))

    assert end == expected
    assert sum(fate.is_dead for fate in fates) > len(undisturbed.reached) / 2

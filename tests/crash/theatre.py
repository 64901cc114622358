"""Where one scenario is played again and again, and a pass of it killed at every boundary."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select

from hermes_sync.sandbox import Sandbox
from hermes_sync.store import SqlStore
from hermes_sync.store.tables import Base
from tests.crash.mortal import Fate, Killed, MortalRig
from tests.crash.scenarios import Scenario
from tests.crash.worlds import Databases, SavedWorld
from tests.cycle.rig import Rig

MOST_PASSES: Final = 6


@dataclass(frozen=True)
class Cell:
    """One death: at which boundary, and what is wrong with where the passes after it ended: nothing, if all is well."""

    boundary: str
    wrong: tuple[str, ...]

    @property
    def is_commit(self) -> bool:
        """Whether it is a boundary of the database; the others are of an exchange with a remote."""
        return self.boundary.endswith(" commit")

    @property
    def is_before(self) -> bool:
        """Whether it is before what it is a boundary of."""
        return self.boundary.startswith("before ")


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
                rig.settle(MOST_PASSES)
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
                assert passes < MOST_PASSES, "the passes after a kill do not come to rest"
            status = store.status(rig.clock.now())
            assert status.waiting == status.refused == ()
            assert status.running is None
            return rig.everything()

    def kill_everywhere(self) -> Iterator[Cell]:
        """Yield what comes of killing the pass at each of its boundaries, in their order."""
        expected, (undisturbed,) = self.play()
        for number, boundary in enumerate(undisturbed.reached):
            try:
                end, (fate, _) = self.play(number)
            except AssertionError as error:
                yield Cell(boundary, (str(error),))
                continue
            wrong = [part for part in expected if end[part] != expected[part]]
            if not fate.is_dead or fate.reached != undisturbed.reached[: number + 1]:
                wrong.append("not killed where the undisturbed pass has this boundary")
            yield Cell(boundary, tuple(wrong))

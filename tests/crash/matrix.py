"""The command behind `script/crash-matrix`: kills a pass of every scenario at every boundary, and prints the table."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hermes_sync.sandbox import Sandbox
from hermes_sync.store import SqlStore
from tests.conftest import PostgresqlServer
from tests.crash.scenarios import ALL, ON_POSTGRESQL, Scenario
from tests.crash.theatre import Cell, Theatre
from tests.crash.worlds import Databases, PostgresqlDatabases, SqliteFiles

COLUMNS = tuple((is_commit, is_before) for is_commit in (True, False) for is_before in (True, False))
TITLES = ("scenario", "database", "before a commit", "after a commit", "before an exchange", "after an exchange")


def main() -> int:
    """Print a row for each scenario and the sums; return 1 when a death left a trace."""
    print(f"| {' | '.join(TITLES)} | cells | failures |")
    print(f"|---|---|{'---:|' * 6}")
    everything: list[Cell] = []
    with TemporaryDirectory(prefix="hermes-sync-crash-", ignore_cleanup_errors=True) as folder, Sandbox() as sandbox:
        for scenario in ALL:
            everything += played(sandbox, scenario, SqliteFiles(Path(folder), _template(Path(folder))), "SQLite")
        with postgresql(Path(folder)) as databases:
            everything += played(sandbox, ON_POSTGRESQL, databases, "PostgreSQL")
    print(row("all", "", everything))
    for cell in (one for one in everything if one.wrong):
        print(f"wrong when killed {cell.boundary}: {', '.join(cell.wrong)}", file=sys.stderr)
    return int(any(cell.wrong for cell in everything))


def played(sandbox: Sandbox, scenario: Scenario, databases: Databases, on: str) -> list[Cell]:
    """Kill the pass of a scenario everywhere, and print its row."""
    sandbox.clock.freeze("2026-05-14T12:00:00Z")
    sandbox.reset()
    theatre = Theatre(scenario, sandbox, databases)
    theatre.prepare()
    cells = list(theatre.kill_everywhere())
    print(row(str(scenario), on, cells), flush=True)
    return cells


def row(name: str, on: str, cells: list[Cell]) -> str:
    """Return one row of the table."""
    counts = [sum((cell.is_commit, cell.is_before) == column for cell in cells) for column in COLUMNS]
    failures = sum(bool(cell.wrong) for cell in cells)
    return f"| {' | '.join(map(str, (name, on, *counts, len(cells), failures)))} |"


def _template(folder: Path) -> bytes:
    path = folder / "template.db"
    if not path.exists():
        with SqlStore.open(f"sqlite:///{path}") as store:
            store.upgrade()
    return path.read_bytes()


@contextmanager
def postgresql(folder: Path) -> Iterator[Databases]:
    """Yield the databases of a PostgreSQL that runs meanwhile; started by root it runs as another user."""
    place = folder / "postgresql"
    place.mkdir()
    for one in (folder, place):
        one.chmod(0o777)
    server = PostgresqlServer(place)
    try:
        yield PostgresqlDatabases(server)
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main())

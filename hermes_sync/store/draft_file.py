"""The private SQLite file that a draft is: made in a fresh folder, bounded in memory, deleted when closed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy import Engine, NullPool, Table, create_engine
from sqlalchemy.dialects import sqlite

from hermes_sync.core.objects import Kind
from hermes_sync.store.draft_tables import DRAFT

if TYPE_CHECKING:
    from hermes_sync.core.records import Ref

_CACHE_KIBIBYTES: Final = 16_384
_PRAGMAS: Final = (
    "journal_mode = OFF",  # nobody ever goes back in it
    "synchronous = OFF",  # it need not survive a crash
    f"cache_size = -{_CACHE_KIBIBYTES}",
)


class DraftFile:
    """A temporary database beside the store, with the plain statements to fill it."""

    def __init__(self, store: Engine, *, revision: int, population: dict[str, int]) -> None:
        self.store = store
        self.revision = revision
        """The revision of the store that the draft is planned on."""
        self.stored: dict[Kind, bool] = {kind: population.get(kind.value, 0) > 0 for kind in Kind}
        self.overlaid: dict[Kind, bool] = dict.fromkeys(Kind, False)
        self.merged_into: dict[Ref, Ref] = {}
        self._folder = TemporaryDirectory(prefix="hermes-sync-draft-")
        self.path = Path(self._folder.name) / "draft.db"
        self._engine = create_engine(f"sqlite:///{self.path}", poolclass=NullPool)
        self.connection = self._engine.connect()
        driver = self.connection.connection.driver_connection
        assert driver is not None, "the draft's database is open"
        driver.isolation_level = None
        for pragma in _PRAGMAS:
            self.connection.exec_driver_sql(f"PRAGMA {pragma}")
        self.connection.exec_driver_sql("BEGIN")
        DRAFT.create_all(self.connection)

    def close(self) -> None:
        """Delete the draft; what was not applied never happened."""
        self.connection.close()
        self._engine.dispose()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def at_rest(self) -> Iterator[Path]:
        """Yield the path of the file while everything is in it and nothing is being written."""
        self.connection.exec_driver_sql("COMMIT")
        try:
            yield self.path
        finally:
            self.connection.exec_driver_sql("BEGIN")

    def write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Write rows with one of the statements below, in one go."""
        if rows:
            self.connection.exec_driver_sql(statement, list(rows))


@lru_cache
def replacing(table: Table) -> str:
    """Return the INSERT that replaces the row with the same primary key."""
    return _in_sqlite(sqlite.insert(table).prefix_with("OR REPLACE"))


@lru_cache
def ignoring(table: Table) -> str:
    """Return the INSERT that leaves the row with the same key as it is."""
    return _in_sqlite(sqlite.insert(table).prefix_with("OR IGNORE"))


@lru_cache
def overlaying(table: Table) -> str:
    """Return the INSERT that updates the row with the same id; who was born in this pass stays so."""
    insert = sqlite.insert(table)
    kept = {one.name: insert.excluded[one.name] for one in table.columns if one.name not in ("id", "born")}
    return _in_sqlite(insert.on_conflict_do_update(index_elements=[table.c.id], set_=kept))


def _in_sqlite(statement: sqlite.Insert) -> str:
    return str(statement.compile(dialect=sqlite.dialect()))

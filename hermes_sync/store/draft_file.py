"""The private SQLite file that a draft is: made in a fresh folder, bounded in memory, deleted when closed.

All drafts of a process share what takes long to make: the statements in SQLite's words, which an engine of
SQLAlchemy keeps, and the file with empty tables that each begins as a copy of. An empty draft takes 1.4 ms so, and
took 10 ms with an engine and tables of its own.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy import Connection, Engine, NullPool, StaticPool, Table, create_engine
from sqlalchemy.dialects import sqlite

from hermes_sync.core.objects import Kind
from hermes_sync.store import state
from hermes_sync.store.draft_folders import DraftFolder
from hermes_sync.store.draft_tables import DRAFT

if TYPE_CHECKING:
    from hermes_sync.core.records import Ref, RemoteKind
    from hermes_sync.store.rows import JournalPush

_CACHE_KIBIBYTES: Final = 16_384
_PRAGMAS: Final = (
    "journal_mode = OFF",  # nobody ever goes back in it
    "synchronous = OFF",  # it need not survive a crash
    f"cache_size = -{_CACHE_KIBIBYTES}",
)


class DraftFile:
    """A temporary database beside the store, with the plain statements to fill it."""

    def __init__(self, store: Engine, *, revision: int, newest_booking: int, population: dict[str, int]) -> None:
        self.store = store
        self.revision = revision
        """The revision of the store that the draft is planned on."""
        self.newest_booking = newest_booking
        """The newest booking that the plan knows of; later ones have higher ids, since bookings wait for each other.

        The number of the newest pass would not do: on PostgreSQL a pass may begin while a booking is being written
        down, and then its number is the higher one.
        """
        self._moment: Connection | None = None
        self.set_aside: dict[Kind, range] = {}
        """The ids that only this draft gives to what it creates; of other kinds bookings may take the same."""
        self.stored: dict[Kind, bool] = {kind: population.get(kind.value, 0) > 0 for kind in Kind}
        self.overlaid: dict[Kind, bool] = dict.fromkeys(Kind, False)
        self.held: set[RemoteKind] = set()
        """The kinds of which anything was pulled: of the others nobody need ask."""
        self.touched_kinds: set[RemoteKind] = set()
        """The kinds of which something may have to be told something."""
        self.merged_into: dict[Ref, Ref] = {}
        self.adopted: dict[int, tuple[JournalPush, int]] = {}
        """Meeting → the push that perhaps made its Activity, and the Activity that was found."""
        self._folder = DraftFolder()
        self.path = Path(self._folder.name) / "draft.db"
        self.path.write_bytes(_with_empty_tables())
        opening = _OPENING.set(self.path)
        self.connection = _drafts().connect()
        _OPENING.reset(opening)
        self.connection.exec_driver_sql("BEGIN")

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """Have whatever is asked in a `with` block be answered by the store as it is now.

        Bookings go on meanwhile: a plan that saw half of one would be about a state that never was.
        """
        options = {} if self.store.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        with self.store.connect().execution_options(**options) as connection:
            self.take_note(connection)
            if isinstance(self.store.pool, StaticPool):  # there is only this connection, and nobody else has it
                connection.rollback()
            else:
                self._moment = connection
            try:
                yield
            finally:
                self._moment = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that reads the store."""
        if self._moment is not None:
            yield self._moment
            return
        with self.store.connect() as connection:
            yield connection

    def take_note(self, connection: Connection) -> None:
        """Note how the store is now: what the plan is made on."""
        self.newest_booking, self.revision = state.newest_booking(connection), state.revision(connection)
        self.stored = {kind: one.population > 0 for kind, one in state.counters(connection).items()}

    def close(self) -> None:
        """Delete the draft; what was not applied never happened."""
        self.connection.close()
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


_OPENING: ContextVar[Path] = ContextVar("the file of the draft that is being opened")


@cache
def _drafts() -> Engine:
    """Return the engine of all drafts; it keeps no connection, and the statements that it compiled."""
    return create_engine("sqlite://", poolclass=NullPool, creator=_open, hide_parameters=True)


def _open() -> sqlite3.Connection:
    driver = sqlite3.connect(_OPENING.get(), isolation_level=None, check_same_thread=False)
    for pragma in _PRAGMAS:
        driver.execute(f"PRAGMA {pragma}")
    return driver


@cache
def _with_empty_tables() -> bytes:
    with DraftFolder() as folder:
        path = Path(folder) / "empty.db"
        engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
        DRAFT.create_all(engine)
        return path.read_bytes()


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

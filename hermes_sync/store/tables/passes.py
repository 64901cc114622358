"""The tables of what passes did: the passes, the journal of actions and pushes, and the lease to run one."""

from datetime import datetime
from typing import Final

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hermes_sync.store.tables.mapping import Base, names, partial_index, table_of


class PassRow(Base):
    """One pass: when, with what result, and what it had to say."""

    __tablename__ = "passes"
    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    result: Mapped[str | None]
    exit_code: Mapped[int | None]
    counts: Mapped[str | None]
    notices: Mapped[str | None]


class JournalRow(Base):
    """One applied action or one push. `before` and `after` are whole Hermes objects; only pushes have a state.

    What an applied action changed follows from `before` and `after`, so that `changes` is kept for pushes only.
    """

    __tablename__ = "journal"
    id: Mapped[int] = mapped_column(primary_key=True)
    pass_id: Mapped[int] = mapped_column(names("passes.id"))
    seq: Mapped[int]
    rule: Mapped[str]
    rules: Mapped[str]
    cause: Mapped[str]
    system: Mapped[str]
    object: Mapped[str]
    verb: Mapped[str]
    key: Mapped[str]
    hermes_id: Mapped[int]
    remote_id: Mapped[int | None]
    before: Mapped[str | None]
    after: Mapped[str | None]
    changes: Mapped[str | None]
    state: Mapped[str | None]
    attempts: Mapped[int]
    due_at: Mapped[datetime | None]
    digest: Mapped[str | None]
    receipt: Mapped[str | None]
    reason: Mapped[str | None]
    started_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class LeaseRow(Base):
    """Who may run a pass, and until when."""

    __tablename__ = "lease"
    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until: Mapped[datetime]
    acquired_at: Mapped[datetime]


PASSES: Final = table_of(PassRow)
JOURNAL: Final = table_of(JournalRow)
LEASE: Final = table_of(LeaseRow)

_OPEN: Final = "state IN ('planned', 'started', 'deferred')"
_REFUSED: Final = "state = 'refused'"

IS_OPEN: Final = text(f"journal.{_OPEN}")
"""The condition of the partial index of open pushes, in its own words: so it is used for any parameters."""

IS_REFUSED: Final = text(f"journal.{_REFUSED}")
"""The condition of the partial index of refused pushes."""

Index("ix_journal_pass_id_seq", JOURNAL.c.pass_id, JOURNAL.c.seq)
Index("ix_journal_object_hermes_id", JOURNAL.c.object, JOURNAL.c.hermes_id)
Index("ix_journal_cause", JOURNAL.c.cause)
partial_index(
    "ix_journal_system_object_remote_id",
    JOURNAL,
    "system",
    "object",
    "remote_id",
    where="remote_id IS NOT NULL",
)
partial_index("ix_journal_open", JOURNAL, "id", where=_OPEN)
partial_index("ix_journal_refused", JOURNAL, "id", where=_REFUSED)

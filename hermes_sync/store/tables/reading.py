"""The tables of reading: last-seen, cursors, what the account says of its fields, and hints at what to read early."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Mapped, mapped_column

from hermes_sync.store.tables.mapping import Base, partial_index, table_of


class LastSeenRow(Base):
    """A remote object as it was when a pass last settled it.

    `fields` is the record, `digest` its content in short; both are None for an Org that was gone when it was
    first asked for, and for what hermes-sync created and did not read yet. `org_id` to `pipeline_id` are the remote
    ids of what it names; a client's `org_id` is the Org that its Pipedrive link names. `changed_at` is when a client's
    reading last said something new; None for the other kinds.
    """

    __tablename__ = "last_seen"
    kind: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fields: Mapped[str | None]
    digest: Mapped[str | None]
    update_time: Mapped[str | None]
    read_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    gone_since: Mapped[datetime | None]
    org_id: Mapped[int | None]
    person_id: Mapped[int | None]
    stage_id: Mapped[int | None]
    pipeline_id: Mapped[int | None]


class CursorRow(Base):
    """How far a kind has been read: changes since `since`, and all of it at `complete_at`."""

    __tablename__ = "cursors"
    kind: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime | None]
    complete_at: Mapped[datetime | None]


class FieldDefinitionRow(Base):
    """What the account says of the fields of a kind, as JSON."""

    __tablename__ = "field_definitions"
    kind: Mapped[str] = mapped_column(primary_key=True)
    definitions: Mapped[str]
    read_at: Mapped[datetime]


class HintRow(Base):
    """A remote object that a webhook named and no pass has read since; `count` grows with every webhook."""

    __tablename__ = "hints"
    kind: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    named_at: Mapped[datetime]
    count: Mapped[int]


LAST_SEEN: Final = table_of(LastSeenRow)
CURSORS: Final = table_of(CursorRow)
FIELD_DEFINITIONS: Final = table_of(FieldDefinitionRow)
HINTS: Final = table_of(HintRow)

for _name in ("org_id", "person_id", "stage_id", "pipeline_id"):
    partial_index(
        f"ix_last_seen_kind_{_name}",
        LAST_SEEN,
        "kind",
        _name,
        where=f"gone_since IS NULL AND {_name} IS NOT NULL",
    )
partial_index("ix_last_seen_kind_read_at_id", LAST_SEEN, "kind", "read_at", "id", where="gone_since IS NULL")
partial_index(
    "ix_last_seen_kind_changed_at",
    LAST_SEEN,
    "kind",
    "changed_at",
    where="gone_since IS NULL AND changed_at IS NOT NULL",
)

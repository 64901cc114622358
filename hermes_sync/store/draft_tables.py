"""The tables of a draft: what was pulled, the Hermes objects as the pass leaves them, and what it will do.

They live in the draft's own SQLite file. `apply` reads them from there when the store is SQLite too, and copies
them into temporary tables of the same names when it is PostgreSQL.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, Table, Text, text

from hermes_sync.core.objects import Kind
from hermes_sync.core.records import RECORD_TYPES, RemoteKind
from hermes_sync.store.tables import BIG, OBJECT_TABLES, Instant

DRAFT: Final = MetaData()

OVERLAY_KEYS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.COMPANY: ("pd_org_id", "tc2_cligency_id", "tc2_agency_id", "name_key"),
    Kind.CONTACT: ("company_id", "pd_person_id", "tc2_sr_id", "email_key"),
    Kind.DEAL: ("pd_deal_id", "company_id", "contact_id", "pipeline_id", "stage_id"),
    Kind.MEETING: ("company_id", "contact_id", "deal_id"),
    Kind.PIPELINE: (),
    Kind.STAGE: (),
}
"""What objects are looked up by; each is an index."""

NAMING: Final[Mapping[RemoteKind, tuple[str, ...]]] = {
    RemoteKind.PERSON: ("org_id",),
    RemoteKind.DEAL: ("org_id", "person_id"),
    RemoteKind.CLIENT: ("org_id",),
}
"""What pulled objects are looked up by: the remote objects that they name."""


def _overlay(kind: Kind) -> Table:
    stored = OBJECT_TABLES[kind]
    name = f"draft_{stored.name}"
    return Table(
        name,
        DRAFT,
        *(Column(one.name, one.type, primary_key=one.primary_key) for one in stored.columns),
        Column("born", Boolean, nullable=False),  # created by this pass: the store has no such row
        Column("gone", Boolean, nullable=False),  # deleted by this pass; the other columns are as they were
        *(Index(f"ix_{name}_{key}", key, sqlite_where=text(f"{key} IS NOT NULL")) for key in OVERLAY_KEYS[kind]),
    )


def _pulled(kind: RemoteKind) -> Table:
    name = f"draft_seen_{kind.value}"
    indexes = [
        Index(f"ix_{name}_gone", "id", sqlite_where=text("gone = 1")),
        *(
            Index(f"ix_{name}_{column}", column, sqlite_where=text(f"{column} IS NOT NULL"))
            for column in NAMING.get(kind, ())
        ),
    ]
    return Table(
        name,
        DRAFT,
        Column("id", BIG, primary_key=True),
        Column("gone", Boolean, nullable=False),
        Column("why", Text, nullable=False),
        Column("lived", Boolean, nullable=False),  # there is a living last-seen of it
        Column("differs", Boolean, nullable=False),  # last-seen says something else
        Column("fields", Text),
        Column("digest", Text),
        Column("update_time", Text),
        Column("read_at", Instant),
        Column("org_id", BIG),
        Column("person_id", BIG),
        Column("stage_id", BIG),
        Column("pipeline_id", BIG),
        *indexes,
    )


OVERLAYS: Final[Mapping[Kind, Table]] = {kind: _overlay(kind) for kind in Kind}
PULLED: Final[Mapping[RemoteKind, Table]] = {kind: _pulled(kind) for kind in RECORD_TYPES}

REREAD: Final = Table("draft_reread", DRAFT, Column("id", BIG, primary_key=True), Column("read_at", Instant))
"""Clients that were read and say what they said before."""

ACTIONS: Final = Table(
    "draft_actions",
    DRAFT,
    Column("seq", BIG, primary_key=True),
    Column("first", BIG, nullable=False),  # the seq of the first action of the same cause
    Column("is_push", Boolean, nullable=False),
    Column("rule", Text, nullable=False),
    Column("rules", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("hermes_id", BIG, nullable=False),
    Column("remote_id", BIG),
    Column("before", Text),
    Column("after", Text),
    Column("changes", Text),
    Column("digest", Text),
)

TOUCHES: Final = Table(
    "draft_touches",
    DRAFT,
    Column("seq", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("hermes_id", BIG, nullable=False),
    Column("rule", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("rank", Integer, nullable=False),  # 0 what a row asked for, 1 what a touched object implies
)

NOTICES: Final = Table(
    "draft_notices",
    DRAFT,
    Column("seq", Integer, primary_key=True),
    Column("said", Text, nullable=False, unique=True),
)

CARRIED: Final = (*OVERLAYS.values(), *PULLED.values(), REREAD, ACTIONS)
"""What `apply` carries over."""

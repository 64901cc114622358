"""The statements that carry a draft over into the store: what `apply` carries out, in one transaction.

They read the draft's tables by name. Making them takes longer than running them, so each is made once and kept.
"""

from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Delete,
    Insert,
    Select,
    Table,
    UniqueConstraint,
    Update,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    null,
    or_,
    select,
    update,
)

from hermes_sync.core.objects import Kind
from hermes_sync.core.records import RemoteKind
from hermes_sync.store.draft_tables import ACTIONS, OVERLAYS, PULLED, REREAD
from hermes_sync.store.engine import insert_into
from hermes_sync.store.rows import SEEN_COLUMNS
from hermes_sync.store.tables import JOURNAL, LAST_SEEN, OBJECT_TABLES, STATE

_ACTION_COLUMNS: Final = (
    "seq",
    "rule",
    "rules",
    "cause",
    "system",
    "object",
    "verb",
    "key",
    "hermes_id",
    "remote_id",
    "before",
    "after",
    "changes",
    "digest",
)

MOVE_ON: Final = update(STATE).values(revision=STATE.c.revision + bindparam("steps"), policy_digest=bindparam("policy"))
"""Moves the revision by `steps` and notes the digest of the `policy`."""

NOTE_REREAD: Final = (
    update(LAST_SEEN)
    .where(LAST_SEEN.c.kind == RemoteKind.CLIENT.value, LAST_SEEN.c.id.in_(select(REREAD.c.id)))
    .values(read_at=select(REREAD.c.read_at).where(REREAD.c.id == LAST_SEEN.c.id).scalar_subquery())
)
"""Notes when clients were read that say what they said before."""

WRITE_DOWN: Final = JOURNAL.insert().from_select(
    ["pass_id", *_ACTION_COLUMNS, "state", "attempts"],
    select(
        bindparam("of_pass", type_=JOURNAL.c.pass_id.type),
        *(ACTIONS.c[name] for name in _ACTION_COLUMNS),
        case((ACTIONS.c.is_push, literal("planned"))),
        literal(0),
    ).order_by(ACTIONS.c.seq),
)
"""Writes the actions of the plan into the journal, as those of the pass `of_pass`."""


@cache
def delete_gone(kind: Kind) -> Delete:
    """Return the DELETE of the objects that the pass deleted."""
    table, overlay = OBJECT_TABLES[kind], OVERLAYS[kind]
    gone = select(overlay.c.id).where(overlay.c.gone, overlay.c.born.is_(False))
    return delete(table).where(table.c.id.in_(gone))


@cache
def make_room(kind: Kind, name: str) -> Update:
    """Return the UPDATE that blanks a unique remote id where a row will lose it, so that another may have it."""
    table, overlay = OBJECT_TABLES[kind], OVERLAYS[kind]
    loses = select(overlay.c.id).where(
        overlay.c.born.is_(False),
        overlay.c.gone.is_(False),
        overlay.c.id == table.c.id,
        overlay.c[name].is_distinct_from(table.c[name]),
    )
    listed = select(overlay.c.id).where(overlay.c.born.is_(False), overlay.c.gone.is_(False))
    return (
        update(table).where(table.c.id.in_(listed), table.c[name].is_not(None), loses.exists()).values({name: null()})
    )


@cache
def insert_born(kind: Kind) -> Insert:
    """Return the INSERT of the objects that the pass created."""
    table, overlay = OBJECT_TABLES[kind], OVERLAYS[kind]
    names = [column.name for column in table.columns]
    born = select(*(overlay.c[name] for name in names)).where(overlay.c.born, overlay.c.gone.is_(False))
    return table.insert().from_select(names, born)


@cache
def updates(kind: Kind) -> tuple[Update, Update]:
    """Return the UPDATEs that have rows say what the overlay says; indexed columns only where they differ.

    SQLite writes every index of a column that is set anew, whether or not the value is another.
    """
    table, overlay = OBJECT_TABLES[kind], OVERLAYS[kind]
    listed = select(overlay.c.id).where(overlay.c.born.is_(False), overlay.c.gone.is_(False))
    rows = (table.c.id.in_(listed), overlay.c.id == table.c.id)
    indexed = _indexed(table)
    plain = {one.name: overlay.c[one.name] for one in table.columns if one.name not in indexed}
    keys = {name: overlay.c[name] for name in sorted(indexed - {"id"})}
    differs = or_(*(table.c[name].is_distinct_from(value) for name, value in keys.items()))
    return update(table).where(*rows, differs).values(keys), update(table).where(*rows).values(plain)


def _indexed(table: Table) -> set[str]:
    keys = [*(one.columns for one in table.indexes), table.primary_key.columns]
    keys += [one.columns for one in table.constraints if isinstance(one, UniqueConstraint)]
    return {column.name for columns in keys for column in columns}


@cache
def tally(kind: Kind) -> Select[int, int, Any]:
    """Return the question how many were born, how many are gone, and for the highest id."""
    overlay = OVERLAYS[kind]
    return select(
        func.count().filter(and_(overlay.c.born, overlay.c.gone.is_(False))),
        func.count().filter(and_(overlay.c.gone, overlay.c.born.is_(False))),
        func.max(overlay.c.id),
    )


@cache
def learn(kind: RemoteKind, dialect: str) -> Insert:
    """Return the INSERT that has last-seen say what was pulled of a kind and differs."""
    table = PULLED[kind]
    columns = {name: table.c[name] for name in SEEN_COLUMNS}
    if kind is RemoteKind.CLIENT:
        columns["changed_at"] = table.c.read_at
    insert = insert_into(LAST_SEEN, dialect)
    learnt = insert.from_select(
        ["kind", "id", *columns],
        select(literal(kind.value), table.c.id, *columns.values()).where(table.c.differs, table.c.gone.is_(False)),
    )
    kept = {name: insert.excluded[name] for name in columns}
    key = [LAST_SEEN.c.kind, LAST_SEEN.c.id]
    return learnt.on_conflict_do_update(index_elements=key, set_={**kept, "gone_since": None})


@cache
def learn_gone_orgs(dialect: str) -> Insert:
    """Return the INSERT that remembers of an Org that something names, and that nobody ever saw, that it is gone."""
    table = PULLED[RemoteKind.ORGANIZATION]
    since = bindparam("since", type_=LAST_SEEN.c.gone_since.type)
    unknown = select(literal(RemoteKind.ORGANIZATION.value), table.c.id, table.c.read_at, since).where(
        table.c.gone, table.c.lived.is_(False)
    )
    insert = insert_into(LAST_SEEN, dialect).from_select(["kind", "id", "read_at", "gone_since"], unknown)
    return insert.on_conflict_do_nothing()


@cache
def bury(kind: RemoteKind) -> Update:
    """Return the UPDATE that notes of what was pulled as gone that it is so since `since`."""
    table = PULLED[kind]
    gone = select(table.c.id).where(table.c.gone, table.c.lived)
    return (
        update(LAST_SEEN)
        .where(LAST_SEEN.c.kind == kind.value, LAST_SEEN.c.id.in_(gone))
        .values(gone_since=bindparam("since", type_=LAST_SEEN.c.gone_since.type))
    )

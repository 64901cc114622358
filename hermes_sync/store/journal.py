"""The pushes of the journal: what is open, what stands refused, and what a pass planned (semantics 5).

What becomes of a push is written down by `settling`; a newer push to the same target closes it (`superseding`).
"""

from collections.abc import Collection, Iterator
from functools import cache
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Engine, RowMapping, Select, bindparam, select

from hermes_sync.core.plan import Verb
from hermes_sync.core.records import RemoteKind
from hermes_sync.store.among import among, listed
from hermes_sync.store.rows import JournalPush, changes_of_json
from hermes_sync.store.tables import IS_OPEN, IS_REFUSED, JOURNAL

_STRETCH: Final = 500
COLUMNS: Final = tuple(JOURNAL.c[one] for one in (
    "id", "pass_id", "seq", "object", "verb", "hermes_id", "remote_id", "changes", "rule", "rules", "cause", "key",
    "state", "attempts", "due_at", "started_at", "digest", "reason",
))  # fmt: skip
"""What `push_of` reads."""
_OPEN_PUSHES: Final = select(*COLUMNS).where(IS_OPEN).order_by(JOURNAL.c.id)
_REFUSED_PUSHES: Final = select(*COLUMNS).where(IS_REFUSED).order_by(JOURNAL.c.id)
_PLANNED_PUSHES: Final = (
    select(*COLUMNS)
    .where(JOURNAL.c.pass_id == bindparam("of_pass"), JOURNAL.c.state == "planned", JOURNAL.c.seq > bindparam("last"))
    .order_by(JOURNAL.c.seq)
    .limit(_STRETCH)
)


def push_of(row: RowMapping) -> JournalPush:
    """Return the push of a row of the journal."""
    said: dict[str, Any] = dict(row)
    said["kind"] = RemoteKind(said.pop("object"))
    said["verb"] = Verb(said["verb"])
    said["changes"] = changes_of_json(said["changes"])
    said["rules"] = tuple(orjson.loads(said["rules"]))
    said["key"] = orjson.loads(said["key"])
    return JournalPush(**said)


def open_pushes(connection: Connection) -> list[JournalPush]:
    """Return the pushes that are still to be carried out, oldest first."""
    return _pushes(connection, _OPEN_PUSHES)


def refused_pushes(connection: Connection) -> list[JournalPush]:
    """Return the pushes that stand refused, oldest first."""
    return _pushes(connection, _REFUSED_PUSHES)


def _pushes(connection: Connection, question: Select[Any]) -> list[JournalPush]:
    return [push_of(row) for row in connection.execute(question).mappings()]


def planned_pushes(engine: Engine, pass_id: int) -> Iterator[JournalPush]:
    """Yield the pushes that a pass planned and did not start yet, in order; no transaction stays open between."""
    last = -1
    while True:
        with engine.connect() as connection:
            rows = connection.execute(_PLANNED_PUSHES, {"of_pass": pass_id, "last": last})
            pushes = [push_of(row) for row in rows.mappings()]
        if not pushes:
            return
        yield from pushes
        last = pushes[-1].seq


def refused(connection: Connection, kind: RemoteKind, hermes_ids: Collection[int]) -> set[tuple[int, str]]:
    """Return the Hermes id and content of the pushes that stand refused."""
    parameters = {"of_kind": kind.value, **listed(hermes_ids, connection)}
    rows = connection.execute(_refused(connection.dialect.name), parameters)
    return {(row.hermes_id, row.digest) for row in rows}


@cache
def _refused(dialect: str) -> Select[Any]:
    return select(JOURNAL.c.hermes_id, JOURNAL.c.digest).where(
        JOURNAL.c.object == bindparam("of_kind"),
        JOURNAL.c.state == "refused",
        among(JOURNAL.c.hermes_id, dialect),
    )


def created(connection: Connection, kind: RemoteKind, remote_ids: Collection[int]) -> set[int]:
    """Return which of these remote objects hermes-sync itself created."""
    rows = connection.scalars(_created(kind, connection.dialect.name), listed(remote_ids, connection))
    return {id_ for id_ in rows if id_ is not None}


@cache
def _created(kind: RemoteKind, dialect: str) -> Select[Any]:
    return select(JOURNAL.c.remote_id).where(
        JOURNAL.c.system == kind.system.value,
        JOURNAL.c.object == kind.value,
        JOURNAL.c.verb == Verb.CREATE.value,
        JOURNAL.c.state == "settled",
        among(JOURNAL.c.remote_id, dialect),
    )

"""The passes as they are written down: when each began and ended, with what result, and what it had to say."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy import Connection, RowMapping, bindparam, select, update

from hermes_sync.core.records import Notice
from hermes_sync.store.booked import SCOPE as BOOKING
from hermes_sync.store.rows import PassRow, json_text, notices_of_json
from hermes_sync.store.tables import PASSES

_BEGIN: Final = PASSES.insert().returning(PASSES.c.id)
_END: Final = update(PASSES).where(PASSES.c.id == bindparam("of_pass"))


def begin(connection: Connection, *, scope: str, now: datetime) -> int:
    """Write down that a pass begins; return its id."""
    return int(connection.execute(_BEGIN, {"scope": scope, "started_at": now}).scalar_one())


def end(
    connection: Connection,
    pass_id: int,
    *,
    now: datetime,
    result: str,
    exit_code: int,
    counts: Mapping[str, object],
    notices: Sequence[Notice],
) -> None:
    """Write down how a pass ended."""
    connection.execute(
        _END,
        {
            "of_pass": pass_id,
            "ended_at": now,
            "result": result,
            "exit_code": exit_code,
            "counts": json_text(dict(counts)),
            "notices": json_text(tuple(notices)),
        },
    )


def latest(connection: Connection, limit: int, *, bookings: bool) -> list[PassRow]:
    """Return the newest passes, newest first, with or without those that are bookings."""
    question = select(PASSES) if bookings else select(PASSES).where(PASSES.c.scope != BOOKING)
    rows = connection.execute(question.order_by(PASSES.c.id.desc()).limit(limit)).mappings()
    return [_pass(row) for row in rows]


def pass_of(connection: Connection, id_: int) -> PassRow | None:
    """Return one pass; None if there is none of this number."""
    row = connection.execute(select(PASSES).where(PASSES.c.id == id_)).mappings().first()
    return None if row is None else _pass(row)


def _pass(row: RowMapping) -> PassRow:
    return PassRow(**{**row, "counts": orjson.loads(row["counts"] or "{}"), "notices": notices_of_json(row["notices"])})

"""What passes spent of Pipedrive's tokens: since a time, and what one of each sort costs.

Asked for newest first, and no further back than needed: there are as many passes as the database is old.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median_low
from typing import Any, Final

import orjson
from sqlalchemy import Connection, select

from hermes_sync.store.tables import PASSES

MEASURED: Final = 9
"""The cost of a pass is the median of so many, so that one that had much to follow up does not count."""
_THROUGH: Final = (0, 5)
"""The exit codes of a pass that did its work; 5 says that some pushes wait or were refused."""
_MEASURED: Final = frozenset({"ordinary", "full"})
_LOOKED_AT: Final = 2000
"""Of passes before that time no more than so many are looked at for what a pass costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Tokens since a time: all, those for polling, those for what webhooks named; and what Pipedrive said is left.

    `ordinary` and `complete` are what a pass costs that reads what changed and one that reads everything, None while
    there was none. A pass that did not get through tells nothing of that, nor does one with more to read than either:
    what a person asked for, or what an earlier pass perhaps wrote.
    """

    spent: int
    polled: int
    hinted: int
    left: int | None
    ordinary: int | None
    complete: int | None


def spending(connection: Connection, since: datetime) -> Spending:
    """Return what passes spent that began since then, and what passes cost of late."""
    spent = polled = hinted = earlier = 0
    left: int | None = None
    costs: dict[bool, list[int]] = {False: [], True: []}
    for scope, started_at, exit_code, counts in _newest_first(connection):
        if started_at >= since:
            spent += _count(counts, "pipedrive_tokens")
            polled += _count(counts, "pipedrive_polled")
            hinted += _count(counts, "pipedrive_hinted")
            left = counts.get("pipedrive_daily_left") if left is None else left
        else:
            earlier += 1
            if earlier > _LOOKED_AT or all(len(found) >= MEASURED for found in costs.values()):
                break
        of_its_sort = costs[bool(counts.get("complete"))]
        is_measured = scope in _MEASURED and exit_code in _THROUGH and not counts.get("pipedrive_doubtful")
        if is_measured and counts.get("pipedrive_polled") and len(of_its_sort) < MEASURED:
            of_its_sort.append(_count(counts, "pipedrive_polled"))
    ordinary, complete = (median_low(found) if found else None for found in costs.values())
    return Spending(spent=spent, polled=polled, hinted=hinted, left=left, ordinary=ordinary, complete=complete)


def _newest_first(connection: Connection) -> Iterator[tuple[str, datetime, int | None, Mapping[str, Any]]]:
    rows = connection.execution_options(yield_per=200).execute(_NEWEST_FIRST)
    for scope, started_at, exit_code, counts in rows:
        yield scope, started_at, exit_code, orjson.loads(counts or "{}")


_NEWEST_FIRST: Final = select(PASSES.c.scope, PASSES.c.started_at, PASSES.c.exit_code, PASSES.c.counts).order_by(
    PASSES.c.id.desc()
)


def _count(counts: Mapping[str, Any], name: str) -> int:
    return int(counts.get(name) or 0)

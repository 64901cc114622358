"""The rows of one kind in the Pipedrive twin, with the orders in which lists page through them."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hermes_sync.sandbox.exchange import Json

Row = dict[str, Json]
"""A record in REST shape; its `custom_fields` hold only what is set. Never changed in place."""

PURGE_SECONDS = 30 * 86_400
"""A soft-deleted record is gone for good after 30 days (facts 2)."""

WRITES_KEPT = 10_000
SMALL = 2_000
Key = tuple[Json, int]


LONGEST_LAG = 120.0
"""After so many seconds every index knows a write, whatever lag it is set to."""


class Replaced(NamedTuple):
    """What a row was until a write; None: it was not there."""

    until: float
    row: Row | None


class Table:
    """All rows of a kind, deleted ones included, sorted by id, update time and add time at all times."""

    def __init__(self, kind: str) -> None:
        """Start empty; ids count from 1."""
        self.kind = kind
        self.rows: dict[int, Row] = {}
        self.deleted_at: dict[int, float] = {}
        self.status_before: dict[int, str] = {}
        self.replaced: dict[int, tuple[Replaced, ...]] = {}
        self._last_id = 0
        self._orders: dict[str, list[Key]] = {"id": [], "update_time": [], "add_time": []}

    def take_id(self, wanted: int | None = None) -> int:
        """Give the next id, or the wanted one."""
        chosen = self._last_id + 1 if wanted is None else wanted
        self._last_id = max(self._last_id, chosen)
        return chosen

    def put(self, row: Row, at: float) -> None:
        """Insert or replace a row, written at epoch time `at`."""
        row_id = int(row["id"])
        before = self.rows.get(row_id)
        for field, order in self._orders.items():
            new = sort_key(row, field)
            if before is not None:
                old = sort_key(before, field)
                if old == new:
                    continue
                del order[bisect_left(order, old)]
            insort(order, new)
        self.rows[row_id] = row
        recent = (one for one in self.replaced.get(row_id, ()) if one.until + LONGEST_LAG > at)
        self.replaced[row_id] = (*recent, Replaced(at, before))
        if len(self.replaced) > WRITES_KEPT:
            self.replaced = {key: value for key, value in self.replaced.items() if value[-1].until > at - 3600}

    def fill(self, rows: Iterable[Row]) -> None:
        """Insert many new rows at once, as if they had always been there."""
        for row in rows:
            self.rows[int(row["id"])] = row
        self._last_id = max([self._last_id, *self.rows])
        for field, order in self._orders.items():
            order[:] = sorted(sort_key(row, field) for row in self.rows.values())

    def remove(self, row_id: int) -> None:
        """Take a row out for good."""
        row = self.rows.pop(row_id)
        for field, order in self._orders.items():
            del order[bisect_left(order, sort_key(row, field))]
        for register in (self.deleted_at, self.status_before, self.replaced):
            register.pop(row_id, None)

    def find(self, row_id: int, now: float) -> Row | None:
        """Give a row, also a soft-deleted one until it is purged."""
        deleted = self.deleted_at.get(row_id)
        if deleted is not None and now - deleted >= PURGE_SECONDS:
            self.remove(row_id)
        return self.rows.get(row_id)

    def settled(self, row_id: int, now: float, lag: float) -> bool:
        """Whether the last write is old enough for an index that lags by `lag` seconds to know it."""
        replaced = self.replaced.get(row_id)
        return replaced is None or replaced[-1].until + lag <= now

    def known(self, row_id: int, now: float, lag: float) -> Row | None:
        """Give a row as an index knows it that lags by `lag` seconds: as it was then, None while it was not there."""
        for one in self.replaced.get(row_id, ()):
            if one.until + lag > now:
                return one.row
        return self.rows[row_id]

    def walk(self, field: str, *, descending: bool, after: Key | None) -> Iterator[Row]:
        """Go through all rows in an order, from behind a cursor's key on."""
        order = self._orders.get(field)
        if order is None:
            order = sorted(sort_key(row, field) for row in self.rows.values())
        if descending:
            end = len(order) if after is None else bisect_left(order, after)
            positions = range(end - 1, -1, -1)
        else:
            positions = range(0 if after is None else bisect_right(order, after), len(order))
        for position in positions:
            yield self.rows[order[position][1]]

    def updated_between(self, since: str | None, until: str | None) -> list[Row] | None:
        """Give the rows updated from `since` until before `until`, in no promised order; None if they are many."""
        order = self._orders["update_time"]
        first = 0 if since is None else bisect_left(order, (since, -1))
        last = len(order) if until is None else bisect_left(order, (until, -1))
        if last - first > SMALL:
            return None
        return [self.rows[row_id] for _, row_id in order[first:last]]


def sort_key(row: Row, field: str) -> Key:
    """Give the place of a row in an order; empty values come first."""
    if field == "id":
        return int(row["id"]), int(row["id"])
    if field == "order_nr":
        return int(row.get(field) or 0), int(row["id"])
    return row.get(field) or "", int(row["id"])

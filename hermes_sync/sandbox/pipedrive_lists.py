"""List endpoints of the Pipedrive twin: parameters, filters and keyset pages (facts 1.1 and 1.2)."""

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson

from hermes_sync.sandbox.clock import WHOLE_SECONDS
from hermes_sync.sandbox.pipedrive_rows import WITH_CUSTOM_FIELDS
from hermes_sync.sandbox.pipedrive_state import PipedriveState
from hermes_sync.sandbox.table import PURGE_SECONDS, Key, Row, Table, sort_key
from hermes_sync.sandbox.validation import invalid, not_allowed

if TYPE_CHECKING:
    from hermes_sync.sandbox.exchange import Json

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
MAX_IDS = 100
MAX_CUSTOM_FIELDS = 15
STATUSES = ("open", "won", "lost", "deleted")

COMMON = {"limit", "cursor", "sort_by", "sort_direction"}
TIMED = COMMON | {"filter_id", "ids", "owner_id", "updated_since", "updated_until", "include_fields"}
LABELLED = TIMED | {"custom_fields", "include_option_labels", "include_labels"}
DEALS = LABELLED | {"org_id", "person_id", "pipeline_id", "stage_id", "status"}
PARAMETERS = {
    "organization": LABELLED,
    "person": LABELLED | {"org_id", "deal_id"},
    "deal": DEALS,
    "activity": TIMED | {"org_id", "person_id", "deal_id", "lead_id", "done"},
    "pipeline": COMMON,
    "stage": COMMON | {"pipeline_id"},
}
SORTS = {"activity": ("due_date",), "stage": ("order_nr",)}
EQUALS = ("owner_id", "org_id", "person_id", "deal_id", "pipeline_id", "stage_id")

Test = Callable[[Row], bool]


def page(state: PipedriveState, kind: str, query: dict[str, str], *, archived: bool = False) -> Row:
    """Answer a list request: `data` and the cursor of the next page, null at the end."""
    allowed = PARAMETERS[kind] - ({"include_option_labels", "include_labels"} if archived else set())
    for name in query:
        if name not in allowed:
            raise not_allowed(name)
    limit = whole_number(query, "limit", DEFAULT_LIMIT, MAX_LIMIT)
    field, descending = ordering(kind, query)
    after = cursor_key(query.get("cursor"), field, descending=descending)
    tests = filters(state, kind, query, archived=archived)
    only = custom_keys(query)
    rows: list[Row] = []
    for row in candidates(state, kind, query, field, descending=descending, after=after):
        if all(test(row) for test in tests):
            if len(rows) == limit:
                return listed(state, kind, rows, only, cursor_of(rows[-1], field, descending=descending))
            rows.append(row)
    return listed(state, kind, rows, only, None)


def listed(state: PipedriveState, kind: str, rows: list[Row], only: list[str] | None, cursor: str | None) -> Row:
    """Give a list answer."""
    data = [state.rendered(kind, row, only) for row in rows]
    return {"success": True, "data": data, "additional_data": {"next_cursor": cursor}}


def candidates(
    state: PipedriveState, kind: str, query: dict[str, str], field: str, *, descending: bool, after: Key | None
) -> Iterator[Row]:
    """Give rows in the wanted order that may pass the filters, from behind the cursor on."""
    table = state.tables[kind]
    few = few_rows(table, query)
    if few is None:
        return table.walk(field, descending=descending, after=after)
    keyed = sorted(((sort_key(row, field), row) for row in few), key=lambda one: one[0], reverse=descending)
    if after is None:
        return (row for _, row in keyed)
    return (row for key, row in keyed if (key < after if descending else key > after))


def few_rows(table: Table, query: dict[str, str]) -> Iterable[Row] | None:
    """Give the only rows that `ids` or the update times leave, when they are few."""
    if "ids" in query:
        rows = (table.rows.get(row_id) for row_id in ids_of(query))
        return [row for row in rows if row is not None]
    since, until = moment(query, "updated_since"), moment(query, "updated_until")
    return None if since is None and until is None else table.updated_between(since, until)


def filters(state: PipedriveState, kind: str, query: dict[str, str], *, archived: bool) -> list[Test]:
    """Give the tests that a row has to pass."""
    if "filter_id" in query:
        raise invalid("filter_id", "Filter not found")
    tests: list[Test] = [status_filter(state, query) if kind == "deal" else lambda row: not row["is_deleted"]]
    if kind == "deal":
        tests.append(lambda row: row["is_archived"] == archived)
    wanted = {key: whole_number(query, key, 0) for key in EQUALS if key in query}
    if kind == "person" and "deal_id" in wanted:
        deal = state.tables["deal"].rows.get(wanted.pop("deal_id"), {})
        wanted["id"] = deal.get("person_id") or 0
    tests.extend(equals(key, value) for key, value in wanted.items())
    if "lead_id" in query:
        tests.append(equals("lead_id", query["lead_id"]))
    if "done" in query:
        tests.append(equals("done", flag(query, "done")))
    for name in ("include_option_labels", "include_labels"):
        flag(query, name)
    tests.extend(time_filters(state, kind, query))
    return tests


def time_filters(state: PipedriveState, kind: str, query: dict[str, str]) -> list[Test]:
    """Filter by update time: since inclusive, until exclusive, and late by the list's lag (facts no. 1 and 2)."""
    since, until = moment(query, "updated_since"), moment(query, "updated_until")
    if since is None and until is None:
        return []
    table, now, lag = state.tables[kind], state.clock.now(), state.list_lag
    low, high = since or "", until or "9999"

    def test(row: Row) -> bool:
        stamp = row["update_time"]
        return stamp is not None and low <= stamp < high and table.settled(row["id"], now, lag)

    return [test]


def status_filter(state: PipedriveState, query: dict[str, str]) -> Test:
    """Filter deals by status; deleted ones only on request and for 30 days (facts 1.1)."""
    if "status" not in query:
        return lambda row: not row["is_deleted"]
    wanted = query["status"].split(",")
    unknown = [status for status in wanted if status not in STATUSES]
    if unknown:
        raise invalid("status", f"'{unknown[0]}' is not one of {', '.join(STATUSES)}")
    deleted_at, now = state.tables["deal"].deleted_at, state.clock.now()

    def test(row: Row) -> bool:
        if row["is_deleted"]:
            return "deleted" in wanted and now - deleted_at.get(row["id"], now) < PURGE_SECONDS
        return row["status"] in wanted

    return test


def equals(key: str, wanted: object) -> Test:
    """Filter by one exact value."""
    return lambda row: bool(row.get(key) == wanted)


def ordering(kind: str, query: dict[str, str]) -> tuple[str, bool]:
    """Give the sort field, and whether it descends."""
    field, direction = query.get("sort_by", "id"), query.get("sort_direction", "asc")
    allowed = ("id", "update_time", "add_time", *SORTS.get(kind, ()))
    if field not in allowed:
        raise invalid("sort_by", f"'{field}' is not one of {', '.join(allowed)}")
    if direction not in ("asc", "desc"):
        raise invalid("sort_direction", f"'{direction}' is not one of asc, desc")
    return field, direction == "desc"


def custom_keys(query: dict[str, str]) -> list[str] | None:
    """Give the custom fields that were asked for; None means all."""
    if not query.get("custom_fields"):
        return None
    keys = query["custom_fields"].split(",")
    if len(keys) > MAX_CUSTOM_FIELDS:
        raise invalid("custom_fields", f"{len(keys)} keys, at most {MAX_CUSTOM_FIELDS} are allowed")
    return keys


def ids_of(query: dict[str, str]) -> list[int]:
    """Give the ids of the `ids` parameter, at most 100."""
    texts = query["ids"].split(",")
    if len(texts) > MAX_IDS:
        raise invalid("ids", f"{len(texts)} ids, at most {MAX_IDS} are allowed")
    if not all(text.strip().isdigit() for text in texts):
        raise invalid("ids", "The value is not a comma separated list of ids")
    return sorted({int(text) for text in texts})


def whole_number(query: dict[str, str], name: str, default: int, maximum: int | None = None) -> int:
    """Give a positive number of the query."""
    text = query.get(name)
    if text is None:
        return default
    if not text.isdigit() or int(text) == 0:
        raise invalid(name, "The value is not a valid 'integer'")
    if maximum is not None and int(text) > maximum:
        raise invalid(name, f"The value {text} is above the maximum of {maximum}")
    return int(text)


def flag(query: dict[str, str], name: str) -> bool:
    """Give a boolean of the query; missing is false."""
    text = query.get(name, "false")
    if text not in ("true", "false", "1", "0"):
        raise invalid(name, "The value is not a valid 'boolean'")
    return text in ("true", "1")


def moment(query: dict[str, str], name: str) -> str | None:
    """Give a time of the query as a stamp in UTC; fractional seconds are refused (facts, no. 1)."""
    text = query.get(name)
    if text is None:
        return None
    if not WHOLE_SECONDS.match(text):
        raise invalid(name, f"'{text}' is not a valid datetime")
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid(name, f"'{text}' is not a valid datetime") from error
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def cursor_of(row: Row, field: str, *, descending: bool) -> str:
    """Give the cursor that continues behind a row."""
    marker = {
        "field": field,
        "fieldValue": sort_key(row, field)[0],
        "sortDirection": "desc" if descending else "asc",
        "id": row["id"],
    }
    return base64.urlsafe_b64encode(orjson.dumps(marker)).decode().rstrip("=")


def cursor_key(cursor: str | None, field: str, *, descending: bool) -> Key | None:
    """Give the place that a cursor stands for; one of another order is refused."""
    if not cursor:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        marker: Json = orjson.loads(base64.urlsafe_b64decode(padded))
        fits = (marker["field"], marker["sortDirection"]) == (field, "desc" if descending else "asc")
        key = (marker["fieldValue"], int(marker["id"]))
    except (binascii.Error, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise invalid("cursor", "The cursor is not valid") from error
    if not fits:
        raise invalid("cursor", "The cursor belongs to another sort order")
    return key


def one(state: PipedriveState, kind: str, row: Row, query: dict[str, str]) -> Row:
    """Answer a GET by id."""
    allowed = {"include_fields"} if kind == "activity" else set()
    if kind in WITH_CUSTOM_FIELDS:
        allowed = {"include_fields", "custom_fields", "include_option_labels", "include_labels"}
    for name in query:
        if name not in allowed:
            raise not_allowed(name)
    return {"success": True, "data": state.rendered(kind, row, custom_keys(query))}

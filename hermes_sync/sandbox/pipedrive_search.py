"""Search in the Pipedrive twin: an index of its own that lags and keeps deleted organizations (facts 4.2)."""

from collections.abc import Iterator

from hermes_sync.sandbox.fields import plain_number
from hermes_sync.sandbox.pipedrive_lists import DEFAULT_LIMIT, MAX_LIMIT, flag, whole_number
from hermes_sync.sandbox.pipedrive_state import PipedriveState
from hermes_sync.sandbox.table import Row
from hermes_sync.sandbox.validation import invalid, not_allowed

SEARCHED_TYPES = ("address", "varchar", "text", "varchar_auto", "double", "monetary", "phone")
FIELDS = {
    "organization": ("address", "custom_fields", "notes", "name"),
    "person": ("custom_fields", "email", "notes", "phone", "name"),
    "deal": ("custom_fields", "notes", "title"),
}
EXTRA = {
    "organization": set(),
    "person": {"organization_id", "include_fields"},
    "deal": {"person_id", "organization_id", "status", "include_fields"},
}
SHORTEST = 2


def search(state: PipedriveState, kind: str, query: dict[str, str]) -> Row:
    """Answer a search of one kind."""
    known = {"term", "fields", "exact_match", "limit", "cursor"} | EXTRA[kind]
    for name in query:
        if name not in known:
            raise not_allowed(name)
    exact, term = flag(query, "exact_match"), query.get("term", "").strip().lower()
    if len(term) < (1 if exact else SHORTEST):
        raise invalid("term", f"The term must have at least {SHORTEST} characters, 1 with exact_match")
    fields = query.get("fields", ",".join(FIELDS[kind])).split(",")
    unknown = [field for field in fields if field not in FIELDS[kind]]
    if unknown:
        raise invalid("fields", f"'{unknown[0]}' is not one of {', '.join(FIELDS[kind])}")
    limit = whole_number(query, "limit", DEFAULT_LIMIT, MAX_LIMIT)
    start = whole_number(query, "cursor", 0)
    hits = [row for row in indexed(state, kind) if row["id"] > start and fits(row, query)]
    found = [row for row in hits if says(state, kind, row, fields, term, exact=exact)]
    items = [{"result_score": 1.0 if exact else 0.5, "item": item_of(state, kind, row)} for row in found[:limit]]
    cursor = str(found[limit - 1]["id"]) if len(found) > limit else None
    return {"success": True, "data": {"items": items}, "additional_data": {"next_cursor": cursor}}


def search_field(state: PipedriveState, query: dict[str, str]) -> Row:
    """Answer `/itemSearch/field`: id and name of what has the term in one field."""
    for name in query:
        if name not in {"term", "entity_type", "match", "field", "limit", "cursor"}:
            raise not_allowed(name)
    kind, field = query.get("entity_type", ""), query.get("field", "")
    if kind not in FIELDS:
        raise invalid("entity_type", f"'{kind}' is not one of {', '.join(FIELDS)}")
    match, term = query.get("match", "exact"), query.get("term", "").lower()
    limit = whole_number(query, "limit", DEFAULT_LIMIT, MAX_LIMIT)
    found = []
    for row in indexed(state, kind):
        texts = [text.lower() for text in field_texts(row, field)]
        whole = term in texts
        start = match == "beginning" and any(text.startswith(term) for text in texts)
        if whole or start or (match == "middle" and any(term in text for text in texts)):
            found.append({"id": row["id"], "name": row.get("name") or row.get("title")})
    return {"success": True, "data": found[:limit], "additional_data": {"next_cursor": None}}


def indexed(state: PipedriveState, kind: str) -> Iterator[Row]:
    """Give the rows as the search index knows them: late, and with some that are deleted."""
    table, now = state.tables[kind], state.clock.now()
    for row_id, row in sorted(table.rows.items()):
        if row["is_deleted"] and kind == "deal":
            continue
        forgotten = now - table.deleted_at.get(row_id, now) > state.search_keeps_persons
        if row["is_deleted"] and kind == "person" and forgotten:
            continue
        known = table.known(row_id, now, state.search_lag)
        if known is not None:
            yield known


def fits(row: Row, query: dict[str, str]) -> bool:
    """Whether a row passes the filters besides the term."""
    for name, key in (("organization_id", "org_id"), ("person_id", "person_id")):
        if name in query and row.get(key) != whole_number(query, name, 0):
            return False
    return query.get("status") in (None, row.get("status"))


def says(state: PipedriveState, kind: str, row: Row, fields: list[str], term: str, *, exact: bool) -> bool:
    """Whether one of the searched texts has the term in it, or is it."""
    for field in fields:
        for text in texts_of(state, kind, row, field):
            if term == text.strip().lower() or (not exact and term in text.lower()):
                return True
    return False


def texts_of(state: PipedriveState, kind: str, row: Row, field: str) -> list[str]:
    """Give the texts of a row that a search field covers."""
    match field:
        case "name" | "title":
            return [row[field]]
        case "email" | "phone":
            return [str(point["value"]) for point in row[f"{field}s"]]
        case "address":
            return [str((row["address"] or {}).get("value") or "")]
        case "custom_fields":
            searched = [key for key, one in state.fields[kind].items() if one.type in SEARCHED_TYPES]
            return [text for key in searched for text in field_texts(row, key)]
        case _:
            return []


def field_texts(row: Row, key: str) -> list[str]:
    """Give the texts in one field of a row, built-in or custom."""
    if key in ("email", "phone"):
        return [str(point["value"]) for point in row.get(f"{key}s", [])]
    value = row.get(key, row.get("custom_fields", {}).get(key))
    if isinstance(value, dict):
        value = value.get("value")
    return [] if value is None else [plain_number(value)]


def item_of(state: PipedriveState, kind: str, row: Row) -> Row:
    """Give a search hit; its custom fields and notes are only the texts that were found, none here."""
    shared = {"visible_to": row["visible_to"], "owner": {"id": row["owner_id"]}, "custom_fields": [], "notes": []}
    if kind == "organization":
        address = (row["address"] or {}).get("value")
        return {"id": row["id"], "type": kind, "name": row["name"], "address": address, **shared}
    organization = named(state, "organization", row["org_id"])
    if kind == "person":
        points = {key: [point["value"] for point in row[key]] for key in ("phones", "emails")}
        return {
            "id": row["id"], "type": kind, "name": row["name"], **points, "organization": organization, **shared
        }  # fmt: skip
    return {
        "id": row["id"],
        "type": kind,
        **{key: row[key] for key in ("title", "value", "currency", "status", "is_archived")},
        "stage": named(state, "stage", row["stage_id"]),
        "person": named(state, "person", row["person_id"]),
        "organization": organization,
        **shared,
    }


def named(state: PipedriveState, kind: str, row_id: int | None) -> Row | None:
    """Give id and name of a linked record."""
    row = None if row_id is None else state.tables[kind].rows.get(row_id)
    if row is None:
        return None
    extra = {"address": (row["address"] or {}).get("value")} if kind == "organization" else {}
    return {"id": row["id"], "name": row["name"], **extra}

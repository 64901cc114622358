"""What a Pipedrive record looks like (facts 1.4), and what the API works out by itself when one is written."""

from hermes_sync.sandbox.exchange import Json
from hermes_sync.sandbox.fields import ADDRESS_KEYS
from hermes_sync.sandbox.table import Row

COLLECTIONS = {
    "organization": "organizations",
    "person": "persons",
    "deal": "deals",
    "activity": "activities",
    "pipeline": "pipelines",
    "stage": "stages",
}
"""Kind and the path segment of its collection."""

KINDS = {collection: kind for kind, collection in COLLECTIONS.items()}
WITH_CUSTOM_FIELDS = ("organization", "person", "deal")
ACTIVITY_TYPES = ("call", "meeting", "task", "deadline", "email", "lunch")

DEFAULTS: dict[str, Row] = {
    "organization": {
        "name": "",
        "owner_id": None,
        "add_time": None,
        "update_time": None,
        "address": None,
        "is_deleted": False,
        "visible_to": 3,
        "label_ids": [],
        "custom_fields": {},
    },
    "person": {
        "name": "",
        "first_name": None,
        "last_name": None,
        "owner_id": None,
        "org_id": None,
        "add_time": None,
        "update_time": None,
        "emails": [],
        "phones": [],
        "is_deleted": False,
        "visible_to": 3,
        "label_ids": [],
        "picture_id": None,
        "custom_fields": {},
    },
    "deal": {
        "title": "",
        "creator_user_id": None,
        "owner_id": None,
        "value": 0,
        "currency": "GBP",
        "person_id": None,
        "org_id": None,
        "stage_id": None,
        "pipeline_id": None,
        "status": "open",
        "probability": None,
        "lost_reason": None,
        "visible_to": 3,
        "close_time": None,
        "won_time": None,
        "lost_time": None,
        "local_won_date": None,
        "local_lost_date": None,
        "local_close_date": None,
        "expected_close_date": None,
        "stage_change_time": None,
        "add_time": None,
        "update_time": None,
        "is_deleted": False,
        "is_archived": False,
        "archive_time": None,
        "label_ids": [],
        "origin": "ManuallyCreated",
        "origin_id": None,
        "channel": None,
        "channel_id": None,
        "custom_fields": {},
    },
    "activity": {
        "subject": "",
        "type": "call",
        "owner_id": None,
        "creator_user_id": None,
        "is_deleted": False,
        "add_time": None,
        "update_time": None,
        "deal_id": None,
        "lead_id": None,
        "person_id": None,
        "org_id": None,
        "project_id": None,
        "due_date": None,
        "due_time": "",
        "duration": "",
        "busy": False,
        "done": False,
        "marked_as_done_time": None,
        "location": None,
        "participants": [],
        "attendees": [],
        "conference_meeting_client": None,
        "conference_meeting_url": None,
        "conference_meeting_id": None,
        "public_description": "",
        "priority": None,
        "note": None,
    },
    "pipeline": {
        "name": "",
        "order_nr": 0,
        "is_deleted": False,
        "is_deal_probability_enabled": False,
        "add_time": None,
        "update_time": None,
    },
    "stage": {
        "name": "",
        "order_nr": 0,
        "pipeline_id": None,
        "deal_probability": 100,
        "is_deal_rot_enabled": False,
        "days_to_rotten": None,
        "is_deleted": False,
        "add_time": None,
        "update_time": None,
    },
}


def address_of(text: str) -> Row:
    """Give an address that says only a country, as people type it."""
    return {**dict.fromkeys(ADDRESS_KEYS), "value": text, "country": text}


def contact_points(points: list[Json]) -> list[Row]:
    """Give e-mails or phones in REST shape; exactly one is primary, the first unless another one says so."""
    rows = [
        {"value": point, "primary": False, "label": "work"}
        if isinstance(point, str)
        else {"value": "", "primary": False, "label": "work", **point}
        for point in points
    ]
    chosen = next((place for place, row in enumerate(rows) if row["primary"]), 0)
    return [{**row, "primary": place == chosen} for place, row in enumerate(rows)]


def split_name(name: str) -> tuple[str, str | None]:
    """Split a full name: the last word is the last name, a single word is a first name (our choice)."""
    first, _, last = name.strip().rpartition(" ")
    return (first.strip(), last) if first else (name.strip(), None)


def completed(kind: str, before: Row, changes: Row, stamp: str) -> Row:
    """Give the row after `changes`, with what the API derives from them."""
    row = {**before, **changes}
    if kind == "person":
        complete_person(row, changes)
    elif kind == "deal":
        complete_deal(row, before, changes, stamp)
    elif kind == "activity":
        complete_activity(row, before, changes, stamp)
    return row


def complete_person(row: Row, changes: Row) -> None:
    """Keep name, first and last name in step, and the contact lists in shape (facts 1.4)."""
    if "first_name" in changes or "last_name" in changes:
        row["name"] = " ".join(part for part in (row["first_name"], row["last_name"]) if part)
    elif "name" in changes:
        row["first_name"], row["last_name"] = split_name(row["name"] or "")
    for key in ("emails", "phones"):
        if key in changes:
            row[key] = contact_points(row[key] or [])


def complete_deal(row: Row, before: Row, changes: Row, stamp: str) -> None:
    """Stamp what a change of status, stage or archive brings with it."""
    if "status" in changes and row["status"] != before.get("status"):
        row.update(dict.fromkeys(("won_time", "lost_time", "close_time"), None))
        row.update(dict.fromkeys(("local_won_date", "local_lost_date", "local_close_date"), None))
        if row["status"] != "lost":
            row["lost_reason"] = None
        if row["status"] in ("won", "lost"):
            won_or_lost = row["status"]
            row[f"{won_or_lost}_time"] = row["close_time"] = stamp
            row[f"local_{won_or_lost}_date"] = row["local_close_date"] = stamp[:10]
        row.update({key: changes[key] for key in ("won_time", "lost_time", "lost_reason") if key in changes})
    if before.get("stage_id") not in (None, row["stage_id"]):
        row["stage_change_time"] = stamp
    if "is_archived" in changes:
        row["archive_time"] = stamp if row["is_archived"] else None


def complete_activity(row: Row, before: Row, changes: Row, stamp: str) -> None:
    """Derive the person from the primary participant, and give times with seconds."""
    if "participants" in changes:
        people = row["participants"] or []
        primary = next((one for one in people if one.get("primary")), people[0] if people else None)
        row["participants"] = [{"person_id": one["person_id"], "primary": one is primary} for one in people]
        row["person_id"] = None if primary is None else primary["person_id"]
    for key in ("due_time", "duration"):
        if key in changes and len(row[key] or "") == len("15:00"):
            row[key] += ":00"
    if "done" in changes and row["done"] != before.get("done", False):
        row["marked_as_done_time"] = stamp if row["done"] else None

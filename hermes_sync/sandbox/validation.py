"""What Pipedrive's v2 API lets a write say: strict bodies, refused as a whole (facts 4.1)."""

from collections.abc import Callable

from hermes_sync.sandbox.exchange import Json, Refusal
from hermes_sync.sandbox.fields import ADDRESS_KEYS, is_date, is_integer, is_number, is_time
from hermes_sync.sandbox.pipedrive_rows import ACTIVITY_TYPES, WITH_CUSTOM_FIELDS
from hermes_sync.sandbox.pipedrive_state import PipedriveState
from hermes_sync.sandbox.table import Row

Check = Callable[[Json], str | None]
SCHEMA = "ERR_SCHEMA_VALIDATION_FAILED"
PERSON_IS_READ_ONLY = "'person_id' is a read-only field. Add a primary participant to set 'person_id' instead"
FEATURES_OFF = ("notes", "im", "birthday", "job_title", "postal_address")


def refusal(message: str, code: str | None = SCHEMA, status: int = 400) -> Refusal:
    """Make the refusal of a whole request."""
    payload = {"success": False, "error": message}
    return Refusal(status, payload if code is None else {**payload, "code": code})


def invalid(key: str, why: str) -> Refusal:
    """Refuse a request because of one key."""
    return refusal(f"Validation failed: {key}: {why}")


def not_allowed(key: str) -> Refusal:
    """Refuse a request with a parameter that this endpoint does not know or does not let be set."""
    return invalid(key, f"Parameter '{key}' is not allowed for this request")


def _type(name: str, test: Callable[[Json], bool]) -> Check:
    return lambda value: None if test(value) else f"The value is not a valid '{name}'"


def _or_null(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _filled(value: Json) -> str | None:
    if not isinstance(value, str):
        return "The value is not a valid 'string'"
    return None if value.strip() else "The value must not be empty"


def _one_of(*allowed: str) -> Check:
    return lambda value: None if value in allowed else f"The value is not one of {', '.join(allowed)}"


def _labels(value: Json) -> str | None:
    good = isinstance(value, list) and all(is_integer(item) for item in value)
    return None if good else "The value is not a valid 'array' of integers"


def _objects(required: dict[str, Check], optional: dict[str, Check]) -> Check:
    def check(value: Json) -> str | None:
        if not isinstance(value, list):
            return "The value is not a valid 'array'"
        for item in value:
            if not isinstance(item, dict):
                return "The value is not a valid 'object'"
            for key in (*required, *item):
                rule = required.get(key) or optional.get(key)
                if rule is None:
                    return f"Key '{key}' is not allowed"
                problem = rule(item[key]) if key in item else f"Key '{key}' is required"
                if problem is not None:
                    return problem
        return None

    return check


def _address(value: Json) -> str | None:
    if not isinstance(value, dict):
        return "The value is not a valid 'object'"
    unknown = [key for key in value if key not in ADDRESS_KEYS]
    if unknown:
        return f"Key '{unknown[0]}' is not allowed"
    if not isinstance(value.get("value"), str):
        return "Key 'value' is required"
    return None if all(item is None or isinstance(item, str) for item in value.values()) else "Not a string"


STRING = _type("string", lambda value: isinstance(value, str))
INTEGER = _type("integer", is_integer)
NUMBER = _type("number", is_number)
BOOLEAN = _type("boolean", lambda value: isinstance(value, bool))
DATE = _type("date", is_date)
TIME = _type("time", lambda value: value == "" or is_time(value))
VISIBILITY = _type("visible_to", lambda value: value in (1, 3, 5, 7) and is_integer(value))
POINTS = _objects({"value": STRING}, {"primary": BOOLEAN, "label": STRING})
PARTICIPANTS = _objects({"person_id": INTEGER}, {"primary": BOOLEAN})
ATTENDEES = _objects(
    {"email": STRING},
    {
        "name": STRING,
        "status": STRING,
        "is_organizer": _or_null(BOOLEAN),
        "person_id": _or_null(INTEGER),
        "user_id": _or_null(INTEGER),
    },
)

WRITABLE: dict[str, dict[str, Check]] = {
    "organization": {
        "name": _filled,
        "owner_id": INTEGER,
        "visible_to": VISIBILITY,
        "label_ids": _labels,
        "address": _or_null(_address),
    },
    "person": {
        "name": _filled,
        "first_name": _or_null(STRING),
        "last_name": _or_null(STRING),
        "owner_id": INTEGER,
        "org_id": _or_null(INTEGER),
        "emails": POINTS,
        "phones": POINTS,
        "visible_to": VISIBILITY,
        "label_ids": _labels,
        "marketing_status": _one_of("no_consent", "unsubscribed", "subscribed", "archived"),
    },
    "deal": {
        "title": _filled,
        "owner_id": INTEGER,
        "person_id": _or_null(INTEGER),
        "org_id": _or_null(INTEGER),
        "pipeline_id": INTEGER,
        "stage_id": INTEGER,
        "value": NUMBER,
        "currency": _type("currency", lambda value: isinstance(value, str) and len(value) == len("GBP")),
        "status": _one_of("open", "won", "lost"),
        "probability": _or_null(NUMBER),
        "lost_reason": _or_null(STRING),
        "visible_to": VISIBILITY,
        "close_time": _or_null(STRING),
        "won_time": STRING,
        "lost_time": STRING,
        "expected_close_date": STRING,
        "label_ids": _labels,
        "is_deleted": BOOLEAN,
        "is_archived": BOOLEAN,
        "archive_time": STRING,
    },
    "activity": {
        "subject": STRING,
        "type": _one_of(*ACTIVITY_TYPES),
        "owner_id": INTEGER,
        "deal_id": _or_null(INTEGER),
        "lead_id": _or_null(STRING),
        "org_id": _or_null(INTEGER),
        "project_id": _or_null(INTEGER),
        "due_date": DATE,
        "due_time": TIME,
        "duration": TIME,
        "busy": BOOLEAN,
        "done": BOOLEAN,
        "location": _or_null(_address),
        "participants": PARTICIPANTS,
        "attendees": ATTENDEES,
        "public_description": STRING,
        "priority": _or_null(INTEGER),
        "note": _or_null(STRING),
    },
    "pipeline": {"name": _filled, "is_deal_probability_enabled": BOOLEAN},
    "stage": {
        "name": _filled,
        "pipeline_id": INTEGER,
        "deal_probability": INTEGER,
        "is_deal_rot_enabled": BOOLEAN,
        "days_to_rotten": INTEGER,
    },
}
"""The keys that each kind lets be written, and what is wrong with a value (None: nothing)."""

REQUIRED = {
    "organization": ("name",),
    "deal": ("title",),
    "pipeline": ("name",),
    "stage": ("name", "pipeline_id"),
}

LINKS = {
    "owner_id": "user",
    "org_id": "organization",
    "person_id": "person",
    "deal_id": "deal",
    "pipeline_id": "pipeline",
    "stage_id": "stage",
}


def checked_body(state: PipedriveState, kind: str, body: Json, before: Row | None) -> Row:
    """Give the changes that a POST (`before` None) or PATCH asks for; the whole body or nothing."""
    if not isinstance(body, dict):
        raise refusal("Validation failed: body: The value is not a valid 'object'")
    for key, value in body.items():
        check_key(state, kind, key, value)
    if before is None:
        check_required(kind, body)
    changes = dict(body)
    changes.pop("marketing_status", None)
    check_links(state, changes)
    if kind == "deal":
        check_deal(state, changes, before)
    if isinstance(changes.get("address"), dict):
        changes["address"] = {**dict.fromkeys(ADDRESS_KEYS), **changes["address"]}
    if changes.get("expected_close_date") == "":
        changes["expected_close_date"] = "0000-00-00"
    if before is None and "custom_fields" in changes:
        kept = {key: value for key, value in (changes["custom_fields"] or {}).items() if value is not None}
        changes["custom_fields"] = kept
    return changes


def check_key(state: PipedriveState, kind: str, key: str, value: Json) -> None:
    """Refuse an unknown or read-only key, and a value of the wrong type."""
    if key == "custom_fields" and kind in WITH_CUSTOM_FIELDS:
        check_custom_fields(state, kind, value)
        return
    if kind == "activity" and key == "person_id":
        raise refusal(PERSON_IS_READ_ONLY, None)
    if kind == "person" and key in FEATURES_OFF:
        raise refusal(f"Parameter '{key}' needs contact sync", "ERR_FEATURE_NOT_ENABLED", 403)
    check = WRITABLE[kind].get(key)
    if check is None:
        raise not_allowed(key)
    problem = check(value)
    if problem is None:
        return
    if key == "expected_close_date":
        raise refusal(problem, None)
    raise invalid(key, problem)


def check_custom_fields(state: PipedriveState, kind: str, values: Json) -> None:
    """Refuse unknown custom keys and values that do not fit the type of their field."""
    if values is None:
        return
    if not isinstance(values, dict):
        raise invalid("custom_fields", "The value is not a valid 'object'")
    for code, value in values.items():
        field = state.fields[kind].get(code)
        if field is None:
            raise invalid("custom_fields", f"Unknown key '{code}'")
        problem = field.problem_with(value)
        if problem is not None:
            raise invalid(f"custom_fields.{code}", problem)


def check_required(kind: str, body: Row) -> None:
    """Refuse a POST that lacks what the record cannot be without."""
    for key in REQUIRED.get(kind, ()):
        if body.get(key) is None:
            raise invalid(key, "Required")
    if kind == "person" and not any(body.get(key) for key in ("name", "first_name", "last_name")):
        raise invalid("name", "Required")


def check_links(state: PipedriveState, changes: Row) -> None:
    """Refuse a link to something that is not there; what the real API answers is not known (our choice)."""
    people = changes.get("participants") or []
    named = [(key, LINKS[key], changes[key]) for key in LINKS if changes.get(key) is not None]
    named += [("participants", "person", one["person_id"]) for one in people]
    for key, kind, row_id in named:
        if kind == "user":
            present = row_id in state.users
        else:
            row = state.find(kind, row_id)
            present = row is not None and not row["is_deleted"]
        if not present:
            raise invalid(key, f"{kind} {row_id} does not exist")


def check_deal(state: PipedriveState, changes: Row, before: Row | None) -> None:
    """Refuse what does not fit together on a deal (facts 4.1)."""
    row: Row = {"status": "open", **(before or {}), **changes}
    stage = state.tables["stage"].rows.get(changes["stage_id"]) if "stage_id" in changes else None
    if stage is not None and changes.get("pipeline_id") not in (None, stage["pipeline_id"]):
        raise invalid("stage_id", f"stage {stage['id']} is not in pipeline {changes['pipeline_id']}")
    for key, status in (("lost_reason", "lost"), ("lost_time", "lost"), ("won_time", "won")):
        if changes.get(key) is not None and row["status"] != status:
            raise invalid(key, f"Only a deal with status {status} can have it")
    if changes.get("probability") is not None:
        pipeline_id = (stage or row).get("pipeline_id")
        pipeline = state.tables["pipeline"].rows.get(pipeline_id) if pipeline_id is not None else None
        if pipeline is None or not pipeline["is_deal_probability_enabled"]:
            raise invalid("probability", "Deal probability is not enabled for the pipeline")

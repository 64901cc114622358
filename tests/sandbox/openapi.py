"""Checks exchanges with Pipedrive's v2 API against the official contract, where that file is at hand.

`check_exchange` is for every test that has a request and its answer: the twin's own, and those of hermes-sync.
Where the contract contradicts what was recorded from the real API, an exception says so, with its reason.
"""

import re
from functools import cache
from pathlib import Path

import pytest

from hermes_sync.sandbox.exchange import Json

CONTRACT = Path(__file__).parents[3] / "shared" / "upstream" / "pipedrive-openapi-v2.yml"
MISSING = f"{CONTRACT} is not there: nothing was checked against the official contract of Pipedrive"
PREFIX = "/api/v2"
Schema = dict[str, Json]

NULL_IN_ANSWERS = {
    "next_cursor": "recorded: the last page says null",
    "update_time": "recorded: the default pipeline has none",
    "custom_fields": "recorded: null in an account without custom fields",
    "address": "seen live: an empty address is null; the official search example says null too",
    "stage_change_time": "recorded: null on a deal that never moved",
    "won_time": "recorded: null on an open deal",
    "lost_time": "recorded: null on an open deal",
    "expected_close_date": "recorded: null on a deal without one",
    "org_id": "built on the official example: a person without an organization",
    "person_id": "as org_id",
    "deal_id": "as org_id",
    "lead_id": "official webhook example: null on an activity",
    "project_id": "as lead_id",
    "location": "official webhook example: null on an activity",
    "last_name": "official webhook example: a person of one word has none",
    "first_name": "as last_name",
    "picture_id": "built on the official example: a person without a picture",
    "organization": "official search example: null on a deal without one; the same for a person",
    "due_date": "an activity without a date",
    "marked_as_done_time": "an activity that is not done",
    "conference_meeting_client": "an activity without a meeting",
    "conference_meeting_url": "an activity without a meeting",
    "conference_meeting_id": "an activity without a meeting",
    "priority": "an activity without a priority",
    "note": "an activity without a note",
    "owner_id": "a record whose owner is unknown",
    **dict.fromkeys(
        ["country", "admin_area_level_1", "admin_area_level_2", "locality", "sublocality", "route"],
        "the contract says that omitted parts of an address become null",
    ),
    **dict.fromkeys(["street_number", "subpremise", "postal_code"], "as country"),
}
"""Keys that the contract does not call nullable, with the reason why an answer may hold null there."""

KEYS_IN_ANSWERS = {
    "creator_user_id": "recorded on a deal",
    "local_won_date": "recorded on a deal",
    "local_lost_date": "recorded on a deal",
    "local_close_date": "recorded on a deal",
    "archive_time": "recorded on a deal",
    "address": "official search example: the organization of a person has one",
    "description": "the contract has it on deal fields only",
}
"""Keys that answers have although the contract does not list them."""

KEYS_IN_REQUESTS = {
    "first_name": "seen live: PATCH of a person takes it and recomputes the name",
    "last_name": "as first_name",
}
NULL_IN_REQUESTS = {
    "org_id": "clearing a link; the contract is silent about clearing anything",
    "person_id": "as org_id",
}
NOT_REQUIRED = {
    ("/organizations", "title"): "a slip in the contract: organizations have no title, they have a name",
}
UNCHECKED_ANSWERS = {
    "/itemSearch/field": "the contract's schema contradicts its own example, which has id and name",
}


@cache
def contract() -> Schema:
    """Give the official contract; the test skips without it."""
    if not CONTRACT.exists():
        pytest.skip(MISSING)
    yaml = pytest.importorskip("yaml", reason="pyyaml reads the contract")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: Schema = yaml.load(CONTRACT.read_text(encoding="utf-8"), Loader=loader)
    return loaded


def template_of(path: str) -> str:
    """Give the path of the contract that a requested path belongs to; literal parts win over parameters."""
    wanted = path.removeprefix(PREFIX)
    paths: list[str] = sorted(contract()["paths"], key=lambda one: one.count("{"))
    for template in paths:
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), wanted):
            return template
    raise AssertionError(f"{path} is no path of the official contract")


def check_exchange(
    method: str, path: str, query: dict[str, Json], request_body: Json, status: int, response_body: Json
) -> None:
    """Fail with every point in which a request or its answer leaves the contract; v1 is not in it."""
    if not path.startswith(PREFIX):
        return
    template = template_of(path)
    operation = contract()["paths"][template].get(method.lower())
    assert operation is not None, f"{method} {template} is not in the official contract"
    found = query_problems(operation, query)
    slips = {f"body.{key}: is missing" for slip, key in NOT_REQUIRED if slip == template}
    found += [one for one in body_problems(operation, request_body) if one not in slips]
    if status in (200, 201) and template not in UNCHECKED_ANSWERS:
        content = operation["responses"]["200"]["content"]["application/json"]
        found += Checker(NULL_IN_ANSWERS, KEYS_IN_ANSWERS).problems(content["schema"], response_body, "answer")
    assert not found, f"{method} {path} leaves the official contract:\n" + "\n".join(found)


def query_problems(operation: Schema, query: dict[str, Json]) -> list[str]:
    """Tell what is wrong with the parameters of a request."""
    parameters = operation.get("parameters", [])
    known = {one["name"]: one["schema"] for one in parameters if one["in"] == "query"}
    needed = [one["name"] for one in parameters if one["in"] == "query" and one.get("required")]
    found = [f"query: {name} is missing" for name in needed if name not in query]
    for name, value in query.items():
        if name not in known:
            found.append(f"query: {name} is unknown")
            continue
        schema, text = known[name], str(value)
        if schema["type"] == "integer" and not re.fullmatch(r"\d+", text):
            found.append(f"query: {name}={text} is no integer")
        if schema["type"] == "boolean" and text not in ("true", "false"):
            found.append(f"query: {name}={text} is no boolean")
        if "enum" in schema and not set(text.split(",")) <= set(schema["enum"]):
            found.append(f"query: {name}={text} is none of {schema['enum']}")
    return found


def body_problems(operation: Schema, body: Json) -> list[str]:
    """Tell what is wrong with the body of a request."""
    if "requestBody" not in operation:
        return [] if body is None else ["body: none is expected"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    return Checker(NULL_IN_REQUESTS, KEYS_IN_REQUESTS).problems(schema, body, "body")


class Checker:
    """Compares a value with a schema, strictly: a key that the schema does not list is a problem."""

    def __init__(self, nulls: dict[str, str], keys: dict[str, str]) -> None:
        self.nulls = nulls
        self.keys = keys

    def problems(self, schema: Schema, value: Json, where: str) -> list[str]:
        """Tell everything that is wrong with a value."""
        whole = flattened(schema)
        if value is None:
            allowed = whole.get("nullable") or where.rpartition(".")[2] in self.nulls
            return [] if allowed else [f"{where}: null is not allowed"]
        if not is_a(whole.get("type", ""), value):
            return [f"{where}: {value!r} is no {whole['type']}"]
        if "enum" in whole and value not in whole["enum"]:
            return [f"{where}: {value!r} is none of {whole['enum']}"]
        if isinstance(value, list):
            rows = ((f"{where}[{place}]", row) for place, row in enumerate(value))
            return [one for name, row in rows for one in self.problems(whole.get("items", {}), row, name)]
        return self.object_problems(whole, value, where) if isinstance(value, dict) else []

    def object_problems(self, schema: Schema, value: Schema, where: str) -> list[str]:
        """Tell what is wrong with the keys of an object and below them."""
        properties: Schema = schema.get("properties", {})
        found = [f"{where}.{key}: is missing" for key in schema.get("required", []) if key not in value]
        for key, item in value.items():
            if key in properties:
                found += self.problems(properties[key], item, f"{where}.{key}")
            elif properties and not schema.get("additionalProperties") and key not in self.keys:
                found.append(f"{where}.{key}: is unknown")
        return found


def flattened(schema: Schema) -> Schema:
    """Give a schema with its references followed and its `allOf` parts laid together."""
    if "$ref" in schema:
        target: Json = contract()
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return flattened(target)
    whole = {key: value for key, value in schema.items() if key != "allOf"}
    for part in map(flattened, schema.get("allOf", [])):
        properties = {**whole.get("properties", {}), **part.get("properties", {})}
        required = [*whole.get("required", []), *part.get("required", [])]
        whole = {**whole, **part, "properties": properties, "required": required}
    return whole


def is_a(kind: str, value: Json) -> bool:
    """Whether a JSON value is of a schema type; an unnamed type fits all."""
    match kind:
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
        case _:
            return True

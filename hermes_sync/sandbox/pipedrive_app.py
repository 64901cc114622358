"""The endpoints of the Pipedrive twin: authorisation, budget, and which function answers which path."""

from http import HTTPStatus

from hermes_sync.sandbox import pipedrive_hooks as hooks
from hermes_sync.sandbox.exchange import Answer, ControlError, Incoming, Json, Refusal, json_answer
from hermes_sync.sandbox.fields import FIELD_TYPES, SYSTEM_FIELDS
from hermes_sync.sandbox.limits import CloudflareBan, PipedriveLimits
from hermes_sync.sandbox.pipedrive_lists import one, page, whole_number
from hermes_sync.sandbox.pipedrive_rows import KINDS
from hermes_sync.sandbox.pipedrive_search import search, search_field
from hermes_sync.sandbox.pipedrive_state import PipedriveState
from hermes_sync.sandbox.table import Row
from hermes_sync.sandbox.validation import checked_body, invalid, not_allowed, refusal

DEVELOPERS = "Please check developers.pipedrive.com"
UNAUTHORIZED = {
    "success": False,
    "error": "unauthorized access",
    "errorCode": 401,
    "error_info": DEVELOPERS,
}
FIELD_KINDS = {"organizationFields": "organization", "personFields": "person", "dealFields": "deal"}
LONGEST_FIELD_NAME = 255
FIELD_KEYS = {
    "field_name", "field_type", "options", "ui_visibility", "important_fields", "required_fields", "description"
}  # fmt: skip


def token_cost(method: str, version: str, parts: list[str]) -> int:
    """Give what a call costs in tokens (facts 5)."""
    if version == "v1":
        return v1_cost(method, parts)
    if "search" in parts or parts[0] == "itemSearch":
        return 20
    if method != "GET":
        return 3 if method == "DELETE" else 5
    if parts == ["deals", "archived"]:
        return 20
    if len(parts) > 1:
        return 1
    return 5 if parts[0] in ("pipelines", "stages") else 10


def v1_cost(method: str, parts: list[str]) -> int:
    """Give what a call of the old version costs in tokens (facts 5)."""
    if parts[-1] == "merge":
        return 40
    if parts[0] == "webhooks":
        return 6 if method == "DELETE" else 10
    return 2 if parts == ["users", "me"] else 20


class PipedriveApp:
    """Answers requests from the state; holds nothing itself but the token and the answer to a POST."""

    def __init__(self, state: PipedriveState, limits: PipedriveLimits, token: str) -> None:
        """Serve one account."""
        self.state = state
        self.limits = limits
        self.token = token
        self.create_status = 200

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a request; refusals and bans become answers too."""
        parts = [part for part in incoming.path.split("/") if part]
        known = parts[0:1] == ["api"] and parts[1:2] in (["v1"], ["v2"]) and bool(parts[2:])
        if not known:
            return json_answer(missing("Path"), 404)
        if incoming.headers.get("x-api-token") != self.token:
            return json_answer(UNAUTHORIZED, 401)
        version, parts = parts[1], parts[2:]
        tokens = token_cost(incoming.method, version, parts)
        try:
            headers = self.limits.charge(tokens, search="search" in parts or parts[0] == "itemSearch")
        except CloudflareBan as ban:
            html = {"content-type": "text/html; charset=UTF-8", "server": "cloudflare"}
            return Answer(status=403, body=ban.page.encode(), headers=html)
        except Refusal as over:
            return json_answer(over.payload, over.status, over.headers)
        try:
            answer = self._v1(incoming, parts) if version == "v1" else self._v2(incoming, parts)
        except Refusal as refused:
            answer = json_answer(refused.payload, refused.status, refused.headers)
        return Answer(status=answer.status, body=answer.body, headers={**answer.headers, **headers}, tokens=tokens)

    # Version 2

    def _v2(self, incoming: Incoming, parts: list[str]) -> Answer:  # noqa: PLR0911 - a table of endpoints
        if parts[0] in FIELD_KINDS:
            return self._fields(incoming, FIELD_KINDS[parts[0]], parts[1:])
        if parts == ["itemSearch", "field"] and incoming.method == "GET":
            return json_answer(search_field(self.state, incoming.query))
        kind = KINDS.get(parts[0])
        if kind is None:
            raise Refusal(404, missing("Path"))
        match (incoming.method, parts[1:]):
            case ("GET", []):
                return json_answer(page(self.state, kind, incoming.query))
            case ("GET", ["archived"]) if kind == "deal":
                return json_answer(page(self.state, kind, incoming.query, archived=True))
            case ("GET", ["search"]) if kind in FIELD_KINDS.values():
                return json_answer(search(self.state, kind, incoming.query))
            case ("GET", [row_id]):
                return json_answer(one(self.state, kind, self._row(kind, row_id), incoming.query))
            case ("POST", []):
                return self._create(kind, incoming.body)
            case ("PATCH", [row_id]):
                return self._patch(kind, self._row(kind, row_id), incoming.body)
            case ("DELETE", [row_id]):
                return self._delete(kind, self._row(kind, row_id))
            case (_, [] | [_]):
                raise Refusal(405, {"success": False, "error": "Method not allowed"})
            case _:
                raise Refusal(404, missing("Path"))

    def _row(self, kind: str, text: str) -> Row:
        if not text.isdigit():
            raise invalid("id", "The value is not a valid 'integer'")
        row = self.state.find(kind, int(text))
        if row is None:
            raise Refusal(404, missing(kind.capitalize()))
        return row

    def _create(self, kind: str, body: Json) -> Answer:
        changes = checked_body(self.state, kind, body, None)
        flags = {key: changes.pop(key) for key in ("is_deleted",) if key in changes}
        row_id = self.state.insert(kind, changes, "api")
        if flags.get("is_deleted"):
            self.state.delete(kind, row_id, "api")
        row = self.state.tables[kind].rows[row_id]
        return json_answer({"success": True, "data": self.state.rendered(kind, row)}, self.create_status)

    def _patch(self, kind: str, before: Row, body: Json) -> Answer:
        if before["is_deleted"]:
            message = "Entity is deleted. You must first restore it before you can edit"
            raise refusal(message, f"ERR_{kind.upper()}_DELETED")
        changes = checked_body(self.state, kind, body, before)
        if before.get("is_archived") and changes != {"is_archived": False}:
            raise refusal("Deal is archived. You must first unarchive it before you can edit", "ERR_DEAL_ARCHIVED")
        if changes.pop("is_deleted", False):
            self.state.delete(kind, before["id"], "api")
        row = self.state.tables[kind].rows[before["id"]]
        if changes:
            row = self.state.update(kind, before["id"], changes, "api")
        return json_answer({"success": True, "data": self.state.rendered(kind, row)})

    def _delete(self, kind: str, row: Row) -> Answer:
        done = {"success": True, "data": {"id": row["id"]}}
        if row["is_deleted"]:
            return json_answer(done, HTTPStatus.GONE)
        self.state.delete(kind, row["id"], "api")
        return json_answer(done)

    # Fields

    def _fields(self, incoming: Incoming, kind: str, rest: list[str]) -> Answer:
        custom = self.state.fields[kind]
        match (incoming.method, rest):
            case ("GET", []):
                for name in incoming.query:
                    if name not in ("limit", "cursor", "include_fields"):
                        raise not_allowed(name)
                return json_answer(self._field_page(incoming, kind))
            case ("GET", [code]):
                rows = [*SYSTEM_FIELDS[kind], *(field.as_row() for field in custom.values())]
                found = next((row for row in rows if row["field_code"] == code), None)
                if found is None:
                    raise Refusal(404, missing("Field"))
                return json_answer({"success": True, "data": found})
            case ("POST", []):
                return self._create_field(kind, incoming.body)
            case ("DELETE", [code]) if code in custom:
                removed = custom[code].as_row()
                self.state.remove_field(kind, code)
                return json_answer({"success": True, "data": removed})
            case _:
                raise Refusal(404, missing("Field"))

    def _field_page(self, incoming: Incoming, kind: str) -> Row:
        rows = [*SYSTEM_FIELDS[kind], *(field.as_row() for field in self.state.fields[kind].values())]
        limit, start = whole_number(incoming.query, "limit", 100, 500), whole_number(incoming.query, "cursor", 0)
        cursor = str(start + limit) if start + limit < len(rows) else None
        shown = rows[start : start + limit]
        return {"success": True, "data": shown, "additional_data": {"next_cursor": cursor}}

    def _create_field(self, kind: str, body: Json) -> Answer:
        if not isinstance(body, dict):
            raise refusal("Validation failed: body: The value is not a valid 'object'")
        for key in body:
            if key not in FIELD_KEYS:
                raise not_allowed(key)
        name, field_type = body.get("field_name"), body.get("field_type")
        if not isinstance(name, str) or not name:
            raise invalid("field_name", "Required")
        if len(name) > LONGEST_FIELD_NAME:
            raise invalid("field_name", f"Must be at most {LONGEST_FIELD_NAME} characters long")
        if field_type not in FIELD_TYPES:
            raise invalid("field_type", f"'{field_type}' is not a field type")
        labels = [str(option.get("label")) for option in body.get("options") or []]
        if field_type in ("enum", "set") and not labels:
            raise invalid("options", "Required")
        taken = sum(1 for field in self.state.fields[kind].values() if field.name == name)
        code = None if not taken else f"{taken:08x}" + "0" * 32
        field = self.state.add_field(kind, name, field_type, labels, code)
        return json_answer({"success": True, "data": field.as_row()}, self.create_status)

    # Version 1

    def _v1(self, incoming: Incoming, parts: list[str]) -> Answer:
        match (incoming.method, parts):
            case ("GET", ["users"]):
                return json_answer(v1(list(self.state.users.values())))
            case ("GET", ["users", "me"]):
                me = next(user for user in self.state.users.values() if user["is_you"])
                return json_answer(v1({**me, "company_domain": "acme", "company_name": "Acme"}))
            case ("GET", ["users", text]) if text.isdigit() and int(text) in self.state.users:
                return json_answer(v1(self.state.users[int(text)]))
            case ("PUT", [collection, text, "merge"]) if collection in ("organizations", "persons", "deals"):
                return self._merge(KINDS[collection], text, incoming.body)
            case ("GET", ["webhooks"]):
                return json_answer({**v1(hooks.listed(self.state)), "status": "ok"})
            case ("POST", ["webhooks"]):
                made = hooks.register(self.state, incoming.body)
                return json_answer({"success": True, "status": "ok", "data": made}, 201)
            case ("DELETE", ["webhooks", text]):
                hooks.remove(self.state, text)
                return json_answer({"success": True, "status": "ok"})
            case _:
                raise Refusal(404, {**missing("Path"), "data": None, "additional_data": None})

    def _merge(self, kind: str, text: str, body: Json) -> Answer:
        winner = body.get("merge_with_id") if isinstance(body, dict) else None
        if not isinstance(winner, int) or not text.isdigit():
            raise invalid("merge_with_id", "Required")
        try:
            self.state.merge(kind, int(text), winner, "api")
        except ControlError as error:
            raise Refusal(404, missing(kind.capitalize())) from error
        return json_answer(v1({"id": winner}))


def v1(rows: Json) -> Row:
    """Give the envelope of the old version."""
    return {"success": True, "data": rows, "additional_data": {"company_id": 1}}


def missing(what: str) -> Row:
    """Give the body of a 404."""
    return {"success": False, "error": f"{what} not found", "code": "ERR_NOT_FOUND", "error_info": DEVELOPERS}

"""The endpoints of the TC2 twin (facts 9)."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from hermes_sync.sandbox.exchange import Answer, Incoming, Json, Refusal, json_answer
from hermes_sync.sandbox.fields import is_integer
from hermes_sync.sandbox.limits import Tc2Limits
from hermes_sync.sandbox.tc2_state import PERSONAL, Client, Row, Tc2State, slug

PAGE = 100
COUNTRIES = {183: "United Kingdom (GB)", 184: "United States (US)"}
"""The country ids that the twin knows for writes; only 183 is documented (facts 9)."""

Item = TypeVar("Item")
NOT_FOUND = {"detail": "Not found."}
WRITABLE_PERSONAL = frozenset(PERSONAL) - {"date_created", "latitude", "longitude"}
PEOPLE = {"associated_admin": "support_person", "sales_person": "sales_person", "bdr_person": "bdr_person"}
IGNORED = frozenset({"send_emails", "received_notifications", "labels", "calendar_colour", "is_taxable"})
FILTERS = {
    "user__first_name": "first_name",
    "user__last_name": "last_name",
    "user__email": "email",
}


class Writer(Protocol):
    """What the endpoints need to write: the twin, which stamps and tells."""

    url: str
    roles: int

    def write_client(self, client_id: int | None, changes: Row) -> int:
        """Create (None) or change a client and give its id."""

    def trash_client(self, client_id: int) -> None:
        """Put a client into the trash."""


class Tc2App:
    """Answers requests from the state; writes go through the twin."""

    def __init__(self, state: Tc2State, limits: Tc2Limits, key: str, writer: Writer) -> None:
        """Serve one branch."""
        self.state = state
        self.limits = limits
        self.key = key
        self.writer = writer

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a request; refusals become answers too."""
        try:
            return self._answer(incoming)
        except Refusal as refused:
            return json_answer(refused.payload, refused.status, refused.headers)

    def _answer(self, incoming: Incoming) -> Answer:
        if incoming.headers.get("authorization", "").lower() != f"token {self.key}".lower():
            return json_answer({"detail": "Invalid token."}, 401)
        self.limits.charge()
        parts = [part for part in incoming.path.split("/") if part]
        if parts[:1] != ["api"] or not incoming.path.endswith("/"):
            raise Refusal(404, NOT_FOUND)
        base = self.writer.url
        match (incoming.method, parts[1:]):
            case ("GET", ["clients"]):
                clients = self._filtered(incoming.query)
                return json_answer(self._page(clients, lambda one: self.state.thin(one, base), incoming))
            case ("GET", ["clients", text]):
                return json_answer(self.state.detail(self._client(text), base, self.writer.roles))
            case ("POST", ["clients"]):
                return self._create(incoming.body)
            case ("POST", ["clients", text]):
                return self._change(self._client(text), incoming.body)
            case ("DELETE", ["clients", text]):
                client = self._client(text)
                name = " ".join(str(client.personal[key] or "") for key in ("first_name", "last_name")).strip()
                self.writer.trash_client(client.id)
                return json_answer({"message": f"Successfully deleted role {client.id}: {name}"})
            case ("GET", ["recipients"]):
                known = self.state.recipients()
                rows = [known[row_id][0] for row_id in sorted(known, reverse=True)]
                return json_answer(self._page(rows, lambda one: self.state.thin_recipient(one, base), incoming))
            case ("GET", ["recipients", text]) if text.isdigit() and int(text) in self.state.recipients():
                row, payer = self.state.recipients()[int(text)]
                return json_answer(self.state.recipient_detail(row, payer, base))
            case _:
                raise Refusal(404, NOT_FOUND)

    def _client(self, text: str) -> Client:
        client = self.state.client(int(text)) if text.isdigit() else None
        if client is None:
            raise Refusal(404, NOT_FOUND)
        return client

    def _filtered(self, query: dict[str, str]) -> list[Client]:
        clients = self.state.living()
        for name, key in FILTERS.items():
            if name in query:
                wanted = query[name].lower()
                clients = [one for one in clients if (one.personal[key] or "").lower() == wanted]
        if "status" in query:
            clients = [one for one in clients if one.status == query["status"]]
        if "user__created__gte" in query:
            since = query["user__created__gte"]
            clients = [one for one in clients if one.personal["date_created"] >= since]
        if "user__created__lte" in query:
            until = query["user__created__lte"]
            clients = [one for one in clients if one.personal["date_created"] <= until]
        return clients

    def _page(self, rows: list[Item], shown: Callable[[Item], Row], incoming: Incoming) -> Row:
        text = incoming.query.get("page", "1")
        number = int(text) if text.isdigit() else 0
        last = max(1, -(-len(rows) // PAGE))
        if not 1 <= number <= last:
            raise Refusal(404, {"detail": "Invalid page."})
        address = f"{self.writer.url}{incoming.path}?page="
        return {
            "count": len(rows),
            "next": f"{address}{number + 1}" if number < last else None,
            "previous": f"{address}{number - 1}" if number > 1 else None,
            "results": [shown(row) for row in rows[(number - 1) * PAGE : number * PAGE]],
        }

    # Writing

    def _create(self, body: Json) -> Answer:
        changes = self._changes(body)
        email = changes["personal"].get("email")
        known = self.state.by_email(email)
        if known is not None and self.writer.roles == 1:
            return self._written(self.writer.write_client(known.id, changes))
        if known is not None:
            raise Refusal(400, {"email": ["A Client with this email address already exists."]})
        if not changes["personal"].get("last_name"):
            raise Refusal(400, {"last_name": ["This field is required."]})
        return self._written(self.writer.write_client(None, changes), 201)

    def _change(self, client: Client, body: Json) -> Answer:
        changes = self._changes(body)
        owner = self.state.by_email(changes["personal"].get("email"))
        if owner is not None and owner.id != client.id:
            raise Refusal(400, {"email": ["A Client with this email address already exists."]})
        return self._written(self.writer.write_client(client.id, changes))

    def _written(self, client_id: int, status: int = 200) -> Answer:
        detail = self.state.detail(self.state.clients[client_id], self.writer.url, self.writer.roles)
        return json_answer(detail, status)

    def _changes(self, body: Json) -> Row:
        """Give what a body asks for; the person may be flat or below `user` in both versions."""
        if not isinstance(body, dict):
            raise Refusal(400, {"non_field_errors": ["Invalid data. Expected a dictionary."]})
        flat = {**(body.get("user") or {}), **{key: value for key, value in body.items() if key != "user"}}
        changes: Row = {"personal": {}}
        for key, value in flat.items():
            if key in WRITABLE_PERSONAL:
                changes["personal"][key] = personal_value(key, value)
            elif key == "status":
                changes["status"] = value
            elif key in PEOPLE:
                changes[PEOPLE[key]] = self._admin(key, value)
            elif key == "extra_attrs":
                changes["attrs"] = self._attrs(value)
            elif key not in IGNORED | {"paid_recipients"}:
                raise Refusal(400, {key: ["This field cannot be set."]})
        return changes

    def _admin(self, key: str, value: Json) -> int | None:
        if value is None:
            return None
        if not is_integer(value) or value not in self.state.admins:
            raise Refusal(400, {key: [f'Invalid pk "{value}" - object does not exist.']})
        return int(value)

    def _attrs(self, values: Json) -> Row:
        if not isinstance(values, dict):
            raise Refusal(400, {"extra_attrs": ["Expected an object of machine names and values."]})
        return {name: self._attr(name, value) for name, value in values.items()}

    def _attr(self, name: str, value: Json) -> str | None:
        attribute = self.state.attributes.get(name)
        if attribute is None:
            raise Refusal(400, {"extra_attrs": [f'Extra attribute "{name}" does not exist.']})
        if isinstance(value, dict | list):
            raise Refusal(400, {"extra_attrs": [f'Not a valid value for "{name}".']})
        if value is None or value == "":
            return None
        if attribute.type != "Dropdown":
            return str(value)
        label = next((option for option in attribute.options if slug(option) == value), None)
        if label is None:
            raise Refusal(400, {"extra_attrs": [f'"{value}" is not a valid choice for "{name}".']})
        return label


def personal_value(key: str, value: Json) -> Json:
    """Give a personal value as it reads; a country is written by its id."""
    if key == "country" and is_integer(value):
        if value not in COUNTRIES:
            raise Refusal(400, {"country": [f'Invalid pk "{value}" - object does not exist.']})
        return COUNTRIES[value]
    if key == "country" or not (value is None or isinstance(value, str)):
        raise Refusal(400, {key: ["Not a valid value."]})
    return value

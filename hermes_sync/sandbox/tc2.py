"""The TC2 twin as tests and curious people hold it."""

import contextlib
import hashlib
import hmac
from collections.abc import Iterator
from copy import deepcopy
from typing import Final

import orjson

from hermes_sync.sandbox.clock import TwinClock
from hermes_sync.sandbox.exchange import Answer, ControlError, Incoming, Json
from hermes_sync.sandbox.limits import Tc2Limits
from hermes_sync.sandbox.pipedrive_webhooks import milliseconds
from hermes_sync.sandbox.server import Twin
from hermes_sync.sandbox.tc2_app import Tc2App
from hermes_sync.sandbox.tc2_state import PERSONAL, Client, Row, Tc2State
from hermes_sync.sandbox.webhooks import Delivery, Order, Outbox

KEY = "twin-tc2-key"
CREATED, EDITED, DELETED, RECOVERED = "CREATED_A_CLIENT", "EDITED_A_CLIENT", "DELETED_A_CLIENT", "RECOVERED_A_CLIENT"
PEOPLE = ("sales_person", "support_person", "bdr_person")


class Unset:
    """Says that an argument was not given, where None means something."""


UNSET: Final = Unset()


class Tc2Twin(Twin):
    """One TC2 branch. Every method acts as a person in TC2 would, and queues its webhook.

    roles: 1 nests the person below `user`, 2 is flat (facts 9).
    """

    name = "tc2"

    def __init__(self, clock: TwinClock, *, roles: int = 1, fault_rate: float = 0.0, latency_ms: float = 0.0) -> None:
        """Start without clients."""
        super().__init__(clock, fault_rate=fault_rate, latency_ms=latency_ms)
        self.key = KEY
        self.roles = roles
        self.webhooks = Outbox()
        self.reset()

    def reset(self) -> None:
        """Go back to a branch without clients."""
        with self.lock:
            self.state = Tc2State()
            self.limits = Tc2Limits(self.clock)
            self.app = Tc2App(self.state, self.limits, self.key, self)
            self.webhooks.clear()
            self.log.clear()

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a request of the API."""
        return self.app.answer(incoming)

    def spoiled_list(self, payload: Json, keep: float) -> Json:
        """Give a list answer with only the first share of its rows."""
        rows = payload.get("results") if isinstance(payload, dict) else None
        return {**payload, "results": rows[: int(len(rows) * keep)]} if isinstance(rows, list) else payload

    @contextlib.contextmanager
    def lagging(self, seconds: float) -> Iterator[None]:  # noqa: ARG002 - TC2 has no lag that is known
        """TC2's lists are not known to lag."""
        yield

    # Clients

    def create_client(
        self,
        agency: Row | None = None,
        *,
        id: int | None = None,  # noqa: A002 - the API's word
        recipients: list[Row] | None = None,
        extra_attrs: Row | None = None,
        status: str = "live",
        sales_person: int | None = None,
        support_person: int | None = None,
        bdr_person: int | None = None,
        **personal: Json,
    ) -> int:
        """Create a client and give its id; with an `agency` (even an empty one) it is a cligency."""
        with self.lock:
            if id is not None and id in self.state.clients:
                raise ControlError(f"client {id} exists already in the TC2 twin")
            client = Client(
                id=self.state.take_id("client", id),
                personal=self._personal({**PERSONAL, "date_created": self._created()}, personal),
                status=status,
                agency=None if agency is None else self.state.agency_of(agency, self.clock.stamp()),
                recipients=self.state.recipients_of(recipients or []),
                sales_person=sales_person,
                support_person=support_person,
                bdr_person=bdr_person,
            )
            self.state.set_attrs(client, extra_attrs or {})
            self.state.clients[client.id] = client
            self.state.recount()
            self._tell(CREATED, client)
            return client.id

    def edit_client(
        self,
        client_id: int,
        *,
        agency: Row | Unset | None = UNSET,
        recipients: list[Row] | Unset = UNSET,
        extra_attrs: Row | None = None,
        status: str | None = None,
        **fields: Json,
    ) -> None:
        """Change a client: `agency` key by key (None takes it away), `recipients` as a whole, the rest by name."""
        with self.lock:
            client = self._living(client_id)
            if agency is None:
                client.agency = None
            elif not isinstance(agency, Unset):
                known = client.agency or self.state.agency_of({}, self.clock.stamp())
                client.agency = {**known, **agency}
            if not isinstance(recipients, Unset):
                client.recipients = self.state.recipients_of(recipients)
            for key in PEOPLE:
                if key in fields:
                    setattr(client, key, fields.pop(key))
            client.status = status or client.status
            client.personal = self._personal(client.personal, fields)
            self.state.set_attrs(client, extra_attrs or {})
            self._tell(EDITED, client)

    def delete_client(self, client_id: int) -> None:
        """Put a client into the trash: absent from the list, 404 by id."""
        with self.lock:
            client = self._living(client_id)
            client.deleted = True
            self.state.recount()
            self._tell(DELETED, client)

    def restore_client(self, client_id: int) -> None:
        """Take a client out of the trash."""
        with self.lock:
            client = self.state.clients.get(client_id)
            if client is None or not client.deleted:
                raise ControlError(f"no deleted client {client_id} to restore in the TC2 twin")
            client.deleted = False
            self.state.recount()
            self._tell(RECOVERED, client)

    def get_client(self, client_id: int) -> Row:
        """Give a client as its detail endpoint does."""
        with self.lock:
            return deepcopy(self.state.detail(self._living(client_id), self.url, self.roles))

    def all_clients(self) -> list[Row]:
        """Give all clients in full, by id."""
        with self.lock:
            return [self.get_client(client.id) for client in reversed(self.state.living())]

    def attrs(self, client_id: int) -> dict[str, str | None]:
        """Give all extra attributes of a client by machine name, None when empty or never set."""
        with self.lock:
            values = self._living(client_id).attrs
            return {name: values.get(name) or None for name in self.state.attributes}

    def add_attribute(self, machine_name: str, kind: str = "Short text", options: list[str] | None = None) -> None:
        """Define an extra attribute; a `Dropdown` has options."""
        with self.lock:
            self.state.add_attribute(machine_name, kind, options)

    def remove_attribute(self, machine_name: str) -> None:
        """Take an extra attribute and all its values away; later writes of it are refused."""
        with self.lock:
            del self.state.attributes[machine_name]
            for client in self.state.clients.values():
                client.attrs.pop(machine_name, None)

    def add_admin(self, admin_id: int, *, first_name: str, last_name: str, email: str) -> int:
        """Add an administrator of the branch."""
        with self.lock:
            self.state.add_admin(admin_id, first_name, last_name, email)
            return admin_id

    # Writes of the API

    def write_client(self, client_id: int | None, changes: Row) -> int:
        """Create or change a client as the API asks; the body was checked."""
        if client_id is None:
            client_id = self.create_client(None, extra_attrs=changes.get("attrs"), **changes["personal"])
            client = self.state.clients[client_id]
        else:
            client = self.state.clients[client_id]
            client.personal = {**client.personal, **changes["personal"]}
            self.state.set_attrs(client, changes.get("attrs") or {})
            self._tell(EDITED, client)
        for key in (*PEOPLE, "status"):
            if key in changes:
                setattr(client, key, changes[key])
        return client_id

    def trash_client(self, client_id: int) -> None:
        """Delete a client as the API asks."""
        self.delete_client(client_id)

    # Webhooks

    def deliver_webhooks(self, order: Order = "queued", *, copies: int = 1, seed: int = 1) -> list[int]:
        """Send the queued webhooks and give the statuses; see `Outbox.deliver` for more."""
        return self.webhooks.deliver(order, copies=copies, seed=seed)

    def set_webhooks(self, targets: list[str], *, automatic: bool = False) -> None:
        """Send every event to these addresses, signed."""
        self.webhooks.targets = list(targets)
        self.webhooks.automatic = automatic

    def signature(self, body: bytes) -> str:
        """Give the `Webhook-Signature` of a raw body: hex HMAC-SHA256 under the API key (facts 9)."""
        return hmac.new(self.key.encode(), body, hashlib.sha256).hexdigest()

    def _tell(self, action: str, client: Client) -> None:
        for url in self.webhooks.targets:
            body = orjson.dumps({"events": [self._event(action, client)], "_request_time": int(self.clock.now())})
            headers = {"Webhook-Signature": self.signature(body)}
            label = f"client {client.id}"
            self.webhooks.queue(Delivery(url=url, body=body, headers=headers, label=label))

    def _event(self, action: str, client: Client) -> Row:
        names = {key: client.personal[key] for key in ("first_name", "last_name")}
        subject: Row = {"id": client.id, "model": "Client", **names}
        if action != DELETED:
            address = f"{self.url}/api/clients/{client.id}/"
            subject = {**self.state.detail(client, self.url, self.roles), "model": "Client", "url": address}
        return {
            "action": action,
            "verb": action.capitalize().replace("_", " "),
            "timestamp": milliseconds(self.clock.now()),
            "branch": 1,
            "actor": {"name": "Ada Byron", "id": 30, "user_id": 30, "url": ""},
            "extra_msg": "",
            "subject": subject,
        }

    def _created(self) -> str:
        return self.clock.stamp().replace("Z", ".000000Z")

    def _living(self, client_id: int) -> Client:
        client = self.state.client(client_id)
        if client is None:
            raise ControlError(f"no living client {client_id} in the TC2 twin")
        return client

    @staticmethod
    def _personal(known: Row, fields: Row) -> Row:
        unknown = [key for key in fields if key not in known]
        if unknown:
            raise ControlError(f"{unknown[0]!r} is no field of a client in the TC2 twin")
        return {**known, **fields}

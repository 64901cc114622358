"""The Pipedrive twin as tests and curious people hold it: what a person could do in Pipedrive's own pages."""

import contextlib
from collections.abc import Iterator

from hermes_sync.sandbox.clock import TwinClock
from hermes_sync.sandbox.exchange import Answer, ControlError, Incoming, Json
from hermes_sync.sandbox.fields import HERMES_FIELDS
from hermes_sync.sandbox.limits import PipedriveLimits
from hermes_sync.sandbox.pipedrive_app import PipedriveApp
from hermes_sync.sandbox.pipedrive_hooks import note_delivery
from hermes_sync.sandbox.pipedrive_rows import DEFAULTS, address_of
from hermes_sync.sandbox.pipedrive_state import API_USER, Event, PipedriveState, user_row
from hermes_sync.sandbox.pipedrive_webhooks import queue_event
from hermes_sync.sandbox.server import Twin
from hermes_sync.sandbox.table import Row
from hermes_sync.sandbox.webhooks import Order, Outbox

TOKEN = "twin-pipedrive-token"  # noqa: S105 - opens nothing but a twin
USERS = ((99, "Ada Byron", "ada"), (98, "Grace Hopper", "grace"), (97, "Mary Jackson", "mary"))
PIPELINES = ("PAYG", "Startup", "Enterprise")
STAGES = ("Contacted", "Qualified", "Demo booked", "Proposal", "Negotiation")
STAMPS = ("add_time", "update_time")


class PipedriveTwin(Twin):
    """One Pipedrive account. Every method here acts as a person in the UI would: stamped, and told by webhook.

    list_lag: seconds for which a written record is missing under `updated_since`; search_lag: the same for
    search; create_status: what a v2 POST answers (200 as the official examples say, or 201).
    """

    name = "pipedrive"

    def __init__(
        self, clock: TwinClock, *, list_lag: float = 0.0, fault_rate: float = 0.0, latency_ms: float = 0.0
    ) -> None:
        """Start with the default world: three pipelines, their stages, three users, Hermes' custom fields."""
        super().__init__(clock, fault_rate=fault_rate, latency_ms=latency_ms)
        self.token = TOKEN
        self.webhooks = Outbox()
        self.reset(list_lag)

    def reset(self, list_lag: float = 0.0) -> None:
        """Go back to the default world."""
        with self.lock:
            self.state = PipedriveState(self.clock, self._on_event)
            self.state.list_lag = list_lag
            self.limits = PipedriveLimits(self.clock)
            self.app = PipedriveApp(self.state, self.limits, self.token)
            self.webhooks.clear()
            self.log.clear()
            for user_id, name, mailbox in USERS:
                self.add_user(user_id, name=name, email=f"{mailbox}@example.com", admin=user_id == API_USER)
            for kind, fields in HERMES_FIELDS.items():
                for name, field_type in fields.items():
                    self.state.add_field(kind, name, field_type)
            for name in PIPELINES:
                pipeline_id = self.create("pipeline", name=name)
                for stage in STAGES:
                    self.create("stage", name=f"{name} - {stage}", pipeline_id=pipeline_id)

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a request of the API."""
        return self.app.answer(incoming)

    def spoiled_list(self, payload: Json, keep: float) -> Json:
        """Give a list answer with only the first share of its rows."""
        rows = payload.get("data") if isinstance(payload, dict) else None
        return {**payload, "data": rows[: int(len(rows) * keep)]} if isinstance(rows, list) else payload

    @contextlib.contextmanager
    def lagging(self, seconds: float) -> Iterator[None]:
        """Let lists and search lag by `seconds` for a while."""
        usual = self.state.list_lag, self.state.search_lag
        self.state.list_lag = self.state.search_lag = seconds
        try:
            yield
        finally:
            self.state.list_lag, self.state.search_lag = usual

    @property
    def create_status(self) -> int:
        """What a v2 POST answers: 200 or 201."""
        return self.app.create_status

    @create_status.setter
    def create_status(self, status: int) -> None:
        self.app.create_status = status

    @property
    def list_lag(self) -> float:
        """For how many seconds a written record is missing under `updated_since`."""
        return self.state.list_lag

    @list_lag.setter
    def list_lag(self, seconds: float) -> None:
        self.state.list_lag = seconds

    @property
    def search_lag(self) -> float:
        """For how many seconds the search index does not know of a write."""
        return self.state.search_lag

    @search_lag.setter
    def search_lag(self, seconds: float) -> None:
        self.state.search_lag = seconds

    # Records

    def create(self, kind: str, *, id: int | None = None, **fields: Json) -> int:  # noqa: A002 - the API's word
        """Create a record and give its id; `custom` by Hermes name, `emails`/`phones` plain or as objects.

        `country` fills an organization's address; `add_time` and `update_time` (None allowed) may be set.
        """
        with self.lock:
            changes, stamps = self._changes(kind, fields)
            return self.state.insert(kind, changes, "app", row_id=id, stamps=stamps)

    def edit(self, kind: str, row_id: int, **fields: Json) -> None:
        """Change a record; custom fields that are not named stay as they are, None clears one."""
        with self.lock:
            self.state.living(kind, row_id)
            changes, stamps = self._changes(kind, fields)
            self.state.update(kind, row_id, changes, "app", stamps=stamps)

    def touch(self, kind: str, row_id: int) -> None:
        """Bump the update time and nothing else, as a note on the record does."""
        with self.lock:
            self.state.living(kind, row_id)
            self.state.touch(kind, row_id)

    def delete(self, kind: str, row_id: int) -> None:
        """Delete a record softly."""
        with self.lock:
            self.state.living(kind, row_id)
            self.state.delete(kind, row_id, "app")

    def restore(self, kind: str, row_id: int) -> None:
        """Bring a deleted record back."""
        with self.lock:
            self.state.restore(kind, row_id)

    def purge(self, kind: str, row_id: int) -> None:
        """Remove a record for good, so that GET by id answers 404."""
        with self.lock:
            if row_id not in self.state.tables[kind].rows:
                raise ControlError(f"no {kind} {row_id} in the Pipedrive twin")
            self.state.tables[kind].remove(row_id)

    def archive(self, deal_id: int) -> None:
        """Archive a deal: it leaves `/deals` and appears in `/deals/archived`."""
        self.edit("deal", deal_id, is_archived=True)

    def unarchive(self, deal_id: int) -> None:
        """Bring an archived deal back to `/deals`."""
        self.edit("deal", deal_id, is_archived=False)

    def merge(self, kind: str, loser: int, winner: int) -> None:
        """Merge the loser into the winner (facts 3)."""
        with self.lock:
            self.state.merge(kind, loser, winner, "app")

    def get(self, kind: str, row_id: int) -> Row:
        """Give a record in REST shape, deleted ones too."""
        with self.lock:
            row = self.state.find(kind, row_id)
            if row is None:
                raise ControlError(f"no {kind} {row_id} in the Pipedrive twin")
            return self.state.rendered(kind, row)

    def exists(self, kind: str, row_id: int) -> bool:
        """Whether a record lives: there, and not deleted."""
        with self.lock:
            row = self.state.find(kind, row_id)
            return row is not None and not row["is_deleted"]

    def all(self, kind: str) -> list[Row]:
        """Give all living records of a kind by id, archived deals among them."""
        with self.lock:
            rows = sorted(self.state.tables[kind].rows.items())
            return [self.state.rendered(kind, row) for _, row in rows if not row["is_deleted"]]

    def custom(self, kind: str, row_id: int) -> dict[str, Json]:
        """Give the custom fields of a record by their Hermes names, None when empty."""
        with self.lock:
            values = self.get(kind, row_id)["custom_fields"] or {}
            return {field.name: values.get(code) for code, field in self.state.fields[kind].items()}

    def add_user(
        self,
        user_id: int,
        *,
        name: str,
        email: str,
        active: bool = True,
        admin: bool = False,
        timezone: str = "Europe/London",
    ) -> int:
        """Add a user of the account, or replace the one with this id."""
        with self.lock:
            stamp = self.clock.stamp()
            row = user_row(user_id, name, email, stamp, active=active, admin=admin, timezone=timezone)
            self.state.users[user_id] = row
            return user_id

    # Fields

    def field_key(self, kind: str, name: str) -> str:
        """Give the 40-hex key of a custom field by its name."""
        with self.lock:
            for code, field in self.state.fields[kind].items():
                if name in (field.name, code):
                    return code
        raise ControlError(f"no custom field {name!r} on {kind} in the Pipedrive twin")

    def field_keys(self, kind: str) -> dict[str, str]:
        """Give the keys of all custom fields of a kind by name."""
        with self.lock:
            return {field.name: code for code, field in self.state.fields[kind].items()}

    def add_field(self, kind: str, name: str, field_type: str = "varchar", options: list[str] | None = None) -> str:
        """Add a custom field and give its key; options of an enum or set get ids from 1."""
        with self.lock:
            return self.state.add_field(kind, name, field_type, options).code

    def remove_field(self, kind: str, name: str) -> None:
        """Delete a custom field and all its values; later writes of its key are refused."""
        with self.lock:
            self.state.remove_field(kind, self.field_key(kind, name))

    def set_field_type(self, kind: str, name: str, field_type: str) -> None:
        """Change the type of a custom field and convert what is in it."""
        with self.lock:
            self.state.retype_field(kind, self.field_key(kind, name), field_type)

    # Webhooks

    def deliver_webhooks(self, order: Order = "queued", *, copies: int = 1, seed: int = 1) -> list[int]:
        """Send the queued webhooks and give the statuses; see `Outbox.deliver` for more."""
        return self.webhooks.deliver(order, copies=copies, seed=seed)

    def set_webhooks(self, targets: list[str], *, automatic: bool = False) -> None:
        """Send every event to these addresses besides the registered webhooks."""
        self.webhooks.targets = list(targets)
        self.webhooks.automatic = automatic

    def _on_event(self, event: Event) -> None:
        queue_event(self.state, self.webhooks, event, self._on_delivery)

    def _on_delivery(self, hook_id: int, status: int) -> None:
        with self.lock:
            note_delivery(self.state, hook_id, status)

    def _changes(self, kind: str, fields: Row) -> tuple[Row, Row]:
        """Give the REST changes and the stamps that a control call means."""
        changes = dict(fields)
        stamps = {key: changes.pop(key) for key in STAMPS if key in changes}
        if "custom" in changes:
            custom = changes.pop("custom")
            changes["custom_fields"] = {self.field_key(kind, name): value for name, value in custom.items()}
        if "country" in changes:
            country = changes.pop("country")
            changes["address"] = None if country is None else address_of(country)
        if kind == "activity" and "person_id" in changes:
            person = changes.pop("person_id")
            changes["participants"] = [] if person is None else [{"person_id": person, "primary": True}]
        unknown = [key for key in changes if key not in DEFAULTS[kind]]
        if unknown:
            raise ControlError(f"{unknown[0]!r} is no field of a {kind} in the Pipedrive twin")
        return changes, stamps

"""The state of the TC2 twin: clients with their agency and recipients, extra attributes, admins (facts 9)."""

import re
import unicodedata
from dataclasses import dataclass, field

from hermes_sync.sandbox.exchange import ControlError, Json

Row = dict[str, Json]

EXTRA_ATTRS: dict[str, str] = {
    "pipedrive_url": "Short text",
    "pipedrive_id": "Short text",
    "pipedrive_deal_stage": "Short text",
    "pipedrive_pipeline": "Short text",
    "estimated_monthly_income": "Short text",
    "currency": "Short text",
    "utm_source": "Short text",
    "utm_campaign": "Short text",
    "termination_category": "Dropdown",
}
"""The extra attributes of a fresh sandbox: machine name and type."""

DROPDOWNS = {"termination_category": ["Doesn't suit student", "Too expensive", "Closed down"]}
ADMINS = (
    (30, "Ada", "Byron", "ada@example.com"),
    (31, "Grace", "Hopper", "grace@example.com"),
    (32, "Mary", "Jackson", "mary@example.com"),
)
PERSONAL: Row = {
    "title": None,
    "first_name": None,
    "last_name": None,
    "email": None,
    "mobile": None,
    "phone": None,
    "street": None,
    "state": None,
    "town": None,
    "country": "United Kingdom (GB)",
    "postcode": None,
    "latitude": None,
    "longitude": None,
    "date_created": None,
    "timezone": None,
}
AGENCY: Row = {
    "id": None,
    "name": None,
    "website": None,
    "status": "trial",
    "paid_invoice_count": 0,
    "country": "United Kingdom (GB)",
    "price_plan": "1-payg",
    "narc": False,
    "created": None,
    "signup_questionnaire": None,
    "pay0_dt": None,
    "pay1_dt": None,
    "pay3_dt": None,
    "card_saved_dt": None,
    "email_confirmed_dt": None,
    "gclid": None,
    "gclid_expiry_dt": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """The definition of an extra attribute."""

    id: int
    machine_name: str
    type: str
    options: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What people call it."""
        return self.machine_name.replace("_", " ").capitalize()


@dataclass(slots=True, kw_only=True)
class Client:
    """One client; with an `agency` it is a cligency. `attrs` holds what was ever set, `""` when cleared."""

    id: int
    personal: Row
    status: str = "live"
    agency: Row | None = None
    recipients: list[Row] = field(default_factory=list)
    attrs: dict[str, str] = field(default_factory=dict)
    sales_person: int | None = None
    support_person: int | None = None
    bdr_person: int | None = None
    deleted: bool = False


def slug(text: str) -> str:
    """Give the slug by which a dropdown value is written (facts 9)."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^\w\s-]", "", ascii_text).strip().lower()
    return re.sub(r"[-\s]+", "-", kept).strip("-_")


class Tc2State:
    """All of one TC2 branch. Callers hold the twin's lock."""

    def __init__(self) -> None:
        """Start without clients, with the default admins and extra attributes."""
        self.clients: dict[int, Client] = {}
        self.admins: dict[int, Row] = {}
        self.attributes: dict[str, Attribute] = {}
        self.last_ids = {"client": 0, "agency": 0, "recipient": 0}
        self._living: list[Client] | None = None
        for admin_id, first, last, email in ADMINS:
            self.add_admin(admin_id, first, last, email)
        for machine_name, kind in EXTRA_ATTRS.items():
            self.add_attribute(machine_name, kind, DROPDOWNS.get(machine_name))

    def add_admin(self, admin_id: int, first_name: str, last_name: str, email: str) -> None:
        """Add an administrator."""
        row = {"id": admin_id, "first_name": first_name, "last_name": last_name, "email": email}
        self.admins[admin_id] = row

    def add_attribute(self, machine_name: str, kind: str, options: list[str] | None = None) -> None:
        """Define an extra attribute; a dropdown has options."""
        number = 1 + len(self.attributes)
        self.attributes[machine_name] = Attribute(
            id=number, machine_name=machine_name, type=kind, options=options or []
        )

    def take_id(self, what: str, wanted: int | None = None) -> int:
        """Give the next id of a kind, or the wanted one."""
        chosen = self.last_ids[what] + 1 if wanted is None else wanted
        self.last_ids[what] = max(self.last_ids[what], chosen)
        return chosen

    def client(self, client_id: int) -> Client | None:
        """Give a client that is not in the trash."""
        found = self.clients.get(client_id)
        return None if found is None or found.deleted else found

    def living(self) -> list[Client]:
        """Give all clients that are not in the trash, largest id first."""
        if self._living is None:
            ordered = sorted(self.clients.values(), key=lambda client: client.id, reverse=True)
            self._living = [client for client in ordered if not client.deleted]
        return self._living

    def recount(self) -> None:
        """Forget who is living, because somebody came or went."""
        self._living = None

    def by_email(self, email: str | None) -> Client | None:
        """Give the client with this e-mail, the unique key of clients."""
        if not email:
            return None
        same = (one for one in self.living() if (one.personal["email"] or "").lower() == email.lower())
        return next(same, None)

    def agency_of(self, fields: Row, stamp: str) -> Row:
        """Complete an agency; its id counts on when none is given."""
        agency = {**AGENCY, "created": stamp, **fields}
        agency["id"] = self.take_id("agency", agency["id"])
        agency["name"] = agency["name"] or f"Agency {agency['id']}"
        return agency

    def recipients_of(self, rows: list[Row]) -> list[Row]:
        """Complete recipients; their ids count on when none are given."""
        blank = {"id": None, "first_name": None, "last_name": None, "email": None}
        complete = [{**blank, **row} for row in rows]
        return [{**row, "id": self.take_id("recipient", row["id"])} for row in complete]

    def set_attrs(self, client: Client, values: Row) -> None:
        """Set extra attributes as read, None clears; unknown machine names are an error."""
        for machine_name, value in values.items():
            if machine_name not in self.attributes:
                raise ControlError(f"no extra attribute {machine_name!r} in the TC2 twin")
            client.attrs[machine_name] = "" if value is None else str(value)

    # What the API shows

    def thin(self, client: Client, base: str) -> Row:
        """Give a row of the clients list."""
        shown = {key: client.personal[key] for key in ("first_name", "last_name", "email")}
        return {"id": client.id, **shown, "url": f"{base}/api/clients/{client.id}/"}

    def detail(self, client: Client, base: str, roles: int) -> Row:
        """Give a client in full: the person nested below `user` (roles 1) or flat (roles 2)."""
        person: Row = {"user": dict(client.personal)}
        if roles != 1:
            photo = f"{base}/media/photo/{client.id}.jpg"
            person = {**client.personal, "photo": photo}
        shown = {
            "id": client.id,
            **person,
            "status": client.status,
            "is_taxable": True,
            "received_notifications": ["invoice_reminders", "invoices", "broadcasts"],
            "invoices_count": 0,
            "payment_pending": "0.00",
            "auto_charge": True,
            "associated_admin": self.admins.get(client.support_person or 0),
            "associated_agent": None,
            "pipeline_stage": None,
            "paid_recipients": [self.thin_recipient(row, base) for row in client.recipients],
            "calendar_colour": "ForestGreen",
            "labels": [],
            "extra_attrs": [self.shown_attr(name, value) for name, value in client.attrs.items()],
            "invoice_balance": "0.00",
            "available_balance": "0.00",
        }
        if client.agency is not None:
            shown["meta_agency"] = client.agency
            shown["sales_person"] = self.admins.get(client.sales_person or 0)
            shown["bdr_person"] = self.admins.get(client.bdr_person or 0)
        return shown

    def shown_attr(self, machine_name: str, value: str) -> Row:
        """Give an extra attribute as it reads: a row with its definition."""
        attribute = self.attributes[machine_name]
        return {
            "id": attribute.id,
            "value": value,
            "type": attribute.type,
            "machine_name": machine_name,
            "name": attribute.name,
        }

    @staticmethod
    def thin_recipient(row: Row, base: str) -> Row:
        """Give a row of the recipients list, also as clients name it."""
        shown = {key: row[key] for key in ("id", "first_name", "last_name", "email")}
        return {**shown, "url": f"{base}/api/recipients/{row['id']}/"}

    def recipients(self) -> dict[int, tuple[Row, Client]]:
        """Give all recipients of living clients by id, with the client who pays."""
        return {row["id"]: (row, client) for client in self.living() for row in client.recipients}

    def recipient_detail(self, row: Row, client: Client, base: str) -> Row:
        """Give a recipient in full."""
        return {
            "id": row["id"],
            **{key: row.get(key, blank) for key, blank in PERSONAL.items()},
            "default_rate": None,
            "paying_client": self.thin(client, base),
            "associated_clients": [],
            "academic_year": None,
            "last_updated": client.personal["date_created"],
            "calendar_colour": "Khaki",
            "labels": [],
            "extra_attrs": [],
        }

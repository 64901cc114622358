"""Custom fields of the Pipedrive account: their definitions, and what a value of each type looks like."""

import hashlib
import re
from dataclasses import dataclass, field, replace

from hermes_sync.sandbox.exchange import Json

FIELD_TYPES = frozenset(
    [
        "varchar",
        "text",
        "varchar_auto",
        "double",
        "phone",
        "date",
        "daterange",
        "time",
        "timerange",
        "set",
        "enum",
        "address",
        "monetary",
        "org",
        "people",
        "user",
    ]
)
"""The types that a custom field can be created with (facts 7)."""

TEXT_TYPES = frozenset({"varchar", "text", "varchar_auto", "phone"})
DATE = re.compile(r"^\d{4}-\d\d-\d\d$")
TIME = re.compile(r"^\d\d:\d\d(:\d\d)?$")

HERMES_FIELDS: dict[str, dict[str, str]] = {
    "organization": {
        "hermes_id": "varchar",
        "tc2_status": "varchar",
        "tc2_cligency_url": "varchar",
        "paid_invoice_count": "double",
        "price_plan": "varchar",
        "website": "varchar",
        "estimated_income": "varchar",
        "currency": "varchar",
        "utm_source": "varchar",
        "utm_campaign": "varchar",
        "signup_questionnaire": "text",
        "support_person_id": "user",
        "bdr_person_id": "user",
    },
    "person": {"hermes_id": "varchar"},
    "deal": {"hermes_id": "varchar"},
}
"""The custom fields of a fresh sandbox: Hermes name and type, by kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """One custom field; `code` is its 40-hex key in the API, `name` what people and the config call it."""

    code: str
    name: str
    type: str
    options: dict[int, str] = field(default_factory=dict)

    def problem_with(self, value: Json) -> str | None:
        """Say what is wrong with a value written to this field; None clears it and is always right."""
        if value is None:
            return None
        if self.type in TEXT_TYPES:
            return None if isinstance(value, str) else "The value is not a valid 'string'"
        if self.type == "double":
            return None if is_number(value) else "The value is not a valid 'number'"
        if self.type in ("user", "org", "people"):
            return None if is_integer(value) else "The value is not a valid 'integer'"
        if self.type == "enum":
            return None if is_integer(value) and value in self.options else "The value is not a valid option"
        if self.type == "set":
            return self._problem_with_set(value)
        if self.type == "date":
            return None if is_date(value) else "The value is not a valid 'date'"
        return self._problem_with_object(value)

    def _problem_with_set(self, value: Json) -> str | None:
        if not isinstance(value, list):
            return "The value is not a valid 'array'"
        if not value:
            return "An empty array is not allowed, use null to clear"
        known = all(is_integer(item) and item in self.options for item in value)
        return None if known else "The value is not a valid option"

    def _problem_with_object(self, value: Json) -> str | None:
        shapes: dict[str, dict[str, bool]] = {
            "monetary": {"value": True, "currency": True},
            "daterange": {"value": True, "until": True},
            "time": {"value": True, "timezone_id": False, "timezone_name": False},
            "timerange": {"value": True, "until": True, "timezone_id": False, "timezone_name": False},
            "address": {"value": True, **dict.fromkeys(ADDRESS_KEYS[1:], False)},
        }
        shape = shapes[self.type]
        if not isinstance(value, dict):
            return "The value is not a valid 'object'"
        unknown = [key for key in value if key not in shape]
        missing = [key for key, required in shape.items() if required and value.get(key) is None]
        if unknown or missing:
            return f"Key '{(unknown or missing)[0]}' is {'not allowed' if unknown else 'required'}"
        if self.type == "monetary" and not (is_number(value["value"]) and isinstance(value["currency"], str)):
            return "The value is not a valid 'monetary'"
        return None

    def as_row(self) -> dict[str, Json]:
        """Give the definition as the fields endpoints do (facts 7)."""
        options = [{"id": key, "label": label} for key, label in self.options.items()]
        return field_row(self.name, self.code, self.type, custom=True, options=options or None)

    def retyped(self, new_type: str) -> "CustomField":
        """Give the same field with another type."""
        return replace(self, type=new_type)


ADDRESS_KEYS = [
    "value",
    "country",
    "admin_area_level_1",
    "admin_area_level_2",
    "locality",
    "sublocality",
    "route",
    "street_number",
    "subpremise",
    "postal_code",
]


def field_row(
    name: str, code: str, field_type: str, *, custom: bool, options: list[dict[str, Json]] | None = None
) -> dict[str, Json]:
    """Give one row of a fields list."""
    return {
        "field_name": name,
        "field_code": code,
        "description": "",
        "field_type": field_type,
        "options": options,
        "subfields": None,
        "is_custom_field": custom,
        "is_optional_response_field": False,
    }


SYSTEM_FIELDS: dict[str, list[dict[str, Json]]] = {
    "organization": [
        field_row("Name", "name", "varchar", custom=False),
        field_row("Owner", "owner_id", "user", custom=False),
        field_row("Address", "address", "address", custom=False),
        field_row("Organization created", "add_time", "date", custom=False),
        field_row("Update time", "update_time", "date", custom=False),
    ],
    "person": [
        field_row("Name", "name", "varchar", custom=False),
        field_row("Email", "emails", "varchar", custom=False),
        field_row("Phone", "phones", "phone", custom=False),
        field_row("Organization", "org_id", "org", custom=False),
        field_row("Owner", "owner_id", "user", custom=False),
    ],
    "deal": [
        field_row("Title", "title", "varchar", custom=False),
        field_row("Value", "value", "monetary", custom=False),
        field_row("Organization", "org_id", "org", custom=False),
        field_row("Contact person", "person_id", "people", custom=False),
        field_row("Status", "status", "status", custom=False),
    ],
}
"""A few of the built-in fields; their types are as the real metadata misdescribes them (facts 7)."""


def field_code(kind: str, name: str) -> str:
    """Give the 40-hex key that a field of this name always gets in the twin."""
    return hashlib.sha1(f"{kind}/{name}".encode(), usedforsecurity=False).hexdigest()


def converted(value: Json, new_type: str) -> Json:
    """Give a value as it reads after the type of its field was changed; what has no sense there is lost."""
    if value is None or new_type in TEXT_TYPES:
        return value if value is None or isinstance(value, str) else plain_number(value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if new_type == "double" and not number.is_integer() else int(number)


def plain_number(value: Json) -> str:
    """Give a number as text, without a needless `.0`."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def is_integer(value: Json) -> bool:
    """Whether a JSON value is an integer (a boolean is none)."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Json) -> bool:
    """Whether a JSON value is a number (a boolean is none)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_date(value: Json) -> bool:
    """Whether a JSON value looks like a date; impossible days pass, as in the real API (facts 1.5)."""
    return isinstance(value, str) and DATE.match(value) is not None


def is_time(value: Json) -> bool:
    """Whether a JSON value looks like a time of day."""
    return isinstance(value, str) and TIME.match(value) is not None

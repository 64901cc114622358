"""The config.toml that fits a sandbox, key by key as the public interface names them."""

import json

from hermes_sync.sandbox.exchange import Json
from hermes_sync.sandbox.fields import HERMES_FIELDS
from hermes_sync.sandbox.pipedrive import PipedriveTwin
from hermes_sync.sandbox.tc2 import Tc2Twin

TC2_ATTRS = {
    "pipedrive_url": "pipedrive_url",
    "pipedrive_id": "pipedrive_id",
    "pipedrive_deal_stage": "pipedrive_deal_stage",
    "pipedrive_pipeline": "pipedrive_pipeline",
    "estimated_income": "estimated_monthly_income",
    "currency": "currency",
    "utm_source": "utm_source",
    "utm_campaign": "utm_campaign",
}
PIPELINES = {
    "payg": {"pipeline": 1, "stage": 1},
    "startup": {"pipeline": 2, "stage": 6},
    "enterprise": {"pipeline": 3, "stage": 11},
}
ADA = {
    "id": 1,
    "first_name": "Ada",
    "last_name": "Byron",
    "email": "ada@example.com",
    "timezone": "Europe/London",
    "tc2_admin_id": 30,
    "pd_owner_id": 99,
    "is_sales_person": True,
    "is_support_person": False,
    "is_bdr_person": False,
    "sells": ["payg", "startup", "enterprise"],
    "regions": ["GB", "US", "AU", "CA", "EU", "ROW"],
}
GRACE = {
    **ADA,
    "id": 2,
    "first_name": "Grace",
    "last_name": "Hopper",
    "email": "grace@example.com",
    "tc2_admin_id": 31,
    "pd_owner_id": 98,
    "is_support_person": True,
    "is_bdr_person": True,
}
SIGNING_KEY = "twin-signing-key"


def settings_text(
    pipedrive: PipedriveTwin, tc2: Tc2Twin, database_url: str, sections: dict[str, dict[str, Json]]
) -> str:
    """Give a complete config.toml; `sections` adds or replaces keys, by the dotted name of their section."""
    keys = {kind: pipedrive.field_keys(kind) for kind in HERMES_FIELDS}
    tables: dict[str, dict[str, Json]] = {
        "database": {"url": database_url},
        "pipedrive": {"base_url": pipedrive.url, "api_token": pipedrive.token},
        **{
            f"pipedrive.fields.{kind}": {name: keys[kind][name] for name in names if name in keys[kind]}
            for kind, names in HERMES_FIELDS.items()
        },
        "tc2": {"base_url": tc2.url, "api_key": tc2.key},
        "tc2.extra_attrs": TC2_ATTRS,
        "pipelines": PIPELINES,
        "callbooker": {"signing_key": SIGNING_KEY},
    }
    for section, values in sections.items():
        tables[section] = {**tables.get(section, {}), **values}
    lines = [line for name, table in tables.items() for line in (f"[{name}]", *assignments(table), "")]
    for admin in (ADA, GRACE):
        lines += ["[[admins]]", *assignments(admin), ""]
    return "\n".join(lines)


def assignments(table: dict[str, Json]) -> list[str]:
    """Give the lines of one table."""
    return [f"{key} = {toml(value)}" for key, value in table.items()]


def toml(value: Json) -> str:
    """Give a value as TOML writes it; text and numbers are written as in JSON."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    return json.dumps(value)

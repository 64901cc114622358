"""Who owns which field (semantics 3), as one table, and what follows from it for a field that a remote states.

From an owner, empty clears. From anyone else nothing is taken, but for the blanks of a Contact, which a
cligency may fill.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hermes_sync.core.objects import Company, Contact
from hermes_sync.core.records import Cligency, System
from hermes_sync.core.values import is_nothing

TC2_OWNED: Final = frozenset(
    {
        "tc2_cligency_id",
        "tc2_agency_id",
        "tc2_status",
        "price_plan",
        "paid_invoice_count",
        "narc",
        "signup_questionnaire",
        "utm_source",
        "utm_campaign",
        "estimated_income",
        "currency",
        "website",
        "support_person_id",
        "bdr_person_id",
    }
)
"""Fields of a Company that TC2 owns once the Company has a cligency, and Pipedrive until then."""

PIPEDRIVE_OWNED: Final = frozenset({"name", "country", "sales_person_id"})
"""Fields of a Company that Pipedrive owns once the Company has an Org, and TC2 until then."""

CONTACT_OWNED: Final = frozenset({"first_name", "last_name", "email", "phone"})
"""Fields of a Contact that Pipedrive owns once it has a Person, and TC2 until then."""

HERMES_OWNED: Final = ("pipedrive_url", "pipedrive_id", "pipedrive_deal_stage", "pipedrive_pipeline")
"""Extra attributes of a cligency that Hermes owns."""


def owner(field: str, of: Company | Contact) -> System | None:
    """Return the remote that owns a field of this object now; None for a field that Hermes keeps for itself."""
    if isinstance(of, Contact):
        return _first(System.PIPEDRIVE, of.pd_person_id, System.TC2) if field in CONTACT_OWNED else None
    if field in TC2_OWNED:
        return _first(System.TC2, of.tc2_cligency_id, System.PIPEDRIVE)
    if field in PIPEDRIVE_OWNED:
        return _first(System.PIPEDRIVE, of.pd_org_id, System.TC2)
    return None


def _first(holder: System, link: int | None, until_then: System) -> System:
    return holder if link is not None else until_then


def taken_from(system: System, stated: Mapping[str, object], of: Company | Contact) -> dict[str, object]:
    """Return those of the stated fields that Hermes takes from this remote, for an object already linked to it."""
    return {name: value for name, value in stated.items() if _is_taken(system, name, value, of)}


def _is_taken(system: System, name: str, value: object, of: Company | Contact) -> bool:
    holder = owner(name, of)
    if holder is None or holder is system:
        return True
    fills_a_blank = is_nothing(getattr(of, name)) and not is_nothing(value)
    return isinstance(of, Contact) and fills_a_blank


def says_the_same(before: Cligency | None, now: Cligency) -> bool:
    """Whether all that differs is Hermes' own: perhaps a write of ours whose receipt a crash has swallowed."""
    if before is None:
        return False
    ours: dict[str, Any] = {name: getattr(now, name) for name in HERMES_OWNED}
    return replace(before, **ours) == now

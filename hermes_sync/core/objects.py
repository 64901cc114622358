"""The Hermes objects: what the store keeps, `export` prints, and the rules create, update and delete.

Ids are Hermes ids unless a name says otherwise (`pd_…` Pipedrive's, `tc2_…` TC2's); admin ids are those of the
config. Times are RFC 3339 text in UTC.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final, cast


class Kind(StrEnum):
    """The kinds of Hermes objects that a plan may touch, under the names of the public interface."""

    COMPANY = "company"
    CONTACT = "contact"
    DEAL = "deal"
    MEETING = "meeting"
    PIPELINE = "pipeline"
    STAGE = "stage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A customer, or somebody who may become one."""

    id: int
    name: str
    pd_org_id: int | None = None
    tc2_cligency_id: int | None = None
    tc2_agency_id: int | None = None
    tc2_status: str | None = None
    sales_person_id: int | None = None
    support_person_id: int | None = None
    bdr_person_id: int | None = None
    price_plan: str | None = None
    paid_invoice_count: int = 0
    country: str | None = None
    website: str | None = None
    currency: str | None = None
    estimated_income: str | None = None
    utm_source: str | None = None
    utm_campaign: str | None = None
    signup_questionnaire: str | None = None
    narc: bool = False
    has_booked_call: bool = False
    has_signed_up: bool = False
    created: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person at a Company."""

    id: int
    company_id: int
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    country: str | None = None
    pd_person_id: int | None = None
    tc2_sr_id: int | None = None
    created: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A sale to a Company; `status` is open, won or lost. An archived one shows in no cligency (semantics 3)."""

    id: int
    pd_deal_id: int | None = None
    name: str
    status: str = "open"
    archived: bool = False
    company_id: int
    contact_id: int | None = None
    admin_id: int | None = None
    pipeline_id: int | None = None
    stage_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A call that somebody booked."""

    id: int
    type: str
    status: str = "planned"
    start_time: str
    end_time: str
    admin_id: int | None = None
    company_id: int
    contact_id: int | None = None
    deal_id: int | None = None
    pd_activity_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A Pipeline of Deals."""

    id: int
    pd_pipeline_id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A Stage of a Pipeline; `pd_pipeline_id` is Pipedrive's id of it."""

    id: int
    pd_stage_id: int
    pd_pipeline_id: int | None = None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """A member of the team, as the config has them; `timezone` is an IANA name."""

    id: int
    first_name: str
    last_name: str
    email: str
    timezone: str = "UTC"
    tc2_admin_id: int | None = None
    pd_owner_id: int | None = None
    is_sales_person: bool = False
    is_support_person: bool = False
    is_bdr_person: bool = False
    sells: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


HermesObject = Company | Contact | Deal | Meeting | Pipeline | Stage

OBJECT_TYPES: Final[Mapping[Kind, type[HermesObject]]] = {
    Kind.COMPANY: Company,
    Kind.CONTACT: Contact,
    Kind.DEAL: Deal,
    Kind.MEETING: Meeting,
    Kind.PIPELINE: Pipeline,
    Kind.STAGE: Stage,
}

_KINDS: Final[Mapping[type, Kind]] = {type_: kind for kind, type_ in OBJECT_TYPES.items()}


FIELDS: Final[Mapping[type[HermesObject], tuple[str, ...]]] = {
    type_: tuple(one.name for one in fields(type_)) for type_ in OBJECT_TYPES.values()
}
"""The names of the fields of each type, the id first."""

_VALUES: Final[Mapping[type, Callable[[Any], tuple[object, ...]]]] = {
    type_: cast("Callable[[Any], tuple[object, ...]]", attrgetter(*names)) for type_, names in FIELDS.items()
}


def values_of(thing: HermesObject) -> tuple[object, ...]:
    """Return the values of an object in the order of its fields; hundreds of thousands are asked in a first pass."""
    return _VALUES[type(thing)](thing)


def kind_of(thing: HermesObject) -> Kind:
    """Return the kind of a Hermes object."""
    return _KINDS[type(thing)]

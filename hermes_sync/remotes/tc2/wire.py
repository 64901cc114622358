"""TC2's JSON made records: both versions of the roles API, nested `user` or flat (facts 9, semantics 3).

The vocabulary of `meta_agency` is known from hermes only, so everything but the ids may be missing or null.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from hermes_sync.core.records import Cligency, Notice, Ref, RemoteKind, Sr
from hermes_sync.core.values import email_key, text
from hermes_sync.ports import Reading
from hermes_sync.remotes.country import code_or_text
from hermes_sync.remotes.odd import Odd, id_in, put_aside, why_invalid
from hermes_sync.remotes.stamps import utc_text

PRICE_PLANS: Final = frozenset({"payg", "startup", "enterprise"})
DEFAULT_PLAN: Final = "payg"


def _id_of(value: object) -> object:
    """Return the id of an admin, who is written as an object, an id or null."""
    return (value.get("id") if isinstance(value, dict) else value) or None


def _or_nothing(value: object) -> object:
    """Return a text, or None for a blank one."""
    return (value.strip() or None) if isinstance(value, str) else value


def _address(value: object) -> object:
    """Return an e-mail address as it is compared: other letters make no other address (semantics 1)."""
    return email_key(value) if isinstance(value, str) else value


LooseId = Annotated[int | None, BeforeValidator(_id_of)]
Text = Annotated[str | None, BeforeValidator(_or_nothing)]
Address = Annotated[str | None, BeforeValidator(_address)]
WholeNumber = Annotated[int | None, BeforeValidator(_or_nothing)]


class _Part(BaseModel):
    """A part of a client; keys that are not read are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class PersonPart(_Part):
    """How a client is reached; in `user` in version 1, at the root in version 2."""

    email: Address = None
    mobile: Text = None
    phone: Text = None


class AgencyPart(_Part):
    """The agency that a cligency stands for; from TutorCruncher's own branch only."""

    id: int
    name: Text = None
    website: Text = None
    status: Text = None
    paid_invoice_count: WholeNumber = None
    country: Text = None
    price_plan: Text = None
    narc: bool | None = None
    created: int | float | str | None = None
    signup_questionnaire: Any = None


class RecipientPart(_Part):
    """A paid recipient."""

    id: int
    first_name: Text = None
    last_name: Text = None
    email: Address = None


class AttrPart(_Part):
    """An extra attribute; its value is text, whatever its type."""

    machine_name: Text = None
    type: Text = None
    value: Any = None


class ClientPart(PersonPart):
    """A client with its details."""

    id: int
    user: PersonPart | None = None
    meta_agency: AgencyPart | None = None
    sales_person: LooseId = None
    associated_admin: LooseId = None
    bdr_person: LooseId = None
    paid_recipients: tuple[RecipientPart, ...] | None = None
    extra_attrs: tuple[AttrPart, ...] | None = None


class ListPart(_Part):
    """A page of the client list; of its rows only the ids are read."""

    count: int = 0
    next: str | None = None
    results: list[Any]


def client(row: object, attrs: Mapping[str, str]) -> Reading:
    """Return what a client says; `attrs` maps Hermes names to the machine names of extra attributes.

    A client without `meta_agency` is no cligency (semantics 6): its record has an id and nothing else.
    """
    try:
        valid = ClientPart.model_validate(row)
    except ValidationError as error:
        return put_aside(Ref(RemoteKind.CLIENT, id_in(row)), why_invalid(error))
    ref = Ref(RemoteKind.CLIENT, valid.id)
    if valid.meta_agency is None:
        return Reading(ref=ref, record=Cligency(id=valid.id))
    notices: list[Notice] = []
    try:
        record = _cligency(valid, valid.meta_agency, attrs, notices)
    except Odd as odd:
        return put_aside(ref, str(odd))
    return Reading(ref=ref, record=record, notices=tuple(notices))


def _cligency(valid: ClientPart, agency: AgencyPart, attrs: Mapping[str, str], notices: list[Notice]) -> Cligency:
    if agency.name is None:
        raise Odd("the name of its agency is blank")
    reached: PersonPart = valid.user or valid
    values, dropdowns = _attributes(valid.extra_attrs or (), attrs)
    return Cligency(
        id=valid.id,
        agency_id=agency.id,
        name=agency.name,
        website=agency.website,
        status=agency.status,
        created=_created(agency),
        narc=bool(agency.narc),
        paid_invoice_count=agency.paid_invoice_count or 0,
        country=code_or_text(agency.country),
        price_plan=_price_plan(agency.price_plan, valid.id, notices),
        signup_questionnaire=_questionnaire(agency.signup_questionnaire),
        sales_person_id=valid.sales_person,
        support_person_id=valid.associated_admin,
        bdr_person_id=valid.bdr_person,
        email=reached.email or valid.email,
        phone=reached.mobile or reached.phone or valid.mobile or valid.phone,
        recipients=tuple(
            Sr(id=one.id, first_name=one.first_name, last_name=one.last_name, email=one.email)
            for one in valid.paid_recipients or ()
        ),
        dropdowns=dropdowns,
        **values,
    )


def _attributes(said: tuple[AttrPart, ...], attrs: Mapping[str, str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the configured attributes, and which of them are dropdowns.

    TC2's documentation spells machine names with dashes and with underscores (facts 9); here both are one.
    """
    by_name = {_spelling(one.machine_name): one for one in said if one.machine_name is not None}
    found = {name: by_name[_spelling(key)] for name, key in attrs.items() if _spelling(key) in by_name}
    values = {name: text(one.value) for name, one in found.items()}
    dropdowns = tuple(name for name, one in found.items() if "dropdown" in (one.type or "").casefold())
    return values, dropdowns


def _spelling(machine_name: str) -> str:
    return machine_name.replace("-", "_").casefold()


def _created(agency: AgencyPart) -> str | None:
    try:
        return utc_text(agency.created)
    except ValueError as error:
        raise Odd("meta_agency.created is no time") from error


def _price_plan(said: str | None, client_id: int, notices: list[Notice]) -> str | None:
    """Return the plan after the last dash: "1-payg" and "monthly-payg" are both payg (facts 9)."""
    if said is None:
        return None
    plan = said.rpartition("-")[2].strip().lower()
    if plan in PRICE_PLANS:
        return plan
    ref = str(Ref(RemoteKind.CLIENT, client_id))
    message = f"{ref}: the price plan {said!r} is none of payg, startup, enterprise; it is taken as {DEFAULT_PLAN}"
    notices.append(Notice(code="unknown-price-plan", message=message, refs=(ref,)))
    return DEFAULT_PLAN


def _questionnaire(said: object) -> str | None:
    """Return the questionnaire as JSON text with sorted keys, so that the same answers are the same text."""
    if not said:
        return None
    return said.strip() or None if isinstance(said, str) else json.dumps(said, sort_keys=True, ensure_ascii=False)

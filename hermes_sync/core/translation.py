"""What a remote record says, in Hermes' words: records in, fields of Hermes objects out (semantics 3).

A field is left out where the remote says nothing that Hermes understands: a custom field that the config does
not map, an owner whom no admin is. It then stays as it was; a notice says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Cligency, Notice, Org, PdDeal, Person, Reach, Ref, RemoteKind, Sr
from hermes_sync.core.values import email_key, text

_ORG_TEXTS: Final = (
    "tc2_status",
    "price_plan",
    "website",
    "estimated_income",
    "currency",
    "utm_source",
    "utm_campaign",
    "signup_questionnaire",
)
_ORG_PEOPLE: Final = ("support_person_id", "bdr_person_id")


@dataclass(frozen=True, slots=True)
class Said:
    """Fields in Hermes' words, and what could not be understood."""

    fields: Mapping[str, object]
    notices: tuple[Notice, ...] = ()


@dataclass(slots=True)
class _Saying:
    """A `Said` in the making."""

    fields: dict[str, object] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)

    def done(self) -> Said:
        return Said(self.fields, tuple(self.notices))


def of_org(org: Org, policy: Policy) -> Said:
    """Return the Company fields that an Org states; its owner is the sales person."""
    saying = _Saying({"name": org.name, "country": org.country})
    ref = Ref(RemoteKind.ORGANIZATION, org.id)
    _say_owner(saying, "sales_person_id", org.owner_id, ref, policy)
    for name in _ORG_TEXTS:
        if name in policy.org_fields:
            saying.fields[name] = getattr(org, name)
    if "paid_invoice_count" in policy.org_fields:
        saying.fields["paid_invoice_count"] = org.paid_invoice_count or 0
    for name in _ORG_PEOPLE:
        if name in policy.org_fields:
            _say_owner(saying, name, getattr(org, name), ref, policy)
    return saying.done()


def of_person(person: Person) -> Said:
    """Return the Contact fields that a Person states; the primary e-mail and phone, or else the first."""
    first_name, last_name = person.first_name, person.last_name
    if first_name is None and last_name is None:
        first_name, last_name = split_name(person.name)
    return Said(
        {
            "first_name": first_name,
            "last_name": last_name,
            "email": email_key(_foremost(person.emails)),
            "phone": _foremost(person.phones),
        }
    )


def of_deal(deal: PdDeal, policy: Policy) -> Said:
    """Return the Deal fields that a deal states by itself; its Contact, Stage and Pipeline are rows of their own."""
    saying = _Saying({"name": deal.title, "status": deal.status, "archived": deal.archived})
    _say_owner(saying, "admin_id", deal.owner_id, Ref(RemoteKind.DEAL, deal.id), policy)
    return saying.done()


def of_cligency(cligency: Cligency, policy: Policy) -> Said:
    """Return the Company fields that a cligency states."""
    saying = _Saying(
        {
            "tc2_cligency_id": cligency.id,
            "tc2_agency_id": cligency.agency_id,
            "tc2_status": cligency.status,
            "name": cligency.name,
            "website": cligency.website,
            "narc": cligency.narc,
            "paid_invoice_count": cligency.paid_invoice_count,
            "country": cligency.country,
            "price_plan": cligency.price_plan,
            "signup_questionnaire": cligency.signup_questionnaire,
        }
    )
    for name in ("estimated_income", "currency", "utm_source", "utm_campaign"):
        if name in policy.client_attrs:
            saying.fields[name] = getattr(cligency, name)
    ref = Ref(RemoteKind.CLIENT, cligency.id)
    for name in ("sales_person_id", "support_person_id", "bdr_person_id"):
        _say_tc2_admin(saying, name, getattr(cligency, name), ref, policy)
    return saying.done()


def of_sr(sr: Sr, cligency: Cligency) -> Said:
    """Return the Contact fields that an SR states.

    The first one without an e-mail takes the client's, the first one takes the client's phone (semantics 3).
    """
    lacking = next((one.id for one in cligency.recipients if not one.email), None)
    is_first = bool(cligency.recipients) and cligency.recipients[0].id == sr.id
    return Said(
        {
            "first_name": sr.first_name,
            "last_name": sr.last_name,
            "email": email_key(cligency.email if sr.id == lacking else sr.email),
            "phone": cligency.phone if is_first else None,
        }
    )


def split_name(name: str | None) -> tuple[str | None, str | None]:
    """Return first and last name of a full name: the last word is the last name, one word is a first name."""
    words = (name or "").split()
    if len(words) > 1:
        return " ".join(words[:-1]), words[-1]
    return (words[0] if words else None), None


def _foremost(reaches: tuple[Reach, ...]) -> str | None:
    primary = next((one.value for one in reaches if one.primary and one.value.strip()), None)
    return text(primary or next((one.value for one in reaches if one.value.strip()), None))


def _say_owner(saying: _Saying, name: str, pd_user_id: int | None, ref: Ref, policy: Policy) -> None:
    admin = None if pd_user_id is None else policy.admin_of_owner(pd_user_id)
    if pd_user_id is not None and admin is None:
        saying.notices.append(_unknown(name, f"Pipedrive user {pd_user_id}", "pd_owner_id", pd_user_id, ref))
    else:
        saying.fields[name] = None if admin is None else admin.id


def _say_tc2_admin(saying: _Saying, name: str, tc2_id: int | None, ref: Ref, policy: Policy) -> None:
    admin = None if tc2_id is None else policy.admin_of_tc2(tc2_id)
    if tc2_id is not None and admin is None:
        saying.notices.append(_unknown(name, f"TC2 admin {tc2_id}", "tc2_admin_id", tc2_id, ref))
    else:
        saying.fields[name] = None if admin is None else admin.id


def _unknown(name: str, who: str, key: str, id_: int, ref: Ref) -> Notice:
    return Notice(
        code="unknown-admin",
        message=f"{ref}: {who} is no admin of the config, so {name} stays as it was; "
        f"add an [[admins]] entry with {key} = {id_}",
        refs=(str(ref),),
    )

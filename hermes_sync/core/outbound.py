"""What each remote should say, as a function of the Hermes state, and where it says something else.

A push carries only what differs from last-seen, key by key, and never an equal value (semantics 3).
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from hermes_sync.core.bookings import CallType
from hermes_sync.core.matching import full_name
from hermes_sync.core.objects import Company, Contact, Deal, Meeting, Pipeline, Stage
from hermes_sync.core.plan import FieldChange
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Cligency, Org, Person, Reach, RemoteKind
from hermes_sync.core.values import email_key, ids_in, is_nothing, same


def client_attributes(
    company: Company,
    deals: Iterable[Deal],
    pipelines: Mapping[int, Pipeline],
    stages: Mapping[int, Stage],
    policy: Policy,
) -> dict[str, str | None]:
    """Return the attributes that the cligency of a Company should have.

    They show the Company's open Deal (archived ones do not count); with several, the one with the highest
    Pipedrive id; with none, stage and pipeline are null. A Company without an Org says nothing of the link: what a
    person set in TC2 is not wiped out before it could be followed.
    """
    wanted: dict[str, str | None] = {}
    if company.pd_org_id is not None:
        wanted["pipedrive_url"] = policy.org_url(company.pd_org_id)
        wanted["pipedrive_id"] = str(company.pd_org_id)
    shown = shown_deal(deals)
    stage = None if shown is None or shown.stage_id is None else stages.get(shown.stage_id)
    pipeline = None if shown is None or shown.pipeline_id is None else pipelines.get(shown.pipeline_id)
    wanted["pipedrive_deal_stage"] = None if stage is None else stage.name
    wanted["pipedrive_pipeline"] = None if pipeline is None else pipeline.name
    return {name: value for name, value in wanted.items() if name in policy.client_attrs}


NEW_ORG: Final = "(of the new organization)"
NEW_PERSON: Final = "(of the new person)"
NEW_DEAL: Final = "(of the new deal)"
"""Stand in a plan for what is known only once the Org, Person or deal of the same plan has been created."""

_NEW: Final = {
    ("org_id", NEW_ORG): RemoteKind.ORGANIZATION,
    ("pipedrive_id", NEW_ORG): RemoteKind.ORGANIZATION,
    ("pipedrive_url", NEW_ORG): RemoteKind.ORGANIZATION,
    ("person_id", NEW_PERSON): RemoteKind.PERSON,
    ("deal_id", NEW_DEAL): RemoteKind.DEAL,
}


def link_to_new_org(seen: Cligency, policy: Policy) -> tuple[FieldChange, ...]:
    """Return the link that a cligency gets in the very pass that creates its Org; filled in when it is pushed."""
    names = [name for name in ("pipedrive_url", "pipedrive_id") if name in policy.client_attrs]
    return tuple(FieldChange(name, getattr(seen, name), NEW_ORG) for name in names)


def awaited(changes: Iterable[FieldChange]) -> set[RemoteKind]:
    """Return of which kinds the changes name an object that the same plan creates."""
    return {kind for one in changes if (kind := _newness(one)) is not None}


def filled_in(
    changes: Iterable[FieldChange], ids: Mapping[RemoteKind, int | None], policy: Policy
) -> tuple[FieldChange, ...]:
    """Return the changes with the ids of what was created; what there is no id of is left out."""
    filled: list[FieldChange] = []
    for one in changes:
        kind = _newness(one)
        if kind is None:
            filled.append(one)
        elif (id_ := ids.get(kind)) is not None:
            said = {"pipedrive_url": policy.org_url(id_), "pipedrive_id": str(id_)}
            filled.append(FieldChange(one.field, one.before, said.get(one.field, id_)))
    return tuple(filled)


def _newness(one: FieldChange) -> RemoteKind | None:
    return _NEW.get((one.field, one.after)) if isinstance(one.after, str) else None


def shown_deal(deals: Iterable[Deal]) -> Deal | None:
    """Return the Deal that a cligency shows: the open one with the highest Pipedrive id."""
    open_deals = [deal for deal in deals if deal.status == "open" and not deal.archived]
    return max(open_deals, key=lambda deal: (deal.pd_deal_id or 0, deal.id), default=None)


def client_changes(wanted: Mapping[str, str | None], seen: Cligency) -> tuple[FieldChange, ...]:
    """Return where a cligency, as last seen, says something else than wanted."""
    return tuple(
        FieldChange(name, getattr(seen, name), value)
        for name, value in wanted.items()
        if not _same_attribute(name, getattr(seen, name), value, seen)
    )


def org_fields(company: Company, policy: Policy) -> dict[str, object]:
    """Return "the `tc2_` fields" of a Company as its Org should have them: what TC2 owns (semantics 3).

    People are Pipedrive user ids; a field that the config does not map is left out.
    """
    stated: dict[str, object] = {name: getattr(company, name) for name in _TC2_TEXTS}
    if company.tc2_cligency_id is not None:
        stated["tc2_cligency_url"] = policy.cligency_url(company.tc2_cligency_id)
    for name in ("support_person_id", "bdr_person_id"):
        stated[name] = policy.pd_owner_of(getattr(company, name))
    return {name: value for name, value in stated.items() if name in policy.org_fields}


_TC2_TEXTS: Final = (
    "tc2_status",
    "paid_invoice_count",
    "price_plan",
    "website",
    "estimated_income",
    "currency",
    "utm_source",
    "utm_campaign",
    "signup_questionnaire",
)


def org_creation(company: Company, policy: Policy) -> tuple[FieldChange, ...]:
    """Return what a new Org of a Company says; the sales person becomes its owner."""
    stated = {
        "name": company.name,
        "owner_id": policy.pd_owner_of(company.sales_person_id),
        "country": company.country,
        **org_fields(company, policy),
    }
    if "hermes_id" in policy.org_fields:
        stated["hermes_id"] = str(company.id)
    return _all_said(stated)


def org_changes(company: Company, seen: Org, policy: Policy, *, ours: bool) -> tuple[FieldChange, ...]:
    """Return where an Org, as last seen, says something else than TC2; `ours` tells that hermes-sync created it.

    TC2 says nothing of a Company without a cligency: there Pipedrive owns these fields too.
    """
    stated = org_fields(company, policy) if company.tc2_cligency_id is not None else {}
    changes = tuple(
        FieldChange(name, getattr(seen, name), value)
        for name, value in stated.items()
        if not _same_field(name, getattr(seen, name), value)
    )
    mapped = "hermes_id" in policy.org_fields
    return (*changes, *_hermes_id(seen.hermes_id, company.id, mapped=mapped, along=ours or bool(changes)))


def person_creation(contact: Contact, company: Company, policy: Policy) -> tuple[FieldChange, ...]:
    """Return what a new Person of a Contact says; an Org of the same plan is filled in when it is pushed."""
    stated: dict[str, object] = {
        "name": full_name(contact) or contact.email or f"Contact {contact.id}",
        "owner_id": policy.pd_owner_of(company.sales_person_id),
        "org_id": NEW_ORG if company.pd_org_id is None else company.pd_org_id,
        "emails": () if contact.email is None else (Reach(value=contact.email, primary=True, label="work"),),
        "phones": () if contact.phone is None else (Reach(value=contact.phone, primary=True, label="work"),),
    }
    if "hermes_id" in policy.person_fields:
        stated["hermes_id"] = str(contact.id)
    return _all_said(stated)


def person_changes(contact: Contact, seen: Person, policy: Policy, *, ours: bool) -> tuple[FieldChange, ...]:
    """Return what the lists of a Person lack of its Contact: added at the end, never as primary (semantics 3)."""
    changes: list[FieldChange] = []
    if contact.email and email_key(contact.email) not in {email_key(one.value) for one in seen.emails}:
        changes.append(FieldChange("emails", seen.emails, (*seen.emails, Reach(value=contact.email, label="work"))))
    if contact.phone and _digits(contact.phone) not in {_digits(one.value) for one in seen.phones}:
        changes.append(FieldChange("phones", seen.phones, (*seen.phones, Reach(value=contact.phone, label="work"))))
    mapped = "hermes_id" in policy.person_fields
    return (*changes, *_hermes_id(seen.hermes_id, contact.id, mapped=mapped, along=ours or bool(changes)))


def deal_creation(
    deal: Deal,
    company: Company,
    person_id: int | str | None,
    pipelines: Mapping[int, Pipeline],
    stages: Mapping[int, Stage],
    policy: Policy,
) -> tuple[FieldChange, ...]:
    """Return what a new deal of a Deal says; `person_id` is its Person or `NEW_PERSON`.

    A Deal of which Hermes does not know the Pipeline or Stage starts where its Company's price plan says.
    """
    pipeline, stage = pipelines.get(deal.pipeline_id or 0), stages.get(deal.stage_id or 0)
    start = policy.starts.get((company.price_plan or "").lower()) if pipeline is None and stage is None else None
    stated: dict[str, object] = {
        "title": deal.name,
        "owner_id": policy.pd_owner_of(deal.admin_id),
        "org_id": NEW_ORG if company.pd_org_id is None else company.pd_org_id,
        "person_id": person_id,
        "pipeline_id": pipeline.pd_pipeline_id if pipeline is not None else start and start.pipeline,
        "stage_id": stage.pd_stage_id if stage is not None else start and start.stage,
    }
    if "hermes_id" in policy.deal_fields:
        stated["hermes_id"] = str(deal.id)
    return _all_said(stated)


def activity_creation(
    meeting: Meeting, company: Company, person_id: int | str | None, deal_id: int | str | None, policy: Policy
) -> tuple[FieldChange, ...]:
    """Return what the Activity of a Meeting says; its day and time are in UTC, its duration is hours and minutes.

    `person_id` and `deal_id` are ids in Pipedrive, `NEW_PERSON` and `NEW_DEAL`, or None.
    """
    start, end = (datetime.fromisoformat(one).astimezone(UTC) for one in (meeting.start_time, meeting.end_time))
    hours, minutes = divmod(int((end - start).total_seconds()) // 60, 60)
    return _all_said(
        {
            "subject": f"{_CALLS.get(meeting.type, 'Call')} with {company.name}",
            "type": "meeting",
            "due_date": start.strftime("%Y-%m-%d"),
            "due_time": start.strftime("%H:%M"),
            "duration": f"{hours:02}:{minutes:02}",
            "owner_id": policy.pd_owner_of(meeting.admin_id),
            "org_id": NEW_ORG if company.pd_org_id is None else company.pd_org_id,
            "person_id": person_id,
            "deal_id": deal_id,
        }
    )


_CALLS: Final[Mapping[str, str]] = {CallType.SALES.value: "Sales call", CallType.SUPPORT.value: "Support call"}


def _all_said(stated: Mapping[str, object]) -> tuple[FieldChange, ...]:
    return tuple(FieldChange(name, None, value) for name, value in stated.items() if not is_nothing(value))


def _hermes_id(said: str | None, id_: int, *, mapped: bool, along: bool) -> tuple[FieldChange, ...]:
    """Return the change that puts a wrong or blank `hermes_id` right, where it may be written (semantics 3).

    That is `along` with another write or on what hermes-sync created, and after a merge, which leaves two ids.
    """
    ids = ids_in(said)
    wrong = ids != (id_,) and (along or id_ in ids)
    return (FieldChange("hermes_id", said, str(id_)),) if mapped and wrong else ()


def _digits(phone: str) -> str:
    """Return what a phone number dials: people space and bracket one number in many ways."""
    return "".join(one for one in phone if one.isdigit()) or phone


def _same_field(name: str, said: object, wanted: object) -> bool:
    if name == "tc2_cligency_url" and isinstance(said, str) and isinstance(wanted, str):
        return said.rstrip("/") == wanted.rstrip("/")
    return same(said, wanted)


def _same_attribute(name: str, said: str | None, wanted: str | None, seen: Cligency) -> bool:
    """Whether an attribute already says what is wanted; a link is the same with and without its last slash."""
    if name == "pipedrive_url" and said and wanted:
        return said.rstrip("/") == wanted.rstrip("/")
    if name in seen.dropdowns and said and wanted:
        return said.strip().casefold() == wanted.strip().casefold()
    return same(said, wanted)

"""The rows of *Cligency created, updated, deleted* (actions.md, "Cligency actions"), in the table's order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from hermes_sync.core import matching, ownership, translation
from hermes_sync.core.action_table import Rule, rule
from hermes_sync.core.actions import Action, Create, Delete, Nothing, Tell, Update
from hermes_sync.core.changes import CligencyChange
from hermes_sync.core.objects import Company, Contact, Kind
from hermes_sync.core.records import Notice, RemoteKind, Sr, System
from hermes_sync.core.world import World
from hermes_sync.rules import cascade


@rule("tc2.cligency.created/hermes.company/exists", "tc2.cligency.updated/hermes.company/exists")
def update_company(change: CligencyChange, world: World) -> Iterator[Action]:
    """If it exists: update it with the various tc2_ fields."""
    if change.now.agency_id is None:
        yield Nothing("the client has no meta_agency: it is no cligency")
        return
    company = matching.company_of_cligency(change.now, world).found
    if company is None:
        return
    said = translation.of_cligency(change.now, world.policy)
    yield from said.notices
    linked = replace(company, tc2_cligency_id=change.now.id)  # once linked, TC2 owns what is TC2's
    taken = ownership.taken_from(System.TC2, _named(said.fields), linked)
    yield Update(Kind.COMPANY, company.id, {**taken, "has_signed_up": True})


@rule("tc2.cligency.created/hermes.company/missing", "tc2.cligency.updated/hermes.company/missing")
def create_company(change: CligencyChange, world: World) -> Iterator[Action]:
    """If it doesn't exist: create it."""
    match = matching.company_of_cligency(change.now, world)
    if change.now.agency_id is None or match.found is not None:
        return
    if not _may_create(change, world):
        yield Nothing("its Company was deleted, and nothing asks for it back")
        return
    if match.notice is not None:
        yield match.notice
    said = translation.of_cligency(change.now, world.policy)
    yield from said.notices
    id_ = world.next_id(Kind.COMPANY)
    name = change.now.name or f"Cligency {change.now.id}"
    yield Create(Company(id=id_, name=name, has_signed_up=True, created=change.now.created))
    yield Update(Kind.COMPANY, id_, _named(said.fields))


@rule("tc2.cligency.created/hermes.contact/exists", "tc2.cligency.updated/hermes.contact/exists")
def update_contacts(change: CligencyChange, world: World) -> Iterator[Action]:
    """If it exists: update it with the various tc2_ fields."""
    for place in _places(change, world):
        if place.contact is not None:
            fields = translation.of_sr(place.sr, change.now).fields
            taken = ownership.taken_from(System.TC2, fields, place.contact)
            yield Update(Kind.CONTACT, place.contact.id, {"tc2_sr_id": place.sr.id, **taken})


@rule("tc2.cligency.created/hermes.contact/missing", "tc2.cligency.updated/hermes.contact/missing")
def create_contacts(change: CligencyChange, world: World) -> Iterator[Action]:
    """If it doesn't exist: create it."""
    for place in _places(change, world):
        if place.notice is not None:
            yield place.notice
        if place.contact is None:
            created = change.now.created
            yield Create(Contact(id=place.id, company_id=place.company_id, tc2_sr_id=place.sr.id, created=created))
            yield Update(Kind.CONTACT, place.id, translation.of_sr(place.sr, change.now).fields)


@rule("tc2.cligency.created/pd.org/exists", "tc2.cligency.updated/pd.org/exists")
def tell_org(change: CligencyChange, world: World) -> Iterator[Action]:
    """If it exists: update it with the tc2_ fields."""
    company = _company(change, world)
    if company is not None and company.pd_org_id is not None:
        yield Tell(RemoteKind.ORGANIZATION, company.id)


@rule("tc2.cligency.created/pd.org/missing", "tc2.cligency.updated/pd.org/missing")
def create_org(change: CligencyChange, world: World) -> Iterator[Action]:
    """If it doesn't exist: create it, with its owner assigned."""
    company_id = _company_id(change, world)
    company = _company(change, world)
    if company_id is not None and (company is None or company.pd_org_id is None):
        yield Tell(RemoteKind.ORGANIZATION, company_id)


@rule("tc2.cligency.created/pd.person/exists", "tc2.cligency.updated/pd.person/exists")
def tell_persons(change: CligencyChange, world: World) -> Iterator[Action]:
    """If it exists: update it with the tc2_ fields."""
    for place in _places(change, world):
        if place.contact is not None and place.contact.pd_person_id is not None:
            yield Tell(RemoteKind.PERSON, place.contact.id)


@rule("tc2.cligency.created/pd.person/missing", "tc2.cligency.updated/pd.person/missing")
def create_persons(change: CligencyChange, world: World) -> Iterator[Action]:
    """If it doesn't exist: create it."""
    for place in _places(change, world):
        if place.contact is None or place.contact.pd_person_id is None:
            yield Tell(RemoteKind.PERSON, place.id)


@rule("extra/tc2.pd-link")
def link_org(change: CligencyChange, world: World) -> Iterator[Action]:
    """If a company is changed in TC to have its PD org id set: link it to the company in PD."""
    org_id = change.now.linked_org_id
    company_id = _company_id(change, world)
    company = _company(change, world)
    if org_id is None or company_id is None or (company is not None and company.pd_org_id is not None):
        return
    holder = world.companies.one("org", org_id)
    if holder is not None:
        yield Notice(
            code="linked-elsewhere",
            message=f"{change.ref} names Org {org_id}, which belongs to Company {holder.id}: "
            f"Company {company_id} was not linked to it",
            refs=(str(change.ref),),
        )
    elif org_id in world.living_orgs:
        yield Update(Kind.COMPANY, company_id, {"pd_org_id": org_id})


@rule("tc2.cligency.deleted/hermes.company/exists")
def delete_company(change: CligencyChange, world: World) -> Iterator[Action]:
    """If it exists: delete it."""
    company = world.companies.one("cligency", change.ref.id)
    if company is None:
        return
    yield Delete(Kind.COMPANY, company.id)
    # The cascade of semantics 4; its Contacts have a row of their own.
    yield from cascade.deals_of(company, world)
    yield from (Delete(Kind.MEETING, one.id) for one in world.meetings.where("company", company.id))


@rule("tc2.cligency.deleted/hermes.company/missing")
def no_company(change: CligencyChange, world: World) -> Iterator[Action]:
    """If it doesn't exist: do nothing."""
    if world.companies.one("cligency", change.ref.id) is None:
        yield Nothing("no Company has this cligency")


@rule("tc2.cligency.deleted/hermes.contact/exists")
def delete_contacts(change: CligencyChange, world: World) -> Iterator[Action]:
    """If it exists: delete it."""
    company = world.companies.one("cligency", change.ref.id)
    if company is not None:
        yield from cascade.contacts_of(company, world)


@rule("tc2.cligency.deleted/hermes.contact/missing")
def no_contact(change: CligencyChange, world: World) -> Iterator[Action]:
    """If it doesn't exist: do nothing."""
    company = world.companies.one("cligency", change.ref.id)
    if company is None or not world.contacts.where("company", company.id):
        yield Nothing("the cligency has no Contacts")


@rule("tc2.cligency.deleted/pd.org")
def leave_org(change: CligencyChange, world: World) -> Iterator[Action]:  # noqa: ARG001  # a row's shape
    """Always: do nothing."""
    yield Nothing("the Org stays")


@rule("tc2.cligency.deleted/pd.person")
def leave_person(change: CligencyChange, world: World) -> Iterator[Action]:  # noqa: ARG001  # a row's shape
    """Always: do nothing."""
    yield Nothing("the Person stays")


@dataclass(frozen=True, slots=True)
class _Place:
    """An SR of a cligency, the Contact that it is or the id that its new Contact gets."""

    sr: Sr
    company_id: int
    id: int
    contact: Contact | None
    notice: Notice | None = None


def _places(change: CligencyChange, world: World) -> Sequence[_Place]:
    """Return where each SR stands; two SRs never share a Contact."""
    return world.remember(("places", change.ref.id), lambda: tuple(_find_places(change, world)))


def _find_places(change: CligencyChange, world: World) -> Iterator[_Place]:
    company_id = _company_id(change, world)
    if company_id is None:
        return
    company = _company(change, world)
    taken: set[int] = set()
    next_id = world.next_id(Kind.CONTACT)
    says_more = change.may_create and not ownership.says_the_same(change.before, change.now)
    is_linked = company is not None and company.tc2_cligency_id == change.now.id
    for sr in {sr.id: sr for sr in change.now.recipients}.values():
        email = translation.of_sr(sr, change.now).fields["email"]
        said = replace(sr, email=None if email is None else str(email))
        match = matching.contact_of_sr(said, company, world)
        contact = match.found
        if contact is None or contact.id in taken:
            if is_linked and not says_more:
                continue  # looking at it again creates nothing: its Contact was deleted on purpose
            yield _Place(sr, company_id, next_id, None, match.notice)
            next_id += 1
        else:
            taken.add(contact.id)
            yield _Place(sr, company_id, contact.id, contact)


def _company(change: CligencyChange, world: World) -> Company | None:
    return matching.company_of_cligency(change.now, world).found if change.now.agency_id is not None else None


def _company_id(change: CligencyChange, world: World) -> int | None:
    """Return the id of the Company that exists, or that `create_company` creates; None where neither is so."""
    if change.now.agency_id is None:
        return None
    company = _company(change, world)
    if company is not None:
        return company.id
    return world.next_id(Kind.COMPANY) if _may_create(change, world) else None


def _may_create(change: CligencyChange, world: World) -> bool:
    # A client without an agency is no cligency: one that gets an agency is created, whatever it was before that.
    is_new = change.before is None or change.before.agency_id is None
    return change.may_create and (is_new or world.policy.recreate_deleted)


def _named(fields: Mapping[str, object]) -> dict[str, object]:
    """Leave out an empty name: a Company keeps the one it has."""
    return {name: value for name, value in fields.items() if name != "name" or value}


CREATED: Final[Sequence[Rule]] = (
    update_company,
    create_company,
    update_contacts,
    create_contacts,
    tell_org,
    create_org,
    tell_persons,
    create_persons,
    link_org,
)
UPDATED: Final[Sequence[Rule]] = CREATED
DELETED: Final[Sequence[Rule]] = (
    delete_company,
    no_company,
    delete_contacts,
    no_contact,
    leave_org,
    leave_person,
)

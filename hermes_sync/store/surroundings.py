"""What the store knows around a stretch of changes: all that the rows of their phase can reach.

Every question is asked once for a whole stretch, so that the number of statements depends neither on its length nor
on how much there is. What a question finds, the merged view remembers.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never, cast

from hermes_sync.core.changes import AnyChange, Phase
from hermes_sync.core.objects import Contact, Deal, Kind
from hermes_sync.core.records import Cligency, Org, PdDeal, Person, Ref, RemoteKind
from hermes_sync.core.values import email_key, ids_in, name_key
from hermes_sync.core.world import Surroundings
from hermes_sync.store.merged_view import MergedView


def load(view: MergedView, phase: Phase, changes: Sequence[AnyChange], next_ids: Mapping[Kind, int]) -> Surroundings:
    """Return what the rows of this phase can reach from these changes."""
    view.find_all(Kind.PIPELINE)
    view.find_all(Kind.STAGE)
    ids = [change.ref.id for change in changes]
    records = [record for change in changes for record in (change.before, change.after) if record is not None]
    living: frozenset[int] = frozenset()
    naming: Mapping[int, tuple[int, ...]] = {}
    match phase.kind:
        case RemoteKind.ORGANIZATION:
            naming = _around_orgs(view, ids, cast("list[Org]", records), gone=phase.gone)
            living = view.living_orgs()
        case RemoteKind.PERSON:
            _around_persons(view, ids, cast("list[Person]", records), gone=phase.gone)
        case RemoteKind.DEAL:
            _around_deals(view, ids, cast("list[PdDeal]", records), gone=phase.gone)
        case RemoteKind.STAGE:
            if phase.gone:
                stages = [one.id for one in view.find(Kind.STAGE, "pd_stage_id", ids)]
                _companies_of(view, view.find(Kind.DEAL, "stage_id", stages))
        case RemoteKind.PIPELINE:
            if phase.gone:
                pipelines = [one.id for one in view.find(Kind.PIPELINE, "pd_pipeline_id", ids)]
                _companies_of(view, view.find(Kind.DEAL, "pipeline_id", pipelines))
        case RemoteKind.CLIENT:
            clients = cast("list[Cligency]", records)
            _around_clients(view, ids, clients, gone=phase.gone)
            living = view.living_orgs(client.linked_org_id for client in clients)
        case RemoteKind.ACTIVITY:
            raise AssertionError("an Activity is never read")
        case _:
            assert_never(phase.kind)
    if phase.gone:
        _winners(view, phase.kind, ids)
    return Surroundings(
        objects=view.objects(),
        living_orgs=living,
        clients_naming_org=naming,
        merged_into=view.draft.merged_into,
        next_ids=dict(next_ids),
    )


def _winners(view: MergedView, kind: RemoteKind, ids: Sequence[int]) -> None:
    """Find what the Orgs and Persons that are gone were merged into."""
    won = [view.draft.merged_into.get(Ref(kind, id_)) for id_ in ids]
    winners = [ref.id for ref in won if ref is not None]
    if kind is RemoteKind.ORGANIZATION:
        view.find(Kind.COMPANY, "pd_org_id", winners)
    elif kind is RemoteKind.PERSON:
        _companies_of(view, view.find(Kind.CONTACT, "pd_person_id", winners))


def _around_orgs(view: MergedView, ids: list[int], orgs: list[Org], *, gone: bool) -> Mapping[int, tuple[int, ...]]:
    naming = view.clients_naming(set(ids))
    view.find(Kind.COMPANY, "pd_org_id", ids)
    view.find(Kind.COMPANY, "id", (id_ for org in orgs for id_ in ids_in(org.hermes_id)))
    view.find(Kind.COMPANY, "name_key", (name_key(org.name) for org in orgs))
    view.find(Kind.COMPANY, "tc2_cligency_id", (id_ for clients in naming.values() for id_ in clients))
    if gone:
        _belongings(view)
    return naming


def _around_persons(view: MergedView, ids: list[int], persons: list[Person], *, gone: bool) -> None:
    contacts = [
        *view.find(Kind.CONTACT, "pd_person_id", ids),
        *view.find(Kind.CONTACT, "id", (id_ for person in persons for id_ in ids_in(person.hermes_id))),
    ]
    companies = view.find(Kind.COMPANY, "pd_org_id", (person.org_id for person in persons))
    view.find(Kind.CONTACT, "company_id", (company.id for company in companies), unset="pd_person_id")
    _companies_of(view, contacts)
    if gone:
        _what_names_contacts(view, contacts)
    else:
        view.find(Kind.MEETING, "contact_id", [contact.id for contact in contacts])


def _around_deals(view: MergedView, ids: list[int], deals: list[PdDeal], *, gone: bool) -> None:
    found = [
        *view.find(Kind.DEAL, "pd_deal_id", ids),
        *view.find(Kind.DEAL, "id", (id_ for deal in deals for id_ in ids_in(deal.hermes_id))),
    ]
    view.find(Kind.COMPANY, "pd_org_id", (deal.org_id for deal in deals))
    _companies_of(view, found)
    view.find(Kind.CONTACT, "pd_person_id", (deal.person_id for deal in deals))
    if gone:
        view.find(Kind.MEETING, "deal_id", (deal.id for deal in found))


def _around_clients(view: MergedView, ids: list[int], clients: list[Cligency], *, gone: bool) -> None:
    view.find(Kind.COMPANY, "tc2_cligency_id", ids)
    if gone:
        _belongings(view)
        return
    view.find(Kind.COMPANY, "tc2_agency_id", (client.agency_id for client in clients))
    view.find(Kind.COMPANY, "pd_org_id", (client.linked_org_id for client in clients))
    view.find(Kind.COMPANY, "name_key", (name_key(client.name) for client in clients))
    emails = (email for client in clients for email in (*(sr.email for sr in client.recipients), client.email))
    _companies_of(view, view.find(Kind.CONTACT, "email_key", (email_key(email) for email in emails)))
    view.find(Kind.CONTACT, "tc2_sr_id", (sr.id for client in clients for sr in client.recipients))
    view.find(Kind.CONTACT, "company_id", list(view.found[Kind.COMPANY]))


def _belongings(view: MergedView) -> None:
    """Find all that a deletion of the found Companies takes along or touches."""
    companies = list(view.found[Kind.COMPANY])
    contacts = view.find(Kind.CONTACT, "company_id", companies)
    deals = view.find(Kind.DEAL, "company_id", companies)
    view.find(Kind.MEETING, "company_id", companies)
    _what_names_contacts(view, contacts)
    view.find(Kind.MEETING, "deal_id", (deal.id for deal in deals))


def _what_names_contacts(view: MergedView, contacts: Iterable[Contact]) -> None:
    ids = [contact.id for contact in contacts]
    _companies_of(view, view.find(Kind.DEAL, "contact_id", ids))
    view.find(Kind.MEETING, "contact_id", ids)


def _companies_of(view: MergedView, things: Iterable[Contact | Deal]) -> None:
    known = view.found[Kind.COMPANY]
    view.find(Kind.COMPANY, "id", (one.company_id for one in things if one.company_id not in known))

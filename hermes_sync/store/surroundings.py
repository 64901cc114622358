"""What the store knows around a stretch of changes, as the pass leaves it so far.

The merged view is the store with the draft's overlay on top: what the pass wrote wins, what it deleted is not
there, and a row whose key it changed is found by the new key only. Every question is asked once for a whole
stretch, so that the number of statements depends neither on its length nor on how much there is.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, assert_never, cast

from sqlalchemy import Connection, Select, Table, select

from hermes_sync.core.changes import AnyChange, Phase
from hermes_sync.core.objects import Company, Contact, Deal, HermesObject, Kind
from hermes_sync.core.records import Cligency, Org, PdDeal, Person, Record, Ref, RemoteKind
from hermes_sync.core.values import email_key, ids_in, name_key
from hermes_sync.core.world import Surroundings
from hermes_sync.store import seen
from hermes_sync.store.among import among, listed
from hermes_sync.store.draft_file import DraftFile
from hermes_sync.store.draft_tables import OVERLAYS, PULLED
from hermes_sync.store.rows import OBJECT_FIELDS, object_of, record_of_json
from hermes_sync.store.tables import OBJECT_TABLES

_DRAFT: Final = "sqlite"
"""What a draft is kept in, whatever the store is."""


@cache
def _all_stored(kind: Kind) -> Select[Any]:
    return select(*(OBJECT_TABLES[kind].c[name] for name in OBJECT_FIELDS[kind]))


@cache
def _all_overlaid(kind: Kind) -> Select[Any]:
    return select(*(OVERLAYS[kind].c[name] for name in OBJECT_FIELDS[kind]), OVERLAYS[kind].c.gone)


@cache
def _stored(kind: Kind, key: str, unset: str | None, dialect: str) -> Select[Any]:
    table = OBJECT_TABLES[kind]
    question = _all_stored(kind).where(among(table.c[key], dialect))
    return question if unset is None else question.where(table.c[unset].is_(None))


@cache
def _overlaid(kind: Kind, key: str, unset: str | None) -> Select[Any]:
    table = OVERLAYS[kind]
    question = select(*(table.c[name] for name in OBJECT_FIELDS[kind]))
    question = question.where(among(table.c[key], _DRAFT), table.c.gone.is_(False))
    return question if unset is None else question.where(table.c[unset].is_(None))


@cache
def _in_draft(table: Table, *columns: str, of: str = "id") -> Select[Any]:
    """Return the question for these columns of the rows of a draft's table whose id, or another column, is listed."""
    return select(*(table.c[name] for name in columns)).where(among(table.c[of], _DRAFT))


@cache
def _living_in_draft(kind: RemoteKind, *columns: str, of: str) -> Select[Any]:
    return _in_draft(PULLED[kind], *columns, of=of).where(PULLED[kind].c.gone.is_(False))


class MergedView:
    """The store with the overlay on top; remembers what was found, for the World of a stretch."""

    def __init__(self, draft: DraftFile, store: Connection) -> None:
        self.draft = draft
        self.store = store
        self.found: dict[Kind, dict[int, HermesObject]] = {kind: {} for kind in Kind}

    def find(self, kind: Kind, key: str, values: Iterable[int | str | None], *, unset: str | None = None) -> list[Any]:
        """Return the objects that have one of these values in this column, and nothing in the column `unset`."""
        wanted = {value for value in values if value is not None}
        if not wanted:
            return []
        found: dict[int, HermesObject] = {}
        if self.draft.stored[kind]:
            found = self._read(kind, key, wanted, unset)
        if self.draft.overlaid[kind]:
            for id_ in self._overlaid(kind, found):
                del found[id_]
            found |= self._read_overlay(kind, key, wanted, unset)
        self.found[kind] |= found
        return [found[id_] for id_ in sorted(found)]

    def find_all(self, kind: Kind) -> list[Any]:
        """Return all objects of a kind of which there are few: Pipelines and Stages."""
        found = {row[0]: object_of(kind, row) for row in self.store.execute(_all_stored(kind))}
        if self.draft.overlaid[kind]:
            for row in self.draft.connection.execute(_all_overlaid(kind)):
                if row.gone:
                    found.pop(row[0], None)
                else:
                    found[row[0]] = object_of(kind, row)
        self.found[kind] |= found
        return [found[id_] for id_ in sorted(found)]

    def objects(self) -> Iterable[HermesObject]:
        """Return everything that was found, by kind and id."""
        return [found[id_] for found in self.found.values() for id_ in sorted(found)]

    def _read(self, kind: Kind, key: str, wanted: set[int | str], unset: str | None) -> dict[int, HermesObject]:
        question = _stored(kind, key, unset, self.store.dialect.name)
        rows = self.store.execute(question, listed(wanted, self.store))
        return {row[0]: object_of(kind, row) for row in rows}

    def _read_overlay(self, kind: Kind, key: str, wanted: set[int | str], unset: str | None) -> dict[int, HermesObject]:
        here = self.draft.connection
        rows = here.execute(_overlaid(kind, key, unset), listed(wanted, here))
        return {row[0]: object_of(kind, row) for row in rows}

    def _overlaid(self, kind: Kind, ids: Iterable[int]) -> Sequence[int]:
        asked = list(ids)
        if not asked:
            return ()
        here = self.draft.connection
        return here.scalars(_in_draft(OVERLAYS[kind], "id"), listed(asked, here)).all()

    # what was pulled, with last-seen beneath

    def records(self, kind: RemoteKind, ids: Iterable[int]) -> dict[int, Record]:
        """Return the living records of these, fresh where they were pulled."""
        asked = set(ids)
        if not asked:
            return {}
        if kind not in self.draft.held:
            return seen.living_records(self.store, kind, asked)
        here = self.draft.connection
        pulled = here.execute(_in_draft(PULLED[kind], "id", "fields"), listed(asked, here)).all()
        fresh = {id_: record_of_json(kind, fields) for id_, fields in pulled if fields is not None}
        rest = asked - {id_ for id_, _ in pulled}
        return {**seen.living_records(self.store, kind, rest), **fresh}

    def naming(self, kind: RemoteKind, named: Collection[Ref]) -> set[int]:
        """Return the ids of the living objects of a kind that name one of these, as they are in this pass."""
        draft = self.draft.connection
        found: set[int] = set()
        for of, column in seen.NAMERS[kind]:
            ids = {ref.id for ref in named if ref.kind is of}
            if not ids:
                continue
            here = set(draft.scalars(_living_in_draft(kind, "id", of=column), listed(ids, draft)))
            stored = {id_ for id_, _ in seen.ids_naming(self.store, kind, column, ids)}
            overtaken = set(draft.scalars(_in_draft(PULLED[kind], "id"), listed(stored, draft))) if stored else set()
            found |= here | (stored - overtaken)
        return found

    def clients_naming(self, org_ids: set[int]) -> dict[int, tuple[int, ...]]:
        """Return Org id → the living cligencies whose Pipedrive link names it, by id."""
        if not org_ids:
            return {}
        here = self.draft.connection
        question = _living_in_draft(RemoteKind.CLIENT, "id", "org_id", of="org_id")
        pairs = [(row.id, row.org_id) for row in here.execute(question, listed(org_ids, here))]
        stored = seen.ids_naming(self.store, RemoteKind.CLIENT, "org_id", org_ids)
        if stored:
            ids = [id_ for id_, _ in stored]
            pulled = set(here.scalars(_in_draft(PULLED[RemoteKind.CLIENT], "id"), listed(ids, here)))
            pairs += [pair for pair in stored if pair[0] not in pulled]
        naming: dict[int, tuple[int, ...]] = {}
        for client_id, org_id in sorted(pairs):
            naming[org_id] = (*naming.get(org_id, ()), client_id)
        return naming

    def living_orgs(self, named: Iterable[int | None] = ()) -> frozenset[int]:
        """Return of the Orgs that the found Companies are linked to those not known to be gone.

        Of those that are only named the ones that were seen alive: what nobody could read, nobody would miss.
        """
        kind, here = RemoteKind.ORGANIZATION, self.draft.connection
        companies = cast("Iterable[Company]", self.found[Kind.COMPANY].values())
        linked = {one.pd_org_id for one in companies if one.pd_org_id is not None}
        asked = linked | {id_ for id_ in named if id_ is not None}
        if not asked:
            return frozenset()
        question = _in_draft(PULLED[kind], "id", "gone")
        pulled: dict[int, bool] = {row.id: row.gone for row in here.execute(question, listed(asked, here))}
        gone = {id_ for id_, is_gone in pulled.items() if is_gone}
        gone |= seen.gone(self.store, kind, asked - pulled.keys())
        only_named = asked - linked - pulled.keys()
        return frozenset(asked - gone - (only_named - seen.known(self.store, kind, only_named)))


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

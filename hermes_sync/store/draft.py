"""A draft: a pass as it is prepared, before anything of it happens.

It holds what was pulled and the plan in the making in a private temporary database, so that a pass needs little
memory however long it is, and holds the lock of the real database for one short transaction only. `diff` throws
it away; `reconcile` has `SqlStore.apply` carry it over.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from hermes_sync.core.bookings import CallBooked
from hermes_sync.core.changes import AnyChange, Change, Phase, Why
from hermes_sync.core.objects import Company, Contact, Deal, Kind, Meeting, Pipeline, Stage
from hermes_sync.core.records import Cligency, Org, Person, Ref, RemoteKind
from hermes_sync.core.world import Surroundings
from hermes_sync.store import apart, pending, state, surroundings
from hermes_sync.store.engine import writing
from hermes_sync.store.merged_view import MergedView
from hermes_sync.store.planned import Planned
from hermes_sync.store.pulled import Pulled
from hermes_sync.store.rows import JournalPush


class Draft(Pulled, Planned):
    """What a pass pulled and plans, on top of the store at one revision."""

    def merge(self, loser: Ref, winner: Ref) -> None:
        """Remember that an Org or Person that is gone lives on in another (semantics 4)."""
        self.merged_into[loser] = winner

    def adopt(self, push: JournalPush, activity_id: int) -> None:
        """Remember that the Activity that a push was to make is there (semantics 5.2)."""
        self.adopted[push.hermes_id] = (push, activity_id)

    def bookings(self, most: int) -> Iterator[tuple[list[CallBooked], Surroundings]]:
        """Yield the oldest bookings that no pass has planned, with what their rows can reach, in stretches and by id.

        They are planned now, up to so many: `apply` forgets them.
        """
        last = 0
        while most > 0:
            with self.reading() as connection:
                bookings, around = pending.following(MergedView(self, connection), last, most)
            if not bookings:
                return
            last = bookings[-1].ref.id
            most -= len(bookings)
            self.booked = (*self.booked, *(one.ref.id for one in bookings))
            yield bookings, around

    def bookings_left(self) -> int:
        """Return how many bookings are neither planned by an earlier pass nor by this one."""
        with self.reading() as connection:
            return pending.count(connection) - len(self.booked)

    def surroundings(self, phase: Phase, changes: Sequence[AnyChange], next_ids: Mapping[Kind, int]) -> Surroundings:
        """Return what the rows of a phase can reach from these changes, as the pass leaves it so far."""
        with self.reading() as connection:
            return surroundings.load(MergedView(self, connection), phase, changes, next_ids)

    def showing(self, kind: Kind, id_: int) -> list[int]:
        """Return the Companies whose cligency may show this Stage or Pipeline: through an open Deal, by id."""
        with self.reading() as connection:
            view = MergedView(self, connection)
            deals: list[Deal] = view.find(Kind.DEAL, "stage_id" if kind is Kind.STAGE else "pipeline_id", [id_])
            shown = {deal.company_id for deal in deals if deal.status == "open" and not deal.archived}
            companies: list[Company] = view.find(Kind.COMPANY, "id", shown)
        return [company.id for company in companies if company.tc2_cligency_id is not None]

    def companies_with_clients(self, company_ids: Collection[int]) -> list[tuple[Company, list[Deal], Cligency | None]]:
        """Return these Companies, as far as they have a cligency, with their Deals and the cligency, by id.

        The cligency is as it was pulled in this pass or else last seen; None if it is gone or was never read.
        """
        with self.reading() as connection:
            view = MergedView(self, connection)
            found: list[Company] = view.find(Kind.COMPANY, "id", company_ids)
            companies = [one for one in found if one.tc2_cligency_id is not None]
            deals: dict[int, list[Deal]] = {company.id: [] for company in companies}
            for deal in view.find(Kind.DEAL, "company_id", deals):
                deals[deal.company_id].append(deal)
            clients = view.records(
                RemoteKind.CLIENT, (one.tc2_cligency_id for one in companies if one.tc2_cligency_id is not None)
            )
        return [(one, deals[one.id], _client(clients.get(one.tc2_cligency_id or 0))) for one in companies]

    def again(self, kind: RemoteKind, born: Collection[Ref]) -> list[AnyChange]:
        """Return the living Persons or Deals that name one of these, pulled in this pass or not, to be looked at again.

        For what came into being after its phase: a link that a cligency made (`extra/tc2.pd-link`).
        """
        with self.reading() as connection:
            view = MergedView(self, connection)
            records = view.records(kind, view.naming(kind, born))
        return [
            Change(ref=Ref(kind, id_), before=record, after=record, why=Why.AGAIN)
            for id_, record in sorted(records.items())
        ]

    def parents(self, kind: RemoteKind, children: Mapping[RemoteKind, Collection[int]]) -> set[int | None]:
        """Return which Orgs (Persons) these living children name, as they are in this pass."""
        name = "org_id" if kind is RemoteKind.ORGANIZATION else "person_id"
        with self.reading() as connection:
            view = MergedView(self, connection)
            return {
                getattr(record, name) for child, ids in children.items() for record in view.records(child, ids).values()
            }

    def companies_with_orgs(self, company_ids: Collection[int]) -> list[tuple[Company, Org | None]]:
        """Return these Companies with their Orgs, by id.

        The Org is as it was pulled in this pass or else last seen; None if there is none, or it was never read.
        """
        with self.reading() as connection:
            view = MergedView(self, connection)
            companies: list[Company] = view.find(Kind.COMPANY, "id", company_ids)
            orgs = view.records(RemoteKind.ORGANIZATION, (one.pd_org_id for one in companies if one.pd_org_id))
        return [(one, _org(orgs.get(one.pd_org_id or 0))) for one in companies]

    def contacts_with_persons(self, contact_ids: Collection[int]) -> list[tuple[Contact, Company, Person | None]]:
        """Return these Contacts with their Companies and Persons, by id; a Person as in `companies_with_orgs`."""
        with self.reading() as connection:
            view = MergedView(self, connection)
            contacts: list[Contact] = view.find(Kind.CONTACT, "id", contact_ids)
            found: list[Company] = view.find(Kind.COMPANY, "id", {one.company_id for one in contacts})
            companies = {one.id: one for one in found}
            persons = view.records(RemoteKind.PERSON, (one.pd_person_id for one in contacts if one.pd_person_id))
        return [(one, companies[one.company_id], _person(persons.get(one.pd_person_id or 0))) for one in contacts]

    def deals_around(self, deal_ids: Collection[int]) -> list[tuple[Deal, Company, Contact | None]]:
        """Return these Deals with their Companies and Contacts, by id."""
        with self.reading() as connection:
            view = MergedView(self, connection)
            deals: list[Deal] = view.find(Kind.DEAL, "id", deal_ids)
            companies, contacts = _companies(view, deals), _contacts(view, deals)
        return [(one, companies[one.company_id], contacts.get(one.contact_id or 0)) for one in deals]

    def meetings_around(
        self, meeting_ids: Collection[int]
    ) -> list[tuple[Meeting, Company, Contact | None, Deal | None]]:
        """Return these Meetings with their Companies, Contacts and Deals, by id."""
        with self.reading() as connection:
            view = MergedView(self, connection)
            meetings: list[Meeting] = view.find(Kind.MEETING, "id", meeting_ids)
            companies, contacts = _companies(view, meetings), _contacts(view, meetings)
            found: list[Deal] = view.find(Kind.DEAL, "id", {one.deal_id for one in meetings})
            deals = {one.id: one for one in found}
        return [
            (one, companies[one.company_id], contacts.get(one.contact_id or 0), deals.get(one.deal_id or 0))
            for one in meetings
        ]

    def pipelines(self) -> dict[int, Pipeline]:
        """Return all Pipelines by Hermes id, as the pass leaves them so far."""
        with self.reading() as connection:
            found: list[Pipeline] = MergedView(self, connection).find_all(Kind.PIPELINE)
        return {one.id: one for one in found}

    def stages(self) -> dict[int, Stage]:
        """Return all Stages by Hermes id, as the pass leaves them so far."""
        with self.reading() as connection:
            found: list[Stage] = MergedView(self, connection).find_all(Kind.STAGE)
        return {one.id: one for one in found}

    def start_over(self) -> None:
        """Forget the plan but not what was pulled, and plan on the store as it is now (after `StaleDraft`).

        The ids that the plan gave to what it creates are set aside for the next one, and some more: bookings take
        later ones from now on.
        """
        born = {kind: self.count_born(kind) for kind in Kind if self.overlaid[kind]}
        self.forget_plan()
        self.forget_woken()
        with writing(self.store) as connection:
            state.take_revision(connection)  # from here on no booking takes ids
            self.set_aside |= apart.set_aside(connection, {kind: count for kind, count in born.items() if count})
            self.take_note(connection)

    def has_outgrown(self) -> bool:
        """Whether it creates more objects of a kind than ids are set aside for it."""
        return any(self.count_born(kind) > len(ids) for kind, ids in self.set_aside.items())


def _companies(view: MergedView, things: Collection[Deal | Meeting]) -> dict[int, Company]:
    found: list[Company] = view.find(Kind.COMPANY, "id", {one.company_id for one in things})
    return {one.id: one for one in found}


def _contacts(view: MergedView, things: Collection[Deal | Meeting]) -> dict[int, Contact]:
    found: list[Contact] = view.find(Kind.CONTACT, "id", {one.contact_id for one in things})
    return {one.id: one for one in found}


def _org(record: object) -> Org | None:
    return record if isinstance(record, Org) else None


def _person(record: object) -> Person | None:
    return record if isinstance(record, Person) else None


def _client(record: object) -> Cligency | None:
    return record if isinstance(record, Cligency) else None

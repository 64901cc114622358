"""What a pass will write to the remotes: for whatever was touched, where the remote says something else.

Orgs, Persons, deals, Activities, then cligencies, because each needs the ids of those before it (semantics 5.4).
Nothing is repeated from an old push: what an earlier pass could not finish is worked out anew from the state.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from hermes_sync.core import outbound
from hermes_sync.core.objects import Contact, Deal
from hermes_sync.core.plan import FieldChange, Key, PlannedAction, Touch, Verb
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import RemoteKind
from hermes_sync.store import Draft, JournalPush, SqlStore, content_digest

PATIENCE: Final = timedelta(seconds=60)
"""How long a create that was perhaps sent is only looked for: lists and search lag by up to 36 s (facts, fact 2)."""

Reasons = Sequence[tuple[str, str]]
"""The (rule, cause) pairs that touched an object, those that asked first."""


def in_doubt(push: JournalPush) -> bool:
    """Whether a create was perhaps carried out without our knowing."""
    return push.verb is Verb.CREATE and push.started_at is not None and push.state in {"started", "deferred"}


@dataclass(slots=True, kw_only=True)
class Outgoing:
    """Plans the pushes of one pass from its draft."""

    store: SqlStore
    draft: Draft
    policy: Policy
    now: datetime
    retry_refused: bool
    """Whether pushes that were refused are tried again with the same content (`--full`, semantics 5.5)."""
    unclear: Collection[int]
    """Pushes in doubt, by id, whose object is perhaps one that is too odd to read: those wait until it can be read."""
    waiting: dict[tuple[RemoteKind, int], int] = field(default_factory=dict)
    """The creates in doubt that are only looked for so far: their objects, and the ids of the pushes."""
    getting_org: set[int] = field(default_factory=set)
    """Companies whose Org this plan creates."""

    def pushes(self) -> Iterator[list[PlannedAction]]:
        """Yield the pushes that the plan calls for, in stretches and in the order in which they are to be sent."""
        still_open = self.store.open_pushes()
        self.draft.touch(Touch(push.kind, push.hermes_id, push.rule, push.cause, asked=True) for push in still_open)
        waiting = [push for push in still_open if self._is_young(push) or push.id in self.unclear]
        self.waiting = {(push.kind, push.hermes_id): push.id for push in waiting}
        self.draft.answer(push.id for push in still_open if push not in waiting)
        yield from self._org_pushes()
        yield from self._person_pushes()
        yield from self._deal_pushes()
        yield from self._activity_pushes()
        yield from self._client_pushes()

    def _is_young(self, push: JournalPush) -> bool:
        return in_doubt(push) and push.started_at is not None and push.started_at + PATIENCE > self.now

    def _org_pushes(self) -> Iterator[list[PlannedAction]]:
        kind = RemoteKind.ORGANIZATION
        for touched in self.draft.touched(kind):
            reasons = dict(touched)
            rows = self.draft.companies_with_orgs(list(reasons))
            ours = self.store.created(kind, [org.id for _, org in rows if org is not None])
            pushes: list[PlannedAction] = []
            for company, org in rows:
                if company.pd_org_id is not None:
                    self._is_linked(kind, company.id)
                if org is not None:
                    changes = outbound.org_changes(company, org, self.policy, ours=org.id in ours)
                    pushes += self._push(kind, company.id, org.id, {"pd_org_id": org.id}, changes, reasons[company.id])
                elif company.pd_org_id is None:
                    changes = outbound.org_creation(company, self.policy)
                    pushes += self._push(
                        kind, company.id, None, {"hermes_id": company.id}, changes, reasons[company.id]
                    )
            planned = self._unrefused(kind, pushes)
            self.getting_org.update(push.id for push in planned if push.verb is Verb.CREATE)
            yield planned

    def _person_pushes(self) -> Iterator[list[PlannedAction]]:
        kind = RemoteKind.PERSON
        for touched in self.draft.touched(kind):
            reasons = dict(touched)
            rows = self.draft.contacts_with_persons(list(reasons))
            ours = self.store.created(kind, [person.id for _, _, person in rows if person is not None])
            pushes: list[PlannedAction] = []
            for contact, company, person in rows:
                why = reasons[contact.id]
                if contact.pd_person_id is not None:
                    self._is_linked(kind, contact.id)
                if person is not None:
                    changes = outbound.person_changes(contact, person, self.policy, ours=person.id in ours)
                    pushes += self._push(kind, contact.id, person.id, {"pd_person_id": person.id}, changes, why)
                elif contact.pd_person_id is None:
                    changes = outbound.person_creation(contact, company, self.policy)
                    pushes += self._push(kind, contact.id, None, {"hermes_id": contact.id}, changes, why)
            yield self._unrefused(kind, pushes)

    def _deal_pushes(self) -> Iterator[list[PlannedAction]]:
        kind = RemoteKind.DEAL
        for touched in self.draft.touched(kind):
            reasons = dict(touched)
            pipelines, stages = self.draft.pipelines(), self.draft.stages()
            rows = self.draft.deals_around(list(reasons))
            persons = self._persons(contact for _, _, contact in rows)
            pushes: list[PlannedAction] = []
            for deal, company, contact in rows:
                if deal.pd_deal_id is not None:
                    self._is_linked(kind, deal.id)
                    continue
                person_id = None if contact is None else persons.get(contact.id)
                changes = outbound.deal_creation(deal, company, person_id, pipelines, stages, self.policy)
                pushes += self._push(kind, deal.id, None, {"hermes_id": deal.id}, changes, reasons[deal.id])
            yield self._unrefused(kind, pushes)

    def _activity_pushes(self) -> Iterator[list[PlannedAction]]:
        kind = RemoteKind.ACTIVITY
        for touched in self.draft.touched(kind):
            reasons = dict(touched)
            rows = self.draft.meetings_around(list(reasons))
            persons = self._persons(contact for _, _, contact, _ in rows)
            deals = self._deals(deal for *_, deal in rows)
            pushes: list[PlannedAction] = []
            for meeting, company, contact, deal in rows:
                if meeting.pd_activity_id is not None:
                    self._is_linked(kind, meeting.id)
                    continue
                person_id = None if contact is None else persons.get(contact.id)
                deal_id = None if deal is None else deals.get(deal.id)
                changes = outbound.activity_creation(meeting, company, person_id, deal_id, self.policy)
                pushes += self._push(kind, meeting.id, None, {"hermes_id": meeting.id}, changes, reasons[meeting.id])
            yield self._unrefused(kind, pushes)

    def _persons(self, contacts: Iterable[Contact | None]) -> dict[int, int | str]:
        """Return Contact → its Person, or what stands for one that this plan creates; one that nobody makes is none."""
        links = {one.id: one.pd_person_id for one in contacts if one is not None}
        return self._named(RemoteKind.PERSON, links, outbound.NEW_PERSON)

    def _deals(self, deals: Iterable[Deal | None]) -> dict[int, int | str]:
        """Return Deal → its deal, as of Persons."""
        links = {one.id: one.pd_deal_id for one in deals if one is not None}
        return self._named(RemoteKind.DEAL, links, outbound.NEW_DEAL)

    def _named(self, kind: RemoteKind, links: Mapping[int, int | None], new: str) -> dict[int, int | str]:
        unlinked = [id_ for id_, remote_id in links.items() if remote_id is None]
        coming = self.draft.creating(kind, unlinked) | {id_ for id_ in unlinked if (kind, id_) in self.waiting}
        named: dict[int, int | str] = {id_: remote_id for id_, remote_id in links.items() if remote_id is not None}
        return named | dict.fromkeys(coming, new)

    def _is_linked(self, kind: RemoteKind, hermes_id: int) -> None:
        """What was in doubt was found and adopted: nothing waits for it any more."""
        push_id = self.waiting.pop((kind, hermes_id), None)
        if push_id is not None:
            self.draft.answer([push_id])

    def _client_pushes(self) -> Iterator[list[PlannedAction]]:
        kind = RemoteKind.CLIENT
        pipelines, stages = self.draft.pipelines(), self.draft.stages()
        for touched in self.draft.touched(kind):
            reasons = dict(touched)
            pushes: list[PlannedAction] = []
            for company, deals, client in self.draft.companies_with_clients(list(reasons)):
                if client is not None and client.agency_id is not None:  # without an agency it is ignored (semantics 6)
                    wanted = outbound.client_attributes(company, deals, pipelines, stages, self.policy)
                    changes = outbound.client_changes(wanted, client)
                    if company.id in self.getting_org:
                        changes = (*outbound.link_to_new_org(client, self.policy), *changes)
                    key = {"tc2_cligency_id": client.id}
                    pushes += self._push(kind, company.id, client.id, key, changes, reasons[company.id])
            yield self._unrefused(kind, pushes)

    def _push(
        self,
        kind: RemoteKind,
        hermes_id: int,
        remote_id: int | None,
        key: Key,
        changes: tuple[FieldChange, ...],
        reasons: Reasons,
    ) -> Iterator[PlannedAction]:
        if not changes or (remote_id is None and (kind, hermes_id) in self.waiting):
            return
        rule, cause = reasons[0]
        yield PlannedAction(
            rule=rule,
            rules=tuple(dict.fromkeys(one for one, _ in reasons)),
            cause=cause,
            system=kind.system,
            object=kind,
            verb=Verb.CREATE if remote_id is None else Verb.UPDATE,
            key=key,
            changes=changes,
            id=hermes_id,
            remote_id=remote_id,
        )

    def _unrefused(self, kind: RemoteKind, pushes: list[PlannedAction]) -> list[PlannedAction]:
        """Leave out what was refused with this very content, unless it is to be tried again."""
        if self.retry_refused or not pushes:
            return pushes
        refused = self.store.refused(kind, [push.id for push in pushes])
        return [push for push in pushes if (push.id, content_digest(push.changes)) not in refused]

"""The World: the Hermes state around the changes of a pass, with the questions that rules ask.

The shell loads it from the store for each stretch of changes; the fold in `plan` evolves it, so that a Deal
finds the Company that its Org created two lines earlier. It holds what the changes can reach, not everything.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

from hermes_sync.core.objects import (
    Company,
    Contact,
    Deal,
    HermesObject,
    Kind,
    Meeting,
    Pipeline,
    Stage,
    kind_of,
)
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Ref, RemoteKind
from hermes_sync.core.values import email_key, name_key

T = TypeVar("T", bound=HermesObject)
M = TypeVar("M")


class Shelf(Generic[T]):
    """The known objects of one kind, found by id or by one of its keys."""

    def __init__(self, **keys: Callable[[T], Hashable | None]) -> None:
        self._by_id: dict[int, T] = {}
        self._keys = keys
        self._found: dict[str, dict[Hashable, set[int]]] = {name: {} for name in keys}

    def put(self, thing: T) -> None:
        """Add an object, or replace the one with its id."""
        old = self._by_id.get(thing.id)
        self._by_id[thing.id] = thing
        for name, key_of in self._keys.items():
            key = key_of(thing)
            if old is not None:
                old_key = key_of(old)
                if old_key == key:
                    continue
                if old_key is not None:
                    self._found[name][old_key].discard(thing.id)
            if key is not None:
                self._found[name].setdefault(key, set()).add(thing.id)

    def drop(self, id_: int) -> None:
        """Forget an object."""
        old = self._by_id.pop(id_)
        for name, key_of in self._keys.items():
            key = key_of(old)
            if key is not None:
                self._found[name][key].discard(id_)

    def get(self, id_: int | None) -> T | None:
        """Return the object with this id."""
        return None if id_ is None else self._by_id.get(id_)

    def where(self, name: str, key: Hashable | None) -> list[T]:
        """Return the objects with this key, by id; none for no key."""
        found = self._found[name].get(key)
        return [self._by_id[id_] for id_ in sorted(found)] if found else []

    def one(self, name: str, key: Hashable | None) -> T | None:
        """Return the object with this key; for keys that the database keeps unique."""
        found = self._found[name].get(key)
        return self._by_id[min(found)] if found else None

    def __iter__(self) -> Iterator[T]:
        """Yield all objects, by id; for questions about the few that a small world holds."""
        return (self._by_id[id_] for id_ in sorted(self._by_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the store knows around a stretch of changes, as plain values; a World is made from it."""

    objects: Iterable[HermesObject] = ()
    living_orgs: frozenset[int] = frozenset()
    """Of the Orgs that the Companies among the objects are linked to: those not known to be gone."""
    clients_naming_org: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """Org id → the cligencies whose Pipedrive link names it."""
    merged_into: Mapping[Ref, Ref] = field(default_factory=dict)
    """Of the Orgs and Persons that are gone: the one that they were merged into (semantics 4)."""
    next_ids: Mapping[Kind, int] = field(default_factory=dict)
    """The id that the next new object of each kind gets; ids are never used twice."""


class World:
    """The state that the rows of one change see, and that the next change sees evolved."""

    def __init__(self, policy: Policy, surroundings: Surroundings) -> None:
        self.policy = policy
        self.companies = Shelf[Company](
            org=lambda company: company.pd_org_id,
            cligency=lambda company: company.tc2_cligency_id,
            agency=lambda company: company.tc2_agency_id,
            name=lambda company: name_key(company.name),
        )
        self.contacts = Shelf[Contact](
            person=lambda contact: contact.pd_person_id,
            sr=lambda contact: contact.tc2_sr_id,
            company=lambda contact: contact.company_id,
            email=lambda contact: email_key(contact.email),
        )
        self.deals = Shelf[Deal](
            pd_deal=lambda deal: deal.pd_deal_id,
            company=lambda deal: deal.company_id,
            contact=lambda deal: deal.contact_id,
            pipeline=lambda deal: deal.pipeline_id,
            stage=lambda deal: deal.stage_id,
        )
        self.meetings = Shelf[Meeting](
            company=lambda meeting: meeting.company_id,
            contact=lambda meeting: meeting.contact_id,
            deal=lambda meeting: meeting.deal_id,
        )
        self.pipelines = Shelf[Pipeline](pd_pipeline=lambda pipeline: pipeline.pd_pipeline_id)
        self.stages = Shelf[Stage](pd_stage=lambda stage: stage.pd_stage_id)
        shelves = {
            Kind.COMPANY: self.companies,
            Kind.CONTACT: self.contacts,
            Kind.DEAL: self.deals,
            Kind.MEETING: self.meetings,
            Kind.PIPELINE: self.pipelines,
            Kind.STAGE: self.stages,
        }
        self._shelves = cast("Mapping[Kind, Shelf[HermesObject]]", shelves)
        self.living_orgs = set(surroundings.living_orgs)
        self.merged_into = surroundings.merged_into
        self._clients_naming_org = surroundings.clients_naming_org
        self._next_ids = {kind: surroundings.next_ids.get(kind, 1) for kind in Kind}
        self._remembered: dict[Hashable, object] = {}
        for thing in surroundings.objects:
            self._shelve(thing)

    def shelf(self, kind: Kind) -> Shelf[HermesObject]:
        """Return the shelf of a kind."""
        return self._shelves[kind]

    def get(self, kind: Kind, id_: int) -> HermesObject | None:
        """Return the object of this kind with this id."""
        return self.shelf(kind).get(id_)

    def put(self, thing: HermesObject) -> None:
        """Add an object or replace the one with its id; the next new id of its kind moves past it."""
        if isinstance(thing, Company) and thing.pd_org_id is not None:
            self.living_orgs.add(thing.pd_org_id)  # whatever is linked in this pass was seen alive in it
        self._shelve(thing)
        self._remembered.clear()

    def _shelve(self, thing: HermesObject) -> None:
        kind = kind_of(thing)
        self._shelves[kind].put(thing)
        if thing.id >= self._next_ids[kind]:
            self._next_ids[kind] = thing.id + 1

    def drop(self, kind: Kind, id_: int) -> None:
        """Forget an object; its id is not used again."""
        self.shelf(kind).drop(id_)
        self._remembered.clear()

    def next_id(self, kind: Kind) -> int:
        """Return the id that the next new object of this kind gets."""
        return self._next_ids[kind]

    @property
    def next_ids(self) -> Mapping[Kind, int]:
        """The next new id of every kind, for the stretch of changes that follows."""
        return dict(self._next_ids)

    def clients_naming(self, org_id: int) -> tuple[int, ...]:
        """Return the cligencies whose Pipedrive link names this Org."""
        return self._clients_naming_org.get(org_id, ())

    def linked_elsewhere(self, company: Company, org_id: int) -> bool:
        """Whether a Company belongs to another Org that lives; one that is gone holds nobody."""
        return company.pd_org_id not in (None, org_id) and company.pd_org_id in self.living_orgs

    def goes_with_its_org(self, company: Company) -> bool:
        """Whether a Company is deleted later in this pass, because its Org is gone and no merge took it over."""
        org_id = company.pd_org_id
        if org_id is None or org_id in self.living_orgs:
            return False
        return Ref(RemoteKind.ORGANIZATION, org_id) not in self.merged_into

    def remember(self, key: Hashable, answer: Callable[[], M]) -> M:
        """Return an answer, worked out once for all rows of a change: they see one state."""
        if key not in self._remembered:
            self._remembered[key] = answer()
        return cast("M", self._remembered[key])

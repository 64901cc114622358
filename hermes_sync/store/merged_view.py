"""The merged view: the store with a draft's overlay on top, as the pass leaves it so far.

What the pass wrote wins, what it deleted is not there, and a row whose key it changed is found by the new key only.
The same goes for remote objects: what was pulled, with last-seen beneath.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import Connection, Select, Table, select

from hermes_sync.core.objects import Company, HermesObject, Kind
from hermes_sync.core.records import Record, Ref, RemoteKind
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

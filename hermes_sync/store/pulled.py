"""The half of a draft that holds what was pulled: what is new, differs from last-seen or is gone."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

import orjson
from sqlalchemy import Select, bindparam, delete, false, select
from sqlalchemy.dialects import sqlite

from hermes_sync.core.changes import AnyChange, Change, Phase, Why
from hermes_sync.core.records import Ref, RemoteKind
from hermes_sync.ports import Reading
from hermes_sync.store import seen
from hermes_sync.store.among import among, listed
from hermes_sync.store.draft_file import DraftFile, ignoring, replacing
from hermes_sync.store.draft_tables import PULLED, REREAD
from hermes_sync.store.rows import digest_of, ids_named_by, record_of_json
from hermes_sync.store.tables import instant_text

_STRETCH: Final = 2000
_NO_FIELDS: Final = (None,) * 4
_FORGET: Final = {
    kind: str((delete(table).where(table.c.id == 0, table.c.differs)).compile(dialect=sqlite.dialect()))
    for kind, table in PULLED.items()
}
_WAKEN: Final = {
    kind: f"UPDATE {table.name} SET why = '{Why.AGAIN}' WHERE id = ? AND why = '{Why.RELOOK}'"  # noqa: S608  # constants
    for kind, table in PULLED.items()
}
_NAMED_BY: Final[Mapping[RemoteKind, tuple[tuple[RemoteKind, str], ...]]] = {
    RemoteKind.ORGANIZATION: ((RemoteKind.PERSON, "org_id"), (RemoteKind.DEAL, "org_id")),
    RemoteKind.PERSON: ((RemoteKind.DEAL, "person_id"),),
    RemoteKind.STAGE: ((RemoteKind.DEAL, "stage_id"),),
    RemoteKind.PIPELINE: ((RemoteKind.DEAL, "pipeline_id"),),
}
"""Which kinds name which, and in which column of last-seen."""


def _unheld_orgs() -> Iterator[tuple[RemoteKind, Select[Any]]]:
    """Yield what asks for the Orgs after `last` that a kind names and the draft does not hold, kind by kind."""
    persons, deals, orgs = PULLED[RemoteKind.PERSON], PULLED[RemoteKind.DEAL], PULLED[RemoteKind.ORGANIZATION]
    by_a_person = select(persons.c.id).where(persons.c.org_id == deals.c.org_id, persons.c.gone.is_(False))
    for kind in (RemoteKind.PERSON, RemoteKind.DEAL, RemoteKind.CLIENT):
        table, is_done = PULLED[kind], by_a_person.exists() if kind is RemoteKind.DEAL else false()
        question = (
            select(table.c.org_id)
            .distinct()
            .where(
                table.c.gone.is_(False),
                ~select(orgs.c.id).where(orgs.c.id == table.c.org_id).exists(),
                ~is_done,
                table.c.org_id > bindparam("last"),
            )
            .order_by(table.c.org_id)
            .limit(_STRETCH)
        )
        yield kind, question


_UNHELD_ORGS: Final = tuple(_unheld_orgs())


@cache
def _of_phase(phase: Phase) -> Select[Any]:
    table = PULLED[phase.kind]
    return (
        select(table.c.id, table.c.why, table.c.lived, table.c.differs, table.c.fields)
        .where(table.c.id > bindparam("last"), table.c.gone & table.c.lived if phase.gone else table.c.gone.is_(False))
        .order_by(table.c.id)
        .limit(bindparam("size"))
    )


@cache
def _gone(kind: RemoteKind) -> Select[Any]:
    table = PULLED[kind]
    return select(table.c.id).where(table.c.gone).order_by(table.c.id)


@cache
def _held(kind: RemoteKind) -> Select[Any]:
    return select(PULLED[kind].c.id).where(among(PULLED[kind].c.id, "sqlite"))


class Pulled(DraftFile):
    """What was pulled, compared with last-seen page by page and walked over in the order of the phases."""

    def compare(
        self,
        kind: RemoteKind,
        readings: Iterable[Reading],
        *,
        why: Why = Why.SEEN,
        read_at: datetime,
        known: Mapping[int, str] | None = None,
    ) -> int:
        """Keep of a page what is new, differs from last-seen or is gone and lived; return how many that are.

        With `why` RELOOK or UNKNOWN_ORG what is equal is kept too. `known` are the digests of the living
        last-seen of these ids, where the caller has them already. A later reading of an object takes the place of
        an earlier one. What is gone and never lived is nothing, but for an Org that something named: that it is
        gone is remembered. Notices of the readings are the caller's.
        """
        odd: set[int] = set()
        latest: dict[int, Reading] = {}
        for one in readings:
            if one.is_gone or one.record is not None:
                latest[one.ref.id] = one
            else:
                odd.add(one.ref.id)
        if known is None:
            with self.reading() as connection:
                known = seen.digests(connection, kind, latest)
        at = instant_text(read_at)
        kept: list[tuple[object, ...]] = []
        dropped: list[tuple[int]] = []
        # One that can't be read has had its turn as well, or it would be first in line for ever.
        reread: list[tuple[object, ...]] = [(id_, at) for id_ in odd if kind is RemoteKind.CLIENT]
        for id_, reading in latest.items():
            before = known.get(id_)
            record = reading.record
            if record is None or reading.is_gone:
                lived = id_ in known
                if not lived and why is not Why.UNKNOWN_ORG:
                    dropped.append((id_,))
                    continue
                kept.append((id_, True, why.value, lived, True, None, None, reading.update_time, at, *_NO_FIELDS))
                continue
            payload = orjson.dumps(record)
            digest = digest_of(payload)
            if digest == before:
                if kind is RemoteKind.CLIENT:
                    reread.append((id_, at))
                if why is Why.SEEN or why is Why.AGAIN:
                    dropped.append((id_,))
                    continue
            row = (id_, False, why.value, id_ in known, digest != before, payload.decode(), digest)
            kept.append((*row, reading.update_time, at, *ids_named_by(record)))
        if kept:
            self.held.add(kind)
        self.write(_FORGET[kind], dropped)
        self.write(replacing(PULLED[kind]), kept)
        self.write(replacing(REREAD), reread)
        return len(kept)

    def named_orgs(self) -> Iterator[list[int]]:
        """Yield the Orgs that pulled Persons, Deals, then cligencies, name and that nobody ever saw, in stretches."""
        for kind, unheld in _UNHELD_ORGS:
            last = 0
            if kind not in self.held:
                continue
            while page := list(self.connection.scalars(unheld, {"last": last})):
                last = page[-1]
                with self.reading() as connection:
                    known = seen.known(connection, RemoteKind.ORGANIZATION, page)
                unseen = [id_ for id_ in page if id_ not in known]
                if unseen:
                    yield unseen

    def gone(self, kind: RemoteKind) -> list[int]:
        """Return the objects of a kind that this pass proved gone, by id."""
        return list(self.connection.scalars(_gone(kind))) if kind in self.held else []

    def holds(self, kind: RemoteKind, ids: Collection[int]) -> set[int]:
        """Return which of these the draft has something to say of, gone or not."""
        if not ids:
            return set()
        return set(self.connection.scalars(_held(kind), listed(ids, self.connection)))

    def wake(self, born: Collection[Ref]) -> None:
        """Look again at every living Person and Deal of last-seen that names one of these (semantics 1)."""
        for named, namers in _NAMED_BY.items():
            ids = {ref.id for ref in born if ref.kind is named}
            if not ids:
                continue
            for kind, column in namers:
                self._wake(kind, column, ids)

    def _wake(self, kind: RemoteKind, column: str, ids: Collection[int]) -> None:
        again = Why.AGAIN.value
        with self.reading() as connection:
            rows: list[tuple[object, ...]] = []
            for id_, fields, digest, update_time, read_at, *named in seen.naming(connection, kind, column, ids):
                row = (id_, False, again, True, False, fields, digest, update_time, instant_text(read_at))
                rows.append((*row, *named))
                if len(rows) == _STRETCH:
                    self._write_woken(kind, rows)
                    rows.clear()
            self._write_woken(kind, rows)

    def _write_woken(self, kind: RemoteKind, rows: list[tuple[object, ...]]) -> None:
        """Add these; what this pass looks at again anyway may now create as well."""
        if rows:
            self.held.add(kind)
        self.write(ignoring(PULLED[kind]), rows)
        self.write(_WAKEN[kind], [(row[0],) for row in rows])

    def stretches(self, phase: Phase, size: int = _STRETCH) -> Iterator[list[AnyChange]]:
        """Yield the changes of a phase by id, `size` at a time; what is woken meanwhile further on comes along."""
        last = 0
        while phase.kind in self.held:
            rows = self.connection.execute(_of_phase(phase), {"last": last, "size": size}).all()
            if not rows:
                return
            last = rows[-1].id
            yield self._changes(phase.kind, rows)

    def _changes(self, kind: RemoteKind, rows: Iterable[tuple[int, str, bool, bool, str | None]]) -> list[AnyChange]:
        rows = list(rows)
        asked = [id_ for id_, _, lived, differs, _ in rows if lived and differs]
        befores = {}
        if asked:
            with self.reading() as connection:
                befores = seen.living_records(connection, kind, asked)
        changes: list[AnyChange] = []
        for id_, why, lived, differs, fields in rows:
            after = None if fields is None else record_of_json(kind, fields)
            before = after if lived and not differs else befores.get(id_)
            is_ours = lived and before is None  # its receipt noted that it lives, and nothing was read of it yet
            changes.append(Change(ref=Ref(kind, id_), before=before, after=after, why=Why(why), is_ours=is_ours))
        return changes

    def forget_woken(self) -> None:
        """Forget what is only looked at again, so that a new plan wakes it anew."""
        for table in PULLED.values():
            self.connection.execute(delete(table).where(table.c.why == Why.AGAIN.value))

"""Passes in miniature: pull records, plan actions, apply them, so that a test says only what it is about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hermes_sync.core.changes import Why
from hermes_sync.core.objects import Company, Contact, Deal, HermesObject, Kind, Pipeline, Stage, kind_of
from hermes_sync.core.plan import FieldChange, PlannedAction, Segment, Verb, field_changes, key_of
from hermes_sync.core.records import Record, Ref, RemoteKind, System
from hermes_sync.ports import Reading
from hermes_sync.store import Cursor, Draft, Lease, SqlStore

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


def company(id_: int, name: str = "Acme", **fields: object) -> Company:
    """Return a Company."""
    return Company(id=id_, name=name, **fields)  # type: ignore[arg-type]  # fields by name


def contact(id_: int, company_id: int, **fields: object) -> Contact:
    """Return a Contact."""
    return Contact(id=id_, company_id=company_id, **fields)  # type: ignore[arg-type]  # as above


def deal(id_: int, company_id: int, **fields: object) -> Deal:
    """Return a Deal."""
    return Deal(id=id_, name="Lessons", company_id=company_id, **fields)  # type: ignore[arg-type]  # as above


def pipeline(id_: int, pd_pipeline_id: int, name: str = "PAYG") -> Pipeline:
    """Return a Pipeline."""
    return Pipeline(id=id_, pd_pipeline_id=pd_pipeline_id, name=name)


def stage(id_: int, pd_stage_id: int, name: str = "Contacted") -> Stage:
    """Return a Stage."""
    return Stage(id=id_, pd_stage_id=pd_stage_id, name=name)


def act(
    before: HermesObject | None, after: HermesObject | None, cause: str = "pipedrive:organization:1"
) -> PlannedAction:
    """Return what makes an object of the first the second."""
    thing = after or before
    assert thing is not None
    return PlannedAction(
        rule="a-row",
        rules=("a-row", "another-row"),
        cause=cause,
        system=System.HERMES,
        object=kind_of(thing),
        verb=Verb.DELETE if after is None else Verb.CREATE if before is None else Verb.UPDATE,
        key=key_of(thing),
        changes=tuple(field_changes(before, after)),
        id=thing.id,
        before=before,
        after=after,
    )


def push(
    kind: RemoteKind,
    hermes_id: int,
    remote_id: int | None,
    *changes: FieldChange,
    cause: str = "pipedrive:organization:1",
) -> PlannedAction:
    """Return a push of these changes."""
    return PlannedAction(
        rule="a-row",
        rules=("a-row",),
        cause=cause,
        system=kind.system,
        object=kind,
        verb=Verb.CREATE if remote_id is None else Verb.UPDATE,
        key={"id": hermes_id},
        changes=changes,
        id=hermes_id,
        remote_id=remote_id,
    )


def read(kind: RemoteKind, *records: Record) -> list[Reading]:
    """Return readings of records."""
    return [Reading(ref=Ref(kind, one.id), record=one, update_time="2025-03-01T11:00:00Z") for one in records]


def gone(kind: RemoteKind, *ids: int) -> list[Reading]:
    """Return proofs that these are gone."""
    return [Reading(ref=Ref(kind, id_), is_gone=True) for id_ in ids]


@dataclass(kw_only=True)
class Pass:
    """What a pass reads and does."""

    readings: Mapping[RemoteKind, list[Reading]] = field(default_factory=dict)
    actions: Iterable[PlannedAction] = ()
    pushes: Iterable[PlannedAction] = ()
    why: Why = Why.SEEN
    now: datetime = NOON
    lease: Lease | None = None
    cursors: Mapping[RemoteKind, Cursor] = field(default_factory=dict)

    def fill(self, draft: Draft) -> None:
        """Put it into a draft."""
        for kind, readings in self.readings.items():
            draft.compare(kind, readings, why=self.why, read_at=self.now)
        draft.keep(Segment(actions=list(self.actions)))
        draft.add_pushes(self.pushes)

    def run(self, store: SqlStore) -> int:
        """Carry it out; return its id."""
        pass_id = store.begin_pass(scope="normal", now=self.now)
        with store.draft() as draft:
            self.fill(draft)
            store.apply(
                draft,
                lease=self.lease,
                pass_id=pass_id,
                now=self.now,
                cursors=self.cursors,
                policy_digest="policy",
            )
        return pass_id


def exported(store: SqlStore, name: str) -> list[dict[str, object]]:
    """Return one list of the export."""
    return next(list(things) for found, things in store.export([name]) if found == name)


def write(store: SqlStore, *things: HermesObject) -> None:
    """Create these objects in a pass of their own."""
    Pass(actions=[act(None, thing) for thing in things]).run(store)


def ids_of(objects: Iterable[HermesObject], kind: Kind) -> list[int]:
    """Return the ids of the objects of a kind."""
    return [one.id for one in objects if kind_of(one) is kind]

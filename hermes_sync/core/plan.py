"""What a Plan is made of: planned actions, what they change, and what else follows from a stretch of changes.

`fold` makes these values, `reports` prints them, `safety` counts them, and `apply` carries them out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import repeat
from typing import TypeAlias

from hermes_sync.core.objects import (
    FIELDS,
    Company,
    Contact,
    Deal,
    HermesObject,
    Kind,
    Pipeline,
    Stage,
    values_of,
)
from hermes_sync.core.records import Notice, Ref, RemoteKind, System
from hermes_sync.core.values import same


class Verb(StrEnum):
    """What a planned action does to its object."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of an object, as it was and as it will be."""

    field: str
    before: object
    after: object


Key: TypeAlias = Mapping[str, object]
"""What names an object to people, such as `{"pd_org_id": 10}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAction:
    """One line of a Plan: one write to one object of one system, and the rows that asked for it.

    `rule` is the row that asked, `rules` all that had a say; `cause` names the remote object that changed. For a
    Hermes object `id` is its id and `before`/`after` are the whole object; for a push `id` is the Hermes id of the
    Company or Contact that speaks, and `remote_id` what is written to, None for a create.
    """

    rule: str
    rules: tuple[str, ...]
    cause: str
    system: System
    object: str
    verb: Verb
    key: Key
    changes: tuple[FieldChange, ...]
    id: int
    remote_id: int | None = None
    before: HermesObject | None = None
    after: HermesObject | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """Why the remote object of a Hermes object may have to be told something."""

    kind: RemoteKind
    id: int
    rule: str
    cause: str
    asked: bool
    """Whether a row asked for it in so many words, or a touched object implies it (semantics 1)."""


@dataclass(slots=True)
class Segment:
    """A stretch of a Plan: what follows from a stretch of changes."""

    actions: list[PlannedAction] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    touches: list[Touch] = field(default_factory=list)
    born: list[Ref] = field(default_factory=list)
    """Remote objects that Hermes knows now and did not before: what names them is looked at again."""
    renamed: list[tuple[Kind, int, str, str]] = field(default_factory=list)
    """Pipelines and Stages whose name changed (kind, id, rule, cause): the cligencies that show them are told."""


def field_changes(before: HermesObject | None, after: HermesObject | None) -> Iterator[FieldChange]:
    """Yield what differs between two states of an object, in the order of its fields; the id is no field."""
    thing = after or before
    assert thing is not None, "one of the two is there"
    olds = repeat(None) if before is None else values_of(before)
    news = repeat(None) if after is None else values_of(after)
    for name, old, new in zip(FIELDS[type(thing)], olds, news, strict=False):
        # Most are equal; asking that here first saves a first pass millions of calls.
        if old != new and name != "id" and not same(old, new):
            yield FieldChange(name, old, new)


def key_of(thing: HermesObject) -> Key:
    """Return what names an object to people: its remote id, or its Hermes id while it has none."""
    match thing:
        case Company(pd_org_id=int(id_)):
            return {"pd_org_id": id_}
        case Company(tc2_cligency_id=int(id_)):
            return {"tc2_cligency_id": id_}
        case Contact(pd_person_id=int(id_)):
            return {"pd_person_id": id_}
        case Contact(tc2_sr_id=int(id_)):
            return {"tc2_sr_id": id_}
        case Deal(pd_deal_id=int(id_)):
            return {"pd_deal_id": id_}
        case Pipeline(pd_pipeline_id=id_):
            return {"pd_pipeline_id": id_}
        case Stage(pd_stage_id=id_):
            return {"pd_stage_id": id_}
        case _:
            return {"id": thing.id}

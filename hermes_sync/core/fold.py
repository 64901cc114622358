"""The planner: a pure fold of the action table over the changes (design 1).

`make_plan` walks over a stretch of changes in their order. The rows of one change all see the world as it was
before that change; what they ask for is carried out in the world, and the next change sees it. What comes out is
a `Segment` of the Plan: planned actions with rule, cause, before and after, ready to be printed, refused, applied.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, assert_never

from hermes_sync.core.action_table import UNKNOWN_ORG_RULE, ActionTable, RowFunction
from hermes_sync.core.actions import Action, Create, Delete, Nothing, Tell, Update
from hermes_sync.core.bookings import BookingChange
from hermes_sync.core.changes import AnyChange, Trigger, Why
from hermes_sync.core.objects import (
    FIELDS,
    Company,
    Contact,
    Deal,
    HermesObject,
    Kind,
    Meeting,
    Pipeline,
    Stage,
    kind_of,
    values_of,
)
from hermes_sync.core.plan import PlannedAction, Segment, Touch, Verb, field_changes, key_of
from hermes_sync.core.records import Notice, Ref, RemoteKind, System
from hermes_sync.core.triggers import trigger_of
from hermes_sync.core.values import NAME_LENGTH, same
from hermes_sync.core.world import World


def make_plan(changes: Iterable[AnyChange], world: World, table: ActionTable) -> Segment:
    """Fold the action table over changes that are in the order of `PHASES`; the world is left evolved."""
    segment = Segment()
    rows: dict[Trigger, list[tuple[str, RowFunction]]] = {}
    for change in changes:
        trigger = trigger_of(change, world)
        if trigger not in rows:
            rows[trigger] = [(row.id_under(trigger), row.function) for row in table[trigger]]
        asked = [(id_, action) for id_, function in rows[trigger] for action in function(change, world)]
        if not asked:
            segment.notices.append(_undecided(change, trigger))
        _carry_out(asked, change, world, segment)
    return segment


def plan_booking(booking: BookingChange, world: World, table: ActionTable, *prefixes: str) -> Segment:
    """Fold those rows of a booking whose ids go on with one of these after the trigger; the world is left evolved.

    `hermes.` are the rows of the request, `pd.` those of the next pass (semantics 7).
    """
    segment = Segment()
    trigger = booking.ref.trigger
    wanted = tuple(f"{trigger}/{prefix}" for prefix in prefixes)
    rows = ((row.id_under(trigger), row.function) for row in table[trigger])
    asked = [(id_, action) for id_, function in rows if id_.startswith(wanted) for action in function(booking, world)]
    _carry_out(asked, booking, world, segment)
    return segment


class _Happening(Protocol):
    """What rows decide about: the change of a remote object, or a booking; its `ref` is the cause."""

    @property
    def ref(self) -> object: ...

    @property
    def why(self) -> Why: ...


def _undecided(change: AnyChange, trigger: Trigger) -> Notice:
    ref = str(change.ref)
    return Notice(code="undecided", message=f"{ref}: no row of {trigger} applied", refs=(ref,))


@dataclass(slots=True)
class _Wish:
    """What the rows of one change ask for one Hermes object, together."""

    kind: Kind
    id: int
    rules: list[str] = field(default_factory=list)
    create: HermesObject | None = None
    fields: dict[str, object] = field(default_factory=dict)
    delete: bool = False


def _carry_out(asked: list[tuple[str, Action]], change: _Happening, world: World, segment: Segment) -> None:
    """Bring together what the rows ask of each object, evolve the world, and write down what differs."""
    wishes: dict[tuple[Kind, int], _Wish] = {}
    tells: list[tuple[str, Tell]] = []

    def wish(rule_id: str, kind: Kind, id_: int) -> _Wish:
        found = wishes.setdefault((kind, id_), _Wish(kind, id_))
        if rule_id not in found.rules:
            found.rules.append(rule_id)
        return found

    for rule_id, action in asked:
        match action:
            case Create(thing):
                wish(rule_id, kind_of(thing), thing.id).create = thing
            case Update(kind, id_, wanted):
                wish(rule_id, kind, id_).fields.update(wanted)
            case Delete(kind, id_):
                wish(rule_id, kind, id_).delete = True
            case Tell():
                tells.append((rule_id, action))
            case Notice():
                segment.notices.append(action)
            case Nothing():
                pass
            case _:
                assert_never(action)
    for one in wishes.values():
        _grant(one, change, world, segment)
    for rule_id, tell in tells:
        segment.touches.append(Touch(tell.kind, tell.id, rule_id, str(change.ref), asked=True))


def _grant(wish: _Wish, change: _Happening, world: World, segment: Segment) -> None:
    before = world.get(wish.kind, wish.id)
    if wish.delete:
        if before is not None:
            world.drop(wish.kind, wish.id)
            _write_down(wish, before, None, change, world, segment)
        return
    base = before if before is not None else wish.create
    assert base is not None, f"{wish.kind} {wish.id} is neither known nor created"
    fitting = {name: _fit(name, value, change.ref, segment) for name, value in wish.fields.items()}
    differing = {
        name: value for name, value in fitting.items() if value != (old := getattr(base, name)) and not same(old, value)
    }
    after = replace(base, **differing) if differing else base  # type: ignore[arg-type]  # rows are checked by use
    if before is not None and not differing:
        return
    if before is None:
        after = _fit_all(after, change.ref, segment)
    world.put(after)
    _write_down(wish, before, after, change, world, segment)


def _fit(name: str, value: object, ref: object, segment: Segment) -> object:
    """Cut a text to what a column holds, and say so (semantics 3)."""
    if not isinstance(value, str) or len(value) <= NAME_LENGTH or name in _UNBOUNDED:
        return value
    segment.notices.append(
        Notice(
            code="text-cut",
            message=f"{ref}: {name} has {len(value)} characters and was cut to {NAME_LENGTH}",
            refs=(str(ref),),
        )
    )
    return value[:NAME_LENGTH]


_UNBOUNDED: Final = frozenset({"signup_questionnaire"})


def _fit_all(thing: HermesObject, ref: object, segment: Segment) -> HermesObject:
    long = {
        name: _fit(name, value, ref, segment)
        for name, value in zip(FIELDS[type(thing)], values_of(thing), strict=True)
        if isinstance(value, str) and len(value) > NAME_LENGTH
    }
    return replace(thing, **long) if long else thing  # type: ignore[arg-type]  # texts stay texts


def _write_down(
    wish: _Wish,
    before: HermesObject | None,
    after: HermesObject | None,
    change: _Happening,
    world: World,
    segment: Segment,
) -> None:
    thing = after or before
    assert thing is not None
    rules = tuple(wish.rules)
    if change.why is Why.UNKNOWN_ORG:
        rules = (UNKNOWN_ORG_RULE, *rules)
    action = PlannedAction(
        rule=rules[0],
        rules=rules,
        cause=str(change.ref),
        system=System.HERMES,
        object=wish.kind,
        verb=Verb.DELETE if after is None else Verb.CREATE if before is None else Verb.UPDATE,
        key=key_of(thing),
        changes=tuple(field_changes(before, after)),
        id=wish.id,
        before=before,
        after=after,
    )
    segment.actions.append(action)
    segment.born.extend(_born(before, after))
    _touch(action, world, segment)


def _born(before: HermesObject | None, after: HermesObject | None) -> Iterator[Ref]:
    """Yield the remote object that this step made known to Hermes: by creating its object or by linking one."""
    match after:
        case Company(pd_org_id=int(id_)) if not (isinstance(before, Company) and before.pd_org_id == id_):
            yield Ref(RemoteKind.ORGANIZATION, id_)
        case Contact(pd_person_id=int(id_)) if not (isinstance(before, Contact) and before.pd_person_id == id_):
            yield Ref(RemoteKind.PERSON, id_)
        case Stage(pd_stage_id=id_) if before is None:
            yield Ref(RemoteKind.STAGE, id_)
        case Pipeline(pd_pipeline_id=id_) if before is None:
            yield Ref(RemoteKind.PIPELINE, id_)
        case _:
            return


def _touch(action: PlannedAction, world: World, segment: Segment) -> None:
    """Note whose cligency may now say something else: its attributes are a function of Hermes (semantics 1)."""
    touched: list[int] = []
    match action.before, action.after:
        case (_, Company(id=id_)):
            touched = [id_]
        case (Deal(company_id=old), Deal(company_id=new)):
            touched = [old, new]
        case (None, Deal(company_id=id_)) | (Deal(company_id=id_), None):
            touched = [id_]
        case ((Pipeline() | Stage()) as old_thing, (Pipeline() | Stage()) as new_thing):
            if old_thing.name != new_thing.name:
                segment.renamed.append((kind_of(new_thing), new_thing.id, action.rule, action.cause))
        case (Company() | Contact() | Meeting() | Pipeline() | Stage() | None, _):
            pass
        case _:
            pass
    for company_id in dict.fromkeys(touched):
        if world.companies.get(company_id) is not None:
            segment.touches.append(Touch(RemoteKind.CLIENT, company_id, action.rule, action.cause, asked=False))

"""The half of a draft that holds the plan: its actions, what was touched, and what there is to say."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson
from sqlalchemy import Row, bindparam, delete, func, select, tuple_

from hermes_sync.core.objects import HermesObject, Kind
from hermes_sync.core.plan import FieldChange, PlannedAction, Segment, Touch, Verb, field_changes
from hermes_sync.core.records import Notice, RemoteKind, System
from hermes_sync.store.among import among, listed
from hermes_sync.store.draft_file import DraftFile, ignoring, overlaying, replacing
from hermes_sync.store.draft_tables import ACTIONS, NOTICES, OVERLAYS, TOUCHES
from hermes_sync.store.rows import (
    changes_of_json,
    content_digest,
    json_text,
    object_of_json,
    object_row,
    rules_text,
)

_STRETCH: Final = 1000
_BY_TARGET: Final = "CREATE INDEX IF NOT EXISTS ix_draft_touches ON draft_touches (kind, hermes_id, rank, seq)"
_BY_CAUSE: Final = "CREATE INDEX IF NOT EXISTS ix_draft_actions_cause ON draft_actions (cause, seq)"
_PAGE: Final = (
    select(TOUCHES.c.hermes_id)
    .distinct()
    .where(TOUCHES.c.kind == bindparam("of_kind"), TOUCHES.c.hermes_id > bindparam("last"))
    .order_by(TOUCHES.c.hermes_id)
    .limit(bindparam("size"))
    .subquery()
)
_END_OF_PAGE: Final = select(func.max(_PAGE.c.hermes_id))
_TOUCHED: Final = (
    select(TOUCHES.c.hermes_id, TOUCHES.c.rule, TOUCHES.c.cause)
    .where(
        TOUCHES.c.kind == bindparam("of_kind"),
        TOUCHES.c.hermes_id > bindparam("last"),
        TOUCHES.c.hermes_id <= bindparam("end"),
    )
    .order_by(TOUCHES.c.hermes_id, TOUCHES.c.rank, TOUCHES.c.seq)
)
_PLACE: Final = ("first", "is_push", "seq")
_NEXT_ACTIONS: Final = (
    select(ACTIONS)
    .where(tuple_(*(ACTIONS.c[one] for one in _PLACE)) > tuple_(*(bindparam(f"last_{one}") for one in _PLACE)))
    .order_by(*(ACTIONS.c[one] for one in _PLACE))
    .limit(_STRETCH)
)
_CREATING: Final = select(ACTIONS.c.hermes_id).where(
    ACTIONS.c.is_push,
    ACTIONS.c.object == bindparam("of_kind"),
    ACTIONS.c.verb == Verb.CREATE.value,
    among(ACTIONS.c.hermes_id, "sqlite"),
)
_SAID: Final = select(NOTICES.c.said).order_by(NOTICES.c.seq)
_IN_PRINT_ORDER: Final = "CREATE INDEX IF NOT EXISTS ix_draft_actions_order ON draft_actions (first, is_push, seq)"


class Planned(DraftFile):
    """The plan in the making."""

    _seq: int = 0
    _cause: str | None = None
    _first: int = 0
    answered: tuple[int, ...] = ()
    booked: tuple[int, ...] = ()
    """The bookings whose Pipedrive half this plan is: they are forgotten when it is applied."""
    has_pushes: bool = False
    """Whether remotes are to be told anything."""

    def keep(self, segment: Segment) -> None:
        """Add what follows from a stretch of changes: actions, objects as they will be, touches, notices."""
        rows: list[tuple[object, ...]] = []
        overlays: dict[Kind, dict[int, tuple[object, ...]]] = {}
        for action in segment.actions:
            rows.append(self._hermes_row(action))
            kind = Kind(action.object)
            of_kind = overlays.setdefault(kind, {})
            earlier = of_kind.get(action.id)
            born = action.verb is Verb.CREATE or (earlier is not None and bool(earlier[-2]))
            thing = action.after or action.before
            assert thing is not None, "an action on a Hermes object has the object before or after"
            of_kind[action.id] = (*object_row(kind, thing), born, action.after is None)
        self.write(replacing(ACTIONS), rows)
        for kind, of_kind in overlays.items():
            self.write(overlaying(OVERLAYS[kind]), list(of_kind.values()))
            self.overlaid[kind] = True
        self.touch(segment.touches)
        self.add_notices(segment.notices)

    def _hermes_row(self, action: PlannedAction) -> tuple[object, ...]:
        self._seq += 1
        if action.cause != self._cause:
            self._cause, self._first = action.cause, self._seq
        return (
            self._seq,
            self._first,
            False,
            *_told(action),
            None if action.before is None else json_text(action.before),
            None if action.after is None else json_text(action.after),
            None,
            None,
        )

    def touch(self, touches: Iterable[Touch]) -> None:
        """Remember whose remote object may have to be told something, and why."""
        rows: list[tuple[object, ...]] = []
        for one in touches:
            self.touched_kinds.add(one.kind)
            rows.append((None, one.kind.value, one.id, one.rule, one.cause, 0 if one.asked else 1))
        self.write(replacing(TOUCHES), rows)

    def touched(
        self, kind: RemoteKind, size: int = _STRETCH
    ) -> Iterator[list[tuple[int, tuple[tuple[str, str], ...]]]]:
        """Yield Hermes ids with the (rule, cause) pairs that touched them, by id and `size` at a time.

        Pairs that a row asked for come first, then those implied, each in order of first touch.
        """
        if kind not in self.touched_kinds:
            return
        self.connection.exec_driver_sql(_BY_TARGET)
        last = 0
        while True:
            end = self.connection.scalar(_END_OF_PAGE, {"of_kind": kind.value, "last": last, "size": size})
            if end is None:
                return
            pairs: dict[int, dict[tuple[str, str], None]] = {}
            rows = self.connection.execute(_TOUCHED, {"of_kind": kind.value, "last": last, "end": end})
            for id_, rule, cause in rows:
                pairs.setdefault(id_, {})[rule, cause] = None
            last = end
            yield [(id_, tuple(found)) for id_, found in pairs.items()]

    def answer(self, push_ids: Iterable[int]) -> None:
        """Remember which open pushes of earlier passes this plan speaks for: they are over when it is applied."""
        self.answered = (*self.answered, *push_ids)

    def add_pushes(self, actions: Iterable[PlannedAction]) -> None:
        """Add what remotes are to be told; in this order they will be."""
        self.connection.exec_driver_sql(_BY_CAUSE)
        rows: list[tuple[object, ...]] = []
        for action in actions:
            self._seq += 1
            rows.append(
                (
                    self._seq,
                    self._seq,
                    True,
                    *_told(action),
                    None,
                    None,
                    json_text(action.changes),
                    content_digest(action.changes),
                )
            )
        if not rows:
            return
        self.has_pushes = True
        self.write(replacing(ACTIONS), rows)
        earlier = ACTIONS.alias("earlier")
        first = select(func.min(earlier.c.first)).where(earlier.c.cause == ACTIONS.c.cause).scalar_subquery()
        self.connection.execute(
            ACTIONS.update().where(ACTIONS.c.is_push, ACTIONS.c.seq >= rows[0][0]).values(first=first)
        )

    def creating(self, kind: RemoteKind, hermes_ids: Iterable[int]) -> set[int]:
        """Return for which of these Hermes objects this plan creates one of a kind so far."""
        return set(self.connection.scalars(_CREATING, {"of_kind": kind.value, **listed(hermes_ids, self.connection)}))

    def actions(self) -> Iterator[PlannedAction]:
        """Yield the plan in the order in which it is printed.

        By cause, in order of the causes' first actions; of one cause the pushes after the Hermes actions.
        """
        self.connection.exec_driver_sql(_IN_PRINT_ORDER)
        last = {"last_first": -1, "last_is_push": 0, "last_seq": -1}
        while True:
            rows = self.connection.execute(_NEXT_ACTIONS, last).all()
            if not rows:
                return
            for row in rows:
                yield _action_of(row)
            end = rows[-1]
            last = {"last_first": end.first, "last_is_push": int(end.is_push), "last_seq": end.seq}

    def count_born(self, kind: Kind) -> int:
        """Return how many objects of a kind the plan creates; also those that it deletes again took an id."""
        overlay = OVERLAYS[kind]
        return self.connection.scalar(select(func.count()).where(overlay.c.born)) or 0

    def add_notices(self, notices: Iterable[Notice]) -> None:
        """Add what there is to say; the same thing is said once."""
        self.write(ignoring(NOTICES), [(None, json_text(one)) for one in notices])

    def forget_plan(self) -> None:
        """Forget actions, touches, notices and the objects as the plan left them."""
        for table in (ACTIONS, TOUCHES, NOTICES, *OVERLAYS.values()):
            self.connection.execute(delete(table))
        self.overlaid = dict.fromkeys(Kind, False)
        self.touched_kinds.clear()
        self._seq, self._first, self._cause = 0, 0, None
        self.answered = ()
        self.booked = ()
        self.has_pushes = False

    def notices(self) -> list[Notice]:
        """Return what there is to say, in the order in which it came up."""
        said = (orjson.loads(one) for one in self.connection.scalars(_SAID))
        return [Notice(code=one["code"], message=one["message"], refs=tuple(one["refs"])) for one in said]


def _told(action: PlannedAction) -> tuple[object, ...]:
    """Return what a row of the draft says of any action, in the order of its columns."""
    return (
        action.rule,
        rules_text(action.rules),
        action.cause,
        action.system.value,
        str(action.object),
        action.verb.value,
        json_text(action.key),
        action.id,
        action.remote_id,
    )


def _action_of(row: Row[Any]) -> PlannedAction:
    """Return a planned action; of a Hermes object the changes follow from what it was and will be."""
    before: HermesObject | None = None
    after: HermesObject | None = None
    changes: tuple[FieldChange, ...]
    if row.is_push:
        changes = changes_of_json(row.changes)
    else:
        kind = Kind(row.object)
        before, after = object_of_json(kind, row.before), object_of_json(kind, row.after)
        changes = tuple(field_changes(before, after))
    return PlannedAction(
        rule=row.rule,
        rules=tuple(orjson.loads(row.rules)),
        cause=row.cause,
        system=System(row.system),
        object=row.object,
        verb=Verb(row.verb),
        key=orjson.loads(row.key),
        changes=changes,
        id=row.hermes_id,
        remote_id=row.remote_id,
        before=before,
        after=after,
    )

"""Planning a pass: `core.fold` driven over the draft, then the pushes that the outcome calls for.

Stretch by stretch, so that a pass of any size takes little memory: each stretch of changes gets a World of what it
can reach, and what the fold decides goes into the draft before the next stretch is loaded.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from itertools import chain
from typing import Any, Final

import orjson

from hermes_sync.core import safety
from hermes_sync.core.action_table import ActionTable
from hermes_sync.core.bookings import CallBooked
from hermes_sync.core.changes import PHASES, AnyChange, Phase
from hermes_sync.core.fold import make_plan, plan_booking
from hermes_sync.core.objects import Kind, Meeting
from hermes_sync.core.plan import PlannedAction, Segment, Touch, Verb, field_changes, key_of
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Notice, Ref, RemoteKind, System
from hermes_sync.core.world import World
from hermes_sync.cycle.budget import Cost
from hermes_sync.cycle.outcome import Plan, Summary
from hermes_sync.cycle.outgoing import Outgoing
from hermes_sync.ports import Progress
from hermes_sync.store import Draft, JournalPush, SqlStore

_LINKING_LATE: Final = (Phase(RemoteKind.CLIENT, gone=False), Phase(RemoteKind.ORGANIZATION, gone=True))
"""A cligency may name an Org, and a merge hands one on, when the Persons and deals have had their turn."""
_CREATES: Final = 5
"""A booking may create four objects in Pipedrive; strangers who book use most of what a pass may create, not all."""
_ALL: Final = 1_000_000_000
_BOOKINGS_WAIT: Final = "bookings-wait"
"""The code of the notice that a plan takes only some of the bookings along."""
_HASHED: Final = tuple(one.name for one in fields(PlannedAction) if one.name not in {"before", "after"})


@dataclass(slots=True)
class _Digest:
    """The hash of a plan: the same for the same actions in the same order."""

    sha: Any = field(default_factory=hashlib.sha256)

    def add(self, actions: Iterable[PlannedAction]) -> None:
        for action in actions:
            said = [getattr(action, name) for name in _HASHED]
            self.sha.update(orjson.dumps(said, option=orjson.OPT_SORT_KEYS))


@dataclass(slots=True, kw_only=True)
class Planner:
    """Makes the plan of one pass from what was pulled into its draft."""

    store: SqlStore
    draft: Draft
    policy: Policy
    table: ActionTable
    limits: safety.Limits
    progress: Progress
    now: datetime
    retry_refused: bool
    unclear: Collection[int] = ()
    """Pushes in doubt, by id, that are to be left as they are."""
    unlimited: bool = False
    """Whether a person has said that the safety limits are not to count (`--force`)."""
    from_tc2: int = 0
    """How many Companies and Contacts this plan makes of cligencies: each becomes an Org or a Person."""
    next_ids: dict[Kind, int] = field(default_factory=dict)

    def plan(self) -> Plan:
        """Decide everything that this pass will do; nothing outside the draft is touched."""
        with self.draft.at_one_moment():
            return self._plan()

    def _plan(self) -> Plan:
        tally, digest, cost = safety.Tally(), _Digest(), Cost()
        for segment in chain(self._segments(), self._adopted(), self._booked()):
            self.draft.keep(segment)
            self.draft.wake(segment.born)
            self._touch_showing(segment)
            self.from_tc2 += sum(map(_leads_to_a_create, segment.actions))
            tally.add(segment.actions)
            digest.add(segment.actions)
        outgoing = Outgoing(
            store=self.store,
            draft=self.draft,
            policy=self.policy,
            now=self.now,
            retry_refused=self.retry_refused,
            unclear=self.unclear,
        )
        for pushes in outgoing.pushes():
            self.draft.add_pushes(pushes)
            tally.add(pushes)
            digest.add(pushes)
            cost = cost.plus(pushes)
        verbs = tally.verbs
        return Plan(
            Summary(verbs[Verb.CREATE], verbs[Verb.UPDATE], verbs[Verb.DELETE], tally.pushes),
            digest.sha.hexdigest(),
            tuple(self.draft.notices()),
            safety.unsafe(tally, self.store.population(), self.limits),
            cost,
            self.draft,
        )

    def _segments(self) -> Iterator[Segment]:
        """Fold the action table over the changes, phase by phase; each stretch sees what the last one left."""
        self.next_ids = self.store.next_ids() | {kind: ids.start for kind, ids in self.draft.set_aside.items()}
        for phase in PHASES:
            done = 0
            linked: list[Ref] = []
            for changes in self.draft.stretches(phase):
                segment = self._fold(phase, changes)
                yield segment
                linked += segment.born if phase in _LINKING_LATE else ()
                done += len(changes)
                self.progress.report(f"planning {phase.kind}s", done)
            yield from self._catch_up(linked)

    def _catch_up(self, linked: Sequence[Ref]) -> Iterator[Segment]:
        """Give a Company that was linked late to its Org the Persons and Deals that had their turn before."""
        born = list(linked)
        for kind in (RemoteKind.PERSON, RemoteKind.DEAL):
            changes = self.draft.again(kind, born) if born else []
            if changes:
                segment = self._fold(Phase(kind, gone=False), changes)
                yield segment
                born += segment.born

    def _fold(self, phase: Phase, changes: Sequence[AnyChange]) -> Segment:
        world = World(self.policy, self.draft.surroundings(phase, changes, self.next_ids))
        segment = make_plan(changes, world, self.table)
        self.next_ids = dict(world.next_ids)
        return segment

    def _adopted(self) -> Iterator[Segment]:
        """Link Meetings to the Activities that an earlier pass made without knowing (semantics 5.2)."""
        adopted = self.draft.adopted
        rows = self.draft.meetings_around(list(adopted)) if adopted else []
        meetings = [meeting for meeting, *_ in rows if meeting.pd_activity_id is None]
        if meetings:
            yield Segment(actions=[_adoption(one, *adopted[one.id]) for one in meetings])

    def _booked(self) -> Iterator[Segment]:
        """Fold the rows of the Pipedrive half over the bookings that no pass has planned (semantics 7)."""
        for bookings, surroundings in self.draft.bookings(self._bookings_at_once()):
            world = World(self.policy, surroundings)
            for booking in bookings:
                segment = plan_booking(booking, world, self.table, "pd.")
                if world.companies.get(booking.company_id) is None:
                    segment.notices.append(_without_company(booking))
                yield segment
        left = self.draft.bookings_left()
        if left:
            message = (
                f"{left} more bookings wait for the passes to come, so that none creates more than safety.max_creates "
                f"allows, which is {self.limits.max_creates}; with --force all of them are taken along"
            )
            yield Segment(notices=[Notice(code=_BOOKINGS_WAIT, message=message)])

    def _bookings_at_once(self) -> int:
        """Return how many bookings this plan may hold besides what earlier ones, and TC2's, are still to create.

        At least one where there is nothing else, so that a low limit does not keep them for ever.
        """
        if self.unlimited:
            return _ALL
        still = self.from_tc2 + sum(push.verb is Verb.CREATE for push in self.store.open_pushes())
        share = self.limits.max_creates * (_CREATES - 1) // _CREATES
        return max(0 if still else 1, (share - still) // (_CREATES - 1))

    def _touch_showing(self, segment: Segment) -> None:
        """A Stage or Pipeline that got another name touches the cligencies that show it (semantics 1)."""
        for kind, id_, rule, cause in segment.renamed:
            self.draft.touch(
                Touch(RemoteKind.CLIENT, company_id, rule, cause, asked=False)
                for company_id in self.draft.showing(kind, id_)
            )


def _adoption(meeting: Meeting, push: JournalPush, activity_id: int) -> PlannedAction:
    """Return what links a Meeting to its Activity, under the row that asked for the Activity."""
    after = replace(meeting, pd_activity_id=activity_id)
    return PlannedAction(
        rule=push.rule,
        rules=push.rules,
        cause=push.cause,
        system=System.HERMES,
        object=Kind.MEETING,
        verb=Verb.UPDATE,
        key=key_of(after),
        changes=tuple(field_changes(meeting, after)),
        id=meeting.id,
        before=meeting,
        after=after,
    )


def takes_only_some(plan: Plan) -> bool:
    """Whether a plan leaves bookings to the passes to come."""
    return any(one.code == _BOOKINGS_WAIT for one in plan.notices)


def _leads_to_a_create(action: PlannedAction) -> bool:
    return action.verb is Verb.CREATE and action.cause.startswith(f"{System.TC2}:")


def _without_company(booking: CallBooked) -> Notice:
    ref = str(booking.ref)
    message = f"{ref}: its Company {booking.company_id} is gone, so nothing of it is written to Pipedrive"
    return Notice(code="booking-without-company", message=message, refs=(ref,))

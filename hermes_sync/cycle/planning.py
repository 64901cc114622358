"""Planning a pass: the fold of `core.plan` driven over the draft, then the pushes that the outcome calls for.

Stretch by stretch, so that a pass of any size takes little memory: each stretch of changes gets a World of what it
can reach, and what the fold decides goes into the draft before the next stretch is loaded.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

import orjson

from hermes_sync.core import outbound, safety
from hermes_sync.core.changes import PHASES
from hermes_sync.core.objects import Company, Deal, Pipeline, Stage
from hermes_sync.core.plan import ActionTable, PlannedAction, Segment, Touch, Verb, make_plan
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Cligency, RemoteKind, System
from hermes_sync.core.world import World
from hermes_sync.cycle.outcome import Plan, Summary
from hermes_sync.ports import Progress
from hermes_sync.store import Draft, SqlStore, content_digest

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
    retry_refused: bool
    """Whether pushes that were refused are tried again with the same content (`--full`, semantics 5.5)."""

    def plan(self) -> Plan:
        """Decide everything that this pass will do; nothing outside the draft is touched."""
        tally, digest = safety.Tally(), _Digest()
        for segment in self._segments():
            self.draft.keep(segment)
            self.draft.wake(segment.born)
            self._touch_showing(segment)
            tally.add(segment.actions)
            digest.add(segment.actions)
        self._touch_open_pushes()
        for pushes in self._client_pushes():
            self.draft.add_pushes(pushes)
            tally.add(pushes)
            digest.add(pushes)
        verbs = tally.verbs
        return Plan(
            Summary(verbs[Verb.CREATE], verbs[Verb.UPDATE], verbs[Verb.DELETE], tally.pushes),
            digest.sha.hexdigest(),
            tuple(self.draft.notices()),
            safety.unsafe(tally, self.store.population(), self.limits),
            self.draft,
        )

    def _segments(self) -> Iterator[Segment]:
        """Fold the action table over the changes, phase by phase; each stretch sees what the last one left."""
        next_ids = self.store.next_ids()
        for phase in PHASES:
            done = 0
            for changes in self.draft.stretches(phase):
                world = World(self.policy, self.draft.surroundings(phase, changes, next_ids))
                yield make_plan(changes, world, self.table)
                next_ids = dict(world.next_ids)
                done += len(changes)
                self.progress.report(f"planning {phase.kind}s", done)

    def _touch_showing(self, segment: Segment) -> None:
        """A Stage or Pipeline that got another name touches the cligencies that show it (semantics 1)."""
        for kind, id_, rule, cause in segment.renamed:
            self.draft.touch(
                Touch(RemoteKind.CLIENT, company_id, rule, cause, asked=False)
                for company_id in self.draft.showing(kind, id_)
            )

    def _touch_open_pushes(self) -> None:
        """What an earlier pass could not finish is looked at again: the state decides, not the old push."""
        self.draft.touch(
            Touch(push.kind, push.hermes_id, push.rule, push.cause, asked=True) for push in self.store.open_pushes()
        )

    def _client_pushes(self) -> Iterator[list[PlannedAction]]:
        pipelines, stages = self.draft.pipelines(), self.draft.stages()
        for touched in self.draft.touched(RemoteKind.CLIENT):
            reasons = dict(touched)
            refused = set() if self.retry_refused else self.store.refused(RemoteKind.CLIENT, list(reasons))
            around = {row[0].id: row for row in self.draft.companies_with_clients(list(reasons))}
            pushes = [
                push
                for company_id in reasons
                if company_id in around
                for push in self._client_push(around[company_id], pipelines, stages, reasons[company_id])
                if (push.id, content_digest(push.changes)) not in refused
            ]
            yield pushes

    def _client_push(
        self,
        row: tuple[Company, list[Deal], Cligency | None],
        pipelines: dict[int, Pipeline],
        stages: dict[int, Stage],
        reasons: Sequence[tuple[str, str]],
    ) -> Iterator[PlannedAction]:
        company, deals, seen = row
        if seen is None:
            return
        wanted = outbound.client_attributes(company, deals, pipelines, stages, self.policy)
        changes = outbound.client_changes(wanted, seen)
        if changes:
            rule, cause = reasons[0]
            yield PlannedAction(
                rule=rule,
                rules=tuple(dict.fromkeys(one for one, _ in reasons)),
                cause=cause,
                system=System.TC2,
                object=RemoteKind.CLIENT,
                verb=Verb.UPDATE,
                key={"tc2_cligency_id": seen.id},
                changes=changes,
                id=company.id,
                remote_id=seen.id,
            )

"""Push: send what the plan writes to the remotes, journal entry by journal entry (semantics 5).

Every push is in the journal before it is sent; no transaction is open while a remote is asked. Several pushes of one
kind may be under way, and are settled in the order in which they were begun. A remote that does not answer is not
asked for ever: after a few pushes in a row the rest of them wait for the next pass.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final

from hermes_sync.core import outbound
from hermes_sync.core.plan import FieldChange
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Notice, Ref, RemoteKind, System
from hermes_sync.cycle.budget import Budget
from hermes_sync.cycle.hinted import KEPT
from hermes_sync.ports import (
    Clock,
    ObjectGone,
    Order,
    Progress,
    Receipt,
    RemoteDenied,
    RemoteRefused,
    RemoteUnavailable,
    Stopped,
)
from hermes_sync.remotes import WRITE_TOKENS, PipedriveRemote, Tc2Remote
from hermes_sync.store import JournalPush, Partner, SqlStore

_GIVE_UP_AFTER: Final = 3
"""So many pushes in a row without an answer, each after its own retries, mean that the remote is away."""

_WAIT: Final = timedelta(minutes=1)
_LOOK_EVERY: Final = 0.5
"""Seconds between two looks whether a booking has come in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """A push under way, and what waits for its receipt."""

    push: JournalPush
    receipt: Callable[[], Receipt]


@dataclass(slots=True)
class Pusher:
    """Sends the planned pushes of one pass and settles what the remotes answer."""

    store: SqlStore
    pipedrive: PipedriveRemote
    tc2: Tc2Remote
    clock: Clock
    progress: Progress
    budget: Budget
    policy: Policy
    booking_waits: Callable[[], bool] | None = None
    """Whether a booking has come in since: then writes to TC2 wait for the next pass rather than for TC2's minute."""
    outcomes: dict[tuple[str, int], str] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    _silent: Counter[System] = field(default_factory=Counter)
    _under_way: deque[_Begun] = field(default_factory=deque)
    _over: RemoteDenied | Stopped | None = None
    """Why no more pushes are begun."""
    _doubted: set[RemoteKind] = field(default_factory=set)

    def run(self, pass_id: int, count: int) -> None:
        """Send every planned push of this pass.

        Raises RemoteDenied when a key is refused, and Stopped when the pass is to end: what is under way is settled,
        and the pushes that are left wait for the next pass.
        """
        for number, push in enumerate(self.store.planned_pushes(pass_id)):
            self._look_up(number, count)
            if self._over is None:
                self._make_room(push.kind)
            if self._over is not None:
                break
            self._begin(push)
        self._settle_all_but(0)
        if self._over is not None:
            raise self._over

    def _look_up(self, number: int, count: int) -> None:
        """Say how far the pushes are; whoever hears it may want them to end."""
        try:
            self.progress.report("writing to the remotes", number, count)
        except Stopped as stopped:
            self._over = stopped

    def _make_room(self, kind: RemoteKind) -> None:
        """Wait until one more push of a kind may be under way.

        None beside those of another kind, whose ids it may need, nor while what is under way may use up the day's
        tokens. The oldest is settled first, whichever was answered first: the journal does not depend on chance.
        """
        at_once = self.pipedrive.at_once if kind.system is System.PIPEDRIVE else 1
        is_other = bool(self._under_way) and self._under_way[0].push.kind is not kind
        if is_other or self.budget.is_low(self.pipedrive.usage, WRITE_TOKENS * len(self._under_way)):
            at_once = 1
        self._settle_all_but(at_once - 1)

    def _begin(self, push: JournalPush) -> None:
        """Write down that a push is being sent, and send it; or leave it for later."""
        awaited = self._awaited(push)
        why_not = self._why_not(push.kind.system) or _waits_for(awaited)
        if why_not is not None:
            self.outcomes[push.kind, push.hermes_id] = self._defer(push, why_not)
            return
        ids = {kind: partner.remote_id for kind, partner in awaited.items()}
        changes = outbound.filled_in(push.changes, ids, self.policy)
        self.store.start_push(push.id, self.clock.now(), changes)
        order = self._order(push, changes)
        is_pipedrive = push.kind.system is System.PIPEDRIVE
        receipt = self.pipedrive.begin(order) if is_pipedrive else partial(self.tc2.push, order)
        self._under_way.append(_Begun(push=push, receipt=receipt))

    def _why_not(self, system: System) -> str | None:
        """Return why nothing is sent to a remote for now; None when nothing speaks against it."""
        if self._silent[system] >= _GIVE_UP_AFTER:
            return f"{system} did not answer earlier in this pass"
        if system is System.PIPEDRIVE and self.budget.is_low(self.pipedrive.usage):
            left = self.budget.left(self.pipedrive.usage)
            return f"only {left} of the day's {self.budget.limit} tokens are left for reading"
        if system is System.TC2 and self._is_overtaken():
            return "a booking goes first, and TC2 allows no more requests in this minute"
        return None

    def _is_overtaken(self) -> bool:
        """Wait until TC2 allows one more request; whether a booking came in before it did."""
        while self.booking_waits is not None and (wait := self.tc2.room_in(KEPT + 1)) > 0:
            if self.booking_waits():
                return True
            self.clock.sleep(min(wait, _LOOK_EVERY))
        return False

    def _settle_all_but(self, most: int) -> None:
        """Settle the oldest pushes under way, until at most so many are left."""
        while len(self._under_way) > most:
            begun = self._under_way.popleft()
            self.outcomes[begun.push.kind, begun.push.hermes_id] = self._settle(begun)

    def _settle(self, begun: _Begun) -> str:
        """Wait for the answer to a push and write down what it came to."""
        push, system = begun.push, begun.push.kind.system
        try:
            receipt = begun.receipt()
        except RemoteUnavailable as error:
            self._silent[system] += 1
            return self._defer(push, str(error))
        except ObjectGone as error:
            if push.remote_id is not None:  # named for the next pass, which proves the deletion
                self.store.hint([Ref(push.kind, push.remote_id)], self.clock.now())
            self.store.settle_gone(push.id, str(error), self.clock.now())
            return "gone"
        except RemoteRefused as error:
            self._doubt_fields(push.kind, is_named=error.field is not None)
            self.store.refuse_push(push.id, reason=str(error), now=self.clock.now())
            return "refused"
        except RemoteDenied as error:
            self._over = self._over or error  # what is under way beside it is settled first
            return self._defer(push, str(error))
        except Stopped as stopped:
            self._over = self._over or stopped
            return "deferred"  # it waited to be tried again, and may have been carried out: the next pass looks
        self._silent[system] = 0
        self._doubt_fields(push.kind, is_named=bool(receipt.left_out))
        self.notices.extend(receipt.notices)
        self.store.settle_push(push.id, receipt=receipt, now=self.clock.now())
        return "pushed"

    def _awaited(self, push: JournalPush) -> dict[RemoteKind, Partner]:
        """Return what a push names that an earlier push of this pass was to create."""
        kinds = outbound.awaited(push.changes)
        partners = self.store.partners(push.kind, push.hermes_id) if kinds else {}
        return {kind: partner for kind, partner in partners.items() if kind in kinds}

    def _doubt_fields(self, kind: RemoteKind, *, is_named: bool) -> None:
        """A field that could not be written may not be what its metadata says: the next pass reads that again."""
        if is_named and kind not in self._doubted:
            self._doubted.add(kind)
            self.store.doubt_field_definitions(kind)

    def _order(self, push: JournalPush, changes: tuple[FieldChange, ...]) -> Order:
        seen = None if push.remote_id is None else self.store.last_seen(push.kind, [push.remote_id]).get(push.remote_id)
        return Order(
            kind=push.kind,
            verb=push.verb,
            remote_id=push.remote_id,
            changes=changes,
            seen=None if seen is None else seen.record,
        )

    def _defer(self, push: JournalPush, reason: str) -> str:
        now = self.clock.now()
        self.store.defer_push(push.id, reason=reason, due=now + _WAIT, now=now)
        return "deferred"


def _waits_for(awaited: Mapping[RemoteKind, Partner]) -> str | None:
    """Return what a push waits for (semantics 5.4); a Person or deal that stands refused is done without."""
    for kind, partner in awaited.items():
        if partner.remote_id is None and not (partner.is_refused and kind is not RemoteKind.ORGANIZATION):
            return f"it waits for its {_NAMES[kind]} to be created"
    return None


_NAMES: Final = {RemoteKind.ORGANIZATION: "Org", RemoteKind.PERSON: "Person", RemoteKind.DEAL: "deal"}

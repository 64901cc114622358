"""Push: send what the plan writes to the remotes, journal entry by journal entry (semantics 5).

Every push is in the journal before it is sent; no transaction is open while a remote is asked. A remote that does
not answer is not asked for ever: after a few pushes in a row the rest of them wait for the next pass.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from hermes_sync.core import outbound
from hermes_sync.core.plan import FieldChange
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import Notice, RemoteKind, System
from hermes_sync.cycle.budget import Budget
from hermes_sync.ports import (
    Clock,
    ObjectGone,
    Order,
    Progress,
    Receipt,
    RemoteDenied,
    RemoteRefused,
    RemoteUnavailable,
)
from hermes_sync.remotes import PipedriveRemote, Tc2Remote
from hermes_sync.store import JournalPush, SqlStore

_GIVE_UP_AFTER: Final = 3
"""So many pushes in a row without an answer, each after its own retries, mean that the remote is away."""

_WAIT: Final = timedelta(minutes=1)


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
    outcomes: dict[tuple[str, int], str] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    _silent: Counter[System] = field(default_factory=Counter)

    def run(self, pass_id: int, count: int) -> None:
        """Send every planned push of this pass.

        Raises RemoteDenied when a key is refused: the pushes that are left wait for the next pass.
        """
        for number, push in enumerate(self.store.planned_pushes(pass_id)):
            self.progress.report("writing to the remotes", number, count)
            self.outcomes[push.kind, push.hermes_id] = self._send(push)

    def _send(self, push: JournalPush) -> str:
        system = push.kind.system
        if self._silent[system] >= _GIVE_UP_AFTER:
            return self._defer(push, f"{system} did not answer earlier in this pass")
        if system is System.PIPEDRIVE and self.budget.is_low(self.pipedrive.usage):
            left = self.budget.left(self.pipedrive.usage)
            return self._defer(push, f"only {left} of the day's {self.budget.limit} tokens are left for reading")
        changes = self._changes(push)
        if changes is None:
            return self._defer(push, "it waits for its Org to be created")
        self.store.start_push(push.id, self.clock.now(), changes)
        try:
            receipt = self._deliver(push, changes)
        except RemoteUnavailable as error:
            self._silent[system] += 1
            return self._defer(push, str(error))
        except ObjectGone as error:
            self.store.settle_gone(push.id, str(error), self.clock.now())
            return "gone"
        except RemoteRefused as error:
            self.store.refuse_push(push.id, reason=str(error), now=self.clock.now())
            return "refused"
        except RemoteDenied as error:
            self._defer(push, str(error))
            raise
        self._silent[system] = 0
        self.notices.extend(receipt.notices)
        self.store.settle_push(push.id, receipt=receipt, now=self.clock.now())
        return "pushed"

    def _changes(self, push: JournalPush) -> tuple[FieldChange, ...] | None:
        """Return what a push says, with an Org that an earlier push of this pass created; None while it has none."""
        if all(one.after != outbound.NEW_ORG for one in push.changes):
            return push.changes
        of_contact = push.kind is RemoteKind.PERSON
        org_id = (self.store.org_of_contact if of_contact else self.store.org_of_company)(push.hermes_id)
        return None if org_id is None else outbound.with_new_org(push.changes, org_id, self.policy)

    def _deliver(self, push: JournalPush, changes: tuple[FieldChange, ...]) -> Receipt:
        seen = None if push.remote_id is None else self.store.last_seen(push.kind, [push.remote_id]).get(push.remote_id)
        order = Order(
            kind=push.kind,
            verb=push.verb,
            remote_id=push.remote_id,
            changes=changes,
            seen=None if seen is None else seen.record,
        )
        remote = self.tc2 if push.kind.system is System.TC2 else self.pipedrive
        return remote.push(order)

    def _defer(self, push: JournalPush, reason: str) -> str:
        now = self.clock.now()
        self.store.defer_push(push.id, reason=reason, due=now + _WAIT, now=now)
        return "deferred"

"""What webhooks named: read first, each by itself, and never overruled by a list that lags behind (semantics 4, 6).

Webhooks may come by the thousand, and whoever books a call waits for no flood of them: a pass that begins with a
booking reads few of what they named, and any pass no more as soon as a booking has come in. The rest stays for the
passes that follow at once. TC2 counts requests by the minute: of it a pass reads no more than the minute still has
room for, so that no pass stands and waits for the next one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from hermes_sync.core.records import Notice, Ref, RemoteKind, System
from hermes_sync.cycle.reader import MOST_UNREAD
from hermes_sync.ports import ObjectUnavailable, Reading, RemoteRefused, RemoteUnavailable
from hermes_sync.remotes import PipedriveRemote, Tc2Remote
from hermes_sync.store import Hint, SqlStore

AT_ONCE: Final = {System.TC2: 50, System.PIPEDRIVE: 200}
"""So many objects that webhooks named one pass reads: a flood of webhooks is to end in few passes, not in many."""
WHILE_BOOKED: Final = {System.TC2: 10, System.PIPEDRIVE: 25}
"""So many while a booking waits for the pass: about two seconds of either remote's limits."""
KEPT: Final = 4
"""So many of TC2's requests of a minute are left for the list of cligencies, which a polling pass reads."""
KEPT_FROM_HINTS: Final = 15
"""So many are left by what webhooks named: to write what it, or a booking, leads to."""
_ORDER: Final = (
    RemoteKind.CLIENT,
    RemoteKind.PIPELINE,
    RemoteKind.STAGE,
    RemoteKind.ORGANIZATION,
    RemoteKind.PERSON,
    RemoteKind.DEAL,
)
"""TC2's first: a cligency may bring the link to what Pipedrive's hints name. Then parents before children."""


def never() -> bool:
    """Say that nobody waits."""
    return False


@dataclass(slots=True, kw_only=True)
class Hinted:
    """The objects that webhooks named, as this pass read them.

    `followed` are the hints that are done with when the pass is applied, those that could not be read among them: they
    go behind the others. `tokens` is what reading cost. `again_in` is in how many seconds another pass may read what
    this one left; None when it left nothing, or only what there are no tokens for today.
    """

    store: SqlStore
    pipedrive: PipedriveRemote
    tc2: Tc2Remote
    booking_waits: Callable[[], bool] = never
    """Whether a booking has come in since the pass began."""
    readings: dict[Ref, Reading] = field(default_factory=dict)
    followed: list[Hint] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    tokens: int = 0
    again_in: float | None = None
    _unread: int = 0
    """How many objects in a row could not be read."""
    _is_silent: bool = False
    """Whether the remote that was asked last does not answer."""

    def read(self, *, most_tokens: int | None, read_anyway: Sequence[RemoteKind]) -> Iterator[Reading]:
        """Read what webhooks named, those that wait longest first: TC2's, then Pipedrive's, by kind.

        `read_anyway` are kinds that this pass reads whole. A hint that finds no tokens left waits; polling finds the
        same changes.
        """
        before = self.pipedrive.usage.tokens
        for system in AT_ONCE:
            most = None if system is System.TC2 else most_tokens
            again_in = self.again_in
            self._is_silent, self._unread = False, 0
            for hint in self._oldest(system):
                if hint.ref.kind in read_anyway or hint.ref.kind not in _ORDER:
                    self.followed.append(hint)
                    continue
                if most is not None and self.tokens >= most:
                    self.again_in = again_in
                    break
                if self.booking_waits():
                    self.again_in = 0.0
                    return
                reading = self._read(hint)
                self.tokens = self.pipedrive.usage.tokens - before
                if reading is None and self._is_silent:  # its remote does not answer: the others of it wait as well
                    self.again_in = again_in
                    break
                if reading is None:
                    continue
                yield reading
                self.followed.append(hint)

    def _oldest(self, system: System) -> list[Hint]:
        """Return those that wait longest, as many as this pass reads of a remote, in the order in which it does."""
        is_booked = self.store.news().newest_booking > 0
        most = (WHILE_BOOKED if is_booked else AT_ONCE)[system]
        if system is System.TC2:
            most = max(0, min(most, self.tc2.room() - KEPT_FROM_HINTS))
        hints = self.store.hints(most + 1, [kind for kind in RemoteKind if kind.system is system])
        if len(hints) > most:
            again = 0.0 if most else self.tc2.room_in(KEPT_FROM_HINTS + WHILE_BOOKED[system])
            self.again_in = again if self.again_in is None else min(self.again_in, again)
        return sorted(hints[:most], key=_place)

    def _read(self, hint: Hint) -> Reading | None:
        """Return the object; None when it can't be read now: its hint goes behind the others, so that it stops none."""
        ref = hint.ref
        try:
            reading = self.tc2.get(ref.id) if ref.kind is RemoteKind.CLIENT else self.pipedrive.get(ref.kind, ref.id)
        except RemoteRefused as error:
            self._say(ref, f"is refused: {error}")
            self.followed.append(hint)  # asking again would change nothing
            return None
        except RemoteUnavailable as error:
            self._unread += 1
            self._is_silent = not isinstance(error, ObjectUnavailable) or self._unread >= MOST_UNREAD
            self._say(ref, f"can't be read now and is read later: {error}")
            self.followed.append(replace(hint, count=0))  # no hint that waits was named so often: it stays
            return None
        self._unread = 0
        self.readings[ref] = reading
        return reading

    def _say(self, ref: Ref, what: str) -> None:
        message = f"{ref}, which a webhook named, {what}"
        self.notices.append(Notice(code="hint-unread", message=message, refs=(str(ref),)))

    def clients(self) -> set[int]:
        """Return the cligencies that were read."""
        return {ref.id for ref in self.readings if ref.kind is RemoteKind.CLIENT}

    def not_outdated(self, page: Sequence[Reading]) -> list[Reading]:
        """Leave out of a list's page what says less than the object's own answer did."""
        return [one for one in page if not self._is_outdated(one)]

    def _is_outdated(self, listed: Reading) -> bool:
        own = self.readings.get(listed.ref)
        if own is None:
            return False
        return own.is_gone or (listed.update_time or "") <= (own.update_time or "")


def _place(hint: Hint) -> int:
    return _ORDER.index(hint.ref.kind) if hint.ref.kind in _ORDER else len(_ORDER)

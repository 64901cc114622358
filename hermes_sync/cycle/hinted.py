"""What webhooks named: read first, each by itself, and never overruled by a list that lags behind (semantics 4, 6)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from hermes_sync.core.records import Ref, RemoteKind, System
from hermes_sync.ports import Reading
from hermes_sync.remotes import PipedriveRemote, Tc2Remote
from hermes_sync.store import Hint, SqlStore

AT_ONCE: Final = 500
"""So many objects that webhooks named are read by one pass; the rest by the next."""

_ORDER: Final = (
    RemoteKind.CLIENT,
    RemoteKind.PIPELINE,
    RemoteKind.STAGE,
    RemoteKind.ORGANIZATION,
    RemoteKind.PERSON,
    RemoteKind.DEAL,
)
"""TC2's first: a cligency may bring the link to what Pipedrive's hints name. Then parents before children."""


@dataclass(slots=True, kw_only=True)
class Hinted:
    """The objects that webhooks named, as this pass read them.

    `followed` are the hints that are done with when the pass is applied; `tokens` is what they cost.
    """

    store: SqlStore
    pipedrive: PipedriveRemote
    tc2: Tc2Remote
    readings: dict[Ref, Reading] = field(default_factory=dict)
    followed: list[Hint] = field(default_factory=list)
    tokens: int = 0

    def read(self, *, most_tokens: int | None, read_anyway: Sequence[RemoteKind]) -> Iterator[Reading]:
        """Read what webhooks named, by kind.

        `read_anyway` are kinds that this pass reads whole. A hint that finds no tokens left waits; polling finds the
        same changes.
        """
        before = self.pipedrive.usage.tokens
        hints = self.store.hints(AT_ONCE)
        for kind in _ORDER:
            for hint in hints:
                if hint.ref.kind is not kind:
                    continue
                if kind not in read_anyway:
                    if kind.system is System.PIPEDRIVE and most_tokens is not None and self.tokens >= most_tokens:
                        continue
                    yield self._get(hint.ref)
                    self.tokens = self.pipedrive.usage.tokens - before
                self.followed.append(hint)
        self.followed += [hint for hint in hints if hint.ref.kind not in _ORDER]  # of these nothing is read

    def _get(self, ref: Ref) -> Reading:
        is_client = ref.kind is RemoteKind.CLIENT
        reading = self.tc2.get(ref.id) if is_client else self.pipedrive.get(ref.kind, ref.id)
        self.readings[ref] = reading
        return reading

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

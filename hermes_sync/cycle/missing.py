"""What a complete read lacks: each is asked for by itself before it counts as gone (semantics 4)."""

from collections.abc import Collection
from typing import Final

from hermes_sync.core.records import Ref, RemoteKind
from hermes_sync.core.safety import CHECKED_FROM
from hermes_sync.cycle.reader import Reader

_PROOFS: Final = 500
"""So many missing objects are asked for, one token each, before a plan that is refused anyway is left at that."""


def prove(reader: Reader, kind: RemoteKind, missing: Collection[int]) -> bool:
    """Ask for each missing object whether it is gone; return whether the complete read can be trusted.

    When more are missing than the safety limits allow, one that turns out to live is enough: the list was wrong and
    proves nothing (semantics 4). Of very many only so many are asked for as make a plan that is refused anyway.
    """
    if not missing:
        return True
    most = _most_deletions(reader, kind)
    doubted = len(missing) > most and not reader.reach.force
    gone = 0
    for number, id_ in enumerate(sorted(missing)):
        reading = reader.get(kind, id_)
        reader.keep(kind, [reading])
        gone += reading.is_gone
        reader.progress.report(f"asking for missing {kind}s", number + 1, len(missing))
        if doubted and not (reading.is_gone or reading.is_blank):
            _distrust(reader, kind, len(missing), reading.ref)
            return False
        if doubted and gone > most and number + 1 >= _PROOFS:
            _stop_asking(reader, kind, gone, len(missing))
            return False
    return True


def _stop_asking(reader: Reader, kind: RemoteKind, gone: int, missing: int) -> None:
    message = (
        f"{missing} known {kind}s are missing and the first {gone} of them are gone: more than one pass may "
        "delete, so the rest was not asked for; with --force all of them are"
    )
    reader.say("many-missing", message)


def _most_deletions(reader: Reader, kind: RemoteKind) -> int:
    """How many deletions of a kind one pass may carry out."""
    living = reader.store.count_living(kind)
    limits = reader.reach.limits
    share = int(living * limits.max_delete_percent / 100) if living >= CHECKED_FROM else living
    return min(limits.max_deletes, share)


def _distrust(reader: Reader, kind: RemoteKind, missing: int, living: Ref) -> None:
    message = (
        f"the complete read of {kind}s lacks {missing} known ones, but {living} lives: the list proves nothing, "
        "no more of them were looked for; the next complete read tries again"
    )
    reader.say("untrusted-read", message, living)

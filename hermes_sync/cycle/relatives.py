"""What was read leads to more: losers and heirs of merges, and Orgs that nobody ever saw (semantics 1 and 4)."""

from collections.abc import Sequence
from typing import Final

from hermes_sync.core.changes import Why
from hermes_sync.core.records import Ref, RemoteKind
from hermes_sync.cycle.reader import Reader

_SINGLE_GETS: Final = 10
"""Up to so many objects are read one by one (1 token each); more in one list call by ids (10 tokens)."""


def follow_joined_ids(reader: Reader) -> None:
    """Ask for the losers of merges: the winner has their `hermes_id` now, alone or beside its own (semantics 4)."""
    for winner, others in list(reader.joined.items()):
        for id_ in others:
            reading = reader.get(winner.kind, id_)
            reader.keep(winner.kind, [reading])
            if reading.is_gone:
                reader.draft.merge(reading.ref, winner)
            elif reading.record is not None:
                _tell_of_copy(reader, winner, reading.ref)


def _tell_of_copy(reader: Reader, copy: Ref, original: Ref) -> None:
    """Two that live have one `hermes_id`: people copied one, or a proxy carried a create out twice."""
    message = (
        f"{copy} has the hermes_id of {original}, and both live: it is kept as one of its own, and nothing of the "
        "other is written to it. If it is a copy, merge the two in Pipedrive or delete it; else empty its hermes_id"
    )
    reader.say("hermes-id-twice", message, copy, original)


def reread_children(reader: Reader, kind: RemoteKind) -> None:
    """Read again what last-seen knows under an Org or Person that is gone: a merge may have moved it.

    Where all that lived under it names one and the same other now, it was merged into that (semantics 4): a
    numeric `hermes_id` does not say so, nor does a winner that was read before the merge.
    """
    for id_ in reader.draft.gone(kind):
        gone = Ref(kind, id_)
        children = reader.store.children(gone)
        for child_kind, ids in children.items():
            held = reader.draft.holds(child_kind, ids)
            read_ids(reader, child_kind, [one for one in ids if one not in held])
        heirs = reader.draft.parents(kind, children)
        heir = heirs.pop() if len(heirs) == 1 else None
        if gone in reader.draft.merged_into or heir is None or heir == id_:
            continue
        reading = reader.get(kind, heir)
        reader.keep(kind, [reading])
        if not reading.is_gone:  # who inherits may be gone as well, before anybody saw it
            reader.draft.merge(gone, reading.ref)


def read_unknown_orgs(reader: Reader) -> None:
    """Row `extra/pd.unknown-org`: read an Org that a Deal or Person names and that was never seen."""
    for ids in reader.draft.named_orgs():
        read_ids(reader, RemoteKind.ORGANIZATION, ids, Why.UNKNOWN_ORG)


def read_ids(reader: Reader, kind: RemoteKind, ids: Sequence[int], why: Why = Why.SEEN) -> None:
    """Read these objects; what a list by ids leaves out is asked for by itself."""
    left = list(ids)
    if len(ids) > _SINGLE_GETS:
        answered = list(reader.pipedrive.get_many(kind, ids))
        reader.keep(kind, answered, why=why)
        found = {reading.ref.id for reading in answered}
        left = [id_ for id_ in ids if id_ not in found]
    for id_ in left:
        reader.keep(kind, [reader.get(kind, id_)], why=why)

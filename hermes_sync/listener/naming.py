"""Which objects a webhook names: kind and id, and nothing else of its body (interface 4).

Both shapes of Pipedrive's webhooks (facts 6: 2.0 has `meta.entity` and `meta.entity_id`, 1.0 has `meta.object` and
`meta.id`) and TC2's events (facts 9). Ids are taken as numbers or as text and must fit a database column; whatever
else stands there, of whatever type, names nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from hermes_sync.core.records import Ref, RemoteKind
from hermes_sync.store import HIGHEST_ID

_ENTITIES: Final[Mapping[str, RemoteKind]] = {
    kind.value: kind
    for kind in (
        RemoteKind.ORGANIZATION,
        RemoteKind.PERSON,
        RemoteKind.DEAL,
        RemoteKind.PIPELINE,
        RemoteKind.STAGE,
    )
}
"""What of Pipedrive a pass reads; activities, notes and users are nothing to it."""
_MERGED: Final = ("merged_to_id", "merged_from_id")
_CLIENT: Final = "client"
_RECIPIENTS: Final = frozenset({"recipient", "servicerecipient", "sr"})
_AGENCY: Final = "agency"
_OWNERS: Final = ("client", "paying_client")
"""Where the subjects of other events (an invoice, a new recipient) say whose they are."""


class Unreadable(ValueError):
    """A body that is no webhook of any known shape: nobody can tell what it names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """What TC2's events are about, as TC2's ids."""

    clients: frozenset[int] = frozenset()
    recipients: frozenset[int] = frozenset()
    agencies: frozenset[int] = frozenset()


def named_by_pipedrive(body: object) -> frozenset[Ref]:
    """Return what a webhook of Pipedrive names; of a merge both. Nothing for what no pass reads.

    Raises `Unreadable` for what is no webhook, and for one about something that passes read without a usable id.
    """
    meta = body.get("meta") if isinstance(body, dict) else None
    if not isinstance(meta, dict):
        raise Unreadable("no meta")
    entity, said_id = (
        (meta.get("entity"), meta.get("entity_id")) if "entity" in meta else (meta.get("object"), meta.get("id"))
    )
    if not isinstance(entity, str):
        raise Unreadable("no entity")
    kind = _ENTITIES.get(entity.lower())
    if kind is None:
        return frozenset()
    id_ = id_of(said_id)
    if id_ is None:
        raise Unreadable("no id")
    others = (id_of(meta.get(name)) for name in _MERGED)
    return frozenset({Ref(kind, id_), *(Ref(kind, other) for other in others if other is not None)})


def subjects_of_tc2(body: object) -> Subjects:
    """Return what the events of a TC2 webhook are about; raises `Unreadable` for what is no list of events."""
    events = body.get("events") if isinstance(body, dict) else None
    if not isinstance(events, list):
        raise Unreadable("no events")
    clients: set[int] = set()
    recipients: set[int] = set()
    agencies: set[int] = set()
    for subject in _subjects(events):
        model = str(subject.get("model")).lower()
        id_ = id_of(subject.get("id"))
        if id_ is not None:
            if model == _CLIENT:
                clients.add(id_)
            elif model in _RECIPIENTS:
                recipients.add(id_)
            elif model == _AGENCY:
                agencies.add(id_)
        clients |= set(_owners(subject))
    return Subjects(clients=frozenset(clients), recipients=frozenset(recipients), agencies=frozenset(agencies))


def _subjects(events: list[object]) -> Iterator[Mapping[str, object]]:
    for event in events:
        subject = event.get("subject") if isinstance(event, dict) else None
        if isinstance(subject, dict):
            yield subject


def _owners(subject: Mapping[str, object]) -> Iterator[int]:
    for name in _OWNERS:
        owner = subject.get(name)
        id_ = id_of(owner.get("id")) if isinstance(owner, dict) else None
        if id_ is not None:
            yield id_


def id_of(said: object) -> int | None:
    """Return an id that a database column holds; None for anything else, also for true and false."""
    if isinstance(said, str) and said.isascii() and said.isdigit() and len(said) < _TOO_LONG:
        said = int(said)
    if isinstance(said, bool) or not isinstance(said, int):
        return None
    return said if 0 < said <= HIGHEST_ID else None


_TOO_LONG: Final = 20  # digits; beyond this no column holds it, and a longer text need not be made a number

"""Which trigger of the action table a change is: before its rows are asked."""

from collections.abc import Mapping
from typing import Final

from hermes_sync.core import matching
from hermes_sync.core.changes import AnyChange, Trigger
from hermes_sync.core.records import Person, RemoteKind
from hermes_sync.core.world import World

_TRIGGERS: Final[Mapping[RemoteKind, tuple[Trigger, Trigger, Trigger]]] = {
    RemoteKind.PIPELINE: (Trigger.PIPELINE_CREATED, Trigger.PIPELINE_UPDATED, Trigger.PIPELINE_DELETED),
    RemoteKind.STAGE: (Trigger.STAGE_CREATED, Trigger.STAGE_UPDATED, Trigger.STAGE_DELETED),
    RemoteKind.ORGANIZATION: (Trigger.ORG_CREATED, Trigger.ORG_UPDATED, Trigger.ORG_DELETED),
    RemoteKind.PERSON: (Trigger.PERSON_CREATED, Trigger.PERSON_UPDATED, Trigger.PERSON_DELETED),
    RemoteKind.DEAL: (Trigger.DEAL_CREATED, Trigger.DEAL_UPDATED, Trigger.DEAL_DELETED),
    RemoteKind.CLIENT: (Trigger.CLIGENCY_CREATED, Trigger.CLIGENCY_UPDATED, Trigger.CLIGENCY_DELETED),
}


def trigger_of(change: AnyChange, world: World) -> Trigger:
    """Return what happened, under the table's name (semantics 1).

    A Person with an Org and without a Contact is created by the rows of *Person created* however long it has been
    known: that is how it gets its first Org, and how it comes back with its Company.
    """
    created, updated, deleted = _TRIGGERS[change.ref.kind]
    if change.is_gone:
        return deleted
    if change.before is None:
        return created
    now = change.now
    if isinstance(now, Person) and now.org_id is not None:
        return created if matching.contact_of_person(now, world).found is None else updated
    return updated

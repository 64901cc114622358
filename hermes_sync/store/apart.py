"""Whether a plan and the bookings made since it was begun are apart, so that neither has to wait for the other.

Bookings are the only ones who change Hermes objects under a plan. A plan that creates none of the kinds that they
create cannot have taken an id of theirs or made what they made, and one that touches none of their objects does not
undo what they did: then the plan holds as it is, as if they had come after it. Anything else is planned again.
"""

from typing import Final

from sqlalchemy import Connection, exists, or_, select

from hermes_sync.core.objects import Kind
from hermes_sync.store.draft_file import DraftFile
from hermes_sync.store.draft_tables import OVERLAYS
from hermes_sync.store.tables import BOOKINGS

_NAMED: Final = {
    Kind.COMPANY: BOOKINGS.c.company_id,
    Kind.CONTACT: BOOKINGS.c.contact_id,
    Kind.DEAL: BOOKINGS.c.deal_id,
    Kind.MEETING: BOOKINGS.c.meeting_id,
}
"""What a booking creates or changes, by the column of `bookings` that names it."""
_STARTS: Final = (Kind.PIPELINE, Kind.STAGE)
"""Where its Deal starts."""


def are_apart(connection: Connection, draft: DraftFile) -> bool:
    """Whether a draft, within reach of this connection, holds although people booked since its plan was begun."""
    if any(draft.overlaid[kind] for kind in _STARTS):
        return False
    touched = [kind for kind in _NAMED if draft.overlaid[kind]]
    clashes = [exists().where(OVERLAYS[kind].c.born) for kind in touched]
    clashes += [
        exists().where(BOOKINGS.c.id > draft.newest_pass, OVERLAYS[kind].c.id == _NAMED[kind]) for kind in touched
    ]
    clashes += [
        exists().where(BOOKINGS.c.id > draft.newest_pass, OVERLAYS[kind].c.company_id == BOOKINGS.c.company_id)
        for kind in touched
        if kind is not Kind.COMPANY
    ]
    return not clashes or not connection.scalar(select(or_(*clashes)))

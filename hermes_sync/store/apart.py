"""Whether a plan and the bookings made since it was begun are apart, so that neither has to wait for the other.

Bookings are the only ones who change Hermes objects under a plan. A plan that touches none of their objects does not
undo what they did; one that gives to what it creates only ids that are set aside for it takes none of theirs; and one
that has nothing by their e-mails, phones and names has not made what they made. Then the plan holds as it is, as if
they had come after it. Anything else is planned again, with ids set aside: so it is what bookings are about that makes
a plan stale, not how many there are.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, Select, and_, exists, or_, select

from hermes_sync.core.objects import Kind
from hermes_sync.core.records import RemoteKind
from hermes_sync.core.values import email_key
from hermes_sync.store import state
from hermes_sync.store.draft_file import DraftFile
from hermes_sync.store.draft_tables import OVERLAYS, PULLED
from hermes_sync.store.tables import BOOKINGS, OBJECT_TABLES

_NAMED: Final = {
    Kind.COMPANY: BOOKINGS.c.company_id,
    Kind.CONTACT: BOOKINGS.c.contact_id,
    Kind.DEAL: BOOKINGS.c.deal_id,
    Kind.MEETING: BOOKINGS.c.meeting_id,
}
"""What a booking creates or changes, by the column of `bookings` that names it."""
_KEYS: Final = {Kind.COMPANY: ("name_key",), Kind.CONTACT: ("email_key", "phone_key")}
"""By what the ladders find who is which, besides links (semantics 2)."""
_STARTS: Final = (Kind.PIPELINE, Kind.STAGE)
"""Where its Deal starts: a new one nobody starts at yet, one that changes or goes is perhaps a new Deal's."""
_SPARE: Final = 16
"""So many more ids than the last plan took, and a tenth, are set aside for the next: it may link what bookings made."""


def set_aside(connection: Connection, counts: Mapping[Kind, int]) -> dict[Kind, range]:
    """Take so many ids of each kind and some more; whoever asks from now on gets later ones.

    Ids that are set aside and not needed are never given to anything.
    """
    counters = state.counters(connection)
    starts = {kind: counters[kind].next_id for kind in counts}
    ranges = {kind: range(start, start + counts[kind] + counts[kind] // 10 + _SPARE) for kind, start in starts.items()}
    moved = {kind: counters[kind]._replace(next_id=taken.stop) for kind, taken in ranges.items()}
    state.keep_counters(connection, moved)
    return ranges


def are_apart(connection: Connection, draft: DraftFile) -> bool:
    """Whether a draft, within reach of this connection, holds although people booked since its plan was begun."""
    clashes = [*_other_starts(draft), *_same_ids(draft), *_same_objects(draft), *_same_keys(draft)]
    if clashes and connection.scalar(select(or_(*clashes))):
        return False
    return RemoteKind.CLIENT not in draft.held or not _name_a_caller(connection, draft)


def _touched(draft: DraftFile) -> list[Kind]:
    return [kind for kind in _NAMED if draft.overlaid[kind]]


def _other_starts(draft: DraftFile) -> Iterator[ColumnElement[bool]]:
    return (exists().where(~OVERLAYS[kind].c.born) for kind in _STARTS if draft.overlaid[kind])


def _same_ids(draft: DraftFile) -> Iterator[ColumnElement[bool]]:
    for kind in _touched(draft):
        overlay, ids = OVERLAYS[kind].c, draft.set_aside.get(kind, range(0))
        yield exists().where(overlay.born, ~overlay.id.between(ids.start, ids.stop - 1))


def _same_objects(draft: DraftFile) -> Iterator[ColumnElement[bool]]:
    is_new = BOOKINGS.c.id > draft.newest_booking
    for kind in _touched(draft):
        overlay = OVERLAYS[kind].c
        yield exists().where(is_new, overlay.id == _NAMED[kind])
        if kind is not Kind.COMPANY:
            yield exists().where(is_new, overlay.company_id == BOOKINGS.c.company_id)


def _same_keys(draft: DraftFile) -> Iterator[ColumnElement[bool]]:
    for kind, names in _KEYS.items():
        if draft.overlaid[kind]:
            overlay = OVERLAYS[kind].c
            yield from (exists().where(overlay[name].in_(_of_callers(kind, name, draft))) for name in names)


def _of_callers(kind: Kind, name: str, draft: DraftFile) -> Select[Any]:
    """Return the question for the names, e-mails or phones of those who booked since."""
    table = OBJECT_TABLES[kind]
    booked = and_(table.c.id == _NAMED[kind], BOOKINGS.c.id > draft.newest_booking)
    return select(table.c[name]).join(BOOKINGS, booked).where(table.c[name].is_not(None))


def _name_a_caller(connection: Connection, draft: DraftFile) -> bool:
    """Whether a pulled cligency has the e-mail of somebody who booked: its Company is found by that too."""
    clients = PULLED[RemoteKind.CLIENT].c
    emails = set(connection.scalars(_of_callers(Kind.CONTACT, "email_key", draft)))
    if not emails:
        return False
    texts = connection.scalars(select(clients.fields).where(clients.fields.is_not(None)))
    return any(email_key(orjson.loads(one)["email"]) in emails for one in texts)

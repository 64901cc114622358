"""The bookings whose Pipedrive half no pass has planned yet, as the rows of that half see them (semantics 7).

A plan reads them and `apply` forgets exactly those: what is booked meanwhile moves the revision, and is planned too.
"""

from collections.abc import Collection
from dataclasses import replace
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import Connection, Delete, Row, Select, bindparam, delete, func, select

from hermes_sync.core.bookings import BookingRef, CallBooked, CallType
from hermes_sync.core.objects import Company, Contact, Kind, Meeting
from hermes_sync.core.records import Org, Person, Record, RemoteKind
from hermes_sync.core.world import Surroundings
from hermes_sync.store import journal
from hermes_sync.store.among import among, listed
from hermes_sync.store.merged_view import MergedView
from hermes_sync.store.tables import BOOKINGS

_STRETCH: Final = 500
_COUNT: Final = select(func.count()).select_from(BOOKINGS)
_NEXT: Final[Select[Any]] = (
    select(
        BOOKINGS.c.id,
        BOOKINGS.c.type,
        BOOKINGS.c.company_id,
        BOOKINGS.c.contact_id,
        BOOKINGS.c.deal_id,
        BOOKINGS.c.meeting_id,
    )
    .where(BOOKINGS.c.id > bindparam("last"))
    .order_by(BOOKINGS.c.id)
    .limit(bindparam("most"))
)


def following(view: MergedView, last: int, most: int) -> tuple[list[CallBooked], Surroundings]:
    """Return the next bookings after one, by id, with what their rows can reach; none when there are no more."""
    rows = view.store.execute(_NEXT, {"last": last, "most": min(most, _STRETCH)}).all()
    if not rows:
        return [], Surroundings()
    meetings: list[Meeting] = view.find(Kind.MEETING, "id", (row.meeting_id for row in rows))
    followed = {one.id: one for one in meetings}
    bookings = [_booking(row, followed.get(row.meeting_id)) for row in rows]
    companies: list[Company] = view.find(Kind.COMPANY, "id", (one.company_id for one in bookings))
    contacts: list[Contact] = view.find(Kind.CONTACT, "id", (one.contact_id for one in bookings))
    view.find(Kind.DEAL, "id", (one.deal_id for one in bookings))
    orgs = _Seen(view, RemoteKind.ORGANIZATION, {one.id: one.pd_org_id for one in companies})
    persons = _Seen(view, RemoteKind.PERSON, {one.id: one.pd_person_id for one in contacts})
    seen = [_with_records(one, orgs, persons) for one in bookings]
    return seen, Surroundings(objects=view.objects())


def _booking(row: Row[Any], meeting: Meeting | None) -> CallBooked:
    """Return a booking; its Meeting has gone along where a merge moved the Company or Contact."""
    return CallBooked(
        ref=BookingRef(CallType(row.type), row.id),
        company_id=row.company_id if meeting is None else meeting.company_id,
        contact_id=row.contact_id if meeting is None or meeting.contact_id is None else meeting.contact_id,
        deal_id=row.deal_id,
        meeting_id=row.meeting_id,
    )


class _Seen:
    """The Orgs of Companies, or the Persons of Contacts, as they are in this pass, and which of them are ours."""

    def __init__(self, view: MergedView, kind: RemoteKind, links: dict[int, int | None]) -> None:
        self._links = links
        ids = {id_ for id_ in links.values() if id_ is not None}
        self._records = view.records(kind, ids)
        self._ours = journal.created(view.store, kind, ids) if ids else set()

    def of(self, hermes_id: int) -> Record | None:
        """Return the record; None where there is none, or it was never read."""
        return self._records.get(self._links.get(hermes_id) or 0)

    def is_ours(self, hermes_id: int) -> bool:
        """Whether hermes-sync created it."""
        return self._links.get(hermes_id) in self._ours


def _with_records(booking: CallBooked, orgs: _Seen, persons: _Seen) -> CallBooked:
    ours = (
        *((RemoteKind.ORGANIZATION,) if orgs.is_ours(booking.company_id) else ()),
        *((RemoteKind.PERSON,) if persons.is_ours(booking.contact_id) else ()),
    )
    return replace(
        booking,
        org=cast("Org | None", orgs.of(booking.company_id)),
        person=cast("Person | None", persons.of(booking.contact_id)),
        ours=frozenset(ours),
    )


def count(connection: Connection) -> int:
    """Return how many bookings no pass has planned yet."""
    return connection.scalar(_COUNT) or 0


def forget(connection: Connection, ids: Collection[int]) -> None:
    """Forget these bookings: their Pipedrive half is in the journal."""
    if ids:
        connection.execute(_forget(connection.dialect.name), listed(ids, connection))


@cache
def _forget(dialect: str) -> Delete:
    return delete(BOOKINGS).where(among(BOOKINGS.c.id, dialect))

"""What the store knows around a booking: whom the caller may be, and what takes the admin's time (semantics 2 and 7).

The statements are made once and kept: while people wait for their answers, making one costs more than running it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import Connection, Select, and_, bindparam, or_, select

from hermes_sync.core import callers
from hermes_sync.core.availability import Span
from hermes_sync.core.bookings import Booking, CallType, time_text
from hermes_sync.core.objects import Company, Contact, HermesObject, Kind, Meeting
from hermes_sync.core.values import email_key, name_key, phone_key
from hermes_sync.store.among import among, listed
from hermes_sync.store.rows import OBJECT_FIELDS, object_of
from hermes_sync.store.tables import HOLDS, OBJECT_TABLES

LONGEST_CALL: Final = timedelta(days=1)
"""No call lasts longer: what started earlier than this before a time is over then."""

_COMPANIES: Final = OBJECT_TABLES[Kind.COMPANY].c
_CONTACTS: Final = OBJECT_TABLES[Kind.CONTACT].c
_MEETINGS: Final = OBJECT_TABLES[Kind.MEETING].c


def _all_of(kind: Kind) -> Select[Any]:
    columns = OBJECT_TABLES[kind].c
    return select(*(columns[name] for name in OBJECT_FIELDS[kind]))


_REACHED: Final = or_(_CONTACTS.email_key == bindparam("email"), _CONTACTS.phone_key == bindparam("phone"))
_FIND_CONTACTS: Final = _all_of(Kind.CONTACT).where(or_(_REACHED, _CONTACTS.company_id == bindparam("company")))
_FIND_COMPANIES: Final = _all_of(Kind.COMPANY).where(
    or_(
        _COMPANIES.id == bindparam("company"),
        _COMPANIES.name_key == bindparam("name"),
        _COMPANIES.id.in_(select(_CONTACTS.company_id).where(_REACHED)),
    )
)
_OF_ADMIN: Final = and_(
    _MEETINGS.admin_id == bindparam("admin"),
    _MEETINGS.start_time.between(bindparam("earliest"), bindparam("end")),  # what the index finds
    _MEETINGS.end_time >= bindparam("start"),
)
_MEETINGS_OF_ADMIN: Final = _all_of(Kind.MEETING).where(_OF_ADMIN)
_HELD: Final = select(HOLDS).where(HOLDS.c.until > bindparam("now", type_=HOLDS.c.until.type))
_STARTS: Final = (_all_of(Kind.PIPELINE), _all_of(Kind.STAGE))


@cache
def _of_companies(kind: Kind, dialect: str) -> Select[Any]:
    return _all_of(kind).where(among(OBJECT_TABLES[kind].c.company_id, dialect))


@cache
def _meetings_of_both(dialect: str) -> Select[Any]:
    is_near = _MEETINGS.start_time.between(bindparam("near_from"), bindparam("near_to"))
    of_contacts = and_(among(_MEETINGS.contact_id, dialect), is_near)
    return _all_of(Kind.MEETING).where(or_(_OF_ADMIN, of_contacts))


def around(connection: Connection, booking: Booking) -> list[HermesObject]:
    """Return the Companies and Contacts that the caller may be, the Deals of those, and the Meetings in the way.

    A Meeting is in the way that may take the admin's time, or that a Contact has within two hours.
    """
    asked = {
        "email": email_key(booking.email),
        "phone": phone_key(booking.phone),
        "company": booking.company_id,
        "name": name_key(booking.company_name),
    }
    companies = cast("list[Company]", _found(connection, Kind.COMPANY, _FIND_COMPANIES, asked))
    del asked["name"]
    contacts = cast("list[Contact]", _found(connection, Kind.CONTACT, _FIND_CONTACTS, asked))
    ids = [one.id for one in companies]
    deals: Iterable[HermesObject] = ()
    if ids and booking.type is CallType.SUPPORT:
        of_them = _of_companies(Kind.CONTACT, connection.dialect.name)
        known = {one.id for one in contacts}
        found = cast("list[Contact]", _found(connection, Kind.CONTACT, of_them, listed(ids, connection)))
        contacts += [one for one in found if one.id not in known]
    elif ids:
        of_them = _of_companies(Kind.DEAL, connection.dialect.name)
        deals = _found(connection, Kind.DEAL, of_them, listed(ids, connection))
    meetings = _in_the_way(connection, booking, [one.id for one in contacts])
    return [*companies, *contacts, *deals, *meetings]


def _in_the_way(connection: Connection, booking: Booking, contact_ids: Collection[int]) -> list[HermesObject]:
    asked = _touching(booking.admin_id, Span(booking.start, booking.end))
    if not contact_ids:
        return _found(connection, Kind.MEETING, _MEETINGS_OF_ADMIN, asked)
    near = {
        "near_from": time_text(booking.start - callers.TOO_NEAR),
        "near_to": time_text(booking.start + callers.TOO_NEAR),
    }
    question = _meetings_of_both(connection.dialect.name)
    return _found(connection, Kind.MEETING, question, {**asked, **near, **listed(contact_ids, connection)})


def _touching(admin_id: int, within: Span) -> dict[str, object]:
    return {
        "admin": admin_id,
        "earliest": time_text(within.start - LONGEST_CALL),
        "start": time_text(within.start),
        "end": time_text(within.end),
    }


def starts(connection: Connection) -> list[HermesObject]:
    """Return all Pipelines and Stages, of which there are few."""
    return [
        one
        for kind, question in zip((Kind.PIPELINE, Kind.STAGE), _STARTS, strict=True)
        for one in _found(connection, kind, question, {})
    ]


@dataclass(frozen=True, slots=True)
class Hold:
    """A slot of an admin that is kept free while its event is being made."""

    event_id: str
    admin_id: int
    contact_id: int | None
    slot: Span


def holds(connection: Connection, now: datetime) -> list[Hold]:
    """Return the slots that are held now, of which there are few."""
    return [
        Hold(
            row.event_id,
            row.admin_id,
            row.contact_id,
            Span(datetime.fromisoformat(row.start_time), datetime.fromisoformat(row.end_time)),
        )
        for row in connection.execute(_HELD, {"now": now})
    ]


def busy(connection: Connection, admin_id: int, within: Span, now: datetime) -> list[Span]:
    """Return when an admin is busy in a stretch of time, as far as Hermes knows: Meetings and held slots."""
    asked = _touching(admin_id, within)
    meetings = cast("list[Meeting]", _found(connection, Kind.MEETING, _MEETINGS_OF_ADMIN, asked))
    held = (one.slot for one in holds(connection, now) if one.admin_id == admin_id)
    return [*callers.busy_with(meetings, admin_id), *held]


def _found(
    connection: Connection, kind: Kind, question: Select[Any], asked: Mapping[str, object]
) -> list[HermesObject]:
    return [object_of(kind, row) for row in connection.execute(question, asked)]

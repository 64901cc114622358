"""Which Company and Contact a caller is, and what stands in the way of a call (semantics 2 and 7).

Unlike the ladders of `matching`, several candidates on one rung are no reason to take none: the newest is taken,
because the caller waits for an answer.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from hermes_sync.core import availability
from hermes_sync.core.availability import Span
from hermes_sync.core.bookings import Booking, CallType, CallWanted
from hermes_sync.core.objects import Company, Contact, Deal, Kind, Meeting
from hermes_sync.core.outbound import shown_deal
from hermes_sync.core.translation import split_name
from hermes_sync.core.values import email_key, name_key, phone_key
from hermes_sync.core.world import World

T = TypeVar("T", Company, Contact)

TOO_NEAR: Final = timedelta(hours=2)
"""A Contact has no two calls that start within this of each other, both ends counted."""

PLANNED: Final = "planned"
"""The status of a Meeting that is to take place; others keep nobody busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a booking belongs: what exists of it, and the ids that its objects have or get.

    A support call has no Deal.
    """

    company: Company | None
    contact: Contact | None
    deal: Deal | None
    company_id: int
    contact_id: int
    deal_id: int | None


def place(wanted: CallWanted, world: World) -> Place:
    """Return where a booking belongs; a `company_id` that is given exists, or is as good as not given."""
    return world.remember(("place", wanted.ref), lambda: _find(wanted.booking, world))


def _find(booking: Booking, world: World) -> Place:
    company, contact = _caller(booking, world)
    deal = None
    if booking.type is CallType.SALES and company is not None:
        deal = shown_deal(world.deals.where("company", company.id))
    deal_id = world.next_id(Kind.DEAL) if deal is None else deal.id
    return Place(
        company=company,
        contact=contact,
        deal=deal,
        company_id=world.next_id(Kind.COMPANY) if company is None else company.id,
        contact_id=world.next_id(Kind.CONTACT) if contact is None else contact.id,
        deal_id=deal_id if booking.type is CallType.SALES else None,
    )


def _caller(booking: Booking, world: World) -> tuple[Company | None, Contact | None]:
    company = world.companies.get(booking.company_id)
    if company is None:
        contact = next((found for found in _reached(booking, world) if found is not None), None)
        if contact is not None:
            return world.companies.get(contact.company_id), contact
        company = _newest(world.companies.where("name", name_key(booking.company_name)))
    return company, None if company is None else _contact_of(booking, company, world)


def _reached(booking: Booking, world: World) -> Iterator[Contact | None]:
    """Yield the newest Contact of any Company by e-mail and, of a sales call, by phone."""
    yield _newest(world.contacts.where("email", email_key(booking.email)))
    if booking.type is CallType.SALES:
        yield _newest(_with_phone(booking, world.contacts))


def _contact_of(booking: Booking, company: Company, world: World) -> Contact | None:
    """Return who of a Company the caller is: by e-mail, then by phone (sales) or by last name (support)."""
    contacts = world.contacts.where("company", company.id)
    by_email = _newest([one for one in contacts if email_key(one.email) == email_key(booking.email)])
    if by_email is not None:
        return by_email
    if booking.type is CallType.SALES:
        return _newest(_with_phone(booking, contacts))
    last_name = name_key(split_name(booking.name)[1])
    return _newest([one for one in contacts if last_name is not None and name_key(one.last_name) == last_name])


def _with_phone(booking: Booking, contacts: Iterable[Contact]) -> list[Contact]:
    phone = phone_key(booking.phone)
    return [one for one in contacts if phone_key(one.phone) == phone] if phone is not None else []


def _newest(found: Sequence[T]) -> T | None:
    return max(found, key=lambda one: one.id, default=None)


def too_near(wanted: CallWanted, world: World) -> Meeting | None:
    """Return a planned Meeting of the Contact that starts within two hours before or after."""
    contact = place(wanted, world).contact
    if contact is None:
        return None
    start = wanted.booking.start
    return next(
        (
            one
            for one in world.meetings.where("contact", contact.id)
            if one.status == PLANNED and abs(_time(one.start_time) - start) <= TOO_NEAR
        ),
        None,
    )


def is_begun_near(wanted: CallWanted, world: World) -> bool:
    """Whether a call of the Contact that starts within two hours before or after is being made."""
    contact, start = place(wanted, world).contact, wanted.booking.start
    if contact is None:
        return False
    return any(one.contact_id == contact.id and abs(one.start - start) <= TOO_NEAR for one in wanted.begun)


def is_busy(wanted: CallWanted, world: World) -> bool:
    """Whether the admin is busy: the wanted time overlaps or touches a Meeting, a held slot or the calendar."""
    booking = wanted.booking
    held = [*wanted.busy, *busy_with(world.meetings, booking.admin_id)]
    return availability.is_busy(booking.start, booking.end, held)


def busy_with(meetings: Iterable[Meeting], admin_id: int) -> Iterator[Span]:
    """Yield when the planned ones of these Meetings keep an admin busy."""
    for one in meetings:
        if one.admin_id == admin_id and one.status == PLANNED:
            yield Span(_time(one.start_time), _time(one.end_time))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)

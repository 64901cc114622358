"""A call as an event in the calendar of its admin."""

import hashlib
from base64 import b32hexencode

from hermes_sync.core.availability import Span
from hermes_sync.core.bookings import Booking, CallType, time_text
from hermes_sync.core.objects import Admin
from hermes_sync.core.values import email_key
from hermes_sync.ports import CalendarEvent


def event_of(booking: Booking, admin: Admin) -> CalendarEvent:
    """Return the event of a booking; its id follows from who wants what and when, so that a repeat has the same."""
    what = "Sales call" if booking.type is CallType.SALES else "Support call"
    return CalendarEvent(
        id=_id_of(booking),
        summary=f"{what}: {booking.company_name or booking.name}",
        description=f"{what} of {booking.name} with {admin.first_name} {admin.last_name}",
        span=Span(booking.start, booking.end),
        attendees=(booking.email,),
    )


def _id_of(booking: Booking) -> str:
    who = f"{booking.type} {booking.admin_id} {email_key(booking.email)} {time_text(booking.start)}"
    # A calendar takes the letters a to v and digits (facts 10), which is base 32 with the extended hex alphabet.
    return b32hexencode(hashlib.sha256(who.encode()).digest()).decode().rstrip("=").lower()

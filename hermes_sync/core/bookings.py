"""A booking: what somebody asked for on the website, at the command line or in TC2 (semantics 7).

Times are aware datetimes in UTC.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar, TypeAlias

from hermes_sync.core.availability import Span
from hermes_sync.core.changes import Trigger, Why
from hermes_sync.core.records import Org, Person, RemoteKind


class CallType(StrEnum):
    """The two types of call; a Meeting has the same."""

    SALES = "sales"
    SUPPORT = "support"


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A call that somebody wants; checked for form, not yet for whether the slot is free.

    `name` is the caller's, as typed. `company_id` is a Hermes id. A sales booking has everything that the website asks
    for; a support booking has `company_id` or `company_name`, or neither. `left_out` has a sentence for each thing that
    was said and cannot be true, so that it was not taken.
    """

    type: CallType
    admin_id: int
    start: datetime
    end: datetime
    name: str
    email: str
    phone: str | None = None
    country: str | None = None
    company_id: int | None = None
    company_name: str | None = None
    website: str | None = None
    estimated_income: str | None = None
    currency: str | None = None
    price_plan: str | None = None
    bdr_person_id: int | None = None
    utm_source: str | None = None
    utm_campaign: str | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BookingRef:
    """The name of one booking, written `callbooker:sales:12`: the cause of what its rows do."""

    type: CallType
    id: int

    def __str__(self) -> str:
        return f"callbooker:{self.type}:{self.id}"

    @property
    def trigger(self) -> Trigger:
        """What happened, under the table's name."""
        return Trigger.SALES_BOOKED if self.type is CallType.SALES else Trigger.SUPPORT_BOOKED


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A call of a Contact whose calendar event is being made."""

    contact_id: int
    start: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallWanted:
    """A booking as the rows of its Hermes half see it, in the request.

    `busy` is when the admin is busy besides the Meetings in Hermes: slots held for others, and the calendar.
    """

    ref: BookingRef
    booking: Booking
    now: datetime
    busy: tuple[Span, ...] = ()
    begun: tuple[Begun, ...] = ()
    """The calls of others that are being made; and this caller's, with another admin or at another time."""
    why: ClassVar[Why] = Why.SEEN


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBooked:
    """A booking as the rows of its Pipedrive half see it, in the next pass: the Hermes objects that it led to.

    `meeting_id` is None for a call that could not be booked. `org` and `person` are those of the Company and Contact,
    as last seen; None where there is none, or it was not read yet. `ours` says which of them hermes-sync created.
    """

    ref: BookingRef
    company_id: int
    contact_id: int
    deal_id: int | None = None
    meeting_id: int | None = None
    org: Org | None = None
    person: Person | None = None
    ours: frozenset[RemoteKind] = frozenset()
    why: ClassVar[Why] = Why.SEEN


BookingChange: TypeAlias = CallWanted | CallBooked


def time_text(value: datetime) -> str:
    """Return an aware datetime as a Meeting holds it: whole seconds, so that texts order as the times do."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

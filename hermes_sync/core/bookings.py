"""A booking: what somebody asked for on the website, at the command line or in TC2 (semantics 7).

Times are aware datetimes in UTC.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CallType(StrEnum):
    """The two types of call; a Meeting has the same."""

    SALES = "sales"
    SUPPORT = "support"


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A call that somebody wants; checked for form, not yet for whether the slot is free.

    `name` is the caller's, as typed. `company_id` is a Hermes id. A sales booking has everything that the website asks
    for; a support booking has `company_id` or `company_name`, or neither.
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

"""The Hermes half of bookings: what a caller asks for, answered in one transaction (semantics 7).

`forms` checks what came in, `Booker` books it. The Pipedrive half is the next pass, which finds what was booked in
the store.
"""

from hermes_sync.booking.booker import Booker, Terms
from hermes_sync.booking.forms import BadInput, SalesForm, SlotsForm, SupportForm, moment, read
from hermes_sync.booking.ledger import Booked, NotBooked

__all__ = [
    "BadInput",
    "Booked",
    "Booker",
    "NotBooked",
    "SalesForm",
    "SlotsForm",
    "SupportForm",
    "Terms",
    "moment",
    "read",
]

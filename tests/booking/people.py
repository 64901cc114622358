"""People who book in a process of their own, so that a test can have several, and kill one.

Run as `python -m tests.booking.people URL COUNT FIRST [ONE_SLOT]`: books that many calls one after the other and
prints a line for each answer: `booked <meeting id>` or `not booked`. With ONE_SLOT all want the same slot.
"""

import sys
from datetime import timedelta

from hermes_sync.booking import NotBooked
from hermes_sync.core.bookings import Booking
from hermes_sync.store import SqlStore
from tests.booking.office import TEN, booker, sales


def wish(number: int, *, one_slot: bool) -> Booking:
    """Return what somebody wants who is known to nobody: a slot of their own, or the same as everybody."""
    start = TEN if one_slot else TEN + timedelta(minutes=31 * number)
    email, phone, name = f"person{number}@example.com", f"+44 20 8000 {number:06}", f"Company {number}"
    return sales(start, email=email, phone=phone, company_name=name, name=f"Person {number}")


def main(url: str, count: int, first: int, *, one_slot: bool) -> None:
    """Book, and tell of every answer at once."""
    with SqlStore.open(url) as store:
        books = booker(store)
        print("ready", flush=True)
        sys.stdin.readline()
        for number in range(first, first + count):
            try:
                print("booked", books.book(wish(number, one_slot=one_slot)).meeting_id, flush=True)
            except NotBooked:
                print("not booked", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), one_slot=len(sys.argv) > 4)

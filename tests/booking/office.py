"""An office that takes bookings: a clock that stands still, three admins, and callers; a test says what is special."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from hermes_sync.booking import Booker, Terms
from hermes_sync.core.bookings import Booking, CallType
from hermes_sync.core.objects import Admin
from hermes_sync.core.policy import Policy, Start
from hermes_sync.ports import Calendar
from hermes_sync.store import SqlStore
from hermes_sync.store.tables import BOOKINGS, HOLDS

NOW = datetime(2030, 1, 4, 9, tzinfo=UTC)
MONDAY = datetime(2030, 1, 7, tzinfo=UTC)
TEN = MONDAY.replace(hour=10)
HALF_AN_HOUR = timedelta(minutes=30)


def _admin(id_: int, first_name: str, timezone: str) -> Admin:
    return Admin(
        id=id_,
        first_name=first_name,
        last_name="Byron",
        email=f"{first_name.lower()}@example.com",
        timezone=timezone,
        pd_owner_id=90 + id_,
        is_sales_person=True,
        is_support_person=True,
    )


ADMINS = (_admin(1, "Ada", "Europe/London"), _admin(2, "Grace", "America/New_York"), _admin(3, "Mary", "Asia/Kolkata"))
POLICY = Policy(admins=ADMINS, starts={"payg": Start(pipeline=1, stage=8), "startup": Start(pipeline=2, stage=9)})


class Standing:
    """A clock that stands still until it is set."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    def now(self) -> datetime:
        """Return the time that it is set to."""
        return self.time

    def monotonic(self) -> float:
        """Return that time in seconds."""
        return self.time.timestamp()

    def sleep(self, seconds: float) -> None:
        """Set it further by so many seconds."""
        self.time += timedelta(seconds=seconds)


def booker(store: SqlStore, *, calendar: Calendar | None = None, clock: Standing | None = None) -> Booker:
    """Return who books in this office."""
    return Booker(store=store, policy=POLICY, terms=Terms(), calendar=calendar, clock=clock or Standing())


def sales(start: datetime = TEN, **said: Any) -> Booking:
    """Return a sales booking of Mary Booth of Acme."""
    booking = Booking(
        type=CallType.SALES,
        admin_id=1,
        start=start,
        end=start + HALF_AN_HOUR,
        name="Mary Booth",
        email="mary@example.com",
        phone="+44 20 7946 0000",
        country="GB",
        company_name="Acme",
        estimated_income="1000",
        currency="GBP",
        price_plan="payg",
    )
    return replace(booking, **said)


def support(start: datetime = TEN, **said: Any) -> Booking:
    """Return a support booking of Mary Booth."""
    booking = Booking(
        type=CallType.SUPPORT,
        admin_id=1,
        start=start,
        end=start + HALF_AN_HOUR,
        name="Mary Booth",
        email="mary@example.com",
    )
    return replace(booking, **said)


@dataclass(frozen=True)
class Books:
    """What Hermes holds, as the export has it, and what waits for the next pass."""

    store: SqlStore

    def __getitem__(self, name: str) -> list[dict[str, Any]]:
        return next(list(things) for found, things in self.store.export([name]) if found == name)

    def only(self, name: str) -> dict[str, Any]:
        """Return the one object of a list."""
        (one,) = self[name]
        return one

    def counts(self) -> Mapping[str, int]:
        """Return how many there are of what a booking may make."""
        return {name: len(self[name]) for name in ("companies", "contacts", "deals", "meetings")}

    def waiting(self) -> list[tuple[str, int, int, int | None, int | None]]:
        """Return type, Company, Contact, Deal and Meeting of each booking that Pipedrive does not know yet."""
        columns = (BOOKINGS.c[name] for name in ("type", "company_id", "contact_id", "deal_id", "meeting_id"))
        with self.store.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(select(*columns).order_by(BOOKINGS.c.id))]

    def holds(self) -> int:
        """Return how many slots are held, also those whose time has run out."""
        with self.store.engine.connect() as connection:
            return len(connection.execute(select(HOLDS)).all())

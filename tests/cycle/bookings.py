"""People who book calls in the cycle's tests: their Hermes half is done, as the listener would."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from hermes_sync.booking import Booked, Booker, Terms
from hermes_sync.core.bookings import Booking, CallType
from hermes_sync.sandbox import Fault
from hermes_sync.store.tables import BOOKINGS
from tests.cycle.rig import Rig

START: Final = datetime.fromisoformat("2026-05-20T14:30:00+00:00")
"""When a call starts, unless a test says otherwise: six days after a rig's first moment."""

MARY: Final[dict[str, Any]] = {"name": "Mary Booth", "email": "mary@example.com", "phone": "020 7946 0000"}
NO_MORE_DEALS: Final[dict[str, Any]] = {
    "success": False,
    "error": "Deals limit of your plan is reached",
    "code": "feature_capping_deals_limit",
}


def book(rig: Rig, type_: CallType = CallType.SALES, **wanted: Any) -> Booked:
    """Book half an hour with Ada for Mary of Acme, or for whom and with whom a test wants."""
    of_sales = {"company_name": "Acme", "country": "GB", "price_plan": "payg"} if type_ is CallType.SALES else {}
    options: dict[str, Any] = {"admin_id": 1, "start": START, **MARY, **of_sales, **wanted}
    options.setdefault("end", options["start"] + timedelta(minutes=30))
    booker = Booker(store=rig.store, policy=rig.settings.policy, terms=Terms(), calendar=None, clock=rig.clock)
    return booker.book(Booking(type=type_, **options))


def pending(rig: Rig) -> list[int]:
    """Return the bookings that no pass has planned, by id."""
    with rig.store.engine.connect() as connection:
        return list(connection.scalars(select(BOOKINGS.c.id).order_by(BOOKINGS.c.id)))


def in_step(rig: Rig) -> None:
    """Let Hermes learn of the Pipelines and Stages."""
    rig.settle()


def refusal(kind: str, **more: Any) -> Fault:
    """Return the answer of a plan that allows no more objects of a kind."""
    return Fault(method="POST", path=f"/api/v2/{kind}$", status=403, body=NO_MORE_DEALS, **more)


def made(rig: Rig) -> dict[str, int]:
    """Return how many objects of each kind Pipedrive has."""
    return {kind: len(rig.pd.all(kind)) for kind in ("organization", "person", "deal", "activity")}

"""People who book calls on the website: the Hermes half of a booking, as the listener does it in a request."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from hermes_sync.booking import Booker, NotBooked, Terms
from hermes_sync.core.bookings import Booking, CallType
from tests.simulation import pools
from tests.simulation.engine import SimulatedRig

_HALF_AN_HOUR: Final = timedelta(minutes=30)
_PLANS: Final = ("payg", "startup", "enterprise")


def book(rig: SimulatedRig, dice: Random) -> str:
    """Book a call, as somebody who is known or not; say what came of it."""
    type_ = dice.choice((CallType.SALES, CallType.SALES, CallType.SUPPORT))
    wanted: dict[str, Any] = {
        "admin_id": dice.choice((1, 2)),
        "name": pools.person_name(dice),
        "email": pools.email(dice),
        "start": _slot(rig, dice),
        "company_name": dice.choice((*pools.COMPANY_NAMES[:4], "Ginger", None)),
    }
    if type_ is CallType.SALES:
        wanted |= {"phone": dice.choice((*pools.PHONES, None)), "country": dice.choice(("GB", "FR"))}
        wanted |= {"price_plan": dice.choice(_PLANS), "website": dice.choice((None, "https://ginger.example"))}
    known = [row["id"] for row in rig.every("companies")]
    if known and dice.random() < 0.3:
        wanted["company_id"] = dice.choice(known)
    booker = Booker(store=rig.store, policy=rig.settings.policy, terms=Terms(), calendar=None, clock=rig.clock)
    try:
        booked = booker.book(Booking(type=type_, end=wanted["start"] + _HALF_AN_HOUR, **wanted))
    except NotBooked as not_booked:
        return f"book {type_} {wanted}: {not_booked}"
    return f"book {type_} {wanted}: {booked}"


def _slot(rig: SimulatedRig, dice: Random) -> datetime:
    """Return one of a few times, so that callers are after the same ones."""
    now = datetime.fromtimestamp(rig.sandbox.clock.now(), UTC)
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    return noon + timedelta(days=dice.choice((2, 3, 4)), minutes=30 * dice.choice((0, 2, 4, 9)))

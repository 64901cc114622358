"""Whose turn it is: the next admin for a sales or a support call (semantics 7, *Round robin*)."""

from collections.abc import Iterable
from typing import Final

from hermes_sync.core.objects import Admin

HOME: Final = "GB"
"""The country of somebody who names none."""
EUROPE: Final = "EU"
REST: Final = "ROW"

_OWN_REGIONS: Final = frozenset({"GB", "US", "AU", "CA"})
_EUROPE: Final = """
AD AL AT AX BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK MT NL NO
PL PT RO RS RU SE SI SJ SK SM UA VA XK
"""
"""Europe as the United Nations draw it (M49), without Great Britain, with Cyprus and Kosovo."""
_EUROPEAN: Final = frozenset({EUROPE, *_EUROPE.split()})
_OTHER_CODES: Final = {"UK": "GB", "EL": "GR"}
"""Codes that the European Union uses where ISO 3166 has another."""


def region_of(country_code: str | None) -> str:
    """Return the region of a two-letter country code, in any case: GB, US, AU, CA, EU or ROW; no country means GB."""
    said = (country_code or "").strip().upper() or HOME
    code = _OTHER_CODES.get(said, said)
    if code in _OWN_REGIONS:
        return code
    return EUROPE if code in _EUROPEAN else REST


def next_sales_admin(admins: Iterable[Admin], plan: str, country_code: str | None, after: int | None) -> Admin | None:
    """Return whose turn it is to sell a plan in a country; None when nobody sells it.

    `after` is the sales person of the newest Company of that plan. Somebody who is no sales person (any more) sells
    nothing, whatever `sells` still says.
    """
    sellers = [admin for admin in admins if admin.is_sales_person and plan in admin.sells]
    region = region_of(country_code)
    nearby = [admin for admin in sellers if region in admin.regions]
    return _next(nearby or sellers, after)


def next_support_admin(admins: Iterable[Admin], after: int | None) -> Admin | None:
    """Return whose turn it is to give support; None when nobody does.

    `after` is the support person of the newest Company that has one.
    """
    return _next([admin for admin in admins if admin.is_support_person], after)


def _next(admins: list[Admin], after: int | None) -> Admin | None:
    """Return the admin with the next id after this one, the one with the lowest when there is none."""
    in_order = sorted(admins, key=lambda admin: admin.id)
    later = (admin for admin in in_order if after is not None and admin.id > after)
    return next(later, in_order[0] if in_order else None)

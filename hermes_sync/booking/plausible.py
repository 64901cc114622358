"""What a caller says besides who and when: what cannot be true is left out, and the call is booked all the same.

The old website asks for income, currency and website in free fields, and a caller who types nonsense there is a
customer nevertheless. So nothing here refuses; what is left out stands in a notice of the booking, with what was said.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+-]*):(?!//)|([A-Za-z][A-Za-z0-9+.-]*)://")
"""How an address begins that names its scheme; a host with a port (`acme.example.com:8080`) has a dot in it."""
_WEB: Final = frozenset({"http", "https"})
_NEGATIVE: Final = re.compile(r"[^\w]*[-\u2212][^\w]*\d")
"""A minus before the first digit, with or without a currency sign; a range (`1000-2000`) has it later."""
_SHOWN: Final = 60
"""So many characters of what was left out are shown."""


def website(said: str) -> str | None:
    """Return an address of the web, with or without a scheme; None for another scheme, such as `javascript:`."""
    begins = _SCHEME.match(said)
    return said if begins is None or (begins[1] or begins[2]).lower() in _WEB else None


def income(said: str) -> str | None:
    """Return what a company earns a month, as it was said: a number, a range, words; None for less than nothing."""
    return None if _NEGATIVE.match(said) else said


@lru_cache(maxsize=256)
def currency(said: str) -> str | None:
    """Return the code of a currency (ISO 4217) in capitals; None for what is none."""
    import pycountry  # a list of its own in memory, which a daemon without bookings does not need

    found = pycountry.currencies.get(alpha_3=said.upper())
    return None if found is None else str(found.alpha_3)


_JUDGES: Final[Mapping[str, tuple[Callable[[str], str | None], str]]] = {
    "website": (website, "is no address of the web"),
    "estimated_income": (income, "is less than nothing"),
    "currency": (currency, "is no code of a currency, such as GBP"),
}
"""Who judges a field, and what is wrong with a value that is not taken."""


def without_nonsense(said: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return what a booking takes of a form, and a sentence for each value that it does not."""
    taken, sentences = dict(said), []
    for field, (judge, wrong) in _JUDGES.items():
        value = said.get(field)
        if value is not None:
            taken[field] = judge(value)
            if taken[field] is None:
                shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
                sentences.append(f"{field} was left out, because {json.dumps(shown, ensure_ascii=False)} {wrong}")
    return taken, tuple(sentences)

"""Countries as people and systems spell them, made two-letter codes (semantics 3: country)."""

import re
from functools import lru_cache
from typing import Final

_IN_BRACKETS: Final = re.compile(r"\(([A-Za-z]{2})\)\s*$")
_OTHER_NAMES: Final = {
    "uk": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "republic of ireland": "IE",
    "u.s.": "US",
    "u.s.a.": "US",
    "uae": "AE",
    "turkey": "TR",
    "russia": "RU",
    "the netherlands": "NL",
    "holland": "NL",
    "ivory coast": "CI",
    "brunei": "BN",
    "macau": "MO",
    "palestine": "PS",
    "cape verde": "CV",
    "swaziland": "SZ",
    "macedonia": "MK",
    "kosovo": "XK",
}
"""Names in daily use that ISO 3166 does not list."""

_STATES: Final = """
al ak az ar ca co ct de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh ok or pa ri
sc sd tn tx ut vt va wa wv wi wy bc mb nb nl ns nt on pe qc sk yt act nsw qld sa tas vic georgia
"""
_AMBIGUOUS_ENDS: Final = frozenset(_STATES.split())
"""Ends of an address that are states and provinces more often than countries: "Sunnyvale, CA" is not in Canada."""

_FEW_WORDS: Final = 2


@lru_cache(maxsize=4096)
def recognised(text: str) -> str | None:
    """Return the code of the country that a text names, None when it names none."""
    in_brackets = _IN_BRACKETS.search(text)
    if in_brackets is not None:
        return in_brackets[1].upper()
    name = text.strip().casefold()
    if not name or any(character.isdigit() for character in name):
        return None
    return _OTHER_NAMES.get(name) or _listed(name)


def _listed(name: str) -> str | None:
    # Imported when first needed: reading its tables takes longer than starting a command.
    import pycountry

    try:
        return str(pycountry.countries.lookup(name).alpha_2)
    except LookupError:
        return None


def code_or_text(text: str | None) -> str | None:
    """Return the code of a country, or the text as it is when it cannot be recognised (semantics 3)."""
    if text is None or not text.strip():
        return None
    return recognised(text) or text.strip()


@lru_cache(maxsize=65536)
def of_address(country: str | None, value: str | None) -> str | None:
    """Return the country of an address from what it says of it, else from its text.

    A text that is or ends in a country names it; another text of one or two words may be the name of one.
    """
    if country is not None and country.strip():
        return code_or_text(country)
    text = (value or "").strip()
    if not text:
        return None
    whole = recognised(text)
    if whole is not None:
        return whole
    end = text.rpartition(",")[2].strip() if "," in text else ""
    if end and end.casefold() not in _AMBIGUOUS_ENDS and (found := recognised(end)) is not None:
        return found
    is_name = len(text.split()) <= _FEW_WORDS and not any(character.isdigit() for character in text)
    return text if is_name else None

"""How single values compare: the normal forms behind "the same" (semantics 1).

Two systems rarely spell a value the same way. These functions say which spellings are one value, so that
neither a diff nor a push takes a spelling for a change.
"""

import re
from typing import Final

NAME_LENGTH: Final = 255
"""The longest text a column of Hermes holds, in characters."""

_NOTHINGS: Final[tuple[object, ...]] = ("", [], {}, ())
_SPACES: Final = re.compile(r"\s+")
_DIGITS: Final = re.compile(r"\d+")


def is_nothing(value: object) -> bool:
    """Whether a value is one of the spellings of nothing: null, empty text, empty list, empty object."""
    return value is None or (not value and value in _NOTHINGS)


def same(left: object, right: object) -> bool:
    """Whether two values are one value: all nothings are equal, and so are `5` and `"5"`."""
    if left == right:
        return True
    if is_nothing(left) or is_nothing(right):
        return is_nothing(left) and is_nothing(right)
    if isinstance(left, str) != isinstance(right, str):
        return text(left) == text(right)
    return False


def text(value: object) -> str | None:
    """Return a value as the text that Hermes keeps: stripped, whole floats without their `.0`."""
    if is_nothing(value):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() or None


def name_key(name: str | None) -> str | None:
    """Return the form in which two names are compared: case and runs of space do not count."""
    if name is None:
        return None
    return _SPACES.sub(" ", name).strip().casefold() or None


def email_key(email: str | None) -> str | None:
    """Return the form in which two e-mail addresses are compared: no case, no surrounding space."""
    if email is None:
        return None
    return email.strip().lower() or None


def phone_key(phone: str | None) -> str | None:
    """Return the form in which two phone numbers are compared: their digits, which is what is dialled."""
    return "".join(one for one in phone or "" if one.isdigit()) or None


def ids_in(hermes_id: str | None) -> tuple[int, ...]:
    """Return the Hermes ids in a `hermes_id` field.

    A merge in Pipedrive joins two texts (facts 3), so that one field may hold several: `"12, 57"`.
    """
    if not hermes_id:
        return ()
    found = (int(digits) for digits in _DIGITS.findall(hermes_id) if len(digits) < _TOO_LONG_FOR_AN_ID)
    return tuple(dict.fromkeys(found))


_TOO_LONG_FOR_AN_ID: Final = 18  # beyond this no database column holds it

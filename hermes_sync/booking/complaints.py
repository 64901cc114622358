"""What is wrong with a field, in our words: a caller should not have to know the library that found it out."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import ErrorDetails

_TIME: Final = "must be a time, such as 2030-01-07T10:00:00Z"
_WORDS: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "string_too_long": "must have at most {max_length} characters",
    "value_error": "{error}",
}
"""What is said of an error by its type; braces take what the library knows of the limit."""
_FAMILIES: Final = (("int_", "must be a whole number"), ("string_", "must be a text"), ("date", _TIME), ("time", _TIME))
"""What is said of whole families of types, by how they begin."""


def problem(error: ErrorDetails) -> tuple[str, str]:
    """Return the field that an error is about, and what would be right; nothing of what was sent is in it."""
    field = str(error["loc"][0]) if error["loc"] else "body"
    return field, _wanted(error["type"], error.get("ctx", {}))


def _wanted(type_: str, context: Mapping[str, Any]) -> str:
    if type_ in _WORDS:
        return _WORDS[type_].format_map(context)
    if type_ == "literal_error":
        return f"must be one of {context['expected'].replace(chr(39), '')}"
    return next((said for begins, said in _FAMILIES if type_.startswith(begins)), "cannot be understood")

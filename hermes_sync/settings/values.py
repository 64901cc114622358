"""The kinds of values that keys of config.toml have, each with a check that says what would be right.

TOML says which type a value has, so numbers and booleans are taken strictly: `"25"` is a text, not a number.
"""

import re
from datetime import time, timedelta
from typing import Annotated, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field

from hermes_sync.clock import duration

_SPACE: Final = re.compile(r"\s")
_TIME_OF_DAY: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


MANY: Final = 1_000_000_000
"""More than anything that is counted."""
HIGHEST_ID: Final = 2**63 - 1
"""What a database keeps at the most."""
DAY: Final = 24 * 60
"""Minutes: no call is longer."""


def _is_span(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError('must be a span of time in quotes, such as "60s", "90m", "6h" or "3d"')  # noqa: TRY004  # pydantic takes ValueError
    return duration(value)


def _is_positive(value: timedelta) -> timedelta:
    if not value:
        raise ValueError('must be longer than nothing; write for example "3m"')
    return value


def _is_base_url(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    if scheme not in ("http", "https") or not separator or not rest.strip("/") or _SPACE.search(value):
        raise ValueError("must be an address that begins with https:// (or http://)")
    try:
        parts = urlsplit(value)
        is_whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # half an IPv6 address, or a port that is none
        is_whole = False
    if not is_whole:
        raise ValueError("must be a whole address, such as https://acme.pipedrive.com")
    return value.rstrip("/")


def _is_key(value: str) -> str:
    if not value or _SPACE.search(value):
        raise ValueError("must be a name or key without spaces; leave the line out to not sync this field")
    return value


def _is_time_of_day(value: object) -> object:
    if isinstance(value, time):
        return value
    if not isinstance(value, str) or _TIME_OF_DAY.fullmatch(value) is None:
        raise ValueError('must be a time of day in quotes, such as "10:00"')
    return time.fromisoformat(value)


def _is_timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be the name of a time zone, such as Europe/London") from None
    return value


def _is_email(value: str) -> str:
    name, at, host = value.partition("@")
    if not (name and at and host) or _SPACE.search(value):
        raise ValueError("must be an e-mail address, such as ada@example.com")
    return value


Flag = Annotated[bool, Field(strict=True)]
Whole = Annotated[int, Field(strict=True, ge=0, le=MANY)]
Positive = Annotated[int, Field(strict=True, ge=1, le=MANY)]
Id = Annotated[int, Field(strict=True, ge=1, le=HIGHEST_ID)]
Minutes = Annotated[int, Field(strict=True, ge=0, le=DAY)]
Port = Annotated[int, Field(strict=True, ge=0, le=65535)]
Percent = Annotated[float, Field(strict=True, ge=0, le=100)]
Text = Annotated[str, Field(min_length=1)]
BaseUrl = Annotated[str, AfterValidator(_is_base_url)]
Key = Annotated[str, AfterValidator(_is_key)]
Span = Annotated[timedelta, BeforeValidator(_is_span)]
Interval = Annotated[timedelta, BeforeValidator(_is_span), AfterValidator(_is_positive)]
TimeOfDay = Annotated[time, BeforeValidator(_is_time_of_day)]
Timezone = Annotated[str, AfterValidator(_is_timezone)]
Email = Annotated[str, AfterValidator(_is_email)]

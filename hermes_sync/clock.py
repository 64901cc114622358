"""The one reader of the time and the one sleeper, and how people write spans of time.

Everything else is handed a `Clock` (see `ports`) or a time, so that tests need no patching.
"""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Final

_DURATION: Final = re.compile(r"([0-9]{1,9})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_EARLIEST: Final = 1900
"""The first year that a remote takes: those before 1000 are not even written with four digits everywhere."""
_RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?")


class SystemClock:
    """The clock of the machine; implements `ports.Clock`."""

    def now(self) -> datetime:
        """Return the time now, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251  # this is the one reader

    def monotonic(self) -> float:
        """Return seconds that never run backwards, from an arbitrary start."""
        return time.monotonic()  # noqa: TID251  # as above

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""
        time.sleep(seconds)  # noqa: TID251  # as above


def duration(text: str) -> timedelta:
    """Return the span of time that a text like `60s`, `90m`, `6h` or `3d` says.

    Raises `ValueError` with a sentence for people.
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no span of time; write a number and a unit, such as 60s, 90m, 6h or 3d")
    number, unit = found.groups()
    return timedelta(**{_UNITS[unit]: int(number)})


def moment(text: str, now: datetime) -> datetime:
    """Return the time, aware and in UTC, that a text says: RFC 3339, or a span back from now (interface 1, `W`).

    Raises `ValueError` with a sentence for people, also for a time without a zone and for one to come.
    """
    found = _back_from(now, text) if _RFC_3339.fullmatch(text.strip()) is None else _said(text, now)
    if found.year < _EARLIEST:
        raise ValueError(f"{text!r} is before the year {_EARLIEST}, of which no remote knows anything")
    return found


def _said(text: str, now: datetime) -> datetime:
    try:
        said = datetime.fromisoformat(text.strip().upper())
    except ValueError:
        raise ValueError(f"{text!r} is no time that exists; write it like 2024-05-01T09:30:00Z") from None
    if said.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; add Z for UTC or an offset such as +01:00")
    if said > now:
        raise ValueError(f"{text!r} is still to come; give a time that has passed")
    try:
        return said.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is further back than the calendar goes") from None


def _back_from(now: datetime, text: str) -> datetime:
    try:
        return now - duration(text)
    except OverflowError:
        raise ValueError(f"{text!r} is further back than the calendar goes") from None
    except ValueError:
        raise ValueError(
            f"{text!r} is neither a time nor a span back from now; "
            "write 2024-05-01T09:30:00Z, or a number and a unit such as 90m, 2h or 3d"
        ) from None

"""When an admin can be booked: working hours, busy times, and the slots that they leave (semantics 7, *Slots*, *Busy*).

Pure: the time zone comes in as a value and so does the time now. Instants are aware; slots are in UTC.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

LONGEST: Final = timedelta(days=92)
"""The longest stretch that slots are worked out for at once: a season; the website shows weeks."""

_SATURDAY: Final = 5
_FIRST: Final = datetime(1, 1, 3, tzinfo=UTC)
_LAST: Final = datetime(9999, 12, 29, tzinfo=UTC)
"""Between these every instant can be said in every time zone; nobody books a call before or after."""

Slot = tuple[datetime, datetime]
"""Start and end of a call that may be booked, in UTC."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, from start to end: aware datetimes in UTC. Asked about, busy, held, or free for a call."""

    start: datetime
    end: datetime


class TooLong(ValueError):
    """More was asked for than is worked out at once; the message says how much that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When calls may be held: times of day in the admin's own time zone.

    A call takes `meeting`; the next one may begin `buffer` after it.
    """

    day_start: time
    day_end: time
    meeting: timedelta
    buffer: timedelta


def is_busy(start: datetime, end: datetime, busy: Iterable[Span]) -> bool:
    """Whether a call would overlap or touch one of the busy times (semantics 7, *Busy*)."""
    return any(one.start <= end and start <= one.end for one in busy)


def slots(within: Span, *, zone: tzinfo, hours: Hours, busy: Iterable[Span], now: datetime) -> Iterator[Slot]:
    """Return the slots of an admin, earliest first: wholly inside `within`, still to come, and not busy.

    Each weekday has its own row of slots, which begins at `day_start` in the admin's time zone and goes on in steps of
    meeting plus buffer; what was asked for moves no slot. What has begun by `now` is left out, because a booking in
    the past is refused. Raises `TooLong` for more than `LONGEST`.
    """
    if within.end - within.start > LONGEST:
        raise TooLong(f"slots are given for at most {LONGEST.days} days at once; ask for less and ask again")
    start, end = (min(max(one, _FIRST), _LAST) for one in (within.start, within.end))
    taken = _joined(busy)
    return (
        slot
        for day in _weekdays(start.astimezone(zone).date(), end.astimezone(zone).date())
        for slot in _of_day(day, zone, hours)
        if start <= slot[0] and slot[1] <= end and slot[0] > now and not _is_taken(slot, taken)
    )


def _weekdays(first: date, last: date) -> Iterator[date]:
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return (day for day in days if day.weekday() < _SATURDAY)


def _of_day(day: date, zone: tzinfo, hours: Hours) -> Iterator[Slot]:
    """Yield the row of slots of one day, whoever is busy.

    On the day of a clock change an end of the working hours may exist twice or not at all. Then the day begins with
    the later and ends with the earlier reading, so that no call is held outside of the hours on anybody's clock.
    """
    opens = max(_readings(day, hours.day_start, zone))
    closes = min(_readings(day, hours.day_end, zone))
    room, step = closes - opens - hours.meeting, hours.meeting + hours.buffer
    for number in range(room // step + 1):  # none in a day that is shorter than a call
        start = opens + number * step
        yield start, start + hours.meeting


def _readings(day: date, wall: time, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the two instants that a time on the wall can mean; they differ around a clock change only."""
    first = datetime.combine(day, wall, zone)
    return first.astimezone(UTC), first.replace(fold=1).astimezone(UTC)


def _joined(busy: Iterable[Span]) -> list[Slot]:
    """Return busy times in order, those that overlap or touch made one, so that one look tells for each slot."""
    joined: list[Slot] = []
    for start, end in sorted((one.start, one.end) for one in busy):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _is_taken(slot: Slot, taken: list[Slot]) -> bool:
    """Whether the last busy time that begins before the slot is over, or with it, lasts into it."""
    before = bisect_right(taken, slot[1], key=lambda one: one[0])
    return before > 0 and taken[before - 1][1] >= slot[0]

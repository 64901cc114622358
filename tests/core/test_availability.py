"""Slots: working hours in the admin's time zone, less what is busy, on whatever day the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hermes_sync.core.availability import LONGEST, Hours, Slot, Span, TooLong, is_busy, slots

HOURS = Hours(day_start=time(10, 0), day_end=time(17, 30), meeting=timedelta(minutes=30), buffer=timedelta(minutes=15))
LONDON = ZoneInfo("Europe/London")
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    """Return an instant."""
    return datetime.fromisoformat(text).astimezone(UTC)


def stretch(start: str, end: str) -> Span:
    """Return a stretch of time."""
    return Span(at(start), at(end))


def found(
    within: Span, *busy: Span, zone: str = "Europe/London", hours: Hours = HOURS, now: datetime = LONG_AGO
) -> list[Slot]:
    """Return the slots of somebody."""
    return list(slots(within, zone=ZoneInfo(zone), hours=hours, busy=busy, now=now))


def starts(of: list[Slot]) -> list[str]:
    """Return when slots start, in UTC."""
    return [f"{start:%m-%d %H:%M}" for start, _ in of]


MONDAY = stretch("2026-02-02T00:00Z", "2026-02-03T00:00Z")


def test_a_day_is_a_row_of_slots_in_steps_of_meeting_plus_buffer() -> None:
    """From ten to half past five there are ten calls of half an hour, a quarter of an hour apart."""
    day = found(MONDAY)

    assert starts(day) == [
        f"02-02 {one}"
        for one in ("10:00", "10:45", "11:30", "12:15", "13:00", "13:45", "14:30", "15:15", "16:00", "16:45")
    ]
    assert {end - start for start, end in day} == {timedelta(minutes=30)}


def test_a_call_may_end_when_the_day_ends() -> None:
    """The last call ends at `day_end`; its buffer needs no room."""
    hours = Hours(day_start=time(9), day_end=time(10, 15), meeting=HOURS.meeting, buffer=HOURS.buffer)

    assert found(MONDAY, hours=hours)[-1] == (at("2026-02-02T09:45Z"), at("2026-02-02T10:15Z"))


def test_a_day_too_short_for_a_call_has_no_slots() -> None:
    """A call that is longer than the day is never held, however long it is."""
    for minutes in (451, 10**9):
        assert not found(MONDAY, hours=Hours(**{**_parts(HOURS), "meeting": timedelta(minutes=minutes)}))


def test_a_day_as_long_as_a_call_has_one() -> None:
    """From nine to half past nine there is room for half an hour."""
    hours = Hours(**{**_parts(HOURS), "day_start": time(9), "day_end": time(9, 30)})

    assert starts(found(MONDAY, hours=hours)) == ["02-02 09:00"]


def _parts(hours: Hours) -> dict[str, object]:
    return {name: getattr(hours, name) for name in ("day_start", "day_end", "meeting", "buffer")}


def test_weekends_are_off() -> None:
    """From a Friday to a Monday only these two have slots, by the calendar of the admin."""
    weekend = found(stretch("2026-02-06T00:00Z", "2026-02-10T00:00Z"))

    assert {one[:5] for one in starts(weekend)} == {"02-06", "02-09"}


def test_a_weekday_is_one_where_the_admin_is() -> None:
    """In Auckland Monday begins while it is Sunday in UTC, and Friday afternoon is over before UTC's."""
    week = found(stretch("2026-02-01T00:00Z", "2026-02-08T00:00Z"), zone="Pacific/Auckland")

    assert starts(week)[0] == "02-01 21:00"
    assert starts(week)[-1] == "02-06 03:45"


def test_a_slot_is_wholly_inside_what_was_asked_for() -> None:
    """What begins before or ends after is left out; what fits exactly is given; the row does not move."""
    assert starts(found(stretch("2026-02-02T10:45Z", "2026-02-02T12:00Z"))) == ["02-02 10:45", "02-02 11:30"]
    assert starts(found(stretch("2026-02-02T10:46Z", "2026-02-02T11:59Z"))) == []


def test_every_day_of_what_was_asked_for_has_its_slots() -> None:
    """The first and the last day too, where they are asked for in part."""
    afternoon_and_morning = found(stretch("2026-02-02T16:00Z", "2026-02-03T11:00Z"))

    assert starts(afternoon_and_morning) == ["02-02 16:00", "02-02 16:45", "02-03 10:00"]


def test_what_was_asked_for_may_have_any_offset() -> None:
    """An instant is an instant, wherever it is written."""
    assert found(stretch("2026-02-02T12:45+02:00", "2026-02-02T07:00-05:00")) == found(
        stretch("2026-02-02T10:45Z", "2026-02-02T12:00Z")
    )


def test_nothing_is_asked_for_backwards() -> None:
    """An end before the start is a stretch without slots."""
    assert found(stretch("2026-02-03T00:00Z", "2026-02-02T00:00Z")) == []


@pytest.mark.parametrize(
    ("busy", "left_out"),
    [
        (("10:50", "11:00"), {"10:45"}),
        (("11:15", "11:16"), {"10:45"}),
        (("11:15", "11:30"), {"10:45", "11:30"}),
        (("11:16", "11:29"), set()),
        (("10:30", "10:45"), {"10:00", "10:45"}),
        (("10:00", "11:29"), {"10:00", "10:45"}),
        (("11:00", "11:00"), {"10:45"}),
    ],
    ids=[
        "inside",
        "touching the end",
        "touching two",
        "in the buffer",
        "touching an end and a start",
        "over two",
        "no length",
    ],
)
def test_what_overlaps_or_touches_a_busy_time_is_left_out(busy: tuple[str, str], left_out: set[str]) -> None:
    """A busy time takes every slot that it overlaps or touches, and no other."""
    time_taken = stretch(f"2026-02-02T{busy[0]}Z", f"2026-02-02T{busy[1]}Z")
    free = {one[6:] for one in starts(found(MONDAY))}

    assert {one[6:] for one in starts(found(MONDAY, time_taken))} == free - left_out


@pytest.mark.parametrize(
    ("start", "end", "is_free"),
    [("09:00", "10:00", False), ("10:30", "11:00", False), ("09:00", "09:59", True), ("10:31", "11:00", True)],
)
def test_a_call_that_touches_a_busy_time_is_busy(start: str, end: str, is_free: bool) -> None:
    """Both ends of a call from ten to half past count, and a minute apart is apart."""
    taken = stretch(f"2026-02-02T{start}Z", f"2026-02-02T{end}Z")

    assert is_busy(at("2026-02-02T10:00Z"), at("2026-02-02T10:30Z"), [taken]) is not is_free


def test_busy_times_may_come_in_any_order_and_overlap() -> None:
    """A long busy time that begins early still counts behind a short one that begins later."""
    long, short = stretch("2026-02-02T09:00Z", "2026-02-02T16:00Z"), stretch("2026-02-02T10:00Z", "2026-02-02T10:05Z")

    assert starts(found(MONDAY, short, long)) == starts(found(MONDAY, long, short)) == ["02-02 16:45"]


def test_what_has_begun_is_not_offered() -> None:
    """A slot that starts now or earlier can't be booked, so that it is no slot."""
    assert starts(found(MONDAY, now=at("2026-02-02T16:00Z"))) == ["02-02 16:45"]


def test_more_than_a_season_is_refused() -> None:
    """The error says how much may be asked for at once."""
    start = at("2026-01-01T00:00Z")

    assert found(Span(start, start + LONGEST))
    with pytest.raises(TooLong, match="at most 92 days"):
        found(Span(start, start + LONGEST + timedelta(seconds=1)))


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "UTC"])
def test_the_ends_of_the_calendar_are_asked_for_without_harm(zone: str) -> None:
    """The first and the last days that a computer knows have no slots that break it."""
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

    assert found(Span(first, first), zone=zone) == []
    assert found(Span(last - LONGEST, last), zone=zone)
    assert found(Span(first, first + LONGEST), zone=zone, now=first)


@pytest.mark.parametrize(
    ("zone", "before", "after", "first_before", "first_after"),
    [
        ("Europe/London", "2026-03-27", "2026-03-30", "10:00", "09:00"),
        ("Europe/London", "2026-10-23", "2026-10-26", "09:00", "10:00"),
        ("America/New_York", "2026-03-06", "2026-03-09", "15:00", "14:00"),
        ("America/New_York", "2026-10-30", "2026-11-02", "14:00", "15:00"),
        ("Australia/Lord_Howe", "2026-04-03", "2026-04-06", "23:00", "23:30"),
        ("Australia/Lord_Howe", "2026-10-02", "2026-10-05", "23:30", "23:00"),
    ],
)
def test_the_day_begins_by_the_clock_on_the_wall_on_both_sides_of_a_change(
    zone: str, before: str, after: str, first_before: str, first_after: str
) -> None:
    """Friday and Monday begin at ten where the admin is, so an hour (or half of one) apart in UTC."""
    for day, first in ((before, first_before), (after, first_after)):
        there = datetime.combine(date.fromisoformat(day), time(0), ZoneInfo(zone))
        of_day = found(Span(there, there + timedelta(hours=23)), zone=zone)

        assert f"{of_day[0][0]:%H:%M}" == first
        assert len(of_day) == 10


AROUND_THE_CLOCK = Hours(
    day_start=time(0), day_end=time(23, 30), meeting=timedelta(minutes=30), buffer=timedelta(minutes=30)
)


def test_a_day_without_a_midnight_begins_with_its_first_moment() -> None:
    """Cairo's Friday of 24 April 2026 begins at one o'clock: its first call is then, and there are 11 until noon."""
    mornings = Hours(day_start=time(0), day_end=time(12), meeting=timedelta(minutes=30), buffer=timedelta(minutes=30))
    day = found(stretch("2026-04-23T12:00Z", "2026-04-24T21:00Z"), zone="Africa/Cairo", hours=mornings)

    assert starts(day)[0] == "04-23 22:00"
    assert len(day) == 11


def test_a_day_with_an_hour_twice_ends_before_the_second_one() -> None:
    """Cairo's Thursday of 29 October 2026 has 23:00 to 24:00 twice, and working hours only once."""
    day = found(stretch("2026-10-28T21:00Z", "2026-10-29T22:00Z"), zone="Africa/Cairo", hours=AROUND_THE_CLOCK)

    assert starts(day)[-1] == "10-29 20:00"
    assert len(day) == 24


def test_a_day_that_does_not_exist_has_no_slots() -> None:
    """Samoa had no Friday 30 December 2011."""
    week = found(stretch("2011-12-26T10:00Z", "2012-01-01T00:00Z"), zone="Pacific/Apia")
    zone = ZoneInfo("Pacific/Apia")

    assert {start.astimezone(zone).day for start, _ in week} == {26, 27, 28, 29}


ZONES = st.sampled_from(
    (
        "Europe/London",
        "America/New_York",
        "Australia/Lord_Howe",
        "Africa/Cairo",
        "America/Asuncion",
        "Asia/Beirut",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "Pacific/Kiritimati",
        "UTC",
    )
)
MINUTES = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))
BEGINNINGS = st.datetimes(datetime(2009, 1, 1), datetime(2037, 1, 1)).map(lambda one: one.replace(tzinfo=UTC))  # noqa: DTZ001  # made aware here


@st.composite
def stretches(draw: st.DrawFn, near: datetime) -> Span:
    """Draw a busy time in the days after."""
    start = near + timedelta(minutes=draw(st.integers(-600, 20_000)))
    return Span(start, start + timedelta(minutes=draw(st.integers(0, 3_000))))


@st.composite
def hours_of_a_day(draw: st.DrawFn) -> Hours:
    """Draw working hours, some of them around midnight."""
    day_start, day_end = sorted((draw(MINUTES), draw(MINUTES)))
    meeting, buffer = draw(st.integers(1, 180)), draw(st.integers(0, 180))
    return Hours(
        day_start=day_start, day_end=day_end, meeting=timedelta(minutes=meeting), buffer=timedelta(minutes=buffer)
    )


@settings(max_examples=300, deadline=None)
@given(data=st.data(), zone=ZONES, hours=hours_of_a_day(), start=BEGINNINGS, days=st.integers(0, 14))
def test_every_slot_keeps_every_promise(
    data: st.DataObject, zone: str, hours: Hours, start: datetime, days: int
) -> None:
    """Wherever, whenever: in UTC, in order, of one length, free, inside what was asked for and inside the hours."""
    within = Span(start, start + timedelta(days=days))
    busy = data.draw(st.lists(stretches(start), max_size=6))
    given_slots = found(within, *busy, zone=zone, hours=hours)

    assert given_slots == sorted(given_slots)
    for (_, end), (begin, _) in pairwise(given_slots):
        is_same_day = begin.astimezone(ZoneInfo(zone)).date() == end.astimezone(ZoneInfo(zone)).date()
        assert begin - end >= (hours.buffer if is_same_day else timedelta(0))
    for begin, end in given_slots:
        here, there = begin.astimezone(ZoneInfo(zone)), end.astimezone(ZoneInfo(zone))
        assert (begin.utcoffset(), end - begin) == (timedelta(0), hours.meeting)
        assert within.start <= begin <= end <= within.end
        assert not is_busy(begin, end, busy)
        assert (here.date(), here.weekday() < 5) == (there.date(), True)
        assert hours.day_start <= here.time() <= there.time() <= hours.day_end or here.utcoffset() != there.utcoffset()


@settings(max_examples=100, deadline=None)
@given(data=st.data(), zone=ZONES, start=BEGINNINGS)
def test_every_slot_that_is_left_out_is_busy(data: st.DataObject, zone: str, start: datetime) -> None:
    """Busy times take nothing that they do not overlap or touch."""
    within = Span(start, start + timedelta(days=14))
    busy = data.draw(st.lists(stretches(start), max_size=6))
    free = found(within, zone=zone)

    assert found(within, *busy, zone=zone) == [one for one in free if not is_busy(*one, busy)]

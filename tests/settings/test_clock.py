"""How people write spans of time and times."""

from datetime import UTC, datetime, timedelta

import pytest

from hermes_sync.clock import SystemClock, duration, moment

NOW = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("60s", timedelta(seconds=60)),
        ("90m", timedelta(minutes=90)),
        ("6h", timedelta(hours=6)),
        ("3d", timedelta(days=3)),
        (" 5m ", timedelta(minutes=5)),
    ],
)
def test_a_number_and_a_unit_are_a_span(text: str, span: timedelta) -> None:
    """A number and a unit are a span of time."""
    assert duration(text) == span


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "5 m", "1.5h", "5w", "90 minutes", "٥m"])
def test_anything_else_is_no_span(text: str) -> None:
    """Anything else is refused with an example of what would be right."""
    with pytest.raises(ValueError, match="90m"):
        duration(text)


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("90m", NOW - timedelta(minutes=90)),
        ("2024-05-01T09:30:00Z", datetime(2024, 5, 1, 9, 30, tzinfo=UTC)),
        ("2024-05-01t09:30:00z", datetime(2024, 5, 1, 9, 30, tzinfo=UTC)),
        ("2024-05-01T09:30:00.25+01:00", datetime(2024, 5, 1, 8, 30, 0, 250_000, tzinfo=UTC)),
    ],
)
def test_a_moment_is_a_time_or_a_span_back_from_now(text: str, when: datetime) -> None:
    """A moment is an RFC 3339 time or a span back from now, in UTC."""
    found = moment(text, NOW)

    assert found == when
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2024-05-01T09:30:00", "no time zone"),
        ("2024-05-01T12:00:01Z", "still to come"),
        ("2024-02-30T09:30:00Z", "no time that exists"),
        ("2024-05-01", "neither a time nor a span"),
        ("yesterday", "neither a time nor a span"),
        ("", "neither a time nor a span"),
        ("999999999d", "further back than the calendar"),
        ("700000d", "before the year 1900"),
        ("0999-12-31T23:59:59Z", "before the year 1900"),
        ("0001-01-01T00:00:00+14:00", "further back than the calendar"),
    ],
)
def test_what_is_no_moment_is_refused_with_the_reason(text: str, said: str) -> None:
    """A naive, future, impossible or nonsensical time is refused, and the message says which it is."""
    with pytest.raises(ValueError, match=said):
        moment(text, NOW)


def test_the_clock_tells_the_time_in_utc() -> None:
    """The clock tells an aware time in UTC, and seconds that never run backwards."""
    clock = SystemClock()
    before = clock.monotonic()
    clock.sleep(0)

    assert clock.now().tzinfo is UTC
    assert clock.monotonic() >= before

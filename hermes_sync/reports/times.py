"""Instants and ages as people read them; times are in UTC."""

from datetime import datetime, timedelta


def time_text(value: datetime | None) -> str:
    """Return an instant to the second, `never` for none."""
    return "never" if value is None else f"{value:%Y-%m-%d %H:%M:%S} UTC"


def age_text(value: datetime | None, now: datetime) -> str:
    """Return how long ago something was, in one unit, `never` for what was not."""
    if value is None:
        return "never"
    age = max(now - value, timedelta())
    for length, unit in ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min")):
        if age >= length:
            return f"{age / length:.0f} {unit} ago"
    return f"{age.total_seconds():.0f} s ago"

"""Times as the remotes write them, made RFC 3339 text in UTC with whole seconds: `2026-05-15T10:16:44Z`."""

from datetime import UTC, datetime

_EMPTY = ("0000-00-00", "-0001-11-30")
"""What Pipedrive stores for no date at all (facts 1.5)."""


def utc_text(stamp: str | float | None) -> str | None:
    """Return a time in the one form; a time without a zone is UTC, a number counts seconds since 1970.

    Raises ValueError for what is no time.
    """
    if stamp is None:
        return None
    if not isinstance(stamp, str):
        return _epoch_text(stamp)
    text = stamp.strip()
    if not text or text.startswith(_EMPTY):
        return None
    if text.isdigit():
        return _epoch_text(int(text))
    moment = datetime.fromisoformat(text)
    if text[-1] == "Z" and len(text) == len("2026-05-15T10:16:44Z") and text[10] == "T":
        return text
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return rfc_3339(moment)


def _epoch_text(seconds: float) -> str:
    try:
        return rfc_3339(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, OSError) as error:
        raise ValueError(f"{seconds} is no time") from error


def rfc_3339(moment: datetime) -> str:
    """Return an aware instant in the one form."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

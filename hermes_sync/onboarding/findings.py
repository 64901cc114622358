"""What a check found: fine, worth knowing, or wrong, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum

_LATER = (" The next pass tries again", "; the next pass tries again")
"""What remotes add for a pass, and what means nothing to who is setting up."""


class Verdict(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check says; `remedy` is what to do about it, None when there is nothing to do."""

    check: str
    verdict: Verdict
    message: str
    remedy: str | None = None


def ok(check: str, message: str) -> Finding:
    """Make a finding that all is well."""
    return Finding(check=check, verdict=Verdict.OK, message=printable(message))


def warning(check: str, message: str, remedy: str) -> Finding:
    """Make a finding that hermes-sync can live with."""
    return Finding(check=check, verdict=Verdict.WARNING, message=printable(message), remedy=printable(remedy))


def wrong(check: str, message: str, remedy: str | None = None) -> Finding:
    """Make a finding that keeps hermes-sync from working as it should."""
    shown = None if remedy is None else printable(remedy)
    return Finding(check=check, verdict=Verdict.WRONG, message=printable(message), remedy=shown)


def printable(text: str) -> str:
    """Return a text on one line, without characters that would steer a terminal or end a comment."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def plainly(error: Exception) -> str:
    """Return what an error says, without the advice that is meant for a pass."""
    said = str(error)
    for later in _LATER:
        said = said.removesuffix(later)
    return said.rstrip(" .")

"""How a pass ends: under which name, and what is counted of it for status, metrics and the pace of those to come."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Final

from hermes_sync.core.safety import UnsafePlan
from hermes_sync.cycle.outcome import CycleReport
from hermes_sync.ports import HermesSyncError, Usage
from hermes_sync.store import RuleCount, StaleDraft

INTERRUPTED: Final = ("Interrupted", 130)
"""Result and exit code of a pass that a person broke off, or whoever ended the process."""


def result_of(error: Exception) -> str:
    """Return the public name of what ended a pass; a remote may have finer ones of its own."""
    public = (HermesSyncError.__module__, UnsafePlan.__module__, StaleDraft.__module__)
    return next(one.__name__ for one in type(error).__mro__ if one.__module__ in public)


def spent(pipedrive: Usage, tc2: Usage) -> dict[str, object]:
    """Return what a pass cost its remotes."""
    return {
        "pipedrive_requests": pipedrive.requests,
        "pipedrive_tokens": pipedrive.tokens,
        "pipedrive_daily_limit": pipedrive.daily_limit,
        "pipedrive_daily_left": pipedrive.daily_left,
        "tc2_requests": tc2.requests,
    }


def rules(counted: Iterable[RuleCount]) -> Counter[str]:
    """Return how many actions and pushes each rule asked for, so that metrics need not count the journal."""
    asked: Counter[str] = Counter()
    for one in counted:
        asked[one.rule] += one.count
    return asked


def done(report: CycleReport) -> dict[str, object]:
    """Return what a pass did that came to its end."""
    return {
        **asdict(report.plan.summary),
        "deferred": report.deferred,
        "refused": report.refused,
        "outcomes": Counter(report.outcomes.values()),
        "seconds": round(report.seconds, 3),
    }

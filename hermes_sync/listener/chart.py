"""The last passes as a chart: how many changes each made and how it ended, as numbers that a template draws.

One bar a pass, the newest at the right; a pass that changed nothing has a stub, so that it can be seen that it ran.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from typing import Final

from hermes_sync.reports.story_text import COUNTED, History, count, seconds_of
from hermes_sync.store import PassRow

WIDTH: Final = 960
HEIGHT: Final = 140
"""The units of the drawing; it is scaled to the page."""
_STUB: Final = 3
_SLOTS: Final = 24
"""Of fewer passes the bars are as wide as of so many, and stand at the right."""
_LEGEND: Final = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One pass; `tone` is good, partly, bad or running, `said` what it came to in words."""

    pass_id: int
    x: float
    y: float
    width: float
    height: float
    tone: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the scale: so many changes."""

    y: float
    changes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What is drawn."""

    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    width: int = WIDTH
    height: int = HEIGHT


def chart_of(history: History) -> Chart:
    """Return the chart of passes that are given newest first; the scale is logarithmic, as changes are."""
    shown = list(reversed(history.passes))
    top = max((_changes(one) for one in shown), default=1)
    slots = max(len(shown), _SLOTS)
    step, empty = WIDTH / slots, slots - len(shown)
    bars = []
    for number, one in enumerate(shown):
        height = max(_STUB, _scaled(_changes(one), top))
        bars.append(
            Bar(
                pass_id=one.id,
                x=round((empty + number) * step + step * 0.1, 2),
                y=round(HEIGHT - height, 2),
                width=round(step * 0.8, 2),
                height=round(height, 2),
                tone=tone_of(one, history),
                said=_said(one, history),
            )
        )
    lines = [Line(y=round(HEIGHT - _scaled(many, top), 2), changes=many) for many in _LEGEND if many <= max(top, 1)]
    return Chart(bars=tuple(bars), lines=tuple(lines))


def tone_of(one: PassRow, history: History) -> str:
    """Return how a pass went, in one word: good, partly (exit 5), bad or running."""
    if history.state_of(one) == "running":
        return "running"
    return {0: "good", 5: "partly"}.get(-1 if one.exit_code is None else one.exit_code, "bad")


def _changes(one: PassRow) -> int:
    return sum(count(one, key) for key in ("create", "update", "delete", "push"))


def _scaled(changes: int, top: int) -> float:
    return 0.0 if changes <= 0 else (HEIGHT - 12) * (log10(changes) + 0.3) / (log10(max(top, 1)) + 0.3)


def _said(one: PassRow, history: History) -> str:
    parts = _parts(one)
    took = seconds_of(one)
    lasted = "" if took is None else f", {took:.1f} s"
    state = history.state_of(one)
    ended = f"exit {one.exit_code}" if state == "ended" else state
    return f"Pass {one.id}, {one.started_at:%d %b %H:%M:%S} UTC{lasted}: {', '.join(parts) or 'no changes'} ({ended})"


def _parts(one: PassRow) -> Sequence[str]:
    return [f"{count(one, key)} {word}" for key, word in COUNTED if count(one, key)]

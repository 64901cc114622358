"""How a pass says how far it is."""

import io
import logging

import pytest
from rich.console import Console
from rich.progress import Progress

from hermes_sync.reports.progress import BarProgress, progress_on


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_a_pipe_gets_no_bar(caplog: pytest.LogCaptureFixture) -> None:
    """Without a terminal each step is logged once and nothing is drawn."""
    stream = io.StringIO()
    with caplog.at_level(logging.INFO, "hermes_sync"), progress_on(stream) as progress:
        progress.report("reading organizations", 500)
        progress.report("reading organizations", 1000)
        progress.report("planning", 1, 3)

    assert stream.getvalue() == ""
    assert caplog.messages == ["reading organizations", "planning: 1 of 3"]


def test_a_terminal_gets_a_bar_that_is_gone_at_the_end() -> None:
    """On a terminal the steps are shown while they run."""
    stream = Terminal()
    with progress_on(stream) as progress:
        progress.report("reading organizations", 500)
        progress.report("planning", 1, 3)

    assert "planning" in stream.getvalue()


def test_a_step_that_is_over_is_full() -> None:
    """When the next step begins the bar before it is full, also when nobody knew how much there was."""
    bars = Progress(console=Console(file=io.StringIO()))
    progress = BarProgress(bars)
    progress.report("reading", 500)
    progress.report("planning", 1, 3)
    reading, planning = bars.tasks

    assert (reading.completed, reading.total) == (500, 500)
    assert (planning.completed, planning.total) == (1, 3)

"""How far a pass is: bars on a terminal, and otherwise one log line for each step."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from hermes_sync.ports import Progress

_LOG = logging.getLogger(__name__)


@contextmanager
def progress_on(stream: TextIO) -> Iterator[Progress]:
    """Yield what a pass reports its progress to; bars are gone when the context ends."""
    if not stream.isatty():
        yield LoggedProgress()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(file=stream), transient=True) as bars:
        yield BarProgress(bars)


class LoggedProgress:
    """Says once that a step has begun."""

    def __init__(self) -> None:
        self._step = ""

    def report(self, step: str, done: int, total: int | None = None) -> None:
        """Log a step that is new."""
        if step != self._step:
            self._step = step
            _LOG.info("%s", step if total is None else f"{step}: {done} of {total}")


class BarProgress:
    """Shows a bar for each step, with what is done and an estimate of the time left."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._step: str | None = None

    def report(self, step: str, done: int, total: int | None = None) -> None:
        """Move the bar of a step; the step before it is over."""
        if step not in self._tasks:
            self._tasks[step] = self._bars.add_task(step, total=total)
        if self._step is not None and step != self._step:
            self._finish(self._tasks[self._step])
        self._step = step
        self._bars.update(self._tasks[step], completed=done, total=total)

    def _finish(self, task: TaskID) -> None:
        done = next(one.completed for one in self._bars.tasks if one.id == task)
        self._bars.update(task, total=done)
        self._bars.stop_task(task)

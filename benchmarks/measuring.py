"""What the benchmarks share: processes of their own, what is counted in them, and the line that each one prints.

CPU time is that of the whole process, user and system, in seconds; on a busy machine it grows, but much less than
wall time. Memory is the peak of the resident set in megabytes (10**6 bytes).
"""

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Engine, event

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figure:
    """Something measured, the most that it may be, or the least; a figure without either is only told."""

    what: str
    value: float
    limit: float | None = None
    unit: str = ""
    least: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether it is more than it may be, or less."""
        return (self.limit is not None and self.value > self.limit) or (
            self.least is not None and self.value < self.least
        )

    def __str__(self) -> str:
        limit = "" if self.limit is None else f" (limit {_said(self.limit, self.unit)})"
        least = "" if self.least is None else f" (at least {_said(self.least, self.unit)})"
        return f"{self.what} {_said(self.value, self.unit)}{limit}{least}{' OVER' if self.is_over else ''}"


def _said(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:.2f}"
    return f"{number} {unit}".rstrip()


def finish(name: str, *figures: Figure) -> None:
    """Print the line of a benchmark and end the process: 1 when a figure is over its limit, else 0."""
    over = any(figure.is_over for figure in figures)
    print(f"{'OVER' if over else 'ok':4} {name}: {'; '.join(map(str, figures))}", flush=True)
    sys.exit(1 if over else 0)


def apart(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in a new process, so that its memory and CPU time are its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()


def cpu_seconds() -> float:
    """Return the CPU time that this process took since it started, imports included."""
    return time.process_time()


def peak_megabytes() -> float:
    """Return the most memory that this process ever had resident."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says here begins with the size of the process that started this one
        kibibytes = next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(kibibytes) * 1024 / 1e6
    in_bytes = sys.platform == "darwin"
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if in_bytes else 1024) / 1e6


@dataclass(slots=True)
class Stopwatch:
    """Adds up the CPU time of the stretches that it is asked to watch."""

    seconds: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the CPU time of a `with` block."""
        start = time.process_time()
        try:
            yield
        finally:
            self.seconds += time.process_time() - start


class Silent:
    """A progress that nobody watches."""

    def report(self, step: str, done: int, total: int | None = None) -> None:
        """Say nothing."""


@dataclass(slots=True)
class Statements:
    """SQL statements sent to any database of this process: the store's and the draft's."""

    said: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.said)


@contextmanager
def counted_statements() -> Iterator[Statements]:
    """Count SQL statements in a `with` block; one with many rows of parameters is one."""
    statements = Statements()

    def note(*said: Any) -> None:  # noqa: ANN401  # SQLAlchemy's own signature
        statements.said.append(said[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)

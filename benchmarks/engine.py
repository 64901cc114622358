"""The whole engine on a database in a temporary folder, put together by the product's own composition root."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import Silent
from twins import Twins

from hermes_sync import bootstrap
from hermes_sync.cycle import Scope, Summary
from hermes_sync.settings import Settings, load_settings
from hermes_sync.store import SqlStore

MINUTE_AND_A_HALF = 90.0
"""Seconds from one pass to the next: more than the overlap in which a pass looks back."""


class LeapingClock:
    """A clock whose sleeper does not wait: what is slept is added to the time."""

    def __init__(self) -> None:
        self._offset = timedelta()

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        return datetime.now(UTC) + self._offset  # noqa: TID251  # the clock of the benchmarks

    def monotonic(self) -> float:
        """Return the time as seconds."""
        return self.now().timestamp()

    def sleep(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self._offset += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Done:
    """What a pass came to."""

    summary: Summary
    requests: int
    """To Pipedrive."""
    exit_code: int

    @property
    def is_idle(self) -> bool:
        """Whether it found nothing to do."""
        return self.summary == Summary(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Engine:
    """Runs passes of the product against twins that are served elsewhere."""

    twins: Twins
    settings: Settings
    store: SqlStore
    clock: LeapingClock

    def reconcile(self) -> Done:
        """Run one ordinary pass with remotes of its own, as a new process would."""
        with (
            bootstrap.cycle_on(self.settings, self.store, self.clock) as cycle,
            cycle.reconcile(Scope(), Silent()) as report,
        ):
            return Done(report.plan.summary, report.pipedrive.requests, report.exit_code)

    def wait(self, seconds: float = MINUTE_AND_A_HALF) -> None:
        """Let time pass, here and for the twins."""
        self.clock.sleep(seconds)
        self.twins.control.advance(seconds)


@contextmanager
def engine_on(twins: Twins) -> Iterator[Engine]:
    """Put the engine together on an empty database with the newest schema."""
    with TemporaryDirectory(prefix="hermes-sync-benchmark-") as folder:
        config = Path(folder) / "config.toml"
        database = f"sqlite:///{Path(folder) / 'hermes.db'}"
        config.write_text(twins.config.replace('"sqlite://"', f'"{database}"'), encoding="utf-8")
        settings = load_settings(config, environment=False)
        with bootstrap.store_to_write(settings) as store:
            yield Engine(twins, settings, store, LeapingClock())

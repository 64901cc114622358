"""The process that runs passes when its database fails it, or another daemon takes its lease."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Final

import pytest

from hermes_sync import bootstrap
from hermes_sync.clock import SystemClock
from hermes_sync.cycle.lease_keeper import TTL
from hermes_sync.daemon.line import Line
from hermes_sync.daemon.runner import LOOK_EVERY, Runner
from hermes_sync.daemon.stopping import Stop, StoppableClock
from hermes_sync.daemon.work import answering
from hermes_sync.ports import StoreUnavailable
from hermes_sync.sandbox import Incoming
from hermes_sync.settings import load_settings
from hermes_sync.store import RIGHT_TO_SCHEDULE, SqlStore
from hermes_sync.store.spending import Spending
from tests.daemon.conftest import ROOT, Place, is_running, until


class Recorder(Line):
    """A line on which nobody listens."""

    def __init__(self) -> None:
        self.breaths = 0

    def say(self, word: str) -> None:
        """Say nothing."""

    def breathe(self) -> None:
        """Count the signs of life."""
        self.breaths += 1


class Stumbling(SqlStore):
    """A store that doesn't answer once, when the daemon has just taken its lease."""

    asked = 0

    def spending(self, since: datetime) -> Spending:
        """Return what was spent, but for the second time."""
        self.asked += 1
        if self.asked == 2:
            raise StoreUnavailable("the database does not answer")
        return super().spending(since)


@contextmanager
def running(place: Place, kind: type[SqlStore]) -> Iterator[tuple[SqlStore, Recorder]]:
    """Run passes on a store until the block ends."""
    settings, stop, line = load_settings(place.config(), environment=False), Stop(), Recorder()
    with kind.open(place.database_url) as store, bootstrap.cycle_on(settings, store, StoppableClock(stop)) as cycle:
        runner = Runner(settings=settings, store=store, cycle=cycle, clock=SystemClock(), stop=stop, line=line)
        thread = Thread(target=runner.run, args=(lambda: False,))
        thread.start()
        try:
            yield store, line
        finally:
            stop.set()
            thread.join(60)
        assert not thread.is_alive()


def test_a_database_that_fails_as_the_daemon_becomes_active_costs_a_moment(place: Place) -> None:
    """The lease without passes is given back, and taken again with them."""
    with running(place, Stumbling) as (store, _):
        until(lambda: store.population()["pipeline"])


def test_a_daemon_that_loses_its_lease_in_a_pass_shows_that_it_lives(place: Place) -> None:
    """The pass goes on to its end, and meanwhile nobody takes the process for one that is stuck."""
    asked, may_answer = Event(), Event()

    def hold(_incoming: Incoming) -> None:
        asked.set()
        assert may_answer.wait(60)

    place.sandbox.tc2.before_request = hold
    with running(place, SqlStore) as (store, line):
        assert asked.wait(60)
        now = SystemClock().now()
        lease = store.current_lease(now, RIGHT_TO_SCHEDULE)
        assert lease is not None
        store.release_lease(lease)
        store.acquire_lease(holder="another", now=now, ttl=timedelta(minutes=5), name=RIGHT_TO_SCHEDULE)
        before = line.breaths
        until(lambda: line.breaths > before + 3 * TTL.total_seconds() * LOOK_EVERY)  # it is renewed three times a TTL
        assert store.population()["pipeline"] == 0
        may_answer.set()
        until(lambda: store.population()["pipeline"])


def test_what_nobody_expects_is_told_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    """The text of an error may hold what a caller sent; the log says what kind it was and where it arose."""
    with pytest.raises(SystemExit), answering():
        raise ValueError("mary@example.com")

    assert "ValueError" in caplog.text
    assert "test_runner.py" in caplog.text
    assert "mary" not in caplog.text


_HANGS: Final = """
import os, signal
from hermes_sync.daemon.work import end_with

above, child = os.getpid(), os.fork()
if child == 0:
    end_with(above, 0.1)
    while True:
        signal.pause()
print(child, flush=True)
"""


def test_a_process_that_hangs_ends_after_the_one_above_it() -> None:
    """Nobody is left to end it, and a lease that it renews would keep every other daemon from passes."""
    with subprocess.Popen([sys.executable, "-c", _HANGS], cwd=ROOT, stdout=subprocess.PIPE, text=True) as above:
        assert above.stdout is not None
        child = int(above.stdout.readline())

    until(lambda: not is_running(child))

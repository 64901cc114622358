"""Taking over from a daemon that is not there any more: on another machine when its lease runs out, here at once."""

import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from hermes_sync.clock import SystemClock
from hermes_sync.cycle import LeaseKeeper
from hermes_sync.cycle.lease_keeper import TTL
from hermes_sync.ports import LeaseHeld
from hermes_sync.store import RIGHT_TO_SCHEDULE, SqlStore
from tests.daemon.conftest import PATIENCE
from tests.store.passes import NOON


@dataclass
class Hand(SystemClock):
    """A clock that is moved by hand."""

    at: datetime = NOON

    def now(self) -> datetime:
        """Return the time that it was moved to."""
        return self.at


def test_the_lease_of_another_machine_is_taken_over_when_it_runs_out(store: SqlStore) -> None:
    """Nobody knows whether the other lives; without a sign of life it has less than twenty seconds."""
    clock = Hand()
    store.acquire_lease(holder="elsewhere", now=NOON, ttl=TTL, name=RIGHT_TO_SCHEDULE)
    keeper = LeaseKeeper(store, clock, RIGHT_TO_SCHEDULE)
    clock.at = NOON + TTL - timedelta(seconds=1)
    with pytest.raises(LeaseHeld, match="elsewhere"):
        keeper.take()
    clock.at = NOON + TTL
    keeper.take()

    assert timedelta(seconds=20) > TTL
    assert keeper.held().holder != "elsewhere"
    keeper.release()
    assert store.current_lease(clock.at, RIGHT_TO_SCHEDULE) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a process started")
def test_the_lease_of_a_dead_process_of_this_machine_is_taken_over_at_once(store: SqlStore, database_url: str) -> None:
    """It need not run out first: that its holder is no more can be seen."""
    program = (
        "import os, sys\n"
        "from hermes_sync.clock import SystemClock\n"
        "from hermes_sync.cycle import LeaseKeeper\n"
        "from hermes_sync.store import SqlStore\n"
        "LeaseKeeper(SqlStore.open(sys.argv[1]), SystemClock(), 'daemon').take()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", program, database_url], timeout=PATIENCE, check=False)
    dead = store.current_lease(SystemClock().now(), RIGHT_TO_SCHEDULE)
    assert dead is not None
    keeper = LeaseKeeper(store, SystemClock(), RIGHT_TO_SCHEDULE)
    keeper.take()

    assert keeper.held().holder != dead.holder
    keeper.release()

"""A pass ends where it says how far it is, and where it waits."""

import os
import signal
import threading

import pytest

from hermes_sync.daemon.stopping import Stop, StoppableClock, StoppableProgress
from hermes_sync.ports import Stopped
from tests.daemon.conftest import PATIENCE


def test_who_waits_is_woken() -> None:
    """A pause before another try, or for a rate limit, does not hold up the end."""
    stop = Stop()
    clock, ended = StoppableClock(stop), threading.Event()

    def wait() -> None:
        with pytest.raises(Stopped):
            clock.sleep(PATIENCE * 100)
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    stop.set()

    assert ended.wait(PATIENCE)


def test_who_is_not_stopped_goes_on() -> None:
    """Without a signal a wait is a wait, and a report a report."""
    stop = Stop()
    StoppableClock(stop).sleep(0.001)
    StoppableProgress(stop).report("reading", 1, 2)

    assert not stop.is_set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops(number: signal.Signals) -> None:
    """The next thing that a pass says is its last."""
    usual = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    stop = Stop()
    try:
        stop.listen()
        os.kill(os.getpid(), number)
    finally:
        for one, handler in usual.items():
            signal.signal(one, handler)

    assert stop.is_set()
    with pytest.raises(Stopped, match="told to stop"):
        StoppableProgress(stop).report("reading", 1)
    with pytest.raises(Stopped):
        StoppableClock(stop).sleep(0)

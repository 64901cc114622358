"""An hour without Pipedrive, in which many people book: the passes that run anyway bring all of it there, unforced."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from hermes_sync.core.pace import Pace
from hermes_sync.core.safety import Limits
from hermes_sync.daemon.turns import Turns
from hermes_sync.ports import RemoteUnavailable
from hermes_sync.sandbox import Fault
from tests.cycle.bookings import START, book, in_step, made
from tests.cycle.rig import Rig
from tests.cycle.test_floods import daemon_on, turn

MANY: Final = 30
DOWN: Final = {
    "nothing gets through": Fault(path="/api/", status=503, times=None),
    "nothing is heard": Fault(path="/api/", effect="cut", carried_out=True, times=None),
    "nothing can be written": Fault(method="POST", path="/api/", status=503, times=None),
}


@pytest.mark.parametrize("weather", DOWN)
def test_what_is_booked_in_an_hour_without_pipedrive_gets_there_without_force(rig: Rig, weather: str) -> None:
    """Four times as many creates as a pass may plan: no pass is refused, each object is made once, none is left."""
    in_step(rig)
    rig.configure(limits=replace(Limits(), max_creates=30))
    pace = Pace(interval=timedelta(minutes=3), budget=30_000, for_polling=15_000, cost=60)
    turns = Turns(shortest=timedelta(minutes=3), sweep_per_pass=90, pace=pace)
    rig.pd.faults.add(DOWN[weather])
    with daemon_on(rig) as cycle:
        for number in range(MANY):
            who = {"name": f"Caller {number}", "email": f"c{number}@example.com", "phone": f"020 7946 10{number:02}"}
            book(rig, **who, company_name=f"Company {number}", start=START + timedelta(days=number))
            _try(rig, lambda: turn(rig, cycle, turns, is_early=True))
        assert rig.store.waiting().bookings == MANY, "both those that are planned and those that are not"
        rig.pd.faults.clear()
        passes = 0
        while rig.store.waiting().bookings and passes < 60:
            passes += 1
            turn(rig, cycle, turns)

    assert rig.store.waiting().bookings == 0, f"after {passes} passes"
    rig.settle()
    assert made(rig) == {"organization": MANY, "person": MANY, "deal": MANY, "activity": MANY}
    assert rig.store.open_pushes() == []


def _try(rig: Rig, run: Callable[[], object]) -> None:
    """Run a pass that may find Pipedrive away; then some time goes by."""
    try:
        run()
    except RemoteUnavailable:
        rig.sandbox.clock.advance(120)

"""Floods of webhooks: whoever books waits for none of them, TC2 sees few requests in a minute, no hint is lost."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

import pytest

from hermes_sync.core.pace import Pace
from hermes_sync.core.records import Ref, RemoteKind, System
from hermes_sync.cycle import Cycle, CycleReport, Scope
from hermes_sync.cycle.hinted import WHILE_BOOKED
from hermes_sync.daemon.turns import DEBOUNCE, TC2_PER_MINUTE, Turns
from hermes_sync.sandbox import Fault, Incoming
from tests.cycle.bookings import book, in_step, made, pending
from tests.cycle.rig import Rig, Silent

ORG, DEAL, CLIENT = RemoteKind.ORGANIZATION, RemoteKind.DEAL, RemoteKind.CLIENT
ONCE: Final = {"organization": 1, "person": 1, "deal": 1, "activity": 1}
MINUTE: Final = 60.0


def flood(rig: Rig, kind: RemoteKind, many: int, first: int = 1000) -> None:
    """Have webhooks name so many objects, one after the other."""
    rig.store.hint([Ref(kind, first + number) for number in range(many)], rig.clock.now())


def left(rig: Rig) -> set[Ref]:
    """Return what is still hinted at."""
    return {hint.ref for hint in rig.store.hints()}


@contextmanager
def daemon_on(rig: Rig) -> Iterator[Cycle]:
    """Yield a cycle with the connection to TC2 of a daemon, which lasts from pass to pass."""
    tc2 = rig.tc2_remote(per_minute=TC2_PER_MINUTE)
    with rig.cycle() as cycle, closing(tc2):
        cycle.tc2.close()
        cycle.tc2 = tc2
        yield cycle


def turn(rig: Rig, cycle: Cycle, turns: Turns, *, is_early: bool = False) -> CycleReport:
    """Run the pass whose turn it is, and let the time go by until the next one, as the daemon does."""
    now = rig.clock.monotonic()
    scope = turns.scope(now, is_early=is_early)
    with cycle.reconcile(scope, Silent(), interval=turns.pace.interval) as report:
        turns.begin(scope, now)
    delay = turns.delay(rig.clock.monotonic())
    if report.again_in is not None:
        delay = min(delay, max(report.again_in, DEBOUNCE))
    rig.sandbox.clock.advance(delay)
    return report


def busiest_minute(times: list[float]) -> int:
    """Return how many of these fall into the fullest minute, wherever it begins."""
    return max(sum(start <= one < start + MINUTE for one in times) for start in times)


def test_a_booking_in_the_middle_of_a_flood_is_in_the_pass_that_runs(rig_on_both: Rig) -> None:
    """No more hints are read once it has come; those that are left are read by a pass that follows at once."""
    rig = rig_on_both
    in_step(rig)
    flood(rig, ORG, 20)

    def call(incoming: Incoming) -> None:
        if incoming.path.endswith("/1004"):
            rig.pd.before_request = None
            book(rig)

    rig.pd.before_request = call
    with rig.cycle() as cycle, cycle.reconcile(Scope(hinted_only=True, sweep=0), Silent()) as report:
        assert report.again_in == 0.0

    assert (pending(rig), made(rig)) == ([], ONCE)
    assert left(rig) == {Ref(ORG, 1000 + number) for number in range(5, 20)}


def test_a_booking_in_the_middle_of_the_rolling_reading_is_not_kept_waiting(rig: Rig) -> None:
    """The cligencies that were to be read again can wait."""
    for number in range(1, 21):
        rig.tc2.create_client(None, id=number, last_name="Lane")
    in_step(rig)
    rig.tc2.log.clear()

    def call(_incoming: Incoming) -> None:
        rig.tc2.before_request = None
        book(rig)

    rig.tc2.before_request = call
    rig.reconcile(hinted_only=True, sweep=20)

    assert (pending(rig), made(rig)) == ([], ONCE)
    assert len(rig.tc2.log.reads()) == 1


def test_a_booking_waits_for_few_hints_even_if_it_was_there_first(rig: Rig) -> None:
    """However many wait, the pass that it brings forward reads two seconds' worth of them."""
    in_step(rig)
    flood(rig, ORG, 500)
    flood(rig, CLIENT, 500)
    book(rig)
    rig.pd.log.clear()
    rig.tc2.log.clear()
    rig.reconcile(hinted_only=True, sweep=0)

    assert (pending(rig), made(rig)) == ([], ONCE)
    assert len(rig.tc2.log.reads()) == WHILE_BOOKED[System.TC2]
    assert len(rig.pd.log.reads()) == WHILE_BOOKED[System.PIPEDRIVE]


def test_a_flood_is_worked_off_below_sixty_requests_to_tc2_in_any_minute(rig: Rig) -> None:
    """With the list, the rolling reading, retries and writes; no hint is lost, and no pass runs for nothing."""
    for number in range(1, 121):
        agency = {"id": number, "name": f"Agency {number}", "status": "trial"}
        rig.pd.create("organization", id=number, name=f"Agency {number}", owner_id=99)
        rig.tc2.create_client(agency, id=number, extra_attrs={"pipedrive_id": str(number)}, last_name="Lane")
    for _ in range(3):
        rig.reconcile(force=True)
    rig.settle()
    for number in range(1, 121):
        rig.tc2.edit_client(number, agency={"status": "active"})
        rig.pd.edit("organization", number, name=f"Tutors {number}")
    flood(rig, CLIENT, 120, first=1)
    flood(rig, ORG, 300, first=1)
    rig.tc2.faults.add(Fault(path="/api/clients/7/$", status=503, times=2))
    rig.tc2.log.clear()
    pace = Pace(interval=rig.settings.overlap * 6, budget=30_000, for_polling=15_000, cost=60)
    turns = Turns(shortest=rig.settings.overlap * 3, sweep_per_pass=90, pace=pace)
    began, idle, passes = rig.clock.monotonic(), 0, 0
    with daemon_on(rig) as cycle:
        while left(rig) or passes < 5:
            before = left(rig)
            passes += 1
            report = turn(rig, cycle, turns)
            idle += bool(before) and left(rig) == before and not report.plan.summary.push and not report.tc2.requests

    times = [entry.time for entry in rig.tc2.log.entries()]
    assert busiest_minute(times) <= TC2_PER_MINUTE < 60
    minutes = (rig.clock.monotonic() - began) / MINUTE
    assert minutes < 20
    assert idle <= minutes + 2, "the next pass waits for the minute rather than look again and again"
    assert [row for row in rig.every("companies") if row["tc2_status"] != "active"] == []
    assert [row for row in rig.every("companies") if not str(row["name"]).startswith("Tutors")] == []
    rig.settle()


@pytest.mark.parametrize("kind", [ORG, CLIENT], ids=str)
def test_what_can_not_be_read_goes_behind_the_others_and_stops_no_booking(rig: Rig, kind: RemoteKind) -> None:
    """One object that its remote can't say: bookings go on to Pipedrive, the others are read, and its hint stays."""
    in_step(rig)
    flood(rig, kind, 1)
    rig.sandbox.clock.advance(1)
    flood(rig, kind, 1, first=2000)
    remote = rig.tc2 if kind is CLIENT else rig.pd
    fault = Fault(path="/1000/?$", status=503, times=None)
    remote.faults.add(fault)
    book(rig)
    done = rig.reconcile(hinted_only=True, sweep=0)
    assert (pending(rig), made(rig)) == ([], ONCE)
    assert "hint-unread" in done.codes
    assert left(rig) == {Ref(kind, 1000)}

    rig.reconcile(hinted_only=True, sweep=0)
    assert left(rig) == {Ref(kind, 1000)}
    remote.faults.clear()
    rig.reconcile(hinted_only=True, sweep=0)
    assert left(rig) == set()


def test_what_is_named_again_and_again_keeps_its_place(rig_on_both: Rig) -> None:
    """It neither pushes in front of the others, nor do others that are named push in front of it."""
    rig = rig_on_both
    for number in (1, 2, 3, 1, 2, 1):
        rig.sandbox.clock.advance(1)
        rig.store.hint([Ref(DEAL, number)], rig.clock.now())
    assert [(hint.ref.id, hint.count) for hint in rig.store.hints()] == [(1, 3), (2, 2), (3, 1)]


def test_writes_to_tc2_wait_for_its_minute_only_while_nobody_books(rig: Rig) -> None:
    """A bulk edit in Pipedrive uses the minute up; a booking that comes in does not wait for the next ones."""
    for number in range(1, 101):
        agency = {"id": number, "name": f"Agency {number}", "status": "trial"}
        rig.pd.create("organization", id=number, name=f"Agency {number}", owner_id=99)
        rig.pd.create("deal", id=number, title="Deal", org_id=number, owner_id=99, pipeline_id=1, stage_id=1)
        rig.tc2.create_client(agency, id=number, extra_attrs={"pipedrive_id": str(number)}, last_name="Lane")
    rig.reconcile(force=True)
    rig.settle()
    for number in range(1, 101):
        rig.pd.edit("deal", number, stage_id=2)
    written = []

    def call(incoming: Incoming) -> None:
        if incoming.method == "POST":
            written.append(incoming.path)
            if len(written) == 30:
                book(rig)

    rig.tc2.before_request = call
    with daemon_on(rig) as cycle:
        began = rig.clock.monotonic()
        with cycle.reconcile(Scope(sweep=0), Silent(), interval=rig.settings.overlap) as report:
            reasons = {push.reason for push in rig.store.open_pushes()}
            assert reasons == {"a booking goes first, and TC2 allows no more requests in this minute"}
            assert report.exit_code == 5
        assert rig.clock.monotonic() - began < 10
        with cycle.reconcile(Scope(hinted_only=True, sweep=0), Silent(), interval=rig.settings.overlap):
            assert (pending(rig), made(rig)["activity"]) == ([], 1)

    rig.settle()
    assert len(written) == 100
    assert rig.store.open_pushes() == []

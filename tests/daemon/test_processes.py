"""The daemon's processes: told to stop, killed, standing by, told wrong things."""

import json
import os
import signal
import socket
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psycopg
import pytest

from hermes_sync.clock import SystemClock
from hermes_sync.core.records import Ref, RemoteKind
from hermes_sync.sandbox import Answer, Incoming
from hermes_sync.store import SqlStore
from tests.daemon.conftest import PATIENCE, Daemon, Place, is_running, until

ACTIVE = "active: polls every"


def sign_up(place: Place, *numbers: int) -> None:
    """Have cligencies sign up in TC2: each becomes an Org and a Person in Pipedrive."""
    for number in numbers:
        recipients = [{"id": 100 + number, "first_name": "Mary", "last_name": f"Booth{number}"}]
        place.sandbox.tc2.create_client(
            {"id": number, "name": f"Agency {number}", "status": "trial"}, id=number, recipients=recipients
        )


def assert_each_is_there_once(place: Place, *numbers: int) -> None:
    """Assert that passes come to rest, with one Org and one Person for every cligency."""
    for _ in range(3):
        if place.run("diff").returncode == 2:
            assert place.run("reconcile").returncode == 0  # reads back what Pipedrive made of it, such as an owner
    orgs = Counter(row["name"] for row in place.sandbox.pipedrive.all("organization"))
    persons = Counter(row["name"] for row in place.sandbox.pipedrive.all("person"))
    assert orgs == {f"Agency {number}": 1 for number in numbers}
    assert persons == {f"Mary Booth{number}": 1 for number in numbers}
    assert place.run("diff").returncode == 0


def test_sigterm_ends_an_idle_daemon(place_on_both: Place) -> None:
    """All its processes end, with 0, and its lease is given back."""
    daemon = place_on_both.daemon()
    daemon.waits_for("exit 0")
    daemon.waits_for("listening on")
    family = daemon.family()
    assert len(family) == 3

    assert daemon.stop() == 0
    assert not any(is_running(pid) for pid in family)
    with SqlStore.open(place_on_both.database_url) as store:
        assert store.current_lease(place_on_both.passes()[0].started_at, "daemon") is None


def test_sigterm_in_the_middle_of_reading_ends_the_pass(place: Place) -> None:
    """The pass is written down as stopped, nothing of it is applied, and the next one does it all."""
    sign_up(place, 1, 2)
    is_reading, may_go_on = threading.Event(), threading.Event()

    def hold(incoming: Incoming) -> None:
        if incoming.path == "/api/v2/persons":
            is_reading.set()
            may_go_on.wait(PATIENCE)

    place.sandbox.pipedrive.before_request = hold
    daemon = place.daemon(enabled=False)
    assert is_reading.wait(PATIENCE)
    daemon.process.send_signal(signal.SIGTERM)
    daemon.waits_for("stopping")
    may_go_on.set()

    assert daemon.process.wait(PATIENCE) == 0
    (only,) = place.passes()
    assert only.result == "Stopped"
    assert place.sandbox.pipedrive.log.writes() == []
    place.sandbox.pipedrive.before_request = None
    assert place.run("reconcile").returncode == 0
    assert_each_is_there_once(place, 1, 2)


def test_sigterm_in_the_middle_of_pushing_settles_what_is_under_way(place: Place) -> None:
    """What was sent is settled, the rest waits, and the next pass sends it: nothing is lost or made twice."""
    numbers = tuple(range(1, 31))
    sign_up(place, *numbers)
    daemons: list[Daemon] = []
    is_told, may_go_on = threading.Lock(), threading.Event()

    def tell(incoming: Incoming, _answer: Answer) -> None:
        """Hold back the answers to what is under way until the process that runs passes knows as well."""
        if incoming.method != "POST":
            return
        if is_told.acquire(blocking=False):
            daemons[0].process.send_signal(signal.SIGTERM)
            daemons[0].waits_for("stopping")
            SystemClock().sleep(1)
            may_go_on.set()
        may_go_on.wait(PATIENCE)

    place.sandbox.pipedrive.after_request = tell
    daemons.append(place.daemon(enabled=False))

    assert daemons[0].process.wait(PATIENCE) == 0
    (only,) = place.passes()
    assert only.result == "Stopped"
    with SqlStore.open(place.database_url) as store:
        states = Counter(push.state for push in store.open_pushes())
    made = len(place.sandbox.pipedrive.all("organization"))
    assert 0 < made < len(numbers)
    assert set(states) == {"planned"}
    place.sandbox.pipedrive.after_request = None
    assert place.run("reconcile").returncode == 0
    assert_each_is_there_once(place, *numbers)


def test_a_second_daemon_stands_by_and_takes_over(place_on_both: Place) -> None:
    """While one is active the other runs no pass; when all of the first is killed the second goes on."""
    first = place_on_both.daemon(enabled=False)
    first.waits_for("exit 0")
    second = place_on_both.daemon(enabled=False)
    second.waits_for("standing by: another daemon is active")
    assert ACTIVE not in second.said()
    first.kill()

    second.waits_for(ACTIVE)
    second.waits_for("exit 0")
    assert second.stop() == 0


def test_the_listener_of_a_standby_daemon_waits_for_the_port(place: Place) -> None:
    """Two daemons of one machine share a config: the second listener serves as soon as the first is gone."""
    first = place.daemon()
    first.waits_for("listening on")
    second = place.daemon(port=first.port)
    second.waits_for(f"port {first.port} of 127.0.0.1 is taken")
    first.kill()

    second.waits_for("listening on")
    assert httpx.get(f"http://127.0.0.1:{first.port}/healthz", timeout=PATIENCE).status_code == 200
    assert second.stop() == 0


@pytest.mark.parametrize("which", [1, 2], ids=["the process that runs passes", "the listener"])
def test_what_dies_is_started_anew(place: Place, which: int) -> None:
    """A killed process under the supervisor comes back, with the other one, and everything goes on."""
    daemon = place.daemon()
    daemon.waits_for("listening on")
    daemon.waits_for(ACTIVE)
    before = daemon.family()
    os.kill(before[which], signal.SIGKILL)

    daemon.waits_for("starting them anew")
    daemon.waits_for(ACTIVE, 2)
    daemon.waits_for("listening on", 2)
    after = daemon.family()
    assert after[0] == before[0]
    assert not {*after[1:]} & {*before[1:]}
    assert daemon.stop() == 0


def test_nobody_outlives_the_supervisor(place: Place) -> None:
    """When it is killed those below it end by themselves, and give back the lease and the port."""
    daemon = place.daemon()
    daemon.waits_for("listening on")
    daemon.waits_for("exit 0")
    supervisor, *others = daemon.family()
    os.kill(supervisor, signal.SIGKILL)
    daemon.process.wait(PATIENCE)

    until(lambda: not any(is_running(pid) for pid in others), daemon.said)
    again = place.daemon(port=daemon.port)
    again.waits_for(ACTIVE)
    again.waits_for("listening on")
    assert again.stop() == 0


def test_a_pass_from_a_shell_and_the_daemon_take_turns(place: Place) -> None:
    """While `reconcile` has the lease of a pass the daemon tries again soon, and comes to its own."""
    with SqlStore.open(place.database_url) as store:
        keeper = store.acquire_lease(holder="a shell", now=datetime.now(UTC), ttl=timedelta(hours=1))  # noqa: TID251
        daemon = place.daemon(enabled=False)
        daemon.waits_for("another pass is running on this database")
        store.release_lease(keeper)

    daemon.waits_for("exit 0")
    assert daemon.stop() == 0


def test_systemd_hears_how_it_is(place: Place) -> None:
    """READY when passes run and the listener listens, a sign for the watchdog, STOPPING at the end."""
    with TemporaryDirectory(prefix="hs-") as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(Path(folder) / "notify"))
        systemd.settimeout(PATIENCE)
        heard: list[str] = []

        def hear(word: str) -> None:
            while not any(word in one for one in heard):
                heard.append(systemd.recv(1000).decode())

        daemon = place.daemon(environment={"NOTIFY_SOCKET": systemd.getsockname(), "WATCHDOG_USEC": "1000000"})
        hear("READY=1")
        assert "STATUS=active: polls every" in heard[-1]
        assert "listening on" in daemon.said()
        heard.clear()
        hear("WATCHDOG=1")
        assert daemon.stop() == 0
        hear("STOPPING=1")


def test_logs_for_machines_are_one_object_a_line(place: Place) -> None:
    """Every action has a line with pass, rule and cause; passes have their first and their last line."""
    sign_up(place, 1)
    daemon = place.daemon("--log-format", "json", enabled=False)
    daemon.waits_for("exit 0")
    daemon.stop()
    lines = [json.loads(line) for line in daemon.said().splitlines()]
    actions = [one for one in lines if one.get("event") == "action"]

    assert {"begin", "action", "end"} <= {one.get("event") for one in lines}
    assert {(one["outcome"], one["system"], one["object"]) for one in actions} >= {
        ("applied", "hermes", "company"),
        ("pushed", "pipedrive", "organization"),
        ("pushed", "tc2", "client"),
    }
    assert all(one["pass"] and one["rule"] and one["cause"] for one in actions)
    assert {one["cause"] for one in actions if one["system"] != "hermes"} == {"tc2:client:1"}
    for secret in (place.sandbox.pipedrive.token, place.sandbox.tc2.key, "Booth", "Agency"):
        assert secret not in daemon.said()


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"schedule": {"interval": "soon"}}, "schedule.interval"),
        ({"pipedrive": {"api_token": ""}}, "pipedrive.api_token"),
        ({"listener": {"host": "192.0.2.1"}}, "[listener] cannot listen on 192.0.2.1"),
        ({"database": {"url": "sqlite:////nowhere/at/all/hermes.db"}}, "[database] url"),
        ({"database": {"url": "postgresql+psycopg://me@127.0.0.1:1/none"}}, "[database] url"),
    ],
    ids=["a wrong key", "no token", "not our address", "no such folder", "no server"],
)
def test_what_cannot_work_is_said_at_the_start(place: Place, sections: dict[str, dict[str, str]], said: str) -> None:
    """Exit 1 with one message that names the key; no process is left."""
    config = place.config(**{**sections, "pipedrive": {**_pipedrive(place), **sections.get("pipedrive", {})}})
    ended = place.run("daemon", config=config)

    assert ended.returncode == 1
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def _pipedrive(place: Place) -> dict[str, str]:
    return {"base_url": place.sandbox.pipedrive.url, "api_token": place.sandbox.pipedrive.token}


def test_a_database_that_goes_away_is_waited_for(place_with_postgresql: Place) -> None:
    """Its connections break off; when it is back webhooks and bookings are followed as before."""
    place = place_with_postgresql
    place.sandbox.pipedrive.create("organization", id=1, name="Acme", owner_id=99)
    daemon = place.daemon(enabled=False)
    daemon.waits_for("exit 0")
    with psycopg.connect(place.database_url.replace("+psycopg", "", 1), autocommit=True) as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        connection.execute(f"{others} AND datname = current_database()")
    daemon.waits_for("does not answer")
    place.sandbox.pipedrive.edit("organization", 1, name="Acme & Sons")
    with SqlStore.open(place.database_url) as store:
        store.hint([Ref(RemoteKind.ORGANIZATION, 1)], datetime.now(UTC))  # noqa: TID251

    until(lambda: place.passes()[0].counts.get("update") == 1, daemon.said)
    assert len(daemon.family()) == 2
    assert daemon.stop() == 0


def test_a_flood_of_hints_ends_in_one_more_pass(place: Place) -> None:
    """What comes while a pass runs waits for its end, and is read by the one pass after it."""
    for number in range(1, 31):
        place.sandbox.pipedrive.create("organization", id=number, name=f"Org {number}", owner_id=99)
    is_reading, may_go_on = threading.Event(), threading.Event()

    def hold(incoming: Incoming) -> None:
        if incoming.path == "/api/v2/deals":
            is_reading.set()
            may_go_on.wait(PATIENCE)

    place.sandbox.pipedrive.before_request = hold
    daemon = place.daemon(enabled=False)
    assert is_reading.wait(PATIENCE)
    with SqlStore.open(place.database_url) as store:
        for number in range(1, 31):
            store.hint([Ref(RemoteKind.ORGANIZATION, number)], datetime.now(UTC))  # noqa: TID251
        may_go_on.set()
        until(lambda: not store.hints(), daemon.said)
    until(lambda: place.passes()[0].ended_at is not None, daemon.said)

    assert [one.scope for one in place.passes()] == ["hints", "ordinary"]
    assert daemon.stop() == 0


def test_a_pass_from_a_shell_tells_the_same_when_asked_to(place: Place) -> None:
    """`-v reconcile` has a line for every action; without it there are none."""
    sign_up(place, 1)
    told = place.run("-v", "reconcile")
    sign_up(place, 2)
    silent = place.run("reconcile")

    assert "pass 1 begins: ordinary" in told.stderr
    assert "pass 1: applied create company 1; rule tc2.cligency.created/hermes.company/missing; cause tc2:client:1" in (
        told.stderr
    )
    assert "pass 1: pushed create pipedrive organization new of Hermes 1; rule" in told.stderr
    assert "pass 1 ends: " in told.stderr
    assert silent.stderr == ""

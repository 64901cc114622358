"""The server as a process: it starts, waits for its port, finishes what is under way and goes."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from hermes_sync import bootstrap
from hermes_sync.clock import SystemClock
from hermes_sync.core.records import Ref, RemoteKind
from hermes_sync.listener import Desk, serve
from hermes_sync.ports import ConfigError
from hermes_sync.store import SqlStore
from tests.listener.rig import PATIENCE, TC2_KEY, Served, plant_companies, settings_for

ROOT = Path(__file__).parents[2]


@pytest.fixture
def database(sqlite_template: bytes, tmp_path: Path) -> str:
    """The URL of a fresh SQLite database."""
    path = tmp_path / "hermes.db"
    path.write_bytes(sqlite_template)
    return f"sqlite:///{path}"


@contextmanager
def process(database: str, port: int = 0) -> Iterator[subprocess.Popen[str]]:
    """Run a listener as a process of its own."""
    command = [sys.executable, "-m", "tests.listener.serving_process", database, str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def line_of(running: subprocess.Popen[str]) -> str:
    """Return the next line that a process prints."""
    assert running.stdout is not None
    return running.stdout.readline().strip()


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_what_is_under_way_answered(database: str, signal_: signal.Signals) -> None:
    """A request that waits for a pass gets its answer; then the process ends by itself, with exit code 0."""
    with SqlStore.open(database) as store, process(database) as running, httpx.Client(trust_env=False) as http:
        address = f"http://127.0.0.1:{line_of(running)}"
        ask = f"{address}/callbooker/support-link/generate/tc2/?tc2_admin_id=31&tc2_cligency_id=21"
        answers: list[httpx.Response] = []

        def wait_for_link() -> None:
            answers.append(http.get(ask, headers={"Authorization": f"Bearer {TC2_KEY}"}, timeout=PATIENCE))

        asking = threading.Thread(target=wait_for_link)
        asking.start()
        while not store.is_hinted(Ref(RemoteKind.CLIENT, 21)):
            SystemClock().sleep(0.05)

        running.send_signal(signal_)
        plant_companies(store, {"id": 9, "tc2_cligency_id": 21})
        asking.join(PATIENCE)

        assert [answer.status_code for answer in answers] == [200]
        assert line_of(running) == "stopped"
        assert running.wait(PATIENCE) == 0


def test_a_request_that_does_not_end_does_not_keep_it(database: str) -> None:
    """After some seconds of grace it goes without an answer."""
    with process(database) as running:
        port = int(line_of(running))
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"POST /pipedrive/callback/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
            assert httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False, timeout=PATIENCE).status_code == 200
            running.terminate()
            assert line_of(running) == "stopped"
            assert running.wait(PATIENCE) == 0


def test_a_second_one_on_the_port_waits_and_takes_over(
    served: Served, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It says once that the port is taken, and answers when the first is gone, however that went."""
    with process(database) as first:
        port = int(line_of(first))
        stop, started = threading.Event(), threading.Event()

        def run() -> None:
            serve(served.desk, host="127.0.0.1", port=port, stop=stop, started=lambda _port: started.set())

        second = threading.Thread(target=run, daemon=True)
        second.start()
        while not caplog.records:
            SystemClock().sleep(0.05)
        assert not started.is_set()

        first.kill()
        assert started.wait(PATIENCE)

        assert httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False, timeout=PATIENCE).status_code == 200
        stop.set()
        second.join(PATIENCE)
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert said == [f"port {port} of 127.0.0.1 is taken; trying again every second until it is free"]


def test_one_that_waits_for_its_port_stops_when_told(served: Served) -> None:
    """It never answered, and leaves nothing."""
    stop = threading.Event()
    started: list[int] = []

    def run() -> None:
        serve(served.desk, host="127.0.0.1", port=served.port, stop=stop, started=started.append)

    waiting = threading.Thread(target=run, daemon=True)
    waiting.start()
    stop.set()
    waiting.join(PATIENCE)

    assert not waiting.is_alive()
    assert started == []
    assert served.http.get("/healthz").status_code == 200


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_this_machine_cannot_have_is_a_config_error(served: Served, host: str) -> None:
    """With host, port and remedy in the message."""
    with pytest.raises(ConfigError, match=rf"\[listener\] cannot listen on {host}, port 8000"):
        serve(served.desk, host=host, port=8000)


def test_it_listens_on_every_address_of_a_name(database: str) -> None:
    """`localhost` may be two addresses."""
    settings = settings_for(database, listener={"host": "localhost", "port": 0})
    stop, ports, ready = threading.Event(), list[int](), threading.Event()
    with SqlStore.open(database) as store, bootstrap.booker_on(settings, store) as booker:
        desk = Desk(settings=settings, store=store, booker=booker)

        def started(port: int) -> None:
            ports.append(port)
            ready.set()

        serving = threading.Thread(target=lambda: serve(desk, stop=stop, started=started), daemon=True)
        serving.start()
        assert ready.wait(PATIENCE)
        answer = httpx.get(f"http://localhost:{ports[0]}/healthz", trust_env=False, timeout=PATIENCE)
        stop.set()
        serving.join(PATIENCE)

    assert answer.status_code == 200

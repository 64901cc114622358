"""The twins together, served over loopback: in a background thread for tests, or until stopped."""

import signal
import threading
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Self

from hermes_sync.sandbox.clock import TwinClock
from hermes_sync.sandbox.door import Door
from hermes_sync.sandbox.exchange import Json
from hermes_sync.sandbox.google import GoogleTwin
from hermes_sync.sandbox.pipedrive import PipedriveTwin
from hermes_sync.sandbox.seed import Seed, plant, read_seed
from hermes_sync.sandbox.server import Servers, Twin, application
from hermes_sync.sandbox.settings_text import settings_text
from hermes_sync.sandbox.tc2 import Tc2Twin


class Sandbox:
    """A Pipedrive account and a TC2 branch that are not real, behind real HTTP.

    `clock` is shared by all; `google` serves the calendars of the admins too; ports of 0 are any free ones; `seed` is a
    dict or the path of a JSON file; `tc2_roles` is the role version; `list_lag` in seconds; `fault_rate` from 0 to 1;
    `latency_ms` per answer.
    """

    def __init__(
        self,
        clock: TwinClock | None = None,
        *,
        host: str = "127.0.0.1",
        pipedrive_port: int = 0,
        tc2_port: int = 0,
        google: bool = False,
        google_port: int = 0,
        seed: Seed | str | Path | None = None,
        tc2_roles: int = 1,
        list_lag: float = 0.0,
        fault_rate: float = 0.0,
        latency_ms: float = 0.0,
    ) -> None:
        """Build the world; nothing is served before `start` or the with statement."""
        self.clock = clock or TwinClock()
        self._seed = None if seed is None else read_seed(seed)
        self._list_lag, self._fault_rate, self._latency_ms = list_lag, fault_rate, latency_ms
        self._tc2_roles = tc2_roles
        faulty = {"fault_rate": fault_rate, "latency_ms": latency_ms}
        self.pipedrive = PipedriveTwin(self.clock, list_lag=list_lag, **faulty)
        self.tc2 = Tc2Twin(self.clock, roles=tc2_roles, **faulty)
        self.google = GoogleTwin(self.clock, **faulty)
        self._host = host
        self._served: list[tuple[Twin, int]] = [(self.pipedrive, pipedrive_port), (self.tc2, tc2_port)]
        if google:
            self._served.append((self.google, google_port))
        self._servers: Servers | None = None
        self._plant()

    def start(self) -> Self:
        """Serve from a background thread."""
        host, twins, ports = self._host, [twin for twin, _ in self._served], [port for _, port in self._served]
        door = Door(self)
        servers = Servers([application(twin, door) for twin in twins], host, ports)
        shown = f"[{host}]" if ":" in host else host
        for twin, port in zip(twins, servers.ports, strict=True):
            twin.url = f"http://{shown}:{port}"
        servers.start()
        self._servers = servers
        return self

    def stop(self) -> None:
        """Stop serving; the state stays readable."""
        if self._servers is not None:
            self._servers.stop()
            self._servers = None

    def __enter__(self) -> Self:
        """Serve as long as the with statement lasts."""
        return self.start()

    def __exit__(self, *exc: object) -> None:
        """Stop serving."""
        self.stop()

    def reset(self) -> None:
        """Go back to the world as it was built, on the same ports: records, faults, limits, logs, hooks.

        The clock goes on as it is.
        """
        self.pipedrive.reset(self._list_lag)
        self.tc2.reset()
        self.tc2.roles = self._tc2_roles
        self.google.reset()
        for twin in (self.pipedrive, self.tc2, self.google):
            twin.before_request = twin.after_request = None
            twin.faults.clear()
            twin.faults.rate = self._fault_rate
            twin.latency_ms = self._latency_ms
        for twin in (self.pipedrive, self.tc2):
            twin.webhooks.targets = []
            twin.webhooks.automatic = False
        self._plant()

    def config(self, database_url: str, **sections: dict[str, Json]) -> str:
        """Give a complete config.toml for these twins; `sections` adds keys, for example `safety={…}`."""
        return settings_text(self.pipedrive, self.tc2, database_url, sections)

    def _plant(self) -> None:
        if self._seed is not None:
            plant(self._seed, self.pipedrive, self.tc2)


def serve(  # noqa: PLR0917 - the options of the command, in its order
    host: str = "127.0.0.1",
    pipedrive_port: int = 0,
    tc2_port: int = 0,
    google_port: int | None = None,
    seed: Seed | str | Path | None = None,
    fault_rate: float = 0.0,
    latency_ms: float = 0.0,
    announce: Callable[[str], None] = print,
) -> None:
    """Serve a sandbox until SIGINT or SIGTERM; the config to use goes to `announce` once it answers.

    With a `google_port` (0: any free one) it serves calendars too; their key file lasts as long as the sandbox.
    """
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    usual = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    sandbox = Sandbox(
        host=host,
        pipedrive_port=pipedrive_port,
        tc2_port=tc2_port,
        google=google_port is not None,
        google_port=google_port or 0,
        seed=seed,
        fault_rate=fault_rate,
        latency_ms=latency_ms,
    )
    try:
        with TemporaryDirectory(prefix="hermes-sandbox-") as folder, sandbox:
            google = google_port is not None
            calendar = sandbox.google.settings(sandbox.google.key_file(Path(folder))) if google else {}
            announce(sandbox.config("sqlite:///hermes.db", callbooker=calendar))
            stopped.wait()
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)

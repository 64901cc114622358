"""Bookings over HTTP while a pass runs: 20 clients at once, each booking again as soon as it is answered.

The listener is the product's own, in a process of its own as under `daemon`, on an SQLite file.
`hermes-sync reconcile` runs in another process and finds 10,000 objects to create in twins that run in a third.
Measured is the time from request to answer as a client sees it, in milliseconds of wall time, while the pass reads,
plans, applies and then pushes what was booked meanwhile: `PASS_SECONDS` long, because so many bookings are pushed for
minutes. Every booking is of a new customer and a slot that is free: Company, Contact, Deal, Meeting, journal. Beside it
stands the same without a pass, and how many Orgs live after it: the pass gets to apply its plan beside all who book.
"""

import multiprocessing
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import measuring
import orjson
from measuring import Figure
from twins import Twins, served

from hermes_sync import bootstrap
from hermes_sync.core.records import RemoteKind
from hermes_sync.settings import load_settings

CLIENTS = 20
ORGS = 10_000 // 5
"""Each with two Persons and two Deals."""
ALONE_SECONDS = 10
PASS_SECONDS = 30
LIMIT = 100
"""Milliseconds that 95 of 100 answers may take."""
FIRST_SLOT = datetime(2040, 1, 2, tzinfo=UTC)
APART = timedelta(minutes=31)


@dataclass(slots=True)
class Clients:
    """People at their browsers: what each answer took, in milliseconds, and how many were not 200."""

    port: int
    numbers: "Iterator[int]" = field(default_factory=count)
    milliseconds: list[float] = field(default_factory=list)
    refused: int = 0

    def run(self, is_over: Callable[[], bool]) -> "Clients":
        """Book until it is over; return what it took since the last time."""
        self.milliseconds, self.refused = [], 0
        with ThreadPoolExecutor(CLIENTS) as pool:
            for one in [pool.submit(self._book, is_over) for _ in range(CLIENTS)]:
                one.result()
        return self

    def _book(self, is_over: Callable[[], bool]) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not is_over():
            body = orjson.dumps(wish(next(self.numbers)))
            start = time.perf_counter()
            connection.request("POST", "/callbooker/sales/book/", body, {"content-type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            self.milliseconds.append(1000 * (time.perf_counter() - start))
            self.refused += answer.status != 200
        connection.close()

    def percentile(self, share: float) -> float:
        """Return what this share of the answers took at most."""
        return sorted(self.milliseconds)[int(share * (len(self.milliseconds) - 1))]


def wish(number: int) -> dict[str, object]:
    """Return what a website sends for a customer whom nobody knows."""
    return {
        "admin_id": 1,
        "name": f"Caller {number}",
        "email": f"caller{number}@example.com",
        "phone": f"+44 20 8{number:07}",
        "country": "GB",
        "company_name": f"Calling company {number}",
        "estimated_income": 1000,
        "currency": "GBP",
        "meeting_dt": (FIRST_SLOT + number * APART).isoformat(),
        "price_plan": "payg",
    }


@contextmanager
def listening(config: Path) -> Iterator[int]:
    """Serve the listener in a process of its own; yield its port."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_listen, args=(config, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join(20)


def _listen(config: Path, told: Connection) -> None:
    from hermes_sync.listener import Desk, serve

    settings = load_settings(config, environment=False)
    with bootstrap.store_to_write(settings) as store, bootstrap.booker_on(settings, store) as booker:
        serve(Desk(settings=settings, store=store, booker=booker), port=0, started=told.send)


@contextmanager
def account(twins: Twins) -> Iterator[Path]:
    """Yield the config of an empty database in a temporary folder."""
    with TemporaryDirectory(prefix="hermes-sync-benchmark-") as folder:
        config = Path(folder) / "config.toml"
        database = f"sqlite:///{Path(folder) / 'hermes.db'}"
        config.write_text(twins.config.replace('"sqlite://"', f'"{database}"'), encoding="utf-8")
        yield config


def reconcile(config: Path) -> "subprocess.Popen[str]":
    """Start a pass in a process of its own."""
    command = [sys.executable, "-m", "hermes_sync", "--config", str(config), "reconcile", "--force"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def after(seconds: float) -> Callable[[], bool]:
    """Return what tells whether so much time has passed."""
    end = time.perf_counter() + seconds
    return lambda: time.perf_counter() > end


def bookings() -> tuple[Clients, Clients, int]:
    """Return what clients saw without a pass and with one, and how many objects the pass has created."""
    with served(ORGS) as twins, account(twins) as config, listening(config) as port:
        numbers = count()
        Clients(port, numbers).run(after(1))  # the first ones of a process also import and compile
        alone = Clients(port, numbers).run(after(ALONE_SECONDS))
        with reconcile(config) as process:
            is_late = after(PASS_SECONDS)
            beside = Clients(port, numbers).run(lambda: is_late() or process.poll() is not None)
            process.terminate()
            print(process.communicate()[1].strip()[-300:], file=sys.stderr)
        with bootstrap.store_to_read(load_settings(config, environment=False)) as store:
            return alone, beside, store.count_living(RemoteKind.ORGANIZATION)


def main() -> None:
    """Measure and compare."""
    alone, beside, read = bookings()
    measuring.finish(
        f"bookings by {CLIENTS} clients at once while a pass creates 10,000 objects",
        Figure("95 % within", beside.percentile(0.95), LIMIT, "ms"),
        Figure("99 % within", beside.percentile(0.99), unit="ms"),
        Figure("all within", max(beside.milliseconds), unit="ms"),
        Figure("half within", statistics.median(beside.milliseconds), unit="ms"),
        Figure("bookings", len(beside.milliseconds)),
        Figure("not booked", alone.refused + beside.refused, 0),
        Figure("Orgs that the pass brought meanwhile", read, least=ORGS),
        Figure("without a pass 95 % within", alone.percentile(0.95), unit="ms"),
        Figure("bookings a second", len(alone.milliseconds) / ALONE_SECONDS),
    )


if __name__ == "__main__":
    main()

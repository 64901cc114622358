"""The daemon as a real process against the twins: idle, over a day, and from a webhook to the write it causes.

Idle: after everything has settled nothing happens for a stretch (5 minutes, or as many seconds as the argument says),
at the pace of the default config. Memory is what `/proc/*/smaps_rollup` says, summed over its three processes, pages
that they share counted once (Pss), the most of a look every five seconds; CPU time is that of all three.

A day: by the pace that the daemon keeps, worked out anew after each pass from what this account's passes cost, with
complete reads every six hours; the first pass of the day begins at midnight.

From webhook to write: people move deals in the Pipedrive twin, which sends its webhook at once; the write is that of
the stage to the cligency in the TC2 twin. Both times are the twins' own.
"""

import os
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import measuring
from measuring import Figure
from twins import Twins, served

from hermes_sync.core.pace import Day, pace
from hermes_sync.store import SqlStore

STRETCH = 300.0
ORGS, CLIENTS, EDITS = 200, 200, 40
STAGES = 15
PATIENCE = 180.0
MINUTE = 60.0
SWEEP = timedelta(hours=6)
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure, and print one line."""
    stretch = float(sys.argv[1]) if len(sys.argv) > 1 else STRETCH
    with served(ORGS, clients=CLIENTS) as twins, TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/hermes.db"
        with daemon(twins, Path(folder), url) as (pid, port):
            settle(twins, url)
            memory, cpu = idle(pid, stretch)
            requests = [entry for twin in ("pipedrive", "tc2") for entry in twins.control.log(twin)]
            busiest = most_in_a_minute([entry["time"] for entry in twins.control.log("tc2")])
            waits = webhooks(twins, port)
        with SqlStore.open(url) as store:
            spent = store.spending(datetime.now(UTC) - timedelta(days=1))  # noqa: TID251  # as the daemon's clock
    polls, tokens = day(ordinary=spent.ordinary or 0, complete=spent.complete or 0)
    measuring.finish(
        f"the daemon, idle for {stretch:.0f} s with {ORGS * 5 + CLIENTS:,} objects",
        Figure("memory", memory, 120, "MB"),
        Figure("CPU", 100 * cpu, 1, "% of a core"),
        Figure("requests to TC2 in any minute", busiest, 60),
        Figure("answers 429", sum(entry["status"] == 429 for entry in requests), 0),
        Figure("tokens a day", tokens, 15_000),
        Figure("polls a day", polls),
        Figure("tokens of a poll", spent.ordinary or 0),
        Figure("from webhook to write: median", statistics.median(waits), unit="s"),
        Figure("p95", statistics.quantiles(waits, n=20)[-1], 5, "s"),
    )


@contextmanager
def daemon(twins: Twins, folder: Path, url: str) -> Iterator[tuple[int, int]]:
    """Run a daemon; yield the id of its supervisor and the port of its listener."""
    port = 18_000 + os.getpid() % 10_000
    config = twins.config.replace('url = "sqlite://"', f'url = "{url}"')
    (folder / "config.toml").write_text(f"{config}\n[listener]\nport = {port}\n", encoding="utf-8")
    force = [sys.executable, "-m", "hermes_sync", "--config", str(folder / "config.toml")]
    subprocess.run([*force, "reconcile", "--force"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*force, "daemon"], stderr=log)
    try:
        yield process.pid, port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def settle(twins: Twins, url: str) -> None:
    """Wait until the daemon has been through a pass with nothing to do, and forget what led there."""
    end = time.monotonic() + PATIENCE  # noqa: TID251  # of a real process
    while time.monotonic() < end:  # noqa: TID251
        with SqlStore.open(url) as store:
            newest = store.passes(1)
        if newest and newest[0].counts.get("seconds") and not newest[0].counts.get("update"):
            break
        time.sleep(1)  # noqa: TID251
    for twin in (twins.control.pipedrive, twins.control.tc2):
        twin.clear_log()


def family(pid: int) -> list[int]:
    """Return a process and all that were started under it."""
    found = [pid]
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
        found += family(int(child))
    return found


def idle(pid: int, stretch: float) -> tuple[float, float]:
    """Return the most megabytes during a stretch, and the share of a core that it took."""
    start, before, megabytes = time.monotonic(), ticks(pid), 0.0  # noqa: TID251
    while (left := start + stretch - time.monotonic()) > 0:  # noqa: TID251
        time.sleep(min(5.0, left))  # noqa: TID251
        megabytes = max(megabytes, sum(shared_once(one) for one in family(pid)))
    return megabytes, (ticks(pid) - before) / TICKS / (time.monotonic() - start)  # noqa: TID251


def shared_once(pid: int) -> float:
    """Return the megabytes of a process, its share of what it has in common with others."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss:"))


def ticks(pid: int) -> int:
    """Return the CPU time of a process and of those under it, user and system."""
    total = 0
    for one in family(pid):
        fields = Path(f"/proc/{one}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total


def most_in_a_minute(times: list[float]) -> int:
    """Return how many of these fall into the fullest minute, wherever it begins."""
    times = sorted(times)
    return max((sum(start <= one < start + MINUTE for one in times[at:]) for at, start in enumerate(times)), default=0)


def day(*, ordinary: int, complete: int) -> tuple[int, int]:
    """Return the polls and the tokens of a day at the daemon's pace, with what this account's passes cost."""
    midnight = datetime(2026, 1, 1, tzinfo=UTC)
    now = Day(now=midnight, budget=30_000, ordinary=ordinary, complete=complete)
    polls = 0
    while now.now < midnight + timedelta(days=1):
        is_complete = now.completed_at is None or now.now - now.completed_at >= SWEEP
        cost = complete if is_complete else ordinary
        now = replace(now, spent=now.spent + cost, polled=now.polled + cost)
        now = replace(now, completed_at=now.now) if is_complete else now
        polls += 1
        now = replace(now, now=now.now + pace(now, shortest=timedelta(minutes=3), sweep_interval=SWEEP).interval)
    return polls, now.polled


def webhooks(twins: Twins, port: int) -> list[float]:
    """Return the seconds from each edit of a deal, whose webhook goes out at once, to the write to its cligency."""
    target = f"http://127.0.0.1:{port}/pipedrive/callback/"
    twins.control.pipedrive.set_webhooks([target], automatic=True)
    randomly = random.Random(7)  # edits at moments that have nothing to do with the daemon's
    waits: list[float] = []
    for number in range(EDITS):
        time.sleep(randomly.uniform(0.5, 3.0))  # noqa: TID251
        twins.control.tc2.clear_log()
        deal = 2 * (number + 1)  # the Company's deal that its cligency shows
        since = time.time()  # noqa: TID251  # the twins' clock is that of the machine
        twins.control.pipedrive.edit("deal", deal, stage_id=1 + deal % STAGES)
        waits.append(until_written(twins, since) - since)
    return waits


def until_written(twins: Twins, since: float) -> float:
    """Return when the TC2 twin saw the next write."""
    while time.time() < since + PATIENCE:  # noqa: TID251
        written = [entry["time"] for entry in twins.control.log("tc2") if entry["method"] != "GET"]
        if written:
            return float(min(written))
        time.sleep(0.05)  # noqa: TID251
    return since + PATIENCE


if __name__ == "__main__":
    main()

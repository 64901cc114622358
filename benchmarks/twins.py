"""Both twins in a process of their own, so that their CPU time and memory are not taken for the product's."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

from hermes_sync.sandbox import RemoteControl, Sandbox, populate

NO_LIMIT = 1_000_000_000
"""The clock of a benchmark does not wait, so that the twins must not count how often they are asked."""


@dataclass(frozen=True, slots=True)
class Twins:
    """Twins that are served elsewhere; `config` is the text of a config.toml without its database."""

    config: str
    control: RemoteControl

    def writes(self) -> int:
        """Return how many writes both have seen since their logs were cleared."""
        return sum(entry["method"] != "GET" for twin in ("pipedrive", "tc2") for entry in self.control.log(twin))


@contextmanager
def served(organizations: int, *, each: int = 2, clients: int = 0) -> Iterator[Twins]:
    """Serve an account of so many Orgs, `each` Persons and `each` Deals per Org, and `clients` linked clients."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs, organizations, each, clients), daemon=True)
    process.start()
    theirs.close()
    try:
        url, config = ours.recv()
        with RemoteControl(url) as control:
            yield Twins(config, control)
    finally:
        ours.close()
        process.join(10)
        if process.is_alive():
            process.terminate()


def _serve(told: Connection, organizations: int, each: int, clients: int) -> None:
    sandbox = Sandbox()
    if organizations:
        populate(sandbox, organizations, each, each, clients)
    sandbox.pipedrive.limits.daily = NO_LIMIT
    sandbox.tc2.limits.per_minute = NO_LIMIT
    with sandbox:
        told.send((sandbox.pipedrive.url, sandbox.config("sqlite://")))
        try:
            told.recv()
        except EOFError:
            return

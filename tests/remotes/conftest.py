"""One sandbox for the tests against the twins, started once and reset for each."""

from collections.abc import Iterator, Mapping

import orjson
import pytest

from hermes_sync.core.records import RemoteKind
from hermes_sync.remotes import PipedriveRemote, Tc2Remote, connect_pipedrive, connect_tc2
from hermes_sync.sandbox import Answer, Incoming, Sandbox
from tests.remotes.fakes import ATTRS, FakeClock
from tests.sandbox.openapi import CONTRACT, MISSING, check_exchange

START = "2026-05-14T12:00:00Z"
WITH_FIELDS = (RemoteKind.ORGANIZATION, RemoteKind.PERSON, RemoteKind.DEAL)


class TwinTime(FakeClock):
    """A clock whose sleeping moves the twins' time too, so that their limits and lags pass."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self.sandbox = sandbox

    def sleep(self, seconds: float) -> None:
        """Let the time pass for both sides."""
        super().sleep(seconds)
        self.sandbox.clock.advance(seconds)


@pytest.fixture(scope="session")
def served() -> Iterator[Sandbox]:
    """Serve a sandbox for the whole run."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(served: Sandbox) -> Iterator[Sandbox]:
    """Give a fresh world at a frozen time; every exchange with it is held against the official contract."""
    served.clock.freeze(START)
    served.reset()
    served.tc2.roles = 1
    served.tc2.limits.per_minute = None
    limits = served.pipedrive.limits
    limits.daily, limits.burst, limits.search_burst, limits.ban_after = 10_000_000, None, None, 20
    exchanges: list[tuple[Incoming, Answer]] = []
    served.pipedrive.after_request = lambda asked, answer: exchanges.append((asked, answer))
    yield served
    if not CONTRACT.exists():
        pytest.skip(MISSING)
    for asked, answer in exchanges:
        # A fault that spoils the answer is not the contract's business.
        body = orjson.loads(answer.body) if answer.status == 200 and answer.body[-1:] == b"}" else None
        status = answer.status if body is not None else 0
        check_exchange(asked.method, asked.path, asked.query, asked.body, status, body)


@pytest.fixture
def time(sandbox: Sandbox) -> TwinTime:
    """Give the time of both sides."""
    return TwinTime(sandbox)


def pipedrive_of(
    sandbox: Sandbox, time: TwinTime, fields: Mapping[RemoteKind, Mapping[str, str]], timeout: float = 20.0
) -> PipedriveRemote:
    """Give a remote of the Pipedrive twin that knows these field keys."""
    twin = sandbox.pipedrive
    transport = connect_pipedrive(base_url=twin.url, token=twin.token, clock=time, timeout=timeout)
    return PipedriveRemote(transport, fields=fields)


@pytest.fixture
def pipedrive(sandbox: Sandbox, time: TwinTime) -> Iterator[PipedriveRemote]:
    """Give a remote of the Pipedrive twin, with the account's field keys."""
    remote = pipedrive_of(sandbox, time, {kind: sandbox.pipedrive.field_keys(kind) for kind in WITH_FIELDS})
    yield remote
    remote.close()


@pytest.fixture
def tc2(sandbox: Sandbox, time: TwinTime) -> Iterator[Tc2Remote]:
    """Give a remote of the TC2 twin."""
    remote = Tc2Remote(connect_tc2(base_url=sandbox.tc2.url, key=sandbox.tc2.key, clock=time), attrs=ATTRS)
    yield remote
    remote.close()

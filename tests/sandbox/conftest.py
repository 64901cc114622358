"""One sandbox for all tests of the twins, started once and reset for each."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from hermes_sync.sandbox import Sandbox
from hermes_sync.sandbox.exchange import Json

START = "2026-05-14T12:00:00Z"


@pytest.fixture(scope="session")
def served() -> Iterator[Sandbox]:
    """Serve a sandbox for the whole run."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sb(served: Sandbox) -> Sandbox:
    """Give a fresh world at a frozen time."""
    served.clock.freeze(START)
    served.reset()
    return served


@pytest.fixture
def pd(sb: Sandbox) -> Iterator[httpx.Client]:
    """Give a client of the Pipedrive twin."""
    headers = {"x-api-token": sb.pipedrive.token}
    with httpx.Client(base_url=sb.pipedrive.url, headers=headers, timeout=5) as client:
        yield client


@pytest.fixture
def tc2(sb: Sandbox) -> Iterator[httpx.Client]:
    """Give a client of the TC2 twin."""
    headers = {"authorization": f"token {sb.tc2.key}"}
    with httpx.Client(base_url=sb.tc2.url, headers=headers, timeout=5) as client:
        yield client


@pytest.fixture
def ids(pd: httpx.Client) -> Callable[..., list[int]]:
    """Give the function that lists the ids of a collection."""

    def listed(collection: str, **query: Json) -> list[int]:
        reply = pd.get(f"/api/v2/{collection}", params=query)
        assert reply.status_code == 200, reply.text
        return [row["id"] for row in reply.json()["data"]]

    return listed

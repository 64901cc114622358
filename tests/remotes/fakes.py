"""A clock that never really sleeps, remotes on a wire that answers by itself, and saved replies."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import vcr  # type: ignore[import-untyped]  # it has no annotations

from hermes_sync.core.plan import FieldChange, Verb
from hermes_sync.core.records import Record, RemoteKind
from hermes_sync.ports import Order
from hermes_sync.remotes import PipedriveRemote, Tc2Remote, connect_pipedrive, connect_tc2

PD_URL = "https://acme.pipedrive.com"
TC2_URL = "https://secure.tutorcruncher.com"
TOKEN = "pipedrive-secret-9f1c"
KEY = "tc2-secret-77ab"
CASSETTES = Path(__file__).parents[2] / "cassettes"
ORGANIZATION, PERSON, DEAL = RemoteKind.ORGANIZATION, RemoteKind.PERSON, RemoteKind.DEAL
STAGE, PIPELINE, CLIENT = RemoteKind.STAGE, RemoteKind.PIPELINE, RemoteKind.CLIENT
ATTRS = {
    "pipedrive_url": "pipedrive_url",
    "pipedrive_id": "pipedrive_id",
    "pipedrive_deal_stage": "pipedrive_deal_stage",
    "utm_source": "utm_source",
}


def key(number: int) -> str:
    """Give the key of a custom field as the saved replies have them."""
    return f"aa{number:038d}"


FIELDS = {
    ORGANIZATION: {
        "tc2_status": key(1),
        "paid_invoice_count": key(2),
        "estimated_income": key(3),
        "price_plan": key(4),
        "support_person_id": key(12),
        "hermes_id": key(13),
        "website": key(14),
    },
    PERSON: {"hermes_id": key(13)},
    DEAL: {"hermes_id": key(13)},
}


class FakeClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        """Give the time, in UTC."""
        return datetime(2026, 5, 15, 12, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Give the seconds since some start."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let the time pass at once, and remember it."""
        self.slept.append(seconds)
        self.seconds += seconds


Step = httpx.Response | Exception
Handler = Callable[[httpx.Request], httpx.Response]


class Script:
    """Answers requests one by one with the given steps, and keeps what was asked; the last step repeats."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Take the next step."""
        step = self.steps[min(len(self.requests), len(self.steps) - 1)]
        self.requests.append(request)
        if isinstance(step, Exception):
            raise step
        return step

    @property
    def bodies(self) -> list[Any]:
        """What was sent, as JSON."""
        return [orjson.loads(request.content) for request in self.requests]


def ok(data: object = None, *, cursor: str | None = None, **headers: str) -> httpx.Response:
    """Give a good answer of Pipedrive."""
    body = {"success": True, "data": data, "additional_data": {"next_cursor": cursor}}
    return httpx.Response(200, json=body, headers=headers)


def refusal(error: str, status: int = 400, code: str | None = "ERR_SCHEMA_VALIDATION_FAILED") -> httpx.Response:
    """Give a refusal of Pipedrive."""
    return httpx.Response(status, json={"success": False, "error": error, "code": code})


def pipedrive(
    handler: Handler | None = None,
    *,
    clock: FakeClock | None = None,
    fields: Mapping[RemoteKind, Mapping[str, str]] = FIELDS,
    base_url: str = PD_URL,
) -> PipedriveRemote:
    """Give a Pipedrive remote; with a handler it never touches a network."""
    transport = connect_pipedrive(
        base_url=base_url,
        token=TOKEN,
        clock=clock or FakeClock(),
        wire=None if handler is None else httpx.MockTransport(handler),
    )
    return PipedriveRemote(transport, fields=fields)


def tc2(handler: Handler | None = None, *, clock: FakeClock | None = None, base_url: str = TC2_URL) -> Tc2Remote:
    """Give a TC2 remote; with a handler it never touches a network."""
    transport = connect_tc2(
        base_url=base_url,
        key=KEY,
        clock=clock or FakeClock(),
        wire=None if handler is None else httpx.MockTransport(handler),
    )
    return Tc2Remote(transport, attrs=ATTRS)


def order(
    kind: RemoteKind, remote_id: int | None, changes: Iterable[tuple[str, object]], *, seen: Record | None = None
) -> Order:
    """Give an order that writes these values."""
    return Order(
        kind=kind,
        verb=Verb.CREATE if remote_id is None else Verb.UPDATE,
        remote_id=remote_id,
        changes=tuple(FieldChange(name, None, value) for name, value in changes),
        seen=seen,
    )


def replayed(name: str, *, with_body: bool = False) -> AbstractContextManager[Any]:
    """Replay a cassette as long as the with statement lasts; a request that it does not hold is an error."""
    match_on = ["method", "scheme", "host", "port", "path", "query", *(["raw_body"] if with_body else [])]
    saved = vcr.VCR(record_mode="none", match_on=match_on)
    context: AbstractContextManager[Any] = saved.use_cassette(str(CASSETTES / f"{name}.yaml"))
    return context

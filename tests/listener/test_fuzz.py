"""Whatever is sent to an address of our own description, no answer is a 5xx, and every answer is as described.

schemathesis makes the requests from the description, good ones and bad ones, and the same in every run.
"""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import hypothesis
import hypothesis.strategies as st
import jsonschema
import pytest
import requests
import schemathesis
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hermes_sync.clock import SystemClock
from hermes_sync.listener.openapi import description
from hermes_sync.store import SqlStore
from tests.listener.rig import PATIENCE, TC2_KEY, Served, plant_companies, serving, settings_for

OPERATIONS: Final = {
    operation.label: operation
    for operation in (one.ok() for one in schemathesis.openapi.from_dict(description()).get_all_operations())
}
CHECKS: Final = [content_type_conformance, response_schema_conformance, status_code_conformance]
STEADY: Final = hypothesis.settings(
    max_examples=20,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)


class Trusted(requests.auth.AuthBase):
    """Signs every body as TC2 does and shows its key, so that the requests get further than the door."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign one request."""
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else body
        request.headers["Webhook-Signature"] = hmac.new(TC2_KEY.encode(), raw, hashlib.sha256).hexdigest()
        request.headers["Authorization"] = f"Bearer {TC2_KEY}"
        return request


@pytest.fixture(scope="module")
def fuzzed(sqlite_template: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A listener for all of them, with a Company to find, a pass that was good, and one that reads hints."""
    path = tmp_path_factory.mktemp("fuzz") / "hermes.db"
    path.write_bytes(sqlite_template)
    url = f"sqlite:///{path}"
    with SqlStore.open(url) as store, serving(settings_for(url), store) as served, _reading_hints(store):
        plant_companies(store, {"id": 1, "name": "Acme", "tc2_cligency_id": 1, "price_plan": "payg"})
        with store.engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO counters (kind, next_id, population) VALUES ('company', 2, 1)")
        now = SystemClock().now()
        pass_id = store.begin_pass(scope="full", now=now)
        store.end_pass(pass_id, now=now, result="done", exit_code=0, counts={}, notices=[])
        yield served


@contextmanager
def _reading_hints(store: SqlStore) -> Iterator[None]:
    """Drop hints as a pass does that has read them, so that support links need not wait."""
    stop = threading.Event()

    def read() -> None:
        while not stop.wait(0.05):
            hints = store.hints()
            if hints:
                store.drop_hints(hints)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)


def _takes_malformed(operation: schemathesis.APIOperation) -> bool:
    """Whether there is anything malformed to send: some addresses take nothing, and webhooks take anything."""
    described = operation.definition.raw
    body = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return bool(described.get("parameters") or body.get("properties"))


SENT: Final = [(label, GenerationMode.POSITIVE) for label in OPERATIONS] + [
    (label, GenerationMode.NEGATIVE) for label, operation in OPERATIONS.items() if _takes_malformed(operation)
]


@pytest.mark.parametrize(("label", "mode"), SENT)
def test_no_request_breaks_an_address(fuzzed: Served, label: str, mode: GenerationMode) -> None:
    """Neither well-formed nor malformed ones; and what is answered is what the description says."""
    address = f"http://127.0.0.1:{fuzzed.port}"
    session = requests.Session()
    session.trust_env = False
    statuses: set[int] = set()

    @STEADY
    @hypothesis.given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    def send(case: Case) -> None:
        answer = case.call(base_url=address, session=session, auth=Trusted(), timeout=PATIENCE)
        statuses.add(answer.status_code)
        assert answer.status_code < 500, answer.text
        case.validate_response(answer, checks=CHECKS)

    with session:
        send()
    assert statuses


ODD: Final = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.lists(st.text()))
WORD: Final = st.one_of(st.text(min_size=1, max_size=40), st.just("Acme"))
TIMES: Final = st.one_of(
    st.integers(min_value=1, max_value=400_000).map(
        lambda minutes: (SystemClock().now() + timedelta(minutes=minutes)).isoformat()
    ),
    st.datetimes(timezones=st.one_of(st.none(), st.timezones())).map(str),
)
NEARLY_GOOD: Final = st.fixed_dictionaries(
    {
        "admin_id": st.sampled_from([1, 1, 2, 3]),
        "name": WORD,
        "email": st.one_of(st.emails(), st.just("mary@example.com")),
        "country": st.sampled_from(["GB", "United Kingdom (GB)", "", "Nowhere"]),
        "company_name": WORD,
        "estimated_income": st.one_of(st.integers(), st.floats(), st.text(max_size=20)),
        "currency": st.sampled_from(["GBP", ""]),
        "meeting_dt": TIMES,
        "price_plan": st.sampled_from(["payg", "startup", "enterprise"]),
    },
    optional=dict.fromkeys(("bdr_person_id", "utm_campaign", "utm_source", "company_id", "website", "phone"), ODD),
)


def test_no_booking_breaks_the_booker(fuzzed: Served) -> None:
    """Calls that are nearly right go all the way: some are booked, none is a 5xx, and Hermes can still be exported."""
    statuses: set[int] = set()

    @hypothesis.settings(STEADY, max_examples=120)
    @hypothesis.given(path=st.sampled_from(["sales", "support"]), said=NEARLY_GOOD)
    def send(path: str, said: dict[str, object]) -> None:
        body = json.dumps(said)
        answer = fuzzed.http.post(f"/callbooker/{path}/book/", content=body)
        statuses.add(answer.status_code)
        assert answer.status_code in (200, 400, 422), (answer.text, body)
        schema = description()["paths"][f"/callbooker/{path}/book/"]["post"]["responses"][str(answer.status_code)]
        jsonschema.validate(answer.json(), schema["content"]["application/json"]["schema"])

    send()

    assert {200, 422} <= statuses
    assert {name: len(list(rows)) for name, rows in fuzzed.store.export(None)}["meetings"] > 0

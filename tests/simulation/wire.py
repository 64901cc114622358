"""A wire without sockets: requests go straight to a twin, answers come back as bytes, status and headers.

It does what the twins' HTTP edge does (`hermes_sync/sandbox/server.py`): hooks, faults, the log, and a connection
that breaks off. Everything above it, from the URL to the retries, is the product's own.
"""

from collections.abc import Mapping

import httpx

from hermes_sync.sandbox import Answer, Entry, Incoming
from hermes_sync.sandbox.exchange import Refusal, json_answer, parse_body
from hermes_sync.sandbox.server import Twin
from tests.crash.mortal import Fate

_BREAKS_OFF = ("cut", "timeout")


class LocalWire(httpx.BaseTransport):
    """Carries requests to the twins of this process, found by host; each stands between two boundaries of a fate."""

    def __init__(self, twins: Mapping[str, Twin], fate: Fate) -> None:
        self._twins = twins
        self._fate = fate

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request; killed afterwards, it was carried out and its answer is lost."""
        said = f"{request.method} {request.url.path}"
        self._fate.reach(f"before {said}")
        request.extensions.get("trace", _unheard)("http11.send_request_headers.started", {})
        response = _carried(request, self._twins[request.url.host])
        self._fate.reach(f"after {said}")
        return response


def _unheard(_event: str, _more: object) -> None:
    """Listen to nothing."""


def _carried(request: httpx.Request, twin: Twin) -> httpx.Response:
    raw = request.read()
    try:
        body = parse_body(raw)
    except Refusal as refusal:
        return _response(twin, json_answer(refusal.payload, refusal.status))
    incoming = Incoming(
        method=request.method,
        path=request.url.path,
        query=dict(request.url.params),
        headers=request.headers,
        raw=raw,
        body=body,
    )
    if twin.before_request is not None:
        twin.before_request(incoming)
    fault = twin.faults.match(incoming.method, incoming.path)
    answer = twin.carry_out(incoming, fault)
    seen = answer if fault is None else twin.spoil(answer, fault)
    breaks_off = fault is not None and fault.effect in _BREAKS_OFF
    twin.log.add(
        Entry(
            method=incoming.method,
            path=incoming.path,
            query=incoming.query,
            body=None if incoming.method == "GET" else incoming.body,
            status=0 if breaks_off else seen.status,
            tokens=answer.tokens,
            time=twin.clock.now(),
            fault=None if fault is None else fault.effect,
        )
    )
    if twin.after_request is not None:
        twin.after_request(incoming, seen)
    if breaks_off:
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
    return _response(twin, seen)


def _response(twin: Twin, answer: Answer) -> httpx.Response:
    shown = twin.respond(answer, cut=False)
    return httpx.Response(shown.status_code, headers=shown.raw_headers, content=bytes(shown.body))

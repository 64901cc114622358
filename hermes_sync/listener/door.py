"""The outermost layer of the application: finds the address, counts, logs, and turns what goes wrong into an answer.

An address is found with and without its last slash, because Pipedrive and TC2 follow no redirects. A log line says
method, address, status and milliseconds: no query, no unknown address, no header, no body, so no personal data.
"""

import logging
import traceback
from collections.abc import Collection
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hermes_sync.listener.answers import BadRequest, Refused, bad_input, error
from hermes_sync.listener.bodies import raise_if_said_too_long
from hermes_sync.listener.request_counts import RequestCounts
from hermes_sync.ports import Clock
from hermes_sync.store import DATABASE_TROUBLE

UNKNOWN: Final = "(unknown)"
"""What stands in logs and metrics for an address or a method that there is none of; a stranger chose the real one."""

_LOG: Final = logging.getLogger("hermes_sync.listener")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FAILED: Final = 500
_PACKAGE: Final = Path(__file__).resolve().parent.parent
_MISSING: Final = 404
_NOT_ALLOWED: Final = 405


class Door:
    """Lets requests in to the application behind it."""

    def __init__(self, app: ASGIApp, *, addresses: Collection[str], counts: RequestCounts, clock: Clock) -> None:
        self._app = app
        self._addresses = {_bare(address): address for address in addresses}
        self._counts = counts
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        address = self._addresses.get(_bare(scope["path"]))
        method = scope["method"] if scope["method"] in _METHODS else UNKNOWN
        if address is not None:
            scope = {**scope, "path": address, "raw_path": address.encode()}
        began = self._clock.monotonic()
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            seconds = self._clock.monotonic() - began
            self._counts.count(method, address or UNKNOWN, status, seconds)
            said = {"method": method, "address": address or UNKNOWN, "status": status, "ms": round(seconds * 1000, 1)}
            _LOG.info("%(method)s %(address)s %(status)d %(ms).1f ms", said, extra={"said": said})


class Failures:
    """Turns every error of the application behind it into an answer, and refuses what announces itself as too long."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            headers: dict[bytes, bytes] = dict(scope["headers"])
            raise_if_said_too_long(headers.get(b"content-length", b"").decode("latin-1"))
            await self._app(scope, receive, watched)
        except Exception as failure:  # every request gets an answer, whatever went wrong
            answer = answer_to(failure)
            if has_begun:
                raise
            await answer(scope, receive, send)


def answer_to(failure: Exception) -> Response:
    """Return the answer to what went wrong; what is our own mistake is logged, without what somebody sent."""
    match failure:
        case BadRequest():
            return bad_input(failure.problems)
        case Refused():
            return error(failure.status, failure.message, failure.headers)
        case _ if isinstance(failure, DATABASE_TROUBLE):
            _LOG.error("the database does not answer: %s", type(failure).__name__)
            return error(503, "the database does not answer; try again later", {"retry-after": "5"})
        case _:
            # The text of an error may hold what a caller sent, so that only its kind and place are told.
            _LOG.error("an answer failed with %s: %s", type(failure).__name__, steps_to(failure))
            return error(_FAILED, "this failed, and the log says where")


def steps_to(failure: Exception) -> str:
    """Return the places in this program that led to an error, and the one where it arose."""
    steps = traceback.extract_tb(failure.__traceback__)
    told = [step for step in steps[:-1] if _PACKAGE in Path(step.filename).parents] + steps[-1:]
    return " › ".join(f"{Path(step.filename).name}:{step.lineno} {step.name}" for step in told)


async def refused_by_starlette(request: Request, failure: Exception) -> Response:
    """Return the answer where there is nothing at an address or for a method; OPTIONS is told what there is."""
    assert isinstance(failure, HTTPException), "it is registered for these"
    if failure.status_code == _NOT_ALLOWED:
        allowed = sorted({one.strip() for one in (failure.headers or {}).get("Allow", "").split(",")} | {"OPTIONS"})
        headers = {"allow": ", ".join(allowed)}
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
        return error(_NOT_ALLOWED, f"this address takes {headers['allow']}", headers)
    if failure.status_code == _MISSING:
        return error(_MISSING, "there is nothing at this address")
    return error(failure.status_code, str(failure.detail))


def _bare(path: str) -> str:
    return path.rstrip("/") or "/"

"""The webhooks of Pipedrive and TC2: each leaves hints and asks for an early pass, nothing in a body is data.

An authentic webhook that cannot be read is answered 200 all the same, and still asks for an early pass: Pipedrive bans
an address for half an hour after failures, and the pass finds what changed without a hint (facts 6, semantics 6).
"""

import hashlib
import hmac
from collections.abc import Callable, Collection
from typing import Final, TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import Response

from hermes_sync.core.records import Ref, RemoteKind
from hermes_sync.listener import guard
from hermes_sync.listener.answers import OK, Json, Refused
from hermes_sync.listener.bodies import Bodies
from hermes_sync.listener.desk import Desk
from hermes_sync.listener.hint_writer import HintWriter
from hermes_sync.listener.naming import Subjects, Unreadable, named_by_pipedrive, subjects_of_tc2
from hermes_sync.listener.threads import Threads

SIGNATURE: Final = "webhook-signature"

_T = TypeVar("_T")


class Callbacks:
    """The two endpoints of `/pipedrive/callback/` and `/tc2/callback/`."""

    def __init__(self, desk: Desk, bodies: Bodies, threads: Threads) -> None:
        self._desk = desk
        self._bodies = bodies
        self._threads = threads
        self._hints = HintWriter(desk.store, desk.clock, threads)

    async def pipedrive(self, request: Request) -> Response:
        """Remember what a webhook of Pipedrive names; with basic auth when the config says so."""
        listener = self._desk.settings.listener
        user, password = listener.pipedrive_user, listener.pipedrive_password.get_secret_value()
        if password and not guard.is_authorized(request, user, password):
            message = "user or password is wrong; give the webhook those of [listener] in the config"
            raise Refused(401, message, guard.CHALLENGE)
        named = _read(named_by_pipedrive, await self._bodies.read(request))
        if named or named is None:
            await self._hints.leave(named or ())
        return Json(OK)

    async def tc2(self, request: Request) -> Response:
        """Remember the cligencies that a signed webhook of TC2 is about."""
        key = self._desk.settings.tc2.api_key.get_secret_value()
        if not key:
            raise Refused(403, "webhooks of TC2 are refused as long as tc2.api_key is empty")
        body = await self._bodies.read(request)
        if not is_signed(key, body, request.headers.get(SIGNATURE, "")):
            raise Refused(403, "Webhook-Signature is not that of this body under tc2.api_key")
        subjects = _read(subjects_of_tc2, body)
        if subjects is None:
            await self._hints.leave(())
        elif subjects != Subjects():
            await self._hints.leave(await self._clients(subjects))
        return Json(OK)

    async def _clients(self, subjects: Subjects) -> Collection[Ref]:
        """Return the cligencies of the subjects; one that Hermes does not know yet is found by the early pass."""
        clients = subjects.clients
        if subjects.recipients or subjects.agencies:
            clients |= await self._threads.look(
                self._desk.store.clients_of, recipients=subjects.recipients, agencies=subjects.agencies
            )
        return [Ref(RemoteKind.CLIENT, id_) for id_ in clients]


def is_signed(key: str, body: bytes, signature: str) -> bool:
    """Whether a signature is the hex HMAC-SHA256 of a body under a key; takes the same time for any wrong one."""
    ours = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(ours.encode(), signature.strip().lower().encode())


def _read(named_by: Callable[[object], _T], body: bytes) -> _T | None:
    """Return what a body names, None when that cannot be told."""
    try:
        return named_by(orjson.loads(body))
    except (orjson.JSONDecodeError, Unreadable):
        return None

"""What an answer means: good JSON, or the error that says what to do next (semantics 5.5).

Pure: from a Call and its Reply to a value or an exception. Whether to try again is the transport's business;
`Again` only says that it may help.
"""

import re
from typing import Any, Final

import orjson

from hermes_sync.ports import HermesSyncError, ObjectGone, RemoteDenied, RemoteRefused, RemoteUnavailable
from hermes_sync.remotes.exchange import (
    BAD_REQUEST,
    FORBIDDEN,
    GONE,
    REDIRECTS,
    REQUEST_TIMEOUT,
    SERVER_ERROR,
    TOO_MANY,
    UNAUTHORIZED,
    Call,
    Reply,
    Site,
)

LONGEST_REASON: Final = 300
"""How many characters of a remote's own words a message quotes."""

_NUL: Final = rb"\u0000"
_DELETED: Final = re.compile(r"ERR_\w+_DELETED")


class Again(HermesSyncError):
    """The same call may succeed a little later; never leaves the transport.

    `wait` is how many seconds the remote asked for; `perhaps_done` as in `RemoteUnavailable`; `is_answer` says that
    it was reached and failed at what it was asked.
    """

    def __init__(
        self,
        message: str,
        *,
        wait: float | None = None,
        perhaps_done: bool = False,
        is_limit: bool = False,
        is_answer: bool = False,
    ) -> None:
        super().__init__(message)
        self.is_answer = is_answer
        self.wait = wait
        self.perhaps_done = perhaps_done
        self.is_limit = is_limit


class Banned(RemoteUnavailable):
    """Cloudflare shut the door because too much was asked (facts 5)."""


class Refused(RemoteRefused):
    """A refusal with the remote's own words, which may name a field."""

    def __init__(self, message: str, *, status: int, reason: str) -> None:
        super().__init__(message, status=status)
        self.reason = reason


def judge(call: Call, reply: Reply, site: Site) -> dict[str, Any]:
    """Return the JSON object of a good answer.

    Raises `Again`, `Banned`, `RemoteUnavailable`, `RemoteDenied`, `Refused` or `ObjectGone` for every other one.
    """
    said = f"{site.name} answered {reply.status} to {call}"
    status = reply.status
    if status == TOO_MANY:
        raise _over_limit(reply, site)
    if status >= SERVER_ERROR or status == REQUEST_TIMEOUT:
        raise Again(said, wait=reply.wait, perhaps_done=not call.is_read, is_answer=True)
    if status in REDIRECTS:
        raise RemoteUnavailable(
            f"{said}: a redirect, which is not followed. Set {site.url_key} to the address that it leads to; "
            f"now it is {site.base_url}"
        )
    if status >= BAD_REQUEST:
        raise _refusal(call, reply, site, said)
    return _json(call, reply, said)


def _over_limit(reply: Reply, site: Site) -> Again | RemoteUnavailable:
    if reply.number("x-daily-ratelimit-token-remaining") == 0:
        limit = reply.headers.get("x-daily-ratelimit-token-limit", "unknown")
        return RemoteUnavailable(
            f"{site.name}: the daily token budget of the account (limit {limit}) is exhausted; it is given anew "
            "at midnight of the server. Run less often, or add API tokens to the plan"
        )
    return Again(f"{site.name} answered 429: over its rate limit", wait=reply.wait, is_limit=True)


def _refusal(call: Call, reply: Reply, site: Site, said: str) -> HermesSyncError:
    status, reason = reply.status, reason_of(reply)
    if status == UNAUTHORIZED:
        return RemoteDenied(
            f"{site.name} does not accept the key: put a valid one into {site.secret_key}{site.given_in}"
        )
    if status == FORBIDDEN and reply.is_html:
        return Banned(
            f"{said} with a page of Cloudflare: too many requests. Nothing more is asked of {site.name} for "
            "5 minutes; the next pass goes on from there"
        )
    if status == FORBIDDEN and call.is_read:
        lacking = (
            f"{said}: {_cut(reason)}. The key in {site.secret_key} lacks the permission to read this{site.given_in}"
        )
        # One object may be hidden from the user of the key; a list is something that everything needs.
        return Refused(lacking, status=status, reason=reason) if call.names_object else RemoteDenied(lacking)
    is_deleted = status == BAD_REQUEST and not call.is_read and _says_deleted(reply)
    if call.names_object and (status in GONE or is_deleted):
        return ObjectGone(f"{said}: {_cut(reason)}. The object does not exist any more")
    if call.is_read and status in GONE:
        return RemoteUnavailable(f"{said}: there is no such address. Check {site.url_key}; now it is {site.base_url}")
    return Refused(f"{said}: {_cut(reason)}", status=status, reason=reason)


def _says_deleted(reply: Reply) -> bool:
    body = _parsed(reply)
    code = body.get("code") if isinstance(body, dict) else None
    return isinstance(code, str) and _DELETED.fullmatch(code) is not None


def _json(call: Call, reply: Reply, said: str) -> dict[str, Any]:
    """Return the object in the body; an empty or broken one is known to happen (facts 8.9)."""
    body = _parsed(reply)
    if isinstance(body, dict) and body.get("success") is not False:
        return body
    what = "without a body" if not reply.content.strip() else "with a body that is no whole JSON answer"
    raise Again(f"{said} {what}", perhaps_done=not call.is_read, is_answer=True)


def _parsed(reply: Reply) -> object:
    try:
        said = orjson.loads(reply.content)
    except orjson.JSONDecodeError:
        return None
    return _without_nul(said) if _NUL in reply.content else said


def _without_nul(said: Any) -> Any:  # noqa: ANN401  # whatever JSON holds
    """Leave out U+0000, which nobody can see and PostgreSQL keeps in no text."""
    match said:
        case str():
            return said.replace("\x00", "")
        case list():
            return [_without_nul(one) for one in said]
        case dict():
            return {name: _without_nul(one) for name, one in said.items()}
        case _:
            return said


def reason_of(reply: Reply) -> str:
    """Return the remote's own words."""
    body = _parsed(reply)
    if isinstance(body, dict):
        said = next((body[key] for key in ("error", "message", "detail") if body.get(key)), body)
        return said if isinstance(said, str) else orjson.dumps(said).decode()
    if reply.is_html:
        return "a web page instead of an answer"
    return reply.content.decode(errors="replace").strip() or "no reason given"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_REASON else f"{text[:LONGEST_REASON]}…"

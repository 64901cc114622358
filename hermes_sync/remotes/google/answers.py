"""What Google's refusals mean (facts 10): some 403s are limits, and an error is an object with reasons in it."""

from typing import Any, Final

import orjson

from hermes_sync.remotes import answers
from hermes_sync.remotes.answers import Again, Refused
from hermes_sync.remotes.exchange import (
    BAD_REQUEST,
    FORBIDDEN,
    REQUEST_TIMEOUT,
    SERVER_ERROR,
    TOO_MANY,
    Call,
    Reply,
    Site,
)

LIMITS: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
"""Reasons of a 403 that go away by themselves."""

LONGEST_WORDS: Final = 200


def judge(call: Call, reply: Reply, site: Site) -> dict[str, Any]:
    """Return the JSON object of a good answer; raises as `answers.judge` does, `Refused` for everything final."""
    status = reply.status
    if status == TOO_MANY or (status == FORBIDDEN and not LIMITS.isdisjoint(reasons(reply))):
        raise Again(f"{site.name} answered {status}: over its rate limit", wait=reply.wait, is_limit=True)
    if BAD_REQUEST <= status < SERVER_ERROR and status != REQUEST_TIMEOUT:
        words = _words(reply)
        raise Refused(f"{site.name} answered {status} to {call.method}: {words}", status=status, reason=words)
    return answers.judge(call, reply, site)


def reasons(reply: Reply) -> list[str]:
    """Return the reasons in an error of the API, or the one of the token endpoint."""
    error = _error(reply)
    if isinstance(error, str):
        return [error]
    listed = error.get("errors") if isinstance(error, dict) else None
    found = [one.get("reason") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [one for one in found if isinstance(one, str)]


def _words(reply: Reply) -> str:
    """Return why, in Google's own short words: reasons, never whole messages, which may speak of people."""
    return ", ".join(reasons(reply))[:LONGEST_WORDS] or "no reason given"


def _error(reply: Reply) -> object:
    try:
        body = orjson.loads(reply.content)
    except orjson.JSONDecodeError:
        return None
    return body.get("error") if isinstance(body, dict) else None

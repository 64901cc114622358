"""One exchange over HTTP as both twins see it: what came in, what goes out, and a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson

Json: TypeAlias = Any
"""Parsed JSON, as it came in or goes out."""

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A request; `body` is the parsed JSON, None without one."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    raw: bytes = b""
    body: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A complete reply; `tokens` is what Pipedrive charges for it (facts 5)."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    tokens: int = 0


class Refusal(Exception):
    """The request is refused with `status` and a JSON `payload`; nothing was written."""

    def __init__(self, status: int, payload: object, headers: dict[str, str] | None = None) -> None:
        """Keep what the client will be told."""
        super().__init__(f"{status} {payload}")
        self.status = status
        self.payload = payload
        self.headers = headers or {}


class ControlError(ValueError):
    """A control call that makes no sense, for example an edit of an object that is not there."""


def json_answer(payload: object, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Make an answer with a JSON body."""
    body = orjson.dumps(payload, option=orjson.OPT_NON_STR_KEYS)
    return Answer(status=status, body=body, headers={"content-type": JSON_TYPE, **(headers or {})})


def parse_body(raw: bytes) -> Json:
    """Parse a request body; text that is no JSON is refused with 400."""
    if not raw.strip():
        return None
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        problem = {"success": False, "error": "Request body is not valid JSON", "code": "ERR_INVALID_JSON"}
        raise Refusal(400, problem) from error

"""What every answer looks like: JSON with a `status`, and for a mistake a `message` that says what would be right."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from starlette.responses import Response

Problem = tuple[str, str]
"""What is wrong with one field of the input: its name, and what would be right."""

MEDIA_TYPE: Final = "application/json"
OK: Final = {"status": "ok"}


class Json(Response):
    """A JSON answer; never kept by anybody on the way, because it is about now."""

    media_type = MEDIA_TYPE

    def __init__(self, content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(content, status, {"cache-control": "no-store", **(headers or {})})

    def render(self, content: Any) -> bytes:  # noqa: ANN401  # Starlette's signature
        """Return the JSON text."""
        return orjson.dumps(content)


def error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Json:
    """Return the answer that says what went wrong."""
    return Json({"status": "error", "message": message}, status, headers)


def bad_input(problems: Sequence[Problem]) -> Json:
    """Return the 422 for input that can never be right, field by field; it repeats nothing of what was sent."""
    said = [{"field": field, "message": message} for field, message in problems]
    message = "; ".join(f"{field}: {message}" for field, message in problems)
    return Json({"status": "error", "message": message, "errors": said}, 422)


class Refused(Exception):
    """A request that is answered with an error; raised from wherever that is noticed."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers


class BadRequest(Refused):
    """Input that can never be right: 422, with what is wrong field by field."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(422, "; ".join(f"{field}: {message}" for field, message in problems))
        self.problems = problems

"""Which web pages may call from a browser: those of `allowed_origins`; what a page is refused is said as JSON."""

from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from hermes_sync.listener.answers import error

_REFUSED: Final = 400
_OURS: Final = frozenset({"content-length", "content-type"})
"""Headers that belong to a body, and so not to the one that takes its place."""


class Cors(CORSMiddleware):
    """Starlette's, but a preflight that is refused gets an answer like every other mistake (`answers`)."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Return the answer to a preflight."""
        answer = super().preflight_response(request_headers)
        if answer.status_code != _REFUSED:
            return answer
        what = bytes(answer.body).decode().removeprefix("Disallowed CORS ")
        kept = {name: value for name, value in answer.headers.items() if name not in _OURS}
        message = f"a page may not call here with this {what}; pages that may stand in [listener] allowed_origins"
        return error(_REFUSED, message, kept)

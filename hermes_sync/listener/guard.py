"""Who may come in: whoever has the basic auth, and to the status page, without a login, only people of this machine.

Without a login in the config a request must come from loopback, ask for a loopback name (so that no web page can
reach it through a name of its own) and carry no sign of a proxy, behind which strangers look like loopback.
"""

import binascii
import hmac
from base64 import b64decode
from ipaddress import ip_address
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

CHALLENGE: Final = {"www-authenticate": 'Basic realm="hermes-sync", charset="UTF-8"'}
"""The header that goes with a 401, so that a browser asks for user and password."""
FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "cf-connecting-ip", "via")
_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def turned_away(request: Request, user: str, password: str) -> Response | None:
    """Return the answer for somebody who may not look, None for somebody who may."""
    if password:
        if is_authorized(request, user, password):
            return None
        return PlainTextResponse("Log in to see the status page.\n", status_code=401, headers=CHALLENGE)
    if is_local(request):
        return None
    return PlainTextResponse(
        "The status page is for people of this machine. To see it from elsewhere, set [listener] status_user and "
        "status_password in config.toml and log in.\n",
        status_code=403,
    )


def is_authorized(request: Request, user: str, password: str) -> bool:
    """Whether a request carries this basic auth; takes the same time for any wrong one."""
    scheme, _, said = request.headers.get("authorization", "").partition(" ")
    try:
        given = b64decode(said.strip(), validate=True) if scheme.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        given = b""
    return hmac.compare_digest(given, f"{user}:{password}".encode())


def is_local(request: Request) -> bool:
    """Whether a request was made on this machine, as far as can be told."""
    if any(name in request.headers for name in FORWARDED):
        return False
    if request.client is None or not _is_loopback(request.client.host):
        return False
    return _host(request.headers.get("host", "")) in _LOOPBACK_NAMES


def _host(said: str) -> str:
    """Return the name in a Host header, without its port."""
    if said.startswith("["):
        return said[1:].partition("]")[0].lower()
    return said.partition(":")[0].lower()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

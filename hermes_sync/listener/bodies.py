"""Reading what a request carries, within limits: so much of it, so fast, and so many large ones at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Final

import orjson
from starlette.requests import ClientDisconnect, Request

from hermes_sync.listener.answers import BadRequest, Refused

LARGEST: Final = 1024 * 1024
"""Bytes of a body; what is longer gets 413 (interface 4)."""
SLOWEST: Final = 10.0
"""Seconds in which a body has arrived; Pipedrive waits no longer for its answer either (facts 6)."""
LARGE: Final = 64 * 1024
LARGE_AT_ONCE: Final = 16
"""So many bodies of more than LARGE bytes are in memory at once; others wait to be read."""

_CLOSE: Final = {"connection": "close"}


class Bodies:
    """Reads bodies, and knows how many large ones are being read."""

    slowest = SLOWEST

    def __init__(self) -> None:
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    async def read(self, request: Request) -> bytes:
        """Return the body; raises `Refused` with 413 when it is too long and 408 when it comes too slowly."""
        raise_if_said_too_long(request.headers.get("content-length"))
        try:
            async with asyncio.timeout(self.slowest), AsyncExitStack() as stack:
                return await self._collected(request.stream(), stack)
        except TimeoutError:
            raise Refused(408, f"the body did not arrive within {self.slowest:.0f} seconds", _CLOSE) from None
        except ClientDisconnect:
            raise Refused(400, "the body broke off", _CLOSE) from None

    async def _collected(self, stream: AsyncIterator[bytes], stack: AsyncExitStack) -> bytes:
        body = bytearray()
        async for part in stream:
            if len(body) <= LARGE < len(body) + len(part):
                await stack.enter_async_context(self._large)
            body += part
            if len(body) > LARGEST:
                raise too_long()
        return bytes(body)

    async def read_json(self, request: Request) -> object:
        """Return what the JSON of a body says; raises `BadRequest` for what is no JSON."""
        body = await self.read(request)
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            raise BadRequest(("body", "must be JSON")) from None


def raise_if_said_too_long(content_length: str | None) -> None:
    """Raise the 413 for a body that announces itself as too long, before any of it is read."""
    said = content_length or ""
    if said.isascii() and said.isdigit() and (len(said) > len(str(LARGEST)) or int(said) > LARGEST):
        raise too_long()


def too_long() -> Refused:
    """Return the 413."""
    return Refused(413, f"a body may have {LARGEST} bytes")

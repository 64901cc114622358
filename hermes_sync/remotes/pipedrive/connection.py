"""The connection to a Pipedrive account: its address, key and limits, and how its lists are followed.

Passes (`remote`) and setting up (`account`) share it.
"""

from collections.abc import Callable, Iterator

from hermes_sync.ports import Clock, RemoteUnavailable
from hermes_sync.remotes.exchange import Answer, Call, Site
from hermes_sync.remotes.limits import (
    PIPEDRIVE_BURST,
    PIPEDRIVE_MARGIN,
    PIPEDRIVE_SEARCHES,
    PIPEDRIVE_WINDOW,
    Window,
)
from hermes_sync.remotes.transport import Retries, Transport, Wire, shown


def connect_pipedrive(
    *,
    base_url: str,
    token: str,
    clock: Clock,
    retries: Retries = Retries(),  # noqa: B008  # frozen
    timeout: float = 20.0,
    wire: Wire | None = None,
    origin: str = "",
    is_awaited: bool = False,
) -> Transport:
    """Return the transport to an account; `timeout` is in seconds, `origin` is where the token was given, for messages.

    With `is_awaited` a person waits for the answers, and no pass. Raises `ConfigError` for a bad address.
    """
    return Transport(
        site=Site(name="Pipedrive", section="pipedrive", base_url=shown(base_url), key_name="api_token", origin=origin),
        base_url=base_url,
        headers={"x-api-token": token},
        secret=token,
        clock=clock,
        retries=retries,
        timeout=timeout,
        window=Window(PIPEDRIVE_BURST, PIPEDRIVE_WINDOW + PIPEDRIVE_MARGIN),
        search_window=Window(PIPEDRIVE_SEARCHES, PIPEDRIVE_WINDOW + PIPEDRIVE_MARGIN),
        is_awaited=is_awaited,
        wire=wire,
    )


def paged(send: Callable[[Call], Answer], call: Callable[[str | None], Call]) -> Iterator[Answer]:
    """Follow the cursor until it is null; a page shorter than the limit is not the end (facts 1.2).

    Raises what sending raises, and `RemoteUnavailable` for a list that does not move on.
    """
    cursor: str | None = None
    while True:
        answer = send(call(cursor))
        yield answer
        following = (answer.json.get("additional_data") or {}).get("next_cursor")
        if not following:
            return
        if following == cursor:
            raise RemoteUnavailable(
                f"Pipedrive's list {call(None).path} does not move on: the same cursor came twice. "
                "The next pass tries again"
            )
        cursor = following

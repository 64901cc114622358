"""The connection to a TC2 branch: its address, key and limits; passes (`remote`) and setting up (`branch`) share it."""

from hermes_sync.ports import Clock
from hermes_sync.remotes.exchange import Site
from hermes_sync.remotes.limits import TC2_REQUESTS, TC2_WINDOW, Window
from hermes_sync.remotes.transport import Retries, Transport, Wire, shown


def connect_tc2(
    *,
    base_url: str,
    key: str,
    clock: Clock,
    retries: Retries = Retries(),  # noqa: B008  # frozen
    timeout: float = 20.0,
    wire: Wire | None = None,
    per_minute: int = TC2_REQUESTS,
    origin: str = "",
    is_awaited: bool = False,
) -> Transport:
    """Return the transport to a branch; `timeout` is in seconds. Raises `ConfigError` for a bad address.

    `per_minute` is how many requests any minute may see, tries that failed among them, all that TC2 allows unless said
    otherwise; `origin` is where the key was given, for messages. With `is_awaited` a person waits for the answers.
    """
    return Transport(
        site=Site(name="TC2", section="tc2", base_url=shown(base_url), key_name="api_key", origin=origin),
        base_url=base_url,
        headers={"authorization": f"token {key}"},
        secret=key,
        clock=clock,
        retries=retries,
        timeout=timeout,
        window=Window(per_minute, TC2_WINDOW),
        steady_limits=True,
        is_awaited=is_awaited,
        wire=wire,
    )

"""The way into both systems: addresses and keys, from options, the environment or a person, and whether they work."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from hermes_sync.onboarding.asking import Asker
from hermes_sync.onboarding.findings import plainly
from hermes_sync.ports import ConfigError, HermesSyncError, RemoteDenied
from hermes_sync.remotes.pipedrive.account import PipedriveAccount
from hermes_sync.remotes.pipedrive.account_rows import User
from hermes_sync.remotes.tc2.branch import Tc2Branch
from hermes_sync.settings.explain import variable_of

PIPEDRIVE_EXAMPLE: Final = "https://acme.pipedrive.com"
TC2_URL: Final = "https://secure.tutorcruncher.com"
TOKEN_VARIABLE: Final = variable_of("pipedrive.api_token")
KEY_VARIABLE: Final = variable_of("tc2.api_key")
_PIPEDRIVE_URL: Final = variable_of("pipedrive.base_url")
_TC2_URL: Final = variable_of("tc2.base_url")
_PIPEDRIVE_HOST: Final = ".pipedrive.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where both systems are and what opens them; `from_environment` says that both keys came from there."""

    pipedrive_url: str
    api_token: str = field(repr=False)
    tc2_url: str
    api_key: str = field(repr=False)
    from_environment: bool


def access(pipedrive_url: str | None, tc2_url: str | None, asker: Asker, environment: Mapping[str, str]) -> Access:
    """Return the way in: what an option says, else the environment, else a person.

    Raises `ConfigError` for an address that is none, and when nobody is there to give what is missing.
    """
    token, key = environment.get(TOKEN_VARIABLE, "").strip(), environment.get(KEY_VARIABLE, "").strip()
    return Access(
        pipedrive_url=address(
            pipedrive_url
            or environment.get(_PIPEDRIVE_URL)
            or asker.text(
                "Pipedrive's address (https://<your company>.pipedrive.com)",
                default=None,
                otherwise=f"--pipedrive-url, or {_PIPEDRIVE_URL} in the environment",
            ),
            "--pipedrive-url",
            PIPEDRIVE_EXAMPLE,
        ),
        api_token=token
        or asker.secret(
            "API token of Pipedrive (Settings > Personal preferences > API; an admin's)",
            otherwise=f"{TOKEN_VARIABLE} in the environment",
        ),
        tc2_url=address(
            tc2_url
            or environment.get(_TC2_URL)
            or asker.text("TC2's address", default=TC2_URL, otherwise=f"--tc2-url, or {_TC2_URL} in the environment"),
            "--tc2-url",
            TC2_URL,
        ),
        api_key=key
        or asker.secret("API key of TC2 (System > Integrations > API)", otherwise=f"{KEY_VARIABLE} in the environment"),
        from_environment=bool(token and key),
    )


def address(said: str, option: str, example: str) -> str:
    """Return an address as the config wants it; one copied from the browser loses its path.

    Raises `ConfigError`, which shows an example, for what is none.
    """
    text = said.strip().rstrip("/")
    if "://" not in text and "." in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        host = None
    if host is None or parts.scheme not in ("http", "https") or any(map(str.isspace, text)):
        raise ConfigError(f"{option}: {said!r} is no address; write it like {example}")
    if parts.username is not None or parts.password is not None:
        raise ConfigError(f"{option}: an address holds no user and password; they are given apart")
    if host.endswith(_PIPEDRIVE_HOST):
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def is_loopback(host: str | None) -> bool:
    """Whether an address stays on this machine, so that it needs no encryption."""
    try:
        return host == "localhost" or (host is not None and ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


def verified(account: PipedriveAccount, branch: Tc2Branch, way: Access) -> User:
    """Return the user of the Pipedrive key, once both systems let us in.

    Raises `ConfigError` that tells of both when both do not.
    """
    problems: list[str] = []
    me: User | None = None
    try:
        me = account.me()
    except HermesSyncError as error:
        problems.append(no_access(error, "pipedrive.base_url", f"--pipedrive-url (now {way.pipedrive_url})"))
    try:
        branch.listed()
    except HermesSyncError as error:
        problems.append(no_access(error, "tc2.base_url", f"--tc2-url (now {way.tc2_url})"))
    if me is None or problems:
        raise ConfigError("; and ".join(problems))
    return me


def no_access(error: HermesSyncError, url_key: str, option: str) -> str:
    """Return what an error says, and which address to look at unless the key is at fault or it says so itself."""
    said = plainly(error)
    return said if isinstance(error, RemoteDenied) or url_key in said else f"{said}; check {option} and the network"

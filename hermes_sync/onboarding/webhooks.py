"""Pipedrive's webhooks: which of them are ours, which are missing, and registering those once (facts 6).

One for each kind that a pass reads, and none for everything: an account's notes, activities and mails would come
too, and nothing could be done with them. Five of the forty that a user may have.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from hermes_sync.onboarding.access import address, is_loopback
from hermes_sync.onboarding.findings import printable
from hermes_sync.onboarding.survey import pipedrive_at
from hermes_sync.ports import Clock, ConfigError
from hermes_sync.remotes.pipedrive.account import PipedriveAccount
from hermes_sync.remotes.pipedrive.account_rows import User, Webhook
from hermes_sync.settings import Settings

OBJECTS: Final = ("organization", "person", "deal", "pipeline", "stage")
EXAMPLE: Final = "https://hermes.example.com"
"""Where a daemon may be reached."""
PATH: Final = "/pipedrive/callback/"
TC2_PATH: Final = "/tc2/callback/"
MAX_PER_USER: Final = 40
NAME: Final = "hermes-sync"
_ACTIONS: Final = frozenset({"create", "change", "delete"})
_GOOD: Final = range(200, 300)

Login = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something that `webhooks ensure` says."""

    text: str
    is_warning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The webhooks of an account, sorted by what they are to us."""

    living: tuple[Webhook, ...]
    """Ours: they lead to our address, and are active."""
    dead: tuple[Webhook, ...]
    """Ours, but switched off."""
    elsewhere: tuple[Webhook, ...]
    """Made for a hermes-sync at another address."""
    others: int
    """How many have nothing to do with us."""

    def uncovered(self, hooks: Iterable[Webhook]) -> list[str]:
        """Return the kinds of which these webhooks do not tell everything."""
        known = list(hooks)
        return [one for one in OBJECTS if not _covers(known, one)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What is to be done: first delete, then create one for each of these kinds."""

    delete: tuple[Webhook, ...] = ()
    create: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())


def ensure(settings: Settings, url: str, clock: Clock, *, replace: bool, dry_run: bool) -> Iterator[Line]:
    """Register what is missing at this address and yield what was done; with `dry_run` what would be.

    Raises `ConfigError` for an address that cannot be used and over Pipedrive's limit, and what the remote raises.
    """
    target, login = callback_of(url), login_of(settings)
    origin = settings.origin_of("pipedrive.api_token")
    with pipedrive_at(settings.pipedrive.base_url, settings.pipedrive_token(), clock, origin=origin) as account:
        me, hooks = account.me(), account.webhooks()
        steps = plan(hooks, target, login, replace=replace)
        _raise_if_too_many(hooks, steps, me)
        for text in (*steps.warnings, *_about(me, login)):
            yield Line(text=text, is_warning=True)
        yield from _carried_out(account, steps, target, login, dry_run=dry_run)
    yield from (Line(text=text) for text in by_hand(target))


def callback_of(url: str) -> str:
    """Return the address that Pipedrive calls; raise `ConfigError` for one that it could not, or should not."""
    parts = urlsplit(address(url, "--url", EXAMPLE))
    if "?" in url or "#" in url:
        raise ConfigError(f"--url: {url} has a query; give only where the daemon is, like {EXAMPLE}")
    if parts.scheme != "https" and not is_loopback(parts.hostname):
        raise ConfigError(
            f"--url: {url} is not encrypted, and Pipedrive sends a password to it; give an address with https:// "
            "(a proxy such as nginx or Caddy in front of the daemon does that)"
        )
    path = parts.path.rstrip("/").removesuffix(PATH.rstrip("/"))
    return f"{parts.scheme}://{parts.netloc.lower()}{path}{PATH}"


def login_of(settings: Settings) -> Login | None:
    """Return the basic auth that the listener wants, if any."""
    password = settings.listener.pipedrive_password.get_secret_value()
    return (settings.listener.pipedrive_user, password) if settings.listener.pipedrive_user else None


def plan(hooks: Sequence[Webhook], target: str, login: Login | None, *, replace: bool) -> Steps:
    """Return what is to be done so that every kind is told of at this address, and what is odd."""
    found = sort(hooks, target)
    strange = [hook for hook in found.living if sends_another_login(hook, login)]
    gone = (*found.dead, *(strange if replace else ()))
    kept = [hook for hook in found.living if hook not in gone]
    warnings = [
        f"webhook {hook.id} leads to another hermes-sync, at {place(hook)}; delete it in Pipedrive if that is no more"
        for hook in found.elsewhere
    ]
    for hook in kept:
        if hook in strange:
            warnings.append(
                f"webhook {hook.id} sends another login than [listener] pipedrive_user and pipedrive_password, so that "
                "the daemon refuses it; --replace registers it anew"
            )
        elif is_failing(hook):
            warnings.append(f"webhook {hook.id} was last answered with {hook.last_status}; look at the daemon's log")
    return Steps(delete=gone, create=tuple(found.uncovered(kept)), warnings=tuple(warnings))


def sort(hooks: Iterable[Webhook], target: str | None) -> Registered:
    """Sort webhooks by what they are to us; without a target every one with our path or name is ours."""
    living: list[Webhook] = []
    dead: list[Webhook] = []
    elsewhere: list[Webhook] = []
    others = 0
    for hook in hooks:
        is_like_ours = _place(hook.url)[-1].endswith(PATH.rstrip("/")) or hook.name == NAME
        is_ours = is_like_ours if target is None else _same(hook.url, target)
        if is_ours:
            (dead if hook.is_dead else living).append(hook)
        elif is_like_ours:
            elsewhere.append(hook)
        else:
            others += 1
    return Registered(living=tuple(living), dead=tuple(dead), elsewhere=tuple(elsewhere), others=others)


def sends_another_login(hook: Webhook, login: Login | None) -> bool:
    """Whether the listener would refuse it; a password that Pipedrive does not show is taken to be right."""
    if login is None:
        return False
    user, password = login
    shown = hook.password is not None and hook.password.strip("*•") != ""
    return hook.user != user or (shown and hook.password != password)


def is_failing(hook: Webhook) -> bool:
    """Whether its last delivery was not accepted."""
    return hook.last_delivery is not None and hook.last_status not in _GOOD


def place(hook: Webhook) -> str:
    """Return where a webhook leads, without what may be a secret in it."""
    scheme, host, port, path = _place(hook.url)
    shown = "" if port in (None, 443, 80) else f":{port}"
    return printable(f"{scheme}://{host or 'nowhere'}{shown}{path}/")


def by_hand(target: str) -> Iterator[str]:
    """Yield what is to be set up in TC2, which has no call for it."""
    yield "TC2's webhook is set up by hand (System > Integrations, at the API key that hermes-sync uses):"
    yield f"  URL: {target.removesuffix(PATH)}{TC2_PATH}"
    yield "  TC2 signs what it sends with that API key, so nothing else is to be agreed on"


def _covers(hooks: Iterable[Webhook], object_: str) -> bool:
    actions = {hook.action for hook in hooks if hook.object in ("*", object_)}
    return "*" in actions or actions >= _ACTIONS


def _same(one: str, other: str) -> bool:
    """Whether two addresses are the same place: case of the host, a default port and a last slash do not count."""
    return _place(one) == _place(other)


def _place(url: str) -> tuple[str, str | None, int | None, str]:
    """Return scheme, host, port and path; nothing for what is no address."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return "", None, None, ""
    return parts.scheme, parts.hostname, port, parts.path.rstrip("/")


def _raise_if_too_many(hooks: Sequence[Webhook], steps: Steps, me: User) -> None:
    gone = {hook.id for hook in steps.delete}
    left = sum(1 for hook in hooks if hook.user_id == me.id and not hook.is_dead and hook.id not in gone)
    if steps.create and left + len(steps.create) > MAX_PER_USER:
        raise ConfigError(
            f"Pipedrive allows {MAX_PER_USER} webhooks a user; the user of the key has {left} and {len(steps.create)} "
            "more are needed. Delete some in Pipedrive (Settings > Tools and apps > Webhooks), or put the key of "
            "another admin into pipedrive.api_token"
        )


def _about(me: User, login: Login | None) -> Iterator[str]:
    if not me.is_admin:
        yield (
            "the key is not an admin's, so that Pipedrive does not tell of what its user may not see; "
            "put an admin's key into pipedrive.api_token"
        )
    if login is None:
        yield (
            "[listener] pipedrive_user and pipedrive_password are not set, so that anybody may send callbacks; "
            "set both and run this again with --replace"
        )


def _carried_out(
    account: PipedriveAccount, steps: Steps, target: str, login: Login | None, *, dry_run: bool
) -> Iterator[Line]:
    would = "would be " if dry_run else ""
    for hook in steps.delete:
        if not dry_run:
            account.delete_webhook(hook.id)
        why = f"dead since {hook.removed}" if hook.removed else "dead" if hook.is_dead else "with another login"
        yield Line(text=f"webhook {hook.id} ({hook.action}.{hook.object}, {why}) {would}deleted")
    for object_ in steps.create:
        number = ""
        if not dry_run:
            made = account.create_webhook(url=target, action="*", object_=object_, name=NAME, login=login)
            number = f" {made.id}"
        yield Line(text=f"webhook{number} (*.{object_}) {would}registered at {target}")
    if not steps.delete and not steps.create:
        yield Line(text=f"every webhook is registered at {target}; nothing to do")

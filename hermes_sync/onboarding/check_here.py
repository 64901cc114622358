"""What can be checked on this machine: the config's own sense, the database, the clock."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from hermes_sync.onboarding.access import is_loopback
from hermes_sync.onboarding.findings import Finding, ok, warning, wrong
from hermes_sync.ports import Clock, ConfigError
from hermes_sync.settings import Settings, load_settings
from hermes_sync.store import RUN_THE_LATER, keeps_nothing, too_late
from hermes_sync.store.condition import Condition, condition

CLOCK_SECONDS: Final = 60
"""How far the clock may be off: links and signatures expire by it, and people compare times."""
LITTLE: Final = 500 * 1024 * 1024
"""Bytes free on the disk below which a first full read of a large account may not fit."""


def config(settings: Settings, file: Path) -> Iterator[Finding]:
    """Check what the config says against itself and the machine."""
    yield ok("config", f"{file} is read and makes sense")
    yield from _rights(file)
    for key, url in _addresses(settings):
        parts = urlsplit(url)
        if parts.scheme != "https" and not is_loopback(parts.hostname):
            message = f"{key} is not encrypted, so that what opens it travels for all to read"
            yield warning("config.encryption", message, f"set {key} to an address with https://")
    if not settings.callbooker.signing_key.get_secret_value():
        message = "callbooker.signing_key is not set, so that no links for support calls can be made"
        yield warning("config.signing_key", message, "set it to a long random text if support calls are booked")


def _addresses(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the addresses to which keys are sent, under their keys in the config."""
    yield "pipedrive.base_url", settings.pipedrive.base_url
    yield "tc2.base_url", settings.tc2.base_url
    if settings.callbooker.calendar == "google":
        yield "callbooker.google_base_url", settings.callbooker.google_base_url
        yield "callbooker.google_token_url", settings.callbooker.google_token_url


def _rights(file: Path) -> Iterator[Finding]:
    """Check that a file with secrets is its owner's alone."""
    with suppress(ConfigError, OSError):
        held = load_settings(file, environment=False).secrets()
        if held and os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o077:
            message = f"{file} holds secrets and others on this machine may read it"
            yield warning("config.rights", message, f"chmod 600 {file}")


def database(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Check that the database answers, has a schema that fits and could be written to; `now` is aware, in UTC."""
    if keeps_nothing(settings.database.url):
        message = "[database] url is in memory, which keeps nothing"
        yield wrong("database", message, "give a file such as sqlite:///hermes.db")
        return
    seen = condition(settings.database.url, now)
    if seen.obstacle is not None:
        remedy = "give the user that runs hermes-sync the right to write there, or change [database] url"
        yield wrong("database", f"{seen.url}: {seen.obstacle}", remedy)
    elif not seen.exists:
        yield ok("database", f"{seen.url} is not there yet; the first pass makes it")
    else:
        yield _schema(seen, auto_upgrade=settings.database.auto_upgrade)
    if seen.lease is not None:
        yield ok("database.lease", f"a pass is running: {seen.lease.holder}, until {seen.lease.until:%H:%M:%S} UTC")
    if seen.free is not None and seen.free < LITTLE:
        message = f"only {seen.free // (1024 * 1024)} MiB are free where the database lies"
        yield warning("database.disk", message, "make room: a first full read needs about 2 KiB for each object")


def _schema(seen: Condition, *, auto_upgrade: bool) -> Finding:
    has = seen.revision
    if has == seen.newest:
        return ok("database", f"{seen.url} answers; the schema is {has}, the newest")
    trouble = too_late(has, seen.newest)
    if trouble is not None:
        return wrong("database", f"{seen.url}: {trouble}", RUN_THE_LATER)
    message = f"{seen.url}: the schema is {has or 'empty'}, this program needs {seen.newest}"
    if auto_upgrade:
        return ok("database", f"{message}; the next pass upgrades it")
    return wrong("database", message, "run `hermes-sync db upgrade`, because database.auto_upgrade is false")


def clock(system: str, said: datetime | None, ours: Clock) -> Iterator[Finding]:
    """Check the clock of this machine against what a server has just said (UTC, whole seconds)."""
    name = f"{system}.clock"
    if said is None:
        yield ok(name, f"{system} did not say what time it is there")
        return
    off = (ours.now() - said).total_seconds()
    if abs(off) <= CLOCK_SECONDS:
        yield ok(name, f"the clock of this machine agrees with {system}'s to {CLOCK_SECONDS} seconds")
        return
    message = f"the clock of this machine is {abs(off):.0f} seconds {'ahead of' if off > 0 else 'behind'} {system}'s"
    yield wrong(name, message, "let the machine take its time from the network (NTP): support links expire by it")

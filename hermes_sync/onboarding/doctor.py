"""`doctor` as its own table of contents: what is checked, in which order, and that no failure hides the rest."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

from hermes_sync.onboarding import check_account, check_calendar, check_here, check_tc2, check_webhooks
from hermes_sync.onboarding.findings import Finding, plainly, warning, wrong
from hermes_sync.onboarding.survey import pipedrive_at, tc2_at
from hermes_sync.ports import Clock, ConfigError, HermesSyncError, RemoteDenied
from hermes_sync.settings import Settings

Findings: TypeAlias = Iterator[Finding]


def examine(settings: Settings, file: Path, clock: Clock) -> Findings:
    """Yield what every check finds; nothing is written anywhere."""
    yield from _checked("config", lambda: check_here.config(settings, file))
    yield from _checked("config.calendar", lambda: check_calendar.calendar(settings))
    yield from _checked("database", lambda: check_here.database(settings, clock.now()))
    yield from _pipedrive(settings, clock)
    yield from _tc2(settings, clock)


def _pipedrive(settings: Settings, clock: Clock) -> Findings:
    with ExitStack() as stack:
        try:
            origin = settings.origin_of("pipedrive.api_token")
            way = pipedrive_at(settings.pipedrive.base_url, settings.pipedrive_token(), clock, origin=origin)
            account = check_account.Account(settings, stack.enter_context(way))
            yield from check_account.access(account)
        except HermesSyncError as error:
            yield _denied("pipedrive", error)
            yield _not_checked("pipedrive", "fields, team, pipelines, webhooks, clock and tokens")
            return
        yield from _checked("pipedrive.clock", lambda: check_here.clock("pipedrive", account.remote.server_time, clock))
        yield from _checked("fields", lambda: check_account.fields(account))
        yield from _checked("pipelines", lambda: check_account.pipelines(account))
        yield from _checked("admins", lambda: check_account.admins(account))
        yield from _checked("webhooks", lambda: check_webhooks.webhooks(settings, account.remote))
        yield from _checked("tokens", lambda: check_account.tokens(account))


def _tc2(settings: Settings, clock: Clock) -> Findings:
    with ExitStack() as stack:
        try:
            origin = settings.origin_of("tc2.api_key")
            branch = stack.enter_context(tc2_at(settings.tc2.base_url, settings.tc2_key(), clock, origin=origin))
            sample = check_tc2.read(branch)
            yield from check_tc2.access(settings, sample)
        except HermesSyncError as error:
            yield _denied("tc2", error)
            yield _not_checked("tc2", "extra attributes, admins and clock")
            return
        yield from _checked("tc2.clock", lambda: check_here.clock("tc2", branch.server_time, clock))
        yield from _checked("tc2.extra_attrs", lambda: check_tc2.attributes(settings, sample))
        yield from _checked("tc2.admins", lambda: check_tc2.admins(settings, sample))


def _checked(name: str, check: Callable[[], Findings]) -> Findings:
    """Yield what a check finds; one that cannot be carried out is wrong, and the next one follows."""
    try:
        yield from check()
    except HermesSyncError as error:
        yield wrong(name, plainly(error), "this could not be checked; put it right and run doctor again")


def _denied(system: str, error: HermesSyncError) -> Finding:
    key = {"pipedrive": "pipedrive.api_token", "tc2": "tc2.api_key"}[system]
    if isinstance(error, ConfigError):
        return wrong(f"{system}.access", plainly(error), f"give {key}")
    if isinstance(error, RemoteDenied):
        return wrong(f"{system}.access", plainly(error), f"give a valid key of an admin as {key}")
    return wrong(f"{system}.access", plainly(error), f"check {system}.base_url and {key}, then the network")


def _not_checked(system: str, what: str) -> Finding:
    return warning(f"{system}.unchecked", f"{what} were not checked", "put the access right and run doctor again")

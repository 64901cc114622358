"""The composition root: settings in; store, remotes and cycle out. Nothing else puts them together."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import orjson

from hermes_sync import reports
from hermes_sync.clock import SystemClock
from hermes_sync.core import drift
from hermes_sync.core.pace import midnight_before
from hermes_sync.core.policy import Policy
from hermes_sync.core.records import RemoteKind
from hermes_sync.ports import Clock, ConfigError
from hermes_sync.reports import StatusReport
from hermes_sync.settings import Settings
from hermes_sync.store import RIGHT_TO_SCHEDULE, RUN_THE_LATER, SqlStore, StoreStatus, keeps_nothing, too_late

if TYPE_CHECKING:
    from hermes_sync.booking import Booker
    from hermes_sync.cycle import Cycle, PassSettings
    from hermes_sync.ports import Calendar

PUSHES_AT_ONCE = 16
"""Under way to Pipedrive: 60 a second, the most that any plan allows, when each answer takes a quarter of a second."""


@contextmanager
def cycle_on(
    settings: Settings, store: SqlStore, clock: Clock | None = None, *, tc2_per_minute: int | None = None
) -> Iterator["Cycle"]:
    """Yield what runs passes on a store; the connections to the remotes end with the context.

    `tc2_per_minute` is how many requests to TC2 any minute may see; None as many as TC2 allows.
    Raises `ConfigError` while a token is missing.
    """
    from hermes_sync.cycle import Cycle  # looking at the store alone needs neither passes nor HTTP
    from hermes_sync.remotes import TC2_PER_MINUTE, PipedriveRemote, Tc2Remote, connect_pipedrive, connect_tc2

    clock = clock or SystemClock()
    with ExitStack() as stack:
        to_pipedrive = connect_pipedrive(
            base_url=settings.pipedrive.base_url,
            token=settings.pipedrive_token(),
            origin=settings.origin_of("pipedrive.api_token"),
            clock=clock,
        )
        pipedrive = PipedriveRemote(to_pipedrive, fields=settings.field_keys(), at_once=PUSHES_AT_ONCE)
        stack.enter_context(closing(pipedrive))
        to_tc2 = connect_tc2(
            base_url=settings.tc2.base_url,
            key=settings.tc2_key(),
            origin=settings.origin_of("tc2.api_key"),
            clock=clock,
            per_minute=TC2_PER_MINUTE if tc2_per_minute is None else tc2_per_minute,
        )
        tc2 = Tc2Remote(to_tc2, attrs=settings.attribute_names())
        stack.enter_context(closing(tc2))
        yield Cycle(store=store, pipedrive=pipedrive, tc2=tc2, clock=clock, settings=pass_settings(settings))


@contextmanager
def booker_on(settings: Settings, store: SqlStore, clock: Clock | None = None) -> Iterator["Booker"]:
    """Yield what books calls on a store; the connections to the calendar, if there is one, end with the context.

    Raises `ConfigError` for a key file of the calendar that can't be used.
    """
    from hermes_sync.booking import Booker, Terms  # most commands book nothing

    clock, said = clock or SystemClock(), settings.callbooker
    terms = Terms(
        meeting_minutes=said.meeting_minutes,
        buffer_minutes=said.buffer_minutes,
        day_start=said.day_start,
        day_end=said.day_end,
    )
    with ExitStack() as stack:
        calendar = _calendar_on(settings, clock, stack) if said.calendar == "google" else None
        yield Booker(store=store, policy=settings.policy(), terms=terms, calendar=calendar, clock=clock)


def _calendar_on(settings: Settings, clock: Clock, stack: ExitStack) -> "Calendar":
    from hermes_sync.remotes.google.remote import GoogleCalendar

    calendar = GoogleCalendar(
        key_file=Path(settings.callbooker.google_service_account).expanduser(),
        base_url=settings.callbooker.google_base_url,
        token_url=settings.callbooker.google_token_url,
        clock=clock,
    )
    stack.enter_context(closing(calendar))
    return calendar


def pass_settings(settings: Settings) -> "PassSettings":
    """Return what the config says about passes."""
    from hermes_sync.cycle import PassSettings

    return PassSettings(
        policy=settings.policy(),
        policy_digest=policy_digest(settings),
        fields=settings.field_keys(),
        limits=settings.limits(),
        overlap=settings.schedule.overlap,
        sweep_interval=settings.schedule.sweep_interval,
        sweep_per_pass=settings.tc2.sweep_per_pass,
        daily_token_budget=settings.pipedrive.daily_token_budget,
    )


def policy_digest(settings: Settings) -> str:
    """Return a digest of what decisions depend on: when it changes, everything is looked at again (semantics 1).

    Names and e-mails of admins decide nothing, so that correcting one causes no full read.
    """
    decisive = {
        "admins": sorted([one.id, one.tc2_admin_id or 0, one.pd_owner_id or 0] for one in settings.admins),
        "fields": {kind.value: keys for kind, keys in settings.field_keys().items()},
        "attributes": settings.attribute_names(),
        "addresses": [settings.pipedrive.base_url, settings.tc2.base_url],
    }
    return hashlib.sha256(orjson.dumps(decisive, option=orjson.OPT_SORT_KEYS)).hexdigest()


@contextmanager
def store_to_write(settings: Settings) -> Iterator[SqlStore]:
    """Yield the store with the newest schema.

    Raises `ConfigError` for an older one with `database.auto_upgrade = false`, and for one that keeps nothing.
    """
    if keeps_nothing(settings.database.url):
        raise ConfigError(
            f"[database] url {settings.database.url} keeps nothing, so that no write outside could be traced; "
            "give a file such as sqlite:///hermes.db"
        )
    with SqlStore.open(settings.database.url) as store:
        if _is_outdated(store):
            if not settings.database.auto_upgrade:
                raise _outdated(store, "database.auto_upgrade is false")
            store.upgrade()
        yield store


@contextmanager
def store_to_read(settings: Settings) -> Iterator[SqlStore]:
    """Yield the store for looking only: nothing is written, neither schema nor file.

    A missing SQLite file is an empty store; of one with an older schema a temporary copy is upgraded.
    Raises `ConfigError` for an older schema in PostgreSQL, and for any with `database.auto_upgrade = false`.
    """
    with ExitStack() as stack:
        store = stack.enter_context(SqlStore.open(settings.database.url, read_only=True))
        if _is_outdated(store):
            file = sqlite_file(settings.database.url)
            if not settings.database.auto_upgrade:
                raise _outdated(store, "database.auto_upgrade is false")
            if file is None:
                raise _outdated(store, "this command only looks and must not upgrade it")
            store = stack.enter_context(_upgraded_copy(file))
        yield store


def sqlite_file(url: str) -> Path | None:
    """Return the file of an SQLite URL; None for another database and for one in memory."""
    scheme, _, rest = url.partition("://")
    path = rest.removeprefix("/").partition("?")[0]
    return Path(path) if scheme.startswith("sqlite") and path not in ("", ":memory:") else None


@contextmanager
def _upgraded_copy(file: Path) -> Iterator[SqlStore]:
    with TemporaryDirectory(prefix="hermes-sync-") as folder:
        copy = Path(folder) / "copy.db"
        source = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
        target = sqlite3.connect(copy)
        with closing(source), closing(target):
            source.backup(target)
        with SqlStore.open(f"sqlite:///{copy}") as store:
            store.upgrade()
            yield store


def _is_outdated(store: SqlStore) -> bool:
    """Whether the schema is to be upgraded; raise `ConfigError` for one of a later program."""
    has, newest = store.current_revision(), store.head_revision()
    trouble = too_late(has, newest)
    if trouble is not None:
        raise ConfigError(f"{store.url}: {trouble}; {RUN_THE_LATER}")
    return has != newest


def _outdated(store: SqlStore, why: str) -> ConfigError:
    revision = store.current_revision() or "none yet"
    return ConfigError(
        f"{store.url}: the schema is {revision}, this program needs {store.head_revision()}, and {why}; "
        "run `hermes-sync db upgrade`"
    )


def upgrade(settings: Settings) -> tuple[str | None, str]:
    """Bring the schema to the newest revision; return the one before (None: empty) and the newest."""
    with SqlStore.open(settings.database.url) as store:
        before = store.current_revision()
        if _is_outdated(store):
            store.upgrade()
        return before, store.head_revision()


def revisions(settings: Settings) -> tuple[str | None, str]:
    """Return the revision that the database has (None: empty, or no file yet) and the newest; nothing is written."""
    file = sqlite_file(settings.database.url)
    with SqlStore.open(settings.database.url, read_only=True) as store:
        is_missing = file is not None and not file.exists()
        return None if is_missing else store.current_revision(), store.head_revision()


def status_of(settings: Settings, store: SqlStore, clock: Clock | None = None) -> StatusReport:
    """Return the state of a store now; of 100,000 Companies in a few seconds, which is how long drift takes."""
    from hermes_sync.cycle import pace_of

    now = (clock or SystemClock()).now()
    status = store.status(now)
    return reports.status_of(
        status,
        now=now,
        daily_budget=settings.pipedrive.daily_token_budget,
        spent_today=store.spending(midnight_before(now)).spent,
        drifts=drift.survey(store.companies_with_both(), _policy_on(settings, store), to_be_said=_to_be_said(status)),
        pace=pace_of(
            store,
            now,
            budget=settings.pipedrive.daily_token_budget,
            shortest=settings.schedule.interval,
            sweep_interval=settings.schedule.sweep_interval,
        ),
        clients=store.client_freshness(now),
        daemon=store.current_lease(now, RIGHT_TO_SCHEDULE),
        waiting=store.waiting(),
        trouble=store.trouble(),
    )


def _policy_on(settings: Settings, store: SqlStore) -> Policy:
    """Return the policy without mapped fields that the account lacks: what is not there was not edited."""
    kind = RemoteKind.ORGANIZATION
    _, definitions = store.field_definitions().get(kind, (None, {}))
    keys = settings.field_keys()[kind]
    lacking = {name for name, key in keys.items() if key not in definitions} if definitions else set()
    return settings.policy().without({kind: lacking})


def _to_be_said(status: StoreStatus) -> set[tuple[int, str]]:
    """Return the fields of Orgs, by Company, that pushes in the journal are still to set."""
    return {
        (push.hermes_id, change.field)
        for push in (*status.waiting, *status.refused)
        if push.kind is RemoteKind.ORGANIZATION
        for change in push.changes
    }

"""A listener over real HTTP: uvicorn on loopback in a thread of this process, a real database behind it."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx
from sqlalchemy import select

from hermes_sync import bootstrap
from hermes_sync.clock import SystemClock
from hermes_sync.core.objects import Company, Kind
from hermes_sync.listener import Desk, serve
from hermes_sync.settings import Settings
from hermes_sync.store import SqlStore
from hermes_sync.store.rows import object_row
from hermes_sync.store.tables import HINTS, OBJECT_TABLES

TC2_KEY: Final = "tc2-key-of-the-tests"
COMPANIES: Final = OBJECT_TABLES[Kind.COMPANY]
SIGNING_KEY: Final = "signing-key-of-the-tests"
PATIENCE: Final = 60.0
"""How long an answer may take, in seconds: longer than a busy machine ever stalls."""

ADMINS: Final = (
    {
        "id": 1,
        "first_name": "Ada",
        "last_name": "Byron",
        "email": "ada@example.com",
        "timezone": "Europe/London",
        "tc2_admin_id": 30,
        "pd_owner_id": 99,
        "is_sales_person": True,
        "sells": ("payg", "startup"),
        "regions": ("GB", "US"),
    },
    {
        "id": 2,
        "first_name": "Grace",
        "last_name": "Hopper",
        "email": "grace@example.com",
        "tc2_admin_id": 31,
        "is_sales_person": True,
        "is_support_person": True,
        "sells": ("payg",),
        "regions": ("GB", "EU"),
    },
)


def settings_for(database_url: str, **sections: Mapping[str, Any]) -> Settings:
    """Return settings for a database; `sections` adds or replaces keys of a section."""
    given: dict[str, dict[str, Any]] = {
        "database": {"url": database_url},
        "pipedrive": {"base_url": "https://acme.pipedrive.com", "api_token": "pipedrive-token-of-the-tests"},
        "tc2": {"api_key": TC2_KEY},
        "callbooker": {"signing_key": SIGNING_KEY},
        "pipelines": {plan: {"pipeline": 1, "stage": 1} for plan in ("payg", "startup", "enterprise")},
    }
    for name, keys in sections.items():
        given[name] = {**given.get(name, {}), **keys}
    return Settings(**given, admins=ADMINS)


@dataclass(frozen=True)
class Served:
    """A listener that answers, and the store behind it."""

    desk: Desk
    http: httpx.Client
    port: int
    stop: threading.Event
    thread: threading.Thread

    @property
    def store(self) -> SqlStore:
        """The store behind the listener."""
        return self.desk.store

    def hints(self) -> dict[str, int]:
        """Return what is hinted at, with how often."""
        return {str(hint.ref): hint.count for hint in self.store.hints()}

    def wishes(self) -> int:
        """Return how often an early pass was asked for."""
        return self.store.news().wishes

    def hint_rows(self) -> int:
        """Return how many rows the table of hints has."""
        with self.store.engine.connect() as connection:
            return len(connection.execute(select(HINTS)).all())

    def connect(self) -> socket.socket:
        """Return a bare connection to the listener."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)


@contextmanager
def serving(settings: Settings, store: SqlStore, *, patience: float = 25.0) -> Iterator[Served]:
    """Serve a listener on a free port of loopback until the context ends."""
    clock = SystemClock()
    with ExitStack() as stack:
        booker = stack.enter_context(bootstrap.booker_on(settings, store, clock))
        desk = Desk(settings=settings, store=store, booker=booker, clock=clock, patience=patience)
        stop, ready = threading.Event(), threading.Event()
        ports: list[int] = []

        def started(port: int) -> None:
            ports.append(port)
            ready.set()

        def run() -> None:
            serve(desk, host="127.0.0.1", port=0, stop=stop, started=started)

        thread = threading.Thread(target=run, name="listener-under-test", daemon=True)
        thread.start()
        assert ready.wait(PATIENCE), "the listener answers"
        stack.callback(thread.join, PATIENCE)
        stack.callback(stop.set)
        http = stack.enter_context(
            httpx.Client(base_url=f"http://127.0.0.1:{ports[0]}", timeout=PATIENCE, trust_env=False)
        )
        yield Served(desk=desk, http=http, port=ports[0], stop=stop, thread=thread)


def plant_companies(store: SqlStore, *rows: Mapping[str, object]) -> None:
    """Put Companies into the store as a pass would have."""
    with store.engine.begin() as connection:
        for row in rows:
            company = Company(**{"name": f"Company {row['id']}", **row})  # type: ignore[arg-type]  # the test's own rows
            names = [column.name for column in COMPANIES.columns]
            connection.execute(COMPANIES.insert(), dict(zip(names, object_row(Kind.COMPANY, company), strict=True)))

"""A store with a history, its status page served on loopback, and a real browser to look at it."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright
from pydantic import SecretStr
from starlette.applications import Starlette

from hermes_sync.clock import SystemClock
from hermes_sync.core.records import RemoteKind
from hermes_sync.listener import status_page
from hermes_sync.ports import Clock
from hermes_sync.sandbox import Fault, Sandbox
from hermes_sync.settings import Settings, load_settings
from hermes_sync.store import SqlStore
from tests.cycle.rig import Rig
from tests.status_page.browsing import chromium

EXAMPLE = Path(__file__).parents[2] / "config.toml"


@dataclass(frozen=True)
class Desk:
    """What the page needs."""

    settings: Settings
    store: SqlStore
    clock: Clock = field(default_factory=SystemClock)


@dataclass(frozen=True)
class Page:
    """A served page and the rig that made what it shows."""

    url: str
    rig: Rig

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask for a path of it."""
        return httpx.get(f"{self.url}{path}", headers=headers, timeout=30)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes) -> Iterator[Rig]:
    """A store after a few passes: an import, edits on both sides, a refused and a waiting push, drift, a failure."""
    path = tmp_path_factory.mktemp("status") / "hermes.db"
    path.write_bytes(sqlite_template)
    with Sandbox() as sandbox, SqlStore.open(f"sqlite:///{path}") as store:
        rig = Rig(sandbox, store)
        _import_some(rig)
        _edit(rig)
        _fail(rig)
        yield rig


def _import_some(rig: Rig) -> None:
    """Bring in 30 customers; names are made to try the page's escaping."""
    for number in range(1, 31):
        name = "<b>Bold & Sons</b>" if number == 1 else f"Customer {number}"
        org = rig.pd.create("organization", name=name, owner_id=99)
        email = f"mary{number}@example.com"
        rig.pd.create("person", name="Mary Booth", org_id=org, emails=[email], phones=[f"0131 496 {number:04}"])
        rig.pd.create("deal", title=name, org_id=org, pipeline_id=1, stage_id=1)
        recipient = {"id": 500 + number, "first_name": "Mary", "last_name": "Booth", "email": email}
        agency = {"id": 900 + number, "name": name, "status": "trial"}
        rig.tc2.create_client(agency=agency, recipients=[recipient], extra_attrs={"pipedrive_id": str(org)})
    rig.settings = replace(rig.settings, limits=replace(rig.settings.limits, max_creates=1000, max_updates=1000))
    rig.settle(6)


def _edit(rig: Rig) -> None:
    """Let a few ordinary things happen, then drift in one Org, a refused push and one that waits."""
    for number in range(1, 6):
        rig.pd.edit("deal", number, stage_id=2)
        rig.reconcile()
    website = rig.settings.fields[RemoteKind.ORGANIZATION]["website"]
    rig.pd.edit("organization", 7, custom_fields={website: "https://drifted.example.com"})
    rig.reconcile()
    rig.tc2.faults.add(Fault(method="POST", status=400, body={"detail": "This is not right."}, times=1))
    rig.pd.edit("deal", 8, stage_id=3)
    rig.reconcile()
    rig.tc2.faults.add(Fault(method="POST", status=500, times=None))
    rig.pd.edit("deal", 9, stage_id=3)
    rig.reconcile()
    rig.tc2.faults.clear()


def _fail(rig: Rig) -> None:
    """Let one pass fail for want of Pipedrive."""
    rig.pd.faults.add(Fault(path="/api/v2/deals$", status=500, times=None))
    with pytest.raises(Exception, match="answered 500"):
        rig.reconcile()
    rig.pd.faults.clear()


@pytest.fixture(scope="session")
def page(world: Rig) -> Iterator[Page]:
    """The status page of that store, for people of this machine."""
    with _serving(Desk(load_settings(EXAMPLE, environment=False), world.store)) as url:
        yield Page(url, world)


@pytest.fixture(scope="session")
def locked_page(world: Rig) -> Iterator[Page]:
    """The same with a login."""
    settings = load_settings(EXAMPLE, environment=False)
    listener = settings.listener.model_copy(update={"status_user": "ops", "status_password": SecretStr("let me in")})
    with _serving(Desk(settings.model_copy(update={"listener": listener}), world.store)) as url:
        yield Page(url, world)


class _serving:  # noqa: N801  # read as a word in a with statement
    """Serves the page from a thread for the length of a with statement."""

    def __init__(self, desk: Desk) -> None:
        app = Starlette(routes=status_page.routes(desk))
        self._server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        while not self._server.started:
            SystemClock().sleep(0.02)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *error: object) -> None:
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium; `script/browser` installs one."""
    path = chromium()
    if path is None:
        print("LOUD SKIP: no Chromium on this machine; script/browser installs one")
        pytest.skip("no Chromium on this machine; script/browser installs one")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    arguments += ["--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=arguments)
        yield opened
        opened.close()

"""What `pip install` gets: a wheel that has everything the program reads, and works where there is no checkout."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

import hermes_sync

ROOT = Path(hermes_sync.__file__).parents[1]
ASKS_FOR_THE_PAGE = """
from starlette.testclient import TestClient
import hermes_sync
from hermes_sync import bootstrap
from hermes_sync.listener import Desk, create_app
from hermes_sync.settings import load_settings

settings = load_settings()
with bootstrap.store_to_write(settings) as store, bootstrap.booker_on(settings, store) as booker:
    app = create_app(Desk(settings=settings, store=store, booker=booker))
    answer = TestClient(app, base_url="http://localhost", client=("127.0.0.1", 50000)).get("/")
print(hermes_sync.__file__)
print(answer.text)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """Build the wheel as pip would, without asking an index for the build backend."""
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"])
    with zipfile.ZipFile(built) as opened:
        yield opened


def kept(folder: Path, below: str) -> set[str]:
    """Return the files of a folder by the names that they have in a wheel."""
    files = (one for one in folder.rglob("*") if one.is_file() and one.suffix != ".pyc")
    return {f"{below}/{one.relative_to(folder).as_posix()}" for one in files}


def test_a_wheel_holds_the_program_its_pages_and_its_migrations(wheel: zipfile.ZipFile) -> None:
    """And nothing else: no test, no document, no config."""
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    migrations = kept(ROOT / "migrations", "hermes_sync/migrations")

    assert names == kept(ROOT / "hermes_sync", "hermes_sync") | migrations
    assert {one for one in names if one.endswith((".html", ".css"))}
    assert "hermes_sync/migrations/env.py" in names
    assert "hermes-sync = hermes_sync.cli:main" in "".join(
        wheel.read(name).decode() for name in wheel.namelist() if name.endswith("entry_points.txt")
    )


def test_an_installed_wheel_makes_a_database_and_serves_its_page(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """From a folder far from the checkout, with the migrations and templates that it brought along."""
    installed, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    wheel.extractall(installed)
    elsewhere.mkdir()
    (elsewhere / "config.toml").write_text('[pipedrive]\nbase_url = "https://acme.pipedrive.com"\n', encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(installed)}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-P", *arguments],
            cwd=elsewhere,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    newest = max(one.name.partition("_")[0] for one in (ROOT / "migrations" / "versions").glob("[0-9]*.py"))

    assert run("-m", "hermes_sync", "db", "upgrade") == f"empty → {newest}\n"
    assert run("-m", "hermes_sync", "db", "current") == f"{newest} (newest)\n"
    assert (elsewhere / "hermes.db").exists()
    file, page = run("-c", ASKS_FOR_THE_PAGE).split("\n", 1)
    assert file.startswith(str(installed))
    assert "<title>hermes-sync</title>" in page

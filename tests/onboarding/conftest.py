"""Twins that have the sample companies, and what sets hermes-sync up against them; each exchange fits the contract."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from hermes_sync.clock import SystemClock
from hermes_sync.onboarding import doctor
from hermes_sync.onboarding.findings import Finding, Verdict
from hermes_sync.sandbox import Answer, Incoming, Sandbox, sample_seed
from hermes_sync.settings import load_settings
from tests.sandbox.openapi import CONTRACT, MISSING, check_exchange


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    """Serve the sample companies."""
    with Sandbox(seed=sample_seed()) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(served: Sandbox) -> Iterator[Sandbox]:
    """Give the twins as they were built, at the real time; what is asked of Pipedrive's v2 fits its contract."""
    served.clock.thaw()
    served.clock.set(SystemClock().now())
    served.reset()
    exchanges: list[tuple[Incoming, Answer]] = []
    served.pipedrive.after_request = lambda asked, answer: exchanges.append((asked, answer))
    yield served
    if not CONTRACT.exists():
        pytest.skip(MISSING)
    for asked, answer in exchanges:
        is_whole = answer.status == 200 and answer.body[-1:] == b"}"
        body = orjson.loads(answer.body) if is_whole else None
        check_exchange(asked.method, asked.path, asked.query, asked.body, answer.status if is_whole else 0, body)


class Doctor:
    """Runs every check on a config in a folder."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.file = folder / "config.toml"
        self.database = f"sqlite:///{folder / 'hermes.db'}"
        self.write()

    def write(self, old: str = "", new: str = "", **sections: dict[str, object]) -> None:
        """Write the config for the twins, with a text replaced."""
        text = self.sandbox.config(self.database, **sections)
        assert old in text
        self.file.write_text(text.replace(old, new) if old else text, encoding="utf-8")
        self.file.chmod(0o600)

    def findings(self) -> list[Finding]:
        """Return what every check finds."""
        settings = load_settings(self.file, environment=False)
        return list(doctor.examine(settings, self.file, SystemClock()))

    def of(self, check: str) -> Finding:
        """Return the one finding of a check."""
        [finding] = [one for one in self.findings() if one.check == check]
        return finding

    def bad(self) -> dict[str, Verdict]:
        """Return every check that found something, with how bad it is."""
        return {one.check: one.verdict for one in self.findings() if one.verdict is not Verdict.OK}


@pytest.fixture
def examined(sandbox: Sandbox, tmp_path: Path) -> Doctor:
    """Give a doctor for a config that is right."""
    return Doctor(sandbox, tmp_path)

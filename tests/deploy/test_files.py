"""What is deployed: the unit is one that systemd takes, cron's lines keep to the budget, the image holds no key."""

import configparser
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

import hermes_sync
from hermes_sync.cycle.lease_keeper import TTL
from hermes_sync.daemon.supervisor import PATIENCE

ROOT = Path(hermes_sync.__file__).parents[1]
DEPLOY = ROOT / "deploy"


def unit() -> configparser.RawConfigParser:
    """Return the unit; a key that is given more than once has the last of its values."""
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys have capitals
    parser.read_string((DEPLOY / "hermes-sync.service").read_text(encoding="utf-8"))
    return parser


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here to check its unit")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """Nothing in it is unknown or wrong; the program is where it is said to be."""
    text = (DEPLOY / "hermes-sync.service").read_text(encoding="utf-8")
    (tmp_path / "hermes-sync.service").write_text(text.replace("/opt/hermes-sync/bin/hermes-sync", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "hermes-sync.service")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    about_ours = [line for line in done.stderr.splitlines() if "hermes-sync" in line]

    assert about_ours == []


def test_systemd_waits_longer_than_the_daemon_takes() -> None:
    """It kills nothing that would have ended by itself, and looks for signs more seldom than they come."""
    service = unit()["Service"]

    assert service["Type"] == "notify"
    assert float(service["TimeoutStopSec"]) > PATIENCE + 2
    assert timedelta(seconds=float(service["WatchdogSec"])) > TTL
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"


def test_cron_keeps_to_the_share_of_polling() -> None:
    """The passes of a day cost less than half of the smallest budget."""
    lines = [
        line.split(maxsplit=6)
        for line in (DEPLOY / "crontab").read_text(encoding="utf-8").splitlines()
        if re.match(r"[*\d]", line)
    ]
    every, nightly = lines
    minutes = int(every[0].removeprefix("*/"))

    assert 24 * 60 / minutes * 60 <= 15_000
    assert all(line[5] == "hermes-sync" for line in lines)
    assert every[6].endswith("reconcile >/dev/null")
    assert nightly[6].endswith("reconcile --full >/dev/null")
    assert nightly[:2] == ["25", "3"]


def test_the_image_is_built_from_what_is_there_and_runs_as_nobody_special() -> None:
    """Every file that is copied exists, and is let through; no key is in it; not root; told to stop by SIGTERM."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    steps = [line for line in re.sub(r"\\\n\s*", "", text).splitlines() if line and not line.startswith("#")]
    copied = [
        word for step in steps if step.startswith("COPY ") and "--from" not in step for word in step.split()[1:-1]
    ]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    names = [step.split(maxsplit=1)[0] for step in steps]

    assert copied == ["pyproject.toml", "README.md", "hermes_sync", "migrations"]
    assert all((ROOT / name).exists() and f"!{name}" in ignored for name in copied)
    assert "*" in ignored
    assert not re.search(r"(?i)(token|key|password|secret)\w*\s*=\s*\S", "\n".join(steps))
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert set(names) <= {
        "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT",
        "CMD",
    }  # fmt: skip
    assert "/healthz" in text

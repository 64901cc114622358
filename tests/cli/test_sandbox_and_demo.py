"""`sandbox` and `demo`: what people try first."""

import shutil
import signal
import socket
import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Command


def free_ports() -> tuple[str, str]:
    """Return two ports that nobody uses."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1]), str(other.getsockname()[1])


def test_the_example_config_works_against_the_sandbox(bare: Command) -> None:
    """The example config, as it is but for the ports, works against `hermes-sync sandbox`, which prints one too."""
    pipedrive, tc2 = free_ports()
    process = bare.start("sandbox", "--pipedrive-port", pipedrive, "--tc2-port", tc2)
    try:
        assert process.stderr is not None
        assert "until stopped" in process.stderr.readline()
        shutil.copy(ROOT / "config.toml", bare.config)
        addresses = {
            "HERMES_PIPEDRIVE__BASE_URL": f"http://127.0.0.1:{pipedrive}",
            "HERMES_TC2__BASE_URL": f"http://127.0.0.1:{tc2}",
        }
        assert bare.run("reconcile", **addresses).returncode == 0
        taken = bare.run("sandbox", "--pipedrive-port", pipedrive)
    finally:
        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=20)

    assert process.returncode == 0
    assert taken.returncode == 1
    assert "--pipedrive-port" in taken.stderr
    bare.config.write_text(printed, encoding="utf-8")
    assert bare.run("db", "current").returncode == 0


def test_the_example_config_names_the_default_ports() -> None:
    """The example config and `sandbox` agree on where the twins are."""
    from hermes_sync.cli.commands import PIPEDRIVE_PORT, TC2_PORT

    text = (ROOT / "config.toml").read_text(encoding="utf-8")

    assert f'base_url = "http://127.0.0.1:{PIPEDRIVE_PORT}"' in text
    assert f'base_url = "http://127.0.0.1:{TC2_PORT}"' in text


@pytest.mark.parametrize("seed", ["[]", "{", '{"pipedrive": {"organizations": [{"nam": "x"}]}}'])
def test_a_seed_that_is_none_is_exit_1(bare: Command, seed: str) -> None:
    """A seed that cannot be planted ends `sandbox` with a line that names it."""
    (bare.folder / "seed.json").write_text(seed, encoding="utf-8")
    done = bare.run("sandbox", "--pipedrive-port", "0", "--tc2-port", "0", "--seed", "seed.json")

    assert done.returncode == 1
    assert done.stderr.startswith("error: seed.json is no seed")


def test_the_demo_converges_whatever_the_environment_says(bare: Command) -> None:
    """`demo` needs no config, heeds no variable, leaves nothing behind, and exits 0 when everything converged."""
    done = bare.run("demo", HERMES_PIPEDRIVE__BASE_URL="http://127.0.0.1:9", HERMES_SAFETY__MAX_DELETES="0")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything converged." in done.stdout
    assert "NOT" not in done.stdout
    assert done.stderr == ""
    assert list(bare.folder.iterdir()) == []


def test_the_sandbox_serves_calendars_when_asked_to(bare: Command) -> None:
    """With a port for Google the printed config leads to its twin, with a key file that lasts as long as it serves."""
    process = bare.start("sandbox", "--pipedrive-port", "0", "--tc2-port", "0", "--google-port", "0")
    try:
        assert process.stdout is not None
        lines = list(iter(process.stdout.readline, "[[admins]]\n"))
        said = tomllib.loads("".join(lines))["callbooker"]
        there = Path(said["google_service_account"]).is_file()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)

    assert said["calendar"] == "google"
    assert said["google_token_url"] == f"{said['google_base_url']}/token"
    assert (there, Path(said["google_service_account"]).exists()) == (True, False)

"""What people see when something is wrong around a command: one clear line, the right exit code, and no traceback."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hermes_sync.sandbox import Fault, Sandbox
from tests.cli.conftest import ROOT, Command

BUG = """
import hermes_sync.cycle.pull
def broken(self):
    raise KeyError("a mistake of ours")
hermes_sync.cycle.pull.Pull.run = broken
from hermes_sync.cli import main
main()
"""


def run_into(command: Command, where: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command by the shell, with its standard output going somewhere."""
    line = f"{sys.executable} -m hermes_sync {' '.join(arguments)} {where}"
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=command.folder,
        env=dict(command.environment),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to here")
@pytest.mark.parametrize("how", [[], ["--json"]], ids=["text", "json"])
def test_a_pass_whose_result_cannot_be_written_says_that_it_is_done(hermes: Command, how: list[str]) -> None:
    """The disk behind standard output is full: the pass is applied, one line says so, and the exit code is 1."""
    done = run_into(hermes, "> /dev/full", "reconcile", *how)

    assert done.returncode == 1
    assert "standard output cannot be written to" in done.stderr
    assert "the pass itself is done" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    assert len(hermes.json("history", "--json")["passes"]) == 1
    assert len(hermes.json("export")["companies"]) > 0


def test_a_reader_that_has_read_enough_is_no_mistake(bare: Command) -> None:
    """`rules | head -1` prints one line and nothing else, and succeeds."""
    done = run_into(bare, "| head -1", "rules")

    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


def test_a_listing_on_a_full_disk_fails_with_one_line(bare: Command) -> None:
    """No result, no traceback, exit 1."""
    if not Path("/dev/full").exists():
        pytest.skip("there is no full disk to write to here")
    done = run_into(bare, "> /dev/full", "rules")

    assert done.returncode == 1
    assert done.stderr.splitlines() == ["error: standard output cannot be written to: No space left on device"]


def with_a_bug(command: Command, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of a program that has a mistake in it."""
    return subprocess.run(
        [sys.executable, "-c", BUG, *arguments],
        cwd=command.folder,
        env={**command.environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_mistake_of_the_program_is_one_line_and_the_pass_has_an_end(hermes: Command) -> None:
    """The line says how to see the whole traceback; `history` says what ended the pass, not that it is running."""
    done = with_a_bug(hermes, "reconcile")

    assert done.returncode == 1
    assert done.stdout == ""
    assert "unexpected KeyError: 'a mistake of ours'" in done.stderr
    assert "hermes-sync -v" in done.stderr
    assert "Traceback" not in done.stderr
    (ended,) = hermes.json("history", "--json")["passes"]
    assert (ended["state"], ended["result"], ended["exit_code"]) == ("ended", "KeyError", 1)


def test_with_v_a_mistake_of_the_program_shows_where_it_came_from(hermes: Command) -> None:
    """The traceback goes to standard error; a document was asked for and there is one."""
    done = with_a_bug(hermes, "-v", "reconcile", "--json")

    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert json.loads(done.stdout)["error"] == {"code": "key-error", "message": "'a mistake of ours'"}


def test_status_and_history_say_why_a_pass_failed(hermes: Command, sandbox: Sandbox) -> None:
    """The sentence that ended it is kept, for people and in both documents, without the token."""
    sandbox.pipedrive.faults.add(Fault(status=401, body={"success": False, "error": "unauthorized"}, times=None))
    done = hermes.run("reconcile", "--json")

    error = json.loads(done.stdout)["error"]
    assert done.returncode == 1
    assert error["code"] == "remote-denied"
    assert "does not accept the key" in error["message"]
    assert "HERMES_PIPEDRIVE__API_TOKEN); the one in use is given in config.toml" in error["message"]
    for name in ("status", "history"):
        assert "does not accept the key" in hermes.run(name).stdout
        (ended,) = hermes.json(name, "--json")["passes"]
        assert ended["error"] == error["message"]
    assert sandbox.pipedrive.token not in done.stdout + done.stderr


def test_a_refused_plan_is_printed_with_why(hermes: Command) -> None:
    """Exit 3 with a document: the plan, and which limits it is over."""
    hermes.config.write_text(hermes.config.read_text("utf-8") + "\n[safety]\nmax_creates = 0\n", encoding="utf-8")
    done = hermes.run("reconcile", "--json")

    document = json.loads(done.stdout)
    assert done.returncode == 3
    assert document["actions"] != []
    assert "max_creates is 0" in document["refused"]["reasons"][0]
    assert "refused by the safety limits" in done.stderr
    assert json.loads(hermes.run("diff", "--json").stdout)["hash"] == document["hash"]
    assert "max_creates is 0" in hermes.run("history").stdout
    assert "The last pass came to nothing (UnsafePlan" in hermes.run("status").stdout
    status = hermes.json("status", "--json")
    assert (status["last_failure"]["result"], status["last_failure"]["exit_code"]) == ("UnsafePlan", 3)
    assert "max_creates is 0" in status["last_failure"]["why"]


def test_a_report_says_which_pass_it_is_of(hermes: Command) -> None:
    """`reconcile --json` has the pass with its exit code and what was left, beside the schema of `diff --json`."""
    document = hermes.json("reconcile", "--json")

    assert document["pass"] == {"id": 1, "exit_code": 0, "deferred": 0, "refused": 0}
    assert "refused" not in document
    assert "error" not in document


def test_a_config_that_is_missing_is_a_document_too(bare: Command) -> None:
    """Whoever asked for JSON gets JSON."""
    done = bare.run("status", "--json")

    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "config-error"


@pytest.mark.parametrize("since", ["0999-12-31T23:59:59Z", "700000d"])
def test_a_since_of_long_ago_is_wrong_usage(hermes: Command, since: str) -> None:
    """Pipedrive would refuse it with a 400; it is told before anything is asked."""
    done = hermes.run("diff", "--since", since)

    assert done.returncode == 2
    assert "before the year 1900" in done.stderr


def test_an_id_below_one_is_no_option(hermes: Command) -> None:
    """`explain company -5` speaks of the id."""
    done = hermes.run("explain", "company", "-5")

    assert done.returncode == 2
    assert "'-5' is no id" in re.sub(r"[│\s]+", " ", done.stderr)


def test_a_file_that_is_no_database_is_said_to_be_none(hermes: Command) -> None:
    """No advice about a server: the file is named."""
    hermes.database.write_bytes(b"this is no database at all" * 100)

    for command in ("status", "reconcile"):
        done = hermes.run(command)
        assert done.returncode == 1
        assert "file is not a database" in done.stderr
        assert str(hermes.database) in done.stderr
        assert "server" not in done.stderr.replace("sandbox", "")
        assert "Traceback" not in done.stderr


def test_a_directory_and_a_missing_one_are_no_database(hermes: Command) -> None:
    """Also commands that only look say so, although a missing file is an empty database to them."""
    content = hermes.config.read_text("utf-8")
    for place, said in ((hermes.folder, "is a directory"), (hermes.folder / "no" / "hermes.db", "no directory")):
        hermes.config.write_text(content.replace(str(hermes.database), str(place)), encoding="utf-8")
        for command in ("diff", "reconcile"):
            done = hermes.run(command)
            assert done.returncode == 1
            assert said in done.stderr
            assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["diff", "reconcile", "status"])
def test_the_file_of_another_program_is_left_alone(hermes: Command, command: str) -> None:
    """An SQLite file with tables that are not ours is named as such, and nothing is written into it."""
    with closing(sqlite3.connect(hermes.database)) as other, other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    before = hermes.database.read_bytes()

    done = hermes.run(command)

    assert done.returncode == 1
    assert "file of another program: it has the tables recipes" in done.stderr
    with closing(sqlite3.connect(hermes.database)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]
    assert len(hermes.database.read_bytes()) == len(before)


def test_a_variable_that_names_a_section_is_told_how_to_name_a_key(hermes: Command) -> None:
    """HERMES_PIPEDRIVE=bad is answered in words of the config."""
    done = hermes.run("status", HERMES_PIPEDRIVE="bad")

    assert done.returncode == 1
    assert "HERMES_PIPEDRIVE names a whole section" in done.stderr
    assert "HERMES_PIPEDRIVE__" in done.stderr


def test_a_seed_that_is_none_leads_to_where_one_is_shown(bare: Command) -> None:
    """The page that is named exists, and what it shows is a seed."""
    seed = bare.folder / "seed.json"
    seed.write_text('{"pipedrive": {"organizations": [{"nom": 1}]}}', encoding="utf-8")
    done = bare.run("sandbox", "--pipedrive-port", "0", "--tc2-port", "0", "--seed", str(seed))
    assert done.returncode == 1
    (page,) = re.findall(r"docs/\w+\.md", done.stderr)

    (shown,) = re.findall(r"```json\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)
    sandbox = Sandbox(seed=json.loads(shown))

    assert [org["name"] for org in sandbox.pipedrive.all("organization")] == ["Acme"]
    assert sandbox.tc2.attrs(1)["pipedrive_id"] == "1"


def test_drafts_of_killed_processes_are_taken_away_and_those_of_living_ones_stay(
    hermes: Command, sandbox: Sandbox, tmp_path: Path
) -> None:
    """A pass that is killed leaves its draft; the next one deletes it, once it is old enough not to be a new one."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    place = Command(hermes.folder, {**hermes.environment, "TMPDIR": str(temporary)})
    victims: list[subprocess.Popen[str]] = []

    def kill(incoming: object) -> None:
        sandbox.pipedrive.before_request = None
        os.kill(victims[0].pid, signal.SIGKILL)
        victims[0].wait(60)

    victim = place.start("reconcile")
    victims.append(victim)
    sandbox.pipedrive.before_request = kill
    victim.communicate(timeout=60)
    assert victim.returncode == -signal.SIGKILL
    (left,) = temporary.glob("hermes-sync-draft-*")

    assert place.run("diff").returncode == 2
    assert left.exists()
    early = temporary / "hermes-sync-draft-early"  # killed before it had locked anything
    early.mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = temporary / "hermes-sync-draft-link"
    link.symlink_to(elsewhere)
    for folder in (left, early, elsewhere):
        os.utime(folder, (0, 0))
    assert place.run("diff").returncode == 2

    assert list(temporary.glob("hermes-sync-draft-*")) == [link]
    assert list(elsewhere.iterdir()) == []

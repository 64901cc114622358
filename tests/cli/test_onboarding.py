"""`init`, `doctor` and `webhooks ensure` as people run them: real processes, real terminals, twins on loopback."""

import json
import stat
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pexpect
import pytest

from hermes_sync.sandbox import Sandbox
from hermes_sync.sandbox.faults import CLOUDFLARE, Fault
from tests.cli.conftest import Command

KEYS = {"HERMES_PIPEDRIVE__API_TOKEN": "twin-pipedrive-token", "HERMES_TC2__API_KEY": "twin-tc2-key"}
TITLES = {
    "hermes_id": "Hermes ID",
    "tc2_status": "TC2 status",
    "website": "Website",
    "support_person_id": "Support person",
}


def addresses(sandbox: Sandbox) -> tuple[str, ...]:
    """Give the options that lead to the twins."""
    return ("--pipedrive-url", sandbox.pipedrive.url, "--tc2-url", sandbox.tc2.url)


def read(command: Command) -> dict[str, Any]:
    """Give the config as it is written."""
    return tomllib.loads(command.config.read_text(encoding="utf-8"))


@contextmanager
def terminal(command: Command, *arguments: str, **environment: str) -> Iterator["pexpect.spawn[str]"]:
    """Run a command on a terminal of its own."""
    child = pexpect.spawn(
        sys.executable,
        ["-m", "hermes_sync", *arguments],
        cwd=str(command.folder),
        env={**command.environment, "TERM": "dumb", "COLUMNS": "200", **environment},
        encoding="utf-8",
        timeout=60,
        dimensions=(50, 200),
    )
    try:
        yield child
    finally:
        child.close(force=True)


def rename_fields(sandbox: Sandbox) -> None:
    """Call the account's fields what people call them."""
    twin = sandbox.pipedrive
    for name, title in TITLES.items():
        twin.remove_field("organization", name)
        twin.add_field("organization", title, "user" if name.endswith("person_id") else "varchar")


def test_from_nothing_to_a_first_pass(bare: Command, sandbox: Sandbox) -> None:
    """With the keys in the environment and nobody there: a config, nothing wrong, webhooks, and a pass that settles."""
    rename_fields(sandbox)
    made = bare.run("init", "--yes", *addresses(sandbox), **KEYS)
    assert made.returncode == 0, made.stderr
    config = read(bare)
    organization = config["pipedrive"]["fields"]["organization"]
    assert {name: organization[name] for name in TITLES} == {
        name: sandbox.pipedrive.field_key("organization", title) for name, title in TITLES.items()
    }
    assert len(organization) == 13
    assert config["pipelines"]["startup"] == {"pipeline": 2, "stage": 6}
    ada = next(one for one in config["admins"] if one["pd_owner_id"] == 99)
    assert (ada["email"], ada["tc2_admin_id"], ada["is_sales_person"]) == ("ada@example.com", 30, True)
    assert "twin-" not in bare.config.read_text(encoding="utf-8")

    checked = bare.run("doctor", **KEYS)
    assert checked.returncode == 0, checked.stdout
    assert "\n0 wrong, " in checked.stdout
    ensured = bare.run("webhooks", "ensure", "--url", "https://hermes.example.com", **KEYS)
    assert ensured.returncode == 0, ensured.stderr
    assert bare.run("reconcile", **KEYS).returncode == 0
    assert bare.run("doctor", **KEYS).returncode == 0


def test_a_person_is_asked_and_shown_no_key(bare: Command, sandbox: Sandbox) -> None:
    """On a terminal both keys are typed unseen, two fields of one name are asked about, and missing ones are made."""
    twin = sandbox.pipedrive
    second = twin.add_field("organization", "Web site")
    twin.remove_field("person", "hermes_id")
    with terminal(bare, "init") as child:
        child.expect("Pipedrive's address")
        child.sendline(f"{twin.url}/")
        child.expect(r"API token of Pipedrive[^\n]*: ")  # the space is the first that is shown once typing is not
        child.sendline(twin.token)
        child.expect("TC2's address")
        child.sendline(sandbox.tc2.url)
        child.expect(r"API key of TC2[^\n]*: ")
        child.sendline(sandbox.tc2.key)
        child.expect("Which field is website")
        child.expect("Number")
        child.sendline("7")
        child.expect("a number from 0 to 2")
        child.sendline("2")
        child.expect("custom fields that the account lacks: Hermes ID")
        child.expect("Make these 1 custom fields")
        child.sendline("y")
        child.expect('made "Hermes ID"')
        child.expect("sales calls")
        child.sendline("9")
        child.expect("nobody has this number")
        child.sendline("1, 3")
        child.expect("support calls")
        child.sendline("none")
        child.expect("Keep both keys")
        child.sendline("")
        child.expect("is written")
        child.expect(pexpect.EOF)
        shown = str(child.before)
    config = read(bare)

    assert child.exitstatus == 0, shown
    assert config["pipedrive"]["fields"]["organization"]["website"] == second
    assert config["pipedrive"]["fields"]["person"]["hermes_id"] == twin.field_key("person", "Hermes ID")
    assert (config["pipedrive"]["api_token"], config["tc2"]["api_key"]) == (twin.token, sandbox.tc2.key)
    assert [one["is_sales_person"] for one in config["admins"]] == [True, False, True]
    assert not any(one["is_support_person"] for one in config["admins"])
    assert stat.S_IMODE(bare.config.stat().st_mode) == 0o600
    checked = bare.run("doctor")
    assert checked.returncode == 0, checked.stdout


def test_a_key_is_never_shown(bare: Command, sandbox: Sandbox) -> None:
    """Neither what is typed nor what comes after it shows a key, also when it is refused."""
    with terminal(bare, "-vv", "init", *addresses(sandbox)) as child:
        child.expect(r"API token of Pipedrive[^\n]*: ")
        child.sendline("typed-secret-1")
        child.expect(r"API key of TC2[^\n]*: ")
        child.sendline("typed-secret-2")
        child.expect(pexpect.EOF)
        shown = f"{child.before}{child.after}"

    child.close()
    assert child.exitstatus == 1
    assert "typed-secret" not in shown
    assert "HERMES_PIPEDRIVE__API_TOKEN" in shown
    assert "HERMES_TC2__API_KEY" in shown
    assert not bare.config.exists()


@pytest.mark.parametrize("broken_off", ["\x03", "\x04"], ids=["interrupt", "end"])
def test_broken_off_it_writes_nothing(bare: Command, sandbox: Sandbox, broken_off: str) -> None:
    """A person who breaks off leaves no file, and is told so."""
    with terminal(bare, "init", *addresses(sandbox)) as child:
        child.expect(r"API token of Pipedrive[^\n]*: ")
        child.send(broken_off)
        child.expect("no config was written")
        child.expect(pexpect.EOF)

    assert list(bare.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ("--pipedrive-url", "--pipedrive-url, or HERMES_PIPEDRIVE__BASE_URL"),
        ("HERMES_PIPEDRIVE__API_TOKEN", "HERMES_PIPEDRIVE__API_TOKEN in the environment"),
        ("HERMES_TC2__API_KEY", "HERMES_TC2__API_KEY in the environment"),
    ],
)
def test_without_a_terminal_it_never_waits(bare: Command, sandbox: Sandbox, left_out: str, said: str) -> None:
    """Nobody there to answer: the command ends, naming what to give."""
    options = () if left_out == "--pipedrive-url" else addresses(sandbox)
    keys = {name: key for name, key in KEYS.items() if name != left_out}
    done = bare.run("init", *options, **keys)

    assert done.returncode == 1
    assert said in done.stderr
    assert not bare.config.exists()


def test_a_config_that_is_there_stays(hermes: Command, sandbox: Sandbox) -> None:
    """It is refused before anything is asked; with `--force` it is replaced."""
    before = hermes.config.read_bytes()
    refused = hermes.run("init", "--yes", *addresses(sandbox), **KEYS)

    assert refused.returncode == 1
    assert "config.toml is there already" in refused.stderr
    assert hermes.config.read_bytes() == before
    assert not list(sandbox.pipedrive.log)
    assert hermes.run("init", "--yes", "--force", "--keys", "file", *addresses(sandbox), **KEYS).returncode == 0
    assert read(hermes)["pipedrive"]["api_token"] == sandbox.pipedrive.token
    assert stat.S_IMODE(hermes.config.stat().st_mode) == 0o600


def test_fields_are_made_only_when_told_so(bare: Command, sandbox: Sandbox) -> None:
    """`--yes` alone makes none and leaves a comment; `--create-fields` makes them; a second run makes none."""
    twin = sandbox.pipedrive
    for name in twin.field_keys("organization"):
        twin.remove_field("organization", name)
    assert bare.run("init", "--yes", *addresses(sandbox), **KEYS).returncode == 0
    assert twin.field_keys("organization") == {}
    assert '# hermes_id = ""' in bare.config.read_text(encoding="utf-8")

    done = bare.run("init", "--yes", "--force", "--create-fields", *addresses(sandbox), **KEYS)
    assert done.returncode == 0, done.stderr
    made = {field.name: field.type for field in twin.state.fields["organization"].values()}
    assert (len(made), made["Hermes ID"], made["Paid invoice count"], made["BDR person"]) == (
        13, "varchar", "double", "user",
    )  # fmt: skip
    assert len(read(bare)["pipedrive"]["fields"]["organization"]) == 13
    bare.run("init", "--yes", "--force", "--create-fields", *addresses(sandbox), **KEYS)
    assert len(twin.state.fields["organization"]) == 13


def test_a_field_that_may_not_be_made_is_left_out(bare: Command, sandbox: Sandbox) -> None:
    """A refusal of one field is told, and the config is written without it."""
    twin = sandbox.pipedrive
    twin.remove_field("deal", "hermes_id")
    denied = {"success": False, "error": "Only admins may do this"}
    twin.faults.add(Fault(method="POST", path="dealFields", status=403, body=denied))
    done = bare.run("init", "--yes", "--create-fields", *addresses(sandbox), **KEYS)

    assert done.returncode == 0
    assert "Hermes ID was not made" in done.stderr
    assert read(bare)["pipedrive"]["fields"]["deal"] == {}


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(path="users/me", times=None, status=403, body={"success": False, "error": "Scope"}), "permission"),
        (Fault(path="users/me", times=None, status=200, body=CLOUDFLARE), "--pipedrive-url"),
        (Fault(path="users/me", times=None, status=301, headers={"location": "https://x.example"}), "redirect"),
        (Fault(path="organizationFields", times=None, status=500), "organizationFields"),
    ],
    ids=["forbidden", "html", "redirect", "broken"],
)
def test_an_account_that_cannot_be_read_leaves_no_config(
    bare: Command, sandbox: Sandbox, fault: Fault, said: str
) -> None:
    """Whatever goes wrong with the account, one line says what, and nothing is written."""
    sandbox.pipedrive.faults.add(fault)
    done = bare.run("init", "--yes", *addresses(sandbox), **KEYS)

    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not bare.config.exists()


def test_an_address_that_nobody_answers_is_named(bare: Command, sandbox: Sandbox) -> None:
    """Both systems are tried, and what is wrong with each is told at once."""
    done = bare.run("init", "--yes", "--pipedrive-url", "http://127.0.0.1:9", "--tc2-url", "http://127.0.0.1:9", **KEYS)

    assert done.returncode == 1
    assert "Pipedrive cannot be reached" in done.stderr
    assert "TC2 cannot be reached" in done.stderr


def test_an_account_without_pipelines_gets_a_config(bare: Command, sandbox: Sandbox) -> None:
    """What the account lacks stands there as a comment, and doctor has warnings only."""
    for pipeline in (1, 2, 3):
        sandbox.pipedrive.delete("pipeline", pipeline)
    assert bare.run("init", "--yes", *addresses(sandbox), **KEYS).returncode == 0

    assert read(bare)["pipelines"] == {}
    done = bare.run("doctor", **KEYS)
    assert done.returncode == 0, done.stdout
    assert "pipelines.payg is not set" in done.stdout


def test_doctor_as_json_is_one_document(hermes: Command) -> None:
    """`--json` prints one document with every finding, and the exit code says whether anything is wrong."""
    fine = hermes.run("doctor", "--json")
    document = json.loads(fine.stdout)
    assert fine.returncode == 0
    assert (document["version"], document["verdict"]) == (1, "warning")
    assert {"check", "verdict", "message", "remedy"} == document["findings"][0].keys()

    wrong = hermes.run("doctor", "--json", HERMES_PIPEDRIVE__API_TOKEN="wrong-secret-1")
    verdicts = {one["check"]: one["verdict"] for one in json.loads(wrong.stdout)["findings"]}
    assert wrong.returncode == 1
    assert (verdicts["pipedrive.access"], verdicts["tc2.access"]) == ("wrong", "ok")
    assert "wrong-secret-1" not in wrong.stdout + wrong.stderr


def test_doctor_names_what_is_wrong_with_the_config(bare: Command) -> None:
    """A config that is missing, or has a mistake, is a finding with file, key and remedy."""
    missing = bare.run("doctor")
    bare.config.write_text('[pipedrive]\nbase_url = "acme"\n', encoding="utf-8")
    mistaken = bare.run("doctor")

    assert missing.returncode == mistaken.returncode == 1
    assert missing.stdout.startswith("wrong   config: config.toml is missing")
    assert "hermes-sync init" in missing.stdout
    assert "pipedrive.base_url" in mistaken.stdout


def test_webhooks_are_ensured_from_a_shell(hermes: Command, sandbox: Sandbox) -> None:
    """A dry run writes nothing; results are on standard output, warnings on standard error; a bad address is exit 1."""
    dry = hermes.run("webhooks", "ensure", "--url", "https://hermes.example.com", "--dry-run")
    assert (dry.returncode, sandbox.pipedrive.state.webhooks) == (0, {})
    assert "would be registered at https://hermes.example.com/pipedrive/callback/" in dry.stdout
    assert "anybody may send" in dry.stderr

    login = {"HERMES_LISTENER__PIPEDRIVE_USER": "u", "HERMES_LISTENER__PIPEDRIVE_PASSWORD": "listener-secret-1"}
    done = hermes.run("webhooks", "ensure", "--url", "https://hermes.example.com", **login)
    assert (done.returncode, len(sandbox.pipedrive.state.webhooks), done.stderr) == (0, 5, "")
    assert "listener-secret-1" not in done.stdout
    again = hermes.run("webhooks", "ensure", "--url", "https://hermes.example.com", **login)
    assert "nothing to do" in again.stdout
    assert len(sandbox.pipedrive.state.webhooks) == 5
    assert hermes.run("webhooks", "ensure").returncode == 2
    sandbox.pipedrive.faults.add(Fault(status=503, times=None))
    away = hermes.run("webhooks", "ensure", "--url", "https://hermes.example.com")
    assert (away.returncode, "503" in away.stderr, "next pass" in away.stderr) == (1, True, False)


@pytest.mark.parametrize(
    ("command", "option", "said", "example"),
    [
        (("webhooks", "ensure"), "--url", "foo", "https://hermes.example.com"),
        (("webhooks", "ensure"), "--url", "http://hermes.example.com", "https://"),
        (("webhooks", "ensure"), "--url", "https://hermes.example.com/?a=b", "https://hermes.example.com"),
        (("init", "--yes"), "--pipedrive-url", "acme", "https://acme.pipedrive.com"),
        (("init", "--yes"), "--tc2-url", "ftp://tc2.example.com", "https://secure.tutorcruncher.com"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_an_address_that_is_none_is_wrong_usage(
    bare: Command, command: tuple[str, ...], option: str, said: str, example: str
) -> None:
    """Exit 2 with usage, the option and an example that fits it, whether there is a config or not."""
    done = bare.run(*command, option, said)
    told = " ".join(done.stderr.split())

    assert done.returncode == 2
    assert "Usage:" in told
    assert f"Invalid value for {option}: " in told
    assert example in told.partition(said)[2]

"""Help, versions, wrong usage and wrong configs."""

import json

import pytest

from tests.cli.conftest import ROOT, Command

COMMANDS = (
    *("demo", "sandbox", "diff", "reconcile", "export", "status", "explain", "history", "retry", "rules", "db"),
    *("book", "availability"),
)


def test_help_names_every_command(bare: Command) -> None:
    """`--help` lists the commands of the interface."""
    done = bare.run("--help")

    assert done.returncode == 0
    for command in COMMANDS:
        assert f"\n  {command} " in done.stdout


def test_help_imports_little(bare: Command) -> None:
    """`--help` imports neither settings nor database nor HTTP, so that it is quick."""
    done = bare.run("--help", PYTHONPROFILEIMPORTTIME="1")
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}

    assert "typer" in imported
    assert imported.isdisjoint({"pydantic", "sqlalchemy", "httpx", "rich", "hermes_sync.cycle", "hermes_sync.rules"})


def test_the_version_is_printed(bare: Command) -> None:
    """`--version` prints the version and nothing else."""
    done = bare.run("--version")

    assert done.returncode == 0
    assert done.stdout.startswith("hermes-sync 0.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("frobnicate",), "frobnicate"),
        (("diff", "--sinse", "2h"), "--sinse"),
        (("diff", "--since", "yesterday"), "neither a time nor a span"),
        (("diff", "--since", "2024-05-01T09:30:00"), "no time zone"),
        (("reconcile", "--since", "2999-01-01T00:00:00Z"), "still to come"),
        (("export", "--object", "invoices"), "no list of objects"),
        (("sandbox", "--fault-rate", "2"), "fault-rate"),
        (("sandbox", "--seed", "none.json"), "none.json"),
        (("--log-format", "xml", "status"), "xml"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_2_with_usage_on_stderr(bare: Command, arguments: tuple[str, ...], said: str) -> None:
    """Wrong usage is exit 2 with usage and the reason on standard error, and nothing on standard output."""
    done = bare.run(*arguments)

    assert done.returncode == 2
    assert done.stdout == ""
    assert "Usage:" in done.stderr
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_no_config_is_exit_1_and_says_where_one_comes_from(bare: Command) -> None:
    """Without a config a command fails with a line that says what to do."""
    done = bare.run("diff")

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: config.toml is missing")
    assert "run `hermes-sync init`" in done.stderr
    assert "hermes-sync sandbox" in done.stderr


def test_an_unknown_key_is_exit_1_and_named(hermes: Command) -> None:
    """A misspelt key is named with the file and the key that was probably meant."""
    text = hermes.config.read_text(encoding="utf-8").replace("api_token", "api_tokn")
    hermes.config.write_text(text, encoding="utf-8")
    done = hermes.run("diff")

    assert done.returncode == 1
    assert done.stderr == (
        "error: config.toml: pipedrive.api_tokn is not a known key; did you mean pipedrive.api_token?\n"
    )


def test_errors_are_json_lines_when_logs_are(bare: Command) -> None:
    """With `--log-format json` every line on standard error is one JSON object."""
    done = bare.run("--log-format", "json", "diff")
    [line] = done.stderr.splitlines()

    assert done.returncode == 1
    assert json.loads(line)["level"] == "error"
    assert "config.toml is missing" in json.loads(line)["message"]


def test_a_config_is_found_by_option_and_by_variable(hermes: Command) -> None:
    """The config may be named by `--config` or by $HERMES_CONFIG."""
    elsewhere = hermes.folder / "elsewhere.toml"
    hermes.config.rename(elsewhere)

    assert hermes.run("--config", str(elsewhere), "db", "current").returncode == 0
    assert hermes.run("db", "current", HERMES_CONFIG=str(elsewhere)).returncode == 0


def test_the_rules_are_the_whole_table(bare: Command) -> None:
    """`rules` prints each row once, needs no config, and says the same as JSON."""
    text = bare.run("rules")
    rules = bare.json("rules", "--json")["rules"]

    assert text.returncode == 0
    assert len(rules) == len({rule["id"] for rule in rules}) == len(text.stdout.splitlines())
    assert len(rules) > 50
    for rule in rules:
        path, _, line = rule["where"].partition(":")
        assert (ROOT / "hermes_sync" / path).exists()
        assert line.isdigit() or not line
        assert rule["sentence"]

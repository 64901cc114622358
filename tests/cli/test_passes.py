"""`diff`, `reconcile`, `export`, `status` and `db` against the twins, with every exit code."""

import hashlib
import json
import signal
import sqlite3
import time
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command as alembic

from hermes_sync.sandbox import Fault, Sandbox
from hermes_sync.store import SqlStore, migrate
from hermes_sync.store.engine import writing
from tests.cli.conftest import Command
from tests.conftest import PostgresqlServer

SECRETS = ("twin-pipedrive-token", "twin-tc2-key")


def writes(sandbox: Sandbox) -> list[str]:
    """Return what was written to either twin."""
    entries = (*sandbox.pipedrive.log.writes(), *sandbox.tc2.log.writes())
    return [f"{entry.method} {entry.path}" for entry in entries]


def digest(hermes: Command) -> str:
    """Return what stands for the content of the database file."""
    return hashlib.sha256(hermes.database.read_bytes()).hexdigest()


def test_a_diff_of_something_is_exit_2_and_writes_nothing(hermes: Command, sandbox: Sandbox) -> None:
    """`diff` prints the plan, exits 2, and leaves neither a database nor a write behind."""
    done = hermes.run("diff")

    assert done.returncode == 2
    assert "pd.org.created/hermes.company/missing" in done.stdout
    assert '      name: — → "Acorn Tutors"' in done.stdout
    assert "\nPlan " in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    assert not [path for path in hermes.folder.iterdir() if path != hermes.config]
    assert writes(sandbox) == []


def test_a_diff_as_json_is_one_document(hermes: Command) -> None:
    """`diff --json` prints one document that says what the text says, and is the same when asked again."""
    done = hermes.run("diff", "--json")
    plan = json.loads(done.stdout)

    assert done.returncode == 2
    hermes_actions = [action for action in plan["actions"] if action["system"] == "hermes"]
    assert plan["summary"]["create"] == sum(action["verb"] == "create" for action in hermes_actions)
    assert plan["summary"]["push"] == len(plan["actions"]) - len(hermes_actions)
    assert all("outcome" not in action for action in plan["actions"])
    assert hermes.json("diff", "--json") == plan


def test_a_settled_database_has_nothing_to_do(settled: Command, sandbox: Sandbox) -> None:
    """When nothing is new `diff` prints nothing, exits 0, and leaves the database as it is, byte for byte."""
    before = digest(settled)
    sandbox.pipedrive.log.clear()
    sandbox.tc2.log.clear()
    done = settled.run("diff")
    full = settled.run("diff", "--full", "--json")

    assert (done.returncode, done.stdout) == (0, "")
    assert "nothing to do" in done.stderr
    assert full.returncode == 0
    assert json.loads(full.stdout)["actions"] == []
    assert digest(settled) == before
    assert sorted(path.name for path in settled.folder.iterdir()) == ["config.toml", "hermes.db"]
    assert writes(sandbox) == []


def test_a_diff_of_a_change_leaves_the_database_as_it_is(settled: Command, sandbox: Sandbox) -> None:
    """`diff` shows what changed since the last pass and remembers nothing of it."""
    sandbox.pipedrive.edit("organization", 1, name="Acorn & Friends")
    before = digest(settled)
    done = settled.run("diff")

    assert done.returncode == 2
    assert '      name: "Acorn Tutors" → "Acorn & Friends"' in done.stdout
    assert digest(settled) == before
    assert settled.run("diff", "--since", "1h").stdout == done.stdout


def test_a_reconcile_as_json_tells_each_outcome(hermes: Command) -> None:
    """`reconcile --json` adds to each action of another system how it went."""
    done = hermes.run("reconcile", "--json")
    actions = json.loads(done.stdout)["actions"]

    assert done.returncode == 0
    assert {action.get("outcome") for action in actions if action["system"] == "hermes"} == {None}
    assert {action["outcome"] for action in actions if action["system"] != "hermes"} == {"pushed"}


def test_the_plan_of_a_diff_is_what_reconcile_carries_out(hermes: Command) -> None:
    """`reconcile` carries out the plan that `diff` printed: the hash is the same."""
    assert hermes.json("diff", "--json")["hash"] == hermes.json("reconcile", "--json")["hash"]


def test_a_wrong_token_is_exit_1_and_never_shown(hermes: Command) -> None:
    """A token that is refused ends the command with exit 1 and a line that names the key, not its value."""
    done = hermes.run("-vv", "reconcile", HERMES_PIPEDRIVE__API_TOKEN="quite-wrong-token")

    assert done.returncode == 1
    assert "pipedrive.api_token" in done.stderr.replace("[pipedrive] api_token", "pipedrive.api_token")
    assert "quite-wrong-token" not in done.stdout + done.stderr
    assert hermes.run("diff").returncode == 2


def test_no_secret_is_in_any_output(hermes: Command) -> None:
    """However much is said, secrets are not."""
    outputs = [hermes.run("-vv", *one) for one in (("reconcile",), ("status",))]

    for done in outputs:
        for secret in SECRETS:
            assert secret not in done.stdout + done.stderr


def test_an_unreachable_system_is_exit_1(hermes: Command) -> None:
    """A system that cannot be reached ends the command with exit 1 and its address."""
    done = hermes.run("diff", HERMES_TC2__BASE_URL="http://127.0.0.1:9")

    assert done.returncode == 1
    assert done.stdout == ""
    assert "error: TC2" in done.stderr
    assert "http://127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_plan_over_a_limit_is_exit_3_and_applies_nothing(settled: Command, sandbox: Sandbox) -> None:
    """Over a safety limit `reconcile` is refused, `diff` says so, and `--force` goes over it."""
    sandbox.pipedrive.delete("organization", 7)
    limit = {"HERMES_SAFETY__MAX_DELETES": "0"}
    diff = settled.run("diff", "--full", **limit)
    refused = settled.run("reconcile", "--full", **limit)
    forced = settled.run("reconcile", "--full", "--force", "--json", **limit)

    assert diff.returncode == 2
    assert "`hermes-sync reconcile` would refuse this plan" in diff.stderr
    assert refused.returncode == 3
    assert refused.stdout == ""
    assert "safety.max_deletes is 0" in refused.stderr
    assert "--force" in refused.stderr
    assert forced.returncode == 0
    assert "company" in {one["object"] for one in json.loads(forced.stdout)["actions"] if one["verb"] == "delete"}


def test_another_pass_on_the_database_is_exit_4(settled: Command) -> None:
    """While another pass holds the lease `reconcile` exits 4 and `diff` looks all the same."""
    with SqlStore.open(f"sqlite:///{settled.database}") as store:
        store.acquire_lease(holder="elsewhere", now=datetime.now(UTC), ttl=timedelta(minutes=5))  # noqa: TID251
    done = settled.run("reconcile")

    assert done.returncode == 4
    assert done.stderr.startswith("error: another pass is running")
    assert settled.run("diff").returncode == 0


def test_a_refused_push_is_exit_5_and_shown_by_status(settled: Command, sandbox: Sandbox) -> None:
    """A push that TC2 refuses is exit 5; `status` says which and why, as text and as JSON."""
    sandbox.tc2.faults.add(Fault(method="PUT", status=403, body={"detail": "not yours"}, times=None))
    sandbox.tc2.faults.add(Fault(method="POST", status=403, body={"detail": "not yours"}, times=None))
    sandbox.tc2.faults.add(Fault(method="PATCH", status=403, body={"detail": "not yours"}, times=None))
    sandbox.pipedrive.edit("deal", 1, stage_id=4)
    done = settled.run("reconcile")
    status = settled.run("status")
    document = settled.json("status", "--json")

    assert done.returncode == 5, done.stdout + done.stderr
    assert "1 refused" in done.stdout
    assert "hermes-sync status" in done.stdout
    assert status.returncode == 0
    assert "not yours" in status.stdout
    assert document["passes"][0]["exit_code"] == 5
    assert [push["key"] for push in document["pushes"]["refused"]] == [{"tc2_cligency_id": 101}]
    assert document["pushes"]["refused"][0]["changes"][0]["field"] == "pipedrive_deal_stage"


def test_notices_go_to_standard_error(settled: Command, sandbox: Sandbox) -> None:
    """What a person should know stands on standard error in text, and in the document in JSON."""
    sandbox.pipedrive.add_user(96, name="Nobody Known", email="nobody@example.com")
    sandbox.pipedrive.edit("organization", 1, name="Acorn", owner_id=96)
    text, document = settled.run("diff"), settled.run("diff", "--json")

    assert "warning: unknown-admin: " in text.stderr
    assert "unknown-admin" not in text.stdout
    assert "unknown-admin" in {notice["code"] for notice in json.loads(document.stdout)["notices"]}
    assert "unknown-admin" not in document.stderr


def test_an_export_has_the_lists_of_the_interface(settled: Command) -> None:
    """`export` prints every list, or the ones asked for, with the fields of the interface."""
    everything = settled.json("export")
    some = settled.json("export", "--object", "deals", "--object", "admin")

    assert list(everything) == ["companies", "contacts", "deals", "meetings", "pipelines", "stages", "admins"]
    assert list(some) == ["deals", "admins"]
    assert some["deals"] == everything["deals"]
    assert " ".join(everything["deals"][0]) == (
        "id pd_deal_id name status company_id contact_id admin_id pipeline_id stage_id"
    )
    assert " ".join(everything["companies"][0]) == (
        "id name pd_org_id tc2_cligency_id tc2_agency_id tc2_status sales_person_id support_person_id "
        "bdr_person_id price_plan paid_invoice_count country website currency estimated_income utm_source "
        "utm_campaign signup_questionnaire narc has_booked_call has_signed_up created"
    )
    assert [admin["first_name"] for admin in everything["admins"]] == ["Ada", "Grace"]


def test_looking_at_no_database_makes_none(hermes: Command) -> None:
    """`export`, `status` and `db current` show an empty store and create no file."""
    export, status, current = hermes.json("export"), hermes.run("status"), hermes.run("db", "current")

    assert export["companies"] == []
    assert "none yet" in status.stdout
    assert current.stdout.startswith("empty, newest is ")
    assert not hermes.database.exists()


def test_the_schema_is_upgraded_only_as_the_config_allows(hermes: Command) -> None:
    """With `auto_upgrade = false` commands ask for `db upgrade`; after it they run."""
    never = {"HERMES_DATABASE__AUTO_UPGRADE": "false"}
    refused = hermes.run("reconcile", **never)
    upgraded = hermes.run("db", "upgrade", **never)

    assert refused.returncode == 1
    assert "hermes-sync db upgrade" in refused.stderr
    assert upgraded.stdout.startswith("empty → ")
    assert hermes.run("db", "current").stdout.endswith("(newest)\n")
    assert hermes.run("reconcile", **never).returncode == 0


def test_a_diff_upgrades_a_copy_of_an_older_database(hermes: Command) -> None:
    """`diff` on a database with the first schema plans from nothing and leaves the file as it is."""
    with SqlStore.open(f"sqlite:///{hermes.database}") as store, writing(store.engine) as connection:
        alembic.upgrade(migrate._config(connection), "0001")
    before = digest(hermes)

    assert hermes.run("diff").returncode == 2
    assert digest(hermes) == before


def test_a_database_of_a_later_program_is_exit_1(hermes: Command) -> None:
    """A schema that this program does not know is left alone."""
    hermes.run("db", "upgrade")
    with sqlite3.connect(hermes.database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    for command in ("diff", "reconcile"):
        done = hermes.run(command)
        assert done.returncode == 1
        assert "the schema is 9999, this program knows only up to" in done.stderr
        assert "Traceback" not in done.stderr


def test_looking_at_an_empty_postgresql_asks_for_an_upgrade(
    hermes: Command, postgresql_server: PostgresqlServer
) -> None:
    """`diff` does not upgrade a PostgreSQL database but asks for it; then it plans and writes nothing."""
    url = {"HERMES_DATABASE__URL": postgresql_server.empty()}
    refused = hermes.run("diff", **url)
    upgraded = hermes.run("db", "upgrade", **url)

    assert refused.returncode == 1
    assert "hermes-sync db upgrade" in refused.stderr
    assert upgraded.returncode == 0
    assert hermes.run("diff", **url).returncode == 2


def test_a_file_that_is_no_database_is_exit_1(hermes: Command) -> None:
    """A file that SQLite cannot read ends every command with a line, not with a traceback."""
    hermes.database.write_text("This is no database. " * 100, encoding="utf-8")

    for command in ("diff", "reconcile"):
        done = hermes.run(command)
        assert done.returncode == 1, command
        assert "Traceback" not in done.stderr, command
        assert done.stderr.startswith("error: ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_pass_is_exit_130_with_one_line(
    hermes: Command, sandbox: Sandbox, number: signal.Signals
) -> None:
    """Ctrl-C and SIGTERM end a pass with exit 130 and one line; history tells so, and the next pass does it all."""
    sandbox.tc2.latency_ms = 500
    process = hermes.start("reconcile")
    deadline = time.monotonic() + 20  # noqa: TID251
    while not sandbox.tc2.log.count and time.monotonic() < deadline:  # noqa: TID251
        time.sleep(0.02)  # noqa: TID251
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    sandbox.tc2.latency_ms = 0

    assert process.returncode == 130
    assert errors == "error: interrupted; the next pass starts from where this one did\n"
    (ended,) = hermes.json("history", "--json")["passes"]
    assert (ended["state"], ended["result"], ended["exit_code"]) == ("ended", "Interrupted", 130)
    assert hermes.run("reconcile").returncode == 0

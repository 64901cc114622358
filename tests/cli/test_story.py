"""`explain`, `history`, `retry` and the drift of `status`, as people run them."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from hermes_sync.sandbox import Fault, Sandbox
from hermes_sync.store import SqlStore
from tests.cli.conftest import Command

SECRETS = ("twin-pipedrive-token", "twin-tc2-key")
NOW = datetime.now(UTC)  # noqa: TID251  # leases are compared with the time of the commands


@contextmanager
def refusing(sandbox: Sandbox) -> Iterator[None]:
    """Let TC2 refuse every write."""
    for method in ("POST", "PUT", "PATCH"):
        sandbox.tc2.faults.add(Fault(method=method, status=403, body={"detail": "not yours"}, times=None))
    yield
    sandbox.tc2.faults.clear()


def test_a_company_is_explained(settled: Command) -> None:
    """`explain company 1` tells when, which pass, rules with their sentences, the cause, and each field."""
    done = settled.run("explain", "company", "1")
    lines = done.stdout.splitlines()

    assert done.returncode == 0
    assert lines[0] == "company 1"
    assert " UTC  pass 1  create company 1 (pd_org_id 1)  because of pipedrive:organization:1" in lines[1]
    assert lines[2].startswith("    pd.org.created/hermes.company/missing  If it doesn't exist: create it")
    assert '      name: — → "Acorn Tutors"' in lines
    assert "push, update tc2 client (tc2_cligency_id 101)" in done.stdout
    assert "    carried out, tried 1 time" in lines
    assert lines[-1] == "Linked to: pipedrive:organization:1, tc2:client:101"
    assert '  name: "Acorn Tutors"' in lines
    assert "\x1b" not in done.stdout


def test_what_was_just_created_is_explained_from_its_push(settled: Command, sandbox: Sandbox) -> None:
    """Which pass created it and with what, until a pass has read it."""
    sandbox.tc2.create_client(id=900, agency={"id": 901, "name": "Yew Tutors", "status": "trial"})
    (made,) = [
        one for one in json.loads(settled.run("reconcile", "--json").stdout)["actions"] if one["verb"] == "create"
        and one["object"] == "organization"
    ]  # fmt: skip
    org = next(one["id"] for one in sandbox.pipedrive.all("organization") if one["name"] == "Yew Tutors")
    unread = settled.run("explain", f"pipedrive:organization:{org}").stdout.splitlines()
    settled.run("reconcile")
    read = settled.run("explain", f"pipedrive:organization:{org}").stdout

    assert made["outcome"] == "pushed"
    assert any(line.endswith("created it, with what its push says; it was not read since") for line in unread)
    assert '      name: — → "Yew Tutors"' in unread
    assert "was not read" not in read
    assert '  name: "Yew Tutors"' in read


def test_an_explanation_as_json_is_one_document(settled: Command) -> None:
    """`explain --json` prints the same story as one document."""
    document = settled.json("explain", "tc2:client:101", "--json")

    assert list(document) == ["version", "subject", "gone", "gone_since", "read", "fields", "links", "entries"]
    assert document["subject"] == "tc2:client:101"
    assert document["fields"]["name"] == "Acorn Tutors"
    assert document["links"] == [{"name": "company 1", "there": True}]
    assert {entry["cause"] for entry in document["entries"] if entry["push"] is None} == {"tc2:client:101"}
    assert ("client", 101, "settled") in {
        (entry["object"], entry["push"]["remote_id"], entry["push"]["state"])
        for entry in document["entries"]
        if entry["push"]
    }
    assert all(all(entry["sentences"]) for entry in document["entries"])
    assert [entry["at"] for entry in document["entries"]] == sorted(entry["at"] for entry in document["entries"])


def test_what_is_gone_is_explained(settled: Command, sandbox: Sandbox) -> None:
    """A deleted Company and its Org are told to the end: what they were, and that they are gone."""
    sandbox.pipedrive.delete("organization", 7)
    assert settled.run("reconcile", "--full").returncode == 0
    document = settled.json("explain", "pipedrive:organization:7", "--json")
    (company_id,) = {one["hermes_id"] for one in document["entries"] if one["object"] == "company"}
    text = settled.run("explain", "company", str(company_id))

    assert document["gone"]
    assert document["fields"]["name"] == "Grove Music"
    assert {one["object"] for one in document["entries"] if one["verb"] == "delete"} == {"company", "contact", "deal"}
    assert text.returncode == 0
    assert "It is gone since" in text.stdout
    assert '  name: "Grove Music"' in text.stdout.splitlines()
    assert text.stdout.splitlines()[-1] == "Linked to: pipedrive:organization:7 (gone)"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("companies", "1"), "'companies' is no kind of object; give one of company, contact, deal"),
        (("organization", "1"), "pipedrive:organization:N"),
        (("company",), "which company? Give its Hermes id"),
        (("company", "Acme"), "'Acme' is no id"),
        (("company", "0"), "'0' is no id"),
        (("company", "9223372036854775808"), "is no id"),
        (("tc2:organization:1",), "'tc2:organization:1' names no remote object; there are pipedrive:pipeline:N"),
        (("pipedrive:organization:",), "'' is no id"),
        (("tc2:client:20", "3"), "'tc2:client:20' is no kind of object"),
        ((), "Missing argument"),
    ],
    ids=" ".join,
)
def test_a_wrong_subject_is_wrong_usage(bare: Command, arguments: tuple[str, ...], said: str) -> None:
    """An unknown kind or a wrong reference is exit 2, with what is right, and needs no config to be noticed."""
    done = bare.run("explain", *arguments)

    assert done.returncode == 2
    assert done.stdout == ""
    assert "Usage:" in done.stderr
    assert said in " ".join(done.stderr.split())


@pytest.mark.parametrize("arguments", [("company", "4711"), ("tc2:client:4711",)], ids=" ".join)
def test_what_nobody_ever_saw_is_exit_1(hermes: Command, arguments: tuple[str, ...]) -> None:
    """An id that nobody ever saw is one clear line and exit 1, and looking makes no database."""
    done = hermes.run("explain", *arguments, "--json")

    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "never-seen"
    assert done.stderr.startswith(f"error: {' '.join(arguments)}: nobody ever saw it; ")
    assert len(done.stderr.splitlines()) == 1
    assert not hermes.database.exists()


def test_the_history_has_the_passes_newest_first(settled: Command, sandbox: Sandbox) -> None:
    """`history` has a line for each pass: how it ended, what it did and cost; `--limit` takes the newest."""
    with refusing(sandbox):
        sandbox.pipedrive.edit("deal", 1, stage_id=4)
        settled.run("reconcile")
    lines = settled.run("history").stdout.splitlines()
    document = settled.json("history", "--limit", "2", "--json")

    assert [line.split()[1] for line in lines] == [str(number) for number in range(len(lines), 0, -1)]
    assert "done, exit 5  1 updated, 1 to push, 1 refused, " in lines[0]
    assert "requests to Pipedrive (" in lines[0]
    newest, before = document["passes"]
    assert newest["id"] == len(lines)
    assert (newest["state"], newest["exit_code"], before["exit_code"]) == ("ended", 5, 0)
    assert newest["seconds"] >= 0
    assert newest["notices"] == 0
    assert newest["counts"]["refused"] == 1


def test_an_unfinished_pass_is_running_or_was_interrupted(settled: Command) -> None:
    """A pass without an end is running while its lease is held, and was interrupted otherwise."""
    with SqlStore.open(f"sqlite:///{settled.database}") as store:
        store.begin_pass(scope="ordinary", now=NOW)
        store.acquire_lease(holder="here", now=NOW + timedelta(seconds=1), ttl=timedelta(hours=1))
        store.begin_pass(scope="full", now=NOW + timedelta(seconds=2))
    newest, before, *_ = settled.json("history", "--json")["passes"]
    lines = settled.run("history").stdout.splitlines()

    assert (newest["state"], newest["seconds"], newest["result"]) == ("running", None, None)
    assert before["state"] == "interrupted"
    assert lines[0].endswith("  full  running")
    assert lines[1].endswith("  ordinary  interrupted")


def test_a_history_of_nothing_says_what_to_do(hermes: Command) -> None:
    """Without a pass `history` names the command that runs one, and makes no database."""
    done = hermes.run("history")

    assert (done.returncode, done.stdout) == (0, "no pass yet; `hermes-sync reconcile` runs one\n")
    assert hermes.json("history", "--json") == {"version": 1, "passes": []}
    assert not hermes.database.exists()


def test_a_refused_push_is_tried_again_after_a_retry(settled: Command, sandbox: Sandbox) -> None:
    """An ordinary pass leaves a refused push alone; after `retry` the next one carries it out."""
    with refusing(sandbox):
        sandbox.pipedrive.edit("deal", 1, stage_id=4)
        assert settled.run("reconcile").returncode == 5
    alone = settled.run("reconcile", "--json")
    retried = settled.run("retry")
    status = settled.json("status", "--json")
    again = settled.run("reconcile", "--json")

    assert json.loads(alone.stdout)["actions"] == []
    assert retried.returncode == 0
    assert retried.stdout.startswith("The next pass tries 1 refused push again")
    assert "update tc2 client (tc2_cligency_id 101)  pipedrive_deal_stage" in retried.stdout
    assert "was refused: TC2 answered 403" in retried.stdout
    assert [push["state"] for push in status["pushes"]["waiting"]] == ["deferred"]
    assert status["pushes"]["refused"] == []
    assert again.returncode == 0
    assert [action["outcome"] for action in json.loads(again.stdout)["actions"]] == ["pushed"]
    story = settled.json("explain", "tc2:client:101", "--json")["entries"]
    assert [(one["push"]["state"], one["push"]["attempts"]) for one in story[-2:]] == [
        ("superseded", 1),
        ("settled", 2),
    ]
    assert "TC2 answered 403" in story[-2]["push"]["reason"]


def test_a_retry_while_a_pass_runs_changes_the_journal_alone(settled: Command, sandbox: Sandbox) -> None:
    """`retry` waits for no lease, and says in JSON which pushes; with nothing refused it says so and exits 0."""
    with refusing(sandbox):
        sandbox.pipedrive.edit("deal", 1, stage_id=4)
        settled.run("reconcile")
    with SqlStore.open(f"sqlite:///{settled.database}") as store:
        store.acquire_lease(holder="elsewhere", now=NOW, ttl=timedelta(hours=1))
    before = tables(settled)
    first, second = settled.run("retry", "--json"), settled.run("retry")
    after = tables(settled)

    assert first.returncode == second.returncode == 0
    document = json.loads(first.stdout)
    assert document["count"] == 1
    assert [push["key"] for push in document["pushes"]] == [{"tc2_cligency_id": 101}]
    assert second.stdout == "No push stands refused; there is nothing to try again\n"
    assert {name for name in before if before[name] != after[name]} == {"journal"}


def test_a_refused_create_is_made_once_after_a_retry(settled: Command, sandbox: Sandbox) -> None:
    """A create that was refused is not looked for as one in doubt: the next pass makes it, at once and once."""
    sandbox.tc2.create_client(id=900, agency={"id": 901, "name": "Yew Tutors", "status": "trial"})
    refusal = {"success": False, "error": "not now"}
    sandbox.pipedrive.faults.add(Fault(method="POST", status=403, body=refusal, times=None))
    assert settled.run("reconcile").returncode == 5
    sandbox.pipedrive.faults.clear()
    retried = settled.json("retry", "--json")["pushes"]
    done = settled.run("reconcile", "--json")

    assert [(push["object"], push["verb"]) for push in retried] == [("organization", "create")]
    assert done.returncode == 0, done.stderr
    assert ("create", "pushed") in {(one["verb"], one.get("outcome")) for one in json.loads(done.stdout)["actions"]}
    assert [org["name"] for org in sandbox.pipedrive.all("organization")].count("Yew Tutors") == 1


def tables(settled: Command) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of the database by table."""
    connection = sqlite3.connect(settled.database)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}
    connection.close()
    return found


def test_status_shows_what_somebody_edited_in_pipedrive(settled: Command, sandbox: Sandbox) -> None:
    """A field of TC2's that somebody edited is drift, as text and JSON, until the cligency changes."""
    assert settled.json("status", "--json")["drift"] == {"count": 0, "examples": []}
    org = settled.json("explain", "tc2:client:101", "--json")["links"]
    sandbox.pipedrive.edit("organization", 1, custom={"price_plan": "enterprise", "website": None})
    assert settled.run("reconcile").returncode == 0
    status = settled.run("status")
    drift = settled.json("status", "--json")["drift"]

    assert org == [{"name": "company 1", "there": True}]
    assert drift == {
        "count": 2,
        "examples": [
            {"company": 1, "org": 1, "field": "price_plan", "hermes": "payg", "pipedrive": "enterprise"},
            {
                "company": 1,
                "org": 1,
                "field": "website",
                "hermes": "https://acorn-tutors.example.com",
                "pipedrive": None,
            },
        ],
    }
    assert '  company 1, pipedrive:organization:1  price_plan: Hermes "payg", Pipedrive "enterprise"' in status.stdout
    sandbox.tc2.edit_client(101, agency={"paid_invoice_count": 9})
    settled.run("reconcile")
    assert settled.json("status", "--json")["drift"]["count"] == 0


def test_no_secret_is_told(settled: Command) -> None:
    """However much is said, none of these commands prints a secret."""
    commands = (("explain", "company", "1"), ("history",), ("retry",), ("explain", "tc2:client:101", "--json"))
    outputs = [settled.run("-vv", *one) for one in commands]

    for done in outputs:
        assert done.returncode == 0
        for secret in SECRETS:
            assert secret not in done.stdout + done.stderr


def test_looking_leaves_the_database_as_it_is(settled: Command) -> None:
    """`explain` and `history` write nothing."""
    before = settled.database.read_bytes()
    settled.run("explain", "company", "1")
    settled.run("history")

    assert settled.database.read_bytes() == before

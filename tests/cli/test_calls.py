"""`book sales`, `book support` and `availability`, as people and cron run them."""

import json
import sqlite3

import pytest

from tests.cli.conftest import Command

MARY = ("--name", "Mary Booth", "--email", "mary@example.com")
AT_TEN = ("--at", "2033-01-10T10:00")
SALES = ("book", "sales", "--admin", "1", *AT_TEN, *MARY, "--company", "Acme", "--price-plan", "payg")
SUPPORT = ("book", "support", "--admin", "1", *AT_TEN, *MARY)


def test_a_sales_call_is_booked_and_printed(hermes: Command) -> None:
    """`book sales` exits 0 with what it led to; what was said is in the store, and needs no remote."""
    done = hermes.run(*SALES, "--estimated-income", "1000", "--currency", "GBP", "--country", "GB", "--json")
    held = json.loads(hermes.run("export").stdout)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"meeting_id": 1, "company_id": 1, "contact_id": 1, "deal_id": 1}
    assert held["meetings"][0]["start_time"] == "2033-01-10T10:00:00Z"
    assert held["companies"][0]["estimated_income"] == "1000"
    assert held["contacts"][0]["email"] == "mary@example.com"
    with sqlite3.connect(hermes.database) as database:
        assert database.execute("SELECT type, meeting_id FROM bookings").fetchall() == [("sales", 1)]


def test_a_support_call_is_booked_and_printed(hermes: Command) -> None:
    """Without `--json` a line says what was booked."""
    done = hermes.run(*SUPPORT, "--company", "Acme")

    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "meeting 1 with admin 1 from 2033-01-10T10:00:00Z to 2033-01-10T10:30:00Z: company 1, contact 1\n"
    )
    assert "next pass" in done.stderr


def test_what_cannot_be_true_is_left_out_and_said(hermes: Command) -> None:
    """An odd website loses no caller: the call is booked, and what was left out is a warning."""
    done = hermes.run(*SALES, "--website", "javascript:alert(1)")
    (company,) = json.loads(hermes.run("export").stdout)["companies"]

    assert done.returncode == 0, done.stderr
    assert company["website"] is None
    assert 'website was left out, because "javascript:alert(1)" is no address of the web' in done.stderr


def test_what_cannot_be_booked_is_exit_1_with_a_line(hermes: Command) -> None:
    """A second call within two hours and an unknown admin are said in a line, without a traceback."""
    hermes.run(*SALES)
    again = hermes.run(*SALES)
    nobody = hermes.run("book", "support", "--admin", "99", *AT_TEN, *MARY)

    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == "error: you already have a call booked around this time\n"
    assert (nobody.returncode, nobody.stderr) == (1, "error: there is no admin 99\n")


def test_what_cannot_be_booked_is_a_document_where_one_was_asked_for(hermes: Command) -> None:
    """`--json` prints the error as JSON, as every command does."""
    done = hermes.run("book", "support", "--admin", "99", *AT_TEN, *MARY, "--json")

    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["message"] == "there is no admin 99"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("book", "support", "--admin", "1", "--at", "2020-01-01T10:00Z", *MARY), "--at must be a time that is still"),
        (("book", "support", "--admin", "Ada", *AT_TEN, *MARY), "--admin"),
        (("book", "support", "--admin", "1", *AT_TEN, "--name", " ", "--email", "x"), "--name must not be empty"),
        (("book", "support", "--admin", "1", *AT_TEN, "--name", "\u200b", "--email", "x"), "--name must not be empty"),
        (("book", "support", "--admin", "1", *AT_TEN), "--name"),
        ((*SALES[:-1], "gold"), "--price-plan"),
        ((*SALES, "--phone", "call me"), "--phone must be a phone number"),
        (("availability", "--admin", "1", "--from", "soon"), "--from"),
        (
            ("availability", "--admin", "1", "--from", "2033-01-10", "--to", "2033-01-10"),
            "--to must be after",
        ),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, tuple) else "",
)
def test_wrong_values_are_wrong_usage(hermes: Command, arguments: tuple[str, ...], said: str) -> None:
    """What a form refuses is exit 2 with usage, names the option, and writes nothing."""
    done = hermes.run(*arguments)

    assert done.returncode == 2
    assert done.stdout == ""
    assert "Usage:" in done.stderr
    assert said in " ".join(done.stderr.split())
    assert not hermes.database.exists()


def test_slots_are_printed_and_a_booking_takes_one(hermes: Command) -> None:
    """`availability` prints a slot a line, or pairs as JSON; it makes no database."""
    asked = ("availability", "--admin", "1", "--from", "2033-01-10", "--to", "2033-01-11")
    before = hermes.run(*asked)
    assert not hermes.database.exists()
    hermes.run(*SALES)
    after = hermes.run(*asked, "--json")

    lines = before.stdout.splitlines()
    assert lines[0] == "2033-01-10T10:00:00Z  2033-01-10T10:30:00Z  Mon 10 Jan 10:00 Europe/London"
    pairs = [line.split()[:2] for line in lines]
    assert json.loads(after.stdout) == {"slots": pairs[1:]}


def test_a_weekend_has_no_slots(hermes: Command) -> None:
    """Nothing on standard output and exit 0, so that a script sees an empty list."""
    done = hermes.run("availability", "--admin", "1", "--from", "2033-01-08", "--to", "2033-01-10")

    assert (done.returncode, done.stdout) == (0, "")
    assert "no slot is free" in done.stderr


def test_a_database_that_stays_locked_is_a_line(hermes: Command) -> None:
    """Somebody else writes for longer than anybody waits: exit 1, one line, and nothing half-done."""
    hermes.run("db", "upgrade")
    with sqlite3.connect(hermes.database, isolation_level=None) as outsider:
        outsider.execute("BEGIN IMMEDIATE")
        done = hermes.run(*SUPPORT)
        outsider.execute("ROLLBACK")

    assert done.returncode == 1
    assert done.stderr.startswith("error: the database")
    assert "Traceback" not in done.stderr
    assert hermes.run(*SUPPORT).returncode == 0

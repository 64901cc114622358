"""`doctor` check by check: a config that is right, and one thing wrong at a time."""

import os
from pathlib import Path

import pytest

from hermes_sync.clock import SystemClock
from hermes_sync.onboarding import webhooks
from hermes_sync.onboarding.findings import Verdict
from hermes_sync.sandbox.faults import CLOUDFLARE, Fault
from hermes_sync.sandbox.google_account import ServiceAccount as TwinAccount
from hermes_sync.settings import load_settings
from hermes_sync.store import SqlStore
from tests.onboarding.conftest import Doctor

OK, WARNING, WRONG = Verdict.OK, Verdict.WARNING, Verdict.WRONG
USUAL = {"webhooks": WARNING, "tc2.extra_attrs": WARNING}
"""No webhooks are registered yet, and TC2 shows only attributes that are set."""


def test_a_right_config_has_nothing_wrong(examined: Doctor) -> None:
    """A fresh sandbox and its own config have nothing wrong, and every finding that is not fine says what to do."""
    assert examined.bad() == USUAL
    assert all(one.remedy for one in examined.findings() if one.verdict is not OK)


def test_it_writes_nothing(examined: Doctor) -> None:
    """It only asks: no call but GET, no database, no file."""
    examined.findings()

    methods = {entry.method for twin in (examined.sandbox.pipedrive, examined.sandbox.tc2) for entry in twin.log}
    assert methods == {"GET"}
    assert [path.name for path in examined.file.parent.iterdir()] == ["config.toml"]


@pytest.mark.parametrize("system", ["pipedrive", "tc2"])
def test_a_wrong_key_is_wrong_and_hides_nothing_of_the_other_system(examined: Doctor, system: str) -> None:
    """A key that one system does not accept leaves the other one's checks, and never appears."""
    section = {"pipedrive": {"api_token": "wrong-secret-1"}, "tc2": {"api_key": "wrong-secret-1"}}[system]
    examined.write(**{system: section})
    bad = examined.bad()
    other = {"pipedrive": "tc2", "tc2": "pipedrive"}[system]

    assert (bad[f"{system}.access"], bad[f"{system}.unchecked"]) == (WRONG, WARNING)
    assert examined.of(f"{other}.access").verdict is OK
    assert "does not accept the key" in examined.of(f"{system}.access").message
    assert str(examined.file) in examined.of(f"{system}.access").message
    assert not any("wrong-secret-1" in f"{one.message}{one.remedy}" for one in examined.findings())


def test_a_missing_key_is_named(examined: Doctor) -> None:
    """A key that is not there is named with the file, the key and the variable."""
    examined.write(pipedrive={"api_token": ""})
    finding = examined.of("pipedrive.access")

    assert finding.verdict is WRONG
    assert f"{examined.file}: pipedrive.api_token is missing" in finding.message
    assert "HERMES_PIPEDRIVE__API_TOKEN" in finding.message


def test_an_unreachable_host_is_wrong(examined: Doctor) -> None:
    """A host that nobody answers at is named with its key."""
    examined.write(tc2={"base_url": "http://127.0.0.1:9"})
    finding = examined.of("tc2.access")

    assert finding.verdict is WRONG
    assert "http://127.0.0.1:9" in finding.message
    assert "tc2.base_url" in str(finding.remedy)
    assert "next pass" not in finding.message


@pytest.mark.parametrize("status", [200, 403])
def test_a_web_page_instead_of_an_answer_is_wrong(examined: Doctor, status: int) -> None:
    """A page of HTML, as of a wrong address or of Cloudflare, is no answer."""
    examined.sandbox.pipedrive.faults.add(Fault(path="users/me", times=None, status=status, body=CLOUDFLARE))
    finding = examined.of("pipedrive.access")

    assert finding.verdict is WRONG
    assert "pipedrive.base_url" in str(finding.remedy)


@pytest.mark.parametrize("path", ["/webhooks", "organizationFields", "/users$", "/stages"])
def test_a_right_that_is_missing_fails_one_check_alone(examined: Doctor, path: str) -> None:
    """403 to one call makes one check wrong; the others are carried out."""
    before = {one.check for one in examined.findings()}
    denied = {"success": False, "error": "Scope and URL mismatch"}
    examined.sandbox.pipedrive.faults.add(Fault(path=path, times=None, status=403, body=denied))
    findings = examined.findings()
    wrong = [one for one in findings if one.verdict is WRONG]

    [finding] = wrong
    assert "lacks the permission" in finding.message
    lost = before - {one.check for one in findings}
    assert {check.partition(".")[0] for check in lost} <= {finding.check}


def test_a_key_of_somebody_who_is_no_admin_is_wrong(examined: Doctor) -> None:
    """What a limited user may not see looks deleted, so that only an admin's key will do."""
    examined.sandbox.pipedrive.add_user(99, name="Ada Byron", email="ada@example.com", admin=False)

    assert examined.of("pipedrive.access").verdict is WRONG
    assert "no admin" in examined.of("pipedrive.access").message


def test_whose_companies_of_nobody_become_is_said(examined: Doctor) -> None:
    """Pipedrive gives an Org without an owner to the user of the key; outside of the team that is nobody."""
    said = examined.of("pipedrive.owner")
    assert (said.verdict, "becomes Ada Byron's" in said.message) == (OK, True)

    examined.write("pd_owner_id = 99", "pd_owner_id = 97")
    assert "pipedrive.owner" not in {one.check for one in examined.findings()}


@pytest.mark.parametrize(
    ("name", "type_", "verdict"),
    [
        ("hermes_id", "double", WARNING),
        ("hermes_id", "text", OK),
        ("hermes_id", "date", WRONG),
        ("price_plan", "enum", OK),
        ("website", "address", WRONG),
        ("paid_invoice_count", "varchar", WARNING),
        ("estimated_income", "monetary", WARNING),
        ("signup_questionnaire", "varchar", WARNING),
        ("support_person_id", "double", WARNING),
        ("support_person_id", "date", WRONG),
    ],
)
def test_each_field_has_a_type_that_fits(examined: Doctor, name: str, type_: str, verdict: Verdict) -> None:
    """A mapped field whose type cannot hold it is wrong, one that holds it badly a warning; both say why."""
    examined.sandbox.pipedrive.set_field_type("organization", name, type_)
    bad = examined.bad()

    assert bad.get(f"fields.organization.{name}", OK) is verdict
    assert bad.keys() - USUAL.keys() <= {f"fields.organization.{name}"}


def test_a_field_that_is_not_there_is_wrong_and_the_right_one_is_named(examined: Doctor) -> None:
    """A key that the account does not have is wrong; a field of that name is proposed instead."""
    key = examined.sandbox.pipedrive.field_key("organization", "website")
    examined.write(key, "f" * 40)
    finding = examined.of("fields.organization.website")

    assert finding.verdict is WRONG
    assert "pipedrive.fields.organization.website" in finding.message
    assert key in str(finding.remedy)


def test_a_field_that_is_there_and_not_mapped_is_told_of(examined: Doctor) -> None:
    """A known name without a key is a warning when the account has such a field, and no more than said when not."""
    key = examined.sandbox.pipedrive.field_key("organization", "website")
    examined.write(f'website = "{key}"')
    there = examined.of("fields.organization.website")
    examined.sandbox.pipedrive.remove_field("organization", "website")

    assert there.verdict is WARNING
    assert key in there.message
    assert examined.bad() == USUAL
    assert "website" in examined.of("fields.unmapped").message


def test_every_kind_should_have_a_hermes_id(examined: Doctor) -> None:
    """Without `hermes_id` a create whose answer was lost cannot be found again."""
    examined.write(f'hermes_id = "{examined.sandbox.pipedrive.field_key("deal", "hermes_id")}"')
    examined.sandbox.pipedrive.remove_field("deal", "hermes_id")

    assert examined.bad() == {**USUAL, "fields.deal.hermes_id": WARNING}


def test_all_fields_of_a_large_account_are_read(examined: Doctor) -> None:
    """The 700th field is found: the list comes in pages."""
    twin = examined.sandbox.pipedrive
    for number in range(700):
        twin.add_field("organization", f"Field {number}")
    examined.write(twin.field_key("organization", "website"), twin.add_field("organization", "Our website"))
    twin.remove_field("organization", "website")

    assert "fields.organization.website" not in examined.bad()
    assert sum(entry.path.endswith("organizationFields") for entry in twin.log) == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("pipeline = 2, stage = 6", "pipeline = 9, stage = 6", "pipeline 9 is not in the account"),
        ("pipeline = 2, stage = 6", "pipeline = 2, stage = 1", "stage 1 is in pipeline 1, not in pipeline 2"),
        ("pipeline = 2, stage = 6", "pipeline = 2, stage = 99", "stage 99 is not in the account"),
    ],
)
def test_pipelines_and_stages_fit_together(examined: Doctor, old: str, new: str, said: str) -> None:
    """A pipeline or stage that is not there, or a stage of another pipeline, is wrong and says what there is."""
    examined.write(old, new)
    finding = examined.of("pipelines.startup")

    assert finding.verdict is WRONG
    assert said in finding.message
    assert finding.remedy


@pytest.mark.parametrize(
    ("old", "new", "check", "verdict", "said"),
    [
        ("pd_owner_id = 99", "pd_owner_id = 5", "admins.1", WRONG, "did you mean 99"),
        ("pd_owner_id = 99", "pd_owner_id = 96", "admins.1", WRONG, "deactivated"),
        ('"ada@example.com"', '"other@example.com"', "admins.1", WARNING, "other@example.com"),
        ('email = "ada@example.com"\ntimezone = "Europe/London"', 'email = "ada@example.com"\ntimezone = "Asia/Tokyo"',
         "admins.1", WARNING, "Asia/Tokyo"),
        ("tc2_admin_id = 30", "tc2_admin_id = 31000", "tc2.admins.others", WARNING, "Ada Byron (30)"),
        ("tc2_admin_id = 30\n", "", "tc2.admins.1", WARNING, "set it to 30"),
        ("is_support_person = true", "is_support_person = false", "admins.support", WARNING, "is_support_person"),
        ("is_sales_person = true", "is_sales_person = false", "admins.sales", WARNING, "is_sales_person"),
    ],
)  # fmt: skip
def test_the_team_fits_both_systems(
    examined: Doctor, old: str, new: str, check: str, verdict: Verdict, said: str
) -> None:
    """An admin who is no active user is wrong; e-mail, time zone and TC2's admin are compared; roles are filled."""
    examined.sandbox.pipedrive.add_user(96, name="Left Long Ago", email="left@example.com", active=False)
    examined.write(old, new)
    finding = examined.of(check)

    assert finding.verdict is verdict
    assert said in f"{finding.message} {finding.remedy}"


@pytest.mark.parametrize("seconds", [-600, 600])
def test_a_clock_that_is_off_is_wrong(examined: Doctor, seconds: int) -> None:
    """More than a minute between this machine and a server is wrong for each of them."""
    examined.sandbox.clock.advance(seconds)

    assert examined.bad() == {**USUAL, "pipedrive.clock": WRONG, "tc2.clock": WRONG}
    assert ("behind" if seconds > 0 else "ahead of") in examined.of("pipedrive.clock").message


def test_the_token_budget_fits_the_account(examined: Doctor) -> None:
    """More tokens planned than the account has, or nearly none left today, is a warning."""
    limits = examined.sandbox.pipedrive.limits
    limits.daily = 20_000
    assert "20000" in examined.of("tokens").message
    limits.daily, limits.spent = 100_000, 95_000

    assert examined.of("tokens").verdict is WARNING
    assert "left of this day" in examined.of("tokens").message


def test_webhooks_are_told_apart(examined: Doctor) -> None:
    """Living ones are fine; a dead one and one that sends another login are wrong; a failing one is a warning."""
    examined.write(listener={"pipedrive_user": "hermes", "pipedrive_password": "listener-secret-1"})
    list(webhooks.ensure(load_settings(examined.file, environment=False), "http://127.0.0.1:9", SystemClock(),
                         replace=False, dry_run=False))  # fmt: skip
    assert examined.bad() == {"tc2.extra_attrs": WARNING}

    twin = examined.sandbox.pipedrive
    twin.create("organization", name="Acme")
    twin.deliver_webhooks()
    assert examined.of("webhooks.1").verdict is WARNING
    assert "answered with nothing" in examined.of("webhooks.1").message

    examined.sandbox.clock.advance(3 * 86_400 + 1)
    assert examined.of("webhooks.1").verdict is WRONG
    assert "is dead" in examined.of("webhooks.1").message

    examined.write(listener={"pipedrive_user": "hermes", "pipedrive_password": "listener-secret-2"})
    assert examined.of("webhooks.2").verdict is WRONG
    assert "--replace" in str(examined.of("webhooks.2").remedy)
    assert not any("listener-secret" in f"{one.message}{one.remedy}" for one in examined.findings())


def test_an_older_schema_is_wrong_only_when_nothing_upgrades_it(examined: Doctor) -> None:
    """A database without a schema is upgraded by the next pass, unless the config forbids it."""
    Path(examined.database.removeprefix("sqlite:///")).touch()
    assert examined.of("database").verdict is OK
    examined.write(database={"auto_upgrade": False})

    assert examined.of("database").verdict is WRONG
    assert "db upgrade" in str(examined.of("database").remedy)


def test_a_database_that_is_none_is_wrong(examined: Doctor) -> None:
    """A file that is no database is said to be none, and everything else is still checked."""
    Path(examined.database.removeprefix("sqlite:///")).write_bytes(b"this is no database, whatever its name says" * 99)

    assert examined.bad() == {**USUAL, "database": WRONG}
    assert "not a database" in examined.of("database").message


def test_a_database_where_no_file_can_be_made_is_wrong(examined: Doctor) -> None:
    """A folder that does not exist is named."""
    examined.database = f"sqlite:///{examined.file.parent}/none/hermes.db"
    examined.write()

    assert examined.of("database").verdict is WRONG
    assert f"there is no directory {examined.file.parent}/none" in examined.of("database").message


def test_a_server_that_is_down_is_wrong(examined: Doctor) -> None:
    """A database server that does not answer is named without its password."""
    examined.database = "postgresql+psycopg://hermes:database-secret-1@127.0.0.1:9/hermes"
    examined.write()

    assert examined.of("database").verdict is WRONG
    assert "database-secret-1" not in examined.of("database").message


def test_a_database_in_memory_is_wrong(examined: Doctor) -> None:
    """What keeps nothing is no database for a pass."""
    examined.database = "sqlite://"
    examined.write()

    assert examined.of("database").verdict is WRONG


def test_the_newest_schema_is_fine(examined: Doctor) -> None:
    """A database with the newest schema is fine."""
    with SqlStore.open(examined.database) as store:
        store.upgrade()

    assert examined.bad() == USUAL
    assert "the newest" in examined.of("database").message


@pytest.mark.skipif(os.name != "posix", reason="file rights are POSIX's")
def test_a_config_with_keys_that_others_may_read_is_told_of(examined: Doctor) -> None:
    """The file of the keys is its owner's alone."""
    examined.file.chmod(0o644)

    assert examined.of("config.rights").verdict is WARNING
    assert "chmod 600" in str(examined.of("config.rights").remedy)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "there is no such file"),
        ("", "no JSON"),
        ('{"type": "authorized_user", "refresh_token": "secret-1"}', "type is not as expected"),
        (
            '{"type":"service_account","client_email":"a@example.com","private_key_id":"1","private_key":"secret-1"}',
            "no RSA key",
        ),
    ],
    ids=["no file", "empty", "of a person", "without a key"],
)
def test_the_calendar_wants_its_key_file(examined: Doctor, content: str | None, why: str) -> None:
    """With Google's calendar a key file that is not there or holds no key is wrong; what it holds is not told."""
    file = examined.file.parent / "key.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    examined.write(callbooker={"calendar": "google", "google_service_account": str(file)})
    finding = examined.of("config.calendar")

    assert finding.verdict is WRONG
    assert f"callbooker.google_service_account names {file}" in finding.message
    assert why in finding.message
    assert "Google Cloud console" in str(finding.remedy)
    assert "secret-1" not in f"{finding.message}{finding.remedy}"


@pytest.mark.skipif(os.name != "posix", reason="file rights are POSIX's")
def test_a_key_file_that_signs_is_fine_and_its_owners_alone(examined: Doctor) -> None:
    """It says whose key it is and for whom; a warning when others may read it."""
    file = TwinAccount(examined.sandbox.clock).write_key_file(examined.file.parent / "key.json")
    examined.write(callbooker={"calendar": "google", "google_service_account": str(file)})
    finding = examined.of("config.calendar")

    assert finding.verdict is OK
    assert TwinAccount.email in finding.message
    assert "ada@example.com" in finding.message
    assert examined.bad() == USUAL
    file.chmod(0o644)
    assert examined.bad() == {**USUAL, "config.calendar.rights": WARNING}


def test_a_key_file_that_nobody_uses_is_told_of(examined: Doctor) -> None:
    """A key file beside `calendar = "hermes"` was probably meant to be used."""
    examined.write(callbooker={"google_service_account": "key.json"})

    assert examined.of("config.calendar").verdict is WARNING
    assert 'callbooker.calendar = "google"' in str(examined.of("config.calendar").remedy)


def test_an_empty_account_has_warnings_only(examined: Doctor) -> None:
    """No pipelines in the config, no admins, no clients: worth knowing, and not wrong."""
    lines = examined.file.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(("payg =", "startup =", "enterprise ="))]
    examined.file.write_text("\n".join(kept[: kept.index("[[admins]]")]), encoding="utf-8")
    for client in examined.sandbox.tc2.all_clients():
        examined.sandbox.tc2.delete_client(client["id"])
    bad = examined.bad()

    assert set(bad.values()) == {WARNING}
    assert {"admins", "pipelines.payg", "tc2.extra_attrs"} <= bad.keys()


def test_clients_that_are_no_agencies_are_told_of(examined: Doctor) -> None:
    """The key of another branch lists clients of which none stands for an agency."""
    for client in examined.sandbox.tc2.all_clients():
        examined.sandbox.tc2.edit_client(client["id"], agency=None)

    assert examined.bad()["tc2.cligencies"] is WARNING

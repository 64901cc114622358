"""The config: what it means, and what is said of each thing that can be wrong with it."""

from datetime import timedelta
from pathlib import Path

import pytest

from hermes_sync.core.objects import Admin
from hermes_sync.core.policy import Start
from hermes_sync.core.records import RemoteKind
from hermes_sync.core.safety import Limits
from hermes_sync.ports import ConfigError
from hermes_sync.settings import load_settings

EXAMPLE = Path(__file__).parents[2] / "config.toml"
BASE = '[pipedrive]\nbase_url = "https://acme.pipedrive.com"\n'
ADA = '[[admins]]\nid = 1\nfirst_name = "Ada"\nlast_name = "Byron"\nemail = "ada@example.com"\n'
GRACE = '[[admins]]\nid = 2\nfirst_name = "Grace"\nlast_name = "Hopper"\nemail = "grace@example.com"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a config with the one key that has no default."""
    path = tmp_path / "config.toml"
    path.write_text(BASE, encoding="utf-8")
    return path


def refused(path: Path) -> str:
    """Return what is said of a config that is refused."""
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    return str(caught.value)


def test_the_example_holds_every_key() -> None:
    """The example config is complete: it gives every section and every key that there is."""
    settings = load_settings(EXAMPLE)

    assert settings.model_fields_set == set(type(settings).model_fields)
    for name in type(settings).model_fields:
        section = getattr(settings, name)
        for one in section if name == "admins" else [section]:
            assert one.model_fields_set == set(type(one).model_fields), name
    assert settings.pipedrive.fields.organization.named().keys() == {
        *type(settings.pipedrive.fields.organization).model_fields
    }
    assert settings.tc2.extra_attrs.named().keys() == {*type(settings.tc2.extra_attrs).model_fields}


def test_where_a_key_was_given_is_known(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of the environment wins over the file, in whatever case it is written."""
    assert load_settings(file).origin_of("tc2.api_key") == str(file)
    monkeypatch.setenv("hermes_tc2__api_key", "key")

    assert load_settings(file).origin_of("tc2.api_key") == "the environment as HERMES_TC2__API_KEY"
    assert load_settings(file).tc2_key() == "key"
    assert load_settings(file).origin_of("pipedrive.api_token") == str(file)


def test_what_is_left_out_has_the_documented_default(file: Path) -> None:
    """A config of one key has the defaults of the public interface."""
    settings = load_settings(file)

    assert settings.database.url == "sqlite:///hermes.db"
    assert settings.database.auto_upgrade is True
    assert settings.limits() == Limits(max_deletes=25, max_delete_percent=30, max_creates=100, max_updates=500)
    assert settings.schedule.overlap == timedelta(seconds=60)
    assert settings.schedule.sweep_interval == timedelta(hours=6)
    assert settings.tc2.base_url == "https://secure.tutorcruncher.com"
    assert settings.tc2.sweep_per_pass == 90
    assert settings.policy().org_fields == frozenset()


def test_the_policy_is_what_the_core_reads() -> None:
    """The policy names admins, mapped fields, addresses and where Deals start."""
    settings = load_settings(EXAMPLE)
    policy = settings.policy()

    assert policy.admins[0] == Admin(
        id=1,
        first_name="Ada",
        last_name="Byron",
        email="ada@example.com",
        timezone="Europe/London",
        tc2_admin_id=30,
        pd_owner_id=99,
        is_sales_person=True,
        sells=("payg", "startup", "enterprise"),
        regions=("GB", "US", "AU", "CA", "EU", "ROW"),
    )
    assert "paid_invoice_count" in policy.org_fields
    assert policy.person_fields == policy.deal_fields == {"hermes_id"}
    assert policy.client_attrs >= {"pipedrive_url", "estimated_income"}
    assert policy.starts["startup"] == Start(pipeline=2, stage=6)
    assert settings.attribute_names()["estimated_income"] == "estimated_monthly_income"
    assert settings.field_keys()[RemoteKind.PERSON].keys() == {"hermes_id"}


def test_a_name_left_out_is_not_synced(file: Path) -> None:
    """A field that the config does not map is in no policy."""
    file.write_text(f'{BASE}[pipedrive.fields.organization]\nwebsite = "abc"\n', encoding="utf-8")

    settings = load_settings(file)

    assert settings.policy().org_fields == {"website"}
    assert settings.field_keys()[RemoteKind.ORGANIZATION] == {"website": "abc"}


def test_the_environment_wins_over_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every key can be overridden by a variable, with numbers, booleans, spans and lists read as what they are."""
    monkeypatch.setenv("HERMES_PIPEDRIVE__API_TOKEN", "12345")
    monkeypatch.setenv("HERMES_SAFETY__MAX_DELETES", "7")
    monkeypatch.setenv("HERMES_SAFETY__MAX_DELETE_PERCENT", "12.5")
    monkeypatch.setenv("HERMES_DATABASE__AUTO_UPGRADE", "false")
    monkeypatch.setenv("HERMES_SCHEDULE__OVERLAP", "90m")
    monkeypatch.setenv("HERMES_PIPEDRIVE__FIELDS__DEAL__HERMES_ID", "abc")
    monkeypatch.setenv("HERMES_PIPELINES__PAYG__PIPELINE", "1")
    monkeypatch.setenv("HERMES_PIPELINES__PAYG__STAGE", "4")
    monkeypatch.setenv("HERMES_LISTENER__ALLOWED_ORIGINS", '["https://example.com"]')
    settings = load_settings(file)

    assert settings.pipedrive_token() == "12345"
    assert settings.limits().max_deletes == 7
    assert settings.limits().max_delete_percent == 12.5
    assert settings.database.auto_upgrade is False
    assert settings.schedule.overlap == timedelta(minutes=90)
    assert settings.policy().deal_fields == {"hermes_id"}
    assert settings.policy().starts == {"payg": Start(pipeline=1, stage=4)}
    assert settings.listener.allowed_origins == ("https://example.com",)


def test_the_config_is_found_where_the_interface_says(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The config is the given path, else $HERMES_CONFIG, else ./config.toml."""
    other = tmp_path / "other.toml"
    other.write_text('[pipedrive]\nbase_url = "https://other.pipedrive.com"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    assert load_settings().pipedrive.base_url == "https://acme.pipedrive.com"
    monkeypatch.setenv("HERMES_CONFIG", str(other))
    assert load_settings().pipedrive.base_url == "https://other.pipedrive.com"
    assert load_settings(file).pipedrive.base_url == "https://acme.pipedrive.com"


WRONG = {
    "an unknown key": (f'{BASE}api_tokn = "x"', ["pipedrive.api_tokn", "did you mean pipedrive.api_token?"]),
    "an unknown section": (f"{BASE}[pipedrve]\na = 1", ["pipedrve", "section", "did you mean pipedrive?"]),
    "an unknown nested key": (
        f'{BASE}[pipedrive.fields.organization]\nhermes_idd = "x"',
        ["pipedrive.fields.organization.hermes_idd", "did you mean pipedrive.fields.organization.hermes_id?"],
    ),
    "an unknown key like no other": (f"{BASE}[rules]\nxyzzy = 1", ["rules.xyzzy", "known are rules.recreate_deleted"]),
    "a number in quotes": (
        f'{BASE}[safety]\nmax_deletes = "25"',
        ["safety.max_deletes", '"25"', "a whole number, without quotes"],
    ),
    "a fraction": (f"{BASE}[safety]\nmax_deletes = 2.5", ["safety.max_deletes", "a whole number"]),
    "a boolean in quotes": (f'{BASE}[rules]\nrecreate_deleted = "yes"', ["rules.recreate_deleted", "true or false"]),
    "a text without quotes": (f"{BASE}api_token = 5", ["pipedrive.api_token", "a text in quotes"]),
    "too many percent": (f"{BASE}[safety]\nmax_delete_percent = 120", ["safety.max_delete_percent", "100 or less"]),
    "less than nothing": (f"{BASE}[safety]\nmax_creates = -1", ["safety.max_creates", "0 or more"]),
    "more than anything": (f"{BASE}[tc2]\nsweep_per_pass = {10**22}", ["tc2.sweep_per_pass", "1000000000 or less"]),
    "a call of years": (
        f"{BASE}[callbooker]\nmeeting_minutes = 2000000",
        ["callbooker.meeting_minutes", "1440 or less"],
    ),
    "an endless link": (f"{BASE}[callbooker]\nsupport_ttl_days = 99999999", ["support_ttl_days", "3650 or less"]),
    "half an address": (f'{BASE}[tc2]\nbase_url = "http://[::1"', ["tc2.base_url", "a whole address"]),
    "no port": (f'{BASE}[tc2]\nbase_url = "https://tc2.example.com:port"', ["tc2.base_url", "a whole address"]),
    "a bare span": (f"{BASE}[schedule]\noverlap = 60", ["schedule.overlap", '"60s"']),
    "a long-winded span": (f'{BASE}[schedule]\ninterval = "3 minutes"', ["schedule.interval", "3 minutes", "90m"]),
    "no interval": (f'{BASE}[schedule]\ninterval = "0m"', ["schedule.interval", "longer than nothing"]),
    "an address without scheme": (
        f'{BASE}[tc2]\nbase_url = "secure.example.com"',
        ["tc2.base_url", "begins with https://"],
    ),
    "no address": ("[pipedrive]\n", ["pipedrive.base_url is missing", 'base_url = "https://acme.pipedrive.com"']),
    "nothing": ("", ["pipedrive.base_url is missing"]),
    "a section that is none": ("pipedrive = 5", ["pipedrive", "must be a section"]),
    "a field key twice": (
        f'{BASE}[pipedrive.fields.organization]\nhermes_id = "abc"\nwebsite = "abc"',
        ["pipedrive.fields.organization", "'abc' to hermes_id and to website", "a key of its own"],
    ),
    "an attribute twice": (
        f'{BASE}[tc2.extra_attrs]\ncurrency = "abc"\nutm_source = "abc"',
        ["tc2.extra_attrs", "'abc' to currency and to utm_source"],
    ),
    "a blank field key": (f'{BASE}[pipedrive.fields.deal]\nhermes_id = ""', ["hermes_id", "leave the line out"]),
    "an admin id twice": (BASE + ADA + GRACE.replace("id = 2", "id = 1"), ["admins", "id = 1", "Ada", "Grace"]),
    "a Pipedrive user twice": (
        f"{BASE}{ADA}pd_owner_id = 99\n{GRACE}pd_owner_id = 99\n",
        ["admins", "pd_owner_id = 99", "Ada Byron", "Grace Hopper"],
    ),
    "a TC2 admin twice": (f"{BASE}{ADA}tc2_admin_id = 30\n{GRACE}tc2_admin_id = 30\n", ["admins", "tc2_admin_id = 30"]),
    "an unknown time zone": (
        f'{BASE}{ADA}{GRACE}timezone = "Europe/Londn"\n',
        ["admins.timezone", "entry 2", "Europe/Londn", "Europe/London"],
    ),
    "an unknown price plan": (f'{BASE}{ADA}sells = ["paid"]\n', ["admins.sells", "payg"]),
    "an admin without an id": (BASE + ADA.replace("id = 1\n", ""), ["admins.id", "entry 1", "missing"]),
    "an e-mail that is none": (BASE + ADA.replace("ada@", "ada at "), ["admins.email", "an e-mail address"]),
    "one admin instead of a list": (f"{BASE}{ADA}".replace("[[admins]]", "[admins]"), ["admins", "a list"]),
    "half a Start": (f"{BASE}[pipelines]\npayg = {{ pipeline = 1 }}", ["pipelines.payg.stage", "missing"]),
    "a day that ends first": (f'{BASE}[callbooker]\nday_start = "18:00"', ["callbooker", "18:00", "17:30"]),
    "a time that is none": (f'{BASE}[callbooker]\nday_start = "25:00"', ["callbooker.day_start", '"10:00"']),
    "an unknown calendar": (f'{BASE}[callbooker]\ncalendar = "outlook"', ["callbooker.calendar", "google"]),
    "a calendar without a key": (
        f'{BASE}[callbooker]\ncalendar = "google"',
        ["callbooker", "google_service_account"],
    ),
    "half a basic auth": (f'{BASE}[listener]\npipedrive_user = "x"', ["listener", "pipedrive_password"]),
    "no TOML": ("[pipedrive]\nbase_url = https\n", ["not valid TOML", "line 2"]),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_file_key_and_remedy(file: Path, text: str, said: list[str]) -> None:
    """The message names the file, the key and what would be right."""
    file.write_text(text, encoding="utf-8")

    message = refused(file)

    assert str(file) in message
    for part in said:
        assert part in message


def test_everything_that_is_wrong_is_said_at_once(file: Path) -> None:
    """Several mistakes are listed in one message."""
    file.write_text(f'{BASE}api_tokn = "x"\n[safety]\nmax_deletes = "many"\n', encoding="utf-8")

    message = refused(file)

    assert "2 things are wrong" in message
    assert "pipedrive.api_tokn" in message
    assert "safety.max_deletes" in message


def test_the_value_of_a_secret_or_of_an_unknown_key_is_never_shown(file: Path) -> None:
    """A misspelt key may hold a secret, so its value is not repeated, nor is that of a known secret."""
    file.write_text(
        f'{BASE}api_tokn = "hush-hush"\n[database]\nurl = ""\n[tc2]\napi_key = ["hush-hush"]\n'
        '[listener]\npipedrive_password = "hush-hush"\n',
        encoding="utf-8",
    )

    assert "hush-hush" not in refused(file)


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    """Without a config the message says where one comes from."""
    message = refused(tmp_path / "none.toml")

    assert str(tmp_path / "none.toml") in message
    assert "hermes-sync sandbox" in message
    assert "HERMES_CONFIG" in message


def test_a_folder_and_a_strange_encoding_are_no_config(tmp_path: Path) -> None:
    """What cannot be read as UTF-8 text is refused by its name."""
    strange = tmp_path / "strange.toml"
    strange.write_bytes(b"\xff\xfe")

    assert "cannot be read" in refused(tmp_path)
    assert "UTF-8" in refused(strange)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HERMES_PIPEDRIVE__API_TOKN", "x", ["did you mean HERMES_PIPEDRIVE__API_TOKEN?"]),
        ("HERMES_PIPEDRVE__API_TOKEN", "x", ["did you mean HERMES_PIPEDRIVE__API_TOKEN?"]),
        ("HERMES_SAFETY__MAX_DELETES", "many", ["safety.max_deletes", "a whole number"]),
        ("HERMES_SAFETY__MAX_DELETES__X", "5", ["overrides no key"]),
        ("HERMES_LISTENER__ALLOWED_ORIGINS", "nonsense", ["listener.allowed_origins", "JSON"]),
        ("HERMES_ADMINS", "nonsense", ["admins", "JSON"]),
    ],
)
def test_a_wrong_variable_is_named(
    file: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: list[str]
) -> None:
    """A variable that overrides nothing, or gives a wrong value, is named as such."""
    monkeypatch.setenv(name, value)

    message = refused(file)

    for part in (name, "environment", *said):
        assert part in message


def test_a_missing_token_names_its_key_and_its_variable(file: Path) -> None:
    """A missing token is asked for only when it is needed, by key and by variable."""
    settings = load_settings(file)

    with pytest.raises(ConfigError) as caught:
        settings.pipedrive_token()
    for part in (str(file), "pipedrive.api_token", "HERMES_PIPEDRIVE__API_TOKEN"):
        assert part in str(caught.value)
    with pytest.raises(ConfigError, match="HERMES_TC2__API_KEY"):
        settings.tc2_key()


def test_the_settings_are_frozen_and_keep_their_secrets(file: Path) -> None:
    """Nothing changes the settings once they are read, and printing them shows no secret."""
    file.write_text(
        f'{BASE}api_token = "hush"\n[tc2]\napi_key = "quiet"\n'
        '[database]\nurl = "postgresql://me:still@db.example.com/hermes"\n',
        encoding="utf-8",
    )
    settings = load_settings(file)

    with pytest.raises(ValueError, match="frozen"):
        settings.pipedrive = settings.pipedrive
    for secret in ("hush", "quiet", "still"):
        assert secret not in repr(settings)
    assert set(settings.secrets()) == {"hush", "quiet", "still"}

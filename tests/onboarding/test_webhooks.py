"""`webhooks ensure`: registered once, the dead replaced, everybody else's left alone."""

import httpx
import pytest

from hermes_sync.clock import SystemClock
from hermes_sync.onboarding import webhooks
from hermes_sync.ports import ConfigError, RemoteUnavailable
from hermes_sync.remotes.pipedrive.account_rows import Webhook
from hermes_sync.sandbox import Sandbox
from hermes_sync.sandbox.exchange import Json
from hermes_sync.sandbox.faults import Fault
from hermes_sync.settings import load_settings
from tests.onboarding.conftest import Doctor

URL = "https://hermes.example.com"
TARGET = f"{URL}/pipedrive/callback/"
LOGIN = {"pipedrive_user": "hermes", "pipedrive_password": "listener-secret-1"}


@pytest.fixture
def configured(examined: Doctor) -> Doctor:
    """Give a config with a login for the listener."""
    examined.write(listener=LOGIN)
    return examined


def ensured(configured: Doctor, url: str = URL, *, replace: bool = False, dry_run: bool = False) -> list[webhooks.Line]:
    """Run it and return what it said."""
    settings = load_settings(configured.file, environment=False)
    return list(webhooks.ensure(settings, url, SystemClock(), replace=replace, dry_run=dry_run))


def hooks(sandbox: Sandbox) -> list[dict[str, Json]]:
    """Return what is registered."""
    reply = httpx.get(f"{sandbox.pipedrive.url}/api/v1/webhooks", headers={"x-api-token": sandbox.pipedrive.token})
    return list(reply.json()["data"])


def register(sandbox: Sandbox, **body: Json) -> int:
    """Register a webhook as somebody else would."""
    whole = {"subscription_url": TARGET, "event_action": "*", "event_object": "*", **body}
    headers = {"x-api-token": sandbox.pipedrive.token}
    reply = httpx.post(f"{sandbox.pipedrive.url}/api/v1/webhooks", headers=headers, json=whole)
    assert reply.status_code == 201, reply.text
    return int(reply.json()["data"]["id"])


def writes(sandbox: Sandbox) -> int:
    """Return how many calls were no GET."""
    return sum(1 for entry in sandbox.pipedrive.log if entry.method != "GET")


def test_a_second_run_does_nothing(configured: Doctor) -> None:
    """One webhook for each kind that a pass reads, of version 2.0, with the listener's login, and only once."""
    ensured(configured)
    made = hooks(configured.sandbox)
    before = writes(configured.sandbox)
    again = ensured(configured, f"{URL.upper().replace('HTTPS', 'https')}/")

    assert {hook["event_object"] for hook in made} == {"organization", "person", "deal", "pipeline", "stage"}
    assert {(hook["subscription_url"], hook["event_action"], hook["version"]) for hook in made} == {
        (TARGET, "*", "2.0")
    }
    assert {(hook["http_auth_user"], hook["http_auth_password"]) for hook in made} == {tuple(LOGIN.values())}
    assert writes(configured.sandbox) == before
    assert any("nothing to do" in line.text for line in again)
    assert not any("listener-secret" in line.text for line in again)


def test_a_dry_run_writes_nothing(configured: Doctor) -> None:
    """It says what would be registered, and where TC2's leads."""
    said = "\n".join(line.text for line in ensured(configured, dry_run=True))

    assert hooks(configured.sandbox) == []
    assert "(*.deal) would be registered" in said
    assert f"{URL}/tc2/callback/" in said


def test_one_that_tells_everything_is_enough(configured: Doctor) -> None:
    """A webhook for everything at our address, made by hand, covers all kinds; so do three for one kind."""
    register(configured.sandbox, http_auth_user="hermes", http_auth_password="listener-secret-1")
    ensured(configured)
    assert len(hooks(configured.sandbox)) == 1

    known = [Webhook(id=1, url=TARGET, action=one, object="deal") for one in ("create", "change", "delete")]
    assert webhooks.plan(known, TARGET, None, replace=False).create == ("organization", "person", "pipeline", "stage")
    assert "deal" in webhooks.plan(known[:2], TARGET, None, replace=False).create


def test_a_dead_one_of_ours_is_replaced_and_others_stay(configured: Doctor) -> None:
    """What Pipedrive switched off is deleted and registered anew; a dead one of somebody else stays."""
    ours = register(configured.sandbox, subscription_url="http://127.0.0.1:9/pipedrive/callback/")
    theirs = register(configured.sandbox, subscription_url="http://127.0.0.1:9/zapier/secret-path")
    configured.sandbox.pipedrive.create("organization", name="Acme")
    assert configured.sandbox.pipedrive.deliver_webhooks() == [0, 0]
    configured.sandbox.clock.advance(3 * 86_400)
    said = "\n".join(line.text for line in ensured(configured, "http://127.0.0.1:9"))
    left = {hook["id"]: hook for hook in hooks(configured.sandbox)}

    assert ours not in left
    assert left[theirs]["is_active"] == 0
    assert len(left) == 1 + len(webhooks.OBJECTS)
    assert f"webhook {ours} (*.*, dead since" in said
    assert "secret-path" not in said


def test_one_that_pipedrive_deleted_is_registered_again(configured: Doctor) -> None:
    """A webhook that is gone from the list is made again, the others are not."""
    ensured(configured)
    headers = {"x-api-token": configured.sandbox.pipedrive.token}
    httpx.delete(f"{configured.sandbox.pipedrive.url}/api/v1/webhooks/3", headers=headers)
    ensured(configured)

    assert [hook["id"] for hook in hooks(configured.sandbox)] == [1, 2, 4, 5, 6]


def test_one_that_leads_elsewhere_is_told_of_and_stays(configured: Doctor) -> None:
    """A webhook for a hermes-sync at another address is named and left alone."""
    register(configured.sandbox, subscription_url="https://old.example.com/pipedrive/callback/")
    said = [line for line in ensured(configured) if line.is_warning]

    assert ["old.example.com" in line.text for line in said] == [True]
    assert len(hooks(configured.sandbox)) == 1 + len(webhooks.OBJECTS)


def test_one_with_another_login_is_replaced_only_when_told_so(configured: Doctor) -> None:
    """A login that the listener would refuse is told of; `replace` registers anew, and then all is well."""
    ensured(configured)
    configured.write(listener={**LOGIN, "pipedrive_password": "listener-secret-2"})
    told = [line.text for line in ensured(configured) if line.is_warning]
    assert len(told) == len(webhooks.OBJECTS)
    assert all("--replace" in text for text in told)

    ensured(configured, replace=True)
    assert {hook["http_auth_password"] for hook in hooks(configured.sandbox)} == {"listener-secret-2"}
    assert not [line for line in ensured(configured) if line.is_warning]


def test_without_a_login_it_warns(examined: Doctor) -> None:
    """Webhooks without a login could be sent by anybody."""
    assert any("anybody may send" in line.text for line in ensured(examined) if line.is_warning)


def test_over_the_limit_nothing_is_changed(configured: Doctor) -> None:
    """A user has 40 webhooks: when ours do not fit, nothing is registered and nothing deleted."""
    for _ in range(36):
        register(configured.sandbox, subscription_url="https://other.example.com/hook")
    with pytest.raises(ConfigError, match="40 webhooks a user; the user of the key has 36 and 5 more"):
        ensured(configured)

    assert len(hooks(configured.sandbox)) == 36


def test_broken_off_in_the_middle_it_goes_on(configured: Doctor) -> None:
    """An answer that was lost makes no second webhook: the next run looks first."""
    lost = Fault(effect="cut", method="POST", path="/webhooks", nth=2, carried_out=True)
    configured.sandbox.pipedrive.faults.add(lost)
    with pytest.raises(RemoteUnavailable):
        ensured(configured)
    ensured(configured)

    assert len(hooks(configured.sandbox)) == len(webhooks.OBJECTS)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://hermes.example.com", "not encrypted"),
        ("hermes", "no address"),
        ("https://u:p@hermes.example.com", "no user and password"),
        ("https://hermes.example.com?x=1", "has a query"),
    ],
)
def test_an_address_that_pipedrive_should_not_call_is_refused(configured: Doctor, url: str, said: str) -> None:
    """Only https, or http on this machine, without a login in it."""
    with pytest.raises(ConfigError, match=said):
        ensured(configured, url)
    assert hooks(configured.sandbox) == []


@pytest.mark.parametrize(
    "url", ["https://a.example.com", "a.example.com/", "https://A.example.com/pipedrive/callback/"]
)
def test_an_address_is_taken_however_it_is_given(url: str) -> None:
    """With or without scheme, last slash and path it is the same callback."""
    assert webhooks.callback_of(url) == "https://a.example.com/pipedrive/callback/"


def test_a_daemon_below_a_path_keeps_it() -> None:
    """A path in front of the callback is kept, and so is a port."""
    assert webhooks.callback_of("http://localhost:8000/h/") == "http://localhost:8000/h/pipedrive/callback/"

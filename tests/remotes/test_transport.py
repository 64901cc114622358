"""Retries, limits of patience, and errors: what the pass learns when a remote misbehaves."""

import httpx
import pytest

from hermes_sync.ports import (
    ConfigError,
    RemoteError,
    RemoteUnavailable,
)
from hermes_sync.remotes import connect_pipedrive
from hermes_sync.remotes.transport import Retries, shown
from tests.remotes import fakes
from tests.remotes.fakes import DEAL, ORGANIZATION, STAGE, FakeClock, Script, ok, order

STAGE_ROW = {"id": 1, "name": "Contacted", "pipeline_id": 1}
HTML = {"content-type": "text/html; charset=utf-8"}
TIMEOUT = httpx.ReadTimeout("timed out")
CUT = httpx.RemoteProtocolError("peer closed connection without sending complete message body")
REFUSED = httpx.ConnectError("[Errno 111] Connection refused")

PASSING = [
    pytest.param(httpx.Response(500), id="500"),
    pytest.param(httpx.Response(502, text="<html>Bad gateway</html>", headers=HTML), id="502 with a page"),
    pytest.param(httpx.Response(503, headers={"retry-after": "3"}), id="503 with retry-after"),
    pytest.param(httpx.Response(429, headers={"x-ratelimit-reset": "2"}), id="429 with reset"),
    pytest.param(httpx.Response(429), id="429 without a header"),
    pytest.param(httpx.Response(408), id="408"),
    pytest.param(httpx.Response(200), id="empty 200"),
    pytest.param(httpx.Response(200, content=b'{"success":true,"da'), id="truncated JSON"),
    pytest.param(httpx.Response(200, text="<html>hello</html>", headers=HTML), id="a page instead of JSON"),
    pytest.param(TIMEOUT, id="timeout"),
    pytest.param(CUT, id="cut"),
    pytest.param(REFUSED, id="connection refused"),
    pytest.param(httpx.ReadError("reset by peer"), id="connection reset"),
]
CREATE = order(ORGANIZATION, None, [("name", "Acme")])


@pytest.mark.parametrize("step", PASSING)
def test_a_read_is_tried_again_when_that_may_help(step: fakes.Step) -> None:
    """What passes is tried again, after a wait that grows."""
    script, clock = Script(step, step, ok(STAGE_ROW)), FakeClock()

    reading = fakes.pipedrive(script, clock=clock).get(STAGE, 1)

    assert reading.record is not None
    assert len(script.requests) == 3
    assert len(clock.slept) == 2
    assert 0.5 <= clock.slept[0] <= 3.5


@pytest.mark.parametrize("step", PASSING)
def test_a_read_that_never_succeeds_is_left_to_the_next_pass(step: fakes.Step) -> None:
    """After the last attempt the remote is unavailable, and the message says so without the token."""
    script = Script(step)

    with pytest.raises(RemoteUnavailable) as caught:
        fakes.pipedrive(script).get(STAGE, 1)

    assert len(script.requests) == Retries().attempts
    assert not caught.value.perhaps_done
    assert "Pipedrive" in str(caught.value)
    assert "next pass" in str(caught.value)
    assert fakes.TOKEN not in str(caught.value)


def test_the_waits_follow_what_the_remote_asks_for() -> None:
    """The longer of the remote's wish and the own backoff is waited."""
    step = httpx.Response(429, headers={"x-ratelimit-reset": "7"})
    clock = FakeClock()

    fakes.pipedrive(Script(step, ok(STAGE_ROW)), clock=clock).get(STAGE, 1)

    assert clock.slept == [7.0]


def test_a_wait_as_a_date_is_understood() -> None:
    """retry-after may be a date; it counts from the server's own time."""
    headers = {"retry-after": "Fri, 15 May 2026 10:00:09 GMT", "date": "Fri, 15 May 2026 10:00:00 GMT"}
    clock = FakeClock()

    fakes.pipedrive(Script(httpx.Response(503, headers=headers), ok(STAGE_ROW)), clock=clock).get(STAGE, 1)

    assert clock.slept == [9.0]


def test_nobody_waits_longer_than_a_pass_should() -> None:
    """A remote that wants an hour of peace is left to the next pass at once."""
    script, clock = Script(httpx.Response(503, headers={"retry-after": "3600"})), FakeClock()

    with pytest.raises(RemoteUnavailable, match="3600 seconds"):
        fakes.pipedrive(script, clock=clock).get(STAGE, 1)

    assert (len(script.requests), clock.slept) == (1, [])


def test_redirects_are_not_followed() -> None:
    """A redirect would carry the token elsewhere; the message says which key to correct."""
    script = Script(httpx.Response(301, headers={"location": "https://elsewhere.example.com/"}))

    with pytest.raises(RemoteUnavailable, match=r"pipedrive\.base_url"):
        fakes.pipedrive(script).get(DEAL, 1)

    assert len(script.requests) == 1


def test_a_list_that_is_not_there_is_a_wrong_address() -> None:
    """404 for a whole list does not say that anything is gone: the address is wrong."""
    missing = Script(httpx.Response(404, json={"error": "not found"}))

    with pytest.raises(RemoteUnavailable, match=r"pipedrive\.base_url"):
        list(fakes.pipedrive(missing).pages(DEAL))
    with pytest.raises(RemoteUnavailable, match=r"tc2\.base_url"):
        fakes.tc2(missing).page(1)


def test_a_cursor_that_comes_twice_ends_the_read() -> None:
    """A list that does not move on is no complete read."""
    with pytest.raises(RemoteUnavailable, match="does not move on"):
        list(fakes.pipedrive(Script(ok([], cursor="same"))).pages(DEAL))


def test_a_list_without_rows_is_no_empty_list() -> None:
    """An answer without data is not taken for an empty list, which would look like a mass deletion."""
    with pytest.raises(RemoteUnavailable, match="without its rows"):
        list(fakes.pipedrive(Script(httpx.Response(200, json={"success": True}))).pages(DEAL))


@pytest.mark.parametrize("base_url", ["https://acme.example.com/crm", "https://acme.example.com/crm/"])
def test_the_address_may_have_a_path(base_url: str) -> None:
    """A path in base_url is kept, with and without its last slash."""
    script = Script(ok(STAGE_ROW))

    fakes.pipedrive(script, base_url=base_url).get(STAGE, 1)

    assert str(script.requests[0].url) == "https://acme.example.com/crm/api/v2/stages/1"


def test_the_keys_go_into_their_headers() -> None:
    """Pipedrive wants x-api-token, TC2 wants Authorization: token."""
    one, two = Script(ok(STAGE_ROW)), Script(httpx.Response(200, json={"id": 1}))

    fakes.pipedrive(one).get(STAGE, 1)
    fakes.tc2(two).get(1)

    assert one.requests[0].headers["x-api-token"] == fakes.TOKEN
    assert two.requests[0].headers["authorization"] == f"token {fakes.KEY}"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_a_server_that_echoes_the_secret_does_not_get_it_into_a_message(status: int) -> None:
    """What a remote says is quoted, but never with the secret in it."""
    script = Script(httpx.Response(status, json={"error": f"bad token {fakes.TOKEN}"}))

    with pytest.raises(RemoteError) as caught:
        fakes.pipedrive(script).push(CREATE)

    assert fakes.TOKEN not in str(caught.value)
    assert fakes.TOKEN not in repr(caught.value)


@pytest.mark.parametrize("token", ["with\nnewline", "tökën", " padded"])
def test_a_key_that_is_none_is_refused_without_showing_it(token: str) -> None:
    """A token with odd characters is a mistake of the config, and is not quoted."""
    with pytest.raises(ConfigError) as caught:
        connect_pipedrive(base_url=fakes.PD_URL, token=token, clock=FakeClock())

    assert "pipedrive.api_token" in str(caught.value)
    assert token not in str(caught.value)


@pytest.mark.parametrize("base_url", ["acme", "ftp://acme.example.com", "https://acme.example.com:port"])
def test_an_address_that_is_none_is_a_mistake_of_the_config(base_url: str) -> None:
    """An address without http names its config key."""
    with pytest.raises(ConfigError, match=r"pipedrive\.base_url"):
        fakes.pipedrive(base_url=base_url).get(STAGE, 1)


def test_messages_show_an_address_without_its_password() -> None:
    """A user and password in the address are not shown."""
    assert shown("https://me:secret@acme.example.com/crm") == "https://acme.example.com/crm"
    assert shown("https://acme.example.com") == "https://acme.example.com"


def test_requests_and_tokens_are_counted() -> None:
    """Every request counts; what the rate limit turned away costs no tokens."""
    remote = fakes.pipedrive(Script(httpx.Response(429), ok([], **{"x-daily-ratelimit-token-remaining": "90"})))

    list(remote.pages(DEAL))

    usage = remote.usage
    assert (usage.requests, usage.tokens, usage.daily_left) == (2, 10, 90)


def test_closing_closes_the_connections() -> None:
    """A closed remote holds no connection."""
    pipedrive, tc2 = fakes.pipedrive(), fakes.tc2()

    pipedrive.close()
    tc2.close()

    assert pipedrive._transport._client.is_closed
    assert tc2._transport._client.is_closed


def test_a_search_is_read_to_the_end_of_its_cursors() -> None:
    """Hits on the second page of a search count too, and each object is read once."""
    script = Script(
        ok({"items": [{"item": {"id": 2}}]}, cursor="more"),
        ok({"items": [{"item": {"id": 1}}, {"item": {"id": 2}}]}),
        ok({"id": 1, "name": "A", "custom_fields": {fakes.key(13): "5, 6"}}),
        ok({"id": 2, "name": "B", "custom_fields": {fakes.key(13): "56"}}),
    )

    found = fakes.pipedrive(script).find(ORGANIZATION, 5)

    assert [one.ref.id for one in found] == [1]
    assert [request.url.path for request in script.requests[2:]] == [
        "/api/v2/organizations/1",
        "/api/v2/organizations/2",
    ]
    assert script.requests[1].url.params["cursor"] == "more"


def test_a_broken_date_header_is_no_server_time() -> None:
    """A page whose date nobody understands is read without a server time."""
    (page,) = fakes.pipedrive(Script(ok([], date="soon"))).pages(DEAL)

    assert page.server_time is None

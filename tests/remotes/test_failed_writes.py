"""Writes that fail: which of them may be sent again, and what the pass learns."""

import httpx
import pytest

from hermes_sync.ports import (
    ObjectGone,
    RemoteDenied,
    RemoteError,
    RemoteRefused,
    RemoteUnavailable,
)
from tests.remotes import fakes
from tests.remotes.fakes import CLIENT, DEAL, ORGANIZATION, FakeClock, Script, ok, order, refusal

HTML = {"content-type": "text/html; charset=utf-8"}
TIMEOUT = httpx.ReadTimeout("timed out")
CUT = httpx.RemoteProtocolError("peer closed connection without sending complete message body")
REFUSED = httpx.ConnectError("[Errno 111] Connection refused")


CREATE = order(ORGANIZATION, None, [("name", "Acme")])
CHANGE = order(ORGANIZATION, 1, [("name", "Acme")])
IN_DOUBT = [
    pytest.param(TIMEOUT, id="timeout"),
    pytest.param(CUT, id="cut"),
    pytest.param(httpx.WriteError("broken pipe"), id="broken pipe"),
    pytest.param(httpx.Response(500), id="500"),
    pytest.param(httpx.Response(504), id="504"),
    pytest.param(httpx.Response(200), id="empty 200"),
    pytest.param(httpx.Response(201, content=b'{"succ'), id="truncated 201"),
    pytest.param(ok(None), id="no id"),
]


@pytest.mark.parametrize("step", IN_DOUBT)
def test_a_create_in_doubt_is_not_repeated(step: fakes.Step) -> None:
    """A create that was perhaps carried out is not sent again: that would make a second object."""
    script = Script(step, ok({"id": 1}))

    with pytest.raises(RemoteUnavailable) as caught:
        fakes.pipedrive(script).push(CREATE)

    assert caught.value.perhaps_done
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    "step", [httpx.Response(429), REFUSED, httpx.ConnectTimeout("timed out")], ids=["429", "refused", "no connection"]
)
def test_a_create_that_was_certainly_not_done_is_repeated(step: fakes.Step) -> None:
    """A create that never arrived, or was turned away by the rate limit, is sent again."""
    script = Script(step, ok({"id": 7}))

    assert fakes.pipedrive(script).push(CREATE).remote_id == 7
    assert len(script.requests) == 2


def test_a_create_that_never_arrived_was_not_done() -> None:
    """When nobody listens, nothing was created; the message names address and config key."""
    with pytest.raises(RemoteUnavailable) as caught:
        fakes.pipedrive(Script(REFUSED)).push(CREATE)

    assert not caught.value.perhaps_done
    assert "https://acme.pipedrive.com" in str(caught.value)
    assert "pipedrive.base_url" in str(caught.value)


@pytest.mark.parametrize("step", IN_DOUBT[:-1])
def test_an_update_may_be_repeated(step: fakes.Step) -> None:
    """A PATCH says the same thing twice without harm, and so does a POST to a client of TC2."""
    script = Script(step, ok({"id": 1}))
    other = Script(step, httpx.Response(200, json={"id": 3}))

    assert fakes.pipedrive(script).push(CHANGE).remote_id == 1
    assert fakes.tc2(other).push(order(CLIENT, 3, [("pipedrive_id", "1")])).remote_id == 3
    assert (len(script.requests), len(other.requests)) == (2, 2)


def test_an_update_that_was_ever_in_doubt_stays_in_doubt() -> None:
    """A PATCH that timed out once and was then refused a connection was perhaps carried out."""
    with pytest.raises(RemoteUnavailable) as caught:
        fakes.pipedrive(Script(TIMEOUT, REFUSED)).push(CHANGE)

    assert caught.value.perhaps_done


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (httpx.Response(404, json={"error": "not found"}), ObjectGone),
        (httpx.Response(410, json={"success": True, "data": {"id": 1}}), ObjectGone),
        (refusal("Entity is deleted", code="ERR_ORGANIZATION_DELETED"), ObjectGone),
        (refusal("unauthorized access", status=401), RemoteDenied),
        (refusal("Permission denied", status=403), RemoteRefused),
        (refusal("too many deals", status=402), RemoteRefused),
        (httpx.Response(403, text="<html>", headers=HTML), RemoteUnavailable),
        (httpx.Response(302, headers={"location": "https://elsewhere.example.com"}), RemoteUnavailable),
    ],
    ids=["404", "410", "deleted", "401", "403", "402", "Cloudflare", "redirect"],
)
def test_errors_of_a_write_say_what_happens_next(step: httpx.Response, expected: type[RemoteError]) -> None:
    """Each answer to a write becomes the error that the pass acts on, after one request."""
    script = Script(step)

    with pytest.raises(expected):
        fakes.pipedrive(script).push(CHANGE)

    assert len(script.requests) == 1


def test_the_ban_holds_for_every_call_and_ends() -> None:
    """While Cloudflare's ban lasts writes are not sent either, and were certainly not done."""
    clock = FakeClock()
    script = Script(httpx.Response(403, text="<html>", headers=HTML), ok({"id": 1}))
    remote = fakes.pipedrive(script, clock=clock)

    with pytest.raises(RemoteUnavailable):
        remote.get(DEAL, 1)
    with pytest.raises(RemoteUnavailable) as caught:
        remote.push(CREATE)
    clock.seconds += 300

    assert not caught.value.perhaps_done
    assert remote.push(CREATE).remote_id == 1

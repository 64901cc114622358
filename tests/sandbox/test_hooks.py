"""The webhooks that the Pipedrive twin registers: how many, of what kind, and when one is dead (facts 6)."""

import httpx
import pytest

from hermes_sync.sandbox import Sandbox
from hermes_sync.sandbox.exchange import Json

NOWHERE = "http://127.0.0.1:9/callback/"
DAY = 86_400


def made(pd: httpx.Client, **body: Json) -> httpx.Response:
    """Register a webhook."""
    whole = {"subscription_url": NOWHERE, "event_action": "*", "event_object": "*", **body}
    return pd.post("/api/v1/webhooks", json=whole)


def row(pd: httpx.Client, hook_id: int = 1) -> dict[str, Json]:
    """Give a webhook as the list shows it."""
    rows = {one["id"]: one for one in pd.get("/api/v1/webhooks").json()["data"]}
    return dict(rows[hook_id])


def test_a_user_has_forty(sb: Sandbox, pd: httpx.Client) -> None:
    """The 41st webhook of one user is refused, one of another user is not."""
    assert {made(pd).status_code for _ in range(40)} == {201}

    assert made(pd).status_code == 400
    assert made(pd, user_id=98).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {"subscription_url": "nonsense"},
        {"subscription_url": None},
        {"event_action": "updated"},
        {"event_object": "organizations"},
        {"version": "3.0"},
        {"user_id": 1},
    ],
)
def test_what_cannot_be_one_is_refused(sb: Sandbox, pd: httpx.Client, body: dict[str, Json]) -> None:
    """An address, an event, a version and a user that exist are wanted."""
    assert made(pd, **body).status_code == 400
    assert pd.get("/api/v1/webhooks").json()["data"] == []


def test_the_last_delivery_is_told(sb: Sandbox, pd: httpx.Client) -> None:
    """A delivery leaves its time and status; nobody's answer has no status."""
    made(pd)
    assert (row(pd)["last_delivery_time"], row(pd)["last_http_status"]) == (None, None)
    sb.pipedrive.create("organization", name="Acme")
    sb.pipedrive.deliver_webhooks()

    assert (row(pd)["last_delivery_time"], row(pd)["last_http_status"]) == ("2026-05-14 12:00:00", None)


def test_three_days_of_failures_kill_it(sb: Sandbox, pd: httpx.Client) -> None:
    """After 3 days without a success it is inactive, says since when and why, and is sent nothing more."""
    made(pd)
    sb.pipedrive.create("organization", name="Acme")
    sb.pipedrive.deliver_webhooks()
    sb.clock.advance(3 * DAY - 1)
    assert row(pd)["is_active"] == 1

    sb.clock.advance(1)
    assert (row(pd)["is_active"], row(pd)["remove_time"]) == (0, "2026-05-17 12:00:00")
    assert "3 consecutive days" in row(pd)["remove_reason"]
    sb.pipedrive.create("organization", name="Beta")
    assert sb.pipedrive.webhooks.pending == []


def test_a_success_in_between_keeps_it_alive(sb: Sandbox, pd: httpx.Client) -> None:
    """The 3 days begin anew with every success, and silence is no failure."""
    made(pd)
    sb.pipedrive.create("organization", name="Acme")
    sb.pipedrive.deliver_webhooks()
    sb.clock.advance(2 * DAY)
    with sb.pipedrive.lock:
        sb.pipedrive.state.webhooks[1]["subscription_url"] = f"{sb.tc2.url}/_sandbox/clock"
    sb.pipedrive.create("organization", name="Beta")
    assert sb.pipedrive.deliver_webhooks() == [200]
    sb.clock.advance(30 * DAY)

    assert (row(pd)["is_active"], row(pd)["last_http_status"]) == (1, 200)


def test_one_that_is_not_there_is_a_404(sb: Sandbox, pd: httpx.Client) -> None:
    """Deleting a webhook twice says so."""
    made(pd)

    assert [pd.delete("/api/v1/webhooks/1").status_code for _ in range(2)] == [200, 404]

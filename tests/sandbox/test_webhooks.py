"""Webhooks of both twins: what they say, and how they arrive."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from hermes_sync.sandbox import Sandbox
from hermes_sync.sandbox.exchange import Json


class Receiver(ThreadingHTTPServer):
    """A server that remembers what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Recording)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.url = f"http://127.0.0.1:{self.server_port}/callback/"

    @property
    def bodies(self) -> list[dict[str, Json]]:
        """Give the parsed bodies, in the order of arrival."""
        return [json.loads(raw) for _, raw in self.got]


class Recording(BaseHTTPRequestHandler):
    """Answers 200 to everything."""

    server: Receiver

    def do_POST(self) -> None:
        """Remember a webhook."""
        raw = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append(({key.lower(): value for key, value in self.headers.items()}, raw))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Listen for webhooks."""
    with Receiver() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_registered_webhooks_tell_changes_in_their_own_shape(sb: Sandbox, pd: httpx.Client, receiver: Receiver) -> None:
    """Custom fields are typed objects, previous holds only what changed, an own write says api."""
    hook = {
        "subscription_url": receiver.url,
        "event_action": "*",
        "event_object": "organization",
        "http_auth_user": "u",
        "http_auth_password": "p",
    }
    made = pd.post("/api/v1/webhooks", json=hook)
    key = sb.pipedrive.field_key("organization", "hermes_id")
    sb.pipedrive.create("organization", name="Acme")
    sb.pipedrive.create("person", name="Mary")
    pd.patch("/api/v2/organizations/1", json={"custom_fields": {key: "5"}})
    sb.pipedrive.delete("organization", 1)

    assert sb.pipedrive.deliver_webhooks() == [200, 200, 200]
    created, changed, deleted = receiver.bodies
    assert receiver.got[0][0]["authorization"].startswith("Basic ")
    assert (created["meta"]["action"], created["previous"]) == ("create", None)
    assert changed["data"]["custom_fields"] == {key: {"type": "varchar", "value": "5"}}
    assert changed["previous"]["custom_fields"] == {key: None}
    assert (changed["meta"]["change_source"], changed["meta"]["entity_id"]) == ("api", "1")
    assert (deleted["data"], deleted["previous"]["name"]) == (None, "Acme")
    assert (made.status_code, len(pd.get("/api/v1/webhooks").json()["data"])) == (201, 1)
    pd.delete(f"/api/v1/webhooks/{made.json()['data']['id']}")
    assert pd.get("/api/v1/webhooks").json()["data"] == []


def test_a_merge_is_a_delete_and_a_change(sb: Sandbox, receiver: Receiver) -> None:
    """The loser's delete names the winner, the winner's change names the loser."""
    twin = sb.pipedrive
    loser, winner = twin.create("organization", name="A"), twin.create("organization", name="B")
    twin.set_webhooks([receiver.url])
    twin.merge("organization", loser, winner)
    twin.deliver_webhooks()

    first, second = (body["meta"] for body in receiver.bodies)
    assert (first["action"], first["merged_to_id"]) == ("delete", "2")
    assert (second["action"], second["merged_from_id"]) == ("change", "1")


def test_webhooks_arrive_in_any_order_twice_or_never(sb: Sandbox, receiver: Receiver) -> None:
    """Delivery is reversed, picked, repeated or dropped as the test says."""
    twin = sb.pipedrive
    twin.set_webhooks([receiver.url])

    def arrived(**how: Json) -> list[str]:
        receiver.got.clear()
        for name in "abc":
            twin.create("organization", name=name)
        twin.webhooks.deliver(**how)
        return [body["data"]["name"] for body in receiver.bodies]

    assert arrived(order="reversed") == ["c", "b", "a"]
    assert arrived(order=[1]) == ["b"]
    assert arrived(copies=2) == ["a", "a", "b", "b", "c", "c"]
    assert arrived(drop=lambda delivery: b'"name":"b"' in delivery.body) == ["a", "c"]
    assert sorted(arrived(order="shuffled", seed=3)) == ["a", "b", "c"]
    assert twin.webhooks.pending == []


def test_tc2_signs_what_it_sends(sb: Sandbox, receiver: Receiver) -> None:
    """The signature is the hex HMAC-SHA256 of the raw body, and a deletion says little."""
    sb.tc2.set_webhooks([receiver.url])
    client = sb.tc2.create_client(agency={"name": "Acme"}, first_name="Mary", last_name="Booth")
    sb.tc2.delete_client(client)
    sb.tc2.deliver_webhooks()

    for headers, raw in receiver.got:
        assert headers["webhook-signature"] == sb.tc2.signature(raw)
    created, deleted = (body["events"][0] for body in receiver.bodies)
    assert (created["action"], created["subject"]["meta_agency"]["name"]) == ("CREATED_A_CLIENT", "Acme")
    assert deleted["subject"] == {"id": 1, "model": "Client", "first_name": "Mary", "last_name": "Booth"}


def test_the_signature_is_the_documented_one(sb: Sandbox) -> None:
    """The known example of key and body gives the known signature."""
    sb.tc2.key, usual = "private-api-key", sb.tc2.key
    signature = sb.tc2.signature(b'{"_request_time": 123, "events": []}')
    sb.tc2.key = usual

    assert signature == "98a34132606088630381e18a6e7326d0b95361c1680ecb6ceb356e45e75fa9ea"

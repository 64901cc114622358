"""A flood of webhooks as they really come: a booking in the middle of it, and TC2 that allows few requests a minute."""

import hashlib
import hmac
import json
from typing import Any, Final

import httpx

from hermes_sync.core.records import RemoteKind
from hermes_sync.store import SqlStore
from tests.daemon.conftest import PATIENCE, Daemon, Place, until
from tests.daemon.test_story import book, objects, sales_call

OF_PIPEDRIVE, OF_TC2, AT_ONCE = 200, 150, 25
ALLOWED: Final = 60
"""Requests to TC2 that any minute must stay below."""


def named_by_pipedrive(daemon: Daemon, client: httpx.Client, id_: int) -> None:
    """Send a webhook of Pipedrive about an Org."""
    body = {"meta": {"entity": "organization", "entity_id": str(id_), "action": "change", "version": "2.0"}, "data": {}}
    answer = client.post(f"http://127.0.0.1:{daemon.port}/pipedrive/callback/", json=body)
    assert answer.status_code == 200


def named_by_tc2(daemon: Daemon, client: httpx.Client, key: str, *ids: int) -> None:
    """Send a signed webhook of TC2 about some cligencies."""
    events: list[dict[str, Any]] = [
        {"action": "EDITED_A_CLIENT", "verb": "edited", "subject": {"model": "Client", "id": id_}} for id_ in ids
    ]
    body = json.dumps({"events": events, "_request_time": 1}).encode()
    signature = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    url = f"http://127.0.0.1:{daemon.port}/tc2/callback/"
    assert client.post(url, content=body, headers={"webhook-signature": signature}).status_code == 200


def waiting(place: Place, kind: RemoteKind) -> int:
    """Return how many hints at a kind wait."""
    with SqlStore.open(place.database_url) as store:
        return len(store.hints(kinds=[kind]))


def test_a_booking_does_not_wait_for_a_flood_of_webhooks(place: Place) -> None:
    """It is in Pipedrive while hints still wait; TC2 sees below 60 requests in a minute; all agree in the end."""
    pipedrive, tc2 = place.sandbox.pipedrive, place.sandbox.tc2
    tc2.limits.per_minute = ALLOWED
    for number in (1, 2, 3):
        pipedrive.create("organization", id=number, name=f"Agency {number}", owner_id=99)
        agency = {"id": number, "name": f"Agency {number}", "status": "trial"}
        tc2.create_client(agency, id=number, extra_attrs={"pipedrive_id": str(number)}, last_name="Lane")
    daemon = place.daemon()
    daemon.waits_for("listening on")
    daemon.waits_for("exit 0")
    for number in (1, 2, 3):
        pipedrive.edit("organization", number, name=f"Tutors {number}")
        tc2.edit_client(number, agency={"status": "active"})

    with httpx.Client(timeout=PATIENCE, trust_env=False) as client:
        named_by_tc2(daemon, client, tc2.key, 1, 2, 3)
        for first in range(1000, 1000 + OF_TC2, AT_ONCE):
            named_by_tc2(daemon, client, tc2.key, *range(first, first + AT_ONCE))
        for number in (1, 2, 3, *range(1000, 1000 + OF_PIPEDRIVE)):
            named_by_pipedrive(daemon, client, number)
            if number == 1000 + OF_PIPEDRIVE // 2:
                book(daemon, "sales", **sales_call("Nora Field", "Crane Ltd", 3))

    until(lambda: pipedrive.all("activity"), daemon.said)
    assert waiting(place, RemoteKind.CLIENT), "TC2's minute does not allow so many"
    (org,) = (row for row in pipedrive.all("organization") if row["name"] == "Crane Ltd")
    (person,), (deal,), (activity,) = (pipedrive.all(kind) for kind in ("person", "deal", "activity"))
    assert (person["org_id"], deal["org_id"], activity["org_id"]) == (org["id"],) * 3
    until(lambda: not waiting(place, RemoteKind.ORGANIZATION), daemon.said)
    until(lambda: _is_told(place), daemon.said)
    assert daemon.stop() == 0

    requests = tc2.log.entries()
    assert not [entry for entry in requests if entry.status == httpx.codes.TOO_MANY_REQUESTS]
    times = [entry.time for entry in requests]
    assert max(sum(start <= one < start + 60 for one in times) for start in times) < ALLOWED
    tc2.limits.per_minute = None
    place.run("reconcile")  # reads back what Pipedrive made of the booking, such as an owner
    looked = place.run("diff")
    assert looked.returncode == 0, looked.stdout


def _is_told(place: Place) -> bool:
    """Whether Hermes knows what was edited in both systems."""
    companies = {one["pd_org_id"]: one for one in objects(place)["companies"]}
    edited = [companies.get(number, {}) for number in (1, 2, 3)]
    return all(one.get("name", "").startswith("Tutors") and one.get("tc2_status") == "active" for one in edited)

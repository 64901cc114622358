"""Webhooks of Pipedrive and TC2 leave hints, whatever they look like, and nothing else."""

import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import event

from hermes_sync.clock import SystemClock
from hermes_sync.core.records import Ref, RemoteKind
from hermes_sync.store import MOST_HINTS, SqlStore
from tests.listener.rig import TC2_KEY, Served, plant_companies, serving, settings_for

PIPEDRIVE = "/pipedrive/callback/"
TC2 = "/tc2/callback/"
PAYLOADS = Path(__file__).parents[3] / "shared" / "upstream" / "payloads"


def v2(entity: str, entity_id: object, **more: object) -> dict[str, Any]:
    """Return a webhook of version 2.0."""
    return {"meta": {"action": "change", "entity": entity, "entity_id": entity_id, "id": "3a-uuid", **more}, "data": {}}


def signed(http: httpx.Client, body: bytes, key: str = TC2_KEY) -> httpx.Response:
    """Send a webhook of TC2 with the signature of a key."""
    signature = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    return http.post(TC2, content=body, headers={"Webhook-Signature": signature})


def tc2_events(*subjects: dict[str, Any]) -> bytes:
    """Return a webhook of TC2 about these subjects."""
    events = [{"action": "EDITED_A_CLIENT", "verb": "Edited", "subject": subject} for subject in subjects]
    return orjson.dumps({"events": events, "_request_time": 1769853600})


def test_a_webhook_of_either_shape_leaves_a_hint_of_what_it_names(served_on_both: Served) -> None:
    """Version 2.0 names the object as entity and entity_id in text, version 1.0 as object and id in a number."""
    http = served_on_both.http
    answers = [
        http.post(PIPEDRIVE, json=v2("organization", "10")),
        http.post(PIPEDRIVE, json={"meta": {"action": "updated", "object": "deal", "id": 7}, "current": {"id": 9}}),
        http.post(PIPEDRIVE, json=v2("person", 3)),
        http.post(PIPEDRIVE, json=v2("person", "3")),
    ]

    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"status": "ok"})] * 4
    assert served_on_both.hints() == {
        "pipedrive:organization:10": 1,
        "pipedrive:deal:7": 1,
        "pipedrive:person:3": 2,
    }
    assert served_on_both.wishes() == 4


def test_a_merge_names_both(served: Served) -> None:
    """The loser's webhook names the winner, and the winner's the loser."""
    served.http.post(PIPEDRIVE, json=v2("organization", "2", merged_to_id="1"))
    served.http.post(PIPEDRIVE, json=v2("person", "5", merged_from_id="6"))

    assert set(served.hints()) == {
        "pipedrive:organization:1",
        "pipedrive:organization:2",
        "pipedrive:person:5",
        "pipedrive:person:6",
    }


def test_what_no_pass_reads_is_ignored(served: Served) -> None:
    """It leaves neither a hint nor the wish for a pass, which would cost tokens for nothing."""
    for entity in ("activity", "note", "user", "product", "lead", "nobody-knows"):
        answer = served.http.post(PIPEDRIVE, json=v2(entity, "1"))

        assert (answer.status_code, answer.json()) == (200, {"status": "ok"}), entity
    assert served.hint_rows() == 0


UNREADABLE = [
    b"",
    b"not JSON",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"5",
    b'{"meta": null}',
    b'{"meta": []}',
    b'{"meta": {}}',
    b'{"meta": {"entity": 5, "entity_id": "1"}}',
    b'{"meta": {"entity": "deal", "entity_id": null}}',
    b'{"meta": {"entity": "deal", "entity_id": true}}',
    b'{"meta": {"entity": "deal", "entity_id": "0"}}',
    b'{"meta": {"entity": "deal", "entity_id": "-1"}}',
    b'{"meta": {"entity": "deal", "entity_id": 1.5}}',
    b'{"meta": {"entity": "deal", "entity_id": "9223372036854775808"}}',
    b'{"meta": {"entity": "deal", "entity_id": ' + b"9" * 400 + b"}}",
    '{"meta": {"entity": "deal", "entity_id": "١٢"}}'.encode(),
    b"[" * 100_000,
]


def test_what_cannot_be_read_is_answered_200_and_asks_for_a_pass(served: Served) -> None:
    """Pipedrive bans an address after failures, and the pass finds what changed without a hint."""
    for number, body in enumerate(UNREADABLE, 1):
        answer = served.http.post(PIPEDRIVE, content=body)

        assert (answer.status_code, answer.json()) == (200, {"status": "ok"}), body[:80]
        assert served.hints() == {}, body[:80]
        assert served.wishes() == number, body[:80]


def test_with_basic_auth_only_pipedrive_leaves_hints(sqlite_template: bytes, tmp_path: Path) -> None:
    """A wrong or missing user or password gets 401 and leaves nothing."""
    path = tmp_path / "hermes.db"
    path.write_bytes(sqlite_template)
    url = f"sqlite:///{path}"
    settings = settings_for(url, listener={"pipedrive_user": "pipedrive", "pipedrive_password": "pass:wörd"})
    with SqlStore.open(url) as store, serving(settings, store) as served:
        wrong = [None, ("pipedrive", "pass"), ("", ""), ("Pipedrive", "pass:wörd")]
        refused = [served.http.post(PIPEDRIVE, json=v2("deal", "1"), auth=auth) for auth in wrong]
        odd = served.http.post(PIPEDRIVE, json=v2("deal", "1"), headers={"Authorization": "Basic %%%"})

        assert {answer.status_code for answer in (*refused, odd)} == {401}
        assert refused[0].headers["www-authenticate"].startswith("Basic ")
        assert served.hint_rows() == 0

        accepted = served.http.post(
            PIPEDRIVE, json=v2("deal", "1"), auth=httpx.BasicAuth(b"pipedrive", "pass:wörd".encode())
        )

        assert accepted.status_code == 200
        assert served.hints() == {"pipedrive:deal:1": 1}


def test_a_signed_webhook_of_tc2_leaves_hints_of_its_cligencies(served_on_both: Served) -> None:
    """Every subject counts; an invoice says whose it is."""
    body = tc2_events(
        {"model": "Client", "id": 10},
        {"model": "Client", "id": 11, "meta_agency": {"id": 20}},
        {"model": "Invoice", "id": 50, "client": {"id": 12, "email": "mary@example.com"}},
        {"model": "Recipient", "id": 999, "paying_client": {"id": 13}},
    )

    answer = signed(served_on_both.http, body)

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert served_on_both.hints() == {f"tc2:client:{id_}": 1 for id_ in (10, 11, 12, 13)}


def test_an_sr_and_an_agency_stand_for_their_cligency(served_on_both: Served) -> None:
    """As far as Hermes knows whose they are; else the early pass finds them."""
    plant_company(served_on_both.store)

    signed(served_on_both.http, tc2_events({"model": "Recipient", "id": 50}))
    assert served_on_both.hints() == {"tc2:client:20": 1}

    signed(served_on_both.http, tc2_events({"model": "Agency", "id": 30}))
    assert served_on_both.hints() == {"tc2:client:20": 2}

    signed(served_on_both.http, tc2_events({"model": "Agency", "id": 31}, {"model": "Recipient", "id": 51}))
    assert served_on_both.hints() == {"tc2:client:20": 2}
    assert served_on_both.wishes() == 3


def plant_company(store: SqlStore) -> None:
    """Put a Company with cligency 20 of agency 30 and a Contact that is SR 50 into the store."""
    plant_companies(store, {"id": 1, "tc2_cligency_id": 20, "tc2_agency_id": 30})
    with store.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO contacts (id, company_id, tc2_sr_id) VALUES (1, 1, 50)")


def test_without_the_right_signature_tc2_is_refused(served: Served) -> None:
    """No signature, another key's, another body's, or nonsense: 403, and nothing is left."""
    body = tc2_events({"model": "Client", "id": 10})
    answers = [
        served.http.post(TC2, content=body),
        signed(served.http, body, key="another key"),
        served.http.post(TC2, content=body, headers={"Webhook-Signature": "zz"}),
        served.http.post(TC2, content=body, headers={b"Webhook-Signature": "ü".encode()}),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert all(answer.json()["status"] == "error" for answer in answers)
    assert served.hint_rows() == 0


def test_without_a_key_in_the_config_tc2_is_refused_even_with_the_signature_of_no_key(
    sqlite_template: bytes, tmp_path: Path
) -> None:
    """An HMAC under the empty key is no proof of anything."""
    path = tmp_path / "hermes.db"
    path.write_bytes(sqlite_template)
    url = f"sqlite:///{path}"
    with SqlStore.open(url) as store, serving(settings_for(url, tc2={"api_key": ""}), store) as served:
        answer = signed(served.http, tc2_events({"model": "Client", "id": 10}), key="")

        assert answer.status_code == 403
        assert served.hint_rows() == 0


def test_the_signature_is_the_one_that_tc2_documents(served: Served) -> None:
    """The vector of facts 9: a known body under a known key."""
    body = b'{"_request_time": 123, "events": []}'
    expected = "98a34132606088630381e18a6e7326d0b95361c1680ecb6ceb356e45e75fa9ea"

    assert hmac.new(b"private-api-key", body, hashlib.sha256).hexdigest() == expected
    assert signed(served.http, body).status_code == 200
    upper = hmac.new(TC2_KEY.encode(), body, hashlib.sha256).hexdigest().upper()
    assert served.http.post(TC2, content=body, headers={"Webhook-Signature": upper}).status_code == 200


def test_a_signed_webhook_that_cannot_be_read_asks_for_a_pass(served: Served) -> None:
    """It came from TC2, so something happened there."""
    for number, body in enumerate([b"", b"[]", b"{", b'{"events": 5}', b'{"events": {}}'], 1):
        assert signed(served.http, body).status_code == 200
        assert (served.hints(), served.wishes()) == ({}, number)


def test_a_signed_webhook_about_nothing_leaves_nothing(served: Served) -> None:
    """What it names is no cligency, so that no pass would find more."""
    nothing = b'{"events": [null, 5, {"subject": 3}, {"subject": {"model": ["Client"], "id": "x"}}]}'
    for body in (b'{"events": []}', nothing):
        assert signed(served.http, body).status_code == 200
    assert served.hint_rows() == 0


@pytest.mark.skipif(not PAYLOADS.exists(), reason=f"the recorded payloads are not at {PAYLOADS}")
def test_every_recorded_webhook_is_understood(served: Served) -> None:
    """The samples of Pipedrive's and TC2's documentation name what they are about."""
    for path in sorted(PAYLOADS.glob("pd_webhook_v2_*_*.json")):
        body = json.loads(path.read_text())["body"]
        for one in body if isinstance(body, list) else [body]:
            if "meta" in one:
                assert served.http.post(PIPEDRIVE, json=one).status_code == 200
    for path in sorted(PAYLOADS.glob("tc2_webhook_*.json")):
        body = json.loads(path.read_text())["body"]
        if "events" in body:
            assert signed(served.http, orjson.dumps(body)).status_code == 200

    named = served.hints()
    assert {"pipedrive:organization:1", "pipedrive:organization:2", "tc2:client:10"} <= set(named)
    assert not any("activity" in ref for ref in named)


def test_a_flood_of_callbacks_costs_few_transactions(served: Served) -> None:
    """Hints that come together are written together, and each answer comes after its hint is kept."""
    commits: list[object] = []
    event.listen(served.store.engine, "commit", commits.append)
    with ThreadPoolExecutor(40) as crowd:
        answers = list(crowd.map(lambda id_: served.http.post(PIPEDRIVE, json=v2("deal", id_)), range(1, 601)))

    assert {answer.status_code for answer in answers} == {200}
    assert len(served.hints()) == 600
    assert len(commits) < 300, "one transaction for each callback would be 600"


def test_a_flood_of_different_ids_does_not_fill_the_disk(store: SqlStore) -> None:
    """Beyond the limit known ones are counted on, others only ask for an early pass."""
    now = SystemClock().now()
    left_out = store.hint([Ref(RemoteKind.DEAL, id_) for id_ in range(1, MOST_HINTS + 500)], now)
    assert left_out == 499

    left_out = store.hint([Ref(RemoteKind.DEAL, 1), Ref(RemoteKind.PERSON, 1)], now)

    assert left_out == 1
    hints = {hint.ref: hint.count for hint in store.hints(MOST_HINTS + 1)}
    assert len(hints) == MOST_HINTS
    assert hints[Ref(RemoteKind.DEAL, 1)] == 2
    assert Ref(RemoteKind.PERSON, 1) not in hints
    assert store.news().wishes == 2


def test_a_hint_that_is_named_again_while_it_is_read_stays(store: SqlStore) -> None:
    """What was read is forgotten, unless a webhook named it since: then it is read again."""
    now = SystemClock().now()
    again, once = Ref(RemoteKind.DEAL, 1), Ref(RemoteKind.CLIENT, 1)
    store.hint([again, once], now)
    read = store.hints()
    store.hint([again], now)

    store.drop_hints(read)

    assert [(hint.ref, hint.count) for hint in store.hints()] == [(again, 2)]
    assert (store.is_hinted(again), store.is_hinted(once)) == (True, False)
    store.drop_hints(store.hints())
    assert store.hints() == []
    assert store.news().wishes == 2, "what was asked for is not forgotten with the hints"

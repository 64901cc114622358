"""Bookings, availability and support links over HTTP; what a booking does is the booker's tests' matter."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hermes_sync.clock import SystemClock
from hermes_sync.core.records import Ref, RemoteKind
from hermes_sync.core.support_links import sign
from hermes_sync.store import SqlStore
from tests.listener.rig import PATIENCE, SIGNING_KEY, TC2_KEY, Served, plant_companies, serving, settings_for

SALES = "/callbooker/sales/book/"
SUPPORT = "/callbooker/support/book/"
GENERATE = "/callbooker/support-link/generate/tc2/"
VALIDATE = "/callbooker/support-link/validate/"
BEARER = {"Authorization": f"Bearer {TC2_KEY}"}


def monday() -> datetime:
    """Return a Monday to come, at noon UTC: an hour at which both admins work."""
    now = SystemClock().now()
    day = now + timedelta(days=7 - now.weekday())
    return day.replace(hour=12, minute=0, second=0, microsecond=0)


def sales(**more: Any) -> dict[str, Any]:
    """Return what the website sends for a sales call."""
    return {
        "admin_id": 1,
        "name": "Mary Booth",
        "email": "mary@example.com",
        "country": "GB",
        "company_name": "Acme",
        "estimated_income": 1000,
        "currency": "GBP",
        "meeting_dt": monday().isoformat(),
        "price_plan": "payg",
        **more,
    }


def exported(store: SqlStore) -> dict[str, list[dict[str, object]]]:
    """Return the Hermes objects."""
    return {name: list(rows) for name, rows in store.export(None)}


def test_a_sales_call_is_booked_in_the_request(served_on_both: Served) -> None:
    """200 comes when Hermes has the Meeting; and the scheduler is told that there is news."""
    answer = served_on_both.http.post(SALES, json=sales())

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    (meeting,) = exported(served_on_both.store)["meetings"]
    assert (meeting["type"], meeting["admin_id"]) == ("sales", 1)
    assert datetime.fromisoformat(str(meeting["start_time"])) == monday()
    assert served_on_both.store.news().newest_booking > 0


def test_a_support_call_is_booked_in_the_request(served_on_both: Served) -> None:
    """By the id of its Company."""
    plant_companies(served_on_both.store, {"id": 1, "name": "Acme"})
    with served_on_both.store.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO counters (kind, next_id, population) VALUES ('company', 2, 1)")
    asked = {"admin_id": 2, "name": "Mary Booth", "email": "mary@example.com", "meeting_dt": monday().isoformat()}

    answer = served_on_both.http.post(SUPPORT, json={**asked, "company_id": 1})

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    (meeting,) = exported(served_on_both.store)["meetings"]
    assert (meeting["type"], meeting["company_id"]) == ("support", 1)


def test_what_cannot_be_booked_gets_400_that_says_why(served: Served) -> None:
    """A second call within two hours, a busy admin, an admin whom nobody knows."""
    assert served.http.post(SALES, json=sales()).status_code == 200
    again = served.http.post(SALES, json=sales(meeting_dt=(monday() + timedelta(hours=1)).isoformat()))
    busy = served.http.post(SALES, json=sales(email="harry@example.com", company_name="Other"))
    nobody = served.http.post(SALES, json=sales(admin_id=77, email="lucy@example.com", company_name="Third"))

    assert [answer.status_code for answer in (again, busy, nobody)] == [400, 400, 400]
    assert all(set(answer.json()) == {"status", "message"} for answer in (again, busy, nobody))
    assert len(exported(served.store)["meetings"]) == 1


def test_of_many_who_want_one_slot_one_gets_it(served_on_both: Served) -> None:
    """All at the same moment, each another person."""
    wanted = [sales(email=f"caller{number}@example.com", company_name=f"Company {number}") for number in range(12)]
    with ThreadPoolExecutor(12) as crowd:
        answers = list(crowd.map(lambda one: served_on_both.http.post(SALES, json=one), wanted))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 11
    assert len(exported(served_on_both.store)["meetings"]) == 1


BAD = {
    "a time that has passed": {"meeting_dt": "2020-01-06T12:00:00Z"},
    "no time": {"meeting_dt": "tomorrow"},
    "a plan that there is none of": {"price_plan": "gold"},
    "an empty name": {"name": "  "},
    "a long name": {"name": "a" * 10_000},
    "control characters": {"name": "Mary\x00Booth"},
    "a name of which nothing is to be seen": {"name": "\u200b\u202e"},
    "a company of which nothing is to be seen": {"company_name": "\ufeff"},
    "no e-mail address": {"email": "mary"},
    "no phone": {"phone": "call me"},
    "a list": {"company_name": ["Acme"]},
    "a number beyond all columns": {"company_id": 2**63},
    "an id that is no number": {"admin_id": "one"},
    "true for a number": {"admin_id": True},
    "null": {"email": None},
}


def test_bad_input_gets_422_that_names_the_field_and_repeats_nothing(served: Served) -> None:
    """And nothing is booked."""
    for what, wrong in BAD.items():
        answer = served.http.post(SALES, json=sales(**wrong))

        assert answer.status_code == 422, what
        said = answer.json()
        assert said["status"] == "error"
        assert [one["field"] for one in said["errors"]] == list(wrong), what
        assert "aaaa" not in answer.text
    assert exported(served.store)["companies"] == []


def test_what_cannot_be_true_loses_no_caller(served: Served) -> None:
    """It is left out, and the notices of the booking say what it was."""
    answer = served.http.post(SALES, json=sales(website="javascript:alert(1)", estimated_income=-5, currency="XX1"))

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    (company,) = exported(served.store)["companies"]
    assert (company["website"], company["estimated_income"], company["currency"]) == (None, None, None)
    (notices,) = [one.notices for one in served.store.passes(1)]
    assert [one.code for one in notices] == ["left-out"] * 3
    assert 'estimated_income was left out, because "-5" is less than nothing' in notices[1].message


def test_missing_keys_are_all_named(served: Served) -> None:
    """At once, so that nobody has to ask key by key."""
    said = served.http.post(SALES, json={}).json()

    named = {one["field"]: one["message"] for one in said["errors"]}
    assert {"admin_id", "name", "email", "country", "company_name", "meeting_dt", "price_plan"} <= set(named)
    assert set(named.values()) == {"is missing"}


def test_what_is_no_json_object_gets_422(served: Served) -> None:
    """For both types of call."""
    for body in (b"", b"{", b"[]", b"null", b'"text"', b"\xff", b"NaN", b"[" * 5000):
        for path in (SALES, SUPPORT):
            answer = served.http.post(path, content=body)
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body"), body[:10]


def test_availability_is_told_as_pairs_of_times(served_on_both: Served) -> None:
    """A booked slot is missing, and its neighbours that touch it."""
    day = monday().replace(hour=0)
    asked = {"admin_id": 1, "start_dt": day.isoformat(), "end_dt": (day + timedelta(days=1)).isoformat()}
    before = served_on_both.http.get("/callbooker/availability/", params=asked).json()
    assert before["status"] == "ok"
    slots = before["slots"]
    starts = [datetime.fromisoformat(start) for start, _ in slots]
    assert starts == sorted(starts)
    assert all(
        datetime.fromisoformat(end) - datetime.fromisoformat(start) == timedelta(minutes=30) for start, end in slots
    )
    assert all(text.endswith("Z") for pair in slots for text in pair)

    taken = slots[3]
    assert served_on_both.http.post(SALES, json=sales(meeting_dt=taken[0])).status_code == 200

    after = served_on_both.http.get("/callbooker/availability/", params=asked).json()["slots"]
    assert after == [slot for slot in slots if slot != taken]


def test_availability_is_not_told_for_bad_questions(served: Served) -> None:
    """422 for what can never be right, 400 for an admin whom nobody knows."""
    day = monday().replace(hour=0, tzinfo=None)
    good = {"admin_id": "1", "start_dt": day.isoformat(), "end_dt": (day + timedelta(days=1)).isoformat()}
    bad: list[dict[str, str]] = [
        {},
        {**good, "admin_id": "x"},
        {**good, "start_dt": "now"},
        {**good, "end_dt": day.isoformat()},
        {**good, "end_dt": (day + timedelta(days=1000)).isoformat()},
        {**good, "start_dt": "0001-01-01T00:00:00+14:00"},
        {**good, "end_dt": "9999-12-31T23:59:59-14:00"},
    ]

    assert [served.http.get("/callbooker/availability/", params=one).status_code for one in bad] == [422] * len(bad)
    for one in bad:
        told = served.http.get("/callbooker/availability/", params=one).json()["errors"]
        assert {problem["field"] for problem in told} <= {"admin_id", "start_dt", "end_dt"}
        assert all(problem["message"].startswith(("must be ", "is missing")) for problem in told)
    assert served.http.get("/callbooker/availability/", params={**good, "admin_id": "77"}).status_code == 400
    assert served.http.get("/callbooker/availability/", params=good).status_code == 200


def test_a_support_link_is_made_for_tc2_and_is_good(served_on_both: Served) -> None:
    """The link carries four parts, and with them the website learns the name of the Company."""
    plant_companies(served_on_both.store, {"id": 5, "name": "Acme", "tc2_cligency_id": 20})

    answer = served_on_both.http.get(f"{GENERATE}?tc2_admin_id=31&tc2_cligency_id=20", headers=BEARER)

    assert answer.status_code == 200
    link = urlsplit(answer.json()["link"])
    parts = dict(parse_qsl(link.query))
    assert f"{link.scheme}://{link.netloc}{link.path}" == "https://tutorcruncher.com/book-a-call"
    assert (parts["admin_id"], parts["company_id"]) == ("2", "5")
    left = datetime.fromtimestamp(int(parts["e"]), UTC) - SystemClock().now()
    assert timedelta(days=3, hours=23) < left <= timedelta(days=4)

    good = served_on_both.http.get(VALIDATE, params=parts)
    assert (good.status_code, good.json()) == (200, {"status": "ok", "company_name": "Acme"})


def test_a_support_link_that_is_not_ours_or_not_good_any_more_gets_403(served: Served) -> None:
    """Any part changed or missing, too old, of a Company or an admin that is gone."""
    plant_companies(served.store, {"id": 5, "name": "Acme", "tc2_cligency_id": 20})
    soon = int(SystemClock().now().timestamp()) + 1000
    good = {"admin_id": "2", "company_id": "5", "e": str(soon), "s": sign(SIGNING_KEY, 2, 5, soon)}
    assert served.http.get(VALIDATE, params=good).status_code == 200

    old = soon - 2000
    bad = [
        {},
        *({**good, name: "1"} for name in good),
        *({key: value for key, value in good.items() if key != name} for name in good),
        {**good, "s": "ü"},
        {**good, "e": "9" * 100},
        {**good, "e": str(old), "s": sign(SIGNING_KEY, 2, 5, old)},
        {**good, "company_id": "6", "s": sign(SIGNING_KEY, 2, 6, soon)},
        {**good, "admin_id": "9", "s": sign(SIGNING_KEY, 9, 5, soon)},
        {**good, "s": sign("another key", 2, 5, soon)},
    ]
    answers = [served.http.get(VALIDATE, params=one) for one in bad]

    assert {answer.status_code for answer in answers} == {403}
    assert {answer.json()["status"] for answer in answers} == {"error"}


def test_only_tc2_gets_support_links(served: Served) -> None:
    """Whoever has not its key gets 403 and leaves no hint; nobody does while there is no key."""
    ask = f"{GENERATE}?tc2_admin_id=31&tc2_cligency_id=20"
    wrong = ["", "Bearer", f"Basic {TC2_KEY}", TC2_KEY, f"Bearer {TC2_KEY}x", "Bearer ü".encode()]
    answers = [served.http.get(ask, headers={"Authorization": one}) for one in wrong]  # type: ignore[dict-item]

    assert {answer.status_code for answer in (*answers, served.http.get(ask))} == {403}
    assert served.hint_rows() == 0


def test_bad_questions_for_support_links(served: Served) -> None:
    """422 for what is no id, 404 for an admin whom nobody knows; without a signing key there are no links."""
    plant_companies(served.store, {"id": 5, "name": "Acme", "tc2_cligency_id": 20})
    status = {
        query: served.http.get(f"{GENERATE}?{query}", headers=BEARER).status_code
        for query in (
            "",
            "tc2_admin_id=31",
            "tc2_admin_id=x&tc2_cligency_id=20",
            "tc2_admin_id=31&tc2_cligency_id=-1",
            "tc2_admin_id=77&tc2_cligency_id=20",
        )
    }

    assert list(status.values()) == [422, 422, 422, 422, 404]


def test_without_a_signing_key_there_are_no_support_links(sqlite_template: bytes, tmp_path: Path) -> None:
    """The answer says which key of the config is empty, and no signature under the empty key is honoured."""
    path = tmp_path / "hermes.db"
    path.write_bytes(sqlite_template)
    url = f"sqlite:///{path}"
    settings = settings_for(url, callbooker={"signing_key": ""})
    with SqlStore.open(url) as store, serving(settings, store) as served:
        plant_companies(store, {"id": 5, "tc2_cligency_id": 20})
        answer = served.http.get(f"{GENERATE}?tc2_admin_id=31&tc2_cligency_id=20", headers=BEARER)
        check = served.http.get(VALIDATE, params={"admin_id": "2", "company_id": "5", "e": "9999999999", "s": ""})

    assert (answer.status_code, check.status_code) == (400, 403)
    assert "signing_key" in answer.json()["message"]


def test_a_cligency_that_hermes_does_not_know_is_read_by_a_pass_first(served_on_both: Served) -> None:
    """The link waits for the pass that the hint asks for, and is answered as soon as there is a Company."""
    store = served_on_both.store
    answers: list[Any] = []
    ask = f"{GENERATE}?tc2_admin_id=31&tc2_cligency_id=21"
    asking = threading.Thread(target=lambda: answers.append(served_on_both.http.get(ask, headers=BEARER)))
    asking.start()
    _until_hinted(store, Ref(RemoteKind.CLIENT, 21))
    assert served_on_both.http.get("/healthz").status_code == 200

    plant_companies(store, {"id": 9, "name": "New", "tc2_cligency_id": 21})
    store.drop_hints(store.hints())
    asking.join(PATIENCE)

    (answer,) = answers
    assert answer.status_code == 200
    assert dict(parse_qsl(urlsplit(answer.json()["link"]).query))["company_id"] == "9"


def test_a_cligency_that_tc2_does_not_have_gets_404(served: Served) -> None:
    """The pass has read the hint and made no Company of it."""
    answers: list[Any] = []
    ask = f"{GENERATE}?tc2_admin_id=31&tc2_cligency_id=21"
    asking = threading.Thread(target=lambda: answers.append(served.http.get(ask, headers=BEARER)))
    asking.start()
    _until_hinted(served.store, Ref(RemoteKind.CLIENT, 21))
    served.store.drop_hints(served.store.hints())
    asking.join(PATIENCE)

    assert [answer.status_code for answer in answers] == [404]


def test_while_no_pass_comes_a_support_link_gets_503(sqlite_template: bytes, tmp_path: Path) -> None:
    """After a while, with the hint left for the pass."""
    path = tmp_path / "hermes.db"
    path.write_bytes(sqlite_template)
    url = f"sqlite:///{path}"
    with SqlStore.open(url) as store, serving(settings_for(url), store, patience=0.5) as served:
        answer = served.http.get(f"{GENERATE}?tc2_admin_id=31&tc2_cligency_id=21", headers=BEARER)

        assert (answer.status_code, answer.json()["status"]) == (503, "error")
        assert "retry-after" in answer.headers
        assert served.hints() == {"tc2:client:21": 1}


def _until_hinted(store: SqlStore, ref: Ref) -> None:
    for _ in range(600):
        if store.is_hinted(ref):
            return
        SystemClock().sleep(0.1)
    raise AssertionError(f"{ref} is not hinted at")

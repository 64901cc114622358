"""Liveness, readiness and metrics: what they say of passes, of the database, and to whom."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hermes_sync.clock import SystemClock
from hermes_sync.core.records import Notice, Ref, RemoteKind
from hermes_sync.core.safety import UnsafePlan
from hermes_sync.store import RIGHT_TO_SCHEDULE, RunningTotals, SqlStore
from hermes_sync.store.tables import BOOKINGS, LAST_SEEN, PASSES
from tests.listener.rig import Served, plant_companies, serving, settings_for


def passed(store: SqlStore, *, ago: float, exit_code: int = 0, scope: str = "ordinary", **counts: Any) -> int:
    """Write down a pass of one second that ended so many seconds ago."""
    end = SystemClock().now() - timedelta(seconds=ago)
    pass_id = store.begin_pass(scope=scope, now=end - timedelta(seconds=1))
    result = {0: "done", 5: "done", 3: "UnsafePlan"}.get(exit_code, "RemoteUnavailable")
    notices = [Notice(code="ambiguous-match", message="…", refs=())]
    store.end_pass(pass_id, now=end, result=result, exit_code=exit_code, counts=counts, notices=notices)
    return pass_id


def metrics(served: Served) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return the metrics as Prometheus reads them: name and labels → value."""
    answer = served.http.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_liveness_asks_nobody(served: Served) -> None:
    """200 as long as the process answers."""
    answer = served.http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_readiness_wants_a_good_pass_within_three_intervals(served_on_both: Served) -> None:
    """A failed one after it changes nothing; a booking is no pass; one that was partly done is good."""
    store = served_on_both.store
    assert _readiness(served_on_both) == (503, "pass: none has succeeded yet")

    passed(store, ago=10_000)
    passed(store, ago=5, exit_code=1)
    passed(store, ago=4, exit_code=3)
    passed(store, ago=3, scope="booking")
    status, message = _readiness(served_on_both)
    assert status == 503
    assert "more than 3 intervals (540 seconds)" in message

    passed(store, ago=500, exit_code=5)
    passed(store, ago=2, exit_code=1)
    assert _readiness(served_on_both) == (200, "")


def _readiness(served: Served) -> tuple[int, str]:
    answer = served.http.get("/readyz")
    return answer.status_code, answer.json().get("message", "")


def test_passes_in_between_do_not_make_up_for_polls_that_are_refused(served_on_both: Served) -> None:
    """Three intervals after the last good poll it is not ready, however well hints and cligencies are read."""
    store = served_on_both.store
    passed(store, ago=541)
    for scope in ("hints", "rolling"):
        passed(store, ago=1, scope=scope)
    assert _readiness(served_on_both)[0] == 503


def test_a_refused_pass_is_told_while_everything_is_still_ready(served_on_both: Served) -> None:
    """In the answer of readiness and in the metrics, until a pass does its work; why only to people of the house."""
    store = served_on_both.store
    passed(store, ago=100)
    assert served_on_both.http.get("/readyz").json() == {"status": "ok"}
    assert metrics(served_on_both)["hermes_sync_last_pass_good", ()] == 1
    why = str(UnsafePlan(("37 Hermes objects would be deleted (37 deals), safety.max_deletes is 25",)))
    passed(store, ago=50, exit_code=3, error=why)
    passed(store, ago=1, scope="rolling")

    answer = served_on_both.http.get("/readyz")
    assert answer.status_code == 200
    told = answer.json()["last_pass"]
    assert (told["result"], told["exit_code"], told["why"]) == ("UnsafePlan", 3, why)
    stranger = served_on_both.http.get("/readyz", headers={"X-Forwarded-For": "203.0.113.9"}).json()
    assert stranger["last_pass"].keys() == {"result", "exit_code", "ended"}
    _until_metrics_are_old()
    failed = _labels(result="UnsafePlan", exit_code="3", over="safety.max_deletes")
    assert metrics(served_on_both)["hermes_sync_last_pass_good", ()] == 0
    assert metrics(served_on_both)["hermes_sync_last_pass_failed", failed] == 1

    passed(store, ago=0)
    assert served_on_both.http.get("/readyz").json() == {"status": "ok"}


def test_a_refused_reading_of_cligencies_is_told_until_one_does_its_work(served: Served) -> None:
    """Polls in between read none of them; of a daemon that is gone for long its last reading says nothing."""
    store = served.store
    passed(store, ago=50, exit_code=3, scope="rolling", error="refused")
    passed(store, ago=10)
    assert served.http.get("/readyz").json()["last_pass"]["why"] == "refused"
    passed(store, ago=5, scope="rolling")
    assert served.http.get("/readyz").json() == {"status": "ok"}

    passed(store, ago=4, exit_code=3, scope="rolling", error="refused")
    passed(store, ago=3, scope="full")
    assert served.http.get("/readyz").json() == {"status": "ok"}

    passed(store, ago=4, exit_code=3, scope="rolling", error="refused")
    for _ in range(50):
        passed(store, ago=3)
    assert served.http.get("/readyz").json() == {"status": "ok"}


def _until_metrics_are_old() -> None:
    """Wait until metrics are worked out anew; they are good enough for two seconds."""
    time.sleep(2.1)  # noqa: TID251  # the listener's clock is the machine's


def test_readiness_keeps_the_pace_of_passes(served: Served) -> None:
    """When the day's tokens allow passes less often than the config wants, three of the longer intervals count."""
    passed(served.store, ago=600, interval_seconds=400)
    assert _readiness(served) == (200, "")
    passed(served.store, ago=599, interval_seconds=60)
    assert _readiness(served)[0] == 503


def test_the_status_page_goes_by_the_same_pass_as_readiness(served: Served) -> None:
    """A booking is no pass there either, and the slower pace of passes counts."""
    passed(served.store, ago=10_000)
    passed(served.store, ago=3, scope="booking")
    assert "Out of date" in served.http.get("/").text

    passed(served.store, ago=600, interval_seconds=400)
    assert "Everything is in step" in served.http.get("/").text


def test_readiness_wants_the_schema_of_this_program(served: Served) -> None:
    """Another process may have gone further, or back."""
    passed(served.store, ago=1)
    with served.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")

    status, message = _readiness(served)
    assert status == 503
    assert message.startswith("schema: is 0001, and this program needs ")


def test_metrics_add_up_what_passes_came_to(served_on_both: Served) -> None:
    """By result, rule, code and outcome; asked again they have grown by what came meanwhile."""
    store = served_on_both.store
    counts = {
        "pipedrive_tokens": 70,
        "pipedrive_requests": 7,
        "tc2_requests": 3,
        "create": 2,
        "update": 1,
        "rules": {"pd.org.created/hermes.company/missing": 3},
        "notices": {"ambiguous-match": 1},
        "outcomes": {"pushed": 4, "deferred": 1},
    }
    passed(store, ago=4000, **counts)
    passed(store, ago=3000, exit_code=1, pipedrive_tokens=5)
    first = metrics(served_on_both)
    assert first["hermes_sync_passes_total", _labels(scope="ordinary", result="done", exit_code="0")] == 1
    assert first["hermes_sync_pass_seconds_count", ()] == 2
    assert first["hermes_sync_pass_seconds_sum", ()] == pytest.approx(2)
    assert first["hermes_sync_pipedrive_tokens_total", ()] == 75
    assert first["hermes_sync_changes_total", _labels(verb="create")] == 2
    assert first["hermes_sync_actions_total", _labels(rule="pd.org.created/hermes.company/missing")] == 3
    assert first["hermes_sync_pushes_total", _labels(result="pushed")] == 4
    assert first["hermes_sync_notices_total", _labels(code="ambiguous-match")] == 1
    assert first["hermes_sync_remote_requests_total", _labels(remote="tc2")] == 3

    totals, now = RunningTotals(), SystemClock().now()
    store.measures(totals, now)
    passed(store, ago=1, **counts)
    passed(store, ago=0, scope="booking")
    again, _ = store.measures(totals, SystemClock().now())
    assert again.counts["pipedrive_tokens"] == 145
    assert again.passes == {
        ("ordinary", "done", "0"): 2,
        ("ordinary", "RemoteUnavailable", "1"): 1,
        ("booking", "done", "0"): 1,
    }
    assert again.timed == 3, "what a booking took is no pass"
    twice, _ = store.measures(totals, SystemClock().now())
    assert twice == again


def _labels(**labels: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))


def test_what_was_added_up_is_not_read_again(served: Served) -> None:
    """Only what ended lately, or has not ended, is; a pass that was killed holds nothing up."""
    store = served.store
    now = SystemClock().now()
    for number in range(20):
        passed(store, ago=10_000 - number)
    killed = store.begin_pass(scope="ordinary", now=now - timedelta(seconds=9000))
    for number in range(20):
        passed(store, ago=8000 - number)
    running = store.begin_pass(scope="ordinary", now=now - timedelta(seconds=4000))
    booked = passed(store, ago=3000, scope="booking")
    totals = RunningTotals()
    first, _ = store.measures(totals, now)
    with store.engine.begin() as connection:
        connection.execute(PASSES.update().where(PASSES.c.id < running).values(exit_code=1, counts="{}"))

    second, _ = store.measures(totals, now)

    assert killed < running < booked
    assert first.passes == second.passes == {("ordinary", "done", "0"): 40, ("booking", "done", "0"): 1}
    store.end_pass(running, now=now, result="done", exit_code=0, counts={"create": 9}, notices=[])
    third, _ = store.measures(totals, now)
    assert (third.passes["ordinary", "done", "0"], third.counts["create"]) == (41, 9)


def test_metrics_tell_what_waits_and_how_fresh_everything_is(served_on_both: Served) -> None:
    """Hints, bookings, pushes, the lease, the age of readings, the day's tokens."""
    store, now = served_on_both.store, SystemClock().now()
    store.hint([Ref(RemoteKind.DEAL, 1), Ref(RemoteKind.CLIENT, 2)], now)
    store.acquire_lease(holder="somebody", now=now, ttl=timedelta(hours=1))
    store.acquire_lease(holder="somebody", now=now, ttl=timedelta(hours=1), name=RIGHT_TO_SCHEDULE)
    plant_companies(store, {"id": 1})
    with store.engine.begin() as connection:
        booking = {"id": 5, "type": "sales", "company_id": 1, "contact_id": 1, "booked_at": now}
        connection.execute(BOOKINGS.insert(), booking)
        connection.execute(LAST_SEEN.insert(), [_reading(1, now - timedelta(hours=3)), _reading(2, now)])
        connection.exec_driver_sql("INSERT INTO counters (kind, next_id, population) VALUES ('company', 2, 1)")

    told = metrics(served_on_both)

    assert told["hermes_sync_database_up", ()] == 1
    assert told["hermes_sync_hints_waiting", ()] == 2
    assert told["hermes_sync_bookings_waiting", ()] == 1
    assert told["hermes_sync_pushes_open", _labels(state="waiting")] == 0
    assert told["hermes_sync_lease_held", ()] == told["hermes_sync_daemon_lease_held", ()] == 1
    assert told["hermes_sync_objects", _labels(kind="company")] == 1
    assert told["hermes_sync_oldest_reading_age_seconds", _labels(kind="client")] == pytest.approx(10_800, abs=300)
    assert told["hermes_sync_clients_read_within_hour_ratio", ()] == 0.5
    assert told["hermes_sync_pipedrive_budget_left", ()] == 30_000
    assert not [name for name, _ in told if "mary" in name]


def _reading(id_: int, read_at: datetime) -> Mapping[str, object]:
    return {"kind": "client", "id": id_, "read_at": read_at, "fields": "{}", "digest": "0"}


def test_metrics_count_requests_by_addresses_of_ours(served: Served) -> None:
    """What a stranger makes up adds no series."""
    for number in range(5):
        served.http.get(f"/nowhere/{number}")
        served.http.request(f"METHOD{number}", "/loc")
    served.http.get("/loc/")

    told = metrics(served)
    requests = {labels: value for (name, labels), value in told.items() if name == "hermes_sync_http_requests_total"}
    assert requests == {
        _labels(method="GET", address="(unknown)", status="404"): 5,
        _labels(method="(unknown)", address="/loc/", status="405"): 5,
        _labels(method="GET", address="/loc/", status="200"): 1,
    }


def test_strangers_get_no_metrics(served: Served) -> None:
    """A request through a proxy is from somewhere else, however near the proxy is."""
    for header in ("X-Forwarded-For", "Forwarded", "CF-Connecting-IP", "Via"):
        answer = served.http.get("/metrics", headers={header: "127.0.0.1"})
        assert (answer.status_code, answer.json()["status"]) == (403, "error")


def test_with_a_login_whoever_has_it_gets_metrics(sqlite_template: bytes, tmp_path: Path) -> None:
    """From anywhere; and nobody without."""
    path = tmp_path / "hermes.db"
    path.write_bytes(sqlite_template)
    url = f"sqlite:///{path}"
    settings = settings_for(url, listener={"status_user": "ada", "status_password": "secret-of-the-page"})
    with SqlStore.open(url) as store, serving(settings, store) as served:
        assert served.http.get("/metrics").status_code == 401
        assert served.http.get("/metrics", auth=("ada", "wrong")).status_code == 401
        through_proxy = {"X-Forwarded-For": "203.0.113.9"}
        assert served.http.get("/metrics", auth=("ada", "secret-of-the-page"), headers=through_proxy).status_code == 200

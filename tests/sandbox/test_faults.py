"""Faults, limits, hooks and the log, the same for both twins."""

import time

import httpx
import pytest

from hermes_sync.sandbox import Answer, Fault, Incoming, Sandbox

ORGS = "/api/v2/organizations"


def test_status_faults_answer_instead_of_the_twin(sb: Sandbox, pd: httpx.Client) -> None:
    """A status fault gives status, body and headers, and does nothing unless told to."""
    sb.pipedrive.faults.add(
        Fault(status=503, method="POST"),
        Fault(status=502, carried_out=True, body="<html></html>", method="POST"),
    )
    replies = [pd.post(ORGS, json={"name": f"Try {number}"}) for number in range(3)]

    assert [reply.status_code for reply in replies] == [503, 502, 200]
    assert replies[1].headers["content-type"].startswith("text/html")
    assert [row["name"] for row in sb.pipedrive.all("organization")] == ["Try 1", "Try 2"]


def test_limit_faults_look_like_the_real_ones(sb: Sandbox, pd: httpx.Client) -> None:
    """A burst 429 has a reset header or none, a daily one no tokens, Cloudflare's is HTML."""
    faults = [Fault.burst(reset=7), Fault.burst(reset=None), Fault.daily(), Fault.cloudflare()]
    sb.pipedrive.faults.add(*faults)
    burst, bare, daily, banned = (pd.get(ORGS) for _ in faults)

    assert (burst.status_code, burst.headers["x-ratelimit-reset"]) == (429, "7")
    assert (bare.status_code, "x-ratelimit-reset" in bare.headers) == (429, False)
    assert daily.headers["x-daily-ratelimit-token-remaining"] == "0"
    assert (banned.status_code, "Cloudflare" in banned.text) == (403, True)


def test_broken_answers(sb: Sandbox, pd: httpx.Client) -> None:
    """An answer can be empty, truncated, or cut off in the middle, with the write carried out or not."""
    sb.pipedrive.faults.add(Fault(effect="empty"), Fault(effect="truncated"))
    assert pd.get(ORGS).content == b""
    with pytest.raises(ValueError, match=r"Unterminated|Expecting|Invalid"):
        pd.get("/api/v2/stages").json()

    sb.pipedrive.faults.add(Fault(effect="cut"), Fault(effect="cut", carried_out=False))
    for name in ("Kept", "Lost"):
        with pytest.raises(httpx.RemoteProtocolError):
            pd.post(ORGS, json={"name": name})
    assert [row["name"] for row in sb.pipedrive.all("organization")] == ["Kept"]


def test_timeouts_strike_before_or_after_the_write(sb: Sandbox, pd: httpx.Client) -> None:
    """A hanging request may have been carried out."""
    for carried_out in (False, True):
        sb.pipedrive.faults.add(Fault(effect="timeout", seconds=0.5, carried_out=carried_out))
        with pytest.raises(httpx.ReadTimeout):
            pd.post(ORGS, json={"name": f"Carried out: {carried_out}"}, timeout=0.1)

    assert [row["name"] for row in sb.pipedrive.all("organization")] == ["Carried out: True"]


def test_a_duplicated_write_happens_twice(sb: Sandbox, pd: httpx.Client) -> None:
    """A request that the network repeats makes two records."""
    sb.pipedrive.faults.add(Fault(effect="duplicate", method="POST"))
    assert pd.post(ORGS, json={"name": "Twice"}).json()["data"]["id"] == 2
    assert len(sb.pipedrive.all("organization")) == 2


def test_spoiled_lists(sb: Sandbox, pd: httpx.Client, tc2: httpx.Client) -> None:
    """A list can come back empty, shrunk or late although the records are there."""
    for number in range(4):
        sb.pipedrive.create("organization", name=f"Company {number}")
        sb.tc2.create_client(last_name=f"Client {number}")
    for twin in (sb.pipedrive, sb.tc2):
        twin.faults.add(Fault(effect="empty_list"), Fault(effect="shrunk_list", share=0.25))
    sb.pipedrive.faults.add(Fault(effect="lag", seconds=60))
    query = {"updated_since": "2026-01-01T00:00:00Z"}

    assert [len(pd.get(ORGS, params=query).json()["data"]) for _ in range(4)] == [0, 1, 0, 4]
    assert [len(tc2.get("/api/clients/").json()["results"]) for _ in range(3)] == [0, 1, 4]


def test_faults_wait_for_their_request(sb: Sandbox, pd: httpx.Client) -> None:
    """A fault strikes the nth matching request, a number of times or for ever."""
    sb.pipedrive.faults.add(Fault(status=500, path="organizations$", nth=2, times=2))
    sb.pipedrive.faults.add(Fault(status=418, method="GET", path="/users", times=None))

    assert [pd.get(ORGS).status_code for _ in range(4)] == [200, 500, 500, 200]
    assert [pd.get("/api/v1/users").status_code for _ in range(3)] == [418] * 3
    assert pd.get("/api/v2/deals").status_code == 200
    assert sb.pipedrive.faults.pending == 1


def test_random_faults_come_back_the_same(sb: Sandbox) -> None:
    """The same seed and rate strike the same requests."""
    faults = sb.pipedrive.faults

    def draw() -> list[str | None]:
        faults.seed(7)
        found = [faults.match("GET", ORGS) for _ in range(200)]
        return [None if fault is None else f"{fault.effect} {fault.status}" for fault in found]

    faults.rate = 0.2
    first = draw()
    assert first == draw()
    assert 20 < sum(fault is not None for fault in first) < 60


def test_latency_delays_every_answer(sb: Sandbox, pd: httpx.Client) -> None:
    """latency_ms is waited before an answer."""
    sb.pipedrive.latency_ms = 60
    try:
        began = time.perf_counter()
        pd.get(ORGS)
        assert time.perf_counter() - began >= 0.06
    finally:
        sb.pipedrive.latency_ms = 0


def test_hooks_see_each_exchange(sb: Sandbox, pd: httpx.Client) -> None:
    """The hook before sees the request before it is carried out, the hook after sees the answer too."""
    seen: list[tuple[str, int]] = []

    def before(incoming: Incoming) -> None:
        seen.append((incoming.method, len(sb.pipedrive.all("organization"))))

    def after(incoming: Incoming, answer: Answer) -> None:
        seen.append((incoming.path, answer.status + len(sb.pipedrive.all("organization"))))

    sb.pipedrive.before_request, sb.pipedrive.after_request = before, after
    pd.post(ORGS, json={"name": "Acme"})

    assert seen == [("POST", 0), (ORGS, 201)]


def test_the_log_tells_requests_from_writes(sb: Sandbox, pd: httpx.Client) -> None:
    """Every request is logged with what it cost; writes keep their bodies."""
    pd.get(ORGS, params={"limit": 5})
    pd.post(ORGS, json={"name": "Acme"})
    log = sb.pipedrive.log

    assert [(one.method, one.status, one.tokens, one.query) for one in log] == [
        ("GET", 200, 10, {"limit": "5"}),
        ("POST", 200, 5, {}),
    ]
    assert [one.body for one in log.writes()] == [{"name": "Acme"}]
    assert (log.count, log.tokens) == (2, 15)
    log.clear()
    assert (log.count, len(log)) == (0, 0)


@pytest.mark.parametrize(
    ("method", "path", "tokens"),
    [
        ("GET", "/api/v2/organizations/1", 1),
        ("GET", "/api/v2/deals", 10),
        ("GET", "/api/v2/deals/archived", 20),
        ("GET", "/api/v2/pipelines", 5),
        ("GET", "/api/v2/stages", 5),
        ("GET", "/api/v2/persons/search?term=ab", 20),
        ("GET", "/api/v2/organizationFields", 10),
        ("DELETE", "/api/v2/organizations/1", 3),
        ("GET", "/api/v1/users", 20),
        ("GET", "/api/v1/users/me", 2),
        ("PUT", "/api/v1/deals/1/merge", 40),
        ("GET", "/api/v1/webhooks", 10),
    ],
)
def test_calls_cost_tokens(sb: Sandbox, pd: httpx.Client, method: str, path: str, tokens: int) -> None:
    """Each call costs what the contract says, and the headers count down."""
    reply = pd.request(method, path)

    assert sb.pipedrive.limits.spent == tokens
    assert reply.headers["x-daily-ratelimit-token-remaining"] == str(10_000_000 - tokens)
    assert reply.headers["x-ratelimit-reset"] == "2"


def test_the_daily_budget_lasts_until_midnight(sb: Sandbox, pd: httpx.Client) -> None:
    """Over the daily budget every call is a 429 without tokens left, until the next day."""
    sb.pipedrive.limits.daily = 25
    assert [pd.get(ORGS).status_code for _ in range(3)] == [200, 200, 429]
    assert pd.get(ORGS).headers["x-daily-ratelimit-token-remaining"] == "0"
    sb.clock.advance(86_400)
    assert pd.get(ORGS).status_code == 200


def test_the_burst_limit_rolls_and_stubborn_clients_are_banned(sb: Sandbox, pd: httpx.Client) -> None:
    """More than the burst within 2 seconds is a 429; going on brings Cloudflare's 403."""
    limits = sb.pipedrive.limits
    limits.burst, limits.ban_after = 2, 3
    assert [pd.get(ORGS).status_code for _ in range(3)] == [200, 200, 429]
    sb.clock.advance(2)
    assert pd.get(ORGS).status_code == 200

    assert [pd.get(ORGS).status_code for _ in range(4)] == [200, 429, 429, 403]
    banned = pd.get(ORGS)
    assert (banned.status_code, banned.headers["content-type"].split(";")[0]) == (403, "text/html")
    sb.clock.advance(60)
    assert pd.get(ORGS).status_code == 200


def test_searches_have_a_burst_of_their_own(sb: Sandbox, pd: httpx.Client) -> None:
    """The search limit leaves other calls alone."""
    sb.pipedrive.limits.search_burst = 1
    path = "/api/v2/organizations/search?term=acme"
    assert [pd.get(path).status_code, pd.get(path).status_code, pd.get(ORGS).status_code] == [200, 429, 200]


def test_tc2_counts_requests_a_minute(sb: Sandbox, tc2: httpx.Client) -> None:
    """The request over 100 in a minute is a 429, the minute after it is fine."""
    sb.tc2.limits.per_minute = 100
    assert [tc2.get("/api/clients/").status_code for _ in range(101)] == [200] * 100 + [429]
    sb.clock.advance(60)
    assert tc2.get("/api/clients/").status_code == 200


def test_the_date_header_is_the_twins_time(sb: Sandbox, pd: httpx.Client, tc2: httpx.Client) -> None:
    """Both twins answer with their own clock's date."""
    for client, path in ((pd, ORGS), (tc2, "/api/clients/")):
        assert client.get(path).headers["date"] == "Thu, 14 May 2026 12:00:00 GMT"

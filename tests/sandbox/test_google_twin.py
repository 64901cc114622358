"""The Google twin: assertions are really verified, busy times really told, and an event is made once."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.auth import crypt, jwt

from hermes_sync.sandbox import Fault, RemoteControl, Sandbox, limit_fault

START = "2026-05-14T12:00:00Z"
SECONDS = 1_778_760_000
ADA, GRACE = "ada@example.com", "grace@example.com"
SCOPE = "https://www.googleapis.com/auth/calendar"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EVENTS = "/calendar/v3/calendars/ada%40example.com/events"
EVENT = {
    "id": "abc0123456789",
    "summary": "Sales call",
    "start": {"dateTime": "2026-05-14T14:00:00Z", "timeZone": "Europe/London"},
    "end": {"dateTime": "2026-05-14T14:30:00Z", "timeZone": "Europe/London"},
    "attendees": [{"email": "mary@example.com"}],
    "conferenceData": {"createRequest": {"requestId": "abc", "conferenceSolutionKey": {"type": "hangoutsMeet"}}},
}
QUERY = {"conferenceDataVersion": "1", "sendUpdates": "all"}


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    """Serve all three twins for this module."""
    with Sandbox(google=True) as sandbox:
        yield sandbox


@pytest.fixture
def sb(served: Sandbox) -> Sandbox:
    """Give a fresh world at a frozen time."""
    served.clock.freeze(START)
    served.reset()
    return served


@pytest.fixture
def http(sb: Sandbox) -> Iterator[httpx.Client]:
    """Give a client without a token."""
    with httpx.Client(base_url=sb.google.url, timeout=60) as client:
        yield client


@pytest.fixture
def key(sb: Sandbox, tmp_path: Path) -> dict[str, str]:
    """Give the content of the key file."""
    content: dict[str, str] = json.loads(sb.google.key_file(tmp_path).read_text(encoding="utf-8"))
    return content


Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(http: httpx.Client, key: dict[str, str]) -> Ask:
    """Give the function that asks for a token, some of its claims changed."""

    def asked(
        *, grant: str = GRANT, signed_by: dict[str, str] = key, spoil: str = "", **changed: Any
    ) -> httpx.Response:
        claims = {
            "iss": key["client_email"],
            "sub": ADA,
            "scope": SCOPE,
            "aud": "https://oauth2.googleapis.com/token",
            "iat": SECONDS,
            "exp": SECONDS + 3600,
        }
        signer = crypt.RSASigner.from_service_account_info(signed_by)
        assertion = jwt.encode(signer, {**claims, **changed}).decode() + spoil
        return http.post("/token", data={"grant_type": grant, "assertion": assertion})

    return asked


@pytest.fixture
def ada(sb: Sandbox, ask: Ask) -> Iterator[httpx.Client]:
    """Give a client that acts for Ada."""
    headers = {"authorization": f"Bearer {ask().json()['access_token']}"}
    with httpx.Client(base_url=sb.google.url, headers=headers, timeout=60) as client:
        yield client


def free_busy(client: httpx.Client, start: str, end: str, *ids: str) -> httpx.Response:
    """Ask when somebody is busy."""
    body = {"timeMin": start, "timeMax": end, "items": [{"id": one} for one in ids]}
    return client.post("/calendar/v3/freeBusy", json=body)


def reason(reply: httpx.Response) -> tuple[int, str]:
    """Give the status of a refusal of the API and its reason."""
    return reply.status_code, reply.json()["error"]["errors"][0]["reason"]


def test_a_good_assertion_gets_a_token_for_an_hour(ask: Ask) -> None:
    """The answer has the three keys of Google's."""
    reply = ask()

    assert reply.status_code == 200
    assert reply.json().keys() == {"access_token", "expires_in", "token_type"}
    assert reply.json()["expires_in"] == 3599


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"sub": "stranger@example.com"}, 401, "unauthorized_client"),
        ({"scope": "https://www.googleapis.com/auth/drive"}, 401, "unauthorized_client"),
        ({"aud": "https://example.com/token"}, 400, "invalid_grant"),
        ({"iss": "another@example.com"}, 400, "invalid_grant"),
        ({"exp": SECONDS}, 400, "invalid_grant"),
        ({"iat": SECONDS + 301, "exp": SECONDS + 400}, 400, "invalid_grant"),
        ({"exp": SECONDS + 3601}, 400, "invalid_grant"),
        ({"exp": None}, 400, "invalid_grant"),
        ({"grant": "password"}, 400, "unsupported_grant_type"),
        ({"spoil": "A"}, 400, "invalid_grant"),
        ({"spoil": "!"}, 400, "invalid_grant"),
        ({"spoil": ".x"}, 400, "invalid_grant"),
    ],
)
def test_another_assertion_gets_none(ask: Ask, changed: dict[str, Any], status: int, error: str) -> None:
    """Subject, scope, audience, issuer, times, grant and signature are all looked at."""
    reply = ask(**changed)

    assert (reply.status_code, reply.json()["error"]) == (status, error)


def test_an_assertion_of_another_key_gets_no_token(ask: Ask, tmp_path: Path) -> None:
    """The key of another service account signs nothing here."""
    other = json.loads(Sandbox().google.key_file(tmp_path).read_text(encoding="utf-8"))

    assert ask(signed_by=other).json()["error_description"] == "Invalid JWT Signature."


def test_nothing_is_answered_without_a_good_token(sb: Sandbox, http: httpx.Client, ada: httpx.Client) -> None:
    """No token, an expired one and a revoked one are 401."""
    span = ("2026-05-14T13:00:00Z", "2026-05-14T15:00:00Z", ADA)
    without = free_busy(http, *span)
    good = free_busy(ada, *span)
    sb.clock.advance(3600)
    expired = free_busy(ada, *span)
    sb.clock.advance(-3600)
    sb.google.revoke_tokens()

    assert (reason(without), good.status_code) == ((401, "authError"), 200)
    assert (reason(expired), reason(free_busy(ada, *span))) == ((401, "authError"), (401, "authError"))


def test_busy_times_are_told_within_what_was_asked_for(sb: Sandbox, ada: httpx.Client) -> None:
    """They are joined where they touch, cut at the ends, and what only touches the ends is not told."""
    for start, end in (("11", "13"), ("13", "14"), ("15", "16"), ("17", "18")):
        sb.google.make_busy(ADA, f"2026-05-14T{start}:00:00Z", f"2026-05-14T{end}:00:00Z")
    reply = free_busy(ada, "2026-05-14T12:00:00Z", "2026-05-14T18:00:00+01:00", ADA)

    assert reply.json()["calendars"][ADA]["busy"] == [
        {"start": "2026-05-14T12:00:00Z", "end": "2026-05-14T14:00:00Z"},
        {"start": "2026-05-14T15:00:00Z", "end": "2026-05-14T16:00:00Z"},
    ]


def test_a_calendar_that_cannot_be_read_says_so_with_200(sb: Sandbox, ada: httpx.Client) -> None:
    """Unknown and broken calendars have errors, and no busy times that mean anything."""
    sb.google.break_calendar(GRACE)
    reply = free_busy(ada, "2026-05-14T12:00:00Z", "2026-05-14T13:00:00Z", GRACE, "nobody@example.com")

    assert reply.status_code == 200
    assert reply.json()["calendars"] == {
        GRACE: {"errors": [{"domain": "global", "reason": "internalError"}], "busy": []},
        "nobody@example.com": {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []},
    }


@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        ("2026-05-14T13:00:00Z", "2026-05-14T13:00:00Z", "timeRangeEmpty"),
        ("2026-05-14T13:00:00Z", "2026-08-12T13:00:01Z", "timeRangeTooLong"),
        ("2026-05-14T13:00:00", "2026-05-14T14:00:00Z", "badRequest"),
        ("", "2026-05-14T14:00:00Z", "required"),
    ],
)
def test_a_question_that_google_would_not_take_is_refused(ada: httpx.Client, start: str, end: str, why: str) -> None:
    """Times have offsets, and a stretch has a length of up to 90 days."""
    assert reason(free_busy(ada, start, end, ADA)) == (400, why)


def test_an_event_is_made_once_and_keeps_its_owner_busy(sb: Sandbox, ada: httpx.Client) -> None:
    """The second insert of an id is 409, invitations go out once, and there is a Meet link."""
    first, second = (ada.post(EVENTS, params=QUERY, json=EVENT) for _ in range(2))

    assert (first.status_code, first.json()["status"], reason(second)) == (200, "confirmed", (409, "duplicate"))
    assert first.json()["hangoutLink"].startswith("https://meet.google.com/")
    assert [one["id"] for one in sb.google.events(ADA)] == [EVENT["id"]]
    assert sb.google.invitations() == [[EVENT["id"], "mary@example.com"]]
    busy = free_busy(ada, "2026-05-14T00:00:00Z", "2026-05-15T00:00:00Z", ADA).json()["calendars"][ADA]["busy"]
    assert busy == [{"start": "2026-05-14T14:00:00Z", "end": "2026-05-14T14:30:00Z"}]


def test_a_cancelled_event_frees_its_owner_and_keeps_its_id(sb: Sandbox, ada: httpx.Client) -> None:
    """An id is never free again."""
    ada.post(EVENTS, json=EVENT)
    sb.google.cancel_event(ADA, str(EVENT["id"]))

    assert sb.google.events(ADA) == []
    assert reason(ada.post(EVENTS, json=EVENT)) == (409, "duplicate")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"id": "xyz12"}, "invalid"),
        ({"id": "abcd"}, "invalid"),
        ({"id": "ABC012345"}, "invalid"),
        ({"start": {"dateTime": "2026-05-14T15:00:00Z"}}, "timeRangeEmpty"),
        ({"start": {"dateTime": "2026-05-14T14:00:00"}}, "badRequest"),
        ({"start": None}, "required"),
        ({"start": {"dateTime": "2026-05-14T14:00:00Z", "timeZone": "Mars/Base"}}, "invalid"),
        ({"attendees": [{"email": "nobody"}]}, "invalid"),
    ],
)
def test_an_event_that_google_would_not_take_is_refused(
    sb: Sandbox, ada: httpx.Client, changed: dict[str, Any], why: str
) -> None:
    """Ids, times, zones and attendees are checked, and nothing is made."""
    assert reason(ada.post(EVENTS, json={**EVENT, **changed})) == (400, why)
    assert sb.google.events(ADA) == []


def test_a_token_is_good_for_its_own_mailbox(ada: httpx.Client) -> None:
    """With Ada's token nobody writes into Grace's calendar."""
    assert reason(ada.post("/calendar/v3/calendars/grace%40example.com/events", json=EVENT)) == (403, "forbidden")


def test_faults_strike_on_demand(sb: Sandbox, ada: httpx.Client) -> None:
    """A limit, and an event that is made although the answer never comes."""
    sb.google.faults.add(limit_fault(path="events"), Fault(effect="cut", path="events"))

    assert reason(ada.post(EVENTS, json=EVENT)) == (403, "rateLimitExceeded")
    with pytest.raises(httpx.TransportError):
        ada.post(EVENTS, json=EVENT)
    assert len(sb.google.events(ADA)) == 1


def test_the_door_opens_to_the_google_twin(sb: Sandbox) -> None:
    """Another program keeps somebody busy, and sees events and log."""
    with RemoteControl(sb.google.url) as control:
        control.google.make_busy(ADA, "2026-05-14T13:00:00Z", "2026-05-14T14:00:00Z")
        assert control.google.events(ADA) == []
        assert control.log("google") == []

    assert len(sb.google.mailboxes[ADA].taken()) == 1


def test_the_key_file_is_for_its_owner_only(sb: Sandbox, tmp_path: Path) -> None:
    """Nobody else may read the private key, made up as it is."""
    assert sb.google.key_file(tmp_path).stat().st_mode & 0o077 == 0

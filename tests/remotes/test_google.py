"""Google Calendar: against its twin, and against answers that no twin would give."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from hermes_sync.core.availability import Span, is_busy
from hermes_sync.core.objects import Admin
from hermes_sync.ports import CalendarEvent, CalendarUnavailable, ConfigError
from hermes_sync.remotes.google import calls
from hermes_sync.remotes.google.remote import PATIENCE, GoogleCalendar
from hermes_sync.sandbox import Fault, Sandbox, limit_fault
from tests.remotes.conftest import TwinTime
from tests.remotes.fakes import FakeClock, Handler, Script, replayed

ADA = Admin(id=1, first_name="Ada", last_name="Byron", email="ada@example.com", timezone="Europe/London")
TODAY = Span(datetime(2026, 5, 14, 9, tzinfo=UTC), datetime(2026, 5, 14, 18, tzinfo=UTC))
EVENT = CalendarEvent(
    id="0123456789abcdefghijklmnopqrstuv",
    summary="Sales call: MyTutors",
    description="Sales call of Mary Booth with Ada Byron",
    span=Span(datetime(2026, 5, 14, 14, tzinfo=UTC), datetime(2026, 5, 14, 14, 30, tzinfo=UTC)),
    attendees=("mary@example.com",),
)
FREE_BUSY, EVENTS, TOKEN = "freeBusy", "events$", "^/token$"


@pytest.fixture(scope="module")
def served_google() -> Iterator[Sandbox]:
    """Serve all three twins for this module."""
    with Sandbox(google=True) as sandbox:
        yield sandbox


@pytest.fixture
def sb(served_google: Sandbox) -> Sandbox:
    """Give a fresh world at a frozen time, that of the clock of the other side."""
    served_google.reset()
    served_google.clock.freeze(FakeClock().now())
    return served_google


@pytest.fixture
def clock(sb: Sandbox) -> TwinTime:
    """Give the time of both sides."""
    return TwinTime(sb)


@pytest.fixture
def key_file(sb: Sandbox, tmp_path: Path) -> Path:
    """Give the key file of the service account."""
    return sb.google.key_file(tmp_path)


@pytest.fixture
def calendar(sb: Sandbox, clock: TwinTime, key_file: Path) -> Iterator[GoogleCalendar]:
    """Give the calendars of the twin."""
    url = sb.google.url
    made = GoogleCalendar(key_file=key_file, base_url=url, token_url=f"{url}/token", clock=clock)
    yield made
    made.close()


def asked(sb: Sandbox) -> list[str]:
    """Give the last parts of the paths that were asked for."""
    return [entry.path.rpartition("/")[2] for entry in sb.google.log]


def span(start: str, end: str) -> Span:
    """Give a stretch of the day."""
    return Span(*(datetime.fromisoformat(f"2026-05-14T{one}Z") for one in (start, end)))


# against the twin


def test_busy_times_are_those_of_the_mailbox(sb: Sandbox, calendar: GoogleCalendar) -> None:
    """Ada's are told, Grace's are not."""
    sb.google.make_busy("ada@example.com", "2026-05-14T10:00:00Z", "2026-05-14T10:45:00Z")
    sb.google.make_busy("grace@example.com", "2026-05-14T12:00:00Z", "2026-05-14T13:00:00Z")

    assert calendar.busy(ADA, TODAY) == [span("10:00", "10:45")]


def test_what_touches_the_wanted_time_is_told_too(sb: Sandbox, calendar: GoogleCalendar) -> None:
    """Google leaves out what only touches, and for us it is busy."""
    sb.google.make_busy("ada@example.com", "2026-05-14T13:00:00Z", "2026-05-14T14:00:00Z")
    wanted = span("14:00", "14:30")

    assert is_busy(wanted.start, wanted.end, calendar.busy(ADA, wanted))


def test_a_season_is_asked_for_in_parts(sb: Sandbox, calendar: GoogleCalendar) -> None:
    """Google refuses more than 90 days at once; what is busy on both sides of a cut is told."""
    within = Span(TODAY.start, TODAY.start + timedelta(days=92))
    cut = TODAY.start - calls.MARGIN + calls.LONGEST_ASKED
    sb.google.make_busy("ada@example.com", cut - timedelta(hours=1), cut + timedelta(hours=1))
    sb.google.make_busy("ada@example.com", within.end - timedelta(hours=1), within.end)
    busy = calendar.busy(ADA, within)

    assert asked(sb) == ["token", "freeBusy", "freeBusy"]
    assert is_busy(cut, cut, busy)
    assert is_busy(within.end, within.end, busy)
    assert not is_busy(within.start, within.start, busy)


def test_nothing_is_asked_about_no_time(sb: Sandbox, calendar: GoogleCalendar) -> None:
    """A stretch that ends before it starts has nobody busy in it, and the calendar is left alone."""
    assert calendar.busy(ADA, Span(TODAY.end, TODAY.start)) == []
    assert asked(sb) == []


def test_an_event_is_made_with_everything(sb: Sandbox, calendar: GoogleCalendar) -> None:
    """It has our id, the times in the admin's zone, a Meet link, and the caller is invited."""
    calendar.insert(ADA, EVENT)
    (made,) = sb.google.events("ada@example.com")

    assert {key: made[key] for key in ("id", "summary", "description")} == {
        "id": EVENT.id,
        "summary": EVENT.summary,
        "description": EVENT.description,
    }
    assert made["start"] == {"dateTime": "2026-05-14T14:00:00Z", "timeZone": "Europe/London"}
    assert made["end"] == {"dateTime": "2026-05-14T14:30:00Z", "timeZone": "Europe/London"}
    assert made["hangoutLink"]
    assert made["reminders"] == {"useDefault": True}
    assert sb.google.invitations() == [[EVENT.id, "mary@example.com"]]


def test_the_same_event_twice_is_one(sb: Sandbox, calendar: GoogleCalendar) -> None:
    """The second insert finds the first one's event and is content."""
    calendar.insert(ADA, EVENT)
    calendar.insert(ADA, EVENT)

    assert len(sb.google.events("ada@example.com")) == 1
    assert len(sb.google.invitations()) == 1


@pytest.mark.parametrize("effect", ["cut", "empty", "truncated"])
def test_an_answer_that_got_lost_makes_no_second_event(sb: Sandbox, calendar: GoogleCalendar, effect: Any) -> None:
    """The insert is tried again under the same id."""
    sb.google.faults.add(Fault(effect=effect, path=EVENTS))
    calendar.insert(ADA, EVENT)

    assert asked(sb) == ["token", "events", "events"]
    assert len(sb.google.events("ada@example.com")) == 1


@pytest.mark.parametrize(
    "fault",
    [
        limit_fault("rateLimitExceeded", path=FREE_BUSY, times=2),
        limit_fault("userRateLimitExceeded", path=FREE_BUSY, times=2),
        Fault(status=429, path=FREE_BUSY, times=2),
        Fault(status=429, path=FREE_BUSY, headers={"retry-after": "2"}),
        Fault(status=500, path=FREE_BUSY, times=2),
        Fault(status=503, path=FREE_BUSY, times=2),
        Fault(status=503, path=TOKEN, times=2),
        Fault(effect="cut", path=TOKEN, times=2),
    ],
)
def test_what_passes_is_waited_for(sb: Sandbox, calendar: GoogleCalendar, clock: TwinTime, fault: Fault) -> None:
    """Limits and failures of the server are tried again, with pauses, and for a few seconds at most."""
    sb.google.faults.add(fault)

    assert calendar.busy(ADA, TODAY) == []
    assert 0 < sum(clock.slept) < PATIENCE


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault(status=500, times=None), "answered 500"),
        (Fault(effect="cut", times=None), "broke off"),
        (limit_fault(times=None), "over its rate limit"),
        (Fault(status=429, headers={"retry-after": "60"}, path=FREE_BUSY), "left alone for 60 seconds"),
        (limit_fault("quotaExceeded", path=FREE_BUSY), "quotaExceeded"),
        (Fault(status=404, path=FREE_BUSY, body="<html>Not found</html>"), "answered 404"),
        (Fault(status=403, path=FREE_BUSY, body="<html>Forbidden</html>"), "answered 403"),
        (Fault(status=302, path=FREE_BUSY, body={}), "callbooker.google_base_url"),
        (Fault(status=200, path=FREE_BUSY, body=["no object"], times=None), "no whole JSON answer"),
    ],
)
def test_what_does_not_pass_leaves_the_admin_busy(
    sb: Sandbox, calendar: GoogleCalendar, clock: TwinTime, fault: Fault, why: str
) -> None:
    """After a few seconds at most the calendar counts as unreadable, and the message says why."""
    sb.google.faults.add(fault)

    with pytest.raises(CalendarUnavailable, match="calendar of admin 1 can't be read") as caught:
        calendar.busy(ADA, TODAY)
    assert why in str(caught.value)
    assert "next pass" not in str(caught.value)
    assert sum(clock.slept) < PATIENCE


@pytest.mark.parametrize("reason", ["notFound", "internalError", "somethingNew"])
def test_a_calendar_with_errors_counts_as_busy(sb: Sandbox, calendar: GoogleCalendar, reason: str) -> None:
    """HTTP 200 with errors is no answer: an unreadable diary must not look free."""
    if reason == "notFound":
        sb.google.remove_calendar("ada@example.com")
    else:
        sb.google.break_calendar("ada@example.com", reason)

    with pytest.raises(CalendarUnavailable, match=reason):
        calendar.busy(ADA, TODAY)


def test_a_failed_insert_says_whether_there_may_be_an_event(sb: Sandbox, calendar: GoogleCalendar) -> None:
    """What was refused was not made; what broke off perhaps was."""
    sb.google.faults.add(limit_fault("quotaExceeded", path=EVENTS))
    with pytest.raises(CalendarUnavailable, match="no event was made") as refused:
        calendar.insert(ADA, EVENT)
    sb.google.faults.add(Fault(effect="cut", carried_out=True, path=EVENTS, times=None))
    with pytest.raises(CalendarUnavailable) as broken:
        calendar.insert(ADA, EVENT)
    sb.google.faults.clear()
    sb.google.revoke_tokens()
    sb.google.faults.add(Fault(effect="cut", path=TOKEN, times=None))
    with pytest.raises(CalendarUnavailable) as without_token:
        calendar.insert(ADA, EVENT)

    assert [one.value.perhaps_done for one in (refused, broken, without_token)] == [False, True, False]
    assert "ada@" not in str(broken.value)


# tokens


def test_a_token_is_kept_until_shortly_before_its_end(sb: Sandbox, calendar: GoogleCalendar, clock: TwinTime) -> None:
    """Many questions in an hour need one token, and the next hour another one."""
    for _ in range(3):
        calendar.busy(ADA, TODAY)
    clock.sleep(3500)
    calendar.busy(ADA, TODAY)
    clock.sleep(60)
    calendar.busy(ADA, TODAY)

    assert asked(sb).count("token") == 2


def test_every_admin_has_a_token_of_their_own(sb: Sandbox, calendar: GoogleCalendar) -> None:
    """The service account acts for one mailbox at a time."""
    grace = Admin(id=2, first_name="Grace", last_name="Hopper", email="grace@example.com")
    for admin in (ADA, grace, ADA):
        calendar.insert(admin, EVENT)

    assert asked(sb).count("token") == 2
    assert len(sb.google.events("grace@example.com")) == 1


def test_a_token_that_is_not_accepted_any_more_is_replaced_once(sb: Sandbox, calendar: GoogleCalendar) -> None:
    """Google may end a token early; then there is a new one, and the call goes through."""
    calendar.busy(ADA, TODAY)
    sb.google.revoke_tokens()

    assert calendar.busy(ADA, TODAY) == []
    assert asked(sb) == ["token", "freeBusy", "freeBusy", "token", "freeBusy"]


def test_without_delegation_the_message_says_what_to_do(sb: Sandbox, calendar: GoogleCalendar) -> None:
    """A mailbox that the service account may not act for is named by its admin, with the scope to delegate."""
    sb.google.withdraw("ada@example.com")

    with pytest.raises(CalendarUnavailable, match="unauthorized_client") as caught:
        calendar.busy(ADA, TODAY)
    assert calls.SCOPE in str(caught.value)
    assert "ada@" not in str(caught.value)


# answers that no twin gives


def scripted(key_file: Path, clock: FakeClock, handler: Handler) -> GoogleCalendar:
    """Give calendars on a wire that answers by itself, tokens too."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(200, json={"access_token": "ya29.secret", "expires_in": 3599})
        return handler(request)

    return GoogleCalendar(
        key_file=key_file,
        base_url="https://www.googleapis.com",
        token_url="https://oauth2.googleapis.com/token",
        clock=clock,
        wire=httpx.MockTransport(answer),
    )


def of_ada(**said: object) -> dict[str, object]:
    """Give an answer to freeBusy."""
    return {"calendars": {"ada@example.com": said}}


NOON, ONE = "2026-05-14T12:00:00Z", "2026-05-14T13:00:00Z"
LIES = [
    {},
    {"calendars": None},
    {"calendars": []},
    {"calendars": {}},
    {"calendars": {"grace@example.com": {"busy": []}}},
    {"calendars": {"ada@example.com": None}},
    of_ada(),
    of_ada(busy=None),
    of_ada(busy={}),
    of_ada(busy=[None]),
    of_ada(busy=[{"start": NOON}]),
    of_ada(busy=[{"start": ONE, "end": NOON}]),
    of_ada(busy=[{"start": "2026-05-14T12:00:00", "end": ONE}]),
    of_ada(busy=[{"start": "2026-05-14", "end": "2026-05-15"}]),
    of_ada(busy=[{"start": "soon", "end": ONE}]),
    of_ada(busy=[{"start": 1778760000, "end": 1778763600}]),
    of_ada(busy=[{"start": "0001-01-01T00:00:00+14:00", "end": ONE}]),
    of_ada(busy=[], errors=[{}]),
    of_ada(busy=[], errors=[{"reason": ["notFound"]}]),
    of_ada(busy=[], errors="none"),
]


@pytest.mark.parametrize("lie", LIES, ids=range(len(LIES)))
def test_an_answer_that_is_none_leaves_the_admin_busy(key_file: Path, lie: object) -> None:
    """Whatever is not a clear answer is no answer."""
    calendar = scripted(key_file, FakeClock(), Script(httpx.Response(200, json=lie)))

    with pytest.raises(CalendarUnavailable, match="calendar of admin 1 can't be read"):
        calendar.busy(ADA, TODAY)
    calendar.close()


def test_offsets_and_fractions_are_understood(key_file: Path) -> None:
    """Times come in any zone; they leave in UTC."""
    said = of_ada(busy=[{"start": "2026-05-14T14:00:00.500+02:00", "end": "2026-05-14T13:00:00Z"}])
    calendar = scripted(key_file, FakeClock(), Script(httpx.Response(200, json=said)))

    assert calendar.busy(ADA, TODAY) == [span("12:00:00.500000", "13:00")]
    calendar.close()


@pytest.mark.parametrize("said", [{}, {"id": 5}, {"id": "anotherone"}], ids=["nothing", "a number", "another"])
def test_an_insert_whose_answer_speaks_of_something_else_is_in_doubt(key_file: Path, said: object) -> None:
    """There is perhaps an event, and no Meeting."""
    calendar = scripted(key_file, FakeClock(), Script(httpx.Response(200, json=said)))

    with pytest.raises(CalendarUnavailable) as caught:
        calendar.insert(ADA, EVENT)
    assert caught.value.perhaps_done
    calendar.close()


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"access_token": "", "expires_in": 3599},
        {"access_token": "two\r\nlines: x", "expires_in": 3599},
        {"access_token": "ya29.secret", "expires_in": 0},
        {"access_token": "ya29.secret", "expires_in": "soon"},
        {"access_token": ["ya29.secret"], "expires_in": 3599},
    ],
    ids=range(6),
)
def test_a_token_that_is_none_is_not_used(sb: Sandbox, key_file: Path, given: object) -> None:
    """Nothing is asked with it, and no message shows it."""
    script = Script(httpx.Response(200, json=given))
    url = sb.google.url
    calendar = GoogleCalendar(
        key_file=key_file, base_url=url, token_url=url, clock=FakeClock(), wire=httpx.MockTransport(script)
    )

    with pytest.raises(CalendarUnavailable, match="request for a token") as caught:
        calendar.busy(ADA, TODAY)
    assert "secret" not in str(caught.value)
    assert "lines" not in str(caught.value)
    assert len(script.requests) == 1
    calendar.close()


def test_no_message_shows_a_token(key_file: Path) -> None:
    """A server that says the token back in its refusal does not bring it into messages, nor into their causes."""
    echo = {"error": {"errors": [{"reason": "Bearer ya29.secret is wrong"}], "message": "ya29.secret"}}
    calendar = scripted(key_file, FakeClock(), Script(httpx.Response(403, json=echo)))

    with pytest.raises(CalendarUnavailable) as caught:
        calendar.busy(ADA, TODAY)
    error: BaseException | None = caught.value
    while error is not None:
        assert "ya29.secret" not in str(error)
        error = error.__cause__ or error.__context__
    calendar.close()


class Drip(httpx.SyncByteStream):
    """A body that comes byte by byte, each taking its time, and never ends."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock

    def __iter__(self) -> Iterator[bytes]:
        """Give one more byte."""
        while True:
            self.clock.seconds += 1
            yield b" "


class Flood(httpx.SyncByteStream):
    """A body without end that comes as fast as it can be read."""

    def __iter__(self) -> Iterator[bytes]:
        """Give some more."""
        while True:
            yield b" " * 65_536


def test_an_answer_that_never_ends_is_not_waited_for(key_file: Path) -> None:
    """Neither dawdling nor flooding keeps a caller or fills the memory."""
    clock = FakeClock()
    began = clock.monotonic()
    for body in (Drip(clock), Flood()):
        calendar = scripted(key_file, clock, lambda _, body=body: httpx.Response(200, stream=body))  # type: ignore[misc]
        with pytest.raises(CalendarUnavailable, match="takes too long"):
            calendar.busy(ADA, TODAY)
        calendar.close()

    assert clock.monotonic() - began < 3 * PATIENCE


def test_no_try_begins_after_the_end_of_patience(key_file: Path) -> None:
    """A server that takes long to fail is not asked again and again."""
    clock = FakeClock()

    def slowly(_: httpx.Request) -> httpx.Response:
        clock.seconds += 6
        return httpx.Response(503)

    script: list[httpx.Request] = []
    calendar = scripted(key_file, clock, lambda request: (script.append(request), slowly(request))[1])
    with pytest.raises(CalendarUnavailable):
        calendar.busy(ADA, TODAY)

    assert len(script) == 2
    calendar.close()


# the key file


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "there is no such file"),
        (b"", "it is no JSON"),
        (b"\xff\xfe", "it is no JSON"),
        (b"[]", "the whole object is not as expected"),
        (b"{}", "type is not as expected"),
        (b'{"type": "authorized_user", "refresh_token": "secret"}', "type is not as expected"),
        (b'{"type":"service_account","client_email":"a@example.com","private_key_id":"1"}', "private_key"),
        (
            b'{"type":"service_account","client_email":"a@example.com","private_key_id":"1","private_key":"secret"}',
            "its private_key is no RSA key",
        ),
    ],
)
def test_a_key_file_that_is_none_is_an_error_of_the_config(tmp_path: Path, content: bytes | None, why: str) -> None:
    """The message names the file, the key of the config and the remedy, and nothing that is in the file."""
    file = tmp_path / "key.json"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ConfigError) as caught:
        GoogleCalendar(
            key_file=file, base_url="https://example.com", token_url="https://example.com/token", clock=FakeClock()
        )
    for part in (str(file), "callbooker.google_service_account", "Google Cloud console", why):
        assert part in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_folder_is_no_key_file(tmp_path: Path) -> None:
    """What can't be read is named with the reason of the system."""
    with pytest.raises(ConfigError, match=os.strerror(21)):
        GoogleCalendar(
            key_file=tmp_path, base_url="https://example.com", token_url="https://example.com", clock=FakeClock()
        )


def test_an_address_that_is_none_is_an_error_of_the_config(key_file: Path) -> None:
    """It is found out when the program starts, not when somebody books."""
    with pytest.raises(ConfigError, match="google_token_url"):
        GoogleCalendar(key_file=key_file, base_url="https://example.com", token_url="https://[", clock=FakeClock())


# saved replies


def test_the_saved_replies_are_understood(key_file: Path) -> None:
    """A token, busy times and an event as the reference describes them."""
    calendar = GoogleCalendar(
        key_file=key_file,
        base_url="https://www.googleapis.com",
        token_url="https://oauth2.googleapis.com/token",
        clock=FakeClock(),
    )
    within = Span(datetime(2026, 2, 2, tzinfo=UTC), datetime(2026, 2, 6, tzinfo=UTC))
    with replayed("google/a_free_slot"):
        busy = calendar.busy(ADA, within)
        calendar.insert(ADA, EVENT)
    calendar.close()

    assert busy == [Span(datetime(2026, 2, 3, 11, tzinfo=UTC), datetime(2026, 2, 3, 12, 30, tzinfo=UTC))]


@pytest.mark.parametrize(
    ("cassette", "why"), [("unknown_calendar", "notFound"), ("not_delegated", "unauthorized_client")]
)
def test_the_saved_refusals_are_understood(key_file: Path, cassette: str, why: str) -> None:
    """An unknown calendar and a service account without delegation leave the admin busy."""
    calendar = GoogleCalendar(
        key_file=key_file,
        base_url="https://www.googleapis.com",
        token_url="https://oauth2.googleapis.com/token",
        clock=FakeClock(),
    )
    with replayed(f"google/{cassette}"), pytest.raises(CalendarUnavailable, match=why):
        calendar.busy(ADA, TODAY)
    calendar.close()

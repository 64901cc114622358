"""The rolling windows: how much is asked, and when."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from hermes_sync.clock import SystemClock
from hermes_sync.remotes.exchange import Reply
from hermes_sync.remotes.limits import PIPEDRIVE_MARGIN, PIPEDRIVE_WINDOW, Window
from tests.remotes import fakes
from tests.remotes.fakes import PERSON, STAGE, FakeClock, Script, ok

WINDOW = PIPEDRIVE_WINDOW + PIPEDRIVE_MARGIN


def used_up(*, reset: int, status: int = 200) -> Reply:
    """Give an answer that says that nothing is left of the burst limit."""
    return Reply(status=status, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)})


def most_within(moments: list[float], seconds: float) -> int:
    """Give the largest number of moments in any stretch of that length."""
    return max(sum(start <= one < start + seconds for one in moments) for start in moments)


@pytest.mark.parametrize(("limit", "seconds"), [(20, 2.0), (100, 60.0), (1, 2.0)])
def test_no_stretch_holds_more_than_the_limit(limit: int, seconds: float) -> None:
    """However fast calls come, no stretch of the window's length holds more than its limit."""
    clock, window, moments = FakeClock(), Window(limit, seconds), []

    for number in range(3 * limit + 1):
        window.enter(clock)
        moments.append(clock.seconds)
        clock.seconds += seconds / limit / 3 * (number % 3)

    assert most_within(moments, seconds) == limit


def test_a_wait_that_rounds_to_nothing_ends() -> None:
    """Times that floats cannot tell apart do not hold a call up for ever."""
    clock, window = FakeClock(), Window(1, 2.0)
    clock.seconds = 1e15 + 0.1

    for _ in range(3):
        window.enter(clock)

    assert len(clock.slept) >= 2


def test_the_headers_say_the_real_limit() -> None:
    """The window begins at 20 per 2 seconds and takes over what the first answer says."""
    clock = FakeClock()
    headers = {"x-ratelimit-limit": "80", "x-ratelimit-remaining": "79", "x-ratelimit-reset": "2"}
    remote = fakes.pipedrive(Script(ok({"id": 1, "name": "A"}, **headers)), clock=clock)

    for _ in range(80):
        remote.get(STAGE, 1)
    assert clock.slept == []
    remote.get(STAGE, 1)

    assert clock.slept == [WINDOW]


def test_without_headers_the_smallest_plan_is_assumed() -> None:
    """As long as no header says more, 20 requests go out in 2 seconds."""
    clock = FakeClock()
    remote = fakes.pipedrive(Script(ok({"id": 1, "name": "A"})), clock=clock)

    for _ in range(21):
        remote.get(STAGE, 1)

    assert clock.slept == [WINDOW]


def test_a_used_up_window_is_waited_out() -> None:
    """When others used up the limit, the next call waits for the reset, at most one window long."""
    clock, window = FakeClock(), Window(20, 2.0)

    made = window.enter(clock)
    window.learn(used_up(reset=1), made, clock.seconds)
    made = window.enter(clock)
    window.learn(used_up(reset=900), made, clock.seconds)
    window.enter(clock)

    assert clock.slept == [1.0, 2.0]


def test_what_we_used_up_ourselves_is_not_waited_out_twice() -> None:
    """The answer to the last call of a full window says that nothing is left: the next goes as soon as one is old."""
    clock, window = FakeClock(), Window(20, 2.0)
    for _ in range(20):
        made = window.enter(clock)
        clock.seconds += 0.05

    window.learn(used_up(reset=2), made, clock.seconds)
    window.enter(clock)

    assert clock.slept == [pytest.approx(1.0)]


def test_a_429_is_waited_out_whoever_used_up_the_limit() -> None:
    """Pipedrive counts otherwise than we do when it says so with a 429: then its reset counts."""
    clock, window = FakeClock(), Window(20, 2.0)
    for _ in range(20):
        made = window.enter(clock)
        clock.seconds += 0.05

    window.learn(used_up(reset=2, status=429), made, clock.seconds)
    window.enter(clock)

    assert clock.slept == [2.0]


def test_a_call_counts_from_when_it_goes_out() -> None:
    """Opening a connection takes time: Pipedrive sees such a call later than one that found a connection open."""
    clock, window = FakeClock(), Window(2, 2.0)
    first, _ = window.enter(clock), window.enter(clock)

    window.leave(first, clock.seconds + 0.5)
    window.enter(clock)
    window.enter(clock)

    assert clock.slept == [2.0, 0.5]


def test_threads_that_share_a_window_keep_its_limit() -> None:
    """However many threads ask at once, no stretch of the window's length holds more than its limit."""
    clock, window = SystemClock(), Window(5, 0.1)

    with ThreadPoolExecutor(8) as threads:
        moments = sorted(threads.map(lambda _: window.enter(clock), range(40)))

    assert most_within(moments, 0.1) <= 5


def test_a_lower_limit_holds_from_then_on() -> None:
    """A limit that shrinks while calls are counted is kept."""
    clock, window = FakeClock(), Window(20, 2.0)
    for _ in range(10):
        window.enter(clock)

    window.learn(Reply(status=200, headers={"x-ratelimit-limit": "5"}), clock.seconds, clock.seconds)
    window.enter(clock)

    assert clock.slept == [2.0]


def test_searches_have_a_window_of_their_own() -> None:
    """10 searches in 2 seconds, whatever the plan; their headers do not lower the general limit."""
    clock = FakeClock()
    remote = fakes.pipedrive(Script(ok({"items": []}, **{"x-ratelimit-limit": "10"})), clock=clock)

    for _ in range(11):
        remote.find(PERSON, 5)

    assert clock.slept == [WINDOW]
    assert remote._transport._window.limit == 20


def test_tc2_is_asked_100_times_a_minute() -> None:
    """The 101st request to TC2 waits until a minute after the first."""
    clock = FakeClock()
    script = Script(httpx.Response(200, json={"id": 1}))
    remote = fakes.tc2(script, clock=clock)

    for _ in range(101):
        remote.get(1)

    assert clock.slept == [60.0]
    assert remote.usage.requests == 101

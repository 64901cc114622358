"""Bad weather: whatever a remote answers, nothing is half-done, and the next good pass ends where all would have.

A remote that has a fault for a while is asked again inside the pass; one that has it for ever fails the pass with a
message for people, and the local state is as it was before.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from hermes_sync.core.records import RemoteKind
from hermes_sync.ports import RemoteDenied, RemoteRefused, RemoteUnavailable
from hermes_sync.sandbox import Fault, Incoming, Sandbox, populate
from hermes_sync.store import SqlStore
from tests.cycle.rig import PATIENCE, Rig

FOR_EVER: Final = None
READS: Final = (
    "/api/v2/pipelines$",
    "/api/v2/stages$",
    "/api/v2/organizations$",
    "/api/v2/persons$",
    "/api/v2/deals$",
    "/api/v2/deals/archived$",
)
UNAUTHORIZED: Final = {"success": False, "error": "unauthorized access", "errorCode": 401}


def in_step(rig: Rig) -> None:
    """Bring an Org with a Person, a Deal and a linked cligency into Hermes."""
    org = rig.pd.create("organization", name="Acme", owner_id=99)
    person = rig.pd.create("person", name="Mary Booth", org_id=org, emails=["mary@example.com"])
    rig.pd.create("deal", title="Acme", org_id=org, person_id=person, pipeline_id=1, stage_id=1)
    recipient = {"id": 50, "first_name": "Mary", "last_name": "Booth", "email": "mary@example.com"}
    agency = {"id": 900, "name": "Acme", "status": "trial"}
    rig.tc2.create_client(agency=agency, recipients=[recipient], extra_attrs={"pipedrive_id": str(org)})
    rig.settle(6)


def something_happens(rig: Rig) -> None:
    """Change something of every kind, in both remotes, that has to be told to both."""
    rig.pd.edit("stage", 2, name="Qualified at last")
    rig.pd.edit("organization", 1, name="Acme Ltd")
    rig.pd.edit("person", 1, name="Mary Hill")
    rig.pd.edit("deal", 1, stage_id=2)
    rig.tc2.edit_client(1, agency={"status": "active"})


@pytest.fixture(scope="module")
def undisturbed(twins: Sandbox, sqlite_template: bytes, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Where both remotes and Hermes end when the weather is good."""
    twins.clock.freeze("2026-05-14T12:00:00Z")
    twins.reset()
    path = tmp_path_factory.mktemp("undisturbed") / "hermes.db"
    path.write_bytes(sqlite_template)
    with SqlStore.open(f"sqlite:///{path}") as store:
        rig = Rig(twins, store)
        in_step(rig)
        something_happens(rig)
        rig.settle(6)
        return rig.everything()


@pytest.fixture
def stormy(undisturbed: dict[str, object], rig: Rig) -> Rig:
    """A rig in step, with changes waiting in both remotes."""
    in_step(rig)
    something_happens(rig)
    return rig


SILENCE: Final = Fault(effect="timeout", seconds=1.5)
"""A remote that says nothing for longer than `LITTLE_PATIENCE`, in seconds."""
LITTLE_PATIENCE: Final = 0.6


def lose_patience(rig: Rig, weather: str) -> None:
    """Wait only a moment for answers where silence is the weather; elsewhere a busy machine may take its time."""
    if weather == "timeout":
        rig.timeout = LITTLE_PATIENCE


def clear_up(rig: Rig) -> None:
    """Let the good weather come back."""
    rig.pd.faults.clear()
    rig.tc2.faults.clear()
    rig.timeout = PATIENCE
    rig.pd.limits.daily = 10_000_000
    rig.sandbox.clock.advance(600)


def assert_fails_whole(rig: Rig, error: type[Exception], *said: str) -> str:
    """Assert that a pass fails with a message that says all this, and leaves everything local as it was."""
    before, writes = rig.kept(), rig.writes()
    with pytest.raises(error) as caught:
        rig.reconcile()
    message = str(caught.value)
    assert [part for part in said if part not in message] == [], message
    assert rig.pd.token not in message
    assert rig.tc2.key not in message
    assert rig.kept() == before
    assert rig.writes() == writes
    (ended,) = rig.store.passes(1)
    assert (ended.exit_code, ended.result) == (1, error.__name__)
    assert rig.store.current_lease(rig.clock.now()) is None
    return message


@pytest.mark.parametrize(
    ("system", "key", "variable"),
    [
        ("pipedrive", "pipedrive.api_token", "HERMES_PIPEDRIVE__API_TOKEN"),
        ("tc2", "tc2.api_key", "HERMES_TC2__API_KEY"),
    ],
)
def test_a_wrong_secret_is_named_by_its_key_and_never_shown(
    stormy: Rig, undisturbed: dict[str, object], system: str, key: str, variable: str
) -> None:
    """A 401 stops the pass; the message names config key and environment variable, and the right secret heals it."""
    if system == "pipedrive":
        right, stormy.pipedrive_token = stormy.pipedrive_token, "a-wrong-secret"
    else:
        right, stormy.tc2_key = stormy.tc2_key, "a-wrong-secret"

    message = assert_fails_whole(stormy, RemoteDenied, key, variable)
    assert "a-wrong-secret" not in message
    stormy.pipedrive_token, stormy.tc2_key = stormy.pd.token, stormy.tc2.key
    stormy.settle(6)

    assert right in {stormy.pd.token, stormy.tc2.key}
    assert stormy.everything() == undisturbed


@pytest.mark.parametrize("system", ["pipedrive", "tc2"])
def test_an_unreachable_host_fails_the_pass_and_names_its_address(
    stormy: Rig, undisturbed: dict[str, object], system: str
) -> None:
    """The message says which address was tried and which key of the config holds it."""
    nowhere = "http://127.0.0.1:9"
    if system == "pipedrive":
        stormy.pipedrive_url = nowhere
    else:
        stormy.tc2_url = nowhere

    assert_fails_whole(stormy, RemoteUnavailable, "cannot be reached", nowhere, f"{system}.base_url")
    stormy.pipedrive_url, stormy.tc2_url = stormy.pd.url, stormy.tc2.url
    stormy.settle(6)

    assert stormy.everything() == undisturbed


PASSING: Final = {
    "429 with a reset header": Fault.burst(reset=3, times=2),
    "429 without a reset header": Fault.burst(reset=None, times=2),
    "500": Fault(status=500, times=3),
    "502 as a web page": Fault(status=502, body="<html>Bad gateway</html>", times=2),
    "503": Fault(status=503, headers={"retry-after": "5"}, times=2),
    "timeout": replace(SILENCE, times=1),
    "cut connection": Fault(effect="cut", times=2),
    "truncated JSON": Fault(effect="truncated", times=2),
    "empty 200": Fault(effect="empty", times=2),
}


@pytest.mark.parametrize("system", ["pipedrive", "tc2"])
@pytest.mark.parametrize("weather", PASSING)
def test_a_fault_for_a_while_is_weathered_inside_the_pass(
    stormy: Rig, undisturbed: dict[str, object], weather: str, system: str
) -> None:
    """The read is tried again, the pass succeeds with exit 0, and ends where an undisturbed one does."""
    lose_patience(stormy, weather)
    twin = stormy.pd if system == "pipedrive" else stormy.tc2
    path = "/api/v2/persons$" if system == "pipedrive" else "/api/clients/1/$"
    twin.faults.add(replace(PASSING[weather], path=path, method="GET"))

    done = stormy.reconcile()

    assert done.exit_code == 0
    assert done.actions != ()
    assert twin.faults.pending == 0
    stormy.settle(6)
    assert stormy.everything() == undisturbed


LASTING: Final[dict[str, tuple[Fault, type[Exception], str]]] = {
    "429 with a reset header": (Fault.burst(reset=3), RemoteUnavailable, "over its rate limit"),
    "429 without a reset header": (Fault.burst(reset=None), RemoteUnavailable, "over its rate limit"),
    "429 that asks for an hour": (Fault.burst(reset=3600), RemoteUnavailable, "left alone for 3600 seconds"),
    "500": (Fault(status=500), RemoteUnavailable, "answered 500"),
    "503": (Fault(status=503), RemoteUnavailable, "answered 503"),
    "timeout": (SILENCE, RemoteUnavailable, "timed out"),
    "cut connection": (Fault(effect="cut"), RemoteUnavailable, "broke off"),
    "truncated JSON": (Fault(effect="truncated"), RemoteUnavailable, "no whole JSON"),
    "empty 200": (Fault(effect="empty"), RemoteUnavailable, "without a body"),
    "401": (Fault(status=401, body=UNAUTHORIZED), RemoteDenied, "does not accept the key"),
    "403": (Fault(status=403), RemoteDenied, "lacks the permission"),
    "a redirect": (Fault(status=302, headers={"location": "/login"}), RemoteUnavailable, "a redirect"),
    "404 of the whole list": (Fault(status=404), RemoteUnavailable, "there is no such address"),
    "400": (Fault(status=400), RemoteRefused, "answered 400"),
}


@pytest.mark.parametrize("system", ["pipedrive", "tc2"])
@pytest.mark.parametrize("weather", LASTING)
def test_a_fault_for_ever_fails_the_pass_whole(
    stormy: Rig, undisturbed: dict[str, object], weather: str, system: str
) -> None:
    """The pass ends with exit 1 and a message, nothing local has changed, and the next good pass makes up for it."""
    lose_patience(stormy, weather)
    fault, error, said = LASTING[weather]
    twin = stormy.pd if system == "pipedrive" else stormy.tc2
    path = "/api/v2/deals$" if system == "pipedrive" else "/api/clients/$"
    twin.faults.add(replace(fault, path=path, method="GET", times=FOR_EVER))

    assert_fails_whole(stormy, error, said)
    clear_up(stormy)
    stormy.settle(6)

    assert stormy.everything() == undisturbed


@pytest.mark.parametrize("path", [*READS, "/api/clients/$"])
def test_a_read_that_fails_after_others_succeeded_leaves_nothing_half_done(
    stormy: Rig, undisturbed: dict[str, object], path: str
) -> None:
    """Whichever list breaks off, what was read before it is not kept either."""
    for twin in (stormy.pd, stormy.tc2):
        twin.faults.add(Fault(path=path, method="GET", status=500, times=FOR_EVER))

    assert_fails_whole(stormy, RemoteUnavailable, "answered 500", "The next pass tries again")
    clear_up(stormy)
    stormy.settle(6)

    assert stormy.everything() == undisturbed


@pytest.mark.parametrize("status", [400, 500])
def test_metadata_that_cannot_be_read_holds_up_nothing(
    stormy: Rig, undisturbed: dict[str, object], status: int
) -> None:
    """Fields keep the types that they were last known to have; a notice says so, and the pass goes on."""
    stormy.sandbox.clock.advance(2 * 86_400)  # it is read once a day
    stormy.pd.faults.add(Fault(path="Fields$", method="GET", status=status, times=FOR_EVER))

    done = stormy.reconcile()

    assert "no-field-metadata" in done.codes
    assert done.exit_code == 0
    stormy.settle(6)
    assert stormy.everything() == undisturbed


def test_a_page_of_cloudflare_makes_the_pass_leave_pipedrive_alone(stormy: Rig, undisturbed: dict[str, object]) -> None:
    """After an HTML 403 not one more request goes to Pipedrive, and the message says for how long."""
    stormy.pd.log.clear()
    stormy.pd.faults.add(Fault.cloudflare(path="/api/v2/stages$", times=FOR_EVER))

    assert_fails_whole(stormy, RemoteUnavailable, "Cloudflare", "5 minutes")
    assert [entry.path for entry in stormy.pd.log.entries()] == ["/api/v2/pipelines", "/api/v2/stages"]
    clear_up(stormy)
    stormy.settle(6)

    assert stormy.everything() == undisturbed


def test_a_spent_daily_budget_is_said_and_not_fought(stormy: Rig, undisturbed: dict[str, object]) -> None:
    """The budget of the day is not there again in a minute: one request finds out, and the message says when."""
    stormy.pd.limits.daily = stormy.pd.limits.spent
    stormy.pd.log.clear()

    assert_fails_whole(stormy, RemoteUnavailable, "daily token budget", "midnight")
    assert stormy.pd.log.count == 1
    clear_up(stormy)
    stormy.settle(6)

    assert stormy.everything() == undisturbed


def test_a_connection_cut_in_the_middle_of_a_page_chain_takes_no_page(rig: Rig) -> None:
    """Of 600 Orgs the first page came and the second did not: none is kept, and the next pass has all."""
    populate(rig.sandbox, 600, persons_per_org=0, deals_per_org=0)
    rig.pd.faults.add(Fault(path="/api/v2/organizations$", effect="cut", nth=2, times=FOR_EVER))

    assert_fails_whole(rig, RemoteUnavailable, "broke off", "/api/v2/organizations")
    assert rig.every("companies") == []
    clear_up(rig)
    rig.reconcile()

    assert [row["pd_org_id"] for row in rig.every("companies")] == list(range(1, 601))


@pytest.mark.parametrize("kind", ["pipelines", "stages"])
def test_an_empty_list_of_pipelines_or_stages_deletes_none(
    stormy: Rig, undisturbed: dict[str, object], kind: str
) -> None:
    """They are read whole by every pass, so a list that is empty for once must prove nothing."""
    stormy.pd.faults.add(Fault(path=f"/api/v2/{kind}$", effect="empty_list", times=1))

    done = stormy.reconcile()

    assert done.summary.delete == 0
    stormy.settle(6)
    assert stormy.everything() == undisturbed


# -- clocks


class WrongTime:
    """A local clock that is wrong by some seconds, and may jump."""

    def __init__(self, rig: Rig) -> None:
        self._right = rig.clock
        self.off = 0.0

    def now(self) -> datetime:
        """Return the time that this machine believes in."""
        return self._right.now() + timedelta(seconds=self.off)

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        return self._right.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self._right.sleep(seconds)


@pytest.mark.parametrize("off", [-86_400.0, -3600.0, 3600.0, 86_400.0])
def test_a_local_clock_that_is_wrong_loses_nothing(stormy: Rig, undisturbed: dict[str, object], off: float) -> None:
    """Cursors are in the server's time, so a clock that jumps to and fro between passes makes no gap."""
    time: Any = WrongTime(stormy)
    stormy.clock = time
    time.off = off
    stormy.reconcile()
    stormy.pd.edit("organization", 1, name="Acme on a wrong clock")
    stormy.reconcile()
    assert stormy.one("companies")["name"] == "Acme on a wrong clock"

    time.off = 0.0
    stormy.pd.edit("organization", 1, name="Acme Ltd")
    stormy.settle(6)

    assert stormy.everything() == undisturbed


def test_a_clock_that_was_far_ahead_does_not_put_off_complete_reads(stormy: Rig) -> None:
    """A complete read that claims to be of the future is no reason not to look for deletions."""
    time: Any = WrongTime(stormy)
    stormy.clock = time
    time.off = 365 * 86_400.0
    stormy.reconcile(full=True)
    time.off = 0.0
    stormy.pd.delete("person", 1)
    stormy.sandbox.clock.advance(7 * 3600)

    stormy.settle(6)

    assert stormy.every("contacts", pd_person_id=1) == []


# -- a push meets the weather


PUSHES: Final[dict[str, tuple[Fault, str]]] = {
    "400": (Fault(status=400, body={"detail": "This is not right."}), "refused"),
    "403": (Fault(status=403, body={"detail": "You may not do this."}), "refused"),
    "404": (Fault(status=404, body={"detail": "Not found."}), "gone"),
    "429": (Fault(status=429, body={"detail": "Request was throttled."}), "deferred"),
    "500": (Fault(status=500), "deferred"),
    "timeout": (SILENCE, "deferred"),
    "cut after it was carried out": (Fault(effect="cut"), "deferred"),
}


@pytest.mark.parametrize("system", ["pipedrive", "tc2"])
@pytest.mark.parametrize("weather", PUSHES)
def test_a_push_that_meets_bad_weather_is_made_up_for(
    stormy: Rig, undisturbed: dict[str, object], weather: str, system: str
) -> None:
    """Everything local is applied all the same; what was refused or deferred is kept and gets through later."""
    lose_patience(stormy, weather)
    fault, outcome = PUSHES[weather]
    twin, method = (stormy.pd, "PATCH") if system == "pipedrive" else (stormy.tc2, "POST")
    twin.faults.add(replace(fault, method=method, times=FOR_EVER))

    done = stormy.reconcile()

    kind = "organization" if system == "pipedrive" else "client"
    assert done.outcomes[kind, 1] == outcome
    assert done.exit_code == (0 if outcome == "gone" else 5)
    assert stormy.one("companies")["name"] == "Acme Ltd"
    assert stormy.one("contacts")["last_name"] == "Hill"
    status = stormy.store.status(stormy.clock.now())
    assert len(status.waiting) == (outcome == "deferred")
    assert len(status.refused) == (outcome == "refused")
    assert all(push.reason for push in (*status.waiting, *status.refused))
    clear_up(stormy)
    stormy.reconcile(full=True)  # tries again also what was refused
    stormy.settle(6)

    assert stormy.everything() == undisturbed


@pytest.mark.parametrize("system", ["pipedrive", "tc2"])
def test_a_key_that_is_refused_to_a_push_stops_the_pass_and_keeps_the_push(
    stormy: Rig, undisturbed: dict[str, object], system: str
) -> None:
    """A 401 in the middle of the pushes is exit 1; what is local is done, and the next pass pushes the rest."""
    twin, method = (stormy.pd, "PATCH") if system == "pipedrive" else (stormy.tc2, "POST")
    twin.faults.add(Fault(method=method, status=401, body=UNAUTHORIZED, times=FOR_EVER))

    with pytest.raises(RemoteDenied, match="does not accept the key"):
        stormy.reconcile()

    assert stormy.store.passes(1)[0].exit_code == 1
    assert stormy.one("companies")["name"] == "Acme Ltd"
    assert stormy.store.status(stormy.clock.now()).waiting != ()
    clear_up(stormy)
    assert stormy.reconcile().exit_code == 0
    stormy.settle(6)

    assert stormy.everything() == undisturbed


# -- --since


def test_since_later_than_the_cursor_leaves_no_gap_behind(stormy: Rig, undisturbed: dict[str, object]) -> None:
    """What happened between the cursor and W is not seen by that pass, and the ordinary pass after it finds it."""
    stormy.sandbox.clock.advance(3600)
    before = stormy.store.cursors()
    lately = stormy.clock.now() - timedelta(minutes=5)

    stormy.reconcile(since=lately)

    assert stormy.one("companies")["name"] == "Acme"
    after = stormy.store.cursors()
    for kind in (RemoteKind.ORGANIZATION, RemoteKind.PERSON, RemoteKind.DEAL):
        assert after[kind].since == before[kind].since
    stormy.settle(6)
    assert stormy.everything() == undisturbed


def test_since_earlier_than_the_cursor_reads_again(rig: Rig) -> None:
    """A write that carries an old time is passed over by ordinary passes and found by one that goes back far enough."""
    in_step(rig)
    rig.sandbox.clock.advance(7200)
    rig.reconcile()
    old = (rig.clock.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    rig.pd.edit("organization", 1, name="Acme Ltd", update_time=old)

    rig.reconcile()
    assert rig.one("companies")["name"] == "Acme"
    rig.reconcile(since=rig.clock.now() - timedelta(hours=2))

    assert rig.one("companies")["name"] == "Acme Ltd"


def test_since_reads_again_the_cligencies_not_read_since_then(rig: Rig) -> None:
    """A cligency read after W is left alone, one not read since W is looked at."""
    in_step(rig)
    rig.configure(sweep_per_pass=0)
    rig.tc2.edit_client(1, agency={"status": "active"})
    rig.sandbox.clock.advance(3600)

    rig.reconcile(since=rig.clock.now() - timedelta(hours=3))
    assert rig.one("companies")["tc2_status"] == "trial"
    rig.reconcile(since=rig.clock.now() - timedelta(minutes=10))

    assert rig.one("companies")["tc2_status"] == "active"


# -- lists that lag


@pytest.fixture
def written_meanwhile(rig: Rig) -> Iterator[Callable[[str], None]]:
    """Return what has an Org created at the moment at which a pass asks for a path."""

    def at(path: str) -> None:
        def write(incoming: Incoming) -> None:
            if incoming.path == path:
                rig.pd.before_request = None
                rig.pd.create("organization", name="Late", owner_id=99)

        rig.pd.before_request = write

    yield at
    rig.pd.before_request = None


@pytest.mark.parametrize("path", ["/api/v2/pipelines", "/api/v2/organizations", "/api/v2/deals"])
def test_what_a_lagging_list_does_not_show_yet_is_found_by_the_next_pass(
    rig: Rig, written_meanwhile: Callable[[str], None], path: str
) -> None:
    """An Org written during a pass, invisible to the filtered list for 36 seconds, is there after the next pass."""
    in_step(rig)
    rig.pd.list_lag = 36
    written_meanwhile(path)

    rig.reconcile()
    assert rig.every("companies", name="Late") == []
    rig.reconcile()

    assert len(rig.every("companies", name="Late")) == 1


def test_what_was_written_just_before_a_lagging_list_was_read_needs_the_overlap(rig: Rig) -> None:
    """The cursor is already past the write when the list shows it; the overlap of 60 seconds reaches back to it."""
    in_step(rig)
    rig.pd.list_lag = 36
    stamp = (rig.clock.now() + timedelta(seconds=80)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def write(_: Incoming) -> None:
        rig.pd.before_request = None
        rig.pd.create("organization", name="Late", owner_id=99, update_time=stamp)  # ten seconds ago

    rig.pd.before_request = write
    rig.reconcile()
    assert rig.every("companies", name="Late") == []
    rig.configure(overlap=timedelta(0))
    assert rig.diff().actions == ()
    rig.configure(overlap=timedelta(seconds=60))
    rig.reconcile()

    assert len(rig.every("companies", name="Late")) == 1

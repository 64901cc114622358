"""The sandbox as a whole: default world, config, seeds, clock, control door, and serving until stopped."""

import json
import re
import signal
import subprocess
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from hermes_sync.sandbox import ControlError, RemoteControl, Sandbox, TwinClock, sample_seed


def test_the_default_world_fits_its_config(sb: Sandbox, pd: httpx.Client) -> None:
    """The config names pipelines, stages, custom fields and admins that are there."""
    config = tomllib.loads(sb.config("sqlite:///x.db", safety={"max_creates": 5}))
    twin = sb.pipedrive

    assert config["database"]["url"] == "sqlite:///x.db"
    assert config["safety"] == {"max_creates": 5}
    for place in config["pipelines"].values():
        assert twin.get("stage", place["stage"])["pipeline_id"] == place["pipeline"]
    fields = {row["field_code"] for row in pd.get("/api/v2/organizationFields").json()["data"]}
    assert len(config["pipedrive"]["fields"]["organization"]) == 13
    assert set(config["pipedrive"]["fields"]["organization"].values()) <= fields
    users = {user["id"] for user in pd.get("/api/v1/users").json()["data"]}
    assert users == {97, 98, 99}
    assert {admin["pd_owner_id"] for admin in config["admins"]} == {98, 99}
    assert pd.get("/api/v1/users/me").json()["data"]["id"] == 99
    assert twin.all("organization") == []


def test_ids_count_from_one_or_as_asked(sb: Sandbox) -> None:
    """Ids are the same in every run, and go on after one that was asked for."""
    twin = sb.pipedrive
    wanted = [twin.create("deal", title="A"), twin.create("deal", title="B", id=10), twin.create("deal", title="C")]

    assert wanted == [1, 10, 11]


@pytest.mark.parametrize(
    ("action", "args", "fields"),
    [
        ("create", ("organization",), {"nmae": "Acme"}),
        ("create", ("organization",), {"custom": {"nonsense": 1}}),
        ("edit", ("organization", 5), {"name": "x"}),
        ("restore", ("deal", 5), {}),
        ("purge", ("deal", 5), {}),
    ],
)
def test_control_mistakes_are_said_at_once(
    sb: Sandbox, action: str, args: tuple[object], fields: dict[str, object]
) -> None:
    """A control call with a wrong name or id raises instead of doing something else."""
    with pytest.raises(ControlError):
        getattr(sb.pipedrive, action)(*args, **fields)


def test_the_sample_seed_has_companies_on_all_sides(tmp_path: Path) -> None:
    """Twelve invented companies, three of them linked; a seed may come from a file."""
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(sample_seed()))
    sandbox = Sandbox(seed=path)
    orgs, clients = sandbox.pipedrive.all("organization"), sandbox.tc2.all_clients()
    names = {row["name"] for row in orgs} | {client["meta_agency"]["name"] for client in clients}

    assert (len(orgs), len(clients), len(names)) == (9, 9, 12)
    assert sum(bool(sandbox.tc2.attrs(client["id"])["pipedrive_id"]) for client in clients) == 3
    mails = re.findall(r"[\w.]+@[\w.-]+", json.dumps([sandbox.pipedrive.all("person"), clients]))
    assert mails
    assert all(re.search(r"[@.]example\.com$", mail) for mail in mails)


def test_the_clock_runs_stops_and_jumps() -> None:
    """A frozen clock moves only when advanced; a running one keeps its offset."""
    clock = TwinClock("2026-01-01T00:00:00Z", frozen=True)
    clock.advance(61.5)
    assert clock.stamp() == "2026-01-01T00:01:01Z"
    clock.thaw()
    clock.set("2030-01-01T00:00:00Z")
    assert clock.stamp().startswith("2030-01-01T00:00:0")


def test_many_clients_at_once_get_different_ids(sb: Sandbox, pd: httpx.Client) -> None:
    """Writes from many threads, over HTTP and by control, make one record each."""

    def write(number: int) -> None:
        sb.pipedrive.create("organization", name=f"By control {number}")
        pd.post("/api/v2/organizations", json={"name": f"By HTTP {number}"})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))

    rows = sb.pipedrive.all("organization")
    assert [row["id"] for row in rows] == list(range(1, 81))
    assert len({row["name"] for row in rows}) == 80


def test_the_door_controls_from_afar(sb: Sandbox) -> None:
    """Everything a test does to the twins can be done over HTTP, from either port, without a token."""
    with RemoteControl(sb.tc2.url) as far:
        org = far.pipedrive.create("organization", name="Acme", custom={"hermes_id": "5"})
        client = far.tc2.create_client(agency={"name": "Acme"}, last_name="Booth")
        far.tc2.edit_client(client, agency=None)
        far.pipedrive.faults(effect="status", status=503)
        far.pipedrive.limits(daily=100)
        far.pipedrive.settings(list_lag=3)

        assert far.pipedrive.get("organization", org)["name"] == "Acme"
        assert far.tc2.get_client(client).get("meta_agency") is None
        assert far.advance(60) == "2026-05-14T12:01:00Z"
        assert httpx.get(f"{sb.pipedrive.url}/api/v2/deals").status_code == 503
        assert [entry["status"] for entry in far.log()] == [503]
        assert (sb.pipedrive.limits.daily, sb.pipedrive.list_lag) == (100, 3)
        assert "base_url" in far.config("sqlite:///x.db")
        for wrong in ("answer", "nonsense"):
            with pytest.raises(ControlError):
                getattr(far.pipedrive, wrong)()
        far.reset()
        assert far.pipedrive.all("organization") == []


def test_it_serves_as_a_program_until_stopped() -> None:
    """serve() announces the config once it answers and ends by SIGTERM."""
    code = (
        "from hermes_sync.sandbox import serve, sample_seed\n"
        "serve(seed=sample_seed(), announce=lambda text: print(text.replace(chr(10), '|'), flush=True))"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=root) as program:
        assert program.stdout is not None
        config = tomllib.loads(program.stdout.readline().replace("|", "\n"))
        headers = {"x-api-token": config["pipedrive"]["api_token"]}
        reply = httpx.get(f"{config['pipedrive']['base_url']}/api/v2/organizations", headers=headers)
        began = time.perf_counter()
        program.send_signal(signal.SIGTERM)

        assert len(reply.json()["data"]) == 9
        assert program.wait(5) == 0
        assert time.perf_counter() - began < 3


def test_a_reset_undoes_every_setting(sb: Sandbox) -> None:
    """After a reset limits, lags, roles, hooks, faults and webhooks are as in a new sandbox."""
    twin = sb.pipedrive
    twin.limits.daily, twin.list_lag, twin.search_lag, twin.create_status, twin.latency_ms = 1, 2, 3, 201, 4
    sb.tc2.roles, sb.tc2.limits.per_minute = 2, 5
    twin.before_request = print
    twin.set_webhooks(["http://127.0.0.1:9/"], automatic=True)
    twin.faults.rate = 1
    sb.reset()

    assert (twin.limits.daily, twin.list_lag, twin.search_lag) == (10_000_000, 0, 0)
    assert vars_of(twin, "create_status", "latency_ms", "before_request") == [200, 0, None]
    assert vars_of(twin.webhooks, "targets", "automatic") == [[], False]
    assert vars_of(sb.tc2, "roles") + vars_of(sb.tc2.limits, "per_minute") == [1, None]
    assert twin.faults.rate == 0


def vars_of(target: object, *names: str) -> list[object]:
    """Give attributes by name."""
    return [getattr(target, name) for name in names]

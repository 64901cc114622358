"""The remotes against twins that fail, over real HTTP."""

from datetime import datetime

import pytest

from hermes_sync.core.records import RemoteKind
from hermes_sync.ports import RemoteDenied, RemoteRefused, RemoteUnavailable
from hermes_sync.remotes import PipedriveRemote, Retries, Tc2Remote, connect_pipedrive, connect_tc2
from hermes_sync.remotes.limits import PIPEDRIVE_MARGIN, PIPEDRIVE_WINDOW
from hermes_sync.sandbox import Fault, Sandbox
from tests.remotes.conftest import TwinTime, pipedrive_of
from tests.remotes.fakes import DEAL, ORGANIZATION, PIPELINE, order


def ids(
    remote: PipedriveRemote, kind: RemoteKind, *, archived: bool = False, since: datetime | None = None
) -> list[int]:
    """Give the ids of the living objects in a list."""
    pages = remote.pages(kind, archived=archived, since=since)
    return [one.ref.id for page in pages for one in page.readings if not one.is_gone]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(effect="cut"),
        Fault(effect="empty"),
        Fault(effect="truncated"),
        Fault.burst(reset=2),
        Fault.burst(reset=None),
    ],
    ids=["500", "cut", "empty", "truncated", "429 with reset", "429 without"],
)
def test_reads_survive_a_bad_moment(pipedrive: PipedriveRemote, sandbox: Sandbox, fault: Fault) -> None:
    """A list is read although its first answer is spoilt."""
    made = sandbox.pipedrive.create("organization", name="Acme")
    sandbox.pipedrive.faults.add(fault)

    assert ids(pipedrive, ORGANIZATION) == [made]


@pytest.mark.parametrize("effect", ["cut", "empty", "truncated"])
def test_a_create_whose_answer_is_lost_is_made_once(pipedrive: PipedriveRemote, sandbox: Sandbox, effect: str) -> None:
    """A create whose answer is lost is not repeated, and can be found by its Hermes id."""
    sandbox.pipedrive.faults.add(Fault(effect=effect, method="POST"))  # type: ignore[arg-type]  # one of its effects

    with pytest.raises(RemoteUnavailable) as caught:
        pipedrive.push(order(ORGANIZATION, None, [("name", "Acme"), ("hermes_id", 77)]))

    assert caught.value.perhaps_done
    assert len(pipedrive.find(ORGANIZATION, 77)) == 1


def test_a_silent_server_times_out(sandbox: Sandbox, time: TwinTime) -> None:
    """A server that says nothing is given up after the timeout, and a create is then in doubt."""
    twin = sandbox.pipedrive
    twin.faults.add(Fault(effect="timeout", method="POST", seconds=0.6, carried_out=True))
    remote = pipedrive_of(sandbox, time, {}, timeout=0.2)

    with pytest.raises(RemoteUnavailable) as caught:
        remote.push(order(ORGANIZATION, None, [("name", "Acme")]))

    assert caught.value.perhaps_done
    assert len(twin.all("organization")) == 1
    remote.close()


def test_the_real_burst_limit_is_never_met(pipedrive: PipedriveRemote, sandbox: Sandbox, time: TwinTime) -> None:
    """The limit of the account is learnt from the headers, so that no request is turned away."""
    sandbox.pipedrive.limits.burst = 40

    for _ in range(130):
        pipedrive.get(PIPELINE, 1)

    assert all(entry.status == 200 for entry in sandbox.pipedrive.log.entries())
    assert time.slept == 3 * [PIPEDRIVE_WINDOW + PIPEDRIVE_MARGIN]


def test_an_exhausted_day_ends_the_read(pipedrive: PipedriveRemote, sandbox: Sandbox) -> None:
    """When the tokens of the day are spent, the first refusal is believed."""
    sandbox.pipedrive.limits.daily = 9

    with pytest.raises(RemoteUnavailable, match="daily token budget"):
        ids(pipedrive, ORGANIZATION)

    assert pipedrive.usage.requests == 1


def test_a_wrong_key_is_denied(sandbox: Sandbox, time: TwinTime) -> None:
    """Both twins turn a wrong key away; the messages name the config keys."""
    pipedrive = PipedriveRemote(
        connect_pipedrive(base_url=sandbox.pipedrive.url, token="wrong-1", clock=time), fields={}
    )
    tc2 = Tc2Remote(connect_tc2(base_url=sandbox.tc2.url, key="wrong-2", clock=time), attrs={})

    with pytest.raises(RemoteDenied, match=r"pipedrive\.api_token.*HERMES_PIPEDRIVE__API_TOKEN"):
        pipedrive.get(PIPELINE, 1)
    with pytest.raises(RemoteDenied, match=r"tc2\.api_key.*HERMES_TC2__API_KEY"):
        tc2.page(1)
    pipedrive.close()
    tc2.close()


def test_nobody_at_home_names_the_address(sandbox: Sandbox, time: TwinTime) -> None:
    """A port where nobody listens is unavailable, and the message names system, address and key."""
    transport = connect_tc2(base_url="http://127.0.0.1:9", key="k", clock=time, retries=Retries(attempts=2))
    remote = Tc2Remote(transport, attrs={})

    with pytest.raises(RemoteUnavailable, match=r"TC2.*http://127\.0\.0\.1:9.*tc2\.base_url"):
        remote.page(1)
    assert remote.usage.requests == 2
    remote.close()


def test_a_plan_limit_is_a_refusal(pipedrive: PipedriveRemote, sandbox: Sandbox) -> None:
    """A JSON 403 on a write is a refusal of that write."""
    body = {"success": False, "error": "Deal limit reached", "code": "feature_capping_deals_limit"}
    sandbox.pipedrive.faults.add(Fault(status=403, body=body, method="POST"))

    with pytest.raises(RemoteRefused, match="Deal limit reached"):
        pipedrive.push(order(DEAL, None, [("title", "One too many")]))

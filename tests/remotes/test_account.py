"""The account and the branch as setting up sees them, against the twins and odd rows."""

from collections.abc import Iterator

import pytest

from hermes_sync.core.records import RemoteKind
from hermes_sync.ports import RemoteDenied, RemoteRefused, RemoteUnavailable
from hermes_sync.remotes import connect_pipedrive, connect_tc2
from hermes_sync.remotes.pipedrive.account import PipedriveAccount
from hermes_sync.remotes.pipedrive.account_rows import User, Webhook, rows
from hermes_sync.remotes.tc2.branch import Tc2Branch
from hermes_sync.sandbox import Sandbox
from hermes_sync.sandbox.faults import Fault
from tests.remotes.conftest import TwinTime


@pytest.fixture
def account(sandbox: Sandbox, time: TwinTime) -> Iterator[PipedriveAccount]:
    """Give the account of the twin."""
    found = PipedriveAccount(
        connect_pipedrive(base_url=sandbox.pipedrive.url, token=sandbox.pipedrive.token, clock=time)
    )
    yield found
    found.close()


@pytest.fixture
def branch(sandbox: Sandbox, time: TwinTime) -> Iterator[Tc2Branch]:
    """Give the branch of the twin."""
    found = Tc2Branch(connect_tc2(base_url=sandbox.tc2.url, key=sandbox.tc2.key, clock=time))
    yield found
    found.close()


def test_it_knows_its_users(sandbox: Sandbox, account: PipedriveAccount) -> None:
    """Who the key is, who else there is by id, and who left."""
    sandbox.pipedrive.add_user(5, name="Left", email="left@example.com", active=False, timezone="Asia/Tokyo")
    me = account.me()

    assert (me.id, me.name, me.is_admin) == (99, "Ada Byron", True)
    assert [user.id for user in account.users()] == [5, 97, 98, 99]
    left = account.users()[0]
    assert (left.is_active, left.is_admin, left.timezone) == (False, False, "Asia/Tokyo")
    assert account.server_time is not None


def test_what_it_asks_costs_what_the_twin_charges(sandbox: Sandbox, account: PipedriveAccount) -> None:
    """The tokens that are counted are those that Pipedrive takes."""
    account.me()
    account.users()
    account.pipelines()
    account.stages()
    account.custom_fields(RemoteKind.PERSON)
    account.create_field(RemoteKind.DEAL, "Colour", "varchar")
    hook = account.create_webhook(url="https://a.example", action="*", object_="deal", name="x", login=None)
    account.delete_webhook(hook.id)

    assert account.usage.tokens == sandbox.pipedrive.limits.spent


def test_pipelines_and_stages_come_as_people_see_them(sandbox: Sandbox, account: PipedriveAccount) -> None:
    """The order is the one of the board, not the one of the ids."""
    sandbox.pipedrive.edit("pipeline", 3, order_nr=0)
    sandbox.pipedrive.edit("stage", 8, order_nr=0)

    assert [one.name for one in account.pipelines()] == ["Enterprise", "PAYG", "Startup"]
    assert [one.id for one in account.stages() if one.pipeline_id == 2] == [8, 6, 7, 9, 10]


def test_custom_fields_come_from_all_pages(sandbox: Sandbox, account: PipedriveAccount) -> None:
    """Every custom field, and none that is built in."""
    for number in range(600):
        sandbox.pipedrive.add_field("person", f"Field {number}")
    found = account.custom_fields(RemoteKind.PERSON)

    assert len(found) == 601
    assert {field.name for field in found}.isdisjoint({"Name", "Email"})


@pytest.mark.parametrize("kind", [RemoteKind.ORGANIZATION, RemoteKind.PERSON, RemoteKind.DEAL])
def test_a_field_is_made(account: PipedriveAccount, kind: RemoteKind) -> None:
    """A new field has a key and is in the list."""
    made = account.create_field(kind, "Hermes number", "double")

    assert made in account.custom_fields(kind)
    assert (made.name, made.type, len(made.key)) == ("Hermes number", "double", 40)
    with pytest.raises(RemoteRefused):
        account.create_field(kind, "x" * 256, "varchar")


def test_a_webhook_is_made_listed_and_deleted(account: PipedriveAccount) -> None:
    """It says what was registered; deleting what is gone is fine; no password is in what it says of itself."""
    login = ("u", "hook-secret-1")
    made = account.create_webhook(url="https://a.example/x", action="*", object_="deal", name="ours", login=login)

    assert account.webhooks() == [made]
    assert (made.url, made.object, made.user, made.version, made.is_dead) == (
        "https://a.example/x", "deal", "u", "2.0", False,
    )  # fmt: skip
    assert "hook-secret-1" not in repr(made)
    account.delete_webhook(made.id)
    account.delete_webhook(made.id)
    assert account.webhooks() == []


def test_a_lost_answer_to_a_create_is_not_repeated(sandbox: Sandbox, account: PipedriveAccount) -> None:
    """A repetition would make a second one, so it is left to who looks first."""
    sandbox.pipedrive.faults.add(Fault(effect="cut", method="POST", carried_out=True))
    with pytest.raises(RemoteUnavailable) as lost:
        account.create_field(RemoteKind.DEAL, "Once", "varchar")

    assert lost.value.perhaps_done
    assert [one.name for one in account.custom_fields(RemoteKind.DEAL)].count("Once") == 1


def test_odd_rows_are_passed_over() -> None:
    """A row without an id harms no other one, and loose types are understood."""
    said = [None, {"name": "nobody"}, {"id": "7", "active_flag": 1, "is_admin": True}, {"id": 8, "email": " "}]

    assert rows(User, said) == [User(id=7, is_active=True, is_admin=True), User(id=8)]
    assert rows(User, {"id": 1}) == []
    assert rows(Webhook, [{"id": 1, "is_active": 0, "last_delivery_time": "0000-00-00"}])[0].last_delivery is None


def test_the_branch_shows_what_its_clients_have(sandbox: Sandbox, branch: Tc2Branch) -> None:
    """Attributes and colleagues of some clients, spread over the newest hundred, in either role version."""
    for number in range(30):
        sandbox.tc2.create_client(
            agency={"name": f"Agency {number}"} if number % 2 else None,
            sales_person=30,
            support_person=31 if number > 20 else None,
            extra_attrs={"utm_source": "search"},
            email=f"c{number}@example.com",
        )
    for roles in (1, 2):
        sandbox.tc2.roles = roles
        sample = branch.sample(10)

        assert (sample.count, sample.read) == (30, 10)
        assert 0 < sample.cligencies < 10
        assert sample.attributes == {"utm_source"}
        assert [(one.id, one.email, one.roles) for one in sample.colleagues] == [
            (30, "ada@example.com", {"sales_person"}),
            (31, "grace@example.com", {"associated_admin"}),
        ]


def test_a_client_that_goes_meanwhile_is_left_out(sandbox: Sandbox, branch: Tc2Branch) -> None:
    """The list and the details are two calls, between which a client may be deleted."""
    sandbox.tc2.create_client(agency={}, email="a@example.com")
    sandbox.tc2.faults.add(Fault(path="/clients/1/", status=404, body={"detail": "Not found."}))
    sample = branch.sample(5)

    assert (sample.count, sample.read) == (1, 0)


def test_a_key_that_tc2_does_not_accept_is_denied(sandbox: Sandbox, time: TwinTime) -> None:
    """A wrong key is told apart from a system that is down."""
    branch = Tc2Branch(connect_tc2(base_url=sandbox.tc2.url, key="wrong", clock=time))
    with pytest.raises(RemoteDenied, match=r"tc2\.api_key"):
        branch.sample(1)
    branch.close()

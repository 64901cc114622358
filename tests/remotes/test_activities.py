"""Activities: written whole, and known again by what they say."""

from typing import Any, Final

import pytest

from hermes_sync.core.records import RemoteKind
from hermes_sync.remotes.pipedrive.remote import PipedriveRemote
from hermes_sync.sandbox import Sandbox
from tests.remotes import fakes
from tests.remotes.fakes import Script, ok, order

ACTIVITY: Final = RemoteKind.ACTIVITY
SAID: Final[dict[str, Any]] = {
    "subject": "Sales call with Acme",
    "type": "meeting",
    "due_date": "2026-01-31",
    "due_time": "15:00",
    "duration": "00:30",
    "owner_id": 99,
    "org_id": 1,
    "person_id": 1,
    "deal_id": 1,
}
ROW: Final = {**SAID, "id": 7, "due_time": "15:00:00", "is_deleted": False}


def push(remote: PipedriveRemote, **more: object) -> int:
    """Push the activity, with some fields as a test wants them; return its id."""
    return remote.push(order(ACTIVITY, None, {**SAID, **more}.items())).remote_id


def test_an_activity_is_said_as_pipedrive_wants_it() -> None:
    """`person_id` is read-only there: the Person is the primary participant; what is not known is not said."""
    script = Script(ok({"id": 7}))

    assert push(fakes.pipedrive(script), deal_id=None, owner_id="99") == 7

    (body,) = script.bodies
    assert (script.requests[0].method, script.requests[0].url.path) == ("POST", "/api/v2/activities")
    assert body == {
        "subject": "Sales call with Acme",
        "type": "meeting",
        "due_date": "2026-01-31",
        "due_time": "15:00",
        "duration": "00:30",
        "owner_id": 99,
        "org_id": 1,
        "participants": [{"person_id": 1, "primary": True}],
    }


def test_a_pushed_activity_is_found_under_what_it_hangs_on(pipedrive: PipedriveRemote, sandbox: Sandbox) -> None:
    """Under its deal, else its Person, else its Org; another's is not found, nor one that was deleted."""
    twin = sandbox.pipedrive
    org, other = twin.create("organization", name="Acme"), twin.create("organization", name="Brown")
    person = twin.create("person", name="Mary Booth", org_id=org)
    deal = twin.create("deal", title="Acme", org_id=org, person_id=person)
    id_ = push(pipedrive, org_id=org, person_id=person, deal_id=deal)

    for named in ({"deal_id": deal}, {"person_id": person}, {"org_id": org}, {"deal_id": deal, "org_id": other}):
        hangs_on = {"deal_id": None, "person_id": None, "org_id": None, **named}
        assert pipedrive.find_activities({**SAID, **hangs_on}) == (id_,)
    assert pipedrive.find_activities({**SAID, "deal_id": None, "person_id": None, "org_id": other}) == ()
    assert pipedrive.find_activities({"subject": SAID["subject"]}) == ()
    twin.delete("activity", id_)
    assert pipedrive.find_activities({**SAID, "org_id": org}) == ()


def test_the_pages_of_a_long_list_are_all_looked_through(pipedrive: PipedriveRemote, sandbox: Sandbox) -> None:
    """An activity is found behind hundreds of others of its Org, each page costing ten tokens."""
    twin = sandbox.pipedrive
    org = twin.create("organization", name="Acme")
    for number in range(600):
        twin.create("activity", subject=f"Call {number}", type="call", org_id=org)
    id_ = push(pipedrive, org_id=org, person_id=None, deal_id=None)
    spent = pipedrive.usage.tokens

    assert pipedrive.find_activities({**SAID, "org_id": org, "person_id": None, "deal_id": None}) == (id_,)
    assert pipedrive.usage.tokens - spent == 20


@pytest.mark.parametrize(
    ("differing", "fits"),
    [
        ({}, True),
        ({"due_time": "15:00"}, True),
        ({"owner_id": {"value": 99}}, True),
        ({"is_deleted": None}, True),
        ({"note": 5, "participants": "odd"}, True),
        ({"due_time": "15:30:00"}, False),
        ({"due_time": ""}, False),
        ({"due_date": None}, False),
        ({"subject": "Support call with Acme"}, False),
        ({"type": "call"}, False),
        ({"owner_id": 98}, False),
        ({"is_deleted": True}, False),
        ({"id": None}, False),
        ({"subject": 7}, False),
    ],
)
def test_an_activity_is_told_from_others(differing: dict[str, object], fits: bool) -> None:
    """Type, subject, day, time to the minute and owner must be the same; an odd row is none of ours."""
    remote = fakes.pipedrive(Script(ok([None, {**ROW, **differing}])))

    assert remote.find_activities({**SAID, "person_id": None, "org_id": None}) == ((7,) if fits else ())

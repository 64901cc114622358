"""Saved replies of TC2, read as the pass would read them; and what no cassette holds."""

import re

import pytest

from hermes_sync.core.records import Cligency, Ref, Sr
from hermes_sync.ports import (
    Reading,
)
from tests.remotes import fakes
from tests.remotes.fakes import CLIENT, FakeClock, order, replayed

CLIGENCY = Cligency(
    id=10,
    agency_id=20,
    name="MyTutors",
    website="www.example.com",
    status="active",
    created="2024-01-01T00:00:00Z",
    paid_invoice_count=2,
    country="GB",
    price_plan="payg",
    signup_questionnaire='{"question": "answer"}',
    sales_person_id=30,
    support_person_id=30,
    email="mary@example.com",
    phone="0207 1128 953",
    recipients=(
        Sr(id=40, first_name="Mary", last_name="Booth", email="mary@example.com"),
        Sr(id=41, last_name="Smith"),
    ),
    pipedrive_url="https://example.pipedrive.com/organization/10",
    utm_source="google",
)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_both_versions_of_roles_say_the_same(version: str) -> None:
    """A cligency reads the same with a nested user and flat."""
    with replayed(f"tc2/client_{version}"):
        assert fakes.tc2().get(10) == Reading(ref=Ref(CLIENT, 10), record=CLIGENCY)


def test_the_minimal_client_is_read() -> None:
    """The least that hermes parses is enough, with an epoch as creation time."""
    with replayed("tc2/client_min"):
        record = fakes.tc2().get(10).record

    assert isinstance(record, Cligency)
    assert (record.created, record.phone, record.bdr_person_id) == ("2026-01-01T00:00:00Z", None, 30)
    assert record.linked_org_id == 10


def test_a_client_without_an_agency_is_no_cligency() -> None:
    """A client without meta_agency has an id and nothing else."""
    with replayed("tc2/client_without_agency"):
        assert fakes.tc2().get(3).record == Cligency(id=3)


def test_a_client_page_past_the_end_is_empty_and_last() -> None:
    """The list of clients ends where TC2 says that there is no such page."""
    remote = fakes.tc2()

    with replayed("tc2/clients"):
        first, second = remote.page(1), remote.page(2)

    assert (first.ids, first.count, first.is_last) == ((3,), 125, False)
    assert (second.ids, second.count, second.is_last) == ((), 125, True)


def test_a_client_in_the_trash_is_gone() -> None:
    """404 proves that a client is gone."""
    with replayed("tc2/gone"):
        assert fakes.tc2().get(10).is_gone


def test_tc2_is_told_changed_attributes_only() -> None:
    """A push to TC2 holds the changed attributes, and a dropdown as its slug."""
    remote = fakes.tc2()
    remote._attrs["termination_category"] = "termination_category"
    said = [
        ("pipedrive_url", "https://example.pipedrive.com/organization/10"),
        ("pipedrive_deal_stage", "Qualified"),
        ("termination_category", "Doesn't suit student"),
    ]
    seen = Cligency(id=10, dropdowns=("termination_category",))

    with replayed("tc2/push", with_body=True):
        assert remote.push(order(CLIENT, 10, said, seen=seen)).remote_id == 10


def test_tc2_over_its_limit_is_asked_again_after_2_4_6_and_8_seconds() -> None:
    """TC2's 429 is met with the waits that production found to work."""
    clock = FakeClock()

    with replayed("tc2/over_limit"):
        assert fakes.tc2(clock=clock).get(10).record is not None

    assert clock.slept == [2.0, 4.0, 6.0, 8.0]


def test_no_cassette_holds_a_secret() -> None:
    """Cassettes hold no key, no cookie, and no e-mail but at example.com."""
    cassettes = list(fakes.CASSETTES.rglob("*.yaml"))

    assert len(cassettes) > 20
    for path in cassettes:
        text = path.read_text(encoding="utf-8")
        found = re.search(r"(?i)x-api-token|authorization|api_token=|set-cookie|signature", text)
        assert found is None, f"{path}: {found}"
        assert set(re.findall(r"@([\w.-]+\w)", text)) <= {"example.com"}, path

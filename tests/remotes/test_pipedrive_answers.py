"""Saved replies of Pipedrive to what goes wrong, to searches and to writes."""

import pytest

from hermes_sync.core.records import Ref
from hermes_sync.ports import (
    ObjectGone,
    RemoteDenied,
    RemoteRefused,
    RemoteUnavailable,
)
from tests.remotes import fakes
from tests.remotes.fakes import DEAL, ORGANIZATION, PERSON, STAGE, FakeClock, order, replayed


@pytest.mark.parametrize(
    ("name", "least"), [("burst_with_reset", 2.0), ("burst_without_reset", 0.5), ("empty_200", 0.5)]
)
def test_what_passes_is_tried_again(name: str, least: float) -> None:
    """A 429 with or without its headers, and an empty 200, are tried again after a wait."""
    clock = FakeClock()
    remote = fakes.pipedrive(clock=clock)

    with replayed(f"pipedrive/{name}"):
        assert remote.get(STAGE, 1).record is not None

    assert remote.usage.requests == 2
    assert sum(clock.slept) >= least


def test_an_exhausted_day_is_not_tried_again() -> None:
    """A 429 with no tokens left of the day is the end for this pass."""
    remote = fakes.pipedrive()

    with replayed("pipedrive/daily_budget"), pytest.raises(RemoteUnavailable, match="daily token budget"):
        remote.get(STAGE, 1)

    assert (remote.usage.requests, remote.usage.daily_left) == (1, 0)


def test_cloudflare_closes_the_door_for_five_minutes() -> None:
    """After Cloudflare's page nothing is asked for 5 minutes; then it is."""
    clock = FakeClock()
    remote = fakes.pipedrive(clock=clock)

    with replayed("pipedrive/cloudflare"), pytest.raises(RemoteUnavailable, match="Cloudflare"):
        remote.get(STAGE, 1)
    clock.seconds += 299
    with pytest.raises(RemoteUnavailable, match="left alone"):
        remote.get(STAGE, 1)
    assert remote.usage.requests == 1
    clock.seconds += 2
    with replayed("pipedrive/stages_recorded"):
        assert list(remote.pages(STAGE))


def test_a_wrong_token_says_where_to_put_the_right_one() -> None:
    """401 names the system, the config key and its variable, and never the value."""
    with replayed("pipedrive/unauthorized"), pytest.raises(RemoteDenied) as caught:
        fakes.pipedrive().get(STAGE, 1)

    message = str(caught.value)
    assert "Pipedrive" in message
    assert "pipedrive.api_token" in message
    assert "HERMES_PIPEDRIVE__API_TOKEN" in message
    assert fakes.TOKEN not in message


def test_one_object_that_the_token_may_not_read_is_refused() -> None:
    """A JSON 403 for one object speaks of that object, and the message says what the key lacks."""
    with replayed("pipedrive/scope"), pytest.raises(RemoteRefused, match=r"Scope and URL mismatch.*permission"):
        fakes.pipedrive().get(STAGE, 1)


def test_a_list_that_the_token_may_not_read_is_denied() -> None:
    """A JSON 403 for a list is a permission that everything needs."""
    remote = fakes.pipedrive(lambda _: fakes.refusal("Scope and URL mismatch", 403))
    with pytest.raises(RemoteDenied, match="Scope and URL mismatch"):
        list(remote.pages(STAGE))


def test_search_hits_are_verified() -> None:
    """Of two hits the deleted one is dropped, because the index keeps it."""
    with replayed("pipedrive/search"):
        found = fakes.pipedrive().find(PERSON, 55839)

    assert [one.ref for one in found] == [Ref(PERSON, 1)]


def test_an_organization_is_created_as_hermes_always_did() -> None:
    """The body of a create is the one that production has sent for years."""
    fields = {
        ORGANIZATION: {
            "hermes_id": "7f8959760703808f36b3795c15310566b74f5134",
            "paid_invoice_count": "70527310be44839c869854b055788a69ecbbab66",
            "utm_source": "02ccf8be2c19db0d88f46b9fac20982f43cf1394",
        }
    }
    said = [
        ("name", "MyTutors"),
        ("owner_id", 1000),
        ("country", "GB"),
        ("hermes_id", "123"),
        ("paid_invoice_count", 2),
        ("utm_source", "2026-01-31"),
    ]

    with replayed("pipedrive/create_organization", with_body=True):
        receipt = fakes.pipedrive(fields=fields).push(order(ORGANIZATION, None, said))

    assert (receipt.remote_id, receipt.left_out) == (1, ())


def test_a_field_that_the_account_no_longer_has_is_left_out() -> None:
    """A 400 that names a custom key: the rest is pushed, and a notice says what was left out."""
    said = [("tc2_status", "active"), ("website", "www.example.com")]

    with replayed("pipedrive/unknown_custom_key"):
        receipt = fakes.pipedrive().push(order(ORGANIZATION, 1, said))

    assert receipt.left_out == ("tc2_status",)
    assert [(one.code, one.refs) for one in receipt.notices] == [("field-refused", ("pipedrive:organization:1",))]


def test_writing_to_a_deleted_deal_finds_it_gone() -> None:
    """400 ERR_DEAL_DELETED means that the object is gone."""
    with replayed("pipedrive/deleted_deal_write"), pytest.raises(ObjectGone):
        fakes.pipedrive().push(order(DEAL, 1, [("title", "New")]))


def test_a_refusal_without_a_field_is_for_good() -> None:
    """A 400 that names no field refuses the whole push, with Pipedrive's own reason."""
    with replayed("pipedrive/unnamed_refusal"), pytest.raises(RemoteRefused, match="not a valid 'string'") as caught:
        fakes.pipedrive().push(order(DEAL, 1, [("title", "New")]))

    assert (caught.value.status, caught.value.field) == (400, None)

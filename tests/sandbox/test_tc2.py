"""The TC2 twin over HTTP."""

from typing import Any

import httpx
import pytest

from hermes_sync.sandbox import Sandbox

CLIENTS = "/api/clients/"


@pytest.fixture
def mary(sb: Sandbox) -> int:
    """Give the id of a cligency."""
    return sb.tc2.create_client(
        agency={"id": 20, "name": "MyTutors", "status": "trial", "price_plan": "1-payg"},
        first_name="Mary",
        last_name="Booth",
        email="mary@example.com",
        phone="020 7946 0000",
        recipients=[{"id": 40, "first_name": "Mary", "last_name": "Booth", "email": "mary@example.com"}],
        extra_attrs={"utm_source": "search"},
        sales_person=30,
        support_person=31,
    )


def test_pages_are_thin_and_newest_first(sb: Sandbox, tc2: httpx.Client) -> None:
    """100 rows a page, largest id first, and a page past the end is a 404."""
    for number in range(125):
        sb.tc2.create_client(last_name=f"Client {number}")
    first = tc2.get(CLIENTS).json()
    second = tc2.get(first["next"]).json()

    assert [row["id"] for row in first["results"]] == list(range(125, 25, -1))
    assert (first["count"], first["previous"], second["next"]) == (125, None, None)
    assert second["results"][-1]["id"] == 1
    assert set(first["results"][0]) == {"id", "first_name", "last_name", "email", "url"}
    assert tc2.get(CLIENTS, params={"page": 3}).status_code == 404


def test_both_role_versions_tell_the_same(sb: Sandbox, tc2: httpx.Client, mary: int) -> None:
    """Version 1 nests the person below user, version 2 is flat."""
    nested = tc2.get(f"{CLIENTS}{mary}/").json()
    sb.tc2.roles = 2
    flat = tc2.get(f"{CLIENTS}{mary}/").json()

    assert nested["user"]["email"] == flat["email"] == "mary@example.com"
    assert "user" not in flat
    assert "photo" in flat
    for detail in (nested, flat):
        assert (detail["meta_agency"]["id"], detail["meta_agency"]["narc"]) == (20, False)
        assert (detail["sales_person"]["id"], detail["associated_admin"]["id"]) == (30, 31)
        assert detail["bdr_person"] is None
        assert [row["id"] for row in detail["paid_recipients"]] == [40]
        assert detail["extra_attrs"][0]["machine_name"] == "utm_source"


def test_a_client_without_agency_has_no_such_key(sb: Sandbox, tc2: httpx.Client) -> None:
    """Not every client is a cligency."""
    client = sb.tc2.create_client(last_name="Parent")
    assert "meta_agency" not in tc2.get(f"{CLIENTS}{client}/").json()


def test_an_update_changes_the_named_keys_only(sb: Sandbox, tc2: httpx.Client, mary: int) -> None:
    """Extra attributes are written by machine name, null clears, others stay."""
    body: dict[str, Any] = {"extra_attrs": {"pipedrive_id": 7, "pipedrive_url": "https://p.example.com"}}
    assert tc2.post(f"{CLIENTS}{mary}/", json=body).status_code == 200
    tc2.post(f"{CLIENTS}{mary}/", json={"extra_attrs": {"pipedrive_url": None}})

    attrs = sb.tc2.attrs(mary)
    assert (attrs["pipedrive_id"], attrs["pipedrive_url"], attrs["utm_source"]) == ("7", None, "search")


@pytest.mark.parametrize(
    "body",
    [
        {"extra_attrs": {"nonsense": "x"}},
        {"extra_attrs": [{"machine_name": "currency", "value": "GBP"}]},
        {"extra_attrs": {"termination_category": "Doesn't suit student"}},
        {"associated_admin": 999},
        {"meta_agency": {"status": "active"}},
        {"country": "United Kingdom (GB)"},
    ],
)
def test_a_bad_update_is_refused(sb: Sandbox, tc2: httpx.Client, mary: int, body: dict[str, Any]) -> None:
    """What TC2 doesn't know or doesn't let be written is a 400, and nothing changes."""
    before = sb.tc2.get_client(mary)
    assert tc2.post(f"{CLIENTS}{mary}/", json={"first_name": "New", **body}).status_code == 400
    assert sb.tc2.get_client(mary) == before


def test_a_dropdown_is_written_as_slug_and_read_as_label(sb: Sandbox, tc2: httpx.Client, mary: int) -> None:
    """The slug that was written reads as its label."""
    body = {"extra_attrs": {"termination_category": "doesnt-suit-student"}}
    assert tc2.post(f"{CLIENTS}{mary}/", json=body).status_code == 200
    assert sb.tc2.attrs(mary)["termination_category"] == "Doesn't suit student"


def test_creating_a_known_email_depends_on_the_version(sb: Sandbox, tc2: httpx.Client, mary: int) -> None:
    """Version 1 updates the client with that e-mail, version 2 refuses."""
    body = {"user": {"email": "mary@example.com", "last_name": "Jones"}, "status": "dormant", "country": 183}
    assert tc2.post(CLIENTS, json=body).json()["id"] == mary
    assert sb.tc2.get_client(mary)["user"]["last_name"] == "Jones"
    sb.tc2.roles = 2
    assert tc2.post(CLIENTS, json=body).status_code == 400
    assert tc2.post(CLIENTS, json={"first_name": "Ann"}).status_code == 400
    assert tc2.post(CLIENTS, json={"last_name": "Lee", "associated_admin": 31}).status_code == 201


def test_trashed_clients_are_gone_until_recovered(sb: Sandbox, tc2: httpx.Client, mary: int) -> None:
    """A deleted client is missing from the list and a 404 by id, and comes back when recovered."""
    reply = tc2.delete(f"{CLIENTS}{mary}/")
    assert reply.json() == {"message": f"Successfully deleted role {mary}: Mary Booth"}
    assert (tc2.get(CLIENTS).json()["count"], tc2.get(f"{CLIENTS}{mary}/").status_code) == (0, 404)
    sb.tc2.restore_client(mary)
    assert tc2.get(f"{CLIENTS}{mary}/").status_code == 200


def test_recipients_have_pages_and_details(tc2: httpx.Client, mary: int) -> None:
    """A recipient names the client who pays."""
    assert [row["id"] for row in tc2.get("/api/recipients/").json()["results"]] == [40]
    assert tc2.get("/api/recipients/40/").json()["paying_client"]["id"] == mary
    assert tc2.get("/api/recipients/41/").status_code == 404


def test_partial_edits_of_people(sb: Sandbox, mary: int) -> None:
    """An edit of the agency changes the named keys; recipients are replaced; None takes a person away."""
    sb.tc2.edit_client(mary, agency={"status": "active"}, sales_person=None, recipients=[{"last_name": "Lee"}])
    detail = sb.tc2.get_client(mary)

    assert (detail["meta_agency"]["status"], detail["meta_agency"]["name"]) == ("active", "MyTutors")
    assert (detail["sales_person"], detail["associated_admin"]["id"]) == (None, 31)
    assert [row["id"] for row in detail["paid_recipients"]] == [41]
    sb.tc2.edit_client(mary, agency=None)
    assert "meta_agency" not in sb.tc2.get_client(mary)


def test_the_key_is_asked_for(sb: Sandbox) -> None:
    """A missing or wrong key is a 401."""
    for headers in ({}, {"authorization": "token wrong"}):
        assert httpx.get(f"{sb.tc2.url}{CLIENTS}", headers=headers).status_code == 401

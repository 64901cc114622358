"""Every v2 endpoint of the twin against the official contract of Pipedrive."""

import httpx
import pytest

from hermes_sync.sandbox import Sandbox
from hermes_sync.sandbox.exchange import Json
from tests.sandbox.openapi import check_exchange

KINDS = ["organizations", "persons", "deals", "activities", "pipelines", "stages"]
ADDRESS = {"value": "United Kingdom", "country": "United Kingdom"}
MAIL = {"value": "mary@example.com", "label": "work", "primary": True}
BODIES: dict[str, tuple[dict[str, Json], dict[str, Json]]] = {
    "organizations": ({"name": "Acme", "owner_id": 99, "address": ADDRESS}, {"name": "Acme Ltd"}),
    "persons": ({"name": "Mary Booth", "org_id": 1, "emails": [MAIL]}, {"first_name": "Ann", "phones": [MAIL]}),
    "deals": (
        {"title": "Acme", "org_id": 1, "person_id": 1, "stage_id": 1, "status": "open", "owner_id": 99},
        {"status": "won", "value": 12.5, "currency": "EUR"},
    ),
    "activities": (
        {
            "subject": "Sales call",
            "type": "meeting",
            "due_date": "2026-06-01",
            "due_time": "15:00",
            "duration": "00:30",
            "deal_id": 1,
            "participants": [{"person_id": 1, "primary": True}],
        },
        {"done": True, "note": "Went well"},
    ),
    "pipelines": ({"name": "New"}, {"name": "Newer"}),
    "stages": ({"name": "New", "pipeline_id": 1}, {"name": "Newer", "deal_probability": 50}),
}


class Checked:
    """A client that checks every exchange with the contract."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def __call__(self, method: str, path: str, body: Json = None, **query: Json) -> httpx.Response:
        """Make a request that must succeed and fit."""
        reply = self.client.request(method, f"/api/v2/{path}", params=query, json=body)
        check_exchange(method, f"/api/v2/{path}", query, body, reply.status_code, reply.json())
        assert reply.status_code == 200, reply.text
        return reply


@pytest.fixture
def call(sb: Sandbox, pd: httpx.Client) -> Checked:
    """Give the checking client, in a world with one record of each kind."""
    twin = sb.pipedrive
    twin.create("organization", name="Bare")
    twin.create("person", name="Solo")
    twin.create("deal", title="Bare", org_id=1)
    twin.create("activity", subject="Call", type="call")
    return Checked(pd)


@pytest.mark.parametrize("collection", KINDS)
def test_records_fit_the_contract(call: Checked, collection: str) -> None:
    """POST, GET, PATCH, list and DELETE of every kind say what the contract says."""
    new, changes = BODIES[collection]
    row_id = call("POST", collection, new).json()["data"]["id"]
    call("GET", f"{collection}/{row_id}")
    call("PATCH", f"{collection}/{row_id}", changes)
    call("GET", collection, limit=500, sort_by="update_time", sort_direction="desc")
    call("DELETE", f"{collection}/{row_id}")


@pytest.mark.parametrize("collection", ["organizations", "persons", "deals", "activities"])
def test_polling_fits_the_contract(call: Checked, collection: str) -> None:
    """The parameters of a poll are known to the contract."""
    call("GET", collection, updated_since="2026-05-14T12:00:00Z", limit=500, ids="1,2")


def test_deals_of_every_state_fit_the_contract(sb: Sandbox, call: Checked) -> None:
    """Lost, deleted and archived deals are listed in the contract's shape."""
    for title in ("lost", "deleted", "archived"):
        sb.pipedrive.create("deal", title=title)
    sb.pipedrive.edit("deal", 2, status="lost", lost_reason="price")
    sb.pipedrive.delete("deal", 3)
    sb.pipedrive.archive(4)

    listed = call("GET", "deals", status="open,won,lost,deleted").json()["data"]
    assert [row["id"] for row in listed] == [1, 2, 3]
    assert [row["id"] for row in call("GET", "deals/archived", limit=500).json()["data"]] == [4]


@pytest.mark.parametrize("collection", ["organizations", "persons", "deals"])
def test_searches_fit_the_contract(call: Checked, collection: str) -> None:
    """Search answers in the contract's shape."""
    term = "solo" if collection == "persons" else "bare"
    assert call("GET", f"{collection}/search", term=term, exact_match="true", limit=10).json()["data"]["items"]


def test_the_field_search_takes_the_contracts_parameters(call: Checked) -> None:
    """The search in one field finds a person by its name."""
    reply = call("GET", "itemSearch/field", term="sol", entity_type="person", field="name", match="beginning")
    assert reply.json()["data"] == [{"id": 1, "name": "Solo"}]


@pytest.mark.parametrize("collection", ["organizationFields", "personFields", "dealFields"])
def test_fields_fit_the_contract(call: Checked, collection: str) -> None:
    """Custom fields are listed, created and read in the contract's shape."""
    body = {"field_name": "Level", "field_type": "enum", "options": [{"label": "High"}, {"label": "Low"}]}
    code = call("POST", collection, body).json()["data"]["field_code"]
    call("GET", collection, limit=500)
    assert call("GET", f"{collection}/{code}").json()["data"]["options"][1] == {"id": 2, "label": "Low"}


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("GET", "/api/v2/organizations", {"page": 1}, None),
        ("GET", "/api/v2/organizations", {"sort_by": "name"}, None),
        ("GET", "/api/v2/pipelines", {"updated_since": "2026-05-14T12:00:00Z"}, None),
        ("GET", "/api/v2/organizations/search", {}, None),
        ("POST", "/api/v2/organizations", {}, {"title": "Acme"}),
        ("POST", "/api/v2/deals", {}, {"org_id": 1}),
        ("POST", "/api/v2/deals", {}, {"title": "Acme", "org_id": "1"}),
        ("PATCH", "/api/v2/persons/1", {}, {"emails": ["mary@example.com"]}),
        ("PATCH", "/api/v2/deals/1", {}, {"title": None}),
        ("PUT", "/api/v2/deals/1", {}, {"title": "Acme"}),
        ("GET", "/api/v2/nonsense", {}, None),
    ],
)
def test_the_check_finds_what_leaves_the_contract(
    method: str, path: str, query: dict[str, Json], body: dict[str, Json] | None
) -> None:
    """Unknown parameters, keys, paths and wrong types are all found in requests."""
    with pytest.raises(AssertionError):
        check_exchange(method, path, query, body, 400, {})


@pytest.mark.parametrize("broken", [{"id": "1"}, {"name": None}, {"nonsense": 1}])
def test_the_check_finds_broken_answers(broken: dict[str, Json]) -> None:
    """Wrong types, nulls and unknown keys are found in answers."""
    answer = {"success": True, "data": {"id": 1, "name": "Acme", **broken}}
    with pytest.raises(AssertionError, match=next(iter(broken))):
        check_exchange("GET", "/api/v2/organizations/1", {}, None, 200, answer)

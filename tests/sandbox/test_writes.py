"""Writes to the Pipedrive twin: strict bodies, derived values, deletions, archives and merges."""

from collections.abc import Callable

import httpx
import pytest

from hermes_sync.sandbox import Sandbox
from hermes_sync.sandbox.exchange import Json

Ids = Callable[..., list[int]]
SCHEMA = "ERR_SCHEMA_VALIDATION_FAILED"


@pytest.fixture
def acme(sb: Sandbox) -> Sandbox:
    """Give a world with an organization, a person, a deal and an activity, all with id 1."""
    twin = sb.pipedrive
    twin.create("organization", name="Acme", country="United Kingdom", custom={"hermes_id": "5"})
    twin.create("person", name="Mary Booth", org_id=1, emails=["mary@example.com"])
    twin.create("deal", title="Acme", org_id=1, person_id=1, stage_id=1)
    twin.create("activity", subject="Call", type="call", deal_id=1)
    sb.clock.advance(10)
    return sb


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("organizations/1", {"nonsense": 1}, "nonsense"),
        ("organizations/1", {"name": 5}, "name"),
        ("organizations/1", {"name": "Fine", "update_time": "2026-01-01T00:00:00Z"}, "update_time"),
        ("organizations/1", {"owner_id": "99"}, "owner_id"),
        ("organizations/1", {"owner_id": 12345}, "owner_id"),
        ("organizations/1", {"address": {"country": "GB"}}, "address"),
        ("organizations/1", {"custom_fields": {"title": "x"}}, "title"),
        ("persons/1", {"emails": ["mary@example.com"]}, "emails"),
        ("persons/1", {"emails": [{"value": "m@example.com", "kind": "x"}]}, "emails"),
        ("persons/1", {"org_id": 77}, "org_id"),
        ("deals/1", {"update_time": "2026-01-01T00:00:00Z"}, "update_time"),
        ("deals/1", {"stage_change_time": "2026-01-01T00:00:00Z"}, "stage_change_time"),
        ("deals/1", {"status": "deleted"}, "status"),
        ("deals/1", {"lost_reason": "price"}, "lost_reason"),
        ("deals/1", {"probability": 50}, "probability"),
        ("deals/1", {"pipeline_id": 1, "stage_id": 6}, "stage_id"),
        ("deals/1", {"value": True}, "value"),
        ("deals/1", {"expected_close_date": None}, "The value is not a valid 'string'"),
        ("activities/1", {"person_id": 1}, "read-only"),
        ("activities/1", {"type": "coffee"}, "type"),
        ("activities/1", {"marked_as_done_time": "2026-01-01T00:00:00Z"}, "marked_as_done_time"),
        ("stages/1", {"order_nr": 2}, "order_nr"),
    ],
)
def test_one_bad_key_refuses_the_whole_body(
    acme: Sandbox, pd: httpx.Client, path: str, body: dict[str, Json], named: str
) -> None:
    """A key that is unknown, read-only or of the wrong type is a 400, and nothing of the body is written."""
    before = pd.get(f"/api/v2/{path}").json()
    reply = pd.patch(f"/api/v2/{path}", json=body)

    assert reply.status_code == 400
    assert named in reply.json()["error"]
    assert pd.get(f"/api/v2/{path}").json() == before


@pytest.mark.parametrize(
    ("field_type", "good", "bad"),
    [
        ("varchar", "x", 5),
        ("text", "x", ["x"]),
        ("double", 1.5, "1.5"),
        ("monetary", {"value": 5, "currency": "GBP"}, 5),
        ("enum", 2, 9),
        ("set", [1, 2], []),
        ("user", 99, "99"),
        ("date", "2026-02-29", "29/02/2026"),
        ("daterange", {"value": "2026-01-01", "until": "2026-02-01"}, "2026-01-01"),
        ("phone", "+44 20 7946 0000", {"value": "1"}),
    ],
)
def test_custom_values_must_fit_their_type(
    acme: Sandbox, pd: httpx.Client, field_type: str, good: Json, bad: Json
) -> None:
    """Each field type takes its own shape and refuses others; null clears any of them."""
    reply = pd.post(
        "/api/v2/organizationFields",
        json={"field_name": "Extra", "field_type": field_type, "options": [{"label": "a"}, {"label": "b"}]},
    )
    key = reply.json()["data"]["field_code"]

    def write(value: Json) -> httpx.Response:
        return pd.patch("/api/v2/organizations/1", json={"custom_fields": {key: value}})

    assert len(key) == 40
    assert write(good).json()["data"]["custom_fields"][key] == good
    assert (write(bad).status_code, key in write(bad).json()["error"]) == (400, True)
    assert write(None).json()["data"]["custom_fields"][key] is None


def test_a_patch_leaves_other_custom_fields_alone_and_bumps_the_time(acme: Sandbox, pd: httpx.Client) -> None:
    """PATCH changes the named custom field only, and an equal value bumps update_time all the same."""
    key = acme.pipedrive.field_key("organization", "website")
    pd.patch("/api/v2/organizations/1", json={"custom_fields": {key: "https://a.example.com"}})
    acme.clock.advance(10)
    reply = pd.patch("/api/v2/organizations/1", json={"custom_fields": {key: "https://a.example.com"}})

    assert acme.pipedrive.custom("organization", 1)["hermes_id"] == "5"
    assert reply.json()["data"]["update_time"] == "2026-05-14T12:00:20Z"


def test_a_removed_custom_field_breaks_later_writes(acme: Sandbox, pd: httpx.Client) -> None:
    """The key of a custom field that people deleted is unknown from then on."""
    key = acme.pipedrive.field_key("organization", "website")
    acme.pipedrive.remove_field("organization", "website")
    reply = pd.patch("/api/v2/organizations/1", json={"name": "New", "custom_fields": {key: "x"}})

    assert (reply.status_code, reply.json()["code"]) == (400, SCHEMA)
    assert acme.pipedrive.get("organization", 1)["name"] == "Acme"


def test_a_retyped_field_keeps_what_makes_sense(acme: Sandbox) -> None:
    """Turning a text field into a number keeps numbers and loses other texts."""
    acme.pipedrive.set_field_type("organization", "hermes_id", "double")
    assert acme.pipedrive.custom("organization", 1)["hermes_id"] == 5
    acme.pipedrive.set_field_type("organization", "hermes_id", "varchar")
    assert acme.pipedrive.custom("organization", 1)["hermes_id"] == "5"


def test_names_follow_each_other(acme: Sandbox, pd: httpx.Client) -> None:
    """A person's name is recomputed from first and last name, and they from the name."""
    first = pd.patch("/api/v2/persons/1", json={"last_name": "Jones"}).json()["data"]
    whole = pd.patch("/api/v2/persons/1", json={"name": "Ann Mary Lee"}).json()["data"]

    assert first["name"] == "Mary Jones"
    assert (whole["first_name"], whole["last_name"]) == ("Ann Mary", "Lee")


def test_contact_lists_are_replaced_whole(acme: Sandbox, pd: httpx.Client) -> None:
    """Writing one e-mail drops the others, and one of the list is always primary."""
    emails = [{"value": "a@example.com"}, {"value": "b@example.com", "primary": True}]
    reply = pd.patch("/api/v2/persons/1", json={"emails": emails}).json()["data"]["emails"]

    assert [(one["value"], one["primary"]) for one in reply] == [("a@example.com", False), ("b@example.com", True)]


def test_a_deal_takes_pipeline_and_times_from_its_stage_and_status(acme: Sandbox, pd: httpx.Client) -> None:
    """The stage decides the pipeline, and won or lost stamps its times."""
    moved = pd.patch("/api/v2/deals/1", json={"stage_id": 7}).json()["data"]
    won = pd.patch("/api/v2/deals/1", json={"status": "won"}).json()["data"]
    again = pd.patch("/api/v2/deals/1", json={"status": "open"}).json()["data"]
    placed = pd.post("/api/v2/deals", json={"title": "New", "pipeline_id": 3}).json()["data"]

    assert (moved["pipeline_id"], moved["stage_change_time"]) == (2, "2026-05-14T12:00:10Z")
    assert (won["won_time"], won["close_time"], won["lost_time"]) == (acme.clock.stamp(), acme.clock.stamp(), None)
    assert (again["won_time"], again["close_time"]) == (None, None)
    assert (placed["stage_id"], placed["status"]) == (11, "open")


def test_an_empty_close_date_is_stored_as_zeros(acme: Sandbox, pd: httpx.Client) -> None:
    """expected_close_date can't be cleared: empty text becomes 0000-00-00."""
    reply = pd.patch("/api/v2/deals/1", json={"expected_close_date": ""})

    assert reply.json()["data"]["expected_close_date"] == "0000-00-00"


def test_an_activity_bumps_what_it_hangs_on(acme: Sandbox, pd: httpx.Client) -> None:
    """A new activity gives its deal and organization a new update time, with the same fields."""
    body = {
        "subject": "Sales call",
        "type": "meeting",
        "due_date": "2026-06-01",
        "due_time": "15:00",
        "duration": "00:30",
        "org_id": 1,
        "participants": [{"person_id": 1, "primary": True}],
    }
    reply = pd.post("/api/v2/activities", json=body).json()["data"]

    assert (reply["person_id"], reply["due_time"], reply["duration"]) == (1, "15:00:00", "00:30:00")
    assert acme.pipedrive.get("organization", 1)["update_time"] == acme.clock.stamp()


@pytest.mark.parametrize("collection", ["organizations", "persons", "activities", "pipelines", "stages", "deals"])
def test_a_deleted_record_leaves_lists_and_stays_by_id(
    acme: Sandbox, pd: httpx.Client, ids: Ids, collection: str
) -> None:
    """A soft-deleted record vanishes from lists, answers 200 with is_deleted, 410 twice, 404 after 30 days."""
    path = f"/api/v2/{collection}/1"
    assert pd.delete(path).json() == {"success": True, "data": {"id": 1}}

    assert 1 not in ids(collection)
    row = pd.get(path).json()["data"]
    assert (row["is_deleted"], row["update_time"]) == (True, acme.clock.stamp())
    assert pd.delete(path).status_code == 410
    acme.clock.advance(30 * 86_400)
    assert pd.get(path).status_code == 404


def test_ids_leave_deleted_records_out(acme: Sandbox, pd: httpx.Client, ids: Ids) -> None:
    """Asking for a deleted record by ids= gives nothing, without an error."""
    pd.delete("/api/v2/organizations/1")
    assert ids("organizations", ids="1") == []


def test_deleted_deals_are_listed_for_thirty_days(acme: Sandbox, pd: httpx.Client, ids: Ids) -> None:
    """status=deleted lists a deleted deal until it is purged."""
    pd.delete("/api/v2/deals/1")
    assert ids("deals") == ids("deals", status="open,won,lost") == []
    assert ids("deals", status="open,won,lost,deleted") == [1]
    acme.clock.advance(30 * 86_400)
    assert ids("deals", status="deleted") == []


@pytest.mark.parametrize(
    ("collection", "code"),
    [
        ("deals", "ERR_DEAL_DELETED"),
        ("organizations", "ERR_ORGANIZATION_DELETED"),
        ("persons", "ERR_PERSON_DELETED"),
    ],
)
def test_a_deleted_record_cannot_be_edited(acme: Sandbox, pd: httpx.Client, collection: str, code: str) -> None:
    """Editing something deleted is a 400 with its own code."""
    pd.delete(f"/api/v2/{collection}/1")
    reply = pd.patch(f"/api/v2/{collection}/1", json={"owner_id": 99})

    assert (reply.status_code, reply.json()["code"]) == (400, code)


def test_purge_and_restore_are_what_people_do(acme: Sandbox, pd: httpx.Client, ids: Ids) -> None:
    """A restored record is back in lists with a new time; a purged one is gone by id."""
    acme.pipedrive.delete("deal", 1)
    acme.clock.advance(5)
    acme.pipedrive.restore("deal", 1)
    assert pd.get("/api/v2/deals/1").json()["data"]["status"] == "open"
    assert ids("deals", updated_since=acme.clock.stamp()) == [1]

    acme.pipedrive.purge("deal", 1)
    assert pd.get("/api/v2/deals/1").status_code == 404


def test_archived_deals_move_to_their_own_list(acme: Sandbox, pd: httpx.Client, ids: Ids) -> None:
    """An archived deal leaves /deals without being deleted, can be read, and refuses edits."""
    acme.pipedrive.archive(1)
    assert (ids("deals"), ids("deals/archived")) == ([], [1])
    assert pd.get("/api/v2/deals/1").json()["data"]["is_archived"] is True
    assert pd.patch("/api/v2/deals/1", json={"title": "x"}).status_code == 400

    assert pd.patch("/api/v2/deals/1", json={"is_archived": False}).status_code == 200
    assert (ids("deals"), ids("deals/archived")) == ([1], [])


def test_a_merge_joins_texts_and_moves_links(acme: Sandbox, pd: httpx.Client) -> None:
    """The loser goes, its links and missing fields move, texts are joined, children keep their times."""
    twin = acme.pipedrive
    twin.add_field("organization", "score", "double")
    twin.edit("organization", 1, custom={"score": 1, "website": "https://a.example.com"})
    winner = twin.create("organization", name="Winner", custom={"hermes_id": "9", "score": 2})
    before = twin.get("person", 1)["update_time"]
    acme.clock.advance(10)
    reply = pd.put("/api/v1/organizations/1/merge", json={"merge_with_id": winner})

    values = twin.custom("organization", winner)
    assert reply.json()["data"] == {"id": winner}
    assert (values["hermes_id"], values["score"], values["website"]) == ("9, 5", 2, "https://a.example.com")
    assert twin.get("organization", winner)["address"]["value"] == "United Kingdom"
    assert twin.get("organization", winner)["update_time"] == acme.clock.stamp()
    assert (twin.get("person", 1)["org_id"], twin.get("person", 1)["update_time"]) == (winner, before)
    assert twin.get("deal", 1)["org_id"] == winner
    assert pd.get("/api/v2/organizations/1").json()["data"]["is_deleted"] is True


def test_requests_without_the_right_token_are_refused(sb: Sandbox) -> None:
    """A missing or wrong token is a 401 with a JSON body."""
    for headers in ({}, {"x-api-token": "wrong"}):
        reply = httpx.get(f"{sb.pipedrive.url}/api/v2/deals", headers=headers)
        assert (reply.status_code, reply.json()["success"]) == (401, False)


def test_search_lags_and_keeps_deleted_organizations(acme: Sandbox, pd: httpx.Client) -> None:
    """The search index learns late of new records, and never of an organization's deletion."""

    def found(kind: str, term: str, **query: str) -> list[int]:
        reply = pd.get(f"/api/v2/{kind}/search", params={"term": term, **query})
        return [hit["item"]["id"] for hit in reply.json()["data"]["items"]]

    acme.pipedrive.search_lag = 30
    acme.pipedrive.create("organization", name="Fresh")
    assert found("organizations", "fresh") == []
    acme.clock.advance(30)
    assert found("organizations", "fresh") == [2]
    assert found("organizations", "5", exact_match="true", fields="custom_fields") == [1]
    assert found("persons", "MARY@example.com", fields="email") == [1]
    assert found("deals", "acm") == [1]

    for kind in ("organization", "person", "deal"):
        acme.pipedrive.delete(kind, 1)
    acme.clock.advance(7200)
    assert (found("organizations", "acme"), found("persons", "mary"), found("deals", "acme")) == ([1], [], [])
    assert pd.get("/api/v2/organizations/search", params={"term": "a"}).status_code == 400


def test_search_knows_what_was_edited_by_what_it_said_before(sb: Sandbox, pd: httpx.Client) -> None:
    """A record whose creation the index knows is found by its old name until the index knows of the edit."""

    def found(term: str) -> list[int]:
        reply = pd.get("/api/v2/organizations/search", params={"term": term})
        return [hit["item"]["id"] for hit in reply.json()["data"]["items"]]

    sb.pipedrive.search_lag = 30
    created = sb.pipedrive.create("organization", name="First")
    sb.clock.advance(40)
    sb.pipedrive.edit("organization", created, name="Second")
    sb.clock.advance(20)
    sb.pipedrive.edit("organization", created, name="Third")
    assert (found("first"), found("second"), found("third")) == ([created], [], [])
    sb.clock.advance(10)
    assert (found("first"), found("second"), found("third")) == ([], [created], [])
    sb.clock.advance(20)
    assert (found("first"), found("second"), found("third")) == ([], [], [created])

"""Lists of the Pipedrive twin: pages, filters, time windows and lag."""

from collections.abc import Callable

import httpx
import pytest

from hermes_sync.sandbox import Sandbox, populate

Ids = Callable[..., list[int]]


def test_pages_follow_the_cursor_to_the_end(sb: Sandbox, pd: httpx.Client) -> None:
    """Following next_cursor until null gives every row once, whatever the order."""
    for number in range(25):
        sb.pipedrive.create("organization", name=f"Company {number}")
        sb.clock.advance(number % 2)

    for sort_by in ("id", "update_time", "add_time"):
        for direction in ("asc", "desc"):
            query = {"limit": "7", "sort_by": sort_by, "sort_direction": direction}
            seen = []
            while True:
                page = pd.get("/api/v2/organizations", params=query).json()
                seen += [row["id"] for row in page["data"]]
                cursor = page["additional_data"]["next_cursor"]
                if cursor is None:
                    break
                query["cursor"] = cursor

            assert seen == sorted(range(1, 26), reverse=direction == "desc")


def test_a_row_updated_while_paging_is_seen_again_ascending_and_missed_descending(
    sb: Sandbox, pd: httpx.Client
) -> None:
    """A row that changes between two pages moves to the end by update_time, and away from a descending reader."""
    for number in range(4):
        sb.pipedrive.create("organization", name=f"Company {number}")
        sb.clock.advance(1)
    up = {"limit": "2", "sort_by": "update_time"}
    down = {**up, "sort_direction": "desc"}
    first_up = pd.get("/api/v2/organizations", params=up).json()
    first_down = pd.get("/api/v2/organizations", params=down).json()
    sb.pipedrive.touch("organization", 1)

    def rest(query: dict[str, str], page: dict[str, dict[str, str]]) -> list[int]:
        cursor = page["additional_data"]["next_cursor"]
        reply = pd.get("/api/v2/organizations", params={**query, "cursor": cursor, "limit": "9"})
        return [row["id"] for row in reply.json()["data"]]

    assert rest(up, first_up) == [3, 4, 1]
    assert rest(down, first_down) == [2]


def test_updated_since_is_inclusive_and_until_exclusive(sb: Sandbox, ids: Ids) -> None:
    """The second named by updated_since is in, the one named by updated_until is out."""
    sb.pipedrive.create("organization", name="At the boundary")

    assert ids("organizations", updated_since="2026-05-14T12:00:00Z") == [1]
    assert ids("organizations", updated_since="2026-05-14T12:00:01Z") == []
    assert ids("organizations", updated_until="2026-05-14T12:00:00Z") == []
    assert ids("organizations", updated_until="2026-05-14T12:00:01Z") == [1]
    assert ids("organizations", updated_since="2026-05-14T14:00:00+02:00") == [1]


@pytest.mark.parametrize(
    ("collection", "query"),
    [
        ("organizations", {"updated_since": "2026-05-14T12:00:00.123Z"}),
        ("organizations", {"updated_since": "2026-05-14 12:00:00"}),
        ("organizations", {"limit": "501"}),
        ("organizations", {"limit": "0"}),
        ("organizations", {"cursor": "nonsense"}),
        ("organizations", {"sort_by": "name"}),
        ("organizations", {"status": "open"}),
        ("organizations", {"ids": ",".join(map(str, range(1, 102)))}),
        ("organizations", {"custom_fields": ",".join(["a"] * 16)}),
        ("pipelines", {"updated_since": "2026-05-14T12:00:00Z"}),
        ("stages", {"updated_since": "2026-05-14T12:00:00Z"}),
        ("activities", {"type": "call"}),
        ("deals", {"status": "open,gone"}),
        ("deals/archived", {"include_labels": "true"}),
    ],
)
def test_a_bad_parameter_is_refused(pd: httpx.Client, collection: str, query: dict[str, str]) -> None:
    """A parameter that is unknown or malformed is a 400, never ignored."""
    reply = pd.get(f"/api/v2/{collection}", params=query)

    assert reply.status_code == 400
    assert reply.json()["success"] is False
    assert next(iter(query)) in reply.json()["error"]


def test_lists_lag_under_updated_since_only(sb: Sandbox, pd: httpx.Client, ids: Ids) -> None:
    """A record just written is there by id and in plain lists, and late under updated_since."""
    sb.pipedrive.list_lag = 5
    sb.pipedrive.create("organization", name="New")
    since = "2026-05-14T00:00:00Z"

    assert pd.get("/api/v2/organizations/1").status_code == 200
    assert ids("organizations") == [1]
    assert ids("organizations", updated_since=since) == []
    sb.clock.advance(5)
    assert ids("organizations", updated_since=since) == [1]


def test_a_null_update_time_is_outside_every_window(sb: Sandbox, ids: Ids) -> None:
    """A record without an update time is listed, but never as updated since."""
    sb.pipedrive.create("organization", name="Old", update_time=None)

    assert ids("organizations") == [1]
    assert ids("organizations", updated_since="2000-01-01T00:00:00Z") == []


def test_filters_by_link_owner_and_place(sb: Sandbox, ids: Ids) -> None:
    """Lists filter by owner, organization, person, deal, pipeline, stage and status."""
    twin = sb.pipedrive
    for name, owner in (("A", 99), ("B", 98)):
        org = twin.create("organization", name=name, owner_id=owner)
        person = twin.create("person", name=f"Ann {name}", org_id=org)
        deal = twin.create("deal", title=name, org_id=org, person_id=person, stage_id=1 + 5 * (org - 1))
        twin.create("activity", subject="Call", type="call", deal_id=deal, org_id=org)
    twin.edit("deal", 2, status="won")

    assert ids("organizations", owner_id=98) == [2]
    assert ids("persons", org_id=2) == ids("persons", deal_id=2) == [2]
    assert ids("deals", person_id=1) == ids("deals", pipeline_id=1) == ids("deals", stage_id=1) == [1]
    assert ids("deals", status="won,lost") == [2]
    assert ids("deals", status="open,won") == [1, 2]
    assert ids("activities", deal_id=1) == ids("activities", org_id=1) == [1]
    assert ids("stages", pipeline_id=2) == [6, 7, 8, 9, 10]
    assert ids("stages", pipeline_id=77) == []
    assert ids("organizations", ids="2,7,1") == [1, 2]


def test_custom_fields_are_complete_or_null(sb: Sandbox, pd: httpx.Client) -> None:
    """Every custom field of the account is there, null when empty; without any the whole is null."""
    twin = sb.pipedrive
    twin.create("organization", name="A", custom={"website": "https://a.example.com"})
    twin.create("person", name="Ann")
    twin.remove_field("person", "hermes_id")
    key = twin.field_key("organization", "website")

    values = pd.get("/api/v2/organizations/1").json()["data"]["custom_fields"]
    assert values[key] == "https://a.example.com"
    assert list(values.values()).count(None) == 12
    only = pd.get("/api/v2/organizations", params={"custom_fields": key}).json()["data"][0]
    assert only["custom_fields"] == {key: "https://a.example.com"}
    assert pd.get("/api/v2/persons/1").json()["data"]["custom_fields"] is None


def test_populate_fills_a_world_that_pages_quickly(pd: httpx.Client, sb: Sandbox, ids: Ids) -> None:
    """Many records can be put in at once; none of them is recent, and all are linked."""
    populate(sb, 2000, persons_per_org=2, clients=3)
    try:
        assert len(ids("organizations", limit=500)) == 500
        assert ids("persons", org_id=1000) == [1999, 2000]
        assert ids("deals", updated_since="2026-05-14T11:00:00Z") == []
        assert sb.tc2.attrs(1)["pipedrive_id"] == "1"
        assert sb.pipedrive.create("organization", name="Next") == 2001
    finally:
        sb.reset()

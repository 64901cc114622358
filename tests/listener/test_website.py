"""What the website asks besides bookings: whose turn it is, where the visitor is, which companies there are."""

from typing import Any

from sqlalchemy import event

from tests.listener.rig import ADMINS, Served, plant_companies

TOLD_OF_ADMINS = ("id", "first_name", "last_name", "email", "tc2_admin_id", "pd_owner_id", "timezone")


def admin(number: int) -> dict[str, object]:
    """Return what is told of an admin."""
    row = {"timezone": "UTC", "pd_owner_id": None, **ADMINS[number - 1]}
    return {name: row[name] for name in TOLD_OF_ADMINS}


def test_sales_admins_take_turns(served_on_both: Served) -> None:
    """The next by id after the sales person of the newest Company of the plan, wrapping round."""
    ask = "/choose-roundrobin/sales/?plan=payg&country_code=GB"
    assert served_on_both.http.get(ask).json() == admin(1)

    plant_companies(served_on_both.store, {"id": 1, "price_plan": "payg", "sales_person_id": 1})
    assert served_on_both.http.get(ask).json() == admin(2)

    plant_companies(served_on_both.store, {"id": 2, "price_plan": "payg", "sales_person_id": 2})
    assert served_on_both.http.get(ask).json() == admin(1)


def test_a_country_has_its_admins(served: Served) -> None:
    """Without a country it is GB; where nobody sells, everybody does."""
    plant_companies(served.store, {"id": 1, "price_plan": "payg", "sales_person_id": 1})
    turns = {
        country: served.http.get("/choose-roundrobin/sales/", params={"plan": "payg", "country_code": country}).json()[
            "id"
        ]
        for country in ("US", "DE", "BR", "", "gb")
    }

    assert turns == {"US": 1, "DE": 2, "BR": 2, "": 2, "gb": 2}
    assert served.http.get("/choose-roundrobin/sales?plan=payg").json()["id"] == 2


def test_a_plan_that_nobody_sells_has_no_admin(served: Served) -> None:
    """404; a plan that there is none of is bad input."""
    nobody = served.http.get("/choose-roundrobin/sales/?plan=enterprise&country_code=GB")
    unknown = served.http.get("/choose-roundrobin/sales/?plan=gold&country_code=GB")
    missing = served.http.get("/choose-roundrobin/sales/")

    assert (nobody.status_code, nobody.json()["status"]) == (404, "error")
    assert (unknown.status_code, missing.status_code) == (422, 422)
    assert unknown.json()["errors"] == [{"field": "plan", "message": "must be one of payg, startup, enterprise"}]


def test_support_persons_take_turns(served: Served) -> None:
    """Only Grace gives support, so it is always her turn."""
    assert served.http.get("/choose-roundrobin/support/").json() == admin(2)
    plant_companies(served.store, {"id": 1, "support_person_id": 2})
    assert served.http.get("/choose-roundrobin/support/").json() == admin(2)


def test_the_country_is_the_one_that_cloudflare_says(served: Served) -> None:
    """Without the header, or with nonsense in it, it is GB."""
    said = {
        value: served.http.get("/loc/", headers={"CF-IPCountry": value}).json()
        for value in ("US", "de", "T1", "", "GBR", "<b>")
    }

    assert {value: answer["country_code"] for value, answer in said.items()} == {
        "US": "US",
        "de": "DE",
        "T1": "T1",
        "": "GB",
        "GBR": "GB",
        "<b>": "GB",
    }
    assert served.http.get("/loc/").json() == {"country_code": "GB"}


def test_companies_are_found_by_each_of_their_fields(served_on_both: Served) -> None:
    """And by several at once; names are compared without case and runs of space."""
    plant_companies(
        served_on_both.store,
        {
            "id": 7,
            "name": "Acme  Über Tutors",
            "pd_org_id": 10,
            "tc2_cligency_id": 20,
            "tc2_agency_id": 30,
            "country": "GB",
            "price_plan": "payg",
        },
        {"id": 8, "name": "Other", "country": "GB"},
    )
    acme = {
        "id": 7,
        "name": "Acme  Über Tutors",
        "pd_org_id": 10,
        "tc2_cligency_id": 20,
        "tc2_agency_id": 30,
        "country": "GB",
        "price_plan": "payg",
    }
    for given in (
        {"id": "7"},
        {"name": " acme über TUTORS "},
        {"pd_org_id": "10"},
        {"tc2_cligency_id": "20"},
        {"tc2_agency_id": "30"},
        {"price_plan": "payg"},
        {"country": "GB", "name": "ACME ÜBER TUTORS"},
    ):
        assert served_on_both.http.get("/companies/", params=given).json() == [acme], given
    assert len(served_on_both.http.get("/companies/?country=GB").json()) == 2
    for given in ({"name": "Acme"}, {"name": "acme%"}, {"name": "%"}, {"id": "7", "country": "US"}):
        assert served_on_both.http.get("/companies/", params=given).json() == [], given


def test_the_first_10_companies_are_told(served: Served) -> None:
    """By id, however many have the name."""
    plant_companies(served.store, *({"id": id_, "name": "Acme"} for id_ in range(30, 0, -1)))

    assert [one["id"] for one in served.http.get("/companies/?name=acme").json()] == list(range(1, 11))


def test_companies_are_not_told_without_a_field(served: Served) -> None:
    """422, also for a field that is not told, and for a value that no Company can have."""
    for query in (
        "",
        "?",
        "?email=mary@example.com",
        "?name=Acme&tc2_status=trial",
        "?id=abc",
        "?id=0",
        "?id=99999999999999999999",
        "?name=",
        "?name=%20",
        "?name=%00",
        f"?name={'a' * 1001}",
    ):
        answer = served.http.get(f"/companies/{query}")
        assert (answer.status_code, answer.json()["status"]) == (422, "error"), query
        assert answer.json()["errors"], query


def test_companies_are_found_by_an_index(served: Served) -> None:
    """However many there are: SQLite's own plan of the very statements says so."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        asked.append((statement, values))

    event.listen(served.store.engine, "before_cursor_execute", note)
    for query in ("name=Acme", "id=1", "pd_org_id=1", "tc2_cligency_id=1", "tc2_agency_id=1", "name=Acme&country=GB"):
        served.http.get(f"/companies/?{query}")
    event.remove(served.store.engine, "before_cursor_execute", note)

    questions = [(statement, values) for statement, values in asked if "FROM companies" in statement]
    assert len(questions) == 6
    with served.store.engine.connect() as connection:
        for statement, values in questions:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            assert all("SEARCH companies USING" in row[3] for row in plan if "companies" in row[3]), (statement, plan)

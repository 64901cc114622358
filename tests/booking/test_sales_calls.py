"""Sales calls: what Hermes holds after each, on both databases (semantics 7)."""

from datetime import timedelta

import pytest

from hermes_sync.booking import Booked, NotBooked
from hermes_sync.core.records import Notice
from hermes_sync.store import SqlStore
from tests.booking.office import TEN, Books, booker, sales
from tests.store.passes import company, contact, deal, pipeline, stage, write

NOBODY = {"companies": 0, "contacts": 0, "deals": 0, "meetings": 0}


def test_a_new_customer_gets_company_contact_deal_and_meeting(store: SqlStore) -> None:
    """A caller whom nobody knows gets all four, and the next pass is told."""
    write(store, pipeline(4, 1), stage(5, 8))
    books = Books(store)
    said = sales(website="acme.example.com", bdr_person_id=2, utm_source="search", utm_campaign="spring")
    booked = booker(store).book(said)

    assert booked == Booked(meeting_id=1, company_id=1, contact_id=1, deal_id=1)
    assert books.only("companies") == {
        "id": 1,
        "name": "Acme",
        "pd_org_id": None,
        "tc2_cligency_id": None,
        "tc2_agency_id": None,
        "tc2_status": None,
        "sales_person_id": 1,
        "support_person_id": None,
        "bdr_person_id": 2,
        "price_plan": "payg",
        "paid_invoice_count": 0,
        "country": "GB",
        "website": "acme.example.com",
        "currency": "GBP",
        "estimated_income": "1000",
        "utm_source": "search",
        "utm_campaign": "spring",
        "signup_questionnaire": None,
        "narc": False,
        "has_booked_call": True,
        "has_signed_up": False,
        "created": "2030-01-04T09:00:00Z",
    }
    assert books.only("contacts") == {
        "id": 1,
        "company_id": 1,
        "first_name": "Mary",
        "last_name": "Booth",
        "email": "mary@example.com",
        "phone": "+44 20 7946 0000",
        "country": "GB",
        "pd_person_id": None,
        "tc2_sr_id": None,
        "created": "2030-01-04T09:00:00Z",
    }
    assert books.only("deals") == {
        "id": 1,
        "pd_deal_id": None,
        "name": "Acme",
        "status": "open",
        "company_id": 1,
        "contact_id": 1,
        "admin_id": 1,
        "pipeline_id": 4,
        "stage_id": 5,
    }
    assert books.only("meetings") == {
        "id": 1,
        "type": "sales",
        "status": "planned",
        "start_time": "2030-01-07T10:00:00Z",
        "end_time": "2030-01-07T10:30:00Z",
        "admin_id": 1,
        "company_id": 1,
        "contact_id": 1,
        "deal_id": 1,
        "pd_activity_id": None,
    }
    assert books.waiting() == [("sales", 1, 1, 1, 1)]


def test_a_known_customer_keeps_everything_and_gets_a_meeting(store: SqlStore) -> None:
    """Company, Contact and Deal that exist stay as they are, but for `has_booked_call`."""
    write(
        store,
        company(7, "Acme Ltd", sales_person_id=2, country="US", price_plan="startup"),
        contact(8, 7, first_name="M.", email="Mary@Example.com"),
        deal(9, 7, admin_id=2),
    )
    books = Books(store)
    before = {name: books.only(name) for name in ("companies", "contacts", "deals")}
    booked = booker(store).book(sales())

    assert booked == Booked(meeting_id=1, company_id=7, contact_id=8, deal_id=9)
    assert books.only("companies") == before["companies"] | {"has_booked_call": True}
    assert books.only("contacts") == before["contacts"]
    assert books.only("deals") == before["deals"]


def test_the_company_that_is_named_comes_first(store: SqlStore) -> None:
    """`company_id` beats e-mail, phone and name; the caller becomes its Contact."""
    write(store, company(1, "Acme"), contact(1, 1, email="mary@example.com"), company(2, "Other"))
    booked = booker(store).book(sales(company_id=2))

    assert (booked.company_id, booked.contact_id) == (2, 2)
    assert Books(store)["contacts"][1]["company_id"] == 2


def test_the_email_comes_before_the_phone_and_the_phone_before_the_name(store: SqlStore) -> None:
    """A caller is looked for by e-mail, then by the digits of the phone, then by the name of the Company."""
    write(
        store,
        company(1, "One"),
        contact(1, 1, email="mary@example.com"),
        company(2, "Two"),
        contact(2, 2, phone="+44 (20) 7946-0000"),
        company(3, " ACME "),
    )
    at = booker(store).book
    by_email = at(sales())
    by_phone = at(sales(TEN + timedelta(hours=3), email="m@example.com"))
    by_name = at(sales(TEN + timedelta(hours=6), email="m@example.com", phone=None))

    assert [one.company_id for one in (by_email, by_phone, by_name)] == [1, 2, 3]
    assert [one.contact_id for one in (by_email, by_phone, by_name)] == [1, 2, 3]


def test_of_several_that_fit_the_newest_is_taken(store: SqlStore) -> None:
    """Two Contacts with one e-mail, and two Companies of one name, are no reason to make a third."""
    write(
        store,
        company(1, "Acme"),
        company(2, "Acme"),
        company(3, "Other"),
        contact(1, 3, email="mary@example.com"),
        contact(2, 1, email="mary@example.com"),
    )
    at = booker(store).book

    assert at(sales()).contact_id == 2
    assert at(sales(TEN + timedelta(hours=3), email="m@example.com")).company_id == 2


def test_a_deal_that_is_over_is_no_open_one(store: SqlStore) -> None:
    """A Company whose Deals are won, lost or archived gets a new one, named after it."""
    write(
        store,
        company(1, "Acme Ltd"),
        contact(1, 1, email="mary@example.com"),
        deal(1, 1, status="won"),
        deal(2, 1, status="lost"),
        deal(3, 1, archived=True),
    )
    booked = booker(store).book(sales())
    made = Books(store)["deals"][-1]

    assert booked.deal_id == made["id"] == 4
    assert (made["name"], made["status"], made["contact_id"]) == ("Acme Ltd", "open", 1)


def test_texts_longer_than_a_column_are_cut_with_a_notice(store: SqlStore) -> None:
    """A name of 400 characters is kept with 255, and the notice says no more than that."""
    booker(store).book(sales(company_name="A" * 400))
    (row,) = store.passes(1)

    assert Books(store).only("companies")["name"] == "A" * 255
    assert Books(store).only("deals")["name"] == "A" * 255
    assert row.notices[0] == Notice(
        code="text-cut",
        message="callbooker:sales:1: name has 400 characters and was cut to 255",
        refs=("callbooker:sales:1",),
    )


@pytest.mark.parametrize(
    "said",
    [{"admin_id": 4}, {"company_id": 99}, {"start": TEN - timedelta(days=9)}],
    ids=["an unknown admin", "an unknown company", "a time that has passed"],
)
def test_what_cannot_be_booked_at_all_leaves_nothing(store: SqlStore, said: dict[str, object]) -> None:
    """Without such an admin, such a Company or such a time nothing is written."""
    with pytest.raises(NotBooked):
        booker(store).book(sales(**said))

    assert Books(store).counts() == NOBODY
    assert store.passes(9) == []
    assert store.revision() == 0


def test_the_same_request_twice_makes_one_meeting(store: SqlStore) -> None:
    """The second one is told about the first and changes nothing."""
    book, books = booker(store).book, Books(store)
    book(sales())
    first = {name: books[name] for name in NOBODY}
    with pytest.raises(NotBooked, match="already have a call"):
        book(sales())

    assert {name: books[name] for name in NOBODY} == first
    assert books.waiting() == [("sales", 1, 1, 1, 1), ("sales", 1, 1, 1, None)]


@pytest.mark.parametrize("minutes", [-120, 120])
def test_two_hours_on_the_dot_are_within_two_hours(store: SqlStore, minutes: int) -> None:
    """A Contact gets no second call that starts two hours before or after, whoever it would be with."""
    book = booker(store).book
    book(sales())
    with pytest.raises(NotBooked, match="already have a call"):
        book(sales(TEN + timedelta(minutes=minutes), admin_id=2))

    assert Books(store).counts()["meetings"] == 1


@pytest.mark.parametrize("minutes", [-121, 121])
def test_more_than_two_hours_are_enough(store: SqlStore, minutes: int) -> None:
    """A Contact may have another call a minute further away."""
    book = booker(store).book
    book(sales())
    book(sales(TEN + timedelta(minutes=minutes), admin_id=2))

    assert Books(store).counts()["meetings"] == 2


@pytest.mark.parametrize("minutes", [-30, -1, 0, 29, 30])
def test_an_admin_is_busy_also_where_calls_only_touch(store: SqlStore, minutes: int) -> None:
    """A busy admin gets no Meeting; Company, Contact and Deal of the caller stay, and the next pass is told."""
    book, books = booker(store).book, Books(store)
    book(sales())
    with pytest.raises(NotBooked, match="taken"):
        book(sales(TEN + timedelta(minutes=minutes), name="Jo Bloggs", email="jo@example.com", phone=None,
                   company_name="Bloggs"))  # fmt: skip

    assert books.counts() == {"companies": 2, "contacts": 2, "deals": 2, "meetings": 1}
    assert books["companies"][1]["has_booked_call"] is True
    assert books.waiting()[1] == ("sales", 2, 2, 2, None)
    assert [one.code for one in store.passes(1)[0].notices] == ["admin-busy"]


def test_calls_that_leave_a_minute_between_them_fit(store: SqlStore) -> None:
    """What neither overlaps nor touches can be booked."""
    book = booker(store).book
    book(sales())
    book(sales(TEN + timedelta(minutes=31), email="jo@example.com", phone=None, company_name="Bloggs"))
    book(sales(TEN, admin_id=2, email="al@example.com", phone=None, company_name="Al's"))

    assert Books(store).counts()["meetings"] == 3


def test_a_booking_is_in_the_journal_under_its_own_cause(store: SqlStore) -> None:
    """Every object that a booking made can be explained: the row, the cause and what it was."""
    booker(store).book(sales())
    with store.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT pass_id, seq, rule, cause, object, verb FROM journal ORDER BY seq")
        said = [tuple(row) for row in rows]

    assert said == [
        (1, place, f"callbooker.sales/hermes.{kind}", "callbooker:sales:1", kind.partition("/")[0], "create")
        for place, kind in enumerate(("company/missing", "contact/missing", "deal/missing", "meeting/create"), 1)
    ]
    (row,) = store.passes(1)
    assert (row.scope, row.result, row.exit_code) == ("booking", "done", 0)
    assert row.counts == {"create": 4, "update": 0, "rules": {one[2]: 1 for one in said}, "notices": {}}


def test_a_booking_moves_ids_populations_and_the_revision(store: SqlStore) -> None:
    """What comes after a booking gets other ids, and a plan that was made before it is stale."""
    write(store, company(3, "Other"))
    before = store.revision()
    booked = booker(store).book(sales())

    assert booked.company_id == 4
    assert {kind.value: id_ for kind, id_ in store.next_ids().items()} == {
        "company": 5,
        "contact": 2,
        "deal": 2,
        "meeting": 2,
        "pipeline": 1,
        "stage": 1,
    }
    assert store.population()["company"] == 2
    assert store.revision() == before + 1

"""What people send to book a call: what a form takes, and what it refuses (422)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hermes_sync.booking import BadInput, SalesForm, SlotsForm, SupportForm, moment, read
from hermes_sync.core.bookings import Booking, CallType
from tests.booking.office import HALF_AN_HOUR, NOW, TEN

SAID = {
    "admin_id": 1,
    "name": "Mary Booth",
    "email": "Mary@Example.com",
    "country": "GB",
    "company_name": "Acme",
    "estimated_income": 1000,
    "currency": "GBP",
    "meeting_dt": "2030-01-07T10:00:00Z",
    "price_plan": "payg",
}
OPTIONAL = {
    "bdr_person_id": 2,
    "utm_campaign": "spring",
    "utm_source": "search",
    "company_id": 3,
    "website": "https://acme.example.com",
    "phone": "+44 (0)20 7946 0000 ext. 12",
}


def booking(**said: Any) -> Booking:
    """Return the sales booking of what is said."""
    return read(SalesForm, {**SAID, **said}, NOW).booking(HALF_AN_HOUR)


def problems(form: type[SalesForm] | type[SupportForm] | type[SlotsForm], said: object) -> dict[str, str]:
    """Return what a form has against it, by field."""
    with pytest.raises(BadInput) as refused:
        read(form, said, NOW)
    return dict(refused.value.problems)


def test_a_sales_form_becomes_a_booking() -> None:
    """All that a website may send is in the booking, the e-mail in lower case."""
    assert booking(**OPTIONAL) == Booking(
        type=CallType.SALES,
        admin_id=1,
        start=TEN,
        end=TEN + HALF_AN_HOUR,
        name="Mary Booth",
        email="mary@example.com",
        phone="+44 (0)20 7946 0000 ext. 12",
        country="GB",
        company_id=3,
        company_name="Acme",
        website="https://acme.example.com",
        estimated_income="1000",
        currency="GBP",
        price_plan="payg",
        bdr_person_id=2,
        utm_source="search",
        utm_campaign="spring",
    )


def test_a_support_form_becomes_a_booking() -> None:
    """A support booking needs whom, when and who; the Company may be named by id, by name, or not at all."""
    least = {name: SAID[name] for name in ("admin_id", "meeting_dt", "email", "name")}
    made = read(SupportForm, least, NOW).booking(HALF_AN_HOUR)

    assert (made.type, made.company_id, made.company_name) == (CallType.SUPPORT, None, None)
    assert read(SupportForm, {**least, "company_id": "7"}, NOW).company_id == 7
    assert read(SupportForm, {**least, "company_name": " Acme "}, NOW).company_name == "Acme"


@pytest.mark.parametrize(
    ("said", "start"),
    [
        ("2030-01-07T10:00:00", TEN),
        ("2030-01-07 10:00", TEN),
        ("2030-01-07T10:00:00.900Z", TEN),
        ("2030-01-07T12:30:00+02:30", TEN),
        ("2030-01-07T11:00:00 01:00", TEN),
        (int(TEN.timestamp()), TEN),
        (str(int(TEN.timestamp())), TEN),
    ],
    ids=["naive", "with a space", "with a fraction", "with an offset", "plus lost", "seconds", "seconds as text"],
)
def test_a_time_is_taken_as_websites_write_it(said: object, start: datetime) -> None:
    """A naive time is UTC; an offset whose plus an address swallowed is an offset; seconds are Unix time."""
    assert booking(meeting_dt=said).start == start


@pytest.mark.parametrize(
    ("field", "said", "kept"),
    [
        ("estimated_income", "1000", "1000"),
        ("estimated_income", 1000.5, "1000.5"),
        ("estimated_income", 1e6, "1000000"),
        ("estimated_income", "", None),
        ("estimated_income", None, None),
        ("country", "United Kingdom (GB)", "GB"),
        ("country", " ", None),
        ("currency", "", None),
        ("price_plan", " PAYG ", "payg"),
        ("admin_id", "1", 1),
        ("name", "  Mary   Booth ", "Mary   Booth"),
        ("name", "Mary", "Mary"),
        ("name", "Zoë O’Neill-Çelik", "Zoë O’Neill-Çelik"),
        ("name", "\u200bMary\u200b Bo\u00adoth\ufeff ", "Mary Booth"),
        ("name", "Mary \u202ehtooB\u202c", "Mary htooB"),
        ("name", "\u2067مریم\u2069", "مریم"),
        ("name", "می\u200cخواهم", "می\u200cخواهم"),
        ("name", "\u200d Mary \u200c \u200d", "Mary"),
        ("company_name", "👩\u200d💻", "👩\u200d💻"),
        ("email", "\u200bmary@example.com\u200b", "mary@example.com"),
        ("utm_source", "\u200b", None),
        ("phone", "\u202a+44 20 7946 0000\u202c", "+44 20 7946 0000"),
        ("phone", 442079460000, "442079460000"),
        ("phone", "", None),
        ("company_id", "", None),
        ("website", "  ", None),
        ("website", "acme.example.com:8080/shop", "acme.example.com:8080/shop"),
        ("website", "www.acme.example.com", "www.acme.example.com"),
        ("website", "none yet", "none yet"),
        ("estimated_income", "1000 - 2000", "1000 - 2000"),
        ("estimated_income", "a lot", "a lot"),
        ("estimated_income", 0, "0"),
        ("currency", "gbp", "GBP"),
        ("email", " mary@example.com ", "mary@example.com"),
        ("utm_campaign", "c" * 1000, "c" * 1000),
    ],
)
def test_what_means_something_is_taken(field: str, said: object, kept: object) -> None:
    """Numbers as texts, texts as numbers, blanks and spaces are what they mean."""
    assert getattr(booking(**{field: said}), field) == kept


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("meeting_dt", "2030-01-04T09:00:00Z"),
        ("meeting_dt", "2020-01-04T09:00:00Z"),
        ("meeting_dt", "soon"),
        ("meeting_dt", ""),
        ("meeting_dt", "2030-02-30T10:00:00Z"),
        ("meeting_dt", True),
        ("meeting_dt", None),
        ("meeting_dt", 1e300),
        ("meeting_dt", "9999-12-31T23:59:59-12:00"),
        ("meeting_dt", "9999-12-31T23:59:59Z"),
        ("meeting_dt", "0001-01-01T00:00:00+12:00"),
        ("admin_id", "Ada"),
        ("admin_id", 0),
        ("admin_id", -1),
        ("admin_id", 1.5),
        ("admin_id", True),
        ("admin_id", 2**63),
        ("admin_id", None),
        ("company_id", "Acme"),
        ("bdr_person_id", [1]),
        ("name", ""),
        ("name", " \t"),
        ("name", "\u200b"),
        ("name", "\u202e"),
        ("name", "\u00a0\u2003\ufeff\u200d"),
        ("name", "\u3164"),
        ("name", "\u0301"),
        ("name", "Mary\u2028Booth"),
        ("company_name", "\u2066\u2069"),
        ("name", 5),
        ("name", ["Mary"]),
        ("name", "M" * 10_000),
        ("name", "Mary\x00Booth"),
        ("name", "Mary\nBooth"),
        ("name", "\ud800"),
        ("company_name", ""),
        ("company_name", "A\x1bcme"),
        ("company_name", "A" * 10_000),
        ("email", "jo.bloggs"),
        ("email", "jo.bloggs@"),
        ("email", "jo.bloggs@example"),
        ("email", "jo bloggs@example.com"),
        ("email", "al@example.com, jo@example.com"),
        ("email", "m" * 10_000 + "@example.com"),
        ("email", ""),
        ("phone", "call me"),
        ("phone", "12"),
        ("phone", "1" * 40),
        ("phone", "+44 20\n7946 0000"),
        ("estimated_income", True),
        ("estimated_income", {"a": 1}),
        ("estimated_income", float("nan")),
        ("country", 44),
        ("price_plan", "gold"),
        ("price_plan", ""),
        ("price_plan", None),
        ("website", "w" * 10_000),
        ("utm_source", "\x7f"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_can_never_be_right_is_refused(field: str, said: object) -> None:
    """The field that is wrong is named, and what was sent is not repeated."""
    found = problems(SalesForm, {**SAID, **OPTIONAL, field: said})

    assert list(found) == [field]
    assert found[field]
    if isinstance(said, str) and len(said) > 3:
        assert said not in found[field]


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("website", "javascript:alert(1)"),
        ("website", "JavaScript:alert(1)"),
        ("website", "\u200bjavascript:alert(1)"),
        ("website", "data:text/html,x"),
        ("website", "ftp://acme.example.com"),
        ("estimated_income", -1),
        ("estimated_income", -0.5),
        ("estimated_income", "£-1,000"),
        ("currency", "🎉"),
        ("currency", "XX1"),
        ("currency", "pounds"),
    ],
)
def test_what_cannot_be_true_is_left_out_and_loses_no_caller(field: str, said: object) -> None:
    """The call is booked without it, and a sentence of the booking says what was left out."""
    made = booking(**OPTIONAL, **{field: said}) if field not in OPTIONAL else booking(**{**OPTIONAL, field: said})

    assert getattr(made, field) is None
    (sentence,) = made.left_out
    assert sentence.startswith(f"{field} was left out, because ")
    assert booking(**OPTIONAL).left_out == ()


@pytest.mark.parametrize(
    ("field", "said", "wanted"),
    [
        ("admin_id", "Ada", "must be a whole number"),
        ("admin_id", 1.5, "must be a whole number"),
        ("admin_id", [1], "must be a whole number"),
        ("admin_id", "9" * 5000, "must be a whole number"),
        ("admin_id", 0, "must be 1 or more"),
        ("admin_id", 2**63, f"must be {2**63 - 1} or less"),
        ("name", 5, "must be a text"),
        ("name", "M" * 1001, "must have at most 1000 characters"),
        ("website", {}, "must be a text"),
        ("meeting_dt", "soon", "must be a time, such as 2030-01-07T10:00:00Z"),
        ("meeting_dt", [], "must be a time, such as 2030-01-07T10:00:00Z"),
        ("meeting_dt", "2030-02-30T10:00:00Z", "must be a time, such as 2030-01-07T10:00:00Z"),
        ("price_plan", "gold", "must be one of payg, startup or enterprise"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_problem_is_said_in_our_words(field: str, said: object, wanted: str) -> None:
    """Nobody has to know the library that found it out."""
    assert problems(SalesForm, {**SAID, field: said}) == {field: wanted}


def test_every_missing_key_is_named_at_once() -> None:
    """An empty form is told all that it lacks."""
    assert problems(SalesForm, {}) == dict.fromkeys(SAID, "is missing")
    assert problems(SupportForm, {}).keys() == {"admin_id", "meeting_dt", "email", "name"}


@pytest.mark.parametrize("said", [None, [], "text", 5, True, [["admin_id", 1]]])
def test_what_is_no_object_is_refused(said: object) -> None:
    """A body that is JSON and no object is refused."""
    assert problems(SalesForm, said) == {"body": "must be a JSON object"}


def test_keys_that_no_form_has_are_not_looked_at() -> None:
    """A website may send more."""
    assert booking(captcha="x" * 10_000, **{"": None}) == booking()


def test_slots_are_asked_for_in_a_stretch_that_makes_sense() -> None:
    """Start before end, and no more than a season between them."""
    asked = {"admin_id": "1", "start_dt": "2030-01-07T00:00:00Z", "end_dt": 1894060800}
    read(SlotsForm, asked, NOW)

    assert problems(SlotsForm, {**asked, "end_dt": asked["start_dt"]}) == {"end_dt": "must be after the start"}
    assert "days after the start" in problems(SlotsForm, {**asked, "end_dt": "2031-01-07"})["end_dt"]
    assert problems(SlotsForm, {**asked, "start_dt": "x"}).keys() == {"start_dt"}


def test_a_moment_names_its_field_when_it_is_none() -> None:
    """A time that stands alone is read like those of a form."""
    assert moment("start_dt", "2030-01-07") == datetime(2030, 1, 7, tzinfo=UTC)
    assert moment("start_dt", "2030-01-07T00:00+01:00") == datetime(2030, 1, 7, tzinfo=UTC) - timedelta(hours=1)
    with pytest.raises(BadInput, match="start_dt"):
        moment("start_dt", "x")

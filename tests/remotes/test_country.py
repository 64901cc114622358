"""Countries in the spellings that occur, and times in theirs."""

import pytest

from hermes_sync.remotes.country import code_or_text, of_address
from hermes_sync.remotes.stamps import utc_text


@pytest.mark.parametrize(
    "text",
    ["United Kingdom (GB)", "United Kingdom", "GB", "gb", "UK", "uk", "GBR", "Great Britain", " england "],
)
def test_every_spelling_of_a_country_is_its_code(text: str) -> None:
    """The two-letter code comes out of every spelling."""
    assert code_or_text(text) == "GB"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("United States", "US"),
        ("USA", "US"),
        ("Czech Republic", "CZ"),
        ("South Korea", "KR"),
        ("Turkey", "TR"),
        ("Côte d'Ivoire", "CI"),
        ("Kosovo (XK)", "XK"),
        ("Narnia", "Narnia"),
        ("  Narnia ", "Narnia"),
        ("826", "826"),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_what_is_no_country_stays_as_it_is(text: str | None, expected: str | None) -> None:
    """What cannot be recognised is kept as it is; blanks are nothing."""
    assert code_or_text(text) == expected


@pytest.mark.parametrize(
    ("country", "value", "expected"),
    [
        ("United Kingdom", "12 Rue de Rivoli, Paris, France", "GB"),
        (None, "12 Rue de Rivoli, Paris, France", "FR"),
        ("", "GB", "GB"),
        (None, "United Kingdom", "GB"),
        (None, "12 Helmet Row, London, UK", "GB"),
        (None, "123 Main St, Sunnyvale, CA", None),
        (None, "Atlanta, Georgia", "Atlanta, Georgia"),
        (None, "Middle Earth", "Middle Earth"),
        (None, "A Land Far Away", None),
        (None, "Area 51", None),
        (None, "12 Helmet Row", None),
        (None, "  ", None),
        (None, None, None),
    ],
)
def test_an_address_names_its_country(country: str | None, value: str | None, expected: str | None) -> None:
    """The country part counts first, then a text that is or ends in a country, then a short name."""
    assert of_address(country, value) == expected


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2026-05-15T10:16:44Z", "2026-05-15T10:16:44Z"),
        ("2026-05-15 10:16:44", "2026-05-15T10:16:44Z"),
        ("2026-05-15T12:16:44+02:00", "2026-05-15T10:16:44Z"),
        ("2026-05-15T10:16:44.123456Z", "2026-05-15T10:16:44Z"),
        ("2026-05-15", "2026-05-15T00:00:00Z"),
        (1767225600, "2026-01-01T00:00:00Z"),
        (1767225600.5, "2026-01-01T00:00:00Z"),
        ("1767225600", "2026-01-01T00:00:00Z"),
        ("0000-00-00", None),
        ("0000-00-00 00:00:00", None),
        ("-0001-11-30", None),
        ("", None),
        (None, None),
    ],
)
def test_times_have_one_form(stamp: str | float | None, expected: str | None) -> None:
    """Every spelling of a time becomes RFC 3339 in UTC with whole seconds; zeros are no time."""
    assert utc_text(stamp) == expected


@pytest.mark.parametrize("stamp", ["yesterday", "2026-02-30T00:00:00Z", 1e30])
def test_what_is_no_time_is_an_error(stamp: str | float) -> None:
    """A broken time is not taken for another one."""
    with pytest.raises(ValueError, match=r"."):
        utc_text(stamp)

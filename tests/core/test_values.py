"""Normal forms: which spellings are one value."""

import pytest

from hermes_sync.core.values import email_key, ids_in, is_nothing, name_key, phone_key, same, text


@pytest.mark.parametrize("value", [None, "", [], {}, ()])
def test_every_spelling_of_nothing_is_nothing(value: object) -> None:
    """Null, empty text, empty list and empty object are one nothing, and the same as each other."""
    assert is_nothing(value)
    assert same(value, None)
    assert text(value) is None


@pytest.mark.parametrize(
    ("left", "right"),
    [(5, "5"), ("5", 5.0), ("a", "a"), (0, "0"), (True, True), ("", None), ([], {}), (1000, int("1000"))],
)
def test_numbers_as_text_and_numbers_are_the_same(left: object, right: object) -> None:
    """A number is the same number as text."""
    assert same(left, right)


@pytest.mark.parametrize(
    ("left", "right"), [(0, None), ("0", ""), (5, "6"), ("a", "A"), (False, None), (1, 2), (6, "5"), ("6", 5), (2, 1)]
)
def test_zero_and_no_are_not_nothing(left: object, right: object) -> None:
    """Zero and False are values; case of a text counts."""
    assert not same(left, right)


@pytest.mark.parametrize(
    ("value", "said"),
    [(True, "true"), (False, "false"), (5.0, "5"), (5.5, "5.5"), (7, "7"), (" a b ", "a b"), (" ", None)],
)
def test_a_value_has_one_text(value: object, said: str | None) -> None:
    """Stripped, without the point of a whole number."""
    assert text(value) == said


@pytest.mark.parametrize(
    ("phone", "key"),
    [("+44 (20) 7946-0000", "442079460000"), ("0131 496", "0131496"), ("-", None), ("", None), (None, None)],
)
def test_phones_compare_by_what_is_dialled(phone: str | None, key: str | None) -> None:
    """Without a digit there is none."""
    assert phone_key(phone) == key


def test_names_compare_without_case_and_runs_of_space() -> None:
    """`  Acme   Ltd ` and `acme ltd` are one name; a blank is no name."""
    assert name_key("  Acme   LTD ") == name_key("acme ltd")
    assert name_key("   ") is None
    assert name_key(None) is None


def test_emails_compare_without_case_and_surrounding_space() -> None:
    """` Mary@Example.com ` is `mary@example.com`; a blank is none."""
    assert email_key(" Mary@Example.com ") == "mary@example.com"
    assert email_key(" ") is None
    assert email_key(None) is None


@pytest.mark.parametrize(
    ("said", "ids"),
    [
        (None, ()),
        ("", ()),
        ("12", (12,)),
        ("12, 57", (12, 57)),
        ("57,57", (57,)),
        ("none", ()),
        ("9" * 17, (10**17 - 1,)),
        ("9" * 18, ()),
        ("9" * 30, ()),
    ],
)
def test_a_hermes_id_may_hold_several_ids(said: str | None, ids: tuple[int, ...]) -> None:
    """A merge joins two texts into one; what no database could hold is no id."""
    assert ids_in(said) == ids

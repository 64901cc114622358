"""Values of fields as people read them."""

import json

import pytest

from hermes_sync.core.plan import FieldChange
from hermes_sync.core.records import Reach
from hermes_sync.reports.values import LONGEST, differences, shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        ("", "—"),
        ([], "—"),
        ("Acme", '"Acme"'),
        ('say "hi"', r'"say \"hi\""'),
        ("Zoë", '"Zoë"'),
        (0, "0"),
        (False, "false"),
        (12.5, "12.5"),
        (("a", "b"), '["a","b"]'),
        ("two\nlines", r'"two\nlines"'),
        ("\x1b[31mred", r'"\u001b[31mred"'),
        ("turned\u202eround", r'"turned\u202eround"'),
    ],
)
def test_a_value_is_shown_on_one_harmless_line(value: object, text: str) -> None:
    """A value stands on one line, and cannot move a terminal's cursor."""
    assert shown(value) == text


def test_a_long_text_is_shortened_and_counted() -> None:
    """Of a long text the beginning is shown, with how long it is."""
    text = shown("x" * 500)

    assert text.endswith('…" (500 characters)')
    assert len(text) < LONGEST + 30


def test_two_long_texts_are_shown_where_they_differ() -> None:
    """Two long texts with one beginning are shown around the first difference."""
    [line] = differences(FieldChange("website", "x" * 200 + "old", "x" * 200 + "new"))

    assert "old" in line.before
    assert "new" in line.after
    assert line.before.startswith('"…')


def test_a_nested_value_is_shown_by_what_differs_inside() -> None:
    """Of JSON text only the paths that differ are shown."""
    before = json.dumps({"how": "web", "size": {"pupils": 5}, "same": [1, 2]})
    after = json.dumps({"how": "friend", "size": {"pupils": 7}, "same": [1, 2], "new": True})

    lines = list(differences(FieldChange("signup_questionnaire", before, after)))

    assert [tuple(line) for line in lines] == [
        ("signup_questionnaire.how", '"web"', '"friend"'),
        ("signup_questionnaire.new", "—", "true"),
        ("signup_questionnaire.size.pupils", "5", "7"),
    ]


def test_a_list_of_addresses_is_shown_by_what_differs_inside() -> None:
    """Of a list of e-mail addresses the one that is new is shown."""
    before = (Reach(value="mary@example.com", primary=True),)
    after = (*before, Reach(value="booth@example.com"))

    [line] = differences(FieldChange("emails", before, after))

    assert line.name == "emails.1"
    assert line.before == "—"
    assert "booth@example.com" in line.after


def test_many_differences_inside_are_counted() -> None:
    """Of very many differences inside a value the first are shown and the rest is counted."""
    before = json.dumps({f"key{number:03}": 0 for number in range(100)})
    after = json.dumps({f"key{number:03}": 1 for number in range(100)})

    lines = list(differences(FieldChange("signup_questionnaire", before, after)))

    assert len(lines) == 21
    assert lines[-1].after == "80 more differences"


def test_text_that_only_begins_like_json_is_text() -> None:
    """A text that begins with a bracket and is no JSON is a text like any other."""
    [line] = differences(FieldChange("name", "[Acme", "[Acme]"))

    assert tuple(line) == ("name", '"[Acme"', '"[Acme]"')

"""docs/regressions.md and the stories say the same."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FACTS = ROOT.parent / "shared" / "upstream" / "facts.md"
ROWS = 29
"""Rows of the table of what broke before."""


def on_the_page() -> list[tuple[str, str, str]]:
    """Return number, what broke, and the story of each row."""
    page = (ROOT / "docs" / "regressions.md").read_text(encoding="utf-8")
    return re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \|$", page, re.MULTILINE)


def stories() -> set[str]:
    """Return the names of the tests beside this one."""
    modules = [one for one in Path(__file__).parent.glob("test_*.py") if one != Path(__file__)]
    return {name for one in modules for name in re.findall(r"^def (test_\w+)", one.read_text("utf-8"), re.MULTILINE)}


def test_the_page_has_every_row_once() -> None:
    """They are numbered without a gap, and none is without a story or a reason."""
    rows = on_the_page()

    assert [int(number) for number, _, _ in rows] == list(range(1, ROWS + 1))
    assert len({broke for _, broke, _ in rows}) == ROWS
    assert all("`test_" in story or len(story.split()) > 10 for _, _, story in rows)


def test_the_page_names_every_story_and_no_other() -> None:
    """Each test that the page names exists, and each story is on the page."""
    named = {name for _, _, story in on_the_page() for name in re.findall(r"`(test_\w+)`", story)}

    assert named == stories()


def test_the_page_has_as_many_rows_as_the_source() -> None:
    """The table of the compiled facts about the older systems has the same number of rows."""
    if not FACTS.exists():
        pytest.skip(f"{FACTS} is not here, so that nobody can tell whether a row is missing")
    table = FACTS.read_text(encoding="utf-8").partition("# What production taught TutorCruncher")[2]
    rows = [line for line in table.partition("\n# ")[0].splitlines() if line.startswith("| ")]

    assert len(rows) - 1 == ROWS

"""docs/crash_matrix.md tells of the scenarios that there are."""

import re
from pathlib import Path

from tests.crash.scenarios import ALL, ON_POSTGRESQL

PAGE = Path(__file__).parents[2] / "docs" / "crash_matrix.md"


def test_the_page_has_a_row_for_each_scenario_and_adds_up() -> None:
    """In the order in which they are played, without a failure; the sums are those of the rows."""
    found = re.findall(r"^\| ([a-z].*?) \| (SQLite|PostgreSQL|) \|(.*)\|$", PAGE.read_text("utf-8"), re.MULTILINE)
    rows = [(name, database, [int(one) for one in counts.split("|")]) for name, database, counts in found]

    *played, (_, _, sums) = rows
    assert [(name, database) for name, database, _ in played] == [
        *((str(one), "SQLite") for one in ALL),
        (str(ON_POSTGRESQL), "PostgreSQL"),
    ]
    assert sums == [sum(column) for column in zip(*(counts for _, _, counts in played), strict=True)]
    assert all(sum(counts[:4]) == counts[4] and counts[5] == 0 for _, _, counts in rows)

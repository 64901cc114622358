"""The action table, row by row: every case, and that code, page and source say the same."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hermes_sync.core.action_table import UNKNOWN_ORG_RULE
from hermes_sync.core.actions import Action
from hermes_sync.core.changes import Change
from hermes_sync.core.triggers import trigger_of
from hermes_sync.rules import TABLE, all_rules
from tests.rules import (
    callbooker_hermes_cases,
    callbooker_pd_cases,
    corner_cases,
    pd_deal_cases,
    pd_org_cases,
    pd_person_cases,
    pd_pipeline_stage_cases,
    tc2_cligency_cases,
    tc2_corner_cases,
)
from tests.rules.cases import Case

ROOT = Path(__file__).parents[2]
SOURCE = ROOT.parent / "shared" / "spec" / "action_table.json"
CASES = (
    *pd_org_cases.CASES,
    *pd_person_cases.CASES,
    *pd_deal_cases.CASES,
    *pd_pipeline_stage_cases.CASES,
    *tc2_cligency_cases.CASES,
    *tc2_corner_cases.CASES,
    *callbooker_hermes_cases.CASES,
    *callbooker_pd_cases.CASES,
    *corner_cases.CASES,
)


def asked_by(case: Case) -> list[Action]:
    """Return what the row of a case asks for when the case's change happens in its world."""
    world = case.world()
    change = case.change
    trigger = trigger_of(change, world) if isinstance(change, Change) else change.ref.trigger
    return [
        action for row in TABLE[trigger] if row.id_under(trigger) == case.row for action in row.function(change, world)
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.row}: {case.says}")
def test_a_row_asks_for_what_its_case_says(case: Case) -> None:
    """A row asks for exactly this when this happens in this world."""
    assert asked_by(case) == list(case.asks)


def test_every_row_fires_and_stays_silent_in_some_case() -> None:
    """Each row has a case in which it fires and one in which it does not; the pull's own row is tested with it."""
    rows = {id_ for id_, _, _ in all_rules()} - {UNKNOWN_ORG_RULE}
    fires = {case.row for case in CASES if case.asks}
    silent = {case.row for case in CASES if not case.asks}

    assert rows - fires == set()
    assert rows - silent == set()
    assert fires | silent == rows


def test_the_table_says_where_each_row_lives() -> None:
    """File and line of its function, so that whoever reads the table finds the code."""
    for id_, _, where in all_rules():
        file, _, line = where.partition(":")
        text = (ROOT / "hermes_sync" / file).read_text(encoding="utf-8").splitlines()
        if id_ == UNKNOWN_ORG_RULE:  # carried out by the pull as a whole
            assert line == ""
        else:
            assert text[int(line) - 1].startswith("@rule(")


def on_the_page() -> Iterator[tuple[str, str]]:
    """Yield id and sentence of each row of docs/action_table.md."""
    page = (ROOT / "docs" / "action_table.md").read_text(encoding="utf-8")
    yield from re.findall(r"^\| `([^`]+)` \| (.+?) \|$", page, re.MULTILINE)


def test_the_page_and_the_code_have_the_same_rows() -> None:
    """docs/action_table.md lists the code's rows: same ids, same sentences, same order."""
    assert list(on_the_page()) == [(id_, sentence) for id_, sentence, _ in all_rules()]


def test_the_page_says_what_the_source_says() -> None:
    """Every row of the page stands in the source with that sentence, in the source's order."""
    if not SOURCE.exists():
        pytest.skip(f"the source of the action table is not here: {SOURCE}")
    source = {
        row["id"]: f"{'Always' if row['when'] == 'always' else 'If ' + row['when']}: {row['then']}."
        for row in json.loads(SOURCE.read_text(encoding="utf-8"))["rows"]
    }
    page = dict(on_the_page())

    assert page == {id_: source[id_] for id_ in page}
    assert list(page) == [id_ for id_ in source if id_ in page]
    assert {id_ for id_ in source if id_.startswith("pd.")} <= page.keys()

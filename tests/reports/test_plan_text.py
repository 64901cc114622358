"""A plan as people read it."""

import io
from collections.abc import Iterable
from dataclasses import replace

from rich.console import Console
from rich.text import Text

from hermes_sync.core.plan import FieldChange
from hermes_sync.core.safety import UnsafePlan
from hermes_sync.reports import Printer, plan_lines, refusal, report_lines
from tests.reports.samples import ALL, CREATED, NOTHING, PUSHED, plan_of, report_of


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def plain(lines: Iterable[Text]) -> list[str]:
    """Return the lines without their styles."""
    return [line.plain for line in lines]


def test_a_plan_is_grouped_by_cause_with_fields_and_rules() -> None:
    """Each cause stands once, below it each action with its rules and what changes."""
    assert plain(plan_lines(plan_of())) == [
        "pipedrive:organization:10",
        "  create company (pd_org_id 10)  pd.org.created/hermes.company/missing",
        '      name: — → "Acme"',
        f"  update tc2 client (tc2_cligency_id 20)  {' + '.join(PUSHED.rules)}",
        '      pipedrive_id: "9" → "10"',
        "pipedrive:deal:7",
        "  delete deal (pd_deal_id 7)  pd.deal.deleted/hermes.deal/exists",
        '      name: "Acme" → —',
        "Plan 0123456789ab: 1 to create, 0 to update, 1 to delete in Hermes; 1 to push",
        "The pushes cost 5 Pipedrive tokens and take about 0 s",
    ]


def test_nothing_to_do_prints_no_line() -> None:
    """A plan that does nothing prints nothing, so that a line means something to do."""
    assert plain(plan_lines(NOTHING)) == []


def test_a_report_says_how_each_push_went_and_what_it_cost() -> None:
    """A pass is told with the outcome of each push, the counts and the cost."""
    lines = plain(report_lines(report_of(plan_of())))

    assert lines[3].endswith("  pushed")
    assert lines[1].endswith("hermes.company/missing")
    assert lines[-2] == "Pass 3: 1 created, 0 updated, 1 deleted in Hermes; 1 pushed, 0 deferred, 0 refused"
    assert lines[-1] == "1.2 s, 4 requests to Pipedrive (40 tokens, 29960 left today), 1 request to TC2"


def test_a_report_of_nothing_says_so() -> None:
    """A pass that had nothing to do says so."""
    lines = plain(report_lines(report_of(NOTHING, outcomes={})))

    assert lines[0] == "Pass 3: nothing to do"


def test_pushes_that_wait_point_to_status() -> None:
    """A pass with a deferred push says where to look."""
    report = report_of(plan_of(), outcomes={("client", 1): "deferred"}, deferred=1, exit_code=5)
    lines = plain(report_lines(report))

    assert "0 pushed, 1 deferred, 0 refused" in lines[-3]
    assert "hermes-sync status" in lines[-2]


def test_a_plan_over_a_limit_says_which() -> None:
    """What `reconcile` would refuse is said with the reason and the remedy."""
    said = refusal(UnsafePlan(("40 objects would be deleted, safety.max_deletes is 25",)))

    assert "would refuse" in said
    assert "40 objects would be deleted, safety.max_deletes is 25" in said
    assert "--force" in said


def test_a_pipe_gets_plain_text_in_whole_lines() -> None:
    """Into a pipe goes no colour, and a line is as long as it is."""
    stream = io.StringIO()
    count = Printer(stream).print(plan_lines(plan_of()))

    assert count == 10
    assert stream.getvalue().count("\n") == 10
    assert "\x1b" not in stream.getvalue()


def test_a_terminal_gets_colour() -> None:
    """On a terminal what is created is green and what is deleted is red."""
    stream = Terminal()
    printer = Printer(stream)
    printer._console = Console(file=stream, force_terminal=True, color_system="standard", width=300, highlight=False)

    printer.print(plan_lines(plan_of(given=ALL)))

    assert "\x1b[32mcreate\x1b[0m" in stream.getvalue()
    assert "\x1b[31mdelete\x1b[0m" in stream.getvalue()


def test_a_narrow_terminal_wraps_between_words() -> None:
    """On a narrow terminal no word is cut as long as it fits."""
    stream = Terminal()
    printer = Printer(stream)
    printer._console = Console(file=stream, force_terminal=True, color_system=None, width=40)

    printer.print(plan_lines(plan_of(given=(CREATED, PUSHED))))

    assert "pd.org.created/hermes.company/missing" in stream.getvalue()
    assert all(len(line) <= 43 for line in stream.getvalue().splitlines())


def test_square_brackets_in_values_are_no_markup() -> None:
    """What a customer typed is printed as typed, also when it looks like markup."""
    action = replace(CREATED, changes=(FieldChange("name", None, "[red]Acme[/red]"),))
    stream = Terminal()
    printer = Printer(stream)

    printer.print(plan_lines(plan_of(given=(action,))))

    assert "[red]Acme[/red]" in stream.getvalue()

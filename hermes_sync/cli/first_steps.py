"""What `init`, `doctor` and `webhooks ensure` do once their options are read."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import orjson
import typer
from rich.text import Text

from hermes_sync.cli.logs import Masking
from hermes_sync.cli.session import FAILED, Options, say, warn
from hermes_sync.clock import SystemClock
from hermes_sync.onboarding import doctor as checks
from hermes_sync.onboarding import webhooks
from hermes_sync.onboarding.access import KEY_VARIABLE, TOKEN_VARIABLE
from hermes_sync.onboarding.asking import Nobody
from hermes_sync.onboarding.findings import Finding, Verdict, wrong
from hermes_sync.onboarding.first_config import Wishes, make_config
from hermes_sync.ports import ConfigError, HermesSyncError
from hermes_sync.reports import Printer
from hermes_sync.settings import Settings, load_settings
from hermes_sync.settings.settings import CONFIG_VARIABLE, DEFAULT_PATH

_STYLES = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.WRONG: "bold red"}


class BrokenOff(HermesSyncError):
    """A person broke off; the message says what became of it."""


class Terminal:
    """A person at a terminal: questions on standard error, results on standard output."""

    is_person = True

    def __init__(self, masking: Masking) -> None:
        self._masking = masking

    def say(self, line: str) -> None:
        """Tell what is going on."""
        say(line)

    def show(self, line: str) -> None:
        """Print a line of the result."""
        typer.echo(self._masking.masked(line))

    def text(self, question: str, *, default: str | None, otherwise: str) -> str:  # noqa: ARG002  # for nobody
        """Ask for a line of text; blank takes the default."""
        return self._prompt(question, default=default, hidden=False)

    def secret(self, question: str, *, otherwise: str) -> str:  # noqa: ARG002  # as above
        """Ask for a secret, which is not shown while it is typed, and never after."""
        said = self._prompt(question, default=None, hidden=True)
        self._masking.add([said])
        return said

    def yes(self, question: str, *, default: bool) -> bool:
        """Ask for a yes or a no."""
        try:
            return typer.confirm(question, default=default, err=True)
        except typer.Abort:
            raise _broken_off() from None

    def choice(self, question: str, options: Sequence[str]) -> int | None:
        """Ask for one of several, or none of them."""
        typer.echo(question, err=True)
        for number, option in enumerate(options, start=1):
            typer.echo(f"  {number}) {option}", err=True)
        typer.echo("  0) none of them", err=True)
        while True:
            said = self._prompt("Number", default="0", hidden=False)
            if said.isdecimal() and int(said) <= len(options):
                return int(said) - 1 if int(said) else None
            typer.echo(f"a number from 0 to {len(options)}", err=True)

    def _prompt(self, question: str, *, default: str | None, hidden: bool) -> str:
        try:
            while not (said := str(typer.prompt(question, default=default, hide_input=hidden, err=True)).strip()):
                pass
        except typer.Abort:
            raise _broken_off() from None
        return said


def _broken_off() -> BrokenOff:
    return BrokenOff("broken off; no config was written, and custom fields that were made before this stay")


def config_file(options: Options) -> Path:
    """Return the config that the options and the environment name."""
    return options.config or Path(os.environ.get(CONFIG_VARIABLE) or DEFAULT_PATH)


def init(wishes: Wishes, masking: Masking, *, ask: bool) -> None:
    """Make a config; without a terminal, or when told so, nothing is asked."""
    masking.add(os.environ.get(name, "") for name in (TOKEN_VARIABLE, KEY_VARIABLE))
    terminal = Terminal(masking)
    asker = terminal if ask and sys.stdin.isatty() else Nobody(terminal)
    make_config(wishes, asker, os.environ, SystemClock())


def doctor(file: Path, masking: Masking, *, as_json: bool) -> int:
    """Print what every check found; return the exit code."""
    found: list[Finding] = []
    printer = Printer(sys.stdout)
    for finding in _findings(file, masking):
        found.append(finding)
        if not as_json:
            printer.print(_lines(finding, masking))
    if as_json:
        document = {"version": 1, "verdict": _worst(found), "findings": [_row(one, masking) for one in found]}
        sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        counts = {verdict: sum(1 for one in found if one.verdict is verdict) for verdict in Verdict}
        text = f"{counts[Verdict.WRONG]} wrong, {counts[Verdict.WARNING]} warnings, {counts[Verdict.OK]} ok"
        printer.print([Text(text, style=_STYLES[_worst(found)])])
    return FAILED if _worst(found) is Verdict.WRONG else 0


def _findings(file: Path, masking: Masking) -> "checks.Findings":
    """Yield what the checks find; a config that cannot be read is a finding too."""
    try:
        settings = load_settings(file)
    except ConfigError as error:
        yield wrong("config", str(error), "nothing else was checked; `hermes-sync init` makes a config")
        return
    masking.add(settings.secrets())
    yield from checks.examine(settings, file, SystemClock())


def _worst(found: Sequence[Finding]) -> Verdict:
    verdicts = {one.verdict for one in found}
    return next((one for one in (Verdict.WRONG, Verdict.WARNING) if one in verdicts), Verdict.OK)


def _lines(finding: Finding, masking: Masking) -> list[Text]:
    style = _STYLES[finding.verdict]
    said = f"{finding.check}: {finding.message}"
    lines = [Text.assemble((f"{finding.verdict.value:<8}", style), masking.masked(said))]
    if finding.remedy is not None:
        lines.append(Text(f"{'':8}→ {masking.masked(finding.remedy)}"))
    return lines


def _row(finding: Finding, masking: Masking) -> dict[str, str | None]:
    remedy = None if finding.remedy is None else masking.masked(finding.remedy)
    return {
        "check": finding.check,
        "verdict": finding.verdict.value,
        "message": masking.masked(finding.message),
        "remedy": remedy,
    }


@contextmanager
def wrong_usage(option: str) -> Iterator[None]:
    """Turn what is wrong with the value of an option into wrong usage, which exits 2."""
    try:
        yield
    except ConfigError as error:
        raise typer.BadParameter(str(error).removeprefix(f"{option}: "), param_hint=option) from None


def ensure(settings: Settings, *, url: str, replace: bool, dry_run: bool) -> None:
    """Register what is missing and print what was done."""
    for line in webhooks.ensure(settings, url, SystemClock(), replace=replace, dry_run=dry_run):
        if line.is_warning:
            warn(line.text)
        else:
            typer.echo(line.text)

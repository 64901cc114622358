"""The command line itself: what stands before a command, the options that several share, and how every command ends."""

import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hermes_sync.cli import stdout

if TYPE_CHECKING:
    from hermes_sync.cli.session import Options

app = typer.Typer(
    name="hermes-sync",
    help="Keeps Pipedrive, Hermes and TC2 in step: reads both, plans by the action table, applies and pushes.",
    epilog="Try `hermes-sync demo` first: it needs no config, no account and no network.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class LogFormat(StrEnum):
    """How logs are written."""

    TEXT = "text"
    JSON = "json"


def _moment(said: str) -> datetime:
    from hermes_sync.clock import SystemClock, moment

    try:
        return moment(said, SystemClock().now())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Since = Annotated[
    datetime | None,
    typer.Option(
        parser=_moment,
        metavar="W",
        help="Look again at what was updated since W: an RFC 3339 time, or a span back from now (90m, 2h, 3d).",
    ),
]
Full = Annotated[bool, typer.Option("--full", help="Read everything, and so find every deletion.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        from hermes_sync import __version__

        typer.echo(f"hermes-sync {__version__}")
        raise typer.Exit


@app.callback()
def begin(
    ctx: typer.Context,
    *,
    config: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="The config; else $HERMES_CONFIG, else ./config.toml."),
    ] = None,
    log_format: Annotated[LogFormat, typer.Option(help="How logs are written to standard error.")] = LogFormat.TEXT,
    verbose: Annotated[int, typer.Option("--verbose", "-v", count=True, help="Say more; twice for details.")] = 0,
    version: Annotated[  # noqa: ARG001  # its callback does it
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take what stands before the command."""
    from hermes_sync.cli.session import Options

    ctx.obj = Options(config=config, log_json=log_format is LogFormat.JSON, verbosity=verbose)


def options_of(ctx: typer.Context) -> "Options":
    """Return what stands before a command."""
    options: Options = ctx.obj
    return options


def main() -> None:
    """Run the command line; the entry point of `hermes-sync` and of `python -m hermes_sync`."""
    stdout.prepare()
    try:
        try:
            app(prog_name="hermes-sync")
        except SystemExit:  # how every command ends
            sys.stdout.flush()
            raise
    except stdout.Unwritable as lost:
        stdout.let_go()
        if lost.exit_code:
            typer.echo(f"error: {lost}", err=True)
        sys.exit(lost.exit_code)

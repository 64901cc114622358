"""Around every command: logs, settings, and errors that become one line and an exit code (interface 1)."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from hermes_sync.cli.logs import Masking, start_logging
from hermes_sync.cli.stdout import Unwritable

if TYPE_CHECKING:
    from hermes_sync.settings import Settings

FAILED: Final = 1
SOMETHING_TO_DO: Final = 2
REFUSED: Final = 3
ANOTHER_PASS: Final = 4
INTERRUPTED: Final = 130

_LOG = logging.getLogger("hermes_sync.cli")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What stands before the command."""

    config: Path | None
    log_json: bool
    verbosity: int


@contextmanager
def answering(options: Options, *, as_json: bool = False) -> Iterator[Masking]:
    """Turn the errors that end a command into a line on standard error and the exit code.

    Whoever asked for a JSON document gets one that says the same.
    """
    from hermes_sync.core.safety import UnsafePlan
    from hermes_sync.ports import HermesSyncError

    masking = start_logging(as_json=options.log_json, verbosity=options.verbosity)
    try:
        yield masking
    except (HermesSyncError, UnsafePlan) as error:
        _LOG.error("%s", error)  # a person's mistake or a remote's: a traceback helps nobody
        _LOG.debug("where it came from", exc_info=True)
        if as_json:
            _write_error(error, masking)
        raise typer.Exit(exit_code_of(error)) from None
    except KeyboardInterrupt:
        _LOG.error("interrupted; the next pass starts from where this one did")
        raise typer.Exit(INTERRUPTED) from None
    except (typer.Exit, typer.Abort, typer.BadParameter, Unwritable):
        raise
    except Exception as error:  # noqa: BLE001  # the end of the command: it is told and nothing goes on
        _LOG.error("unexpected %s: %s", type(error).__name__, error)
        if options.verbosity:
            _LOG.error("this is where it came from", exc_info=True)
        else:
            _LOG.error("this is a mistake in hermes-sync; `hermes-sync -v …` shows the whole traceback")
        if as_json:
            _write_error(error, masking)
        raise typer.Exit(FAILED) from None


def _write_error(error: Exception, masking: Masking) -> None:
    from hermes_sync import reports

    reports.write_error(error, masking.masked(str(error)), sys.stdout.buffer)


@contextmanager
def configured(options: Options, *, as_json: bool = False) -> Iterator["Settings"]:
    """Like `answering`, with the settings read."""
    from hermes_sync.settings import load_settings

    with answering(options, as_json=as_json) as masking:
        settings = load_settings(options.config)
        masking.add(settings.secrets())
        yield settings


def exit_code_of(error: Exception) -> int:
    """Return the exit code of what ended a command."""
    from hermes_sync.core.safety import UnsafePlan
    from hermes_sync.ports import LeaseHeld

    if isinstance(error, UnsafePlan):
        return REFUSED
    return ANOTHER_PASS if isinstance(error, LeaseHeld) else FAILED


def say(message: str) -> None:
    """Say something on standard error that is no result."""
    _LOG.info("%s", message)


def fail(message: str) -> None:
    """Say on standard error why something was not done."""
    _LOG.error("%s", message)


def warn(message: str) -> None:
    """Say something on standard error that a person should know."""
    _LOG.warning("%s", message)

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
from hermes_sync.core.safety import UnsafePlan
from hermes_sync.ports import HermesSyncError, LeaseHeld

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
def answering(options: Options) -> Iterator[Masking]:
    """Turn the errors that end a command into a line on standard error and the exit code."""
    masking = start_logging(as_json=options.log_json, verbosity=options.verbosity)
    try:
        yield masking
    except (HermesSyncError, UnsafePlan) as error:
        _LOG.error("%s", error)  # a person's mistake or a remote's: a traceback helps nobody
        _LOG.debug("where it came from", exc_info=True)
        raise typer.Exit(exit_code_of(error)) from None
    except KeyboardInterrupt:
        _LOG.error("interrupted; the next pass starts from where this one did")
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def configured(options: Options) -> Iterator["Settings"]:
    """Like `answering`, with the settings read."""
    from hermes_sync.settings import load_settings

    with answering(options) as masking:
        settings = load_settings(options.config)
        masking.add(settings.secrets())
        yield settings


def exit_code_of(error: Exception) -> int:
    """Return the exit code of what ended a command."""
    if isinstance(error, UnsafePlan):
        return REFUSED
    return ANOTHER_PASS if isinstance(error, LeaseHeld) else FAILED


def say(message: str) -> None:
    """Say something on standard error that is no result."""
    _LOG.info("%s", message)


def warn(message: str) -> None:
    """Say something on standard error that a person should know."""
    _LOG.warning("%s", message)


def prepare_stdout() -> None:
    """Make sure that no character stops a result: a terminal that lacks one shows its number."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")

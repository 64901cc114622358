"""Standard output, which may take nothing more: a full disk, or a reader that went away.

Whoever pipes a listing into `head` has read enough, and that is no mistake. Where something was done besides printing,
its result is lost, and that is said.
"""

import io
import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

FAILED: Final = 1


class Unwritable(Exception):
    """Standard output takes nothing more; with 0 as exit code nobody is told."""

    def __init__(self, message: str, *, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class _Stdout(io.FileIO):
    """The descriptor, which says by an error of its own that it can't be written to."""

    def write(self, content: "ReadableBuffer", /) -> int:
        try:
            return super().write(content)
        except BrokenPipeError:
            raise Unwritable("the reader of standard output went away", exit_code=0) from None
        except OSError as error:
            message = f"standard output cannot be written to: {error.strerror}"
            raise Unwritable(message, exit_code=FAILED) from None


def prepare() -> None:
    """Make sure that no character stops a result, and that output which is lost is told from other errors.

    A terminal that lacks a character shows its number. Without any standard output there is nobody to write to.
    """
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  # as long as the process
        return
    try:
        raw = _Stdout(sys.stdout.fileno(), "w", closefd=False)
    except OSError:
        return  # something in memory, which is never full
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=sys.stdout.encoding,
        errors="backslashreplace",
        line_buffering=raw.isatty(),
    )


def let_go() -> None:
    """Let what was not written go nowhere, so that the end of the process does not try again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)

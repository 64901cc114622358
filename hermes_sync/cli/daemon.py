"""`daemon`: passes in turn and the listener, until it is told to stop."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

import hermes_sync

if TYPE_CHECKING:
    from hermes_sync.cli.session import Options

_ALLOCATOR: Final = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536", "MALLOC_MMAP_THRESHOLD_": "65536"}
"""Has the allocator of the C library give back what is free: a daemon is idle most of the time."""


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(daemon)


def daemon(ctx: typer.Context) -> None:
    """Run passes in turn and serve the listener. Stops cleanly on SIGTERM and SIGINT; a second daemon stands by."""
    # This process becomes the supervisor: a program that needs a fraction of the memory of this one. It keeps its id,
    # so that whoever started it knows it.
    said: Options = ctx.obj
    config = None if said.config is None else str(said.config)
    how = {"config": config, "log_json": said.log_json, "verbosity": max(1, said.verbosity)}
    paths = [str(Path(hermes_sync.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**_ALLOCATOR, **os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(  # noqa: S606  # our own program, without a shell
        sys.executable, [sys.executable, "-P", "-m", "hermes_sync.cli.supervising", json.dumps(how)], environment
    )

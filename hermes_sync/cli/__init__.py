"""The command line: parse, call, print, exit code (interface 1).

Only what `--help` needs is imported before a command runs.
"""

from hermes_sync.cli.commands import app, main

__all__ = ["app", "main"]

"""The command line: parse, call, print, exit code (interface 1).

Only what `--help` needs is imported before a command runs, and by the supervisor of the daemon not even that.
"""


def main() -> None:
    """Run the command line; the entry point of `hermes-sync` and of `python -m hermes_sync`."""
    from hermes_sync.cli import app, calls, commands, daemon, onboarding

    for one in (commands, calls, daemon, onboarding):
        one.register(app.app)
    app.main()

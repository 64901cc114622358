"""The supervisor of the daemon as a program of its own: `python -m hermes_sync.cli.supervising OPTIONS`.

`hermes-sync daemon` becomes it; OPTIONS is what that was started with, as JSON. It imports next to nothing, because
it stays as long as the daemon does.
"""

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hermes_sync.cli.logs import start_logging, tell_time
from hermes_sync.clock import SystemClock
from hermes_sync.daemon.notifier import Notifier
from hermes_sync.daemon.supervisor import Supervisor

if TYPE_CHECKING:
    from hermes_sync.settings import Settings


def main() -> int:
    """Supervise the daemon until it is told to stop; return its exit code."""
    how = json.loads(sys.argv[1])
    config, log_json, verbosity = how["config"], how["log_json"], how["verbosity"]
    start_logging(as_json=log_json, verbosity=verbosity)
    tell_time()
    notifier = Notifier.of(os.environ, os.getpid())
    notifier.forget()
    read = partial(load, config=config, log_json=log_json, verbosity=verbosity)
    return Supervisor(load=read, clock=SystemClock(), notifier=notifier).run()


def load(*, config: str | None, log_json: bool, verbosity: int) -> "Settings":
    """Return the settings in a process of the daemon, which logs from now on as the options say."""
    from hermes_sync.settings import load_settings

    masking = start_logging(as_json=log_json, verbosity=verbosity)
    tell_time()
    settings = load_settings(None if config is None else Path(config))
    masking.add(settings.secrets())
    return settings


if __name__ == "__main__":
    sys.exit(main())

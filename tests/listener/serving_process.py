"""A listener as a process of its own: `python serving_process.py DATABASE_URL PORT`; prints its port, then serves."""

import sys

from hermes_sync import bootstrap
from hermes_sync.listener import Desk, serve
from hermes_sync.ports import ConfigError
from hermes_sync.store import SqlStore
from tests.listener.rig import settings_for


def main(database_url: str, port: int) -> None:
    """Serve until a signal comes."""
    settings = settings_for(database_url)
    with SqlStore.open(database_url) as store, bootstrap.booker_on(settings, store) as booker:
        desk = Desk(settings=settings, store=store, booker=booker)
        try:
            serve(desk, host="127.0.0.1", port=port, started=lambda bound: print(bound, flush=True))
        except ConfigError as error:
            print(error, flush=True)
    print("stopped", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

"""What the processes under the supervisor do: check, then run passes and serve.

The supervisor imports this module too, and only it stays as small as it is: most is imported in functions.
"""

import gc
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import TYPE_CHECKING, Final, TypeAlias

from hermes_sync.clock import SystemClock
from hermes_sync.daemon.line import LISTENER, PASSES, EndOfLine, Line

if TYPE_CHECKING:
    from hermes_sync.settings import Settings

WRONG_CONFIG: Final = 78
"""The exit code when a person has to help (EX_CONFIG of sysexits.h)."""
FAILED: Final = 1

PROCESSES: Final = (
    multiprocessing.get_context("fork") if sys.platform == "linux" else multiprocessing.get_context("spawn")
)
"""Forked processes share the memory of what was imported before; elsewhere forking is not safe."""

ORPHANED: Final = 10.0
"""Seconds that a process has to end by itself once the one above it is no more."""
LOOK_UP_EVERY: Final = 1.0
"""Seconds between two looks whether it is."""
_GRACE: Final = 5.0
"""Seconds that the listener has to finish what is under way."""
_LOG: Final = logging.getLogger("hermes_sync.daemon")

Load: TypeAlias = Callable[[], "Settings"]
"""Reads the settings and has the process log as the config wants; raises `ConfigError`."""
Work: TypeAlias = Callable[[Load, Connection, int], None]
"""The main function of a process: settings, its end of the line, and the id of the process above it."""


def check(load: Load, connection: Connection, above: int) -> None:
    """See that config and database are as they must be, and upgrade the schema; the process ends with 0 then."""
    from hermes_sync import bootstrap

    with answering():
        settings = load()
        settings.pipedrive_token()
        settings.tc2_key()
        with bootstrap.store_to_write(settings):
            Line(connection, above, SystemClock(), PASSES).ready()


def work(load: Load, connection: Connection, above: int) -> None:
    """Run passes and serve, until SIGTERM or SIGINT comes or the supervisor is no more."""
    with answering():
        settings = load()
        # Imported before the listener is forked: it shares what is imported now.
        from hermes_sync import bootstrap
        from hermes_sync.daemon.runner import Runner
        from hermes_sync.daemon.stopping import Stop, StoppableClock
        from hermes_sync.daemon.turns import TC2_PER_MINUTE
        from hermes_sync.ports import HermesSyncError
        from hermes_sync.store import SqlStore

        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # runs that it merges are no news
        stop = Stop()
        stop.listen()
        line, clock = Line(connection, above, SystemClock(), PASSES), StoppableClock(stop)
        with (
            _listener_beside(settings, load, connection) as listener,
            SqlStore.open(settings.database.url) as store,
            bootstrap.cycle_on(settings, store, clock, tc2_per_minute=TC2_PER_MINUTE) as cycle,
        ):
            end_with(above)
            Runner(settings=settings, store=store, cycle=cycle, clock=clock, stop=stop, line=line).run(
                lambda: line.is_cut() or _has_ended(listener)
            )
            if listener is not None and _has_ended(listener) and not stop.has_come():
                if listener.exitcode == WRONG_CONFIG:
                    sys.exit(WRONG_CONFIG)  # it has said what is wrong
                raise HermesSyncError("the listener has ended; passes end with it")


def end_with(above: int, patience: float = ORPHANED) -> None:
    """Have this process end at the latest so many seconds after the one above it, in whatever it hangs.

    Nobody else would end it, and it might keep a lease for ever.
    """

    def follow() -> None:
        clock = SystemClock()
        while os.getppid() == above:
            clock.sleep(LOOK_UP_EVERY)
        clock.sleep(patience)
        os._exit(FAILED)

    Thread(target=follow, name="above", daemon=True).start()


@contextmanager
def _listener_beside(settings: "Settings", load: Load, connection: Connection) -> Iterator[BaseProcess | None]:
    """Run the listener in a process of its own beside a `with` block, if the config asks for one."""
    if not settings.listener.enabled:
        yield None
        return
    import hermes_sync.booking
    import hermes_sync.listener  # noqa: F401  # before the fork: importing afterwards would copy what is shared

    process = PROCESSES.Process(target=_listen, args=(settings, load, connection, os.getpid()), name=LISTENER)
    gc.collect()
    gc.freeze()  # collectors leave alone what is shared: looking at it would make a copy of it
    process.start()
    try:
        yield process
    finally:
        process.terminate()
        process.join(_GRACE)
        process.kill()
        process.join()


def _listen(settings: "Settings", load: Load, connection: Connection, above: int) -> None:
    """Serve HTTP until SIGTERM or SIGINT comes or the process above is no more."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    with answering():
        if not logging.getLogger().handlers:
            load()  # a spawned process logs nothing yet
        from hermes_sync import bootstrap
        from hermes_sync.listener import Desk, serve
        from hermes_sync.store import SqlStore

        end_with(above)
        line = Line(connection, above, SystemClock(), LISTENER)
        with SqlStore.open(settings.database.url) as store, bootstrap.booker_on(settings, store) as booker:
            desk = Desk(settings=settings, store=store, booker=booker)
            serve(desk, stop=EndOfLine(line), started=lambda _port: line.ready())


def _has_ended(process: BaseProcess | None) -> bool:
    return process is not None and not process.is_alive()


@contextmanager
def answering() -> Iterator[None]:
    """Turn what no process of ours can go on after into a line of the log and the exit code of the process."""
    from hermes_sync.ports import ConfigError, HermesSyncError
    from hermes_sync.store import DATABASE_TROUBLE

    try:
        yield
    except ConfigError as error:
        _LOG.error("%s", error)  # a person's mistake: a traceback helps nobody
        sys.exit(WRONG_CONFIG)
    except (HermesSyncError, *DATABASE_TROUBLE) as error:
        _LOG.error("%s", error)
        sys.exit(FAILED)
    except Exception as error:  # noqa: BLE001  # the end of the process
        from hermes_sync.listener.door import steps_to  # only this needs it

        # Nothing expects it, and its text may hold what somebody sent: only its kind and place are told.
        _LOG.error("this process failed with %s: %s", type(error).__name__, steps_to(error))
        sys.exit(FAILED)

"""The supervisor: has the work done in processes of their own, starts it anew when it ends, and ends when told to.

It opens no database and talks to no remote, so that nothing holds it up: ten seconds after SIGTERM it is gone, and
whatever did not end by itself was killed. A pass survives that by design (semantics 5). It may be the first process
of a container: what else ends there is buried.
"""

import logging
import os
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Final

from hermes_sync.daemon.line import ALIVE, PASSES, READY
from hermes_sync.daemon.notifier import Notifier
from hermes_sync.daemon.wakeup import Wakeup, woken_by_signals
from hermes_sync.daemon.work import PROCESSES, WRONG_CONFIG, Load, Work, check, work

if TYPE_CHECKING:
    from hermes_sync.ports import Clock

PATIENCE: Final = 8.0
"""Seconds that the work has to end; then it is killed."""
SILENCE: Final = 60.0
"""Seconds after which a process that says nothing is taken for stuck, and killed."""
LONGEST_WAIT: Final = 60.0
"""Seconds until work that ended is started anew: 1 at first, then twice as long, up to this; 1 again if it lasted."""
_TICK: Final = 5.0
"""Seconds after which it is looked at the clock, if nothing happens."""
_SOON: Final = 0.05

_LOG: Final = logging.getLogger("hermes_sync.daemon")


@dataclass(slots=True, kw_only=True)
class _Shift:
    """Work under way: its process, which leads a group of its own, and when each of the group was last heard."""

    process: BaseProcess
    line: Connection
    began: float
    heard: dict[str, float]
    ready: set[str] = field(default_factory=set)
    status: str = "starting"

    def hear(self, now: float) -> None:
        """Take note of everything that was said."""
        with suppress(EOFError, OSError):
            while self.line.poll():
                name, word = self.line.recv()
                self.heard[name] = now
                if word == READY:
                    self.ready.add(name)
                elif word != ALIVE:
                    self.status = word

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the whole group."""
        assert self.process.pid is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def is_over(self) -> bool:
        """Whether nobody of the group is left."""
        assert self.process.pid is not None
        if self.process.is_alive():
            return False
        try:
            os.killpg(self.process.pid, 0)
        except (ProcessLookupError, PermissionError):
            return True
        return False


@dataclass(slots=True, kw_only=True)
class Supervisor:
    """Checks, then has the work done until SIGTERM or SIGINT; `load` reads the settings, in the processes below."""

    load: Load
    clock: "Clock"
    notifier: Notifier
    _told: str = ""
    _breathed: float = float("-inf")

    def run(self) -> int:
        """Return the exit code of the daemon: 0 when it was told to stop, 1 when it could not start."""
        with woken_by_signals() as wakeup:
            code = self._see_through(check, wakeup)
            has_worked, pause = False, 1.0
            while code == 0 and not wakeup.is_to_stop():
                began = self.clock.monotonic()
                ended = self._see_through(work, wakeup)
                if wakeup.is_to_stop():
                    break
                has_worked = has_worked or bool(self._told)
                if ended == WRONG_CONFIG and not has_worked:
                    code = ended
                    break
                pause = 1.0 if self.clock.monotonic() - began >= LONGEST_WAIT else pause
                _LOG.error("passes and listener have ended (%s); starting them anew in %.0f s", ended, pause)
                self._rest(pause, wakeup)
                pause = min(2 * pause, LONGEST_WAIT)
            self.notifier.stopping()
        return 0 if wakeup.is_to_stop() else min(abs(code), 1)

    def _see_through(self, what: Work, wakeup: Wakeup) -> int:
        """Have something done in a process of its own, and return its exit code."""
        shift = self._begin(what)
        try:
            while shift.process.is_alive() and not wakeup.is_to_stop():
                wait([shift.line, shift.process.sentinel, wakeup.receiver], self._every())
                wakeup.look()
                shift.hear(self.clock.monotonic())
                self._tell(shift, is_work=what is work)
                if what is work:  # an upgrade of a large database takes its time, and says nothing
                    self._kill_if_stuck(shift)
                bury_strangers(shift.process.pid)
        finally:
            code = self._end(shift, wakeup)
        return code

    def _begin(self, what: Work) -> _Shift:
        ours, theirs = PROCESSES.Pipe(duplex=False)
        process = PROCESSES.Process(
            target=partial(_lead, what), args=(self.load, theirs, os.getpid()), name=what.__name__
        )
        process.start()
        theirs.close()
        assert process.pid is not None
        with suppress(OSError):  # it does the same, and may have ended
            os.setpgid(process.pid, process.pid)
        now = self.clock.monotonic()
        return _Shift(process=process, line=ours, began=now, heard={PASSES: now})

    def _end(self, shift: _Shift, wakeup: Wakeup) -> int:
        """Have everybody end, kill whoever takes too long, and return the exit code."""
        if shift.process.is_alive():
            _LOG.info("stopping")
            self.notifier.stopping()
        shift.send(signal.SIGTERM)
        end = self.clock.monotonic() + PATIENCE
        while not shift.is_over() and (left := end - self.clock.monotonic()) > 0:
            wait([shift.process.sentinel] if shift.process.is_alive() else [], min(left, _SOON))
            wakeup.look()
            bury_strangers(shift.process.pid)
        if not shift.is_over():
            _LOG.warning("what did not end within %.0f s is killed; the next pass finds what it left", PATIENCE)
            shift.send(signal.SIGKILL)
        shift.process.join()
        shift.line.close()
        return shift.process.exitcode or 0

    def _tell(self, shift: _Shift, *, is_work: bool) -> None:
        """Tell systemd what has become true. A listener that still waits for its port is not waited for."""
        now = self.clock.monotonic()
        is_ready = PASSES in shift.ready and (len(shift.ready) > 1 or now - shift.began >= _TICK)
        if is_work and (self._told or is_ready) and shift.status != self._told:
            (self.notifier.status if self._told else self.notifier.ready)(shift.status)
            self._told = shift.status
        if self.notifier.watchdog is not None and now - self._breathed >= self.notifier.watchdog / 2:
            self._breathed = now
            self.notifier.alive()

    def _kill_if_stuck(self, shift: _Shift) -> None:
        now = self.clock.monotonic()
        stuck = [name for name, heard in shift.heard.items() if now - heard > SILENCE]
        if stuck:
            _LOG.error("nothing is heard of %s any more: killing what runs", " and ".join(stuck))
            shift.send(signal.SIGKILL)

    def _every(self) -> float:
        return _TICK if self.notifier.watchdog is None else min(_TICK, self.notifier.watchdog / 2)

    def _rest(self, seconds: float, wakeup: Wakeup) -> None:
        end = self.clock.monotonic() + seconds
        while not wakeup.is_to_stop() and (left := end - self.clock.monotonic()) > 0:
            wait([wakeup.receiver], min(left, self._every()))
            wakeup.look()
            self.notifier.alive()


def _lead(what: Work, load: Load, connection: Connection, above: int) -> None:
    """Lead a process group of its own, which signals of a terminal pass by, and do the work."""
    signal.set_wakeup_fd(-1)  # the supervisor's signals are its own
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    with suppress(OSError):
        os.setpgid(0, 0)
    what(load, connection, above)


def bury_strangers(ours: int | None) -> None:
    """Bury what ended as our child and is not ours: orphans come to the first process of a container."""
    if os.getpid() != 1:
        return
    with suppress(ChildProcessError):
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
            if ended.si_pid == ours:
                return  # it is taken note of elsewhere
            os.waitpid(ended.si_pid, 0)

"""The process that runs passes: by turns while it holds the daemon's lease, and otherwise standing by.

The main thread looks twice a second whether signals, webhooks or bookings came; APScheduler runs the passes in a
thread of its own, one at a time, and merges those that were missed.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import Thread
from typing import Final

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from hermes_sync.core.pace import Pace
from hermes_sync.core.safety import UnsafePlan
from hermes_sync.cycle import Cycle, LeaseKeeper, pace_of
from hermes_sync.daemon.line import Line
from hermes_sync.daemon.stopping import Stop, StoppableProgress
from hermes_sync.daemon.turns import DEBOUNCE, SOON, Turns
from hermes_sync.ports import Clock, HermesSyncError, LeaseHeld, Stopped
from hermes_sync.settings import Settings
from hermes_sync.store import DATABASE_TROUBLE, RIGHT_TO_SCHEDULE, News, SqlStore

LOOK_EVERY: Final = 0.5
"""Seconds between two looks at signals and at the database."""
_JOB: Final = "pass"
_NOTHING: Final = News(wishes=0, newest_booking=0)
_LOG: Final = logging.getLogger("hermes_sync.daemon")


class Runner:
    """Runs passes, or stands by; `stop` ends what is under way."""

    def __init__(
        self, *, settings: Settings, store: SqlStore, cycle: Cycle, clock: Clock, stop: Stop, line: Line
    ) -> None:
        self._settings = settings
        self._store = store
        self._cycle = cycle
        self._clock = clock
        self._stop = stop
        self._line = line
        self._progress = StoppableProgress(stop)
        self._keeper: LeaseKeeper | None = None
        self._scheduler: BackgroundScheduler | None = None
        self._passes = ThreadPoolExecutor(1)
        self._turns = self._new_turns()
        self._seen = _NOTHING
        self._is_early = False
        self._is_running = False
        self._error: BaseException | None = None
        self._said = ""

    def run(self, is_alone: Callable[[], bool]) -> None:
        """Hold the lease and run passes, or stand by, until it is time to stop or nobody is left to do it with."""
        try:
            self._look()
            self._line.ready()
            while not (self._stop.is_set() or is_alone()):
                self._line.breathe()
                self._look()
                if self._error is not None:
                    raise self._error
                self._stop.wait(LOOK_EVERY)
        finally:
            self._stop.set()
            self._step_down()

    def _look(self) -> None:
        try:
            if self._keeper is None:
                self._stand_by()
            elif self._keeper.is_lost:
                self._say_once(logging.WARNING, "another daemon has taken over; standing by")
                self._step_down()
            else:
                self._look_for_news()
        except DATABASE_TROUBLE as error:
            self._say_once(logging.WARNING, f"{error}; trying again")

    # -- who runs passes

    def _stand_by(self) -> None:
        """Become the active daemon as soon as no other is."""
        keeper = LeaseKeeper(self._store, self._clock, RIGHT_TO_SCHEDULE)
        try:
            keeper.take()
        except LeaseHeld as held:
            self._say_once(logging.INFO, "standing by: another daemon is active on this database")
            _LOG.debug("%s", held)
            return
        self._keeper = keeper
        try:
            self._start()
        except BaseException:
            self._step_down()  # a lease without passes would keep every other daemon from them
            raise
        self._say_once(logging.INFO, f"active: {self._turns.pace}")

    def _step_down(self) -> None:
        """End the pass that runs, then give the lease back; a second call does nothing."""
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            # The scheduler itself must not wait: it has a lock then that a pass needs to say when the next one begins.
            scheduler.shutdown(wait=False)
            ending = Thread(target=self._passes.shutdown, name="ending")
            ending.start()
            while ending.is_alive():  # a pass that nobody stops may take minutes, and this process is not stuck
                self._line.breathe()
                ending.join(LOOK_EVERY)
        if self._keeper is not None:
            keeper, self._keeper = self._keeper, None
            with suppress(*DATABASE_TROUBLE):  # then it runs out by itself
                keeper.release()

    def _start(self) -> None:
        self._turns = self._new_turns()
        self._seen = _NOTHING
        self._passes = ThreadPoolExecutor(1)
        self._scheduler = BackgroundScheduler(
            executors={"default": self._passes},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        self._scheduler.add_listener(self._note_error, EVENT_JOB_ERROR)
        now = self._clock.now()
        trigger = IntervalTrigger(seconds=self._settings.schedule.interval.total_seconds(), timezone="UTC")
        self._scheduler.add_job(self._turn, trigger, id=_JOB, next_run_time=now)
        self._scheduler.start()

    def _note_error(self, event: JobExecutionEvent) -> None:
        """Keep what no pass is expected to raise: the process ends with it and is started anew."""
        self._error = event.exception

    # -- when passes run

    def _look_for_news(self) -> None:
        """Have a pass begin early when a webhook or a booking came; while one runs they wait and make one more."""
        if self._is_running or self._is_early:
            return
        news = self._store.news()
        if news.wishes > self._seen.wishes or news.newest_booking > self._seen.newest_booking:
            self._is_early = True
            _LOG.info("a webhook or a booking came in: the next pass begins early")
            self._begin_in(DEBOUNCE)

    def _begin_in(self, seconds: float) -> None:
        scheduler = self._scheduler
        if scheduler is not None:
            with suppress(JobLookupError):  # it has been shut down meanwhile
                scheduler.modify_job(_JOB, next_run_time=self._clock.now() + timedelta(seconds=seconds))

    def _turn(self) -> None:
        """Run the pass whose turn it is, and say when the next one begins."""
        self._is_running = True
        try:
            self._begin_in(self._run_pass())
        except Stopped:
            pass  # nobody waits for the next one
        finally:
            self._is_early = self._is_running = False

    def _run_pass(self) -> float:
        """Run one pass; return how many seconds later the next one begins."""
        before, now, again_in = self._seen, self._clock.monotonic(), None
        scope = self._turns.scope(now, is_early=self._is_early)
        try:
            self._seen = self._store.news()
            with self._cycle.reconcile(scope, self._progress, interval=self._turns.pace.interval) as report:
                again_in = report.again_in
            self._turns.has_failed = self._turns.has_failed and scope.hinted_only
            self._turns.begin(scope, now)
            self._turns.pace = self._pace()
        except LeaseHeld as held:
            self._seen = before
            _LOG.info("%s; trying again soon", held)
            return SOON
        except Stopped:
            raise
        except (HermesSyncError, UnsafePlan, *DATABASE_TROUBLE) as error:
            _LOG.error("a pass came to nothing: %s", error)  # a remote's or a person's doing: no traceback
            self._turns.has_failed = self._turns.has_failed or not scope.hinted_only
            self._turns.begin(scope, now)
        delay = self._turns.delay(self._clock.monotonic())
        return delay if again_in is None else min(delay, max(again_in, DEBOUNCE))

    def _new_turns(self) -> Turns:
        schedule = self._settings.schedule
        return Turns(shortest=schedule.interval, sweep_per_pass=self._settings.tc2.sweep_per_pass, pace=self._pace())

    def _pace(self) -> Pace:
        return pace_of(
            self._store,
            self._clock.now(),
            budget=self._settings.pipedrive.daily_token_budget,
            shortest=self._settings.schedule.interval,
            sweep_interval=self._settings.schedule.sweep_interval,
        )

    def _say_once(self, level: int, message: str) -> None:
        """Say what has changed, not every half second what has not."""
        if message != self._said:
            self._said = message
            _LOG.log(level, "%s", message)
            self._line.say(message)

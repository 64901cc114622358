"""The metrics that come from the store, worked out when Prometheus asks."""

import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.registry import Collector

from hermes_sync.listener.desk import Desk
from hermes_sync.store import DATABASE_TROUBLE, LastPass, Measures, RunningTotals, Totals

_PREFIX: Final = "hermes_sync_"
_Sample = tuple[tuple[str, ...], float]
"""The values of the labels, and the number."""
_CHANGES: Final = ("create", "update", "delete")
_LIMIT: Final = re.compile(r"\bsafety\.\w+")


class StoreMetrics(Collector):
    """Says what passes came to, what waits, and how fresh everything is."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._totals = RunningTotals()
        self._lock = threading.Lock()

    def describe(self) -> Iterator[Metric]:
        """Name nothing beforehand: registering must not ask the database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Yield every metric; without a database only that it is away."""
        now = self._desk.clock.now()
        try:
            with self._lock:
                totals, measures = self._desk.store.measures(self._totals, now)
        except DATABASE_TROUBLE:
            yield _gauge("database_up", "Whether the database answers.", 0)
            return
        yield _gauge("database_up", "Whether the database answers.", 1)
        yield from _of_passes(totals)
        yield from _of_now(measures, now, self._desk.settings.pipedrive.daily_token_budget)


def _of_passes(totals: Totals) -> Iterator[Metric]:
    yield _counter("passes", "Passes that ended.", ("scope", "result", "exit_code"), totals.passes.items())
    yield SummaryMetricFamily(
        f"{_PREFIX}pass_seconds", "Seconds that passes took.", count_value=totals.timed, sum_value=totals.seconds
    )
    changes = {(verb,): totals.counts[verb] for verb in _CHANGES}
    yield _counter("changes", "Hermes objects that passes changed.", ("verb",), changes.items())
    yield _counter("actions", "Actions and pushes by the row of the action table.", ("rule",), _by_one(totals.rules))
    yield _counter("pushes", "Writes to Pipedrive and TC2 by what came of them.", ("result",), _by_one(totals.outcomes))
    yield _counter("notices", "Notices of passes.", ("code",), _by_one(totals.notices))
    yield _counter("pipedrive_tokens", "Tokens that passes spent.", (), [((), totals.counts["pipedrive_tokens"])])
    requests = {(remote,): totals.counts[f"{remote}_requests"] for remote in ("pipedrive", "tc2")}
    yield _counter("remote_requests", "Requests of passes to a remote.", ("remote",), requests.items())


def _of_now(measures: Measures, now: datetime, budget: int) -> Iterator[Metric]:
    spending, waiting, clients = measures.spending, measures.waiting, measures.clients
    yield _gauge("pipedrive_tokens_budget", "Tokens that a day may cost.", budget)
    yield _gauge("pipedrive_tokens_today", "Tokens spent today (UTC).", spending.spent)
    yield _gauge("pipedrive_budget_left", "Tokens of the budget that are left today (UTC).", budget - spending.spent)
    if spending.left is not None:
        yield _gauge("pipedrive_daily_left", "Tokens that Pipedrive said are left today.", spending.left)
    last = measures.last_good
    if last is not None:
        yield _gauge("last_good_pass_timestamp_seconds", "When the last good pass ended.", last.ended_at.timestamp())
        yield _gauge("last_good_pass_seconds", "Seconds that the last good pass took.", last.seconds)
        interval = last.counts.get("interval_seconds")
        if isinstance(interval, int | float):
            yield _gauge("poll_interval_seconds", "Seconds from one poll of Pipedrive to the next.", interval)
    yield from _of_trouble(measures.trouble)
    ages = {(kind.value,): _age(read_at, now) for kind, read_at in measures.oldest_readings.items()}
    yield _gauges("oldest_reading_age_seconds", "Age of the longest unread living object.", "kind", ages.items())
    yield _gauge("clients", "Living clients of TC2.", clients.living)
    yield _gauge("clients_read_within_hour_ratio", "Share of them read within an hour.", clients.share_within_hour)
    objects = {(kind,): many for kind, many in measures.population.items()}
    yield _gauges("objects", "Hermes objects.", "kind", objects.items())
    held = "Whether the lease of passes is held: one is running, or was killed less than 15 seconds ago."
    yield _gauge("lease_held", held, int(measures.is_running))
    active = "Whether the lease of daemons is held: one is active, or was killed less than 15 seconds ago."
    yield _gauge("daemon_lease_held", active, int(measures.is_daemon_active))
    pushes = {("waiting",): waiting.open_pushes, ("refused",): waiting.refused_pushes}
    yield _gauges("pushes_open", "Writes that wait, or stand refused.", "state", pushes.items())
    yield _gauge("hints_waiting", "Objects that webhooks named and no pass has read.", waiting.hints)
    yield _gauge("bookings_waiting", "Bookings of which not all has been written to Pipedrive.", waiting.bookings)


def _of_trouble(trouble: LastPass | None) -> Iterator[Metric]:
    """Tell whether the last pass was refused or came to nothing; of a refused one, over which limits it was."""
    yield _gauge("last_pass_good", "Whether the last pass, and the last that polled, did its work.", int(not trouble))
    if trouble is not None:
        why = ",".join(dict.fromkeys(_LIMIT.findall(trouble.why)))
        said = "The last pass that was refused or came to nothing, until one does its work."
        failed = GaugeMetricFamily(f"{_PREFIX}last_pass_failed", said, labels=("result", "exit_code", "over"))
        failed.add_metric((trouble.result, str(trouble.exit_code), why), 1)
        yield failed


def _by_one(counted: Mapping[str, int]) -> Iterator[_Sample]:
    return (((name,), many) for name, many in counted.items())


def _age(read_at: datetime, now: datetime) -> float:
    return max((now - read_at).total_seconds(), 0.0)


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{_PREFIX}{name}", said, value=value)


def _gauges(name: str, said: str, label: str, values: Iterable[_Sample]) -> Metric:
    family = GaugeMetricFamily(f"{_PREFIX}{name}", said, labels=(label,))
    for labels, value in sorted(values):
        family.add_metric(labels, value)
    return family


def _counter(name: str, said: str, labels: tuple[str, ...], values: Iterable[_Sample]) -> Metric:
    family = CounterMetricFamily(f"{_PREFIX}{name}", said, labels=labels)
    for said_labels, value in sorted(values):
        family.add_metric(said_labels, value)
    return family

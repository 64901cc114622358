"""What the metrics are made of: what passes came to, added up as they end, and what waits or is how old now.

Passes and bookings number hundreds of thousands after some years, the journal millions. So what every pass came to
stands with it (`passes.counts`), and whoever asks again says what was added up already.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from hermes_sync.core.bookings import CallType
from hermes_sync.core.pace import midnight_before
from hermes_sync.core.records import RemoteKind
from hermes_sync.store import hints, lease
from hermes_sync.store.booked import SCOPE as BOOKING
from hermes_sync.store.rolling import ClientFreshness, freshness
from hermes_sync.store.spending import Spending, spending
from hermes_sync.store.tables import BOOKINGS, COUNTERS, IS_OPEN, IS_REFUSED, JOURNAL, LAST_SEEN, PASSES

_SETTLES_AFTER: Final = timedelta(minutes=5)
"""A number may be given before a lower one is seen, when two transactions cross; after so long none is."""
_STRETCH: Final = 5000
_GOOD: Final = (0, 5)
"""The exit codes of a pass that did its work; 5 says that some pushes wait or were refused."""
_ROLLING: Final = "rolling"
_FULL: Final = "full"
_BETWEEN: Final = ("hints", _ROLLING)
"""The scopes of passes that a daemon runs between two polls (`cycle.Scope`)."""
_LATELY: Final = select(PASSES.c.id).where(PASSES.c.scope != BOOKING).order_by(PASSES.c.id.desc()).limit(50)
"""The passes among which a daemon has read some cligencies."""


@dataclass(slots=True)
class Totals:
    """What passes came to, added up; bookings, too, as passes of the scope `booking`, their seconds aside."""

    passes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By scope (ordinary, full, since, booking), result and exit code."""
    seconds: float = 0.0
    timed: int = 0
    """How many passes `seconds` is the sum of."""
    counts: Counter[str] = field(default_factory=Counter)
    """The numbers of `passes.counts` by their names: tokens, requests, changes."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """What came of pushes: pushed, deferred, refused, gone."""
    rules: Counter[str] = field(default_factory=Counter)
    notices: Counter[str] = field(default_factory=Counter)

    def copy(self) -> "Totals":
        """Return totals that can be added to."""
        return Totals(
            passes=self.passes.copy(),
            seconds=self.seconds,
            timed=self.timed,
            counts=self.counts.copy(),
            outcomes=self.outcomes.copy(),
            rules=self.rules.copy(),
            notices=self.notices.copy(),
        )

    def add(self, row: "Row[Any]") -> None:
        """Add what one ended pass came to."""
        scope = row.scope.partition(" ")[0]
        self.passes[scope, row.result or "", str(row.exit_code)] += 1
        counts = orjson.loads(row.counts or "{}")
        if scope != BOOKING and row.ended_at is not None:
            self.seconds += max((row.ended_at - row.started_at).total_seconds(), 0.0)
            self.timed += 1
        for name, value in counts.items():
            if name in _SUMMED and isinstance(value, int):
                self.counts[name] += value
        self.outcomes.update(counts.get("outcomes") or {})
        self.rules.update(counts.get("rules") or {})
        self.notices.update(counts.get("notices") or {})


_SUMMED: Final = frozenset(
    {"pipedrive_requests", "pipedrive_tokens", "tc2_requests", "create", "update", "delete", "push"}
)


class RunningTotals:
    """Adds up what passes came to, each once; used by one thread at a time."""

    def __init__(self) -> None:
        self._settled = Totals()
        self._up_to = 0

    def at(self, connection: Connection, now: datetime) -> Totals:
        """Return the totals of all passes that have ended; only what is new is read."""
        totals, is_settled = self._settled, True
        for row in _passes_after(connection, self._up_to):
            has_ended = row.exit_code is not None
            if is_settled and not (
                row.started_at < now - _SETTLES_AFTER and (has_ended or _was_killed(connection, row))
            ):
                is_settled = False
                totals = self._settled.copy()
            if has_ended:
                totals.add(row)
            if is_settled:
                self._up_to = row.id
        return totals


def _passes_after(connection: Connection, up_to: int) -> Iterator["Row[Any]"]:
    columns = ("id", "scope", "started_at", "ended_at", "result", "exit_code", "counts")
    query = select(*(PASSES.c[name] for name in columns)).order_by(PASSES.c.id).limit(_STRETCH)
    while rows := connection.execute(query.where(PASSES.c.id > up_to)).all():
        yield from rows
        up_to = rows[-1].id


def _was_killed(connection: Connection, row: "Row[Any]") -> bool:
    """Whether a pass without an end will have none: another one has begun since, and there is only one at a time."""
    later = select(PASSES.c.id).where(PASSES.c.id > row.id, PASSES.c.scope != BOOKING).limit(1)
    return connection.execute(later).first() is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastPass:
    """When a pass ended, how long it took in seconds, what it came to, and what it counted."""

    ended_at: datetime
    seconds: float
    result: str
    exit_code: int
    counts: Mapping[str, Any]

    @property
    def why(self) -> str:
        """Why a pass that did not do its work did not."""
        return str(self.counts.get("error") or self.result)


def last_good_pass(connection: Connection) -> LastPass | None:
    """Return the newest pass that polled and did its work; None while there is none.

    Those in between that only read what webhooks named, or some cligencies, tell nothing of the rest.
    """
    return _newest(connection, PASSES.c.exit_code.in_(_GOOD), PASSES.c.scope.not_in(_BETWEEN))


def trouble(connection: Connection) -> LastPass | None:
    """Return the newest pass if it was refused or came to nothing, else the newest poll if that was; or None.

    What goes well in between, such as reading some cligencies, does not make up for a poll that was refused. Nor does
    a poll of lists for the last reading of cligencies that a daemon made of late; a complete one does.
    """
    polled = _newest(connection, PASSES.c.scope.not_in(_BETWEEN))
    rolled = _newest(connection, PASSES.c.scope.in_((_ROLLING, _FULL)), PASSES.c.id.in_(_LATELY))
    for last in (_newest(connection), polled, rolled):
        if last is not None and last.exit_code not in _GOOD:
            return last
    return None


def _newest(connection: Connection, *having: ColumnElement[bool]) -> LastPass | None:
    """Return the newest pass that ended and is none of a booking, of those that are as asked for."""
    columns = ("started_at", "ended_at", "result", "exit_code", "counts")
    query = (
        select(*(PASSES.c[name] for name in columns))
        .where(PASSES.c.scope != BOOKING, PASSES.c.ended_at.is_not(None), *having)
        .order_by(PASSES.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return LastPass(
        ended_at=row.ended_at,
        seconds=max((row.ended_at - row.started_at).total_seconds(), 0.0),
        result=row.result or "",
        exit_code=row.exit_code,
        counts=orjson.loads(row.counts or "{}"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How much waits: pushes that are open, pushes that were refused, hints, bookings without their Pipedrive half.

    A booking waits until a pass has planned that half, and while any of the writes of it does.
    """

    open_pushes: int
    refused_pushes: int
    hints: int
    bookings: int


def waiting(connection: Connection) -> Waiting:
    """Return how much waits; each is counted from a small table or a partial index."""
    journal = select(func.count()).select_from(JOURNAL)
    return Waiting(
        open_pushes=connection.scalar(journal.where(IS_OPEN)) or 0,
        refused_pushes=connection.scalar(journal.where(IS_REFUSED)) or 0,
        hints=hints.count(connection),
        bookings=_bookings(connection),
    )


def _bookings(connection: Connection) -> int:
    unplanned = connection.scalar(select(func.count()).select_from(BOOKINGS)) or 0
    of_bookings = select(func.count(JOURNAL.c.cause.distinct())).where(
        IS_OPEN, or_(*(JOURNAL.c.cause.startswith(f"callbooker:{type_}:", autoescape=True) for type_ in CallType))
    )
    return unplanned + (connection.scalar(of_bookings) or 0)


def oldest_readings(connection: Connection) -> dict[RemoteKind, datetime]:
    """Return when the longest unread living object of each kind was read; one look into an index for each."""
    found: dict[RemoteKind, datetime] = {}
    for kind in RemoteKind:
        of_kind = select(LAST_SEEN.c.read_at).where(LAST_SEEN.c.kind == kind.value, LAST_SEEN.c.gone_since.is_(None))
        read_at = connection.scalar(of_kind.order_by(LAST_SEEN.c.read_at).limit(1))
        if read_at is not None:
            found[kind] = read_at
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """How everything is now; tokens are those of the day (UTC)."""

    spending: Spending
    last_good: LastPass | None
    trouble: LastPass | None
    oldest_readings: Mapping[RemoteKind, datetime]
    clients: ClientFreshness
    population: Mapping[str, int]
    is_running: bool
    is_daemon_active: bool
    waiting: Waiting


def measures(connection: Connection, now: datetime) -> Measures:
    """Return how everything is now."""
    rows = connection.execute(select(COUNTERS.c.kind, COUNTERS.c.population))
    return Measures(
        spending=spending(connection, midnight_before(now)),
        last_good=last_good_pass(connection),
        trouble=trouble(connection),
        oldest_readings=oldest_readings(connection),
        clients=freshness(connection, now),
        population={row.kind: row.population for row in rows},
        is_running=lease.current(connection, now) is not None,
        is_daemon_active=lease.current(connection, now, lease.RIGHT_TO_SCHEDULE) is not None,
        waiting=waiting(connection),
    )

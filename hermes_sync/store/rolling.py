"""TC2's rolling reading (semantics 6): whose details are read again next, and how fresh all of them are.

TC2 says nothing of what changed, so that some clients are read again in every pass. A share of these belongs to
clients that changed within a day, because these change again soonest; the rest to whoever was not read for longest,
so that nobody starves.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, select

from hermes_sync.core.records import RemoteKind
from hermes_sync.store.tables import LAST_SEEN, Instant

RECENTLY: Final = timedelta(days=1)
SHARE: Final = 3
"""One of so many readings is of a client that changed recently."""

_SEEN = LAST_SEEN.c
_OF_LIVING_CLIENTS: Final = (_SEEN.kind == RemoteKind.CLIENT.value, _SEEN.gone_since.is_(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFreshness:
    """How many living clients there are, how many of them were read within the last hour, and the oldest reading."""

    living: int
    read_within_hour: int
    oldest_read_at: datetime | None

    @property
    def share_within_hour(self) -> float:
        """The share that was read within the last hour, from 0 to 1; of none at all it is 1."""
        return self.read_within_hour / self.living if self.living else 1.0


def to_read_again(connection: Connection, limit: int, *, now: datetime, besides: Collection[int]) -> list[int]:
    """Return the living clients whose turn it is, at most so many and none of `besides`.

    First those that seem to be read at a time to come: a clock was wrong then, and they would wait until it has come.
    """
    chosen: dict[int, None] = {}
    left_out = set(besides)

    def choose(question: Select[int], most: int) -> None:
        asked = {"now": now, "since": now - RECENTLY, "most": most + len(chosen) + len(left_out)}
        found = [id_ for id_ in connection.scalars(question, asked) if id_ not in left_out and id_ not in chosen]
        chosen.update(dict.fromkeys(found[:most]))

    choose(_FROM_THE_FUTURE, limit)
    choose(_CHANGED_RECENTLY, (limit - len(chosen)) // SHARE)
    choose(_LONGEST_UNREAD, limit - len(chosen))
    return list(chosen)


def _longest_unread(*conditions: ColumnElement[bool]) -> Select[int]:
    clients = select(_SEEN.id).where(*_OF_LIVING_CLIENTS, *conditions)
    return clients.order_by(_SEEN.read_at, _SEEN.id).limit(bindparam("most"))


_LONGEST_UNREAD: Final = _longest_unread()
_FROM_THE_FUTURE: Final = _longest_unread(_SEEN.read_at > bindparam("now", type_=Instant()))
_CHANGED_RECENTLY: Final = _longest_unread(
    _SEEN.changed_at.is_not(None), _SEEN.changed_at > bindparam("since", type_=Instant())
)


def freshness(connection: Connection, now: datetime) -> ClientFreshness:
    """Return how fresh the readings of all living clients are."""
    since = {"since": now - timedelta(hours=1)}
    return ClientFreshness(
        living=connection.scalar(_COUNT) or 0,
        read_within_hour=connection.scalar(_COUNT_SINCE, since) or 0,
        oldest_read_at=connection.scalar(_OLDEST),
    )


_COUNT: Final = select(func.count()).select_from(LAST_SEEN).where(*_OF_LIVING_CLIENTS)
_COUNT_SINCE: Final = _COUNT.where(_SEEN.read_at > bindparam("since", type_=Instant()))
_OLDEST: Final = select(_SEEN.read_at).where(*_OF_LIVING_CLIENTS).order_by(_SEEN.read_at).limit(1)

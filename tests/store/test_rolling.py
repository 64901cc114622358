"""TC2's rolling reading prefers whoever changed of late, and nobody starves."""

from datetime import datetime, timedelta

from hermes_sync.core.records import Cligency, RemoteKind
from hermes_sync.store import SqlStore
from tests.store.passes import NOON, Pass, gone, read

CLIENT = RemoteKind.CLIENT
LONG_AGO = NOON - timedelta(days=3)


def read_at(store: SqlStore, when: datetime, *ids: int, name: str = "C") -> None:
    """Have a pass read these cligencies at that time; under another name they have changed."""
    Pass(readings={CLIENT: read(CLIENT, *(Cligency(id=id_, name=name) for id_ in ids))}, now=when).run(store)


def turn(store: SqlStore, limit: int, besides: tuple[int, ...] = ()) -> list[int]:
    """Return whose turn it is at noon."""
    return store.clients_to_read_again(limit, now=NOON, besides=besides)


def test_the_longest_unread_come_first(store: SqlStore) -> None:
    """Whoever was read earlier is read again earlier."""
    for age, id_ in enumerate((3, 1, 4, 2)):
        read_at(store, LONG_AGO + timedelta(minutes=age), id_)

    assert turn(store, 3) == [3, 1, 4]
    assert turn(store, 10) == [3, 1, 4, 2]
    assert turn(store, 0) == []


def test_a_third_is_for_those_that_changed_within_a_day(store: SqlStore) -> None:
    """Two of six changed today and were read just now: they are read again before others that wait for longer."""
    read_at(store, LONG_AGO, *range(1, 11))
    read_at(store, NOON - timedelta(minutes=1), 7, 8, name="Changed")

    assert turn(store, 6) == [7, 8, 1, 2, 3, 4]


def test_the_others_keep_their_share(store: SqlStore) -> None:
    """When very many changed today two thirds of the readings are still of the longest unread."""
    read_at(store, LONG_AGO, *range(1, 11))
    read_at(store, NOON - timedelta(hours=1), *range(100, 200))

    assert turn(store, 6) == [100, 101, 1, 2, 3, 4]


def test_reading_the_same_again_is_no_change(store: SqlStore) -> None:
    """What says what it said before has only been read."""
    read_at(store, LONG_AGO, 1, 2, 3)
    read_at(store, NOON - timedelta(hours=1), 2)

    assert turn(store, 3) == [1, 3, 2]


def test_a_change_of_the_day_before_yesterday_is_old(store: SqlStore) -> None:
    """After a day a cligency is one like others."""
    read_at(store, LONG_AGO, 1, 2, 3)
    read_at(store, NOON - timedelta(days=2), 3, name="Changed")

    assert turn(store, 2) == [1, 2]


def test_what_was_read_in_the_future_is_read_at_once(store: SqlStore) -> None:
    """A clock was wrong: whoever waited until then would starve."""
    read_at(store, LONG_AGO, 1, 2, 3)
    read_at(store, NOON + timedelta(days=400), 2)

    assert turn(store, 2) == [2, 1]
    read_at(store, NOON, 2)
    assert turn(store, 2) == [1, 3]


def test_who_is_read_anyway_takes_nobodys_turn(store: SqlStore) -> None:
    """Those named besides, and those that are gone, are left out; others move up."""
    read_at(store, LONG_AGO, *range(1, 8))
    Pass(readings={CLIENT: gone(CLIENT, 2)}, now=LONG_AGO).run(store)

    assert turn(store, 3, besides=(1, 4)) == [3, 5, 6]


def test_everybody_has_a_turn(store: SqlStore) -> None:
    """However often some change, each of the others is read in due time."""
    now = NOON
    read_at(store, LONG_AGO, *range(1, 31))
    seen: set[int] = set()
    for number in range(8):
        now += timedelta(minutes=3)
        ids = store.clients_to_read_again(6, now=now)
        seen |= set(ids)
        read_at(store, now, *ids)
        read_at(store, now, 1, 2, name=f"Edition {number}")

    assert seen == set(range(1, 31))


def test_how_fresh_all_are(store: SqlStore) -> None:
    """The oldest reading, and the share that was read within the hour."""
    assert store.client_freshness(NOON).share_within_hour == 1.0
    read_at(store, LONG_AGO, 1, 2, 3)
    read_at(store, NOON - timedelta(minutes=30), 4)
    Pass(readings={CLIENT: gone(CLIENT, 3)}, now=LONG_AGO).run(store)
    fresh = store.client_freshness(NOON)

    assert (fresh.living, fresh.read_within_hour, fresh.oldest_read_at) == (3, 1, LONG_AGO)
    assert fresh.share_within_hour == 1 / 3

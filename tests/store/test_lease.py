"""One pass at a time runs on a database."""

from datetime import timedelta

import pytest

from hermes_sync.ports import LeaseHeld
from hermes_sync.store import RIGHT_TO_RUN, RIGHT_TO_SCHEDULE, SqlStore
from tests.store.passes import NOON

TTL = timedelta(minutes=5)


def test_a_lease_is_held(store: SqlStore) -> None:
    """Another is told who holds the lease and until when."""
    store.acquire_lease(holder="me", now=NOON, ttl=TTL)
    with pytest.raises(LeaseHeld, match=r"me runs it and has it until 2025-03-01T12:05:00"):
        store.acquire_lease(holder="you", now=NOON + timedelta(minutes=4), ttl=TTL)


def test_a_released_lease_is_free(store: SqlStore) -> None:
    """After it is given back anybody may take it."""
    store.release_lease(store.acquire_lease(holder="me", now=NOON, ttl=TTL))
    assert store.acquire_lease(holder="you", now=NOON, ttl=TTL).until == NOON + TTL


def test_a_renewed_lease_lasts(store: SqlStore) -> None:
    """A renewed lease is held beyond its first end."""
    lease = store.acquire_lease(holder="me", now=NOON, ttl=TTL)
    store.renew_lease(lease, NOON + timedelta(minutes=4), TTL)
    with pytest.raises(LeaseHeld):
        store.acquire_lease(holder="you", now=NOON + timedelta(minutes=6), ttl=TTL)


def test_a_lease_runs_out(store: SqlStore) -> None:
    """A lease that ran out is taken over, and its old holder can neither renew nor release it."""
    old = store.acquire_lease(holder="me", now=NOON, ttl=TTL)
    later = NOON + TTL
    store.acquire_lease(holder="you", now=later, ttl=TTL)
    with pytest.raises(LeaseHeld, match="you"):
        store.renew_lease(old, later, TTL)
    store.release_lease(old)
    running = store.status(later).running
    assert running is not None
    assert running.holder == "you"


def test_a_lost_lease_says_so(store: SqlStore) -> None:
    """A lease that was given back cannot be renewed."""
    lease = store.acquire_lease(holder="me", now=NOON, ttl=TTL)
    store.release_lease(lease)
    with pytest.raises(LeaseHeld, match="given back"):
        store.renew_lease(lease, NOON, TTL)


def test_the_same_holder_takes_it_again(store: SqlStore) -> None:
    """A holder that takes the lease again has the newer one, and the older counts no more."""
    old = store.acquire_lease(holder="me", now=NOON, ttl=TTL)
    store.acquire_lease(holder="me", now=NOON + timedelta(seconds=1), ttl=TTL)
    with pytest.raises(LeaseHeld):
        store.renew_lease(old, NOON, TTL)


def test_the_daemon_has_a_lease_of_its_own(store: SqlStore) -> None:
    """Whoever says when passes run keeps nobody from running one, and the other way round."""
    store.acquire_lease(holder="a daemon", now=NOON, ttl=TTL, name=RIGHT_TO_SCHEDULE)
    assert store.current_lease(NOON) is None
    store.acquire_lease(holder="a pass", now=NOON, ttl=TTL)

    with pytest.raises(LeaseHeld, match="another daemon is active on this database: a daemon is"):
        store.acquire_lease(holder="another", now=NOON, ttl=TTL, name=RIGHT_TO_SCHEDULE)
    held = [store.current_lease(NOON, name) for name in (RIGHT_TO_RUN, RIGHT_TO_SCHEDULE)]
    assert [one and one.holder for one in held] == ["a pass", "a daemon"]

"""What webhooks named, while passes forget what they have read of it."""

from threading import Thread

import pytest

from hermes_sync.core.records import Ref, RemoteKind
from hermes_sync.ports import StoreUnavailable
from hermes_sync.store import SqlStore
from tests.store.passes import NOON

REFS = [Ref(RemoteKind.CLIENT, number) for number in range(1, 41)]
ROUNDS = 100


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer
def test_webhooks_and_passes_never_wait_for_each_other_in_a_ring(store: SqlStore) -> None:
    """Whatever order hints have waited in, nobody who leaves them and nobody who drops them is torn off."""
    troubles: list[str] = []

    def leave() -> None:
        for _ in range(ROUNDS):
            try:
                store.hint(REFS, NOON)
            except StoreUnavailable as error:
                troubles.append(str(error))

    listener = Thread(target=leave)
    listener.start()
    for _ in range(ROUNDS):
        store.drop_hints(sorted(store.hints(), key=lambda hint: -hint.ref.id))
    listener.join()

    assert troubles == []

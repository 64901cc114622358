"""Drafts of one process share an engine and the file that they begin as, and nothing else."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from hermes_sync.core.records import Notice
from hermes_sync.store import SqlStore


def said_in(store: SqlStore, message: str, together: Barrier) -> list[str]:
    """Open a draft while others are open, say something in it, and return what it then says."""
    with store.draft() as draft:
        together.wait(timeout=60)
        draft.add_notices([Notice(code="said", message=message)])
        together.wait(timeout=60)
        return [notice.message for notice in draft.notices()]


def test_drafts_in_several_threads_do_not_see_each_other(store: SqlStore) -> None:
    """Each holds what was put into it, while all are open."""
    names = ["one", "two", "three"]
    together = Barrier(len(names))
    with ThreadPoolExecutor(len(names)) as threads:
        found = list(threads.map(lambda name: said_in(store, name, together), names))
    assert found == [[name] for name in names]


def test_a_draft_begins_empty_and_leaves_nothing(store: SqlStore) -> None:
    """Whatever an earlier one held: a new draft holds nothing, and a closed one has no file."""
    with store.draft() as first:
        first.add_notices([Notice(code="said", message="once")])
    with store.draft() as second:
        assert second.notices() == []
    assert not first.path.parent.exists()
    assert not second.path.parent.exists()

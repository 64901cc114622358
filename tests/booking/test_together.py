"""Threads whose work is done together: everybody gets their own answer."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from hermes_sync.booking.together import Together, Waiting

THREADS = 24


class Doubling:
    """Doubles numbers, all that wait at once; the first batch waits until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun = threading.Event()
        self.let_go = threading.Event()

    def work(self, waiting: Sequence[Waiting[int, int]]) -> None:
        """Double all; a negative number fails."""
        self.batches.append([one.wanted for one in waiting])
        self.begun.set()
        assert self.let_go.wait(60)
        for one in waiting:
            if one.wanted < 0:
                one.failed(ValueError(f"{one.wanted} is below nothing"))
            else:
                one.done(2 * one.wanted)


def test_who_waits_is_taken_along_and_gets_the_own_answer() -> None:
    """While one batch is under way the others gather, and the next batch is theirs, in the order of their coming."""
    doubling = Doubling()
    together = Together(doubling.work)
    with ThreadPoolExecutor(THREADS) as pool:
        first = pool.submit(together.do, 0)
        assert doubling.begun.wait(60)
        others = [pool.submit(together.do, number) for number in range(1, THREADS)]
        while len(together._waiting) < THREADS - 1:
            threading.Event().wait(0.01)
        doubling.let_go.set()

        assert first.result() == 0
        assert [one.result() for one in others] == [2 * number for number in range(1, THREADS)]
    assert doubling.batches[0] == [0]
    assert sorted(doubling.batches[1]) == list(range(1, THREADS))
    assert len(doubling.batches) == 2


def test_no_batch_is_larger_than_it_may_be() -> None:
    """Who does not fit into the batch waits for the next one."""
    doubling = Doubling()
    together = Together(doubling.work, most=5)
    with ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(together.do, number) for number in range(THREADS)]
        assert doubling.begun.wait(60)
        doubling.let_go.set()

        assert [one.result() for one in futures] == [2 * number for number in range(THREADS)]
    assert max(len(one) for one in doubling.batches) <= 5


def test_an_error_is_raised_where_it_belongs() -> None:
    """One that failed alone raises its own error, the others have their answers."""
    doubling = Doubling()
    doubling.let_go.set()
    together = Together(doubling.work)

    with pytest.raises(ValueError, match="-1 is below nothing"):
        together.do(-1)
    assert together.do(4) == 8


def test_work_that_breaks_fails_those_whom_it_did_not_answer() -> None:
    """An error of the work is raised in the threads that it left without an answer; the next ones are served."""

    def work(waiting: Sequence[Waiting[int, int]]) -> None:
        if waiting[0].wanted == 101:
            raise RuntimeError("all of it failed")
        for one in waiting:
            one.done(one.wanted)

    together = Together(work)
    with pytest.raises(RuntimeError, match="all of it"):
        together.do(101)
    assert together.do(1) == 1

"""People who book at the same moment, in threads and in processes, on both databases."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select

from hermes_sync.booking import Booked, NotBooked
from hermes_sync.core.plan import FieldChange
from hermes_sync.core.records import RemoteKind
from hermes_sync.ports import Receipt
from hermes_sync.store import SqlStore
from hermes_sync.store.tables import BOOKINGS
from tests.booking.office import NOW, Books, booker, sales
from tests.booking.people import wish
from tests.store.passes import Pass, company, contact, push, write

ROOT = Path(__file__).parents[2]
THREADS = 12
PROCESSES = 3
EACH = 15


@contextmanager
def people(url: str, first: int, *, one_slot: bool = False, count: int = EACH) -> Iterator["subprocess.Popen[str]"]:
    """Yield a process that is ready to book and waits for a line."""
    command = [sys.executable, "-m", "tests.booking.people", url, str(count), str(first), *(["x"] if one_slot else [])]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


def go(process: "subprocess.Popen[str]") -> None:
    """Let a process begin."""
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def at_once(store: SqlStore, wishes: list[object]) -> list[Booked | NotBooked]:
    """Have threads that share a Booker book all of these at the same moment; return what each was told."""
    office, together = booker(store), Barrier(len(wishes))

    def book(wanted: object) -> Booked | NotBooked:
        together.wait()
        try:
            return office.book(wanted)  # type: ignore[arg-type]  # bookings
        except NotBooked as refusal:
            return refusal

    with ThreadPoolExecutor(len(wishes)) as pool:
        return list(pool.map(book, wishes))


def assert_whole(store: SqlStore, meetings: int) -> None:
    """Every Meeting is one that the next pass is told of, in no other's way, and ids and counts fit."""
    books = Books(store)
    found = books["meetings"]
    spans = sorted((one["admin_id"], one["start_time"], one["end_time"]) for one in found)

    assert len(found) == meetings
    assert all(a[0] != b[0] or a[2] < b[1] for a, b in pairwise(spans))
    assert {one["id"] for one in found} == {meeting for *_, meeting in books.waiting() if meeting is not None}
    assert [store.population()[kind] for kind in ("company", "contact", "deal", "meeting")] == [
        *books.counts().values()
    ]


def test_of_threads_after_one_slot_one_gets_it(store: SqlStore) -> None:
    """Everybody else is told that it is taken, and leaves Company, Contact and Deal."""
    answers = at_once(store, [wish(number, one_slot=True) for number in range(THREADS)])

    assert sum(isinstance(one, Booked) for one in answers) == 1
    assert {str(one) for one in answers if isinstance(one, NotBooked)} == {"this time is taken; choose another one"}
    assert Books(store).counts() == {"companies": THREADS, "contacts": THREADS, "deals": THREADS, "meetings": 1}
    assert_whole(store, 1)


def test_a_person_who_clicks_many_times_is_booked_once(store: SqlStore) -> None:
    """The same request from many threads makes one Company, one Contact, one Deal and one Meeting."""
    answers = at_once(store, [sales()] * THREADS)

    assert sum(isinstance(one, Booked) for one in answers) == 1
    assert Books(store).counts() == {"companies": 1, "contacts": 1, "deals": 1, "meetings": 1}
    assert_whole(store, 1)


def test_threads_after_slots_of_their_own_all_get_them(store: SqlStore) -> None:
    """Nobody is refused because others write too."""
    answers = at_once(store, [wish(number, one_slot=False) for number in range(THREADS)])

    assert {one.meeting_id for one in answers if isinstance(one, Booked)} == set(range(1, THREADS + 1))
    assert_whole(store, THREADS)


def test_one_booking_that_breaks_harms_no_other(store: SqlStore) -> None:
    """What one booking makes the database refuse is undone, and the others of its transaction are booked."""
    wishes = [wish(number, one_slot=False) for number in range(THREADS)]
    office, together = booker(store), Barrier(THREADS + 1)

    def book(number: int) -> Booked:
        together.wait()
        # No form lets such a name through, and no database takes it.
        return office.book(wishes[number] if number < THREADS else sales(email="jo@example.com", name="\ud800"))

    with ThreadPoolExecutor(THREADS + 1) as pool:
        futures = [pool.submit(book, number) for number in range(THREADS + 1)]
        broken = futures.pop()

        assert broken.exception() is not None
        assert not isinstance(broken.exception(), NotBooked)
        assert {one.result().meeting_id for one in futures} == set(range(1, THREADS + 1))
    assert_whole(store, THREADS)


@pytest.mark.parametrize("one_slot", [True, False], ids=["one slot", "slots of their own"])
def test_processes_book_like_threads(store: SqlStore, *, one_slot: bool) -> None:
    """Processes on one database give one slot to one person, and refuse nobody a slot of their own."""
    url = store.engine.url.render_as_string(hide_password=False)
    first = range(0, PROCESSES * EACH, EACH)
    with people(url, first[0], one_slot=one_slot) as a, people(url, first[1], one_slot=one_slot) as b, people(
        url, first[2], one_slot=one_slot
    ) as c:  # fmt: skip
        for process in (a, b, c):
            go(process)
        said = [process.communicate(timeout=300)[0].split("\n")[:-1] for process in (a, b, c)]

    booked = [line for lines in said for line in lines if line.startswith("booked")]
    assert [len(lines) for lines in said] == [EACH] * PROCESSES
    assert len(booked) == (1 if one_slot else PROCESSES * EACH)
    assert_whole(store, len(booked))


def test_a_killed_process_loses_no_booking_that_it_answered(store: SqlStore) -> None:
    """After a kill every answer stands, no booking is half there, and others go on."""
    url = store.engine.url.render_as_string(hide_password=False)
    with people(url, 0, count=10_000) as process:
        go(process)
        assert process.stdout is not None
        answered = [int(process.stdout.readline().split()[1]) for _ in range(10)]
        process.kill()
        answered += [int(line.split()[1]) for line in process.stdout.read().split("\n") if line.startswith("booked ")]

    counts = Books(store).counts()
    assert {one["id"] for one in Books(store)["meetings"]} >= set(answered)
    assert len(set(counts.values())) == 1, counts
    booker(store).book(wish(20_000, one_slot=False))
    assert_whole(store, counts["meetings"] + 1)


def test_links_are_made_while_people_book(store: SqlStore) -> None:
    """A pass that links Companies to new Orgs and people who book with them wait for each other, never for ever."""
    ids = range(1, 41)
    write(store, *(company(id_, f"Company {id_}") for id_ in ids))
    write(store, *(contact(id_, id_, email=f"person{id_}@example.com") for id_ in ids))
    pushes = [push(RemoteKind.ORGANIZATION, id_, None, FieldChange("name", None, "x")) for id_ in ids]
    planned = list(store.planned_pushes(Pass(pushes=pushes).run(store)))

    def link() -> None:
        for one in planned:
            store.settle_push(one.id, receipt=Receipt(remote_id=1000 + one.hermes_id), now=NOW)

    with ThreadPoolExecutor(1) as pool:
        linking = pool.submit(link)
        office = booker(store)
        for id_ in ids:
            office.book(wish(id_, one_slot=False))
        linking.result()

    companies = Books(store)["companies"]
    assert [one["pd_org_id"] for one in companies] == [1000 + id_ for id_ in ids]
    assert all(one["has_booked_call"] for one in companies)


def test_what_a_pass_has_taken_care_of_is_its_own_business(store: SqlStore) -> None:
    """A booking leaves exactly one note for the next pass, under the id of its row among the passes."""
    booker(store).book(sales())
    with store.engine.connect() as connection:
        (id_,) = connection.scalars(select(BOOKINGS.c.id))

    assert id_ == store.passes(1)[0].id

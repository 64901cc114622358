"""Reading TC2, which has no "changed since": its list, what is new there, and everybody in turn (semantics 6)."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeVar

from hermes_sync.core.records import RemoteKind
from hermes_sync.cycle.hinted import KEPT, Hinted
from hermes_sync.cycle.missing import prove
from hermes_sync.cycle.reader import Reader
from hermes_sync.store import Cursor

T = TypeVar("T")

_DETAILS_AT_ONCE: Final = 50
_CLIENTS_A_PAGE: Final = 100


@dataclass(slots=True, kw_only=True)
class Clients:
    """The clients that one pass reads, besides those that webhooks named."""

    reader: Reader
    hinted: Hinted
    booking_waits: Callable[[], bool]

    def read(self) -> None:
        """Read what this pass looks at: the list and new ones, and those whose turn it is (semantics 6)."""
        reader = self.reader
        turn: Sequence[int] = ()
        if reader.scope.hinted_only:
            turn = self._whose_turn(besides=())
            self._read_details(turn, may_wait=turn)
            return
        cursor = reader.cursor(RemoteKind.CLIENT)
        complete = reader.is_complete(RemoteKind.CLIENT)
        listed, new = self._list_clients(complete=complete)
        hinted = self.hinted.clients()
        wanted = dict.fromkeys(sorted(new - hinted))
        if reader.scope.full:
            wanted |= dict.fromkeys(sorted(listed))
        elif reader.scope.since is not None:
            wanted |= dict.fromkeys(reader.store.unread_since(reader.scope.since))
        else:
            turn = self._whose_turn(besides=new, listed=len(listed))
            wanted |= dict.fromkeys(turn)
        self._read_details(list(wanted), may_wait=() if complete else turn)
        if complete:
            known = reader.store.digests_between(RemoteKind.CLIENT, 0, None).keys()
            missing = known - listed - wanted.keys() - hinted
            trusted = prove(reader, RemoteKind.CLIENT, missing)
            complete_at = reader.clock.now() if trusted else cursor.complete_at
            reader.pulled.cursors[RemoteKind.CLIENT] = Cursor(since=None, complete_at=complete_at)

    def _whose_turn(self, besides: Collection[int], listed: int = 0) -> list[int]:
        """Return the clients of the rolling reading that nobody named and that are not new.

        A pass that was told how many reads so many fewer as the list had full pages: each was a request as well. Nor
        does it read more than TC2 still allows in this minute: whoever tells it so is back in the next one.
        """
        told = self.reader.scope.sweep
        most = self.reader.reach.sweep_per_pass
        if told is not None:
            most = max(0, min(told - listed // _CLIENTS_A_PAGE, self.reader.tc2.room() - KEPT))
        left_out = self.hinted.clients() | set(besides)
        return self.reader.store.clients_to_read_again(most, now=self.reader.clock.now(), besides=left_out)

    def _list_clients(self, *, complete: bool) -> tuple[set[int], set[int]]:
        """Return listed and new ids: all pages, or newest first until a page holds only known ones (semantics 6)."""
        listed: set[int] = set()
        new: set[int] = set()
        number = 1
        while True:
            page = self.reader.tc2.page(number)
            fresh = set(page.ids) - self.reader.store.known(RemoteKind.CLIENT, page.ids)
            listed.update(page.ids)
            new |= fresh
            self.reader.progress.report("listing clients", len(listed), page.count)
            if page.is_last or (not complete and not fresh):
                return listed, new
            number += 1

    def _read_details(self, ids: Sequence[int], may_wait: Collection[int] = ()) -> None:
        """Read these clients; no more of those that may wait once a booking has come in."""
        done = 0
        for some in _stretches(ids, _DETAILS_AT_ONCE):
            readings = []
            for id_ in some:
                if id_ in may_wait and self.booking_waits():
                    continue
                readings.append(self.reader.get(RemoteKind.CLIENT, id_))
                done += 1
                self.reader.progress.report("reading clients", done, len(ids))
            self.reader.keep(RemoteKind.CLIENT, readings)


def _stretches(ids: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(ids)
    while some := list(islice(iterator, size)):
        yield some

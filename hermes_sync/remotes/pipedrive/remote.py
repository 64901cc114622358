"""Pipedrive as the pass sees it: lists, single objects, searches and pushes, in records and Hermes' words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any, Final

from hermes_sync.core.records import Org, PdDeal, Person, Ref, RemoteKind
from hermes_sync.core.values import ids_in
from hermes_sync.ports import (
    FieldDefinition,
    FieldDefinitions,
    ObjectGone,
    ObjectUnavailable,
    Order,
    Page,
    Reading,
    Receipt,
    RemoteRefused,
    RemoteUnavailable,
    Usage,
)
from hermes_sync.remotes import pushing
from hermes_sync.remotes.exchange import Answer, Call
from hermes_sync.remotes.odd import left_out, put_aside
from hermes_sync.remotes.pipedrive import activities, bodies, calls, wire
from hermes_sync.remotes.pipedrive.connection import paged
from hermes_sync.remotes.pipedrive.custom import CustomFields
from hermes_sync.remotes.transport import Transport

_WITH_FIELDS: Final = (RemoteKind.ORGANIZATION, RemoteKind.PERSON, RemoteKind.DEAL)


class PipedriveRemote:
    """Pipedrive, API v2, asked through the transport to it (`connect_pipedrive`).

    `fields` maps, per kind, Hermes names to the 40-hex keys of the account's custom fields; `at_once` is how many
    pushes may be under way. Every method may raise `RemoteUnavailable`, `RemoteDenied` or `RemoteRefused`
    (semantics 5.5).
    """

    def __init__(
        self, transport: Transport, *, fields: Mapping[RemoteKind, Mapping[str, str]], at_once: int = 1
    ) -> None:
        self.at_once = at_once
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="push") if at_once > 1 else None
        self._custom = {kind: CustomFields(fields.get(kind, {}), {}) for kind in _WITH_FIELDS}
        self._transport = transport

    @property
    def usage(self) -> Usage:
        """Requests and tokens so far, and what is left of the day."""
        return self._transport.usage

    def count_anew(self) -> None:
        """Begin to count requests and tokens anew, for the next pass on the same connections."""
        self._transport.count_anew()

    def close(self) -> None:
        """Close the connections, when what is under way has ended."""
        if self._threads is not None:
            self._threads.shutdown()
        self._transport.close()

    def know(self, definitions: FieldDefinitions) -> None:
        """Take over what the account says of its fields: values are read and written in their own type."""
        for kind, known in definitions.items():
            if kind in self._custom:
                self._custom[kind] = CustomFields(self._custom[kind].keys, known)

    def read_definitions(self, kind: RemoteKind) -> Mapping[str, FieldDefinition]:
        """Return field key → definition of the configured fields that the account has (facts 7)."""
        wanted = frozenset(self._custom[kind].keys.values())
        found: dict[str, FieldDefinition] = {}
        if not wanted:
            return found
        for answer in self._paged(lambda cursor: calls.fields(kind, cursor)):
            found.update(wire.definitions(answer.json.get("data"), wanted.__contains__))
        return found

    def pages(self, kind: RemoteKind, *, since: datetime | None = None, archived: bool = False) -> Iterator[Page]:
        """Yield a list page by page, by id: all of it, or what was updated since a time (aware; inclusive).

        Deals come with the deleted ones of the last 30 days; `archived` reads the archived deals instead.
        Pipelines and stages are always read whole.
        """
        assert not archived or kind is RemoteKind.DEAL, "only deals are archived"
        reader = self._reader(kind, archived=archived)
        for answer in self._paged(lambda cursor: calls.page(kind, since=since, archived=archived, cursor=cursor)):
            yield Page(readings=reader.page(self._rows(answer)), server_time=answer.server_time)

    def get(self, kind: RemoteKind, id_: int) -> Reading:
        """Return one object. 404, 410 and `is_deleted` prove that it is gone; nothing else does (facts 2)."""
        ref = Ref(kind, id_)
        try:
            answer = self._transport.send(calls.one(kind, id_))
        except ObjectGone:
            return Reading(ref=ref, is_gone=True)
        reading = self._reader(kind).row(answer.json.get("data"))
        if reading.ref == ref:
            return reading
        if reading.ref.id == 0:
            return put_aside(ref, "the answer has no id")
        return put_aside(ref, f"the answer speaks of {reading.ref} instead")

    def get_many(self, kind: RemoteKind, ids: Sequence[int]) -> Iterator[Reading]:
        """Yield the objects with these ids; one that is unknown, deleted or archived may be left out."""
        reader = self._reader(kind)
        for start in range(0, len(ids), calls.IDS):
            answer = self._transport.send(calls.some(kind, ids[start : start + calls.IDS]))
            yield from reader.page(self._rows(answer))

    def find(self, kind: RemoteKind, hermes_id: int) -> tuple[Reading, ...]:
        """Return the living objects whose `hermes_id` names this Hermes id, by id; odd ones too that perhaps do.

        The search index lags by seconds and keeps deleted objects (facts 4.2), so every hit is read again.
        """
        if "hermes_id" not in self._custom[kind].keys:
            return ()
        hits: set[int] = set()
        for answer in self._paged(lambda cursor: calls.search(kind, str(hermes_id), cursor)):
            hits.update(wire.hits(answer.json.get("data")))
        readings = (self._hit(kind, id_) for id_ in sorted(hits))
        return tuple(reading for reading in readings if _names(reading, hermes_id))

    def _hit(self, kind: RemoteKind, id_: int) -> Reading:
        try:
            return self.get(kind, id_)
        except (RemoteRefused, ObjectUnavailable) as error:
            return left_out(Ref(kind, id_), error)

    def find_activities(self, said: Mapping[str, object]) -> tuple[int, ...]:
        """Return the living activities that say this, by id; `said` are the fields of a push, by Hermes name.

        Looked for under the deal, the Person and the Org that it names, until one is found.
        """
        for of in activities.HANGS_ON:
            named = said.get(of)
            if not isinstance(named, int):
                continue
            pages = self._paged(partial(calls.activities, of, named))
            found = [id_ for page in pages for id_ in activities.fitting(self._rows(page), said)]
            if found:
                return tuple(sorted(found))
        return ()

    def begin(self, order: Order) -> Callable[[], Receipt]:
        """Begin to push and return what waits for its end: the receipt, or whatever `push` raises.

        One push at a time would leave a third of the burst limit unused, waiting for answers. A remote with
        `at_once` of 1 pushes when it is waited for, in the caller's thread.
        """
        return partial(self.push, order) if self._threads is None else self._threads.submit(self.push, order).result

    def push(self, order: Order) -> Receipt:
        """Carry out a create or an update, and return the id that the object has now.

        Raises `ObjectGone` when what was to be updated is deleted, `RemoteRefused` with the field when nothing
        is left to push without it, `RemoteUnavailable(perhaps_done=True)` when the answer to a create was lost.
        """
        spoken, unsaid = bodies.said(order, self._custom.get(order.kind, wire.NO_FIELDS))
        needed = bodies.NEEDED[order.kind] if order.remote_id is None else None
        outcome = pushing.push(
            spoken, unsaid, needed=needed, send=lambda now: self._transport.send(_write(order, bodies.body(now)))
        )
        remote_id = order.remote_id if order.remote_id is not None else self._new_id(outcome.answer)
        return Receipt(
            remote_id=remote_id,
            notices=pushing.notices(order.kind, outcome.unsaid, remote_id),
            left_out=tuple(one.field for one in outcome.unsaid),
        )

    def _reader(self, kind: RemoteKind, *, archived: bool = False) -> wire.RowReader:
        return wire.RowReader(kind, self._custom.get(kind, wire.NO_FIELDS), archived)

    def _paged(self, call: Callable[[str | None], Call]) -> Iterator[Answer]:
        return paged(self._transport.send, call)

    def _rows(self, answer: Answer) -> list[Any]:
        rows = answer.json.get("data", ...)
        if rows is None:
            return []
        if not isinstance(rows, list):
            raise RemoteUnavailable("Pipedrive answered a list without its rows. The next pass tries again")
        return rows

    def _new_id(self, answer: Answer) -> int:
        data = answer.json.get("data")
        id_ = data.get("id") if isinstance(data, dict) else None
        if isinstance(id_, int):
            return id_
        raise RemoteUnavailable(
            "Pipedrive created an object and did not say its id; it is looked for before anything is repeated",
            perhaps_done=True,
        )


def _write(order: Order, body: Mapping[str, object]) -> Call:
    if order.remote_id is None:
        return calls.create(order.kind, body)
    return calls.change(order.kind, order.remote_id, body)


def _names(reading: Reading, hermes_id: int) -> bool:
    if reading.is_gone:
        return False
    record = reading.record
    if isinstance(record, Org | Person | PdDeal):
        return hermes_id in ids_in(record.hermes_id)
    return reading.names is None or hermes_id in reading.names

"""TC2 as the pass sees it: the thin client list, single clients, and pushes of extra attributes."""

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from hermes_sync.core.records import Ref, RemoteKind
from hermes_sync.ports import ClientPage, ObjectGone, Order, Reading, Receipt, RemoteUnavailable, Usage
from hermes_sync.remotes import pushing
from hermes_sync.remotes.exchange import Answer
from hermes_sync.remotes.odd import id_in, put_aside, why_invalid
from hermes_sync.remotes.pushing import Said
from hermes_sync.remotes.tc2 import bodies, calls, wire
from hermes_sync.remotes.transport import Transport


class Tc2Remote:
    """TC2, asked through the transport to it (`connect_tc2`).

    `attrs` maps Hermes names to the machine names of extra attributes. Every method that asks TC2 may raise
    `RemoteUnavailable`, `RemoteDenied` or `RemoteRefused` (semantics 5.5).
    """

    def __init__(self, transport: Transport, *, attrs: Mapping[str, str]) -> None:
        self._attrs = dict(attrs)
        self._count = 0
        self._transport = transport

    @property
    def usage(self) -> Usage:
        """Requests so far; TC2 has no tokens."""
        return self._transport.usage

    def count_anew(self) -> None:
        """Begin to count requests anew, for the next pass on the same connections."""
        self._transport.count_anew()

    def room(self) -> int:
        """Return how many requests may be made now without a wait for the limit of the minute."""
        return self._transport.room()

    def room_in(self, requests: int) -> float:
        """Return in how many seconds so many requests may be made without a wait; 0 when that is now."""
        return self._transport.room_in(requests)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def page(self, number: int) -> ClientPage:
        """Return one page of the client list, the first is 1; one past the end is empty and the last."""
        try:
            answer = self._transport.send(calls.page(number))
        except ObjectGone:
            return ClientPage(ids=(), count=self._count, is_last=True)
        try:
            listed = wire.ListPart.model_validate(answer.json)
        except ValidationError as error:
            raise RemoteUnavailable(
                f"TC2 answered a client list that is none ({why_invalid(error)}). The next pass tries again"
            ) from error
        self._count = listed.count
        ids = tuple(id_ for row in listed.results if (id_ := id_in(row)))
        return ClientPage(ids=ids, count=listed.count, is_last=listed.next is None)

    def get(self, id_: int) -> Reading:
        """Return one client; 404 and 410 prove that it is gone (facts 9)."""
        ref = Ref(RemoteKind.CLIENT, id_)
        try:
            answer = self._transport.send(calls.one(id_))
        except ObjectGone:
            return Reading(ref=ref, is_gone=True)
        reading = wire.client(answer.json, self._attrs)
        if reading.ref == ref:
            return reading
        return put_aside(ref, f"the answer speaks of {reading.ref} instead" if reading.ref.id else "it has no id")

    def push(self, order: Order) -> Receipt:
        """Write the changed extra attributes of a client; null clears one.

        Raises `ObjectGone` when the client is gone, `RemoteRefused` with the field when nothing is left without it.
        """
        client_id = order.remote_id
        assert client_id is not None, "hermes-sync creates no clients in TC2"
        spoken, unsaid = bodies.said(order, self._attrs)

        def send(now: Sequence[Said]) -> Answer:
            return self._transport.send(calls.change(client_id, {one.key: one.value for one in now}))

        outcome = pushing.push(spoken, unsaid, needed=None, send=send)
        return Receipt(
            remote_id=client_id,
            notices=pushing.notices(order.kind, outcome.unsaid, client_id),
            left_out=tuple(one.field for one in outcome.unsaid),
        )

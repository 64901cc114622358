"""A TC2 branch as setting up sees it: a few clients, the attributes that they have and the admins that they name.

TC2 lists neither its admins nor its extra attributes (facts 9), so both are gathered from clients.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from hermes_sync.ports import ObjectGone, RemoteUnavailable
from hermes_sync.remotes.exchange import Answer, Call
from hermes_sync.remotes.odd import id_in, why_invalid
from hermes_sync.remotes.tc2 import calls
from hermes_sync.remotes.tc2.wire import AttrPart, ListPart, Text
from hermes_sync.remotes.transport import Transport

ROLES: Final = ("sales_person", "associated_admin", "bdr_person")


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """An admin that clients name, and as what: `sales_person`, `associated_admin`, `bdr_person`."""

    id: int
    first_name: str | None
    last_name: str | None
    email: str | None
    roles: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a few clients show; `count` is how many clients there are in all, `read` how many were read."""

    count: int = 0
    read: int = 0
    cligencies: int = 0
    attributes: frozenset[str] = frozenset()
    """Machine names of the extra attributes that are set on one of them."""
    colleagues: tuple[Colleague, ...] = field(default=())


def _as_row(value: object) -> object:
    return {"id": value} if isinstance(value, int) else value


class _Named(BaseModel):
    """An admin as a client names one: an object, or only the id."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: int
    first_name: Text = None
    last_name: Text = None
    email: Text = None


Named = Annotated[_Named | None, BeforeValidator(_as_row)]


class _Client(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    meta_agency: Any = None
    sales_person: Named = None
    associated_admin: Named = None
    bdr_person: Named = None
    extra_attrs: tuple[AttrPart, ...] | None = None


class Tc2Branch:
    """One branch, asked through the transport to it (`connect_tc2`).

    Every method may raise `RemoteUnavailable`, `RemoteDenied` or `RemoteRefused` (semantics 5.5).
    """

    def __init__(self, transport: Transport) -> None:
        self._server_time: datetime | None = None
        self._transport = transport

    @property
    def server_time(self) -> datetime | None:
        """The time of the server when it last answered: UTC, whole seconds; None before that."""
        return self._server_time

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def listed(self) -> tuple[int, list[int]]:
        """Return how many clients there are, and the ids of the newest hundred."""
        try:
            page = ListPart.model_validate(self._send(calls.page(1)).json)
        except ValidationError as error:
            raise RemoteUnavailable(f"TC2 answered a client list that is none ({why_invalid(error)})") from error
        return page.count, [id_ for row in page.results if (id_ := id_in(row))]

    def sample(self, size: int) -> Sample:
        """Return what `size` clients show, spread evenly over the newest hundred; one request each."""
        count, ids = self.listed()
        clients = [one for id_ in _spread(ids, size) if (one := self._client(id_)) is not None]
        attributes = {attr.machine_name for one in clients for attr in one.extra_attrs or () if attr.machine_name}
        return Sample(
            count=count,
            read=len(clients),
            cligencies=sum(1 for one in clients if one.meta_agency),
            attributes=frozenset(attributes),
            colleagues=_colleagues(clients),
        )

    def _client(self, id_: int) -> _Client | None:
        """Return a client; None for one that went meanwhile or is too odd to show anything."""
        try:
            return _Client.model_validate(self._send(calls.one(id_)).json)
        except (ObjectGone, ValidationError):
            return None

    def _send(self, call: Call) -> Answer:
        answer = self._transport.send(call)
        self._server_time = answer.server_time or self._server_time
        return answer


def _spread(ids: Sequence[int], size: int) -> list[int]:
    if len(ids) <= size:
        return list(ids)
    return [ids[place * len(ids) // size] for place in range(size)]


def _colleagues(clients: Sequence[_Client]) -> tuple[Colleague, ...]:
    """Return the admins that these clients name, by id, each with everything that they were named as."""
    named = [(role, who) for one in clients for role in ROLES if (who := getattr(one, role)) is not None]
    best = {who.id: who for _, who in sorted(named, key=lambda pair: pair[1].email is not None)}
    return tuple(
        Colleague(
            id=id_,
            first_name=who.first_name,
            last_name=who.last_name,
            email=who.email,
            roles=frozenset(role for role, one in named if one.id == id_),
        )
        for id_, who in sorted(best.items())
    )

"""Which Hermes object is linked to which remote object, as pushes ask it: a create needs to know, and makes one.

Only objects that hermes-sync creates remotely have their links asked for here; the column holds the remote id.
"""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Select, select

from hermes_sync.core.objects import Kind
from hermes_sync.core.records import RemoteKind
from hermes_sync.store import journal
from hermes_sync.store.among import among, listed
from hermes_sync.store.rows import Partner
from hermes_sync.store.tables import OBJECT_TABLES

LINKS: Final[Mapping[RemoteKind, tuple[Kind, str]]] = {
    RemoteKind.ORGANIZATION: (Kind.COMPANY, "pd_org_id"),
    RemoteKind.PERSON: (Kind.CONTACT, "pd_person_id"),
    RemoteKind.DEAL: (Kind.DEAL, "pd_deal_id"),
    RemoteKind.ACTIVITY: (Kind.MEETING, "pd_activity_id"),
}
"""Where the id of what a create made is kept."""
_SPEAKERS: Final[Mapping[RemoteKind, Kind]] = {
    RemoteKind.CLIENT: Kind.COMPANY,
    **{kind: speaker for kind, (speaker, _) in LINKS.items()},
}
"""Whose Hermes id a push has."""
_NAMES: Final[Mapping[str, RemoteKind]] = {
    "company_id": RemoteKind.ORGANIZATION,
    "contact_id": RemoteKind.PERSON,
    "deal_id": RemoteKind.DEAL,
}
"""What the Hermes objects that a speaker names are in Pipedrive."""


def linked(connection: Connection, kind: RemoteKind, hermes_ids: Collection[int]) -> dict[int, int]:
    """Return Hermes id → the remote object of this kind that it is linked to."""
    rows = connection.execute(_linked(kind, connection.dialect.name), listed(hermes_ids, connection))
    return {row[0]: row[1] for row in rows}


@cache
def _linked(kind: RemoteKind, dialect: str) -> Select[Any]:
    of, column = LINKS[kind]
    table = OBJECT_TABLES[of]
    return select(table.c.id, table.c[column]).where(among(table.c.id, dialect), table.c[column].is_not(None))


def taken(connection: Connection, kind: RemoteKind, remote_ids: Collection[int]) -> set[int]:
    """Return which of these remote objects a Hermes object is linked to."""
    return set(connection.scalars(_taken(kind, connection.dialect.name), listed(remote_ids, connection)))


@cache
def _taken(kind: RemoteKind, dialect: str) -> Select[Any]:
    of, column = LINKS[kind]
    table = OBJECT_TABLES[of]
    return select(table.c[column]).where(among(table.c[column], dialect))


def partners(connection: Connection, kind: RemoteKind, hermes_id: int) -> dict[RemoteKind, Partner]:
    """Return the Org, Person and deal around the Hermes object that speaks in a push, as far as it names them."""
    speaker = _SPEAKERS[kind]
    if speaker is Kind.COMPANY:
        named = {RemoteKind.ORGANIZATION: hermes_id}
    else:
        table = OBJECT_TABLES[speaker]
        names = [name for name in _NAMES if name in table.c]
        row = connection.execute(select(*(table.c[name] for name in names)).where(table.c.id == hermes_id)).first()
        ids = dict(zip(names, row, strict=True)) if row is not None else {}
        named = {_NAMES[name]: id_ for name, id_ in ids.items() if id_ is not None}
    return {
        of: Partner(
            hermes_id=id_,
            remote_id=linked(connection, of, [id_]).get(id_),
            is_refused=bool(journal.refused(connection, of, [id_])),
        )
        for of, id_ in named.items()
    }

"""Finding Hermes objects by what people know of them: how a name begins, an e-mail address, a phone, a number."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select

from hermes_sync.core.objects import Kind
from hermes_sync.core.values import email_key, name_key, phone_key
from hermes_sync.store.story import HermesRef
from hermes_sync.store.tables import OBJECT_TABLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One Hermes object that fits, with what tells it from others."""

    ref: HermesRef
    label: str


def search(connection: Connection, said: str, limit: int) -> list[Found]:
    """Return what fits best first: who has this number, e-mail or phone, then Companies whose name begins so."""
    companies, contacts = OBJECT_TABLES[Kind.COMPANY].c, OBJECT_TABLES[Kind.CONTACT].c
    fitting: list[tuple[Kind, ColumnElement[bool]]] = []
    for number in _numbers(said):
        fitting += [(Kind.COMPANY, companies[name] == number) for name in ("id", "pd_org_id", "tc2_cligency_id")]
        fitting += [(Kind.CONTACT, contacts[name] == number) for name in ("id", "pd_person_id", "tc2_sr_id")]
    if email := email_key(said):
        fitting.append((Kind.CONTACT, contacts.email_key == email))
    if phone := phone_key(said):
        fitting.append((Kind.CONTACT, contacts.phone_key == phone))
    if name := name_key(said):
        fitting.append((Kind.COMPANY, companies.name_key.startswith(name, autoescape=True)))
    found: dict[HermesRef, Found] = {}
    for kind, fits in fitting:
        if len(found) < limit:
            found |= {one.ref: one for one in _read(connection, kind, fits, limit) if one.ref not in found}
    return list(found.values())[:limit]


def _read(connection: Connection, kind: Kind, fits: ColumnElement[bool], limit: int) -> list[Found]:
    table = OBJECT_TABLES[kind]
    names = ("name",) if kind is Kind.COMPANY else ("first_name", "last_name")
    query = select(table.c.id, *(table.c[name] for name in names)).where(fits).limit(limit)
    rows = sorted(connection.execute(query).all())
    return [Found(ref=HermesRef(kind, row[0]), label=" ".join(part for part in row[1:] if part)) for row in rows]


def _numbers(said: str) -> list[int]:
    text = said.strip()
    is_number = text.isascii() and text.isdigit() and len(text) < _TOO_LONG
    return [int(text)] if is_number else []


_TOO_LONG = 19  # digits; beyond this no database column holds it

"""Looking for Companies as the website and TC2 do: by the fields that tell them apart (interface 4)."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, select

from hermes_sync.core.objects import Kind
from hermes_sync.core.values import name_key
from hermes_sync.store.tables import OBJECT_TABLES

SHOWN: Final = ("id", "name", "pd_org_id", "tc2_cligency_id", "tc2_agency_id", "country", "price_plan")
"""What is told of a Company, and what it may be looked for by."""
_COMPANIES: Final = OBJECT_TABLES[Kind.COMPANY].c


def companies_like(connection: Connection, wanted: Mapping[str, int | str], limit: int) -> list[dict[str, object]]:
    """Return the first Companies by id that have all of these fields; case and runs of space in names do not count.

    All but `country` and `price_plan` are found by an index. Those two alone are looked for from the first id on.
    """
    query = select(*(_COMPANIES[name] for name in SHOWN)).order_by(_COMPANIES.id).limit(limit)
    for name, value in wanted.items():
        is_name = name == "name"
        query = query.where(_COMPANIES.name_key == name_key(str(value)) if is_name else _COMPANIES[name] == value)
    return [dict(row) for row in connection.execute(query).mappings()]


def company_name(connection: Connection, id_: int) -> str | None:
    """Return the name of a Company; None when there is none of this id."""
    name: str | None = connection.scalar(select(_COMPANIES.name).where(_COMPANIES.id == id_))
    return name


def company_of_client(connection: Connection, client_id: int) -> int | None:
    """Return the Company of a cligency; None when Hermes does not know it."""
    id_: int | None = connection.scalar(select(_COMPANIES.id).where(_COMPANIES.tc2_cligency_id == client_id))
    return id_

"""Companies that have a cligency and a living Org, with that Org as last seen."""

from collections.abc import Iterator
from typing import Final, cast

from sqlalchemy import Engine, select

from hermes_sync.core.objects import Company, Kind
from hermes_sync.core.records import Org, RemoteKind
from hermes_sync.store import seen
from hermes_sync.store.rows import OBJECT_FIELDS, object_of
from hermes_sync.store.tables import OBJECT_TABLES

_STRETCH: Final = 1000


def companies_with_both(engine: Engine) -> Iterator[tuple[Company, Org]]:
    """Yield them by id; they are read in stretches and no transaction stays open between two of these."""
    table = OBJECT_TABLES[Kind.COMPANY]
    query = (
        select(*(table.c[name] for name in OBJECT_FIELDS[Kind.COMPANY]))
        .where(table.c.tc2_cligency_id.is_not(None), table.c.pd_org_id.is_not(None))
        .order_by(table.c.id)
        .limit(_STRETCH)
    )
    last = 0
    while True:
        with engine.connect() as connection:
            companies = [
                cast("Company", object_of(Kind.COMPANY, row))
                for row in connection.execute(query.where(table.c.id > last)).all()
            ]
            orgs = seen.living_records(
                connection, RemoteKind.ORGANIZATION, [one.pd_org_id for one in companies if one.pd_org_id is not None]
            )
        if not companies:
            return
        for company in companies:
            org = orgs.get(company.pd_org_id or 0)
            if isinstance(org, Org):
                yield company, org
        last = companies[-1].id

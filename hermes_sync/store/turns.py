"""Who had the last turn: the admins of the newest Companies, for round robin (semantics 7).

The newest Company is the one with the highest id. Ids are given in the order in which Hermes learns of Companies,
and `created` may be missing or an agency's own. Both questions are answered from an index, however many there are.
"""

from typing import Final

from sqlalchemy import Engine, bindparam, select

from hermes_sync.core.objects import Kind
from hermes_sync.store.tables import OBJECT_TABLES

_COMPANIES: Final = OBJECT_TABLES[Kind.COMPANY].c
_NEWEST_FIRST: Final = _COMPANIES.id.desc()
_LAST_SALES_PERSON: Final = (
    select(_COMPANIES.sales_person_id)
    .where(_COMPANIES.price_plan == bindparam("plan"), _COMPANIES.sales_person_id.is_not(None))
    .order_by(_NEWEST_FIRST)
    .limit(1)
)
_LAST_SUPPORT_PERSON: Final = (
    select(_COMPANIES.support_person_id)
    .where(_COMPANIES.support_person_id.is_not(None))
    .order_by(_NEWEST_FIRST)
    .limit(1)
)


def last_sales_person(engine: Engine, price_plan: str) -> int | None:
    """Return the sales person of the newest Company of this plan that has one; None while none has."""
    with engine.connect() as connection:
        admin_id: int | None = connection.scalar(_LAST_SALES_PERSON, {"plan": price_plan})
        return admin_id


def last_support_person(engine: Engine) -> int | None:
    """Return the support person of the newest Company that has one; None while none has."""
    with engine.connect() as connection:
        admin_id: int | None = connection.scalar(_LAST_SUPPORT_PERSON)
        return admin_id

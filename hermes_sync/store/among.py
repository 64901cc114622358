"""The condition that a column has one of many values, as statements are made that are asked again and again.

Making a statement costs SQLAlchemy ten times what running it costs a small database. So the statements of a pass are
made once and kept (`functools.cache`), and the values go along as one parameter each time, however many they are.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Connection, Text, any_, bindparam, func, select
from sqlalchemy import cast as sql_cast

from hermes_sync.store.rows import json_text

_SQLITE: Final = "sqlite"


def among(column: ColumnElement[Any], dialect: str) -> ColumnElement[bool]:
    """Return the condition that a column has one of the values that `listed` hands over; one to a statement."""
    if dialect == _SQLITE:
        each = func.json_each(bindparam("listed", type_=Text())).table_valued("value")
        return column.in_(select(each.c.value))
    type_ = ARRAY(Text() if isinstance(column.type, Text) else BigInteger())
    return column == any_(sql_cast(bindparam("listed", type_=type_), type_))


def listed(values: Iterable[int | str], connection: Connection) -> Mapping[str, object]:
    """Return the values of `among` as the parameter of a statement on this connection."""
    rows = list(values)
    return {"listed": json_text(rows) if connection.dialect.name == _SQLITE else rows}

"""What every mapping is made with: the types of columns, names of constraints, foreign keys and partial indexes."""

from datetime import UTC, datetime
from typing import Final, cast

from sqlalchemy import BigInteger, Dialect, ForeignKey, Index, Integer, MetaData, Table, Text, TypeDecorator, text
from sqlalchemy.orm import DeclarativeBase


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as `2024-05-01T09:30:00.000000Z`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002  # SQLAlchemy's signature
        """Return the text of an instant."""
        return None if value is None else instant_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # as above
        """Return the instant of a text."""
        return None if value is None else datetime.fromisoformat(value)


def instant_text(value: datetime) -> str:
    """Return an aware datetime as the text that columns of instants hold."""
    assert value.tzinfo is not None, "instants are aware"
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


BIG: Final = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits; SQLite numbers rows by itself only in a column of type INTEGER."""


class Base(DeclarativeBase):
    """The mappings of this package."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {int: BIG, str: Text(), datetime: Instant()}  # noqa: RUF012  # SQLAlchemy's name for it


def names(column: str) -> ForeignKey:
    """Return the foreign key of a column that names a row of another table; checked when a transaction ends."""
    return ForeignKey(column, deferrable=True, initially="DEFERRED")


def table_of(row: type[Base]) -> Table:
    """Return the table of a mapping, for bulk statements."""
    return cast("Table", row.__table__)


def partial_index(name: str, table: Table, *columns: str, where: str) -> Index:
    """Return an index of those rows of a table for which a condition holds, on both databases."""
    condition = text(where)
    return Index(name, *(table.c[one] for one in columns), sqlite_where=condition, postgresql_where=condition)

"""What the account says of the fields of each kind, kept so that not every pass has to read it."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

import orjson
from sqlalchemy import Connection, select, update

from hermes_sync.core.records import RemoteKind
from hermes_sync.ports import FieldDefinition
from hermes_sync.store.engine import replacing_in
from hermes_sync.store.rows import json_text
from hermes_sync.store.tables import FIELD_DEFINITIONS

DOUBTED: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When field metadata was read that a write found to be out of date."""

_DEFINITIONS: Final = select(FIELD_DEFINITIONS)


def definitions(connection: Connection) -> dict[RemoteKind, tuple[datetime, Mapping[str, FieldDefinition]]]:
    """Return per kind when the field metadata was read and what it says, by field key."""
    return {
        RemoteKind(row.kind): (
            row.read_at,
            {key: FieldDefinition(**said) for key, said in orjson.loads(row.definitions).items()},
        )
        for row in connection.execute(_DEFINITIONS)
    }


def save(connection: Connection, kind: RemoteKind, found: Mapping[str, FieldDefinition], now: datetime) -> None:
    """Keep what the account says of the fields of a kind."""
    said = json_text({key: asdict(one) for key, one in found.items()})
    row = {"kind": kind.value, "definitions": said, "read_at": now}
    connection.execute(replacing_in(FIELD_DEFINITIONS, connection.dialect.name), row)


def doubt(connection: Connection, kind: RemoteKind) -> None:
    """Have the field metadata of a kind read again by the next pass; what it says holds until then."""
    connection.execute(update(FIELD_DEFINITIONS).where(FIELD_DEFINITIONS.c.kind == kind.value).values(read_at=DOUBTED))

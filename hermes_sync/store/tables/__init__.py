"""The tables: what the store keeps, as typed mappings; work is done on them with bulk statements.

Ids are 64 bits wide, instants are fixed-width RFC 3339 text in UTC so that both databases order and compare them
alike, nested values are normalised JSON in text columns. Foreign keys are checked when a transaction ends, so
that rows may be written in any order.
"""

from hermes_sync.store.tables.bookings import BOOKINGS, HOLDS
from hermes_sync.store.tables.mapping import BIG, Base, Instant, instant_text
from hermes_sync.store.tables.objects import COUNTERS, MOVING_IDS, OBJECT_TABLES, STATE
from hermes_sync.store.tables.passes import IS_OPEN, IS_REFUSED, JOURNAL, LEASE, PASSES
from hermes_sync.store.tables.reading import CURSORS, FIELD_DEFINITIONS, HINTS, LAST_SEEN

__all__ = [
    "BIG",
    "BOOKINGS",
    "COUNTERS",
    "CURSORS",
    "FIELD_DEFINITIONS",
    "HINTS",
    "HOLDS",
    "IS_OPEN",
    "IS_REFUSED",
    "JOURNAL",
    "LAST_SEEN",
    "LEASE",
    "MOVING_IDS",
    "OBJECT_TABLES",
    "PASSES",
    "STATE",
    "Base",
    "Instant",
    "instant_text",
]

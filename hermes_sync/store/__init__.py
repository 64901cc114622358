"""The SQL edge: the only package that imports SQLAlchemy. It keeps, finds and carries over; it decides nothing."""

from hermes_sync.store.apply import StaleDraft
from hermes_sync.store.draft import Draft
from hermes_sync.store.export import Freshness, StoreStatus
from hermes_sync.store.lease import Lease
from hermes_sync.store.rows import Cursor, JournalPush, LastSeen, PassRow, content_digest
from hermes_sync.store.sql_store import SqlStore
from hermes_sync.store.story import Entry, HermesRef, Link, NeverSeen, PushFate, Story, Subject

__all__ = [
    "Cursor",
    "Draft",
    "Entry",
    "Freshness",
    "HermesRef",
    "JournalPush",
    "LastSeen",
    "Lease",
    "Link",
    "NeverSeen",
    "PassRow",
    "PushFate",
    "SqlStore",
    "StaleDraft",
    "StoreStatus",
    "Story",
    "Subject",
    "content_digest",
]

"""The SQL edge: the only package that imports SQLAlchemy. It keeps, finds and carries over; it decides nothing."""

from hermes_sync.store.apply import StaleDraft
from hermes_sync.store.booked import SCOPE as BOOKING
from hermes_sync.store.booked import Books
from hermes_sync.store.companies import SHOWN as COMPANY_FIELDS
from hermes_sync.store.definitions import DOUBTED
from hermes_sync.store.draft import Draft
from hermes_sync.store.engine import keeps_nothing
from hermes_sync.store.export import Freshness, StoreStatus
from hermes_sync.store.hints import HIGHEST_ID, Hint, News
from hermes_sync.store.hints import MOST as MOST_HINTS
from hermes_sync.store.lease import RIGHT_TO_RUN, RIGHT_TO_SCHEDULE, Lease, held_by_another
from hermes_sync.store.measures import LastPass, Measures, RunningTotals, Totals, Waiting
from hermes_sync.store.migrate import RUN_THE_LATER, too_late
from hermes_sync.store.rolling import ClientFreshness
from hermes_sync.store.rows import Cursor, JournalPush, LastSeen, Partner, PassRow, content_digest
from hermes_sync.store.search import Found
from hermes_sync.store.spending import Spending
from hermes_sync.store.sql_store import SqlStore
from hermes_sync.store.story import Entry, HermesRef, Link, NeverSeen, PushFate, Story, Subject
from hermes_sync.store.tallies import RuleCount
from hermes_sync.store.trouble import DATABASE_TROUBLE

__all__ = [
    "BOOKING",
    "COMPANY_FIELDS",
    "DATABASE_TROUBLE",
    "DOUBTED",
    "HIGHEST_ID",
    "MOST_HINTS",
    "RIGHT_TO_RUN",
    "RIGHT_TO_SCHEDULE",
    "RUN_THE_LATER",
    "Books",
    "ClientFreshness",
    "Cursor",
    "Draft",
    "Entry",
    "Found",
    "Freshness",
    "HermesRef",
    "Hint",
    "JournalPush",
    "LastPass",
    "LastSeen",
    "Lease",
    "Link",
    "Measures",
    "NeverSeen",
    "News",
    "Partner",
    "PassRow",
    "PushFate",
    "RuleCount",
    "RunningTotals",
    "Spending",
    "SqlStore",
    "StaleDraft",
    "StoreStatus",
    "Story",
    "Subject",
    "Totals",
    "Waiting",
    "content_digest",
    "held_by_another",
    "keeps_nothing",
    "too_late",
]

"""What comes of a database that is away, locked for too long, or asked by too many: not a mistake of the program."""

from typing import Final

from sqlalchemy.exc import TimeoutError as NoConnectionFree

from hermes_sync.ports import StoreUnavailable

DATABASE_TROUBLE: Final = (StoreUnavailable, NoConnectionFree)
"""The errors that asking again later may cure; for `except`."""

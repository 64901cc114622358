"""The tables of bookings: those that no pass has planned yet, and slots that are held."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Mapped, mapped_column

from hermes_sync.store.tables.mapping import Base, table_of


class BookingRow(Base):
    """A booking whose Pipedrive half no pass has planned yet; its id is that of the pass that its journal is under."""

    __tablename__ = "bookings"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    type: Mapped[str]
    company_id: Mapped[int]
    contact_id: Mapped[int]
    deal_id: Mapped[int | None]
    meeting_id: Mapped[int | None]
    booked_at: Mapped[datetime]


class HoldRow(Base):
    """A slot of an admin that is kept free while its calendar event is being made; times as in a Meeting.

    `contact_id` is None for one that an older version held.
    """

    __tablename__ = "holds"
    event_id: Mapped[str] = mapped_column(primary_key=True)
    admin_id: Mapped[int] = mapped_column(index=True)
    start_time: Mapped[str]
    end_time: Mapped[str]
    until: Mapped[datetime]
    contact_id: Mapped[int | None]


BOOKINGS: Final = table_of(BookingRow)
HOLDS: Final = table_of(HoldRow)

"""The tables: what the store keeps, as typed mappings; work is done on them with bulk statements.

Ids are 64 bits wide, instants are fixed-width RFC 3339 text in UTC so that both databases order and compare them
alike, nested values are normalised JSON in text columns. Foreign keys are checked when a transaction ends, so
that rows may be written in any order.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, cast

from sqlalchemy import BigInteger, Dialect, ForeignKey, Index, Integer, MetaData, Table, Text, TypeDecorator, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from hermes_sync.core.objects import Kind


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


def _names(target: str) -> ForeignKey:
    return ForeignKey(target, deferrable=True, initially="DEFERRED")


class CompanyRow(Base):
    """A Company; `name_key` is the form in which names are compared."""

    __tablename__ = "companies"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    pd_org_id: Mapped[int | None] = mapped_column(unique=True)
    tc2_cligency_id: Mapped[int | None] = mapped_column(unique=True)
    tc2_agency_id: Mapped[int | None] = mapped_column(index=True)
    tc2_status: Mapped[str | None]
    sales_person_id: Mapped[int | None]
    support_person_id: Mapped[int | None]
    bdr_person_id: Mapped[int | None]
    price_plan: Mapped[str | None]
    paid_invoice_count: Mapped[int]
    country: Mapped[str | None]
    website: Mapped[str | None]
    currency: Mapped[str | None]
    estimated_income: Mapped[str | None]
    utm_source: Mapped[str | None]
    utm_campaign: Mapped[str | None]
    signup_questionnaire: Mapped[str | None]
    narc: Mapped[bool]
    has_booked_call: Mapped[bool]
    has_signed_up: Mapped[bool]
    created: Mapped[str | None]
    name_key: Mapped[str | None] = mapped_column(index=True)


for _name, _columns, _where in (
    ("selling", ("price_plan", "id"), "sales_person_id IS NOT NULL"),
    ("supported", ("id",), "support_person_id IS NOT NULL"),
):
    Index(
        f"ix_companies_{_name}",
        *(CompanyRow.__table__.c[_column] for _column in _columns),
        sqlite_where=text(_where),
        postgresql_where=text(_where),
    )


class ContactRow(Base):
    """A Contact; `email_key` and `phone_key` are the forms in which e-mail addresses and phones are compared."""

    __tablename__ = "contacts"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    company_id: Mapped[int] = mapped_column(_names("companies.id"), index=True)
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    country: Mapped[str | None]
    pd_person_id: Mapped[int | None] = mapped_column(unique=True)
    tc2_sr_id: Mapped[int | None] = mapped_column(unique=True)
    created: Mapped[str | None]
    email_key: Mapped[str | None] = mapped_column(index=True)
    phone_key: Mapped[str | None] = mapped_column(index=True)


class DealRow(Base):
    """A Deal."""

    __tablename__ = "deals"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pd_deal_id: Mapped[int | None] = mapped_column(unique=True)
    name: Mapped[str]
    status: Mapped[str]
    archived: Mapped[bool]
    company_id: Mapped[int] = mapped_column(_names("companies.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(_names("contacts.id"), index=True)
    admin_id: Mapped[int | None]
    pipeline_id: Mapped[int | None] = mapped_column(_names("pipelines.id"), index=True)
    stage_id: Mapped[int | None] = mapped_column(_names("stages.id"), index=True)


class MeetingRow(Base):
    """A Meeting; `start_time` and `end_time` are RFC 3339 text in UTC."""

    __tablename__ = "meetings"
    __table_args__ = (Index("ix_meetings_admin_id_start_time", "admin_id", "start_time"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    type: Mapped[str]
    status: Mapped[str]
    start_time: Mapped[str]
    end_time: Mapped[str]
    admin_id: Mapped[int | None]
    company_id: Mapped[int] = mapped_column(_names("companies.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(_names("contacts.id"), index=True)
    deal_id: Mapped[int | None] = mapped_column(_names("deals.id"), index=True)
    pd_activity_id: Mapped[int | None] = mapped_column(unique=True)


class PipelineRow(Base):
    """A Pipeline."""

    __tablename__ = "pipelines"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pd_pipeline_id: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str]


class StageRow(Base):
    """A Stage; `pd_pipeline_id` is Pipedrive's id of its Pipeline."""

    __tablename__ = "stages"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pd_stage_id: Mapped[int] = mapped_column(unique=True)
    pd_pipeline_id: Mapped[int | None]
    name: Mapped[str]


class LastSeenRow(Base):
    """A remote object as it was when a pass last settled it.

    `fields` is the record, `digest` its content in short; both are None for an Org that was gone when it was
    first asked for, and for what hermes-sync created and did not read yet. `org_id` to `pipeline_id` are the remote
    ids of what it names; a client's `org_id` is the Org that its Pipedrive link names. `changed_at` is when a client's
    reading last said something new; None for the other kinds.
    """

    __tablename__ = "last_seen"
    kind: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fields: Mapped[str | None]
    digest: Mapped[str | None]
    update_time: Mapped[str | None]
    read_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    gone_since: Mapped[datetime | None]
    org_id: Mapped[int | None]
    person_id: Mapped[int | None]
    stage_id: Mapped[int | None]
    pipeline_id: Mapped[int | None]


def _of_the_living(*columns: str, where: str) -> Index:
    condition = text(where)
    return Index(
        f"ix_last_seen_{'_'.join(columns)}",
        *(LastSeenRow.__table__.c[name] for name in columns),
        sqlite_where=condition,
        postgresql_where=condition,
    )


for _name in ("org_id", "person_id", "stage_id", "pipeline_id"):
    _of_the_living("kind", _name, where=f"gone_since IS NULL AND {_name} IS NOT NULL")
_of_the_living("kind", "read_at", "id", where="gone_since IS NULL")
_of_the_living("kind", "changed_at", where="gone_since IS NULL AND changed_at IS NOT NULL")


class CursorRow(Base):
    """How far a kind has been read: changes since `since`, and all of it at `complete_at`."""

    __tablename__ = "cursors"
    kind: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime | None]
    complete_at: Mapped[datetime | None]


class CounterRow(Base):
    """The next id of a kind of Hermes object and how many there are."""

    __tablename__ = "counters"
    kind: Mapped[str] = mapped_column(primary_key=True)
    next_id: Mapped[int]
    population: Mapped[int]


class StateRow(Base):
    """The one row that every write of Hermes objects moves; `policy_digest` is that of the last applied pass."""

    __tablename__ = "state"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int]
    policy_digest: Mapped[str | None]


class FieldDefinitionRow(Base):
    """What the account says of the fields of a kind, as JSON."""

    __tablename__ = "field_definitions"
    kind: Mapped[str] = mapped_column(primary_key=True)
    definitions: Mapped[str]
    read_at: Mapped[datetime]


class PassRow(Base):
    """One pass: when, with what result, and what it had to say."""

    __tablename__ = "passes"
    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    result: Mapped[str | None]
    exit_code: Mapped[int | None]
    counts: Mapped[str | None]
    notices: Mapped[str | None]


class JournalRow(Base):
    """One applied action or one push. `before` and `after` are whole Hermes objects; only pushes have a state.

    What an applied action changed follows from `before` and `after`, so that `changes` is kept for pushes only.
    """

    __tablename__ = "journal"
    id: Mapped[int] = mapped_column(primary_key=True)
    pass_id: Mapped[int] = mapped_column(_names("passes.id"))
    seq: Mapped[int]
    rule: Mapped[str]
    rules: Mapped[str]
    cause: Mapped[str]
    system: Mapped[str]
    object: Mapped[str]
    verb: Mapped[str]
    key: Mapped[str]
    hermes_id: Mapped[int]
    remote_id: Mapped[int | None]
    before: Mapped[str | None]
    after: Mapped[str | None]
    changes: Mapped[str | None]
    state: Mapped[str | None]
    attempts: Mapped[int]
    due_at: Mapped[datetime | None]
    digest: Mapped[str | None]
    receipt: Mapped[str | None]
    reason: Mapped[str | None]
    started_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


IS_OPEN: Final = text("journal.state IN ('planned', 'started', 'deferred')")
"""The condition of the partial index of open pushes, in its own words: so it is used for any parameters."""

IS_REFUSED: Final = text("journal.state = 'refused'")
"""The condition of the partial index of refused pushes."""

_JOURNAL = cast("Table", JournalRow.__table__)
Index("ix_journal_pass_id_seq", _JOURNAL.c.pass_id, _JOURNAL.c.seq)
Index("ix_journal_object_hermes_id", _JOURNAL.c.object, _JOURNAL.c.hermes_id)
Index("ix_journal_cause", _JOURNAL.c.cause)
Index(
    "ix_journal_system_object_remote_id",
    _JOURNAL.c.system,
    _JOURNAL.c.object,
    _JOURNAL.c.remote_id,
    sqlite_where=text("remote_id IS NOT NULL"),
    postgresql_where=text("remote_id IS NOT NULL"),
)
for _name, _where in (
    ("open", "state IN ('planned', 'started', 'deferred')"),
    ("refused", "state = 'refused'"),
):
    Index(
        f"ix_journal_{_name}",
        _JOURNAL.c.id,
        sqlite_where=text(_where),
        postgresql_where=text(_where),
    )


class LeaseRow(Base):
    """Who may run a pass, and until when."""

    __tablename__ = "lease"
    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until: Mapped[datetime]
    acquired_at: Mapped[datetime]


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
    """A slot of an admin that is kept free while its calendar event is being made; times as in a Meeting."""

    __tablename__ = "holds"
    event_id: Mapped[str] = mapped_column(primary_key=True)
    admin_id: Mapped[int] = mapped_column(index=True)
    start_time: Mapped[str]
    end_time: Mapped[str]
    until: Mapped[datetime]


class HintRow(Base):
    """A remote object that a webhook named and no pass has read since; `count` grows with every webhook."""

    __tablename__ = "hints"
    kind: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    named_at: Mapped[datetime]
    count: Mapped[int]


def table_of(row: type[Base]) -> Table:
    """Return the table of a mapping, for bulk statements."""
    return cast("Table", row.__table__)


OBJECT_TABLES: Final[Mapping[Kind, Table]] = {
    Kind.COMPANY: table_of(CompanyRow),
    Kind.CONTACT: table_of(ContactRow),
    Kind.DEAL: table_of(DealRow),
    Kind.MEETING: table_of(MeetingRow),
    Kind.PIPELINE: table_of(PipelineRow),
    Kind.STAGE: table_of(StageRow),
}
LAST_SEEN: Final = table_of(LastSeenRow)
CURSORS: Final = table_of(CursorRow)
COUNTERS: Final = table_of(CounterRow)
STATE: Final = table_of(StateRow)
FIELD_DEFINITIONS: Final = table_of(FieldDefinitionRow)
PASSES: Final = table_of(PassRow)
JOURNAL: Final = table_of(JournalRow)
LEASE: Final = table_of(LeaseRow)
BOOKINGS: Final = table_of(BookingRow)
HOLDS: Final = table_of(HoldRow)
HINTS: Final = table_of(HintRow)

MOVING_IDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.COMPANY: ("pd_org_id", "tc2_cligency_id"),
    Kind.CONTACT: ("pd_person_id", "tc2_sr_id"),
    Kind.DEAL: ("pd_deal_id",),
    Kind.MEETING: ("pd_activity_id",),
}
"""Unique remote ids that may move from one row to another; a Pipeline's or Stage's is what it is known by."""

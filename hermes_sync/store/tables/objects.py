"""The tables of Hermes objects, with the ids and the revision that every write of them moves."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Index, Table
from sqlalchemy.orm import Mapped, mapped_column

from hermes_sync.core.objects import Kind
from hermes_sync.store.tables.mapping import Base, names, partial_index, table_of


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


class ContactRow(Base):
    """A Contact; `email_key` and `phone_key` are the forms in which e-mail addresses and phones are compared."""

    __tablename__ = "contacts"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    company_id: Mapped[int] = mapped_column(names("companies.id"), index=True)
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
    company_id: Mapped[int] = mapped_column(names("companies.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(names("contacts.id"), index=True)
    admin_id: Mapped[int | None]
    pipeline_id: Mapped[int | None] = mapped_column(names("pipelines.id"), index=True)
    stage_id: Mapped[int | None] = mapped_column(names("stages.id"), index=True)


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
    company_id: Mapped[int] = mapped_column(names("companies.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(names("contacts.id"), index=True)
    deal_id: Mapped[int | None] = mapped_column(names("deals.id"), index=True)
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


OBJECT_TABLES: Final[Mapping[Kind, Table]] = {
    Kind.COMPANY: table_of(CompanyRow),
    Kind.CONTACT: table_of(ContactRow),
    Kind.DEAL: table_of(DealRow),
    Kind.MEETING: table_of(MeetingRow),
    Kind.PIPELINE: table_of(PipelineRow),
    Kind.STAGE: table_of(StageRow),
}
COUNTERS: Final = table_of(CounterRow)
STATE: Final = table_of(StateRow)

_COMPANIES: Final = OBJECT_TABLES[Kind.COMPANY]
partial_index("ix_companies_selling", _COMPANIES, "price_plan", "id", where="sales_person_id IS NOT NULL")
partial_index("ix_companies_supported", _COMPANIES, "id", where="support_person_id IS NOT NULL")

MOVING_IDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.COMPANY: ("pd_org_id", "tc2_cligency_id"),
    Kind.CONTACT: ("pd_person_id", "tc2_sr_id"),
    Kind.DEAL: ("pd_deal_id",),
    Kind.MEETING: ("pd_activity_id",),
}
"""Unique remote ids that may move from one row to another; a Pipeline's or Stage's is what it is known by."""

"""The first schema.

Revision ID: 0001
Revises: nothing
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "companies",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pd_org_id", BIG, nullable=True),
        sa.Column("tc2_cligency_id", BIG, nullable=True),
        sa.Column("tc2_agency_id", BIG, nullable=True),
        sa.Column("tc2_status", sa.Text(), nullable=True),
        sa.Column("sales_person_id", BIG, nullable=True),
        sa.Column("support_person_id", BIG, nullable=True),
        sa.Column("bdr_person_id", BIG, nullable=True),
        sa.Column("price_plan", sa.Text(), nullable=True),
        sa.Column("paid_invoice_count", BIG, nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("estimated_income", sa.Text(), nullable=True),
        sa.Column("utm_source", sa.Text(), nullable=True),
        sa.Column("utm_campaign", sa.Text(), nullable=True),
        sa.Column("signup_questionnaire", sa.Text(), nullable=True),
        sa.Column("narc", sa.Boolean(), nullable=False),
        sa.Column("has_booked_call", sa.Boolean(), nullable=False),
        sa.Column("has_signed_up", sa.Boolean(), nullable=False),
        sa.Column("created", sa.Text(), nullable=True),
        sa.Column("name_key", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_companies")),
        sa.UniqueConstraint("pd_org_id", name=op.f("uq_companies_pd_org_id")),
        sa.UniqueConstraint("tc2_cligency_id", name=op.f("uq_companies_tc2_cligency_id")),
    )
    op.create_index(op.f("ix_companies_name_key"), "companies", ["name_key"], unique=False)
    op.create_index(op.f("ix_companies_tc2_agency_id"), "companies", ["tc2_agency_id"], unique=False)
    op.create_table(
        "counters",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("next_id", BIG, nullable=False),
        sa.Column("population", BIG, nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_counters")),
    )
    op.create_table(
        "cursors",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=True),
        sa.Column("complete_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_cursors")),
    )
    op.create_table(
        "field_definitions",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("definitions", sa.Text(), nullable=False),
        sa.Column("read_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_field_definitions")),
    )
    op.create_table(
        "last_seen",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("fields", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("update_time", sa.Text(), nullable=True),
        sa.Column("read_at", sa.Text(), nullable=False),
        sa.Column("gone_since", sa.Text(), nullable=True),
        sa.Column("org_id", BIG, nullable=True),
        sa.Column("person_id", BIG, nullable=True),
        sa.Column("stage_id", BIG, nullable=True),
        sa.Column("pipeline_id", BIG, nullable=True),
        sa.PrimaryKeyConstraint("kind", "id", name=op.f("pk_last_seen")),
    )
    op.create_index(
        "ix_last_seen_kind_org_id",
        "last_seen",
        ["kind", "org_id"],
        unique=False,
        sqlite_where=sa.text("gone_since IS NULL AND org_id IS NOT NULL"),
        postgresql_where=sa.text("gone_since IS NULL AND org_id IS NOT NULL"),
    )
    op.create_index(
        "ix_last_seen_kind_person_id",
        "last_seen",
        ["kind", "person_id"],
        unique=False,
        sqlite_where=sa.text("gone_since IS NULL AND person_id IS NOT NULL"),
        postgresql_where=sa.text("gone_since IS NULL AND person_id IS NOT NULL"),
    )
    op.create_index(
        "ix_last_seen_kind_pipeline_id",
        "last_seen",
        ["kind", "pipeline_id"],
        unique=False,
        sqlite_where=sa.text("gone_since IS NULL AND pipeline_id IS NOT NULL"),
        postgresql_where=sa.text("gone_since IS NULL AND pipeline_id IS NOT NULL"),
    )
    op.create_index(
        "ix_last_seen_kind_read_at_id",
        "last_seen",
        ["kind", "read_at", "id"],
        unique=False,
        sqlite_where=sa.text("gone_since IS NULL"),
        postgresql_where=sa.text("gone_since IS NULL"),
    )
    op.create_index(
        "ix_last_seen_kind_stage_id",
        "last_seen",
        ["kind", "stage_id"],
        unique=False,
        sqlite_where=sa.text("gone_since IS NULL AND stage_id IS NOT NULL"),
        postgresql_where=sa.text("gone_since IS NULL AND stage_id IS NOT NULL"),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sa.Column("acquired_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "passes",
        sa.Column("id", BIG, nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("exit_code", BIG, nullable=True),
        sa.Column("counts", sa.Text(), nullable=True),
        sa.Column("notices", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passes")),
    )
    op.create_table(
        "pipelines",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("pd_pipeline_id", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pipelines")),
        sa.UniqueConstraint("pd_pipeline_id", name=op.f("uq_pipelines_pd_pipeline_id")),
    )
    op.create_table(
        "stages",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("pd_stage_id", BIG, nullable=False),
        sa.Column("pd_pipeline_id", BIG, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stages")),
        sa.UniqueConstraint("pd_stage_id", name=op.f("uq_stages_pd_stage_id")),
    )
    op.create_table(
        "state",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("policy_digest", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_state")),
    )
    op.create_table(
        "contacts",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("company_id", BIG, nullable=False),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("pd_person_id", BIG, nullable=True),
        sa.Column("tc2_sr_id", BIG, nullable=True),
        sa.Column("created", sa.Text(), nullable=True),
        sa.Column("email_key", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_contacts_company_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("pd_person_id", name=op.f("uq_contacts_pd_person_id")),
        sa.UniqueConstraint("tc2_sr_id", name=op.f("uq_contacts_tc2_sr_id")),
    )
    op.create_index(op.f("ix_contacts_company_id"), "contacts", ["company_id"], unique=False)
    op.create_index(op.f("ix_contacts_email_key"), "contacts", ["email_key"], unique=False)
    op.create_table(
        "journal",
        sa.Column("id", BIG, nullable=False),
        sa.Column("pass_id", BIG, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("hermes_id", BIG, nullable=False),
        sa.Column("remote_id", BIG, nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("changes", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("attempts", BIG, nullable=False),
        sa.Column("due_at", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("started_at", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["pass_id"], ["passes.id"], name=op.f("fk_journal_pass_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
    )
    op.create_index("ix_journal_object_hermes_id", "journal", ["object", "hermes_id"], unique=False)
    op.create_index(
        "ix_journal_open",
        "journal",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state IN ('planned', 'started', 'deferred')"),
        postgresql_where=sa.text("state IN ('planned', 'started', 'deferred')"),
    )
    op.create_index("ix_journal_pass_id_seq", "journal", ["pass_id", "seq"], unique=False)
    op.create_index(
        "ix_journal_refused",
        "journal",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'refused'"),
        postgresql_where=sa.text("state = 'refused'"),
    )
    op.create_index(
        "ix_journal_system_object_remote_id",
        "journal",
        ["system", "object", "remote_id"],
        unique=False,
        sqlite_where=sa.text("remote_id IS NOT NULL"),
        postgresql_where=sa.text("remote_id IS NOT NULL"),
    )
    op.create_table(
        "deals",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("pd_deal_id", BIG, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("company_id", BIG, nullable=False),
        sa.Column("contact_id", BIG, nullable=True),
        sa.Column("admin_id", BIG, nullable=True),
        sa.Column("pipeline_id", BIG, nullable=True),
        sa.Column("stage_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_deals_company_id"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_deals_contact_id"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["pipeline_id"], ["pipelines.id"], name=op.f("fk_deals_pipeline_id"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["stages.id"], name=op.f("fk_deals_stage_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deals")),
        sa.UniqueConstraint("pd_deal_id", name=op.f("uq_deals_pd_deal_id")),
    )
    op.create_index(op.f("ix_deals_company_id"), "deals", ["company_id"], unique=False)
    op.create_index(op.f("ix_deals_contact_id"), "deals", ["contact_id"], unique=False)
    op.create_index(op.f("ix_deals_pipeline_id"), "deals", ["pipeline_id"], unique=False)
    op.create_index(op.f("ix_deals_stage_id"), "deals", ["stage_id"], unique=False)
    op.create_table(
        "meetings",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("start_time", sa.Text(), nullable=False),
        sa.Column("end_time", sa.Text(), nullable=False),
        sa.Column("admin_id", BIG, nullable=True),
        sa.Column("company_id", BIG, nullable=False),
        sa.Column("contact_id", BIG, nullable=True),
        sa.Column("deal_id", BIG, nullable=True),
        sa.Column("pd_activity_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_meetings_company_id"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_meetings_contact_id"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["deal_id"], ["deals.id"], name=op.f("fk_meetings_deal_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meetings")),
        sa.UniqueConstraint("pd_activity_id", name=op.f("uq_meetings_pd_activity_id")),
    )
    op.create_index(op.f("ix_meetings_company_id"), "meetings", ["company_id"], unique=False)
    op.create_index(op.f("ix_meetings_contact_id"), "meetings", ["contact_id"], unique=False)
    op.create_index(op.f("ix_meetings_deal_id"), "meetings", ["deal_id"], unique=False)
    op.execute("INSERT INTO state (id, revision) VALUES (1, 0)")


def downgrade() -> None:
    for table in (
        "meetings",
        "deals",
        "journal",
        "contacts",
        "state",
        "stages",
        "pipelines",
        "passes",
        "lease",
        "last_seen",
        "field_definitions",
        "cursors",
        "counters",
        "companies",
    ):
        op.drop_table(table)

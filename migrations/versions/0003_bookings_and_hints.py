"""Bookings whose Pipedrive half is to come, slots that are held, hints of webhooks, phones to match by, and turns.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

TURNS = (
    ("ix_companies_selling", ["price_plan", "id"], "sales_person_id IS NOT NULL"),
    ("ix_companies_supported", ["id"], "support_person_id IS NOT NULL"),
)
"""Whose turn it is follows from the newest Company that has somebody."""


def upgrade() -> None:
    op.create_table(
        "bookings",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("company_id", BIG, nullable=False),
        sa.Column("contact_id", BIG, nullable=False),
        sa.Column("deal_id", BIG, nullable=True),
        sa.Column("meeting_id", BIG, nullable=True),
        sa.Column("booked_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
    )
    op.create_table(
        "holds",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("admin_id", BIG, nullable=False),
        sa.Column("start_time", sa.Text(), nullable=False),
        sa.Column("end_time", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_admin_id"), "holds", ["admin_id"], unique=False)
    op.create_table(
        "hints",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("named_at", sa.Text(), nullable=False),
        sa.Column("count", BIG, nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", name=op.f("pk_hints")),
    )
    op.create_index(op.f("ix_meetings_admin_id_start_time"), "meetings", ["admin_id", "start_time"], unique=False)
    for name, columns, where in TURNS:
        condition = sa.text(where)
        op.create_index(name, "companies", columns, sqlite_where=condition, postgresql_where=condition)
    op.add_column("contacts", sa.Column("phone_key", sa.Text(), nullable=True))
    op.create_index(op.f("ix_contacts_phone_key"), "contacts", ["phone_key"], unique=False)
    _fill_phone_keys()


def _fill_phone_keys() -> None:
    """Work out the key of every phone that is there already: its digits, as far as it has any."""
    connection = op.get_bind()
    contacts = sa.table("contacts", sa.column("id"), sa.column("phone"), sa.column("phone_key"))
    rows = connection.execute(sa.select(contacts.c.id, contacts.c.phone).where(contacts.c.phone.is_not(None))).all()
    keys = [{"key": "".join(filter(str.isdigit, phone)) or None, "its_id": id_} for id_, phone in rows]
    if keys:
        filled = sa.update(contacts).where(contacts.c.id == sa.bindparam("its_id"))
        connection.execute(filled.values(phone_key=sa.bindparam("key")), keys)


def downgrade() -> None:
    op.drop_index(op.f("ix_contacts_phone_key"), table_name="contacts")
    op.drop_column("contacts", "phone_key")
    for name, _, _ in TURNS:
        op.drop_index(name, table_name="companies")
    op.drop_index(op.f("ix_meetings_admin_id_start_time"), table_name="meetings")
    op.drop_table("hints")
    op.drop_index(op.f("ix_holds_admin_id"), table_name="holds")
    op.drop_table("holds")
    op.drop_table("bookings")

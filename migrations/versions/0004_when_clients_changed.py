"""When the reading of a client last said something new, for the rolling reading of TC2.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

CONDITION = sa.text("gone_since IS NULL AND changed_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("last_seen", sa.Column("changed_at", sa.Text(), nullable=True))
    op.create_index(
        op.f("ix_last_seen_kind_changed_at"),
        "last_seen",
        ["kind", "changed_at"],
        unique=False,
        sqlite_where=CONDITION,
        postgresql_where=CONDITION,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_last_seen_kind_changed_at"), table_name="last_seen")
    op.drop_column("last_seen", "changed_at")

"""Whose call a slot is held for, so that one caller is not handed two admins at once.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("holds", sa.Column("contact_id", BIG, nullable=True))


def downgrade() -> None:
    op.drop_column("holds", "contact_id")

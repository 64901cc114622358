"""An index of causes, from which the journal tells what a remote object brought about.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_journal_cause"), "journal", ["cause"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_journal_cause"), table_name="journal")

"""Drafts by their data set: every question asks first of which there are some."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_draft_dataset", "draft", ["dataset"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_draft_dataset", table_name="draft")

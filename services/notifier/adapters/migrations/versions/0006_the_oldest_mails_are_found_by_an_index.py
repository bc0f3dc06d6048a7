"""The oldest mails are found by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_digest_oldest",
        "digest",
        ["created_at", "digest_key"],
        postgresql_where=sa.text("state IN ('queued', 'claimed')"),
    )


def downgrade() -> None:
    op.drop_index("ix_digest_oldest", table_name="digest")

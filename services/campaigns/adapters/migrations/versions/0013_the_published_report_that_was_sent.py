"""The published report that was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("programme_entry", sa.Column("report_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("programme_entry", "report_id")

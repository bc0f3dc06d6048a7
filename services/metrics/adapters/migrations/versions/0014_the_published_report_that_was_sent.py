"""The published report that was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("programme_entry", sa.Column("report_id", sa.Uuid(), nullable=True))
    op.add_column("programme_entry_superseded", sa.Column("report_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("programme_entry_superseded", "report_id")
    op.drop_column("programme_entry", "report_id")

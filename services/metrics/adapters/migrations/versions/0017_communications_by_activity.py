"""Communications by activity."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_communication_activity",
        "communication",
        ["unit_code", "activity_code"],
        unique=False,
        postgresql_where=sa.text("activity_code IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_communication_activity", table_name="communication")

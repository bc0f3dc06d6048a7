"""Communications by activity, and planned activities by what was recorded last."""

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
    op.create_index("ix_planned_activity_known_from", "planned_activity", ["known_from"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_planned_activity_known_from", table_name="planned_activity")
    op.drop_index("ix_communication_activity", table_name="communication")

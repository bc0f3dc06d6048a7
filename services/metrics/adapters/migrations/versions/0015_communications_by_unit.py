"""Communications by performing unit."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_communication_unit", "communication", ["unit_code", "held_on"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_communication_unit", table_name="communication")

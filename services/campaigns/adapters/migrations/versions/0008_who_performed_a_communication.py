"""Who performed a communication, for whom, and what it took."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("communication", sa.Column("role", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column(
        "communication", sa.Column("requested_role", sqlmodel.sql.sqltypes.AutoString(), nullable=True)
    )
    op.add_column("communication", sa.Column("unit_code", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column(
        "communication",
        sa.Column(
            "coordinating_units", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
    )
    op.add_column(
        "communication",
        sa.Column("audience", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    )
    op.add_column(
        "communication",
        sa.Column("area", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    )
    op.add_column("communication", sa.Column("items", sa.Integer(), nullable=True))
    op.add_column("communication", sa.Column("reach_count", sa.BigInteger(), nullable=True))
    op.add_column("communication", sa.Column("cost_state", sa.BigInteger(), nullable=True))
    op.add_column("communication", sa.Column("cost_social", sa.BigInteger(), nullable=True))
    op.add_column("communication", sa.Column("language", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column(
        "communication", sa.Column("activity_code", sqlmodel.sql.sqltypes.AutoString(), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("communication", "activity_code")
    op.drop_column("communication", "language")
    op.drop_column("communication", "cost_social")
    op.drop_column("communication", "cost_state")
    op.drop_column("communication", "reach_count")
    op.drop_column("communication", "items")
    op.drop_column("communication", "area")
    op.drop_column("communication", "audience")
    op.drop_column("communication", "coordinating_units")
    op.drop_column("communication", "unit_code")
    op.drop_column("communication", "requested_role")
    op.drop_column("communication", "role")

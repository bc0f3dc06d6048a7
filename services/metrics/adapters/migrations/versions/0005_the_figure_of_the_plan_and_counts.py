"""The figure of the plan, and communications to count."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "communication",
        sa.Column("communication_id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("draft_code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("draft_title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("scope", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("dataset", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("unit_code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("role", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("precision", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("activity_code", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("audience", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("area", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("items", sa.Integer(), nullable=True),
        sa.Column("attendance", sa.BigInteger(), nullable=True),
        sa.Column("reach_count", sa.BigInteger(), nullable=True),
        sa.Column("cost_state", sa.BigInteger(), nullable=True),
        sa.Column("cost_social", sa.BigInteger(), nullable=True),
        sa.Column("opinions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("communication_id", name=op.f("pk_communication")),
    )
    op.create_index(op.f("ix_communication_draft_id"), "communication", ["draft_id"], unique=False)
    op.create_index(op.f("ix_communication_held_on"), "communication", ["held_on"], unique=False)
    op.add_column(
        "policy_interval", sa.Column("begun", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "policy_interval",
        sa.Column("statutory_only", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "policy_interval",
        sa.Column("verified", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("policy_interval", "verified")
    op.drop_column("policy_interval", "statutory_only")
    op.drop_column("policy_interval", "begun")
    op.drop_index(op.f("ix_communication_held_on"), table_name="communication")
    op.drop_index(op.f("ix_communication_draft_id"), table_name="communication")
    op.drop_table("communication")

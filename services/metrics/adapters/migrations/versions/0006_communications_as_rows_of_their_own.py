"""Communications as rows of their own, searched by index; no release has the table of 0005, which is made anew.

The facts of a draft move from `record` (all communications in one document) to `facts` and these rows when the draft is next
projected or rederived; until then it is read as release 0.1.0 wrote it.
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
ANY = ["draft_id", "policy_no", "held_on", "communication_id"]
EARLIEST = ["draft_id", "policy_no", "held_on"]
INEXACT = ["draft_id", "policy_no", "precision", "held_on"]


def upgrade() -> None:
    op.drop_table("communication")
    op.create_table(
        "communication",
        sa.Column("communication_id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("precision", TEXT(), nullable=False),
        sa.Column("policies", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("channel", TEXT(), nullable=False),
        sa.Column("title", TEXT(), nullable=False),
        sa.Column("url", TEXT(), nullable=True),
        sa.Column("recorded_role", TEXT(), nullable=True),
        sa.Column("recorded_unit_code", TEXT(), nullable=True),
        sa.Column("role", TEXT(), nullable=False),
        sa.Column("unit_code", TEXT(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("activity_code", TEXT(), nullable=True),
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
    op.create_index(
        "ix_communication_draft", "communication", ["draft_id", "counts", "held_on", "communication_id"]
    )
    op.create_index("ix_communication_held_on", "communication", ["held_on"])
    op.create_table(
        "counting_communication",
        sa.Column("communication_id", sa.Uuid(), nullable=False),
        sa.Column("policy_no", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("precision", TEXT(), nullable=False),
        sa.Column("statutory", sa.Boolean(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("communication_id", "policy_no", name=op.f("pk_counting_communication")),
    )
    table = "counting_communication"
    op.create_index(f"ix_{table}_any", table, ANY)
    op.create_index(f"ix_{table}_beyond", table, EARLIEST, postgresql_where=sa.text("NOT statutory"))
    op.create_index(f"ix_{table}_verified", table, EARLIEST, postgresql_where=sa.text("verified"))
    op.create_index(f"ix_{table}_inexact", table, INEXACT, postgresql_where=sa.text("precision <> 'day'"))
    op.add_column("draft", sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("draft", sa.Column("derived", TEXT(), nullable=True))
    op.alter_column("draft", "record", existing_type=postgresql.JSONB(), nullable=True)

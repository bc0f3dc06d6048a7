"""Entries of programmes, and which items of content a communication ticked."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    op.create_table(
        "programme_entry",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("unit_code", TEXT(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("kind", TEXT(), nullable=False),
        sa.Column("of_entry", sa.Uuid(), nullable=True),
        sa.Column("happened_on", sa.Date(), nullable=True),
        sa.Column("document", TEXT(), nullable=True),
        sa.Column("lead_unit_code", TEXT(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("needs_acceptance", sa.Boolean(), nullable=True),
        sa.Column("cancelled_from", sa.Date(), nullable=True),
        sa.Column("dataset", TEXT(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_programme_entry")),
    )
    op.create_index(op.f("ix_programme_entry_year_unit_code"), "programme_entry", ["year", "unit_code"])
    op.add_column("communication", sa.Column("content", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("communication", "content")
    op.drop_index(op.f("ix_programme_entry_year_unit_code"), table_name="programme_entry")
    op.drop_table("programme_entry")

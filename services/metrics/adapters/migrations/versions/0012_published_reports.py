"""Reports that were published, and their files."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "published_report",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("unit_code", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("include_descendants", sa.Boolean(), nullable=False),
        sa.Column("area_of", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("view", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("facts_position", sa.BigInteger(), nullable=False),
        sa.Column("rules_version", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("document", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("sha256_json", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sha256_xlsx", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sha256_docx", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_published_report")),
    )
    op.create_index(op.f("ix_published_report_unit_code"), "published_report", ["unit_code"], unique=False)
    op.create_table(
        "published_report_file",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("format", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", "format", name=op.f("pk_published_report_file")),
    )


def downgrade() -> None:
    op.drop_table("published_report_file")
    op.drop_index(op.f("ix_published_report_unit_code"), table_name="published_report")
    op.drop_table("published_report")

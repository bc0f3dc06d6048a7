"""Plans, reminders and calendars."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_address",
        sa.Column("unit_code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("key_sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("unit_code", name=op.f("pk_calendar_address")),
        sa.UniqueConstraint("key_sha256", name=op.f("uq_calendar_address_key_sha256")),
    )
    op.create_table(
        "planned_activity",
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("precision", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("stage", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("unit_code", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("known_from", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_planned_activity")),
    )
    op.create_index(op.f("ix_planned_activity_draft_id"), "planned_activity", ["draft_id"], unique=False)
    op.create_index(op.f("ix_planned_activity_planned_on"), "planned_activity", ["planned_on"], unique=False)
    op.create_table(
        "planned_activity_superseded",
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("precision", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("stage", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("unit_code", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("activity_id", "known_from", name=op.f("pk_planned_activity_superseded")),
    )
    op.create_index(
        "ix_planned_activity_superseded_draft_id", "planned_activity_superseded", ["draft_id"], unique=False
    )
    op.create_index(
        op.f("ix_planned_activity_superseded_known_to"),
        "planned_activity_superseded",
        ["known_to"],
        unique=False,
    )
    op.create_table(
        "reminder",
        sa.Column("gap_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("known_from", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("gap_id", "day", "kind", name=op.f("pk_reminder")),
    )
    op.create_table(
        "reminder_superseded",
        sa.Column("gap_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("gap_id", "day", "kind", "known_from", name=op.f("pk_reminder_superseded")),
    )
    op.create_index(
        op.f("ix_reminder_superseded_known_to"), "reminder_superseded", ["known_to"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_reminder_superseded_known_to"), table_name="reminder_superseded")
    op.drop_table("reminder_superseded")
    op.drop_table("reminder")
    op.drop_index(op.f("ix_planned_activity_superseded_known_to"), table_name="planned_activity_superseded")
    op.drop_index("ix_planned_activity_superseded_draft_id", table_name="planned_activity_superseded")
    op.drop_table("planned_activity_superseded")
    op.drop_index(op.f("ix_planned_activity_planned_on"), table_name="planned_activity")
    op.drop_index(op.f("ix_planned_activity_draft_id"), table_name="planned_activity")
    op.drop_table("planned_activity")
    op.drop_table("calendar_address")

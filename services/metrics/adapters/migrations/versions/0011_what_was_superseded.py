"""What was superseded."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "communication_superseded",
        sa.Column("communication_id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("precision", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("policies", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("url", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("recorded_role", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("recorded_unit_code", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("role", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("unit_code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("activity_code", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("audience", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("area", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("items", sa.Integer(), nullable=True),
        sa.Column("attendance", sa.BigInteger(), nullable=True),
        sa.Column("reach_count", sa.BigInteger(), nullable=True),
        sa.Column("cost_state", sa.BigInteger(), nullable=True),
        sa.Column("cost_social", sa.BigInteger(), nullable=True),
        sa.Column("opinions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("communication_id", "known_from", name=op.f("pk_communication_superseded")),
    )
    op.create_index(
        "ix_communication_superseded_draft_id", "communication_superseded", ["draft_id"], unique=False
    )
    op.create_index(
        op.f("ix_communication_superseded_known_to"), "communication_superseded", ["known_to"], unique=False
    )
    op.create_table(
        "counting_communication_superseded",
        sa.Column("communication_id", sa.Uuid(), nullable=False),
        sa.Column("policy_no", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("precision", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("statutory", sa.Boolean(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "communication_id", "policy_no", "known_from", name=op.f("pk_counting_communication_superseded")
        ),
    )
    op.create_index(
        "ix_counting_communication_superseded_draft_id",
        "counting_communication_superseded",
        ["draft_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_counting_communication_superseded_known_to"),
        "counting_communication_superseded",
        ["known_to"],
        unique=False,
    )
    op.create_table(
        "directory_unit_end_superseded",
        sa.Column("unit_code", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "unit_code", "on", "known_from", name=op.f("pk_directory_unit_end_superseded")
        ),
    )
    op.create_index(
        op.f("ix_directory_unit_end_superseded_known_to"),
        "directory_unit_end_superseded",
        ["known_to"],
        unique=False,
    )
    op.create_table(
        "directory_unit_name_superseded",
        sa.Column("unit_code", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "unit_code", "on", "known_from", name=op.f("pk_directory_unit_name_superseded")
        ),
    )
    op.create_index(
        op.f("ix_directory_unit_name_superseded_known_to"),
        "directory_unit_name_superseded",
        ["known_to"],
        unique=False,
    )
    op.create_table(
        "directory_unit_parent_superseded",
        sa.Column("unit_code", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "unit_code", "on", "known_from", name=op.f("pk_directory_unit_parent_superseded")
        ),
    )
    op.create_index(
        op.f("ix_directory_unit_parent_superseded_known_to"),
        "directory_unit_parent_superseded",
        ["known_to"],
        unique=False,
    )
    op.create_table(
        "directory_unit_succession_superseded",
        sa.Column("unit_code", sa.Text(), nullable=False),
        sa.Column("to_code", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "unit_code", "to_code", "on", "known_from", name=op.f("pk_directory_unit_succession_superseded")
        ),
    )
    op.create_index(
        op.f("ix_directory_unit_succession_superseded_known_to"),
        "directory_unit_succession_superseded",
        ["known_to"],
        unique=False,
    )
    op.create_table(
        "directory_unit_superseded",
        sa.Column("unit_code", sa.Text(), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("province_code", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("unit_code", "known_from", name=op.f("pk_directory_unit_superseded")),
    )
    op.create_index(
        op.f("ix_directory_unit_superseded_known_to"), "directory_unit_superseded", ["known_to"], unique=False
    )
    op.create_table(
        "directory_unit_supervision_superseded",
        sa.Column("unit_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("supervisor_code", sa.Text(), nullable=True),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "unit_code", "kind", "on", "known_from", name=op.f("pk_directory_unit_supervision_superseded")
        ),
    )
    op.create_index(
        op.f("ix_directory_unit_supervision_superseded_known_to"),
        "directory_unit_supervision_superseded",
        ["known_to"],
        unique=False,
    )
    op.create_table(
        "draft_superseded",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("draft_code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("instrument", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("regime", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("procedure", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("lead_unit_code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("dataset", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("scope", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("rules_version", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("derived", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("record", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("draft_id", "known_from", name=op.f("pk_draft_superseded")),
    )
    op.create_index(op.f("ix_draft_superseded_known_to"), "draft_superseded", ["known_to"], unique=False)
    op.create_table(
        "gap_interval_superseded",
        sa.Column("gap_id", sa.Uuid(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("unit_code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("policies", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("closure", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("gap_id", "from_day", "known_from", name=op.f("pk_gap_interval_superseded")),
    )
    op.create_index(
        "ix_gap_interval_superseded_draft_id", "gap_interval_superseded", ["draft_id"], unique=False
    )
    op.create_index(
        op.f("ix_gap_interval_superseded_known_to"), "gap_interval_superseded", ["known_to"], unique=False
    )
    op.create_table(
        "occurrence_interval_superseded",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("policy_no", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("stage", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("verdict", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("unit_code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("scope", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("instrument", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("regime", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("dataset", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("window_opened", sa.Date(), nullable=True),
        sa.Column("window_closed", sa.Date(), nullable=True),
        sa.Column("unopened_closed_on", sa.Date(), nullable=True),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "draft_id",
            "entry_id",
            "policy_no",
            "from_day",
            "known_from",
            name=op.f("pk_occurrence_interval_superseded"),
        ),
    )
    op.create_index(
        op.f("ix_occurrence_interval_superseded_known_to"),
        "occurrence_interval_superseded",
        ["known_to"],
        unique=False,
    )
    op.create_table(
        "policy_interval_superseded",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("policy_no", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("verdict", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("on_time", sa.Boolean(), nullable=False),
        sa.Column("any_communication", sa.Boolean(), nullable=False),
        sa.Column("from_start", sa.Boolean(), nullable=False),
        sa.Column("begun", sa.Boolean(), nullable=False),
        sa.Column("statutory_only", sa.Boolean(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("waived", sa.Integer(), nullable=False),
        sa.Column("unit_code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("scope", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("instrument", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("regime", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("dataset", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("window_opened", sa.Date(), nullable=True),
        sa.Column("window_closed", sa.Date(), nullable=True),
        sa.Column("unopened_closed_on", sa.Date(), nullable=True),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "draft_id", "policy_no", "from_day", "known_from", name=op.f("pk_policy_interval_superseded")
        ),
    )
    op.create_index(
        op.f("ix_policy_interval_superseded_known_to"),
        "policy_interval_superseded",
        ["known_to"],
        unique=False,
    )
    op.create_table(
        "programme_entry_superseded",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("unit_code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("of_entry", sa.Uuid(), nullable=True),
        sa.Column("happened_on", sa.Date(), nullable=True),
        sa.Column("document", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("lead_unit_code", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("needs_acceptance", sa.Boolean(), nullable=True),
        sa.Column("cancelled_from", sa.Date(), nullable=True),
        sa.Column("dataset", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("examined", sa.Integer(), nullable=True),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("entry_ref", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("corrected", sa.Boolean(), nullable=True),
        sa.Column("coordinating_unit_codes", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("report_period", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("period_from", sa.Date(), nullable=True),
        sa.Column("period_to", sa.Date(), nullable=True),
        sa.Column("due_days", sa.Integer(), nullable=True),
        sa.Column("duty_id", sa.Uuid(), nullable=True),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "known_from", name=op.f("pk_programme_entry_superseded")),
    )
    op.create_index(
        op.f("ix_programme_entry_superseded_known_to"),
        "programme_entry_superseded",
        ["known_to"],
        unique=False,
    )
    op.create_table(
        "recorded_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_recorded_day")),
    )
    op.create_table(
        "stay_superseded",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("exited_on", sa.Date(), nullable=True),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("draft_id", "entry_id", "known_from", name=op.f("pk_stay_superseded")),
    )
    op.create_index(op.f("ix_stay_superseded_known_to"), "stay_superseded", ["known_to"], unique=False)
    op.create_table(
        "target_superseded",
        sa.Column("unit_code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("target", sa.Float(), nullable=False),
        sa.Column("document", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("unit_code", "year", "known_from", name=op.f("pk_target_superseded")),
    )
    op.create_index(op.f("ix_target_superseded_known_to"), "target_superseded", ["known_to"], unique=False)
    op.add_column(
        "communication", sa.Column("known_from", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "counting_communication", sa.Column("known_from", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "directory_unit", sa.Column("known_from", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "directory_unit_end", sa.Column("known_from", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "directory_unit_name", sa.Column("known_from", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "directory_unit_parent", sa.Column("known_from", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "directory_unit_succession",
        sa.Column("known_from", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "directory_unit_supervision",
        sa.Column("known_from", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column("draft", sa.Column("known_from", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column(
        "gap_interval", sa.Column("known_from", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "occurrence_interval", sa.Column("known_from", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "policy_interval", sa.Column("known_from", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "programme_entry", sa.Column("known_from", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("stay", sa.Column("known_from", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("target", sa.Column("known_from", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("target", "known_from")
    op.drop_column("stay", "known_from")
    op.drop_column("programme_entry", "known_from")
    op.drop_column("policy_interval", "known_from")
    op.drop_column("occurrence_interval", "known_from")
    op.drop_column("gap_interval", "known_from")
    op.drop_column("draft", "known_from")
    op.drop_column("directory_unit_supervision", "known_from")
    op.drop_column("directory_unit_succession", "known_from")
    op.drop_column("directory_unit_parent", "known_from")
    op.drop_column("directory_unit_name", "known_from")
    op.drop_column("directory_unit_end", "known_from")
    op.drop_column("directory_unit", "known_from")
    op.drop_column("counting_communication", "known_from")
    op.drop_column("communication", "known_from")
    op.drop_index(op.f("ix_target_superseded_known_to"), table_name="target_superseded")
    op.drop_table("target_superseded")
    op.drop_index(op.f("ix_stay_superseded_known_to"), table_name="stay_superseded")
    op.drop_table("stay_superseded")
    op.drop_table("recorded_day")
    op.drop_index(op.f("ix_programme_entry_superseded_known_to"), table_name="programme_entry_superseded")
    op.drop_table("programme_entry_superseded")
    op.drop_index(op.f("ix_policy_interval_superseded_known_to"), table_name="policy_interval_superseded")
    op.drop_table("policy_interval_superseded")
    op.drop_index(
        op.f("ix_occurrence_interval_superseded_known_to"), table_name="occurrence_interval_superseded"
    )
    op.drop_table("occurrence_interval_superseded")
    op.drop_index(op.f("ix_gap_interval_superseded_known_to"), table_name="gap_interval_superseded")
    op.drop_index("ix_gap_interval_superseded_draft_id", table_name="gap_interval_superseded")
    op.drop_table("gap_interval_superseded")
    op.drop_index(op.f("ix_draft_superseded_known_to"), table_name="draft_superseded")
    op.drop_table("draft_superseded")
    op.drop_index(
        op.f("ix_directory_unit_supervision_superseded_known_to"),
        table_name="directory_unit_supervision_superseded",
    )
    op.drop_table("directory_unit_supervision_superseded")
    op.drop_index(op.f("ix_directory_unit_superseded_known_to"), table_name="directory_unit_superseded")
    op.drop_table("directory_unit_superseded")
    op.drop_index(
        op.f("ix_directory_unit_succession_superseded_known_to"),
        table_name="directory_unit_succession_superseded",
    )
    op.drop_table("directory_unit_succession_superseded")
    op.drop_index(
        op.f("ix_directory_unit_parent_superseded_known_to"), table_name="directory_unit_parent_superseded"
    )
    op.drop_table("directory_unit_parent_superseded")
    op.drop_index(
        op.f("ix_directory_unit_name_superseded_known_to"), table_name="directory_unit_name_superseded"
    )
    op.drop_table("directory_unit_name_superseded")
    op.drop_index(
        op.f("ix_directory_unit_end_superseded_known_to"), table_name="directory_unit_end_superseded"
    )
    op.drop_table("directory_unit_end_superseded")
    op.drop_index(
        op.f("ix_counting_communication_superseded_known_to"), table_name="counting_communication_superseded"
    )
    op.drop_index(
        "ix_counting_communication_superseded_draft_id", table_name="counting_communication_superseded"
    )
    op.drop_table("counting_communication_superseded")
    op.drop_index(op.f("ix_communication_superseded_known_to"), table_name="communication_superseded")
    op.drop_index("ix_communication_superseded_draft_id", table_name="communication_superseded")
    op.drop_table("communication_superseded")

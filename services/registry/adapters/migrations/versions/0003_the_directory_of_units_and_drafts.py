"""The directory of units and drafts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# What readers find until the rebuild, which every migration asks for, has taken the place of these tables: the last
# state of the old ones. Stages follow when the service starts, for they were derived by no rules ('').
FILL = (
    """
    INSERT INTO directory_unit
    SELECT unit_code, unit_name, search, level, kind, parent_code, province_code, valid_from, valid_to, note, source,
           dataset FROM unit
    """,
    'INSERT INTO directory_unit_succession SELECT unit_code, to_code, "on" FROM unit_succession',
    """
    INSERT INTO directory_draft
    SELECT draft_id, draft_code, title, instrument, regime, procedure, lead_unit_code, dataset, '' FROM draft
    """,
    "INSERT INTO directory_draft_policy SELECT draft_id, policy_no, title FROM policy",
    'INSERT INTO directory_draft_transfer SELECT draft_id, "on", unit_code FROM lead',
    """
    INSERT INTO directory_draft_entry
    SELECT entry_id, draft_id, stage, entered_on, COALESCE(precision, 'day'), false FROM stage_entry
    """,
    """
    INSERT INTO directory_draft_lead
    SELECT draft_id, begun, lead(begun, 1, '9999-12-31') OVER (PARTITION BY draft_id ORDER BY begun), unit_code
    FROM (
        SELECT draft_id, date '0001-01-01' AS begun, lead_unit_code AS unit_code FROM draft
        UNION ALL SELECT draft_id, "on", unit_code FROM lead
    ) AS leads
    """,
)


def upgrade() -> None:
    op.create_table(
        "directory_draft",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("draft_code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("instrument", sa.Text(), nullable=False),
        sa.Column("regime", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("lead_unit_code", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("rules_version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("draft_id", name=op.f("pk_directory_draft")),
        sa.UniqueConstraint("draft_code", name=op.f("uq_directory_draft_draft_code")),
    )
    op.create_table(
        "directory_draft_entry",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("precision", sa.Text(), nullable=False),
        sa.Column("resumed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_directory_draft_entry")),
    )
    op.create_index(
        op.f("ix_directory_draft_entry_draft_id"), "directory_draft_entry", ["draft_id"], unique=False
    )
    op.create_table(
        "directory_draft_lead",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("unit_code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("draft_id", "from_day", name=op.f("pk_directory_draft_lead")),
    )
    op.create_index(
        op.f("ix_directory_draft_lead_unit_code"), "directory_draft_lead", ["unit_code"], unique=False
    )
    op.create_table(
        "directory_draft_policy",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("policy_no", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("draft_id", "policy_no", name=op.f("pk_directory_draft_policy")),
    )
    op.create_table(
        "directory_draft_stage",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("exited_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("draft_id", "entry_id", name=op.f("pk_directory_draft_stage")),
    )
    op.create_table(
        "directory_draft_transfer",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("unit_code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("draft_id", "on", name=op.f("pk_directory_draft_transfer")),
    )
    op.create_table(
        "directory_unit",
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
        sa.PrimaryKeyConstraint("unit_code", name=op.f("pk_directory_unit")),
    )
    op.create_table(
        "directory_unit_end",
        sa.Column("unit_code", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("unit_code", "on", name=op.f("pk_directory_unit_end")),
    )
    op.create_table(
        "directory_unit_name",
        sa.Column("unit_code", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("unit_code", "on", name=op.f("pk_directory_unit_name")),
    )
    op.create_table(
        "directory_unit_parent",
        sa.Column("unit_code", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("unit_code", "on", name=op.f("pk_directory_unit_parent")),
    )
    op.create_table(
        "directory_unit_succession",
        sa.Column("unit_code", sa.Text(), nullable=False),
        sa.Column("to_code", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("unit_code", "to_code", "on", name=op.f("pk_directory_unit_succession")),
    )
    for statement in FILL:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("directory_unit_succession")
    op.drop_table("directory_unit_parent")
    op.drop_table("directory_unit_name")
    op.drop_table("directory_unit_end")
    op.drop_table("directory_unit")
    op.drop_table("directory_draft_transfer")
    op.drop_table("directory_draft_stage")
    op.drop_table("directory_draft_policy")
    op.drop_index(op.f("ix_directory_draft_lead_unit_code"), table_name="directory_draft_lead")
    op.drop_table("directory_draft_lead")
    op.drop_index(op.f("ix_directory_draft_entry_draft_id"), table_name="directory_draft_entry")
    op.drop_table("directory_draft_entry")
    op.drop_table("directory_draft")

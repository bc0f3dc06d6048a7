"""The directory of units and drafts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# What readers find until the rebuild, which every migration asks for, has taken the place of these tables: the last
# state of the old ones.
FILL = (
    """
    INSERT INTO directory_unit (unit_code, unit_name, search, level, kind, parent_code, province_code, valid_from,
                                valid_to, dataset)
    SELECT unit_code, unit_name, '', level, kind, parent_code, province_code, valid_from, valid_to, 'live' FROM unit
    """,
    'INSERT INTO directory_unit_succession SELECT unit_code, to_code, "on" FROM unit_succession',
)


def upgrade() -> None:
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

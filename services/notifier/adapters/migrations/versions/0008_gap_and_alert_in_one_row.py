"""A gap and its alert stand in one row.

The columns are only added: replicas of the release before read and write `gap` and `alert` as they know them. The
table `gap` goes with the next release.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COLUMNS: tuple[sa.Column[Any], ...] = (
    sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
    sa.Column("title", sa.String(), nullable=True),
    sa.Column("instrument", sa.String(), nullable=True),
    sa.Column("procedure", sa.String(), nullable=True),
    sa.Column("stage", sa.String(), nullable=True),
    sa.Column("since", sa.Date(), nullable=True),
    sa.Column("policies", ARRAY(sa.Integer()), nullable=True),
    sa.Column("dataset", sa.String(), nullable=True),
    sa.Column("is_current", sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column("gap_closed_on", sa.Date(), nullable=True),
    sa.Column("gap_closure", sa.String(), nullable=True),
    sa.Column("announced_by", sa.Uuid(), nullable=True),
    sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("correlation_id", sa.String(), nullable=True),
    sa.Column("traceparent", sa.String(), nullable=True),
    sa.Column("pending", sa.Boolean(), server_default=sa.false(), nullable=False),
)


def upgrade() -> None:
    for column in _COLUMNS:
        op.add_column("alert", column)
    op.create_index("ix_alert_pending", "alert", ["alert_id"], postgresql_where=sa.text("pending"))


def downgrade() -> None:
    op.drop_index("ix_alert_pending", table_name="alert")
    for column in _COLUMNS:
        op.drop_column("alert", column.name)

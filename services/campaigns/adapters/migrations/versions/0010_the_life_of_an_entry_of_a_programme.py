"""The life of an entry of a programme: its reference, precision of its due day, corrections and cancellation."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
COLUMNS = {
    "entry_ref": TEXT,
    "due_precision": TEXT,
    "coordinating_text": TEXT,
    "year_reason": TEXT,
    "needs_acceptance": sa.Boolean,
    "percent": sa.Integer,
    "reason": TEXT,
    "corrected": sa.Boolean,
    "cancelled_from": sa.Date,
}


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.add_column("programme_entry", sa.Column(name, kind(), nullable=True))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("programme_entry", name)

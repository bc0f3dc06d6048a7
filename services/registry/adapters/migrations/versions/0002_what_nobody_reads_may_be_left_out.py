"""What nobody reads may be left out: a replica of 0.1.0 does not notice when a later release drops it."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

UNREAD: dict[str, sa.types.TypeEngine[Any]] = {
    "precision": sa.String(),
    "late": sa.Boolean(),
    "unusual": sa.Boolean(),
}


def upgrade() -> None:
    for column, kind in UNREAD.items():
        op.alter_column("stage_entry", column, existing_type=kind, nullable=True)


def downgrade() -> None:
    for column, kind in UNREAD.items():
        op.alter_column("stage_entry", column, existing_type=kind, nullable=False)

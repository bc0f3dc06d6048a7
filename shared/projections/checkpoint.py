"""Position of a projection: a row in its database, moved in the same transaction by compare-and-set."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, MetaData, Table, Text, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kernel.errors import LoaError

_RETURNING = """
RETURNING set_config('synchronous_commit', 'off', true),
          ARRAY(SELECT position FROM projection_skipped_event WHERE projection = :of) AS skipped
"""
_MOVE = text(f"""
UPDATE projection_checkpoint SET position = :to, stream_created = :created
WHERE projection = :row AND position = :read {_RETURNING}
""")  # noqa: S608  our own words
# A checkpoint without a stream is only asked for: nothing is written yet.
_BEGIN = text(f"""
INSERT INTO projection_checkpoint (projection, position, stream_created) VALUES (:row, :to, :created)
ON CONFLICT (projection) DO UPDATE SET position = :to, stream_created = :created
WHERE projection_checkpoint.stream_created IS NULL {_RETURNING}
""")  # noqa: S608  our own words


class CheckpointMoved(LoaError):
    """Another process moved the checkpoint since it was read: nothing of this batch was written."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The last position whose event is in the rows (0: none), and the creation time of its stream."""

    position: int = 0
    stream_created: datetime | None = None


class CheckpointTables:
    """The two tables of the mechanism, made for one service's metadata."""

    def __init__(self, metadata: MetaData) -> None:
        self.checkpoint = Table(
            "projection_checkpoint",
            metadata,
            Column("projection", Text, primary_key=True),
            Column("position", BigInteger, nullable=False),
            Column("stream_created", DateTime(timezone=True)),
        )
        self.skipped = Table(
            "projection_skipped_event",
            metadata,
            Column("projection", Text, primary_key=True),
            Column("position", BigInteger, primary_key=True),
            Column("reason", Text, nullable=False),
            Column("skipped_by", Text, nullable=False),
            Column("skipped_at", DateTime(timezone=True), nullable=False),
        )

    async def read(self, connection: AsyncConnection, projection: str) -> Checkpoint:
        return await self.find(connection, projection) or Checkpoint()

    async def advance(
        self, connection: AsyncConnection, projection: str, read: Checkpoint, to: Checkpoint, *, of: str
    ) -> frozenset[int]:
        """Move the checkpoint from what was read at the start, or raise `CheckpointMoved`.

        Gives the positions that the projection `of` passes over. The commit will not wait for the disk: a crash may
        undo the last ones, rows and checkpoint together, and they are then projected again. All in one statement,
        for each way to the database and back counts while a reader waits for its own write.
        """
        values = {"row": projection, "to": to.position, "created": to.stream_created, "of": of}
        if read.stream_created is None:
            moved = await connection.execute(_BEGIN, values)
        else:
            moved = await connection.execute(_MOVE, values | {"read": read.position})
        if (row := moved.one_or_none()) is None:
            raise CheckpointMoved(projection)
        return frozenset(row.skipped)

    async def find(self, connection: AsyncConnection, projection: str) -> Checkpoint | None:
        """Read a checkpoint that may not exist."""
        table = self.checkpoint
        query = select(table.c.position, table.c.stream_created).where(table.c.projection == projection)
        row = (await connection.execute(query)).one_or_none()
        return Checkpoint(row.position, row.stream_created) if row else None

    async def ask(self, connection: AsyncConnection, projection: str) -> None:
        """Put a checkpoint at the start of the log, wherever it stood: rows are asked for that don't exist yet."""
        await self.put(connection, projection, Checkpoint())

    async def put(self, connection: AsyncConnection, projection: str, to: Checkpoint) -> None:
        """Set a checkpoint, wherever it stood."""
        values = {"position": to.position, "stream_created": to.stream_created}
        await connection.execute(
            insert(self.checkpoint)
            .values(projection=projection, **values)
            .on_conflict_do_update(index_elements=[self.checkpoint.c.projection], set_=values)
        )

    async def lock(self, connection: AsyncConnection, projection: str) -> Checkpoint:
        """Read a checkpoint that no other process reads or moves until the end of the transaction."""
        await connection.execute(text("LOCK TABLE projection_checkpoint IN ACCESS EXCLUSIVE MODE"))
        return await self.read(connection, projection)

    async def forget(self, connection: AsyncConnection, projection: str) -> None:
        await connection.execute(delete(self.checkpoint).where(self.checkpoint.c.projection == projection))

    async def skip(
        self, connection: AsyncConnection, projection: str, position: int, *, reason: str, by: str
    ) -> None:
        """Record that the event at `position` is to be passed over, by whom and why."""
        await connection.execute(
            insert(self.skipped)
            .values(
                projection=projection, position=position, reason=reason, skipped_by=by, skipped_at=func.now()
            )
            .on_conflict_do_nothing()
        )

    async def skips(self, connection: AsyncConnection, projection: str) -> frozenset[int]:
        positions = await connection.execute(
            select(self.skipped.c.position).where(self.skipped.c.projection == projection)
        )
        return frozenset(positions.scalars())

"""Where a projection stands: a row beside its tables, moved in the same transaction by compare-and-set."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, MetaData, Table, Text, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.errors import LoaError


class CheckpointMoved(LoaError):
    """Somebody else moved the checkpoint since it was read: nothing of this batch was written."""


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
        self, connection: AsyncConnection, projection: str, read: Checkpoint, to: Checkpoint
    ) -> None:
        """Move the checkpoint from what was read at the start, or raise `CheckpointMoved`."""
        table = self.checkpoint
        if read.stream_created is None:
            values = {"position": to.position, "stream_created": to.stream_created}
            moved = await connection.execute(
                insert(table)
                .values(projection=projection, **values)
                .on_conflict_do_update(
                    index_elements=[table.c.projection],
                    set_=values,
                    where=table.c.stream_created.is_(None),  # only asked for, nothing written yet
                )
            )
        else:
            moved = await connection.execute(
                update(table)
                .where(table.c.projection == projection, table.c.position == read.position)
                .values(position=to.position, stream_created=to.stream_created)
            )
        if moved.rowcount != 1:
            raise CheckpointMoved(projection)

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
        """Read a checkpoint that nobody else reads or moves until the end of the transaction."""
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
        found = await connection.execute(
            select(self.skipped.c.position).where(self.skipped.c.projection == projection)
        )
        return frozenset(found.scalars())

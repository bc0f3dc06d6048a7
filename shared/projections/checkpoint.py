"""Position of a projection: a row in its database, moved in the same transaction by compare-and-set.

The newest events near the end of the log are listed in the database too: if the log is replaced by an older one, they tell what
is lost.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, MetaData, Table, Text, delete, func, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.eventstore.log_identity import Mark
from shared.kernel.errors import LoaError

RECENT = 1000  # events that are listed

_LIST = f"""
WITH listed AS (
    INSERT INTO log_recent_event
    SELECT * FROM json_populate_recordset(NULL::log_recent_event, CAST(:recent AS json)) ON CONFLICT DO NOTHING
), pruned AS (
    DELETE FROM log_recent_event WHERE position <= :to - {RECENT}
)"""  # noqa: S608  our own words
_RETURNING = """
RETURNING set_config('synchronous_commit', 'off', true),
          ARRAY(SELECT position FROM projection_skipped_event WHERE projection = :of) AS skipped
"""
_SET = "position = :to, stream_created = :created, event_position = :to, event_id = :event_id"
_MOVE_ONLY = f"""
UPDATE projection_checkpoint SET {_SET}
WHERE projection = :row AND position = :read {_RETURNING}
"""  # noqa: S608  our own words
_MOVE, _MOVE_AND_LIST = text(_MOVE_ONLY), text(_LIST + _MOVE_ONLY)
# A checkpoint without a stream is only asked for: nothing is written yet.
_BEGIN_ONLY = f"""
INSERT INTO projection_checkpoint (projection, position, stream_created, event_position, event_id)
VALUES (:row, :to, :created, :to, :event_id)
ON CONFLICT (projection) DO UPDATE SET {_SET}
WHERE projection_checkpoint.stream_created IS NULL {_RETURNING}
"""  # noqa: S608  our own words
_BEGIN, _BEGIN_AND_LIST = text(_BEGIN_ONLY), text(_LIST + _BEGIN_ONLY)
# An older release moved the position without naming the event there.
_NAME = text("""
UPDATE projection_checkpoint SET event_position = :position, event_id = :event_id
WHERE projection = :row AND position = :position AND event_position IS DISTINCT FROM :position
""")


class CheckpointMoved(LoaError):
    """Another process moved the checkpoint since it was read: nothing of this batch was written."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The last position whose event is in the rows (0: none), and the creation time of its stream."""

    position: int = 0
    stream_created: datetime | None = None
    event_position: int | None = field(default=None, compare=False)
    event_id: str | None = field(default=None, compare=False)

    @property
    def mark(self) -> Mark:
        return Mark(self.position, self.event_position, self.event_id, self.stream_created)


class CheckpointTables:
    """The tables of the mechanism, made for one service's metadata."""

    def __init__(self, metadata: MetaData) -> None:
        self.checkpoint = Table(
            "projection_checkpoint",
            metadata,
            Column("projection", Text, primary_key=True),
            Column("position", BigInteger, nullable=False),
            Column("stream_created", DateTime(timezone=True)),
            Column("event_position", BigInteger),
            Column("event_id", Text),
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

        self.recent = Table(
            "log_recent_event",
            metadata,
            Column("position", BigInteger, primary_key=True, autoincrement=False),
            Column("event_id", Text, nullable=False),
            Column("subject", Text, nullable=False),
            Column("recorded_at", DateTime(timezone=True), nullable=False),
            Column("draft_code", Text),
            Column("unit_code", Text),
            Column("actor", Text),
            Column("correlation_id", Text),
        )
        self.fence = Table(
            "log_fence",
            metadata,
            Column("raised_at", DateTime(timezone=True), primary_key=True),
            Column("kind", Text, nullable=False),
            Column("detail", Text, nullable=False),
            Column("position", BigInteger, nullable=False),
            Column("event_position", BigInteger),
            Column("event_id", Text),
            Column("stream_created", DateTime(timezone=True)),
            Column("log_end", BigInteger, nullable=False),
            Column("log_created", DateTime(timezone=True)),
            Column("decision", Text),
            Column("decided_at", DateTime(timezone=True)),
            Column("decided_by", Text),
            Column("reason", Text),
            Column("lost", JSONB),
        )

    async def read(self, connection: AsyncConnection, projection: str) -> Checkpoint:
        return await self.find(connection, projection) or Checkpoint()

    async def advance(
        self,
        connection: AsyncConnection,
        projection: str,
        read: Checkpoint,
        to: Checkpoint,
        *,
        of: str,
        recent: str | None = None,
    ) -> frozenset[int]:
        """Move the checkpoint from what was read at the start, or raise `CheckpointMoved`.

        Gives the positions that the projection `of` passes over; `recent` are rows of `log_recent_event` as JSON. The commit will not wait for the disk: a crash may
        undo the last ones, rows and checkpoint together, and they are then projected again. All in one statement,
        for each way to the database and back counts while a reader waits for its own write.
        """
        values = {
            "row": projection, "to": to.position, "created": to.stream_created, "event_id": to.event_id, "of": of,
        } | ({"recent": recent} if recent else {})  # fmt: skip
        if read.stream_created is None:
            moved = await connection.execute(_BEGIN_AND_LIST if recent else _BEGIN, values)
        else:
            statement = _MOVE_AND_LIST if recent else _MOVE
            moved = await connection.execute(statement, values | {"read": read.position})
        if (row := moved.one_or_none()) is None:
            raise CheckpointMoved(projection)
        return frozenset(row.skipped)

    async def find(self, connection: AsyncConnection, projection: str) -> Checkpoint | None:
        """Read a checkpoint that may not exist."""
        table = self.checkpoint
        columns = (table.c.position, table.c.stream_created, table.c.event_position, table.c.event_id)
        query = select(*columns).where(table.c.projection == projection)
        row = (await connection.execute(query)).one_or_none()
        return Checkpoint(*row) if row else None

    async def name_event(
        self, connection: AsyncConnection, projection: str, position: int, event_id: str
    ) -> None:
        """Note the id of the event at a checkpoint that an older release moved there."""
        await connection.execute(_NAME, {"row": projection, "position": position, "event_id": event_id})

    async def ask(self, connection: AsyncConnection, projection: str) -> None:
        """Put a checkpoint at the start of the log, wherever it stood: rows are asked for that don't exist yet."""
        await self.put(connection, projection, Checkpoint())

    async def put(self, connection: AsyncConnection, projection: str, to: Checkpoint) -> None:
        """Set a checkpoint, wherever it stood."""
        values = {
            "position": to.position,
            "stream_created": to.stream_created,
            "event_position": to.event_position,
            "event_id": to.event_id,
        }
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

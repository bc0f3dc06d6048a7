"""What a projection is and writes: changes of rows, taken from events by the names of columns, and the checkpoint.

The newest events near the end of the log are listed in the database too: if the log is replaced by an older one, they tell what
is lost.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    MetaData,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.envelope import Recorded
from shared.contracts.event import Event
from shared.eventstore.log_reader import Mark
from shared.kernel.errors import LoaError, PermanentError
from shared.persistence.database import upsert


class Projection(Protocol):
    """What a service makes of the log. Only events of `contexts` are decoded and handed over.

    `tables` hold nothing but what comes from the log: a rebuild empties and fills them.
    """

    @property
    def name(self) -> str: ...
    @property
    def contexts(self) -> frozenset[str]: ...
    @property
    def tables(self) -> Sequence[Table]: ...

    def uses(self, context: str, name: str) -> bool:
        """Say whether events of a type become rows here; one of another type that cannot be read is passed over."""
        ...

    async def apply(self, connection: AsyncConnection, events: Sequence[Recorded]) -> None:
        """Write what the events mean, within the transaction that also moves the checkpoint."""
        ...

    async def began(self) -> None:
        """Called when this process becomes the active one; its caches may be stale."""
        ...

    async def caught_up(self) -> None:
        """Called after the commit when the rows are as new as the log; may append events."""
        ...


Guard = Callable[[], Awaitable[None]]
"""Raises `LogReplaced` while nothing may be made from the log (`shared.projections.log_fence`)."""


async def allow() -> None:
    """Guard nothing."""


class State(StrEnum):
    STARTING = "starting"
    STANDBY = "standby"
    RUNNING = "running"
    HALTED = "halted"


@dataclass(frozen=True, slots=True)
class Status:
    """`position` is the last one in the rows, `pending` how many events of the log are not in them yet."""

    state: State = State.STARTING
    position: int = 0
    pending: int = 0
    problem: str | None = None
    halted_at: int | None = None


class StreamRecreated(PermanentError):
    """The log is not the one that the rows were made from; an operator must decide (`loa recover`)."""

    def __init__(self, detail: str) -> None:
        super().__init__("stream_recreated", detail)


class PoisonEvent(PermanentError):
    """An event that can't be projected: the projector stops before it and says so."""

    def __init__(self, position: int, detail: str) -> None:
        super().__init__("poison_event", f"position {position}: {detail}")
        self.position = position


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

    @classmethod
    def behind(cls, position: int, event_id: str, created: datetime) -> "Checkpoint":
        """Give the checkpoint when the event at a position is the last in the rows."""
        return cls(position, created, position, event_id)

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


Row = Mapping[str, Any]


class RowMismatch(PermanentError):
    """A row change and its table don't fit: a value has no column, or a column no value."""

    def __init__(self, table: Table, what: str, names: object) -> None:
        super().__init__("row_mismatch", f"table {table.name}: {what} {names}")


def whole_row(table: Table, values: Row, event: Event | None) -> Row:
    """Give every column of the table a value; fields of the event that have no column are left out."""
    _refuse_unknown(table, values)
    row = {name: value for name, value in _fields(event).items() if name in _columns(table)} | dict(values)
    if missing := _columns(table) - row.keys():
        raise RowMismatch(table, "no value for", sorted(missing))
    return row


def changed_columns(table: Table, key: Row, values: Row, event: Event | None) -> Row:
    """Give the columns that a change writes: its own values, and all that the event names besides the key."""
    _refuse_unknown(table, values)
    taken = _columns(table) - key.keys()
    return {name: value for name, value in _fields(event).items() if name in taken} | dict(values)


def _refuse_unknown(table: Table, values: Row) -> None:
    if unknown := values.keys() - _columns(table):
        raise RowMismatch(table, "no column for", sorted(unknown))


def _fields(event: Event | None) -> Row:
    return {} if event is None else vars(event)  # a model's own dictionary holds its fields and nothing else


@lru_cache
def _columns(table: Table) -> frozenset[str]:
    return frozenset(table.columns.keys())


Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Put:
    """A whole row: inserted, or put in the place of the one with the same primary key.

    A column that `values` don't name is taken from the field of `event` that has its name.
    """

    table: str
    values: Row
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Some columns of an existing row (nothing happens if there is none).

    With an `event`, every column besides the key that has the name of one of its fields is changed too.
    """

    table: str
    key: Row
    values: Row
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    table: str
    key: Row


RowChange = Put | Change | Remove


async def write(connection: AsyncConnection, metadata: MetaData, changes: Iterable[RowChange]) -> None:
    """Write changes as if one by one, but each row once and each table in a few statements."""
    for table, rows in _folded(metadata, changes).items():
        await upsert(connection, table, [c.values for c in rows if isinstance(c, Put)])
        await _update(connection, table, [c for c in rows if isinstance(c, Change)])
        await _delete(connection, table, [c.key for c in rows if isinstance(c, Remove)])


def _folded(metadata: MetaData, changes: Iterable[RowChange]) -> dict[Table, list[RowChange]]:
    rows: dict[Table, dict[Key, RowChange]] = defaultdict(dict)
    for change in changes:
        table = metadata.tables[change.table]
        mapped = _mapped(table, change)
        key = _key(table, mapped)
        rows[table][key] = _merge(rows[table].get(key), mapped)
    return {table: list(by_key.values()) for table, by_key in rows.items()}


def _mapped(table: Table, change: RowChange) -> RowChange:
    match change:
        case Put():
            return Put(change.table, whole_row(table, change.values, change.event))
        case Change():
            values = changed_columns(table, change.key, change.values, change.event)
            return Change(change.table, change.key, values)
        case Remove():
            return change


def _key(table: Table, change: RowChange) -> Key:
    source = change.values if isinstance(change, Put) else change.key
    return tuple(source[name] for name in _keys(table))


@lru_cache
def _keys(table: Table) -> Sequence[str]:
    return table.primary_key.columns.keys()


def _merge(before: RowChange | None, change: RowChange) -> RowChange:
    match before, change:
        case Put(), Change():
            return Put(change.table, {**before.values, **change.values})
        case Change(), Change():
            return Change(change.table, change.key, {**before.values, **change.values})
        case Remove(), Change():
            return before
        case _:
            return change


async def _update(connection: AsyncConnection, table: Table, changes: Sequence[Change]) -> None:
    alike: dict[Key, list[Change]] = defaultdict(list)
    for change in changes:
        if change.values:
            alike[tuple(sorted(change.values))].append(change)
    keys = _keys(table)
    for columns, group in alike.items():
        statement = (
            update(table)
            .where(*(table.c[name] == bindparam(f"key_{name}") for name in keys))
            .values({name: bindparam(f"new_{name}") for name in columns})
        )
        parameters = [
            {f"key_{k}": c.key[k] for k in keys} | {f"new_{n}": c.values[n] for n in columns} for c in group
        ]
        await connection.execute(statement, parameters)


async def _delete(connection: AsyncConnection, table: Table, keys: Sequence[Row]) -> None:
    if keys:
        columns = list(table.primary_key.columns)
        values = [tuple(key[column.name] for column in columns) for key in keys]
        await connection.execute(delete(table).where(tuple_(*columns).in_(values)))

"""Rebuilds a read model in shadow tables: to replace the live one (rebuild), or to compare it (verification).

The live tables are read and written as ever meanwhile; nothing is announced or sent. What was asked for stands
in the database, as a checkpoint of its own, so any replica may be asked and another one may carry it out. Whoever
begins (again) begins from the start of the log: a half-filled table may be another release's work.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from nats.aio.client import Client
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.eventstore.log_reader import Match, StreamState, described, stream_state, view_log
from shared.kernel import runtime
from shared.kernel.errors import LoaError, TransientError
from shared.kernel.transient import TRANSIENT
from shared.observability import signals
from shared.observability.signals import Tracing
from shared.persistence.database import DatabaseBusy
from shared.projections.batches import Batches, Feed
from shared.projections.division import Divided, Division, DivisionFailed
from shared.projections.rows import Checkpoint, CheckpointMoved, Guard, PoisonEvent

logger = signals.get_logger(__name__)
LIVE = "public"

# Primary and unique keys, then the other indexes: under their own names, which migrations speak of.
_KEYS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = CAST(:table AS regclass) AND contype IN ('p', 'u') ORDER BY conname
"""
_INDEXES = """
SELECT pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = CAST(:table AS regclass)
AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
ORDER BY 1
"""
_SHAPE = """
SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
WHERE table_schema = :schema ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Digest:
    """What stands in one table: how many rows, and one hash of all of them."""

    rows: int
    md5: str


@dataclass(frozen=True, slots=True)
class ShadowTables:
    """The tables `names` once more, in `schema`."""

    schema: str
    names: Sequence[str]

    @property
    def path(self) -> str:
        return f"{self.schema}, {LIVE}"

    async def create(self, connection: AsyncConnection, run: UUID) -> None:
        """Make them, empty, as the database has them at this moment, and note whose they are; what stood there is gone."""
        await self.drop(connection)
        await connection.execute(text(f"CREATE SCHEMA {self.schema}"))
        await connection.execute(
            text(f"CREATE TABLE {self.schema}.run AS SELECT CAST(:run AS uuid) AS id"), {"run": run}
        )
        for name in self.names:
            await self._create(connection, name)

    async def _create(self, connection: AsyncConnection, name: str) -> None:
        live, own = f'{LIVE}."{name}"', f'{self.schema}."{name}"'
        await connection.execute(
            text(f"CREATE TABLE {own} (LIKE {live} INCLUDING ALL EXCLUDING INDEXES EXCLUDING STATISTICS)")
        )
        for key, definition in (await connection.execute(text(_KEYS), {"table": live})).all():
            await connection.execute(text(f'ALTER TABLE {own} ADD CONSTRAINT "{key}" {definition}'))
        for (definition,) in (await connection.execute(text(_INDEXES), {"table": live})).all():
            await connection.exec_driver_sql(definition.replace(f" ON {LIVE}.", f" ON {self.schema}.", 1))

    async def drop(self, connection: AsyncConnection) -> None:
        await connection.execute(text(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE"))

    async def fits(self, connection: AsyncConnection) -> bool:
        """Say if the live tables are still as these were made: a migration may have come between."""
        live = {row for row in await _columns(connection, LIVE) if row[0] in self.names}
        return live == {row for row in await _columns(connection, self.schema) if row[0] in self.names}

    async def take_place(self, connection: AsyncConnection) -> None:
        """Become the live tables, within the transaction of the caller; the old ones are dropped."""
        for name in self.names:
            await connection.execute(text(f'DROP TABLE {LIVE}."{name}"'))
            await connection.execute(text(f'ALTER TABLE {self.schema}."{name}" SET SCHEMA {LIVE}'))
        await self.drop(connection)

    async def lock_live(self, connection: AsyncConnection) -> None:
        """Block reads and writes of the live tables until the end of the transaction."""
        names = ", ".join(f'{LIVE}."{name}"' for name in self.names)
        await connection.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))


async def digests(connection: AsyncConnection, schema: str, names: Sequence[str]) -> dict[str, Digest]:
    """Hash tables row by row: the same rows, in whatever order they were written, give the same."""
    return {name: await _digest(connection, f'{schema}."{name}"') for name in names}


async def _digest(connection: AsyncConnection, table: str) -> Digest:
    # Rows are hashed one by one first, so that one hash is made of short parts however long the rows are.
    query = f"""
    SELECT count(*), coalesce(md5(string_agg(hash, '' ORDER BY hash COLLATE "C")), '')
    FROM (SELECT md5(t::text) AS hash FROM {table} t) AS hashed
    """  # noqa: S608  names come from our own metadata
    rows, md5 = (await connection.execute(text(query))).one()
    return Digest(rows, md5)


async def _columns(connection: AsyncConnection, schema: str) -> list[tuple[str, ...]]:
    columns = await connection.execute(text(_SHAPE), {"schema": schema})
    return [tuple(row) for row in columns]


BATCH = 1000  # more at once than live: drafts are read and written again less often, for some MiB
WAIT_SECONDS = 1.0
LOOK_SECONDS = 0.5  # between two checks for a request
LOCK_SECONDS = 5  # for which readers may be held up while tables change places


class Purpose(StrEnum):
    REBUILD = "rebuild"
    VERIFICATION = "verification"


class RestartRebuild(LoaError):
    """The log or the schema changed meanwhile: restart the rebuild."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Position of the shadow tables; None if no rebuild was requested."""

    position: int | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class TableComparison:
    """A live table and its rebuild at the same position."""

    table: str
    live: Digest
    rebuilt: Digest

    @property
    def same(self) -> bool:
        return self.live == self.rebuilt


class ShadowRebuild:
    """Worker of one purpose: waits for a request and carries it out."""

    def __init__(
        self,
        purpose: Purpose,
        live: Batches,
        client: Client,
        tracing: Tracing,
        permit: Guard,
        division: Division | None = None,
    ) -> None:
        names = [table.name for table in live.projection.tables]
        self.purpose = purpose
        self._row = f"{live.row}.{purpose}"
        self._shadow = ShadowTables(f"loa_{purpose}", names)
        self._live = live
        self._rebuilt = replace(live, row=self._row, path=self._shadow.path)
        self._client = client
        self._tracing = tracing
        self._permit = permit  # a rebuild replaces rows that may be all that is left of a lost log
        self._problem: str | None = None
        self._division = division
        self._run = runtime.new_id()  # of the present rebuild

    async def ask(self) -> None:
        """Ask for it; what is under way begins again."""
        async with self._live.engine.begin() as connection:
            await self._live.checkpoints.ask(connection, self._row)

    async def progress(self) -> Progress:
        async with self._live.engine.connect() as connection:
            checkpoint = await self._live.checkpoints.find(connection, self._row)
        return Progress(checkpoint.position, self._problem) if checkpoint else Progress()

    async def outcome(self) -> Any:
        """Read the result of the last verification; None if there was none, or one is under way."""
        async with self._live.engine.connect() as connection:
            table = f"{self._shadow.schema}.outcome"
            if (
                await connection.execute(text("SELECT to_regclass(:table)"), {"table": table})
            ).scalar() is None:
                return None
            document_row = await connection.execute(text(f"SELECT document FROM {table}"))  # noqa: S608  our own name
            return orjson.loads(document_row.scalar_one())

    async def run(self) -> None:
        """Wait for what is asked, for ever; a fault is shown, and tried again."""
        while True:
            try:
                if (await self.progress()).position is not None:
                    await self._carry_out()
                self._problem = None
            except (CheckpointMoved, RestartRebuild):
                continue
            except DivisionFailed as error:
                logger.warning("rebuild_not_divided", row=self._row, error=str(error))
                self._division = None
                continue
            except PoisonEvent as error:
                self._log_once(error)
                await self._until_skipped(error.position)
            except (SQLAlchemyError, *TRANSIENT) as error:
                self._log_once(error)
            await asyncio.sleep(LOOK_SECONDS)

    def _log_once(self, error: Exception) -> None:
        problem = f"{type(error).__name__}: {error}"
        if problem != self._problem:
            logger.warning("rebuild_interrupted", row=self._row, error=problem)
        self._problem = problem

    async def _until_skipped(self, position: int) -> None:
        unchanged = await self.progress()
        while await self.progress() == unchanged and not await self._live.is_skipped(position):  # noqa: ASYNC110  elsewhere
            await asyncio.sleep(LOOK_SECONDS)

    async def _carry_out(self) -> None:
        async with self._alone() as is_ours:
            if not is_ours or (await self.progress()).position is None:
                return  # another replica is at it, or was
            await self._permit()
            logger.info("rebuild_started", row=self._row)
            stream = await self._begin()
            feed = Feed(self._client, 0)
            try:
                await self._end(feed, stream)
            finally:
                await feed.close()
            logger.info("rebuild_finished", row=self._row)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[bool]:
        key = {"name": f"loa-{self._row}"}
        async with self._live.engine.connect() as session:
            await session.execution_options(isolation_level="AUTOCOMMIT")
            got = await session.execute(text("SELECT pg_try_advisory_lock(hashtext(:name))"), key)
            is_ours = bool(got.scalar())
            try:
                yield is_ours
            finally:
                if is_ours:
                    await session.execute(text("SELECT pg_advisory_unlock(hashtext(:name))"), key)

    async def _begin(self) -> StreamState:
        self._run = runtime.new_id()
        async with self._live.engine.begin() as connection:
            await self._live.checkpoints.ask(connection, self._row)
            await self._shadow.create(connection, self._run)
        return await self._stream()

    async def _stream(self) -> StreamState:
        if not self._client.is_connected:
            raise TransientError("the broker is not connected")
        return await stream_state(self._client.jetstream(timeout=5))

    async def _end(self, feed: Feed, stream: StreamState) -> None:
        if self.purpose is Purpose.VERIFICATION:
            await self._compare(feed, stream)
            return
        at = Checkpoint()
        while not await self._took_place(at):
            at = await self._fill(feed, at, stream, (await self._stream()).last)

    async def _took_place(self, at: Checkpoint) -> bool:
        try:
            await self._permit()
            return await self._take_place(at)
        except DatabaseBusy:  # readers were in the way
            return False

    async def _fill(
        self, feed: Feed, at: Checkpoint, stream: StreamState, to: int, *, exactly: bool = False
    ) -> Checkpoint:
        """Project the log up to `to`; `exactly` leaves out what the last batch brings beyond (it is lost)."""
        begun = feed.begun
        async with self._writing(at, to) as rows:
            while at.position < to:
                batch = await feed.batch(BATCH * rows.at_once, WAIT_SECONDS)
                if feed.begun != begun:
                    await self._require_same(at)
                    begun = feed.begun
                if exactly:
                    batch = [event for event in batch if event.position <= to]
                if batch:
                    received = self._rebuilt.received(batch, runtime.now())
                    with self._tracing.receiving(f"{self.purpose} {self._live.row}", received, replay=True):
                        at = await rows.project(batch, at, stream.created)
                elif (await self._stream()).created != stream.created:
                    raise RestartRebuild("the log is another one")
        return at

    @asynccontextmanager
    async def _writing(self, at: Checkpoint, to: int) -> AsyncIterator[Batches | Divided]:
        """Give what writes the events after `at` up to `to`: several processes if it pays."""
        if self._division is None or not self._division.pays_for(to - at.position):
            yield self._rebuilt
            return
        divided = Divided(self._rebuilt, self._division, self._shadow.schema, self._run, at)
        try:
            await divided.start()
            yield divided
            await divided.flush()
        finally:
            await divided.close()

    async def _require_same(self, at: Checkpoint) -> None:
        if await self._match(at) is not Match.SAME:
            raise RestartRebuild("the log is another one")

    async def _match(self, at: Checkpoint) -> Match:
        view = await view_log(self._client.jetstream(timeout=5), [at.mark])
        return view.match(at.mark)

    async def _take_place(self, at: Checkpoint) -> bool:
        """Change places with the live tables if these are not ahead; readers wait for a moment, and see all."""
        if at.position < (await self._stream()).last:
            return False
        async with self._live.engine.begin() as connection:
            await connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
            before = await self._live.checkpoints.lock(connection, self._live.row)
            if before.position > at.position and await self._match(before) is Match.SAME:
                return False
            await self._shadow.lock_live(connection)
            if not await self._shadow.fits(connection):
                raise RestartRebuild("a migration came between")
            await self._shadow.take_place(connection)
            await self._live.checkpoints.put(connection, self._live.row, at)
            await self._live.checkpoints.forget(connection, self._row)
        return True

    async def _compare(self, feed: Feed, stream: StreamState) -> None:
        """Hash the live tables at their position, and the rebuilt ones at the same position."""
        async with self._live.engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            at = await self._live.checkpoints.read(connection, self._live.row)
            live = await digests(connection, LIVE, self._shadow.names)
        view = await view_log(self._client.jetstream(timeout=5), [at.mark])
        if (match := view.match(at.mark)) is not Match.SAME:
            raise TransientError(
                f"the read model is of another log ({described(match, at.mark, view)}): loa recover"
            )
        await self._fill(feed, Checkpoint(), stream, at.position, exactly=True)
        async with self._live.engine.begin() as connection:
            rebuilt = await digests(connection, self._shadow.schema, self._shadow.names)
            comparisons = [TableComparison(name, live[name], rebuilt[name]) for name in self._shadow.names]
            await self._keep(connection, at.position, comparisons)

    async def _keep(
        self, connection: AsyncConnection, position: int, comparisons: list[TableComparison]
    ) -> None:
        """Leave the outcome where the tables were, for whichever replica is asked for it."""
        await self._shadow.drop(connection)
        document = {
            "position": position,
            "tables": [asdict(table) | {"same": table.same} for table in comparisons],
        }
        await connection.execute(text(f"CREATE SCHEMA {self._shadow.schema}"))
        await connection.execute(text(f"CREATE TABLE {self._shadow.schema}.outcome (document text)"))
        await connection.execute(
            text(f"INSERT INTO {self._shadow.schema}.outcome VALUES (:document)"),  # noqa: S608
            {"document": orjson.dumps(document).decode()},
        )
        await self._live.checkpoints.forget(connection, self._row)

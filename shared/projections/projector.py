"""The projector: ordered batches of the log become rows, together with the checkpoint, exactly once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from nats.aio.client import Client
from nats.js.errors import NotFoundError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.contracts.envelope import Catalog
from shared.eventstore.log_reader import LogView, Match, StreamState, described, id_at, stream_state, view_log
from shared.kernel import runtime
from shared.kernel.errors import TransientError, in_words
from shared.kernel.runtime import together
from shared.kernel.transient import TRANSIENT
from shared.observability import signals
from shared.observability.signals import Telemetry, Tracing
from shared.projections.batches import Batches, Feed, RawEvent
from shared.projections.division import Division
from shared.projections.rebuild import Purpose, ShadowRebuild
from shared.projections.rows import (
    Checkpoint,
    CheckpointMoved,
    CheckpointTables,
    Guard,
    PoisonEvent,
    Projection,
    State,
    Status,
    StreamRecreated,
    allow,
)

logger = signals.get_logger(__name__)

BATCH = 500
WAIT_SECONDS = 1.0
RETRY_SECONDS = 0.5
BEHIND_SECONDS = 2.0  # for the broker to tell how long the log is


class Runner:
    """Runs one projection; of several processes one is active (advisory lock), the others stand by."""

    def __init__(
        self,
        projection: Projection,
        *,
        client: Client,
        engine: AsyncEngine,
        catalog: Catalog,
        checkpoints: CheckpointTables,
        telemetry: Telemetry,
        tracing: Tracing,
        fence: Guard = allow,
        permit_rebuild: Guard = allow,
        division: Division | None = None,
    ) -> None:
        self.projection = projection
        self.name = projection.name
        self.status = Status()
        self.rows = Batches(projection, engine, catalog, checkpoints, telemetry, row=projection.name)
        self.shadow_rebuilds = {
            purpose: ShadowRebuild(
                purpose,
                self.rows,
                client,
                tracing,
                permit_rebuild if purpose is Purpose.REBUILD else allow,
                division,
            )
            for purpose in Purpose
        }
        self._permit_rebuild = permit_rebuild
        self._fence = fence
        self._client = client
        self._engine = engine
        self._checkpoints = checkpoints
        self._telemetry = telemetry
        self._tracing = tracing
        self._behind: datetime | None = None  # the age of rows that are not as new as the log
        telemetry.lag_seconds.labels(self.name).set_function(self._lag_seconds)
        self._changed = asyncio.Condition()

    async def run(self) -> None:
        """Project for ever, and rebuild into shadow tables on request."""
        await together(
            self._project_for_ever, *(shadow_rebuild.run for shadow_rebuild in self.shadow_rebuilds.values())
        )

    async def _project_for_ever(self) -> None:
        """Retry after transient faults; show the others until they are repaired."""
        last_problem = ""
        while True:
            try:
                await self._lead_until_halted()
                last_problem = ""
            except CheckpointMoved:
                continue  # a rebuild, or another projector: begin again from what stands
            except TRANSIENT as error:
                problem = f"{type(error).__name__}: {error}"
                if problem != last_problem:
                    logger.warning("projection_interrupted", projection=self.name, error=problem)
                last_problem = problem
                await self._show(replace(self.status, state=State.STARTING, problem=in_words(error)))
                await asyncio.sleep(RETRY_SECONDS)

    async def _lead_until_halted(self) -> None:
        """Project until an operator must intervene; return when that is done."""
        try:
            await self._lead()
        except (StreamRecreated, PoisonEvent) as error:
            logger.error(  # noqa: TRY400  the detail says it all; a stack would hide the position
                "projection_halted", projection=self.name, reason=error.reason, detail=error.detail
            )
            await self._wait_for_operator(error)

    async def wait_for(self, position: int, seconds: float) -> bool:
        """Wait until the rows are as new as `position`; also where another process projects."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: self.status.position >= position)
        except TimeoutError:
            return False
        return True

    async def skip(self, position: int, *, reason: str, by: str) -> None:
        """Pass over the event at `position` for good; the projector goes on by itself."""
        async with self._engine.begin() as connection:
            await self._checkpoints.skip(connection, self.name, position, reason=reason, by=by)

    async def rebuild(self) -> None:
        """Request a rebuild of the tables from the log; queries keep the old ones until it is done.

        It sends no mail and appends no event: a projection only writes rows. Raises `LogReplaced` while the rows may be
        all that is left of a lost log.
        """
        await self._permit_rebuild()
        await self.shadow_rebuilds[Purpose.REBUILD].ask()

    async def behind(self) -> int:
        """Return how many events the log has beyond the rows; the last value if the broker is away."""
        try:
            async with asyncio.timeout(BEHIND_SECONDS):
                return max(0, await self.log_end() - self.status.position)
        except TRANSIENT:
            return self.status.pending

    async def log_end(self) -> int:
        """Ask for the position of the log's last event; 0 if it is empty, or not there at all."""
        try:
            return (await self._stream()).last
        except NotFoundError:
            return 0

    async def _stream(self) -> StreamState:
        if not self._client.is_connected:  # a request now might wait for an answer that never comes
            raise TransientError("the broker is not connected")
        return await stream_state(self._client.jetstream(timeout=5))

    @asynccontextmanager
    async def _leadership(self) -> AsyncIterator[None]:
        key = {"name": f"loa-projection-{self.name}"}
        async with self._engine.connect() as session:
            await session.execution_options(isolation_level="AUTOCOMMIT")
            while not (
                await session.execute(text("SELECT pg_try_advisory_lock(hashtext(:name))"), key)
            ).scalar():
                await self._show(Status(State.STANDBY, (await self.rows.read()).position))
                await asyncio.sleep(RETRY_SECONDS)
            try:
                yield
            finally:
                await session.execute(text("SELECT pg_advisory_unlock(hashtext(:name))"), key)

    async def _lead(self) -> None:
        async with self._leadership():
            checkpoint = await self.rows.read()
            stream = await self._check_stream(checkpoint)
            await self._fence()
            await self.projection.began()  # before it is ready: rows derived by other rules are derived again
            feed = Feed(self._client, checkpoint.position)
            logger.info("projection_started", projection=self.name, position=checkpoint.position)
            try:
                await self._show(
                    Status(State.RUNNING, checkpoint.position, stream.last - checkpoint.position)
                )
                await self._follow(feed, checkpoint, stream)
            finally:
                await feed.close()

    async def _follow(self, feed: Feed, checkpoint: Checkpoint, stream: LogView) -> None:
        if checkpoint.position == stream.last:
            await self.projection.caught_up()
        begun = 0
        while True:
            batch = await feed.batch(BATCH, WAIT_SECONDS)
            if stream.created is None or feed.created not in {None, stream.created}:
                raise TransientError(
                    "the log was replaced by another"
                )  # what that means is seen at the next start
            if feed.begun != begun:  # the connection, or the consumer, was lost: is it the same log?
                await self._check_stream(checkpoint)
                begun = feed.begun
            await self._fence()
            if batch:
                checkpoint = await self._project(batch, checkpoint, stream.created)
            elif await self.rows.read() != checkpoint:
                raise CheckpointMoved(self.name)
            elif (await self._check_stream(checkpoint)).last > checkpoint.position:
                await feed.close()  # the log moves on and we don't: the consumer is gone, take a new one

    async def _project(
        self, batch: Sequence[RawEvent], checkpoint: Checkpoint, created: datetime
    ) -> Checkpoint:
        with self._tracing.receiving(f"project {self.name}", self.rows.received(batch, runtime.now())):
            checkpoint = await self.rows.project(batch, checkpoint, created)
            self._behind = batch[-1].recorded
            await self._show(Status(State.RUNNING, checkpoint.position, batch[-1].pending))
            if batch[-1].pending == 0:
                await self.projection.caught_up()
        return checkpoint

    async def _check_stream(self, checkpoint: Checkpoint) -> LogView:
        """Compare the log with the event that the rows end with; raises `StreamRecreated`."""
        log_view = await self._view(checkpoint)
        match = log_view.match(checkpoint.mark)
        if match is not Match.SAME:
            raise StreamRecreated(described(match, checkpoint.mark, log_view))
        await self._name_event(checkpoint)
        return log_view

    async def _view(self, checkpoint: Checkpoint) -> LogView:
        if not self._client.is_connected:  # a request now might wait for an answer that never comes
            raise TransientError("the broker is not connected")
        log_view = await view_log(self._client.jetstream(timeout=5), [checkpoint.mark])
        if log_view.created is None and checkpoint.position == 0:
            raise TransientError("there is no log yet")
        return log_view

    async def _name_event(self, checkpoint: Checkpoint) -> None:
        """Name the event at the checkpoint if a release that did not name it moved it there."""
        if checkpoint.position in (0, checkpoint.event_position):
            return
        event_id = await id_at(self._client.jetstream(timeout=5), checkpoint.position)
        if event_id is not None:
            async with self._engine.begin() as connection:
                await self._checkpoints.name_event(connection, self.name, checkpoint.position, event_id)

    async def _wait_for_operator(self, error: StreamRecreated | PoisonEvent) -> None:
        at = error.position if isinstance(error, PoisonEvent) else None
        before = await self.rows.read()
        pending = max(0, await self.log_end() - before.position)
        self._behind = self._behind or runtime.now()
        await self._show(Status(State.HALTED, before.position, pending, error.detail, at))
        while await self.rows.read() == before and not await self.rows.is_skipped(at):
            await asyncio.sleep(RETRY_SECONDS)
            if isinstance(error, StreamRecreated) and await self._is_whole(before):
                return

    async def _is_whole(self, checkpoint: Checkpoint) -> bool:
        """Say whether the log has all that the rows come from after all.

        A broker that was cut off from the others reports its old end for a moment when it is back.
        """
        try:
            await self._check_stream(checkpoint)
        except (StreamRecreated, *TRANSIENT):
            return False
        return True

    def _lag_seconds(self) -> float:
        is_behind = self.status.pending > 0 and self._behind is not None
        return (runtime.now() - self._behind).total_seconds() if is_behind and self._behind else 0.0

    async def _show(self, status: Status) -> None:
        self._telemetry.position.labels(self.name).set(status.position)
        self._telemetry.lag.labels(self.name).set(status.pending)
        self._telemetry.halted.labels(self.name).set(status.state is State.HALTED)
        async with self._changed:
            self.status = status
            self._changed.notify_all()

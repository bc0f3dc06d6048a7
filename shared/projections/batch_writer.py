"""Batches of the log become rows, together with the checkpoint, exactly once; a poison event is isolated."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.contracts.catalog import Catalog
from shared.contracts.envelope import Recorded, SubjectMismatch, decode
from shared.contracts.event import Unknown
from shared.kernel import log
from shared.kernel.errors import PermanentError
from shared.kernel.transient import TRANSIENT
from shared.observability.metrics import Telemetry
from shared.observability.tracing import ReceivedMessage
from shared.projections.checkpoint import Checkpoint, CheckpointMoved, CheckpointTables
from shared.projections.event_feed import RawEvent
from shared.projections.port import PoisonEvent, Projection
from shared.projections.recent_events import recent_rows

logger = log.get(__name__)

UNREADABLE = "unreadable"  # the type of a message of an unknown name that can't be read
FEW = 10  # events of a batch that are named one by one


@dataclass(frozen=True, slots=True)
class Batches:
    """Writes one projection into one set of tables.

    `row` names the checkpoint; `path` is where unqualified tables are found (a `search_path`), empty for the
    database's own order.
    """

    projection: Projection
    engine: AsyncEngine
    catalog: Catalog
    checkpoints: CheckpointTables
    telemetry: Telemetry
    row: str
    path: str = ""

    @property
    def is_live(self) -> bool:
        """Say whether these are the tables that queries read."""
        return self.row == self.projection.name

    async def project(
        self, batch: Sequence[RawEvent], checkpoint: Checkpoint, created: datetime
    ) -> Checkpoint:
        """Write a batch after `checkpoint`; raises `CheckpointMoved`, `PoisonEvent` or one of `TRANSIENT`."""
        try:
            return await self._commit(batch, checkpoint, created)
        except (CheckpointMoved, *TRANSIENT):
            raise
        except Exception as error:
            # The one place that catches everything: whatever an event broke, find out which one it was.
            if len(batch) == 1:
                detail = (
                    error.detail if isinstance(error, PermanentError) else f"{type(error).__name__}: {error}"
                )
                raise PoisonEvent(batch[0].position, detail) from error
            for raw in batch:
                checkpoint = await self.project([raw], checkpoint, created)
            return checkpoint

    async def read(self) -> Checkpoint:
        async with self.engine.connect() as connection:
            return await self.checkpoints.read(connection, self.row)

    async def is_skipped(self, position: int | None) -> bool:
        async with self.engine.connect() as connection:
            return position in await self.checkpoints.skips(connection, self.projection.name)

    async def _commit(self, batch: Sequence[RawEvent], read: Checkpoint, created: datetime) -> Checkpoint:
        last = batch[-1]
        to = Checkpoint(last.position, created, last.position, last.event_id)
        recent = recent_rows(batch) if self.is_live else None
        async with self.engine.begin() as connection:
            if self.path:
                await connection.execute(text(f"SET LOCAL search_path = {self.path}"))
            # The checkpoint before the rows, in the order of queries: so no deadlock arises.
            skipped = await self.checkpoints.advance(
                connection, self.row, read, to, of=self.projection.name, recent=recent
            )
            if events := self._events(batch, skipped):
                await self.projection.apply(connection, events)
        self._log_projected(events, to)
        return to

    def received(self, batch: Sequence[RawEvent], now: datetime) -> list[ReceivedMessage]:
        """Give the traces that the events of a batch belong to."""
        ours = (raw for raw in batch if self._is_ours(raw))
        return [ReceivedMessage(raw.traceparent, now - raw.recorded) for raw in ours]

    def _is_ours(self, raw: RawEvent) -> bool:
        return raw.subject.split(".", 2)[1] in self.projection.contexts

    def _log_projected(self, events: Sequence[Recorded], to: Checkpoint) -> None:
        """Log each event of a small batch; of a large one only its end."""
        if len(events) > FEW:
            logger.info("events_projected", row=self.row, events=len(events), position=to.position)
            return
        for event in events:
            logger.info("event_projected", row=self.row, type=event.type, **event.ids)

    def _events(self, batch: Sequence[RawEvent], skipped: frozenset[int]) -> list[Recorded]:
        ours = [raw for raw in batch if raw.position not in skipped and self._is_ours(raw)]
        decoded = [event for raw in ours if (event := self._decoded(raw)) is not None]
        for event in decoded:
            if isinstance(event.data, Unknown):
                self.telemetry.count_unknown(event.type)
        return [event for event in decoded if not isinstance(event.data, Unknown)]

    def _decoded(self, raw: RawEvent) -> Recorded | None:
        """Read an event; what is unreadable of a type that is not defined here means nothing to this projection."""
        try:
            return decode(self.catalog, raw.position, raw.payload, raw.subject)
        except SubjectMismatch:
            raise
        except PermanentError as error:
            _, context, *_, name = raw.subject.split(".")
            if self.catalog.has_name(context, name):
                raise
            logger.warning("event_passed_over", row=self.row, subject=raw.subject, detail=error.detail)
            self.telemetry.unknown.labels(UNREADABLE).inc()
            return None

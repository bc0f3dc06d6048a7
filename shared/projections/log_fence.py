"""The fence before the log: nothing is written, planned, mailed or projected by a log that contradicts the rows.

Once after each connection and every second from then on the log is compared with the event that the rows end with, and
with the newest event that this process appended. What was seen stands in the service's database and, for the other
services, in a bucket of the broker. An operator opens the fence again (`loa recover`), or the right log, back in place.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nats.aio.client import Client
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.contracts.envelope import AggregateRef, NewEvent
from shared.eventstore.buckets import FenceBoard
from shared.eventstore.handle import Append, BulkStore, History, Version
from shared.eventstore.log_reader import (
    REASONS,
    LogReplaced,
    LogView,
    Mark,
    Match,
    described,
    id_at,
    stream_state,
    view_log,
)
from shared.kernel import runtime
from shared.kernel.errors import TransientError
from shared.kernel.health import Check
from shared.kernel.transient import TRANSIENT
from shared.observability import signals
from shared.persistence.database import reading
from shared.projections.rows import Checkpoint, CheckpointTables

LOG_MATCHES = "log_matches"  # the log of the rows came back by itself
GO_ON = "go_on"  # an operator accepted the present log
LISTED = 200  # lost events that are kept with a decision


@dataclass(frozen=True, slots=True)
class FenceRow:
    """Another log was seen at `raised_at`; `decision` is None until somebody decides."""

    raised_at: datetime
    kind: Match
    detail: str
    mark: Mark
    decision: str | None = None
    decided_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        return self.decision is None


@dataclass(frozen=True, slots=True)
class Stored:
    """What a comparison needs of the database, of one moment."""

    checkpoint: Checkpoint
    newest: FenceRow | None


@dataclass(frozen=True, slots=True)
class FenceRows:
    """The rows of one projection's service; `row` names its checkpoint."""

    engine: AsyncEngine
    tables: CheckpointTables
    row: str

    async def read(self) -> Stored:
        async with self.engine.connect() as connection:
            checkpoint = await self.tables.read(connection, self.row)
            return Stored(checkpoint, await self._newest(connection))

    async def _newest(self, connection: AsyncConnection) -> FenceRow | None:
        table = self.tables.fence
        row = (
            await connection.execute(select(table).order_by(table.c.raised_at.desc()).limit(1))
        ).one_or_none()
        if row is None:
            return None
        mark = Mark(row.position, row.event_position, row.event_id, row.stream_created)
        return FenceRow(row.raised_at, Match(row.kind), row.detail, mark, row.decision, row.decided_at)

    async def raise_fence(self, match: Match, mark: Mark, log: LogView, now: datetime) -> FenceRow:
        """Record that another log was seen, unless a replica did so a moment ago."""
        detail = described(match, mark, log)
        async with self.engine.begin() as connection:
            await connection.execute(text("LOCK TABLE log_fence IN SHARE ROW EXCLUSIVE MODE"))
            newest = await self._newest(connection)
            if newest is not None and newest.is_active:
                return newest
            await connection.execute(
                insert(self.tables.fence).values(
                    raised_at=now,
                    kind=match,
                    detail=detail,
                    position=mark.position,
                    event_position=mark.event_position,
                    event_id=mark.event_id,
                    stream_created=mark.created,
                    log_end=log.last,
                    log_created=log.created,
                )
            )
        return FenceRow(now, match, detail, mark)

    async def decide(
        self, decision: str, *, by: str, reason: str, at: datetime, lost: Mapping[str, Any] | None = None
    ) -> None:
        """Close what is active with a decision, kept for good."""
        table = self.tables.fence
        values = {"decision": decision, "decided_by": by, "reason": reason, "decided_at": at, "lost": lost}
        async with self.engine.begin() as connection:
            await connection.execute(update(table).where(table.c.decision.is_(None)).values(**values))

    async def forget_recent(self, after: int) -> None:
        """Drop the listed events that the log does not have."""
        recent = self.tables.recent
        async with self.engine.begin() as connection:
            await connection.execute(delete(recent).where(recent.c.position > after))

    async def recent_range(self) -> tuple[int, int]:
        """Give the first and the last position of the listed events (0 and 0: there are none)."""
        recent = self.tables.recent
        async with reading(self.engine) as connection:
            row = (
                await connection.execute(select(func.min(recent.c.position), func.max(recent.c.position)))
            ).one()
        return row[0] or 0, row[1] or 0

    async def recent_ids(self) -> Mapping[int, str]:
        recent = self.tables.recent
        query = select(recent.c.position, recent.c.event_id).order_by(recent.c.position)
        async with reading(self.engine) as connection:
            return {row.position: row.event_id for row in await connection.execute(query)}

    async def recent_after(self, position: int) -> list[Mapping[str, Any]]:
        """List the events after a position, in order."""
        recent = self.tables.recent
        query = select(recent).where(recent.c.position > position).order_by(recent.c.position)
        async with reading(self.engine) as connection:
            return [dict(row._mapping) for row in await connection.execute(query)]  # noqa: SLF001  its public way


logger = signals.get_logger(__name__)
POLL_SECONDS = 1.0
LASTING_SECONDS = 3.0  # for which a log must be shorter (or gone) until that is believed
# The same for a log with replicas: a new leader may be behind what was acknowledged until it has applied it. NATS elects one
# within 9 s; on a busy machine a leader was behind for 9 s more. Until then nothing is written or mailed either.
REPLICATED_SECONDS = 25.0
SECONDS = 3.0  # of one question to the broker


class LogFence:
    """Refuses work in this process while the rows of any service were made from another log."""

    def __init__(self, client: Client, service: str, on_recovery: Callable[[], None] = lambda: None) -> None:
        self.rows: FenceRows | None = None
        self.own: FenceRow | None = None
        self.others: Mapping[str, str] = {}
        self.view = LogView()
        self._client = client
        self._board = FenceBoard(client, service)
        self._service = service
        self._on_recovery = on_recovery
        self._stored: Stored | None = None
        self._newest = Mark()  # that this process appended
        self._replicas = 1  # of the log, when it was last there
        self._contact: int | None = None  # the connection on which the log was compared
        self._doubt: tuple[float, str] | None = None  # since when the log seems shorter, and how
        self._decided_at: datetime | None = None
        self._turn = asyncio.Lock()

    @property
    def is_open(self) -> bool:
        return self.own is None and not self.others

    async def require_open(self) -> None:
        """Raise `LogReplaced` while the fence is closed; after a new connection the log is compared first."""
        if self._contact != self._connection:
            await self.compare()
        if self._doubt is not None:
            raise TransientError(f"the log is being compared with the rows: {self._doubt[1]}")
        if not self.is_open:
            raise LogReplaced(self.reason)

    async def last_position(self) -> int:
        """Ask for the position of the log's last event; raises `LogReplaced` while the fence is closed."""
        await self.require_open()
        return (await stream_state(self._client.jetstream(timeout=5))).last

    async def require_decision(self) -> None:
        """Raise `LogReplaced` while a rebuild would destroy rows that no operator gave up."""
        if self._contact != self._connection:
            await self.compare()
        if self.own is not None and self.own.is_active:
            raise LogReplaced(self.reason)

    @property
    def reason(self) -> str:
        own = {self._service: self.own.detail} if self.own else {}
        return "; ".join(f"{service}: {detail}" for service, detail in {**self.others, **own}.items())

    @property
    def appended(self) -> int:
        """The position of the newest event that this process appended: a later append must come after it."""
        return self._newest.position

    async def confirm(self, before: int, contact: int, position: int, event_id: str) -> None:
        """Take note of an append; one that stands no later than an earlier one went into another log."""
        if contact == self._connection and position > before:
            if position > self._newest.position:
                self._newest = Mark(position, position, event_id)
            return
        await self.compare()
        await self.require_open()

    @property
    def connection(self) -> int:
        """Name the present connection; another one may lead to another log."""
        return self._connection

    async def check(self) -> Check:
        """Readiness: says which log was seen by whom."""
        if self._doubt is not None:
            return Check(ok=False, detail=self._doubt[1])
        if self.is_open:
            return Check(ok=True)
        return Check(ok=False, detail=f"another log: {self.reason}; loa recover")

    async def run(self) -> None:
        """Compare every second; a broker or database that is away is asked again."""
        last_problem = ""
        while True:
            try:
                if self._client.is_connected:
                    await self.compare()
                last_problem = ""
            except TRANSIENT as error:
                if (problem := f"{type(error).__name__}: {error}") != last_problem:
                    logger.warning("log_not_compared", error=problem)
                last_problem = problem
            await asyncio.sleep(POLL_SECONDS)

    async def compare(self) -> None:
        """Compare the log with every mark; raises a transient fault if the log, or the rows, can't be read."""
        async with self._turn:
            await self._compare()

    async def decide(self, *, by: str, reason: str) -> None:
        """Accept the present log as it is; a rebuild that is requested afterwards replaces the rows."""
        if self.rows is None:
            return
        await self.compare()
        async with self._turn:
            common = await self.common_position()
            lost = await self.rows.recent_after(common)
            await self.rows.decide(GO_ON, by=by, reason=reason, at=runtime.now(), lost=_summary(common, lost))
            await self.rows.forget_recent(common)
        logger.warning("log_accepted", by=by, reason=reason, common_position=common, lost=len(lost))

    async def common_position(self) -> int:
        """Find the last listed event that the log has too: up to it, both are the same."""
        if self.rows is None:
            return 0
        if self.own is None or self.own.kind in {Match.OTHER_STREAM, Match.NO_STREAM}:
            return self.view.last if self.own is None else 0
        listed = await self.rows.recent_ids()
        if not listed:
            return min(self.view.last, self.own.mark.position) if self.own.kind is Match.SHORTER else 0
        js = self._client.jetstream(timeout=SECONDS)
        positions = sorted(listed)
        low, high = 0, len(positions)  # positions[:low] are the same, positions[high:] are not
        while low < high:
            middle = (low + high) // 2
            at = positions[middle]
            if at <= self.view.last and await id_at(js, at) == listed[at]:
                low = middle + 1
            else:
                high = middle
        return positions[low - 1] if low else positions[0] - 1

    async def lost_after(self, common: int) -> list[Mapping[str, Any]]:
        """List the events after a position that the rows come from."""
        return await self.rows.recent_after(common) if self.rows else []

    async def listed(self) -> tuple[int, int]:
        """Give the first and last position of the events that are listed."""
        return await self.rows.recent_range() if self.rows else (0, 0)

    @property
    def _connection(self) -> int:
        return int(self._client.stats["reconnects"])

    async def _compare(self) -> None:
        if not self._client.is_connected:
            raise TransientError("the broker is not connected")
        contact = self._connection
        stored = await self._read_rows()
        marks = list(self._marks(stored))
        view = await view_log(self._client.jetstream(timeout=SECONDS), marks)
        self.view = view
        if view.created is not None:
            self._replicas = view.replicas
        differing = [(match, mark) for mark in marks if (match := view.match(mark)) is not Match.SAME]
        await self._judge(stored, differing, view)
        await self._exchange()
        self._contact = contact

    async def _read_rows(self) -> Stored | None:
        """Read the marks; while the database is away those that were read before."""
        if self.rows is None:
            return None
        try:
            self._stored = await self.rows.read()
        except TRANSIENT:
            if self._stored is None:
                raise
        newest = self._stored.newest
        if newest is not None and newest.decided_at not in (None, self._decided_at):
            self._decided_at = newest.decided_at
            self._newest = Mark()
            self._on_recovery()
        return self._stored

    def _marks(self, stored: Stored | None) -> Iterator[Mark]:
        if stored is not None:
            yield stored.checkpoint.mark
            if stored.newest is not None and stored.newest.is_active:
                yield stored.newest.mark
        yield self._newest

    async def _judge(
        self, stored: Stored | None, differing: Sequence[tuple[Match, Mark]], view: LogView
    ) -> None:
        if not differing:
            self._doubt = None
            await self._open(stored)
            return
        match, mark = next((pair for pair in differing if pair[0].is_certain), differing[0])
        if self.own is None and not match.is_certain and not self._lasts(described(match, mark, view)):
            return
        self._doubt = None
        await self._close(stored, match, mark, view)

    def _lasts(self, detail: str) -> bool:
        since = self._doubt[0] if self._doubt else time.monotonic()
        self._doubt = since, detail
        lasting = LASTING_SECONDS if self._replicas == 1 else REPLICATED_SECONDS
        return time.monotonic() - since >= lasting

    async def _close(self, stored: Stored | None, match: Match, mark: Mark, view: LogView) -> None:
        newest = stored.newest if stored else None
        if newest is not None and (newest.is_active or newest.mark == mark):
            row = newest  # of before, or accepted: the rebuild is under way
        elif self.rows is None:
            row = FenceRow(runtime.now(), match, described(match, mark, view), mark)
        else:
            row = await self.rows.raise_fence(match, mark, view, runtime.now())
        if self.own is None:
            logger.error("log_replaced", kind=match, detail=row.detail, reason=REASONS[match].en)
        self.own = row

    async def _open(self, stored: Stored | None) -> None:
        if stored is not None and stored.newest is not None and stored.newest.is_active and self.rows:
            await self.rows.decide(
                LOG_MATCHES,
                by=f"service/{self._service}",
                reason="the log is the right one again",
                at=runtime.now(),
            )
        if self.own is not None:
            logger.warning("log_matches_again")
            self._on_recovery()
        self.own = None

    async def _exchange(self) -> None:
        """Tell the other services, and read what they have seen."""
        board = dict(await self._board.read())
        own = self.own.detail if self.own else ""
        if board.pop(self._service, "") != own:
            await self._board.write(own)
        if board != self.others:
            logger.warning("log_fence_of_others", services=sorted(board))
        self.others = board


def _summary(common: int, lost: Sequence[Mapping[str, object]]) -> dict[str, object]:
    events = [{name: str(value) for name, value in row.items() if value is not None} for row in lost]
    return {"common_position": common, "events": len(lost), "newest": events[-200:]}


@dataclass(frozen=True, slots=True)
class FencedEventStore:
    """Does what `below` does, or raises `LogReplaced`. An append that another log took is not acknowledged."""

    below: BulkStore
    fence: LogFence

    async def load(self, ref: AggregateRef) -> History:
        await self.fence.require_open()
        return await self.below.load(ref)

    async def exists(self, ref: AggregateRef) -> bool:
        await self.fence.require_open()
        return await self.below.exists(ref)

    async def load_all(self, refs: Sequence[AggregateRef]) -> Mapping[AggregateRef, History]:
        await self.fence.require_open()
        return await self.below.load_all(refs)

    async def reach(self, position: int) -> None:
        await self.fence.require_open()
        await self.below.reach(position)

    async def append(self, ref: AggregateRef, expected: Version, events: Sequence[NewEvent]) -> Version:
        await self.fence.require_open()
        before, connection = self.fence.appended, self.fence.connection
        version = await self.below.append(ref, expected, events)
        await self.fence.confirm(before, connection, version.position, str(events[-1].event_id))
        return version

    async def append_all(self, appends: Sequence[Append]) -> Sequence[Version]:
        await self.fence.require_open()
        before, connection = self.fence.appended, self.fence.connection
        versions = await self.below.append_all(appends)
        newest = str(appends[-1].events[-1].event_id)
        await self.fence.confirm(before, connection, versions[-1].position, newest)
        return versions

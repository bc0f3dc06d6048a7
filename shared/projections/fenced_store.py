"""The event store behind the fence: it neither reads nor writes while the rows come from another log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.contracts.envelope import AggregateRef, NewEvent
from shared.eventstore.port import History, Version
from shared.eventstore.unit_of_work import Append, BulkStore
from shared.projections.log_fence import LogFence


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

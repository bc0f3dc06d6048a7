"""What one change of a draft costs with a short and a long history: `python -m tests.bench.history [--sizes 10,5000,50000] [--turns 60]`.

For each size a draft with so many communications stands in the log of throw-away engines. A change is timed from its append
until a query that waits for its position (`min_position`) has its answer; beside it, in the same turns, the same query without
a change. The last column is the ratio to the smallest size.
"""
# ruff: noqa: T201  a benchmark prints

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from shared.contracts.campaigns import CommunicationCorrected, CommunicationRecorded
from shared.contracts.envelope import AggregateRef, Metadata, NewEvent
from shared.contracts.event import Event, draft_id, unit_id
from shared.contracts.registry import (
    DraftPolicyAdded,
    DraftRegistered,
    DraftScopeAssessed,
    DraftStageEntered,
    UnitRegistered,
)
from shared.contracts.vocabulary import Answer, Channel, Instrument, Regime, Stage, UnitKind, UnitLevel
from shared.eventstore.handle import NOTHING, Version
from shared.eventstore.jetstream import JetStreamEventStore
from shared.kernel.runtime import new_id
from tests.bench.metrics import settled
from tests.support.platform.bench_platform import bench_platform
from tests.support.platform.service import Api, Platform
from tests.support.servers.engines import connected

META = Metadata(time=datetime(2026, 7, 1, tzinfo=UTC), actor="bench", correlation_id="bench")
OPENED = date(2026, 1, 5)
WRITERS = 64
UNIT = "BTNMT"


@dataclass
class Draft:
    code: str
    draft_version: Version = NOTHING
    communications: list[tuple[UUID, Version]] = field(default_factory=list)

    @property
    def draft_id(self) -> UUID:
        return draft_id(self.code)


def communication(draft: Draft, number: UUID, held_on: date) -> dict[str, Any]:
    return {
        "communication_id": number,
        "draft_id": draft.draft_id,
        "draft_code": draft.code,
        "held_on": held_on,
        "channel": Channel.CONFERENCE,
        "title": "Hội nghị lấy ý kiến",
    }


@dataclass
class Log:
    registry: JetStreamEventStore
    campaigns: JetStreamEventStore

    async def add(self, context: str, of: UUID, version: Version, data: Event) -> tuple[int, Version]:
        store = self.campaigns if context == "communication" else self.registry
        new = NewEvent(new_id(), data, META)
        appended = await store.append(AggregateRef(context, of), version, [new])
        return appended.position, appended

    async def lead_unit(self) -> None:
        """Register the unit that leads the drafts: questions about a unit that does not exist are refused."""
        unit = UnitRegistered(
            unit_code=UNIT,
            unit_name="Bộ Tài nguyên và Môi trường",
            level=UnitLevel.CENTRAL,
            kind=UnitKind.MINISTRY,
        )
        await self.add("unit", unit_id(UNIT), NOTHING, unit)

    async def register(self, draft: Draft) -> None:
        events: list[Event] = [
            DraftRegistered(
                draft_id=draft.draft_id,
                draft_code=draft.code,
                title="Luật Đất đai",
                instrument=Instrument.LAW,
                lead_unit_code=UNIT,
                regime=Regime.LAW_2025,
            ),
            DraftScopeAssessed(in_scope=Answer.YES),
            DraftPolicyAdded(policy_no=1, title="Giá đất"),
            DraftPolicyAdded(policy_no=2, title="Thu hồi đất"),
            DraftStageEntered(stage=Stage.POLICY_CONSULTATION, entered_on=OPENED),
            DraftStageEntered(stage=Stage.DRAFT_CONSULTATION, entered_on=OPENED + timedelta(days=60)),
            DraftStageEntered(stage=Stage.APPRAISAL, entered_on=OPENED + timedelta(days=150)),
        ]
        for event in events:
            _, draft.draft_version = await self.add("draft", draft.draft_id, draft.draft_version, event)

    async def communicate(self, draft: Draft, number: int) -> None:
        gate = asyncio.Semaphore(WRITERS)

        async def record(index: int) -> None:
            async with gate:
                of = new_id()
                data = CommunicationRecorded(
                    **communication(draft, of, OPENED + timedelta(days=1 + index % 170))
                )
                _, version = await self.add("communication", of, NOTHING, data)
                draft.communications.append((of, version))

        await asyncio.gather(*map(record, range(number)))


Change = Callable[[Log, Draft, int], Awaitable[int]]


async def another(log: Log, draft: Draft, turn: int) -> int:
    of = new_id()
    data = CommunicationRecorded(**communication(draft, of, OPENED + timedelta(days=10 + turn % 150)))
    position, version = await log.add("communication", of, NOTHING, data)
    draft.communications.append((of, version))
    return position


async def earlier(log: Log, draft: Draft, turn: int) -> int:
    """Move the start of the consultation by a day to and fro: the first stage and its gap are judged anew."""
    day = OPENED + timedelta(days=turn % 2)
    data = DraftStageEntered(stage=Stage.DRAFTING, entered_on=day + timedelta(days=30))
    position, draft.draft_version = await log.add("draft", draft.draft_id, draft.draft_version, data)
    return position


async def corrected(log: Log, draft: Draft, turn: int) -> int:
    of, version = draft.communications[turn % 7]
    data = CommunicationCorrected(**communication(draft, of, OPENED + timedelta(days=1 + turn % 20)))
    position, version = await log.add("communication", of, version, data)
    draft.communications[turn % 7] = of, version
    return position


async def nothing(_log: Log, _draft: Draft, _turn: int) -> int:
    return 0


CHANGES: dict[str, Change] = {
    "query alone": nothing,
    "a communication more": another,
    "a communication corrected": corrected,
    "a stage entered": earlier,
}


async def timed(api: Api, log: Log, draft: Draft, change: Change, turn: int) -> float:
    started = time.perf_counter()
    position = await change(log, draft, turn)
    query = {"unit": UNIT, "as_of": "2026-07-01"} | ({"min_position": str(position)} if position else {})
    (await api.client.get("/gaps", params=query)).raise_for_status()
    return 1000 * (time.perf_counter() - started)


async def main(sizes: Sequence[int], turns: int) -> None:
    with tempfile.TemporaryDirectory(prefix="loa-bench-") as name:
        Path(name).chmod(0o755)  # noqa: ASYNC240  nothing else runs yet
        async with bench_platform(Path(name), "metrics") as platform:
            await measure(platform, sizes, turns)


Taken = dict[tuple[str, int], list[float]]  # milliseconds of each turn, by change and size


async def measure(platform: Platform, sizes: Sequence[int], turns: int) -> None:
    async with changing(platform, sizes) as (api, log, drafts):
        taken = await changed(api, log, drafts, turns)
        for what in CHANGES:
            report(what, {size: taken[what, size] for size in sizes})
        covered = {size: await coverage(api, draft, turns // 3) for size, draft in drafts.items()}
        report("GET coverage", covered)


@asynccontextmanager
async def changing(
    platform: Platform, sizes: Sequence[int]
) -> AsyncIterator[tuple[Api, Log, dict[int, Draft]]]:
    """Run metrics on a log that has a draft with as many communications as each size."""
    drafts = {size: Draft(f"LICH-SU-{size}") for size in sizes}
    async with (
        connected(platform.server, "registry") as registry,
        connected(platform.server, "campaigns") as campaigns,
    ):
        log = Log(JetStreamEventStore(registry), JetStreamEventStore(campaigns))
        await log.lead_unit()
        for size, draft in drafts.items():
            await log.register(draft)
            await log.communicate(draft, size)
        async with platform.another("metrics") as api:
            started = time.perf_counter()
            await settled(api, await platform.head())
            print(f"{await platform.head()} events read in {time.perf_counter() - started - 1.5:.1f} s")
            yield api, log, drafts


async def changed(
    api: Api, log: Log, drafts: Mapping[int, Draft], turns: int, changes: Mapping[str, Change] = CHANGES
) -> Taken:
    """Make each change to each draft in turns, and time each."""
    taken: Taken = {}
    for turn in range(turns):
        for what, change in changes.items():
            for size, draft in drafts.items():
                taken.setdefault((what, size), []).append(await timed(api, log, draft, change, turn))
    return taken


async def coverage(api: Api, draft: Draft, turns: int) -> list[float]:
    took = []
    for _ in range(turns):
        started = time.perf_counter()
        answer = await api.client.get(f"/drafts/{draft.code}/coverage", params={"as_of": "2026-07-01"})
        took.append(1000 * (time.perf_counter() - started))
        answer.raise_for_status()
    return took


def report(what: str, took: dict[int, list[float]]) -> None:
    smallest = statistics.median(took[min(took)])
    for size, times in took.items():
        median, ninth = statistics.median(times), statistics.quantiles(times, n=100)[98]
        print(
            f"{what:26} {size:7,} communications  median {median:7.1f} ms  p99 {ninth:7.1f} ms  {median / smallest:5.2f} x"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10,5000,50000")
    parser.add_argument("--turns", type=int, default=60)
    arguments = parser.parse_args()
    asyncio.run(main([int(size) for size in arguments.sizes.split(",")], arguments.turns))

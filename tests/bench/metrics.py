"""How fast metrics projects and answers: `python -m tests.bench.metrics [DRAFTS] [--profile | --pages]`.

Drafts made up at random are appended straight to the log of throw-away engines; the raw ordered drain of
the very same log stands beside the projection, so that the two are compared on one machine at one time. `--pages` measures the
pages for people alone: the 95th percentile of 20 answers.
"""
# ruff: noqa: T201  a benchmark prints

import argparse
import asyncio
import cProfile
import pstats
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from services.metrics.adapters.pages.navigation import PAGES
from shared.contracts.campaigns import CommunicationRecorded
from shared.contracts.envelope import AggregateRef, Metadata, NewEvent
from shared.contracts.event import Event
from shared.contracts.registry import (
    DraftMerged,
    DraftPolicyAdded,
    DraftRegistered,
    DraftResumed,
    DraftScopeAssessed,
    DraftStageEntered,
    DraftSuspended,
    DraftTransferred,
    DraftWithdrawn,
)
from shared.contracts.vocabulary import Channel, Stage
from shared.eventstore.handle import NOTHING
from shared.eventstore.jetstream import JetStreamEventStore
from shared.projections.batches import Feed
from shared.rules.facts import DraftFacts, StageEntry
from tests.support.platform.bench_platform import bench_platform
from tests.support.platform.service import Api, Platform
from tests.support.samples.generate import random_drafts
from tests.support.servers.engines import connected

WRITERS = 32
PATIENCE = 1800.0
META = Metadata(time=datetime(2026, 7, 1, tzinfo=UTC), actor="bench", correlation_id="bench")


def draft_events(code: str, facts: DraftFacts) -> Iterator[tuple[UUID, Event]]:
    yield (
        UUID(int=facts.draft_id.int ^ 1),
        DraftRegistered(
            draft_id=facts.draft_id,
            draft_code=code,
            title=f"Dự thảo {code}",
            instrument=facts.instrument,
            lead_unit_code=facts.lead_unit_code,
            regime=facts.regime,
            procedure=facts.procedure,
        ),
    )
    yield UUID(int=facts.draft_id.int ^ 2), DraftScopeAssessed(in_scope=facts.scope.explicit)
    for number in sorted(facts.policies):
        policy = DraftPolicyAdded(policy_no=number, title=f"Chính sách {number}")
        yield UUID(int=facts.draft_id.int ^ (16 + number)), policy
    yield from ((entry.entry_id, _entered(entry)) for entry in facts.entries)
    for number, transfer in enumerate(facts.transfers, start=64):
        yield (
            UUID(int=facts.draft_id.int ^ number),
            DraftTransferred(to_unit_code=transfer.unit_code, on=transfer.on),
        )


def _entered(entry: StageEntry) -> Event:
    dated: dict[str, Any] = {"precision": entry.precision}
    ends: dict[Stage, type[Event]] = {
        Stage.SUSPENDED: DraftSuspended,
        Stage.WITHDRAWN: DraftWithdrawn,
        Stage.MERGED: DraftMerged,
    }
    if end := ends.get(entry.stage):
        return end.model_validate({"on": entry.entered_on, **dated})
    if entry.resumed:
        return DraftResumed(stage=entry.stage, on=entry.entered_on, **dated)
    return DraftStageEntered(stage=entry.stage, entered_on=entry.entered_on, **dated)


def communication_events(code: str, facts: DraftFacts) -> Iterator[tuple[UUID, Event]]:
    for held in facts.communications:
        yield (
            held.communication_id,
            CommunicationRecorded(
                communication_id=held.communication_id,
                draft_id=facts.draft_id,
                draft_code=code,
                held_on=held.held_on,
                precision=held.precision,
                channel=Channel.CONFERENCE,
                title="Hội thảo",
                policies=tuple(sorted(held.policies)),
            ),
        )


async def fill(platform: Platform, drafts: Iterable[DraftFacts]) -> None:
    """Append every draft as one batch, then its communications, by several writers."""
    gate = asyncio.Semaphore(WRITERS)
    async with (
        connected(platform.server, "registry") as registry,
        connected(platform.server, "campaigns") as other,
    ):
        stores = JetStreamEventStore(registry), JetStreamEventStore(other)

        async def record(number: int, facts: DraftFacts) -> None:
            code = f"BENCH-{number}"
            async with gate:
                events = [NewEvent(key, data, META) for key, data in draft_events(code, facts)]
                await stores[0].append(AggregateRef("draft", facts.draft_id), NOTHING, events)
                for key, data in communication_events(code, facts):
                    ref = AggregateRef("communication", key)
                    await stores[1].append(ref, NOTHING, [NewEvent(key, data, META)])

        await asyncio.gather(*(record(number, facts) for number, facts in enumerate(drafts)))


async def drain(platform: Platform, head: int) -> float:
    async with connected(platform.server, "metrics") as nc:
        feed, position, started = Feed(nc, 0), 0, time.perf_counter()
        while position < head:
            position = (await feed.batch(500, 5))[-1].position
        return time.perf_counter() - started


async def project(api: Api, head: int) -> float:
    """Fill the tables anew; the time runs until they have taken the old ones' place."""
    started = time.perf_counter()
    await api.client.post("/projections/rebuild")
    while (await api.projection())["rebuild"] is not None:  # noqa: ASYNC110  measured from outside
        await asyncio.sleep(0.05)
    assert (await api.projection())["position"] >= head
    return time.perf_counter() - started


async def answer(api: Api, path: str, **query: str) -> tuple[float, float]:
    """Ask ten times: the best and the median, in milliseconds."""
    took = []
    for _ in range(10):
        started = time.perf_counter()
        (await api.client.get(path, params=query)).raise_for_status()
        took.append(1000 * (time.perf_counter() - started))
    return min(took), sorted(took)[5]


async def percentile_95(api: Api, path: str, **query: str) -> float:
    """Ask twenty times, after once: the 19th of the times in order, in milliseconds."""
    took = []
    for _ in range(21):
        started = time.perf_counter()
        (await api.client.get(path, params=query)).raise_for_status()
        took.append(1000 * (time.perf_counter() - started))
    return sorted(took[1:])[18]


async def measure_pages(api: Api) -> None:
    drafts = "/drafts/BENCH-1"
    for path in ("/", "/details", "/reports", *(page.path for page in PAGES), drafts):
        query = {"as_of": "2025-09-01"} | ({} if path == drafts else {"year": "2025"})
        print(f"{path:18} {await percentile_95(api, path, **query):8.1f} ms")


async def main(number: int, *, profile: bool, pages: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="loa-bench-") as name:
        Path(name).chmod(0o755)  # noqa: ASYNC240  nothing else runs yet
        async with bench_platform(Path(name), "metrics") as platform:
            await fill(platform, random_drafts(1, number))
            head = await platform.head()
            raw = await drain(platform, head)
            print(f"{number} drafts, {head} events")
            print(f"raw ordered drain    {head / raw:10,.0f} events/s")
            async with platform.another("metrics") as api:
                await settled(api, head)
                if pages:
                    await measure_pages(api)
                else:
                    await measure(platform, api, head, profile=profile)


async def settled(api: Api, head: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await api.projection())["position"] < head:  # noqa: ASYNC110  measured from outside
            await asyncio.sleep(0.1)
    while (before := await api.projection())["position"] >= 0:
        await asyncio.sleep(1.5)  # until every gap has been announced
        if await api.projection() == before:
            return


async def measure(platform: Platform, api: Api, head: int, *, profile: bool) -> None:
    log = await platform.head()
    print(f"gaps announced       {log - head:10,}")
    profiler = cProfile.Profile()
    if profile:
        profiler.enable()
    took = await project(api, log)
    profiler.disable()
    print(f"projection           {log / took:10,.0f} events/s")
    for path, query in (
        ("/compliance", {}),
        ("/compliance", {"group_by": "unit"}),
        ("/compliance", {"year": "2025"}),
        ("/gaps", {}),
        ("/", {"year": "2025"}),
        ("/details", {"year": "2025"}),
        ("/reports/407", {"year": "2025"}),
        ("/reports/407", {"year": "2025", "format": "xlsx"}),
        ("/reports/407", {"year": "2025", "format": "docx"}),
    ):
        best, median = await answer(api, path, as_of="2025-09-01", **query)
        print(f"{path:12} {query!s:22} {median:6.1f} ms (best {best:.1f})")
    if profile:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("drafts", nargs="?", type=int, default=2000)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--pages", action="store_true")
    arguments = parser.parse_args()
    asyncio.run(main(arguments.drafts, profile=arguments.profile, pages=arguments.pages))

"""What an event costs the projection of metrics, with a short log and a long one: `python -m tests.bench.projection [--events 10000,50000]`.

Events of drafts made up at random, 32 drafts at a time, go to the projection in batches as a rebuild reads them, without a broker.
Printed is the processor time of an event, of the projection and of its connection to PostgreSQL, over the last 5,000 events before
each size; and the same in units of a fixed piece of Python that runs between the batches, for a machine that is shared. Divide two
runs of different releases by their units.
"""
# ruff: noqa: T201  a benchmark prints

import argparse
import asyncio
import gc
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from random import Random

from deploy.local.engines.postgres import PostgresServer, create_database
from shared.contracts.envelope import Recorded
from shared.rules.facts import DraftFacts
from tests.bench.growth import busy, recorded
from tests.support.platform.projections import ReadModel, read_model
from tests.support.samples.generate import random_drafts
from tests.support.servers.engines import THROW_AWAY, _admin
from tests.support.servers.ports import free_port

AT_ONCE = 32
BATCH = 500
LAST = 5_000


def interleaved(drafts: Iterable[DraftFacts]) -> Iterator[Recorded]:
    """Give the events of drafts, some drafts at a time, each draft's own in their order."""
    random, positions = Random(5), count(1)
    to_come = (recorded(number, facts, positions) for number, facts in enumerate(drafts))
    open_drafts = list(islice(to_come, AT_ONCE))
    while open_drafts:
        chosen = random.choice(open_drafts)
        event = next(chosen, None)
        if event is None:
            open_drafts.remove(chosen)
            open_drafts += islice(to_come, 1)
        else:
            yield event


def unit() -> float:
    """Take the processor time of a fixed piece of work."""
    started = time.process_time()
    made = {str(number): {"a": number, "b": (number, number + 1)} for number in range(6000)}
    assert sum(row["a"] == int(key) for key, row in made.items()) == 6000
    return time.process_time() - started


@dataclass(frozen=True, slots=True)
class Cost:
    """What the last events before a size cost: microseconds of a processor each, and units for 1,000 of them."""

    size: int
    own: float
    database: float
    units: float


async def measure(model: ReadModel, folder: Path, sizes: Sequence[int]) -> list[Cost]:
    events = list(interleaved(random_drafts(1, sizes[-1] // 10 + AT_ONCE)))[: sizes[-1]]
    gc.collect()
    gc.freeze()  # the events stand in memory here alone
    done, costs = 0, list[Cost]()
    for size in sizes:
        own = database = units = 0.0
        for start in range(done, size, BATCH):
            taken = start >= size - LAST
            units += unit() if taken else 0
            used, both = time.process_time(), busy(folder)
            await model.project(events[start : start + BATCH])
            if taken:
                spent = time.process_time() - used
                own += spent
                database += busy(folder) - both - spent
        done = size
        counted = min(LAST, size)
        costs.append(
            Cost(
                size,
                1e6 * own / counted,
                1e6 * database / counted,
                1000 * own / (units / (counted / BATCH)) / counted,
            )
        )
    return costs


def show(costs: Sequence[Cost]) -> None:
    for cost in costs:
        print(
            f"{cost.size:10,} events: {cost.own:6.0f} us an event, PostgreSQL {cost.database:6.0f} us; "
            f"{cost.units:5.1f} units for 1,000 events, {cost.units / costs[0].units:4.2f} of the first"
        )


async def projected(folder: Path, sizes: Sequence[int]) -> list[Cost]:
    """Measure on a PostgreSQL of its own."""
    async with PostgresServer(folder / "postgres", free_port(), settings=THROW_AWAY) as postgres:
        async with _admin(postgres) as admin:
            await create_database(admin, "metrics", "metrics")
        url = f"postgresql://metrics:metrics@127.0.0.1:{postgres.port}/metrics"
        async with read_model("metrics", url) as model:
            return await measure(model, folder, sizes)


async def main(sizes: Sequence[int]) -> None:
    with tempfile.TemporaryDirectory(prefix="loa-bench-") as name:
        Path(name).chmod(0o755)  # noqa: ASYNC240  nothing else runs yet
        show(await projected(Path(name), sizes))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", default="10000,50000")
    asyncio.run(main([int(size) for size in parser.parse_args().events.split(",")]))

"""Long work gives way to short work, however many tasks it is spread over, and takes its turns in order."""

import asyncio
import time
from collections import Counter
from itertools import pairwise
from weakref import WeakKeyDictionary

import pytest

from shared.kernel import runtime
from shared.kernel.runtime import TURN_SECONDS, Breather, together

ROW_SECONDS = 0.001


class Work:
    """Rows that each take a millisecond of a clock that only they move on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = time.perf_counter()
        self.rows: Counter[int] = Counter()
        monkeypatch.setattr(time, "perf_counter", lambda: self.seconds)
        monkeypatch.setattr(runtime, "_turns", WeakKeyDictionary())  # the next test has the real clock again

    async def take(self, worker: int, rows: int, breather: Breather) -> None:
        for _ in range(rows):
            await breather.give_way()
            self.rows[worker] += 1
            self.seconds += ROW_SECONDS

    async def counted_by_round(self, workers: int, rows: int, imports: int) -> list[int]:
        """Give how many rows were taken in each round of the loop."""
        breathers = [Breather() for _ in range(imports)]
        seen: list[int] = []

        async def short() -> None:
            while sum(self.rows.values()) < workers * rows:
                seen.append(sum(self.rows.values()))
                await asyncio.sleep(0)

        tasks = [lambda n=n: self.take(n, rows, breathers[n % imports]) for n in range(workers)]
        await together(short, *tasks)
        return [after - before for before, after in pairwise(seen)]


@pytest.mark.parametrize("imports", [1, 2])
async def test_short_work_waits_for_one_turn_however_many_workers(
    monkeypatch: pytest.MonkeyPatch, imports: int
) -> None:
    taken = await Work(monkeypatch).counted_by_round(workers=32, rows=50, imports=imports)
    assert sum(taken) > 0
    assert max(taken) <= TURN_SECONDS / ROW_SECONDS + 1


async def test_workers_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(monkeypatch)
    breathers = [Breather(), Breather()]
    ahead: list[int] = []

    async def watch() -> None:
        while sum(work.rows.values()) < 200:
            ahead.append(abs(work.rows[0] - work.rows[1]))
            await asyncio.sleep(0)

    await together(watch, *(lambda n=n: work.take(n, 100, breathers[n]) for n in (0, 1)))
    assert max(ahead) <= 2 * TURN_SECONDS / ROW_SECONDS

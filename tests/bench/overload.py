"""What twice the load does: `python -m tests.bench.overload [SECONDS]`, with the clients on the same machine.

The registry runs as a process of its own. First a few clients, each sending when it was answered, show its capacity of commands
(`POST /drafts/{code}/stages`) and reads (`GET /drafts/{code}`) in turns. Then as many, and twice as many, come at their own pace,
whether answered or not, from eight callers. It is measured twice: as the service is set, and with a queue of ten seconds.
The times are those of the service (its lines `http_answered`), for on a busy machine the client itself is late; the client's
stand beside them.
"""
# ruff: noqa: T201  a benchmark prints

import argparse
import asyncio
import itertools
import json
import math
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.platform.bench_platform import Apart, apart, bench_platform
from tests.support.platform.service import Platform
from tests.support.samples import small_office
from tests.support.servers.plain import NO_AUTHORITIES

CLIENTS = 12  # that wait for their answers
CALLERS = 8  # tokens of those who don't
DRAFTS = 200
ACCEPTED, REFUSED = (200, 201), (429, 503)
TIMES = (1, 2)  # the capacity
QUEUES = (None, "10")  # LOA_QUEUE_SECONDS: as it is set, and as long as requests waited before there was one


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Load:
    """The requests of some callers on the drafts of a registry."""

    client: httpx.AsyncClient
    tokens: Sequence[str]
    numbers: Iterator[int]

    async def send(self) -> Answer:
        number = next(self.numbers)
        code, token = f"DT-{number % DRAFTS}", self.tokens[number % len(self.tokens)]
        headers, began = {"Authorization": f"Bearer {token}"}, time.perf_counter()
        try:
            answer = await self._answer(number, f"/drafts/{code}", headers)
        except httpx.TransportError:
            return Answer(0, time.perf_counter() - began)
        return Answer(answer.status_code, time.perf_counter() - began)

    async def _answer(self, number: int, draft: str, headers: dict[str, str]) -> httpx.Response:
        if number % 2:
            return await self.client.get(draft, headers=headers)
        turn = number // DRAFTS
        body = {
            "stage": "social_criticism",
            "entered_on": f"2024-{1 + turn % 12:02}-{1 + turn // 12 % 28:02}",
        }
        return await self.client.post(f"{draft}/stages", json=body, headers=headers)

    async def closed(self, seconds: float) -> list[Answer]:
        """Send when answered, from a few clients."""
        end, answers = time.perf_counter() + seconds, list[Answer]()

        async def client() -> None:
            while time.perf_counter() < end:
                answers.append(await self.send())

        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        return answers

    async def open(self, rate: float, seconds: float) -> list[Answer]:
        """Send `rate` a second, answered or not."""
        began, tasks = time.perf_counter(), list[asyncio.Task[Answer]]()
        for number in range(round(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            tasks.append(asyncio.create_task(self.send()))
        return list(await asyncio.gather(*tasks))


@dataclass(slots=True)
class Lines:
    """The lines of a service's log about requests, from where they were read last."""

    log: Path
    _read: int = 0

    def new(self) -> list[Answer]:
        whole = self.log.read_bytes()
        text, self._read = whole[self._read :], len(whole)
        lines = (json.loads(line) for line in text.splitlines() if b'"http_answered"' in line)
        return [Answer(line["status"], line["seconds"]) for line in lines]


@dataclass(frozen=True, slots=True)
class Run:
    """What was sent in so many seconds, by the client, and what the service wrote about it; `busy` is its processor seconds."""

    sent: Sequence[Answer]
    measured: Sequence[Answer]
    seconds: float
    busy: float

    @property
    def accepted(self) -> int:
        return sum(200 <= answer.status < 300 for answer in self.sent)

    @property
    def refused(self) -> int:
        return sum(answer.status in REFUSED for answer in self.sent)

    @property
    def rate(self) -> float:
        return self.accepted / self.seconds


def milliseconds(answers: Sequence[Answer], statuses: Collection[int], share: float) -> float:
    """Give the time below which a share of the answers with a status lies; NaN if there are none."""
    times = sorted(1000 * answer.seconds for answer in answers if answer.status in statuses)
    return times[int(share * (len(times) - 1))] if times else math.nan


def show(what: str, run: Run) -> None:
    others = len(run.sent) - run.accepted - run.refused
    print(
        f"{what}: {len(run.sent) / run.seconds:.0f}/s sent, {run.rate:.0f}/s accepted, {others} other answers"
    )
    for where, answers in (("service", run.measured), ("client", run.sent)):
        for name, are in (("accepted", ACCEPTED), ("refused", REFUSED)):
            p50, p99 = (milliseconds(answers, are, share) for share in (0.5, 0.99))
            if not math.isnan(p50):
                print(f"    {name:8} by the {where:7} p50 {p50:6.0f} p99 {p99:6.0f} ms")


@asynccontextmanager
async def load_of(address: str, tokens: Sequence[str]) -> AsyncIterator[Load]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=400)
    async with httpx.AsyncClient(
        base_url=address, limits=limits, timeout=60, verify=NO_AUTHORITIES
    ) as client:
        yield Load(client, tokens, itertools.count())


async def runs(platform: Platform, service: Apart, log: Path, seconds: float) -> list[Run]:
    """Load a prepared registry by clients that wait, then at its capacity, then at twice that."""
    tokens = [platform.issuer.token(sub=f"caller-{number}") for number in range(CALLERS)]
    async with load_of(str(service.api.client.base_url), tokens) as load:
        lines, made = Lines(log), list[Run]()
        await load.closed(2)

        async def run(answers: Awaitable[list[Answer]]) -> Run:
            lines.new()
            busy, sent = service.busy(), await answers
            return Run(sent, lines.new(), seconds, service.busy() - busy)

        made.append(await run(load.closed(seconds)))
        capacity = len(made[0].sent) / seconds
        for times in TIMES:
            made.append(await run(load.open(times * capacity, seconds)))
        return made


async def measure(platform: Platform, folder: Path, seconds: float, queue: str | None) -> None:
    os.environ.pop("LOA_QUEUE_SECONDS", None)
    if queue is not None:
        os.environ["LOA_QUEUE_SECONDS"] = queue
    log = folder / "registry.log"
    async with apart(platform, "registry", log) as service:
        print(f"queue of {queue or 'the default'} s:")
        await prepare(service)
        capacity, *others = await runs(platform, service, log, seconds)
        print(f"  {1000 * capacity.busy / len(capacity.sent):.1f} ms of a processor for a request")
        show("  capacity", capacity)
        for times, run in zip(TIMES, others, strict=True):
            show(f"  {times} x capacity", run)


async def prepare(service: Apart) -> None:
    await service.api.import_rows("units", [small_office.unit("DV-0")])
    rows = [small_office.draft(f"DT-{number}", "DV-0", in_scope="yes") for number in range(DRAFTS)]
    await service.api.import_rows("drafts", rows)


async def main(seconds: float) -> None:
    for queue in QUEUES:
        with tempfile.TemporaryDirectory(prefix="loa-bench-") as name:
            Path(name).chmod(0o755)  # noqa: ASYNC240  nothing else runs yet
            async with bench_platform(Path(name), "registry") as platform:
                await measure(platform, Path(name), seconds, queue)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=20)
    asyncio.run(main(parser.parse_args().seconds))

"""How fast digests are rendered and delivered: `python -m tests.bench.mail [MAILS] [--profile]`.

A real notifier on throw-away engines, an SMTP server in a process of its own on loopback. The clock starts when the
alerts of all gaps are raised, as they are on the morning of a digest; what raising them took stands beside it. The
very same messages are then handed to the very same server by bare aiosmtplib over as many connections, so that both
rates are of one machine at one time.
"""
# ruff: noqa: T201  a benchmark prints

import argparse
import asyncio
import cProfile
import pstats
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

import aiosmtplib
import uvloop
from pydantic import SecretStr
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.local.engines.ports import free_port
from services.notifier.adapters.delivery.ledger import claim_of
from services.notifier.adapters.delivery.message import wire
from services.notifier.adapters.tables import DIGEST, RECIPIENT
from services.notifier.application.ticks import WORKERS
from shared.contracts.envelope import AggregateRef, Metadata, NewEvent
from shared.contracts.event import unit_id
from shared.eventstore.handle import NOTHING, Append
from shared.eventstore.jetstream import JetStreamEventStore
from shared.kernel.runtime import tune_gc
from tests.integration.notifier.notifier_fixture import (
    MONDAY,
    NotifierFixture,
    open_notifier_env,
    opened,
    registered,
    tick,
)
from tests.support.platform.bench_platform import bench_platform
from tests.support.platform.service import Api, eventually

MAILBOXES_A_UNIT = 4
GAPS_A_UNIT = 2
DOMAINS = 63
TOGETHER = 500
ANY_CLOCK = 1e9  # seconds: the notifier's clock is set by hand
SENDER = "Loa <loa@loa.invalid>"
SINK = ("-m", "aiosmtpd", "-n", "-c")
COUNTING = "tests.bench.peers.counting.Counting"


@asynccontextmanager
async def sink(received: Path | None = None) -> AsyncIterator[int]:
    """Run a server that takes everything and keeps nothing but sizes (`received`), beside us and not in our process."""
    port = free_port()
    handler = (COUNTING,) if received else ("aiosmtpd.handlers.Sink",)
    kept = (str(received),) if received else ()
    listening = f"127.0.0.1:{port}"
    process = await asyncio.create_subprocess_exec(sys.executable, *SINK, *handler, "-l", listening, *kept)

    async def listens() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    try:
        await eventually(listens)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def fill(notifier_env: NotifierFixture, units: int) -> int:
    """Write units with their gaps to the log; returns its head."""
    meta = Metadata(time=MONDAY, actor="bench", correlation_id="bench")

    def first(ref: AggregateRef, number: int, event: object) -> Append:
        return Append(ref, NOTHING, [NewEvent(UUID(int=number), event, meta)])  # type: ignore[arg-type]

    named = (
        first(AggregateRef("unit", unit_id(f"U-{n}")), 1 << 40 | n, registered(f"U-{n}", f"Sở số {n}"))
        for n in range(units)
    )
    gaps = (
        first(
            AggregateRef("compliance", UUID(int=1 << 50 | n)),
            1 << 60 | n,
            opened(
                UUID(int=1 << 50 | n),
                unit_code=f"U-{n // GAPS_A_UNIT}",
                draft_code=f"LUAT-{n}",
                title=f"Luật số {n} về việc quy định chi tiết một số điều của dự thảo chính sách",
                due_on=date(2026, 11, 9 + n % 15),
            ),
        )
        for n in range(units * GAPS_A_UNIT)
    )
    await _append(JetStreamEventStore(notifier_env.registry.client), named)
    await _append(JetStreamEventStore(notifier_env.metrics.client), gaps)
    return await notifier_env.head()


async def _append(store: JetStreamEventStore, appends: Iterable[Append]) -> None:
    wanted = list(appends)
    for start in range(0, len(wanted), TOGETHER):
        await store.append_all(wanted[start : start + TOGETHER])


async def list_mailboxes(notifier_env: NotifierFixture, mails: int) -> None:
    rows = [
        {
            "recipient_id": UUID(int=n),
            "unit_code": f"U-{n // MAILBOXES_A_UNIT}",
            "role": "head",
            "email": f"a{n}@so-{n % DOMAINS}.example.vn",
            "language": "vi",
            "calendar": False,
        }
        for n in range(mails)
    ]
    engine = create_async_engine(notifier_env.settings.async_database_url)
    async with engine.begin() as connection:
        await connection.execute(insert(RECIPIENT), rows)
    await engine.dispose()


async def raised(api: Api, notifier_env: NotifierFixture, gaps: int) -> float:
    """Wait until every gap has its alert and the read model has them all; gives the processor seconds it took."""
    busy = time.process_time()

    async def all_there() -> bool:
        (row,) = await notifier_env.rows("SELECT count(*) AS n FROM alert WHERE state = 'raised'")
        return bool(row["n"] == gaps)

    await eventually(all_there, 600)
    await api.settled(await notifier_env.head())
    return time.process_time() - busy


async def ours(api: Api, notifier_env: NotifierFixture, head: int, mails: int) -> tuple[float, float]:
    """Tick once; the clock stops when every mail is with the server and said so in the log.

    Gives the seconds that went by, and those that this process used.
    """
    api.client.timeout = 1800
    began, busy = time.monotonic(), time.process_time()
    answer = await tick(api, head)
    assert len(answer["sent"]) == mails, [s["reason"] for s in answer["skipped"]][:5]

    async def announced() -> bool:
        (row,) = await notifier_env.rows("SELECT count(*) AS n FROM digest WHERE announced")
        return bool(row["n"] == mails)

    await eventually(announced, 600)
    return time.monotonic() - began, time.process_time() - busy


async def rendered(notifier_env: NotifierFixture) -> list[tuple[str, bytes]]:
    """Take the messages as they went over the wire."""
    engine = create_async_engine(notifier_env.settings.async_database_url)
    async with engine.connect() as connection:
        query = select(*DIGEST.c, RECIPIENT.c.email).join(
            RECIPIENT, RECIPIENT.c.recipient_id == DIGEST.c.recipient_id
        )
        rows = (await connection.execute(query)).mappings().all()
    await engine.dispose()
    return [(row["email"], wire(claim_of(row, (), {}).outgoing, SENDER)) for row in rows]


async def bare(port: int, messages: list[tuple[str, bytes]]) -> tuple[float, float]:
    """Hand the messages over with nothing but aiosmtplib: no ledger, no rendering, no log; measured like `ours`."""
    waiting = list(messages)

    async def worker() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port) as client:
            while waiting:
                address, message = waiting.pop()
                await client.sendmail("loa@loa.invalid", [address], message)

    began, busy = time.monotonic(), time.process_time()
    await asyncio.gather(*(worker() for _ in range(WORKERS)))
    return time.monotonic() - began, time.process_time() - busy


@dataclass(frozen=True, slots=True)
class Delivered:
    """Digests by the notifier and by a bare client to the same server: seconds by the clock, and of a processor."""

    mails: int
    size: int  # bytes, on average
    before: float  # processor seconds for the alerts
    wall: float
    busy: float
    bare_wall: float
    bare_busy: float


async def measure(mails: int, folder: Path, port: int, profile: cProfile.Profile | None = None) -> Delivered:
    async with bench_platform(folder, "notifier") as platform:
        url = platform.databases["notifier"]
        async with open_notifier_env(
            platform.server, platform.keys, platform.issuer, url, folder
        ) as notifier_env:
            await notifier_env.stop_ticking()
            await fill(notifier_env, mails // MAILBOXES_A_UNIT)
            smtp_url = SecretStr(f"smtp://127.0.0.1:{port}")
            async with notifier_env.notifier(
                smtp_url=smtp_url, smtp_rate=10_000, clock_tolerance_seconds=ANY_CLOCK
            ) as api:
                await list_mailboxes(notifier_env, mails)
                gaps = mails // MAILBOXES_A_UNIT * GAPS_A_UNIT
                before = await raised(api, notifier_env, gaps)
                head = await notifier_env.head()
                if profile:
                    profile.enable()
                whole, busy = await ours(api, notifier_env, head, mails)
                if profile:
                    profile.disable()
            messages = await rendered(notifier_env)
            alone, busy_alone = await bare(port, messages)
    size = sum(len(message) for _, message in messages) // len(messages)
    return Delivered(mails, size, before, whole, busy, alone, busy_alone)


def show(of: Delivered) -> None:
    mails, gaps = of.mails, of.mails // MAILBOXES_A_UNIT * GAPS_A_UNIT
    print(f"{mails:,} digests of {GAPS_A_UNIT} gaps ({of.size:,} bytes), rendered, delivered and announced:")
    print(f"  {of.wall:8.1f} s  {mails / of.wall:8,.0f} mails/s")
    print(f"  {of.busy:8.1f} s  of a processor in the notifier, {1000 * of.busy / mails:.1f} ms a mail")
    print(f"  {of.before:8.1f} s  of a processor before it, for the alerts of {gaps:,} gaps")
    print(f"the same messages by bare aiosmtplib over {WORKERS} connections:")
    print(f"  {of.bare_wall:8.1f} s  {mails / of.bare_wall:8,.0f} mails/s")
    print(f"  {of.bare_busy:8.1f} s  of a processor in the client")
    print(
        f"  ratio {of.bare_wall / of.wall:.2f}, of processors {of.bare_busy / of.busy:.2f}; "
        f"under 120 s for 10,000: {of.wall * 10_000 / mails < 120}"
    )


async def delivered(mails: int, folder: Path, profile: cProfile.Profile | None) -> None:
    async with sink() as port:
        show(await measure(mails, folder, port, profile))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mails", type=int, nargs="?", default=10_000)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    profile = cProfile.Profile() if arguments.profile else None
    tune_gc()  # as the services do
    with tempfile.TemporaryDirectory(prefix="loa-bench-") as folder:
        Path(folder).chmod(0o755)
        uvloop.run(delivered(arguments.mails, Path(folder), profile))
    if profile:
        pstats.Stats(profile).sort_stats("cumtime").print_stats("services|shared|engine/|asyncpg/", 70)


if __name__ == "__main__":
    main()

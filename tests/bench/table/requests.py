"""Rows of requests: commands and queries in turns, beside the least that answers them; and at twice the capacity."""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from tests.bench.overload import (
    ACCEPTED,
    DRAFTS,
    REFUSED,
    TIMES,
    Run,
    load_of,
    milliseconds,
    prepare,
    runs,
)
from tests.bench.table.row import Part, Row, Size
from tests.support.platform.bench_platform import Apart, apart, bench_platform
from tests.support.platform.service import Api, Platform, _answers, _client, eventually
from tests.support.servers.ports import free_port

QUICK_MS = 500.0


async def part(size: Size, folder: Path) -> Part:
    os.environ.pop("LOA_QUEUE_SECONDS", None)
    log = folder / "registry.log"
    async with bench_platform(folder, "registry") as platform:
        async with apart(platform, "registry", log) as service:
            await prepare(service)
            capacity, *others = await runs(platform, service, log, size.seconds)
            bodies = {
                f"DT-{number}": (await service.api.client.get(f"/drafts/DT-{number}")).content
                for number in range(DRAFTS)
            }
        bare = await bare_run(platform, folder, bodies, size.seconds)
    return Part([_together(capacity, bare), _overloaded(dict(zip(TIMES, others, strict=True))[2])])


def _together(ours: Run, bare: Run) -> Row:
    ratio = ours.rate / bare.rate
    p99 = milliseconds(ours.measured, ACCEPTED, 0.99)
    per_request = [1000 * run.busy / len(run.sent) for run in (ours, bare)]
    return Row(
        what="commands and queries in turns, 12 clients that wait (limit: FastAPI with one append or SELECT)",
        loa=f"{ours.rate:.0f}/s, p99 {p99:.0f} ms, {per_request[0]:.1f} ms of a processor",
        limit=f"{bare.rate:.0f}/s, {per_request[1]:.1f} ms of a processor",
        ratio=f"{ratio:.2f}",
        goal="≥ 0.5 of the limit",
        met=ratio >= 0.5,
    )


def _overloaded(twice: Run) -> Row:
    p50, p99 = (milliseconds(twice.measured, ACCEPTED, share) for share in (0.5, 0.99))
    others = Counter(answer.status for answer in twice.sent if answer.status not in (*ACCEPTED, *REFUSED))
    sent = len(twice.sent) / twice.seconds
    return Row(
        what="twice that, answered or not: accepted p99 (median), by the service",
        loa=f"{p99:.0f} ms ({p50:.0f}); of {sent:.0f}/s {twice.rate:.0f} accepted, "
        f"{twice.refused / twice.seconds:.0f} refused"
        + "".join(f", {n} answers {status}" for status, n in others.items()),
        goal=f"p99 < {QUICK_MS:.0f} ms, the rest refused",
        met=p99 < QUICK_MS and not others,
    )


async def bare_run(platform: Platform, folder: Path, bodies: dict[str, bytes], seconds: float) -> Run:
    """Load the least service with the requests that the registry had, with the same bodies to answer."""
    url = platform.databases["registry"]
    postgres = await asyncpg.connect(url)
    await postgres.execute("CREATE TABLE bare_draft (code text PRIMARY KEY, body bytea)")
    await postgres.executemany("INSERT INTO bare_draft VALUES ($1, $2)", list(bodies.items()))
    await postgres.close()
    async with (
        bare_service(platform, folder) as service,
        load_of(str(service.api.client.base_url), [platform.issuer.token()]) as load,
    ):
        assert json.loads((await service.api.client.get("/drafts/DT-1")).content)["draft_code"] == "DT-1"
        await load.closed(1)
        busy, sent = service.busy(), await load.closed(seconds)
        assert {answer.status for answer in sent} <= set(ACCEPTED)
        return Run(sent, (), seconds, service.busy() - busy)


@asynccontextmanager
async def bare_service(platform: Platform, folder: Path) -> AsyncIterator[Apart]:
    port = free_port()
    settings = platform.settings("registry")
    assert settings.nats_seed is not None
    environment = os.environ | {
        "LOA_PORT": str(port),
        "LOA_NATS_URL": settings.nats_url,
        "LOA_NATS_SEED": settings.nats_seed.get_secret_value(),
        "LOA_DATABASE_URL": platform.databases["registry"],
    }
    with (folder / "bare.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.peers.bare_http", env=environment, stdout=log, stderr=log
        )
    try:
        async with _client(port, None) as client:
            await eventually(_answers(client), 60)
            yield Apart(Api(None, settings, client, platform.issuer), process.pid)  # type: ignore[arg-type]
    finally:
        process.terminate()
        await process.wait()

"""Rows of a platform that does nothing yet: how soon it is up with its figures, and what its services hold."""

import asyncio
import time
from pathlib import Path

import httpx

from tests.bench.memory import idle
from tests.bench.table.row import Part, Row, Size
from tests.support.platform.home import Home, until
from tests.support.servers.plain import NO_AUTHORITIES

WARM_STARTS = 3
START_SECONDS, MOST_MIB = 6.0, 110.0


async def start_part(_: Size, folder: Path) -> Part:
    seconds = await asyncio.to_thread(warm_starts, folder)
    shown = ", ".join(f"{value:.1f}" for value in seconds)
    return Part(
        [
            Row(
                what="`loa up` on a folder that has both samples: until `/compliance` is answered with figures",
                loa=f"{shown} s",
                goal=f"< {START_SECONDS:.0f} s",
                met=sorted(seconds)[len(seconds) // 2] < START_SECONDS,
            )
        ]
    )


def warm_starts(folder: Path) -> list[float]:
    home = Home(folder)
    run = home.up("--demo")
    try:
        assert _judged(home), "no figures before it was started again"
        seconds = []
        for _ in range(WARM_STARTS):
            assert home.stop(run) == 0, home.output()
            began = time.perf_counter()
            run = home.start()
            until(lambda: _has_figures(home), "no figures")
            seconds.append(time.perf_counter() - began)
        assert home.stop(run) == 0, home.output()
        home.until_nothing_runs()
    finally:
        home.kill(run)
    return seconds


def _judged(home: Home) -> int:
    """Ask for the national figures; give how many drafts they are about."""
    url = f"http://127.0.0.1:{home.ports['METRICS']}/compliance"
    headers = {"Authorization": f"Bearer {home.current['token']}"}
    answer = httpx.get(url, headers=headers, verify=NO_AUTHORITIES).raise_for_status()
    return sum(group["drafts"] for group in answer.json()["groups"])


def _has_figures(home: Home) -> bool:
    try:
        return _judged(home) > 0
    except (httpx.HTTPError, OSError, ValueError):
        return False


async def memory_part(size: Size, folder: Path) -> Part:
    return Part(
        [
            Row(
                what=f"memory of {service} (PSS) when ready, and after {size.idle:.0f} s idle",
                loa=f"{ready.pss:.0f}, {later.pss:.0f} MiB",
                goal=f"< {MOST_MIB:.0f} MiB",
                met=later.pss < MOST_MIB,
            )
            for service, (ready, later) in (await idle(folder, size.idle)).items()
        ]
    )

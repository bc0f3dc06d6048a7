"""How long a service's event loop takes under each attack, in processor time, for one step and for one round.

While a step runs, nobody else is answered. In a round every task that is ready has one step: a request that takes some steps
waits for as many rounds.

`python -m tests.bench.steps [NAME…]`. Beside a normal request (`tests.bench.attacks`) the load of the machine counts too; the
processor time of the loop's own thread doesn't depend on it. The service runs in this process, the attackers in another one.
"""
# ruff: noqa: T201  a benchmark prints

import asyncio
import sys
import tempfile
import threading
import time
from asyncio import events
from asyncio.base_events import BaseEventLoop
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.kernel.runtime import tune_gc
from tests.bench.attacks import ATTACK, ATTACKS, Target
from tests.support.platform.bench_platform import bench_platform
from tests.support.platform.service import Api, create_app_of, running

SHORT = 0.001  # seconds that nobody notices


@dataclass(slots=True)
class Steps:
    """The processor seconds of each step that took longer than a millisecond, with what ran; `iterations` of each round that did."""

    taken: list[tuple[float, str]] = field(default_factory=list)
    iterations: list[float] = field(default_factory=list)

    def longest(self) -> tuple[float, str]:
        return max(self.taken, default=(0.0, "nothing"))

    def longest_round(self) -> float:
        return max(self.iterations, default=0.0)


@contextmanager
def measured() -> Iterator[Steps]:
    """Measure every step and round of the loop of this thread until the block ends."""
    steps, plain, own = Steps(), events.Handle._run, threading.get_ident()
    plain_round = BaseEventLoop._run_once  # type: ignore[attr-defined]  # the loop that the tests run on

    def run(handle: Any) -> None:
        if threading.get_ident() != own:  # the loop of an attacker
            plain(handle)
            return
        begun = time.thread_time()
        plain(handle)
        if (taken := time.thread_time() - begun) > SHORT:
            steps.taken.append((taken, repr(handle)[:300]))

    def run_once(loop: Any) -> None:
        begun = time.thread_time()
        plain_round(loop)
        if threading.get_ident() == own and (taken := time.thread_time() - begun) > SHORT:
            steps.iterations.append(taken)

    events.Handle._run = run  # type: ignore[assignment,method-assign]
    BaseEventLoop._run_once = run_once  # type: ignore[attr-defined]
    try:
        yield steps
    finally:
        events.Handle._run = plain  # type: ignore[method-assign]
        BaseEventLoop._run_once = plain_round  # type: ignore[attr-defined]


async def under_attack(api: Api, name: str) -> tuple[Steps, float]:
    """Give the steps and the processor seconds that the service used."""
    target = Target(str(api.client.base_url).rstrip("/"), api.issuer.token())
    command = (sys.executable, "-m", "tests.bench.attacks", ATTACK, name, target.url, target.token)
    begun = time.thread_time()
    with measured() as steps:
        attackers = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
        await attackers.wait()
    return steps, time.thread_time() - begun


async def main(*names: str) -> None:
    chosen = {name: attack for name, attack in ATTACKS.items() if not names or name in names}
    with tempfile.TemporaryDirectory() as folder:
        services = sorted({service for service, _, _ in chosen.values()})
        async with bench_platform(Path(folder), *services) as platform:
            for service in services:
                settings = platform.settings(service)
                async with running(create_app_of(service), settings, platform.issuer) as api:
                    platform.services[service] = api
                    tune_gc()  # as a service does that is started alone
                    for name in (name for name, (of, _, _) in chosen.items() if of == service):
                        steps, used = await under_attack(api, name)
                        longest, what = steps.longest()
                        print(
                            f"{name:34} step {1000 * longest:6.1f} ms  round {1000 * steps.longest_round():6.1f} ms  "
                            f"used {used:5.2f} s  {what}",
                            flush=True,
                        )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

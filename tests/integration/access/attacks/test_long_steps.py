"""No attack holds the event loop: the longest step and round under each take some milliseconds of the processor, whatever the load."""

import asyncio
import gc
from collections.abc import Iterator

import pytest

from shared.http.overload.limits import MOST_HEAVY
from shared.kernel.runtime import tune_gc
from tests.bench.attacks import ATTACKS, Target
from tests.bench.steps import measured
from tests.support.platform.service import Platform

MOST_SECONDS = 0.1
TOGETHER = {"dry runs of 6,000 rows": MOST_HEAVY}  # clients; of the others one is enough
WAITING = {
    "a byte a second",
    "answers that nobody reads",
    "idle connections",
    "streams of events",
}  # they take seconds, and no steps
NAMES = [
    name
    for name, (service, _, _) in ATTACKS.items()
    if service in {"registry", "campaigns"} and name not in WAITING
]


@pytest.fixture(scope="module", autouse=True)
def as_a_service_alone() -> Iterator[None]:
    """A service freezes what it has at its start: what the tests hold is not its to look through."""
    before = gc.get_threshold()
    tune_gc()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.parametrize("name", NAMES)
async def test_no_step_takes_the_loop_from_others(shared_platform: Platform, name: str) -> None:
    service, _, attack = ATTACKS[name]
    api = shared_platform.services[service]
    target = Target(str(api.client.base_url).rstrip("/"), api.issuer.token())

    async def attackers() -> None:
        await asyncio.gather(*(attack(target) for _ in range(TOGETHER.get(name, 1))))

    with measured() as steps:
        await asyncio.to_thread(asyncio.run, attackers())
        assert (await api.client.get("/livez")).status_code == 200
    longest, what = steps.longest()
    round_ms = 1000 * steps.longest_round()
    print(f"{name}: longest step {1000 * longest:.1f} ms, round {round_ms:.1f} ms")  # noqa: T201  to be seen
    assert longest < MOST_SECONDS, what
    assert steps.longest_round() < MOST_SECONDS


async def test_a_long_step_would_be_seen() -> None:
    async def long() -> int:
        return sum(n * n for n in range(3_000_000))

    with measured() as steps:
        await asyncio.create_task(long())
    assert steps.longest()[0] > MOST_SECONDS
    assert steps.longest_round() > MOST_SECONDS

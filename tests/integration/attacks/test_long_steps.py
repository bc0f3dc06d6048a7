"""No attack holds the event loop: the longest step under each takes a few milliseconds of the processor, whatever the load."""

import asyncio
import gc
from collections.abc import Iterator

import pytest

from tests.bench.attacks import ATTACKS, Target
from tests.bench.steps import measured
from tests.support.platform.service import Platform

MOST_SECONDS = 0.1
WAITING = {
    "a byte a second",
    "answers that nobody reads",
    "idle connections",
}  # they take seconds, and no steps
NAMES = [name for name, (service, _, _) in ATTACKS.items() if service == "registry" and name not in WAITING]


@pytest.fixture(scope="module", autouse=True)
def as_a_service_alone() -> Iterator[None]:
    """A service freezes what it has at its start (`tune_gc`): what the tests hold is not its to look through."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("name", NAMES)
async def test_no_step_takes_the_loop_from_others(shared_platform: Platform, name: str) -> None:
    api = shared_platform.registry
    target = Target(str(api.client.base_url).rstrip("/"), api.issuer.token())
    _, _, attack = ATTACKS[name]
    with measured() as steps:
        await asyncio.to_thread(asyncio.run, attack(target))  # type: ignore[arg-type]  # each is a coroutine
        assert (await api.client.get("/livez")).status_code == 200
    longest, what = steps.longest()
    print(f"{name}: longest step {1000 * longest:.1f} ms")  # noqa: T201  to be seen
    assert longest < MOST_SECONDS, what


async def test_a_long_step_would_be_seen() -> None:
    async def long() -> int:
        return sum(n * n for n in range(3_000_000))

    with measured() as steps:
        await asyncio.create_task(long())
    assert steps.longest()[0] > MOST_SECONDS

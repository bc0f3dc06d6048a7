"""A process is killed at every failpoint of the write path and of the mail path, while clients write: nothing is lost."""

import asyncio
import random
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.local.keys.keyring import keyring
from tests.chaos.failpoints import FAILPOINTS, MAIL_PATH, WRITE_PATH
from tests.chaos.harness.checker import violations
from tests.chaos.harness.evidence import evidence_of
from tests.chaos.harness.prepared import Prepared, run_folder
from tests.chaos.harness.run import new_writers, release
from tests.chaos.harness.running_platform import ChaosPlatform, chaos_platform
from tests.chaos.harness.workload import Clients, ticking
from tests.support.servers.tokens import issuer

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1500)]
HIT_SECONDS = 120.0


async def _killed_at(platform: ChaosPlatform, clients: Clients, service: str, name: str, seed: int) -> bool:
    """Run the service with a failpoint until it dies there, then as usual; False if it was never reached."""
    (replica,) = platform.of(service)
    await replica.end(signal.SIGKILL)
    await replica.launch(LOA_TEST_KILL=name)
    assert replica.process is not None
    newcomer = asyncio.create_task(_newcomer(clients, seed))  # a mailbox that has had no mail yet
    try:
        status = await asyncio.wait_for(replica.process.wait(), HIT_SECONDS)
    except TimeoutError:
        status = 0
        await replica.end(signal.SIGKILL)
    await replica.start()
    await newcomer
    return status == -signal.SIGKILL


async def _newcomer(clients: Clients, seed: int) -> None:
    (writer,) = new_writers(clients, f"{seed}N", 1)
    await writer.prepare()
    await writer.owe()


async def _carry_out(prepared: Prepared, folder: Path, failpoints: Sequence[tuple[str, str]]) -> None:
    ring, tokens = keyring(folder / "keys"), issuer(folder)
    single = dict.fromkeys(("registry", "campaigns", "metrics", "notifier"), 1)
    async with chaos_platform(prepared, folder, ring, tokens, single) as platform:
        clients = Clients(platform.replicas, tokens.token(), random.Random(1))
        await release(platform, clients.token)
        writers = new_writers(clients, "F")
        await asyncio.gather(*(writer.prepare() for writer in writers))
        tasks = [asyncio.create_task(writer.run()) for writer in writers]
        tasks.append(asyncio.create_task(ticking(clients)))
        missed = []
        try:
            for number, (service, name) in enumerate(failpoints):
                if not await _killed_at(platform, clients, service, name, number):
                    missed.append(name)
        finally:
            clients.stopped = True
            await asyncio.gather(*tasks)
        evidence = await evidence_of(platform, clients)
    assert missed == []
    assert violations(evidence) == []


@pytest.mark.parametrize("service", [*WRITE_PATH, *MAIL_PATH])
async def test_killed_at_every_failpoint(prepared_run: Prepared, service: str) -> None:
    with run_folder() as folder:
        await _carry_out(prepared_run, folder, [entry for entry in FAILPOINTS if entry[0] == service])

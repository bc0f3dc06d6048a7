"""Three brokers, two replicas of the services: nodes are parted, the leader is killed, a node's store is lost for good."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from deploy.local.keys.keyring import keyring
from tests.chaos.harness.checker import violations
from tests.chaos.harness.evidence import evidence_of
from tests.chaos.harness.faults.injection import healed
from tests.chaos.harness.faults.proxy import Line
from tests.chaos.harness.prepared import Prepared, run_folder
from tests.chaos.harness.run import new_writers, release
from tests.chaos.harness.running_platform import chaos_platform
from tests.chaos.harness.three_nodes import Cluster, three_nodes
from tests.chaos.harness.workload import Clients, ticking
from tests.support.servers.tokens import issuer

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1500)]
FAULT_SECONDS = 8.0  # longer than the cluster needs to see that a node is away, and to elect another leader
Trouble = Callable[[Cluster], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def leader_killed(cluster: Cluster) -> AsyncIterator[None]:
    node = cluster.nodes[await cluster.leader()]
    node.engine.kill()
    yield
    await node.start()


def parted(line: Line, *, leader: bool) -> Trouble:
    @asynccontextmanager
    async def trouble(cluster: Cluster) -> AsyncIterator[None]:
        number = await cluster.leader()
        with cluster.parted(number if leader else (number + 1) % len(cluster.nodes), line):
            yield

    return trouble


@asynccontextmanager
async def replica_lost(cluster: Cluster) -> AsyncIterator[None]:
    await cluster.lose_for_good((await cluster.leader() + 1) % len(cluster.nodes))
    yield


@asynccontextmanager
async def leader_lost(cluster: Cluster) -> AsyncIterator[None]:
    await cluster.lose_for_good(await cluster.leader())
    yield


TROUBLES: dict[str, Trouble] = {
    "the leader is killed": leader_killed,
    "the leader is cut off": parted(Line.CUT, leader=True),
    "nothing from or to the leader arrives": parted(Line.BLACK_HOLE, leader=True),
    "a follower is cut off": parted(Line.CUT, leader=False),
    "nothing from or to a follower arrives": parted(Line.BLACK_HOLE, leader=False),
    "a follower's store is lost for good": replica_lost,
    "the leader's store is lost for good": leader_lost,
}


async def test_nothing_is_lost_or_doubled_on_three_nodes(prepared_run: Prepared) -> None:
    with run_folder() as folder:
        await _carry_out(prepared_run, folder)


async def _carry_out(prepared_run: Prepared, folder: Path) -> None:
    ring, tokens = keyring(folder / "keys"), issuer(folder)
    wrong = []
    async with (
        three_nodes(folder, ring) as cluster,
        chaos_platform(prepared_run, folder, ring, tokens, nodes=cluster.nodes) as platform,
    ):
        clients = Clients(platform.replicas, tokens.token(), random.Random(3))
        await release(platform, clients.token)
        writers = new_writers(clients, "N")
        await asyncio.gather(*(writer.prepare() for writer in writers))
        tasks = [
            asyncio.create_task(run) for run in (*(writer.run() for writer in writers), ticking(clients))
        ]
        try:
            for name, trouble in TROUBLES.items():
                async with trouble(cluster):
                    await asyncio.sleep(FAULT_SECONDS)
                wrong += [f"{name}: {sentence}" for sentence in await healed(platform, clients, [])]
                await cluster.whole()
        finally:
            clients.stopped = True
            await asyncio.gather(*tasks)
        evidence = await evidence_of(platform, clients, fresh=False)
    assert wrong == []
    assert [name for name, lines in evidence.lines.items() if any(map(_is_false_alarm, lines))] == []
    assert violations(evidence) == []


def _is_false_alarm(line: object) -> bool:
    """Say whether a service took the log for another one, as it may only after a replacement."""
    return isinstance(line, dict) and line.get("event") == "log_replaced"

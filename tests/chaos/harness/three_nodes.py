"""Three brokers in a cluster; what they send each other goes through proxies, so that a test can part them."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from deploy.nats.permissions import OPERATOR
from shared.eventstore import streams
from shared.eventstore.log_reader import EVENTS
from shared.kernel.transient import BROKER
from tests.chaos.harness.faults.proxy import Line, Proxy, proxy_to
from tests.support.platform.service import eventually
from tests.support.servers.engines import connected
from tests.support.servers.ports import free_port

NODES = 3
QUORUM_SECONDS = 60.0
CLUSTER = """
cluster {{
  name: loa
  listen: "127.0.0.1:{port}"
  no_advertise: true
  ping_interval: "2s"
  ping_max: 2
  routes: [{routes}]
}}
"""


@dataclass(slots=True)
class Node(NatsServer):
    """One of the brokers; `routes` are the ports under which it reaches the others."""

    name: str = "loa"
    cluster_port: int = field(default_factory=free_port)
    routes: Sequence[int] = ()

    def _write_config(self) -> None:
        NatsServer._write_config(self)
        routes = ", ".join(f'"nats-route://127.0.0.1:{port}"' for port in self.routes)
        text = self._config.read_text().replace("server_name: loa", f"server_name: {self.name}")
        self._config.write_text(text + CLUSTER.format(port=self.cluster_port, routes=routes))


@dataclass(slots=True)
class Cluster:
    """`lines` are the proxies by the two nodes that they lie between."""

    nodes: list[Node]
    lines: dict[tuple[int, int], Proxy]

    async def start(self) -> None:
        await asyncio.gather(*(node.start() for node in self.nodes))

    @contextmanager
    def parted(self, number: int, line: Line) -> Iterator[None]:
        """Keep a node away from the other two, in both directions; its clients still reach it."""
        faults = [proxy.fault(line) for between, proxy in self.lines.items() if number in between]
        for fault in faults:
            fault.__enter__()
        try:
            yield
        finally:
            for fault in faults:
                fault.__exit__(None, None, None)

    async def leader(self) -> int:
        """Find the node that leads the log."""
        name = await eventually(self._leader, QUORUM_SECONDS)
        return next(number for number, node in enumerate(self.nodes) if node.name == name)

    async def _leader(self) -> str | None:
        for node in self.nodes:
            try:
                async with connected(node, OPERATOR, connect_timeout=1, allow_reconnect=False) as client:
                    info = await client.jetstream(timeout=2).stream_info(EVENTS)
            except BROKER:  # a node that is away or has no quorum: ask the next
                continue
            if info.cluster is not None and info.cluster.leader:
                return info.cluster.leader
        return None

    async def lose_for_good(self, number: int) -> None:
        """Let a node end and its store be gone; an empty one takes its place."""
        node = self.nodes[number]
        node.engine.kill()
        await node.stop()
        await asyncio.to_thread(shutil.rmtree, node.folder / "jetstream")
        await node.start()

    async def whole(self) -> None:
        """Wait until every replica of the log has all of it."""
        await eventually(self._is_whole, QUORUM_SECONDS)

    async def _is_whole(self) -> bool:
        async with connected(self.nodes[await self.leader()], OPERATOR) as client:
            info = await client.jetstream(timeout=5).stream_info(EVENTS)
        replicas = info.cluster.replicas if info.cluster is not None else None
        return len(replicas or ()) == NODES - 1 and all(
            replica.current and not replica.lag for replica in replicas or ()
        )


@asynccontextmanager
async def three_nodes(folder: Path, keys: Keyring) -> AsyncIterator[Cluster]:
    async with AsyncExitStack() as stack:
        nodes = [
            Node(folder / f"node-{n}", keys, free_port(), free_port(), name=f"loa-{n}") for n in range(NODES)
        ]
        lines = {
            (here, there): await stack.enter_async_context(proxy_to(nodes[there].cluster_port))
            for here in range(NODES)
            for there in range(NODES)
            if here != there
        }
        for number, node in enumerate(nodes):
            node.routes = [proxy.port for (here, _), proxy in lines.items() if here == number]
            stack.push_async_callback(node.stop)
        cluster = Cluster(nodes, lines)
        await cluster.start()
        await eventually(lambda: _declared(nodes[0]), QUORUM_SECONDS)
        yield cluster


async def _declared(node: NatsServer) -> bool:
    try:
        async with connected(node, OPERATOR) as operator:
            await streams.apply(operator.jetstream(timeout=10), replicas=NODES)
    except BROKER:  # no quorum yet
        return False
    return True

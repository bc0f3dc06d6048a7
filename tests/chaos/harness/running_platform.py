"""A platform of processes for the harness: engines, replicas behind proxies, and a mail server that misbehaves."""

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from deploy.local.engines.nats import NatsServer
from deploy.local.engines.postgres import PostgresServer
from deploy.local.keys.keyring import Keyring
from shared.auth.service_tokens import service_token
from shared.kernel.local_day import VIETNAM, day_in_vietnam
from shared.kernel.runtime import now
from shared.rules.rulebook.rulebook import load_rulebook
from tests.chaos.harness.faults.proxy import proxy_to
from tests.chaos.harness.prepared import Prepared
from tests.chaos.harness.processes import START_SECONDS, Replica
from tests.chaos.test_mail_killed import serving
from tests.chaos.unruly_server import UnrulyServer
from tests.support.platform.service import eventually
from tests.support.servers.engines import connected, declare_streams
from tests.support.servers.links import link_keys
from tests.support.servers.ports import free_port
from tests.support.servers.tokens import Issuer

REPLICAS = {"registry": 2, "campaigns": 1, "metrics": 2, "notifier": 2}
DISK_BYTES = 256 * 1024 * 1024  # of the broker
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


async def _no_newcomer() -> None:
    """No unit comes."""


@dataclass(slots=True)
class Load:
    """What a fault needs of the workload: an operator's token, a new unit that owes something, imports alone, counters."""

    token: str = ""
    newcomer: Callable[[], Coroutine[Any, Any, None]] = _no_newcomer
    pause: Callable[[bool], None] = lambda _: None
    refused_imports: Callable[[], int] = lambda: 0
    refused_commands: Callable[[], int] = lambda: 0


@dataclass(slots=True)
class ChaosPlatform:
    """`day` is the morning at which the notifiers' clocks stood at `zero`; they go on from there."""

    folder: Path
    keys: Keyring
    issuer: Issuer
    nodes: Sequence[NatsServer]
    prepared: Prepared
    postgres: PostgresServer
    mail: UnrulyServer
    day: datetime
    zero: float
    replicas: list[Replica] = field(default_factory=list)
    load: Load = field(default_factory=Load)
    poisoned: list[int] = field(default_factory=list)  # positions of bad messages

    @property
    def nats(self) -> NatsServer:
        """The broker; of several the first."""
        return self.nodes[0]

    def clock_file(self, name: str) -> Path:
        """Name the file that says by how many seconds a replica's clock is wrong."""
        return self.folder / f"{name}.clock"

    @property
    def disk(self) -> Path:
        """The broker's disk, which is small if this run may mount one."""
        return self.nats.folder

    def of(self, service: str) -> list[Replica]:
        return [replica for replica in self.replicas if replica.service == service]

    async def copy_of_the_log(self, folder: Path) -> NatsServer:
        """Copy the broker's store as it stands (the broker stops for a moment), and run a broker on the copy."""
        await self.nats.stop()
        shutil.copytree(self.nats.folder, folder, ignore=shutil.ignore_patterns("*.pid", "*.lock", "*.log"))
        await self.nats.start()
        copy = NatsServer(folder, self.keys, free_port(), free_port(), sync_interval="2m")
        await copy.start()
        return copy


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Give the broker a disk of its own that a fault can fill (root only; elsewhere an ordinary folder)."""
    folder.mkdir(parents=True)
    if os.geteuid() != 0:
        yield
        return
    options = ["-t", "tmpfs", "-o", f"size={DISK_BYTES}", "loa-chaos", str(folder)]
    mounted = subprocess.run(["mount", *options], check=False).returncode == 0
    try:
        yield
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)


def next_morning() -> datetime:
    """Give 09:00 of the next working day, in Vietnam: mails go out on working days only."""
    calendar = load_rulebook().calendar
    day = calendar.next_working_day(day_in_vietnam(now()) + timedelta(days=1))
    return datetime(day.year, day.month, day.day, 9, tzinfo=VIETNAM)


@asynccontextmanager
async def chaos_platform(
    prepared: Prepared,
    folder: Path,
    keys: Keyring,
    issuer: Issuer,
    replicas: Mapping[str, int] = REPLICAS,
    nodes: Sequence[NatsServer] = (),
) -> AsyncIterator[ChaosPlatform]:
    """Run everything until the block ends; every replica is ready when it begins. `nodes` are brokers that run already."""
    mail = UnrulyServer(slow=0.05)
    async with AsyncExitStack() as stack:
        nodes = nodes or [await _broker(stack, folder / "nats", keys)]
        await asyncio.to_thread(prepared.copy_to, folder / "postgres")
        postgres = PostgresServer(folder / "postgres", free_port(), settings=DURABLE)
        await stack.enter_async_context(postgres)
        smtp = stack.enter_context(serving(mail))
        platform = ChaosPlatform(
            folder, keys, issuer, nodes, prepared, postgres, mail, day=next_morning(), zero=time.time()
        )
        for service, number in replicas.items():
            for letter in "abc"[:number]:
                replica = await _replica(platform, stack, service, f"{service}-{letter}", smtp)
                platform.replicas.append(replica)
        addresses = await _addresses(stack, platform)
        for replica in platform.replicas:
            replica.environment |= addresses
        stack.push_async_callback(_kill_all, platform)
        for service in REPLICAS:  # the first replica of each migrates its database
            await platform.of(service)[0].launch()
        await asyncio.gather(*(_ready(platform, service) for service in REPLICAS))
        yield platform


async def _broker(stack: AsyncExitStack, folder: Path, keys: Keyring) -> NatsServer:
    stack.enter_context(small_disk(folder))
    nats = NatsServer(folder, keys, free_port(), free_port())
    await stack.enter_async_context(nats)
    await declare_streams(nats)
    return nats


async def _addresses(stack: AsyncExitStack, platform: ChaosPlatform) -> dict[str, str]:
    """Give what services reach each other by: an address for each service, whichever of its replicas is there."""
    addresses = {}
    for service in REPLICAS:
        proxy = await stack.enter_async_context(proxy_to(*(replica.port for replica in platform.of(service))))
        addresses[service] = f"http://127.0.0.1:{proxy.port}"
    return {
        "LOA_INTERNAL_URL_NOTIFIER": addresses["notifier"],
        **{f"LOA_{service.upper()}_API": address for service, address in addresses.items()},
    }


async def _ready(platform: ChaosPlatform, service: str) -> None:
    first, *others = platform.of(service)
    await eventually(first.is_ready, START_SECONDS)
    await asyncio.gather(*(replica.start() for replica in others))


async def _kill_all(platform: ChaosPlatform) -> None:
    for replica in platform.replicas:
        if replica.process is not None and replica.process.returncode is None:
            replica.process.kill()
            await replica.process.wait()


async def _replica(
    platform: ChaosPlatform, stack: AsyncExitStack, service: str, name: str, smtp: str
) -> Replica:
    brokers = [await stack.enter_async_context(proxy_to(node.port)) for node in platform.nodes]
    database = await stack.enter_async_context(proxy_to(platform.postgres.port))
    url = platform.postgres.url(service).replace(f":{platform.postgres.port}/", f":{database.port}/")
    links = link_keys(platform.keys.folder)
    monitors = ",".join(node.monitor_url for node in platform.nodes)
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("LOA_")},
        "LOA_NATS_URL": ",".join(f"nats://127.0.0.1:{broker.port}" for broker in brokers),
        "LOA_NATS_SEED": platform.keys.seed_file(service).read_text(),
        "LOA_DATABASE_URL": url,
        "LOA_JWKS": str(platform.issuer.jwks),
        "LOA_LINK_KEY": links.pem,
        "LOA_LINK_JWKS": str(links.jwks),
        "LOA_SERVICE_TOKEN": service_token(links.key, service),
        "LOA_TEST_SERVICE": service,
        # One replica of each service sees the broker's monitoring endpoint, the other doesn't.
        "LOA_NATS_MONITOR_URL": monitors if name.endswith("-a") else "",
    }
    if service == "notifier":
        environment |= {
            "LOA_SMTP_URL": smtp,
            "LOA_SMTP_SECONDS": "2",
            "LOA_SMTP_RATE": "1000",
            "LOA_MAIL_LEASE_SECONDS": "6",
            "LOA_TEST_DAY": platform.day.isoformat(),
            "LOA_TEST_ZERO": str(platform.zero),
            "LOA_TEST_SPEED": "1",
            "LOA_TEST_CLOCK": str(platform.clock_file(name)),
        }
    return Replica(
        service,
        name,
        environment,
        platform.folder / f"{name}.log",
        brokers[0],
        database,
        platform.prepared.forks,
    )


async def purge_ticks(server: NatsServer) -> None:
    """Take the broker's own clock away."""
    async with connected(server, "operator") as operator:
        await operator.jetstream().purge_stream("LOA_TICKS")

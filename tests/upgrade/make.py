"""Makes the data archive of a release, once: `python -m tests.upgrade.make VERSION` (CONTRIBUTING.md).

It starts the four services on engines of its own, records an office through them, and keeps in `tests/upgrade`:
`VERSION.loa` (the log), `VERSION-SERVICE.ndjson` (every row) and `VERSION.json` (migrations, day, answers).
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from deploy.cli.backup import archive, snapshot
from deploy.local.engines.nats import NatsServer
from deploy.local.engines.postgres import PostgresServer
from deploy.local.keys.keyring import keyring
from deploy.nats.permissions import OPERATOR
from shared.eventstore.log_reader import EVENTS
from shared.kernel import runtime
from shared.kernel.local_day import day_in_vietnam
from tests.support.platform import first_release
from tests.support.platform.service import SERVICES, Platform, open_platform
from tests.support.servers.engines import THROW_AWAY, Databases, connected, fresh_nats
from tests.support.servers.ports import free_port
from tests.support.servers.tokens import issuer
from tests.upgrade.office import Recording

TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"


async def make(version: str) -> None:
    """Record, then keep; raises `FileExistsError` for a release that has an archive."""
    target = first_release.KEPT / f"{version}.loa"
    if target.exists():
        raise FileExistsError(f"{target} is a release's: make the archive of another version")
    today = day_in_vietnam(runtime.now())
    async with running() as (platform, server):
        recording = Recording(platform, today)
        await recording.record()
        migrations = {service: await keep_rows(platform, service, version) for service in SERVICES}
        answers = await first_release.answers(platform, recording.mailed.isoformat())
        await keep_log(server, target, version)
    facts = {"migrations": migrations, "day": recording.mailed.isoformat(), "answers": answers}
    _write(first_release.KEPT / f"{version}.json", json.dumps(facts, indent=1, ensure_ascii=False))


@asynccontextmanager
async def running() -> AsyncIterator[tuple[Platform, NatsServer]]:
    """Run everything in a folder that goes; the broker's own clock is taken away."""
    with tempfile.TemporaryDirectory(prefix="loa-archive-") as name:
        folder = _open_to_all(Path(name), 0o755)
        keys = keyring(folder / "keys")
        ports = {service: free_port() for service in SERVICES}
        addresses = {f"url_{service}": f"http://127.0.0.1:{port}" for service, port in ports.items()}
        changes: dict[str, Any] = {"mail_dir": folder / "mail", "ports": ports, **addresses}
        async with (
            PostgresServer(folder / "postgres", free_port(), settings=THROW_AWAY) as postgres,
            fresh_nats(folder / "nats", keys) as server,
        ):
            await first_release.stop_ticking(server)

            databases = Databases(postgres)

            async def database(service: str | None = None) -> str:
                return await databases.make(f"archive_{free_port()}", service)

            async with open_platform(
                server, keys, issuer(folder), database, *SERVICES, **changes
            ) as platform:
                yield platform, server


async def keep_rows(platform: Platform, service: str, version: str) -> str:
    """Write every row of a service's tables; returns the revision of its migrations."""
    connection = await asyncpg.connect(platform.databases[service])
    lines = [
        json.dumps({"table": table, "row": json.loads(row)}, ensure_ascii=False)
        for (table,) in await connection.fetch(TABLES)
        if table != "alembic_version"
        for (row,) in await connection.fetch(f'SELECT row_to_json(t)::text FROM "{table}" t ORDER BY t::text')
    ]
    revision: str = await connection.fetchval("SELECT version_num FROM alembic_version")
    await connection.close()
    path = first_release.KEPT / f"{version}-{service}.ndjson"
    _write(path, "\n".join([*lines, json.dumps({"rows": len(lines)})]))
    return revision


async def keep_log(server: NatsServer, target: Path, version: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / archive.STREAM
        async with connected(server, OPERATOR) as operator:
            with path.open("wb") as file:
                stream = await snapshot.save(operator, EVENTS, file)
        manifest = archive.Manifest(
            release=version,
            begun=runtime.now().isoformat(),
            last_position=stream["state"]["last_seq"],
            log_sha256="",
            faults=0,
            stream=stream,
            files={archive.STREAM: archive.described(path)},
        )
        archive.pack(target, Path(name), manifest)
    _open_to_all(target, 0o644)


def _open_to_all(path: Path, mode: int) -> Path:
    """Let others read: PostgreSQL may run under another account, and an archive is a file of the repository."""
    path.chmod(mode)
    return path


def _write(path: Path, text: str) -> None:
    path.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(make(sys.argv[1]))

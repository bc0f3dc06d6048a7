"""`loa prepare`: before the services start, the engines must answer, with databases and streams as declared."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from deploy.cli import brokers
from deploy.cli.console import Said, say
from deploy.local import databases
from deploy.local.settings import LocalSettings
from shared.errors import Text
from shared.eventstore import streams
from shared.transient import TRANSIENT

PATIENCE = 120.0  # seconds for engines to come up
AGAIN = 0.5
NOT_YET = (databases.DatabaseUnreachable, *TRANSIENT)


def prepare(settings: LocalSettings) -> None:
    """Make what is missing; running it again changes nothing. `Said` if an engine does not come up in time."""
    if settings.nats_url is None or settings.database_url is None:
        raise Said(
            "Cần thiết lập LOA_NATS_URL và LOA_DATABASE_URL (quyền quản trị).",
            "The settings LOA_NATS_URL and LOA_DATABASE_URL (as administrator) are needed.",
        )
    folder = brokers.data_folder()
    deadline = time.monotonic() + PATIENCE
    asyncio.run(_until_done("PostgreSQL", lambda: _databases(settings, folder), deadline))
    asyncio.run(_until_done("NATS", lambda: _streams(settings, folder), deadline))
    say(Text("Cơ sở dữ liệu và luồng dữ liệu đã sẵn sàng.", "Databases and streams are ready."))


async def _until_done(engine: str, work: Callable[[], Awaitable[None]], deadline: float) -> None:
    said = ""
    while True:
        try:
            return await work()
        except NOT_YET as error:
            problem = f"{type(error).__name__}: {error}"
            if time.monotonic() > deadline:
                raise Said(
                    f"{engine} chưa hoạt động sau {PATIENCE:g} giây: {problem}",
                    f"{engine} did not come up within {PATIENCE:g} s: {problem}",
                ) from error
            if problem != said:
                say(Text(f"Đang chờ {engine}: {problem}", f"Waiting for {engine}: {problem}"))
            said = problem
            await asyncio.sleep(AGAIN)


async def _databases(settings: LocalSettings, folder: Path) -> None:
    if settings.database_url is not None:
        await databases.provide(settings.database_url.get_secret_value(), folder / databases.PASSWORDS)


async def _streams(settings: LocalSettings, folder: Path) -> None:
    client = await brokers.connected(settings.nats_url or "", folder)
    try:
        await streams.apply(client.jetstream(timeout=10), settings.nats_replicas)
    finally:
        await client.close()

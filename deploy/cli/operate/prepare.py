"""`loa prepare`: wait for the engines, then create databases, roles and streams as declared."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from deploy.cli import brokers
from deploy.cli.console import CommandError, print_text
from deploy.local.engines import databases
from deploy.local.settings import LocalSettings
from shared.eventstore import streams
from shared.kernel.errors import Text
from shared.kernel.transient import TRANSIENT

TIMEOUT = 120.0  # seconds until the engines must answer
RETRY_DELAY = 0.5
RETRYABLE = (databases.DatabaseUnreachable, *TRANSIENT)


def prepare(settings: LocalSettings) -> None:
    """Create what is missing; idempotent. `CommandError` if an engine does not answer in time."""
    if settings.nats_url is None or settings.database_url is None:
        raise CommandError(
            "Cần thiết lập LOA_NATS_URL và LOA_DATABASE_URL (quyền quản trị).",
            "The settings LOA_NATS_URL and LOA_DATABASE_URL (as administrator) are needed.",
        )
    folder = brokers.data_folder()
    deadline = time.monotonic() + TIMEOUT
    asyncio.run(_until_done("PostgreSQL", lambda: _databases(settings, folder), deadline))
    asyncio.run(_until_done("NATS", lambda: _streams(settings, folder), deadline))
    print_text(Text("Cơ sở dữ liệu và luồng dữ liệu đã sẵn sàng.", "Databases and streams are ready."))


async def _until_done(engine: str, work: Callable[[], Awaitable[None]], deadline: float) -> None:
    shown = ""
    while True:
        try:
            return await work()
        except RETRYABLE as error:
            problem = f"{type(error).__name__}: {error}"
            if time.monotonic() > deadline:
                raise CommandError(
                    f"{engine} chưa hoạt động sau {TIMEOUT:g} giây: {problem}",
                    f"{engine} did not answer within {TIMEOUT:g} s: {problem}",
                ) from error
            if problem != shown:
                print_text(Text(f"Đang chờ {engine}: {problem}", f"Waiting for {engine}: {problem}"))
            shown = problem
            await asyncio.sleep(RETRY_DELAY)


async def _databases(settings: LocalSettings, folder: Path) -> None:
    if settings.database_url is not None:
        await databases.provide(settings.database_url.get_secret_value(), folder / databases.PASSWORDS)


async def _streams(settings: LocalSettings, folder: Path) -> None:
    client = await brokers.connected(settings.nats_url or "", folder)
    try:
        await streams.apply(client.jetstream(timeout=10), settings.nats_replicas)
    finally:
        await client.close()

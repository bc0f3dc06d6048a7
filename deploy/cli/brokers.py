"""Connects to the broker as the operator, and reads the whole event log."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import nats.errors
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from deploy.cli.console import CommandError
from deploy.local import state
from deploy.local.engines.operator_client import operator
from deploy.local.keys.keyring import Keyring
from deploy.local.settings import LocalSettings
from deploy.nats.permissions import OPERATOR
from shared.eventstore.log_reader import EVENTS, StreamState, stream_state
from shared.projections.batches import Feed, RawEvent

BATCH = 500
WAIT = 5.0  # seconds until the next events


class LogEndsEarly(CommandError):
    """The broker returns fewer events than its stream state says."""

    def __init__(self, at: int, last: int) -> None:
        super().__init__(
            f"NATS không trả được sự kiện sau vị trí {at} (nhật ký có {last}).",
            f"NATS returns no events after position {at} (the log has {last}).",
        )


def data_folder() -> Path:
    """Find the data folder of the platform that was started last, else that of the settings."""
    return Path(state.read().data_dir or LocalSettings().data_dir).resolve()


def has_operator(folder: Path) -> bool:
    """Say whether a data folder has the operator's key."""
    return (folder / "keys" / f"{OPERATOR}.nk").exists()


async def connected(url: str, folder: Path) -> Client:
    """Connect to the broker as the operator of a data folder."""
    return await operator(url, Keyring(folder / "keys"))


@asynccontextmanager
async def as_operator() -> AsyncIterator[Client]:
    url = state.read().nats_url
    if not url:
        raise CommandError(
            "Chưa biết địa chỉ NATS: đặt LOA_NATS_URL.", "The address of NATS is not known: set LOA_NATS_URL."
        )
    try:
        client = await connected(url, data_folder())
    except (OSError, nats.errors.Error) as error:
        raise CommandError(
            f"Không kết nối được NATS tại {url}: {error}", f"NATS cannot be reached at {url}: {error}"
        ) from error
    try:
        yield client
    finally:
        await client.close()


async def log_state(client: Client) -> StreamState | None:
    """Read the state of the log's stream; None if there is none."""
    try:
        return await stream_state(client.jetstream(timeout=10))
    except NotFoundError:
        return None


async def delete_consumer(client: Client, name: str) -> None:
    """Delete a durable consumer of the log, if there is one."""
    with suppress(NotFoundError):
        await client.jetstream(timeout=10).delete_consumer(EVENTS, name)


async def read_log(client: Client, last: int, visit: Callable[[RawEvent], None]) -> None:
    """Visit every event up to `last`, in order."""
    feed, at = Feed(client, 0), 0
    try:
        while at < last:
            batch = await feed.batch(BATCH, WAIT)
            if not batch:
                raise LogEndsEarly(at, last)
            for event in batch:
                if event.position <= last:
                    visit(event)
            at = batch[-1].position
            await asyncio.sleep(0)
    finally:
        await feed.close()

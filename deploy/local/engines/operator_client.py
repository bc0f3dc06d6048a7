"""Connects to the broker as the operator, and applies the declared streams."""

import nats
import nats.errors
from nats.aio.client import Client

from deploy.local.keys.keyring import Keyring
from deploy.nats.permissions import OPERATOR, inbox_prefix
from shared.eventstore import streams


async def apply_streams(url: str, ring: Keyring, replicas: int) -> list[streams.Difference]:
    """Create and update the streams as declared, as the operator."""
    client = await operator(url, ring)
    try:
        return await streams.apply(client.jetstream(timeout=10), replicas)
    finally:
        await client.close()


async def operator(url: str, ring: Keyring) -> Client:
    """Connect to the broker as the operator; in a cluster (addresses with commas) to the first node that answers."""
    return await nats.connect(
        url.split(","),
        nkeys_seed=str(ring.seed_file(OPERATOR)),
        inbox_prefix=inbox_prefix(OPERATOR),
        connect_timeout=5,
        allow_reconnect=False,
        max_reconnect_attempts=1,  # of each node before the first connection; the default is 60 with 2 s between
        reconnect_time_wait=0.1,
        error_cb=_ignore_error,
    )


async def _ignore_error(_: Exception) -> None:
    """Keep the client from printing errors that are raised anyway."""

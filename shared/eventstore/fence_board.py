"""Tells the services of each other which of them has seen another log: one key for each in a bucket of the broker."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

import nats.errors
from nats.aio.client import Client
from nats.js.api import Header
from nats.js.errors import NoStreamResponseError

from shared.contracts.envelope import OWNERS
from shared.eventstore.streams import FENCE, FENCE_BUCKET

SERVICES = tuple(sorted(set(OWNERS.values())))
SECONDS = 2.0
AGAIN_SECONDS = 60.0  # until a broker that answers nothing (a key of an older release) is asked again


def fence_subject(service: str) -> str:
    return f"$KV.{FENCE_BUCKET}.{service}"


@dataclass(slots=True)
class FenceBoard:
    """The entry of a service is why it refuses, or empty. Without the bucket (an older `loa streams apply`) all are empty."""

    client: Client
    service: str
    _silent_until: float = 0.0

    async def read(self) -> Mapping[str, str]:
        """Read the entries that are not empty, by service."""
        if monotonic() < self._silent_until:
            return {}
        entries = await asyncio.gather(*map(self._entry, SERVICES))
        return {service: entry for service, entry in zip(SERVICES, entries, strict=True) if entry}

    async def write(self, entry: str) -> None:
        try:
            await self.client.jetstream(timeout=SECONDS).publish(fence_subject(self.service), entry.encode())
        except (NoStreamResponseError, nats.errors.TimeoutError):
            return  # no bucket, or a key of an older release: each service compares for itself

    async def _entry(self, service: str) -> str:
        subject = f"$JS.API.DIRECT.GET.{FENCE}.{fence_subject(service)}"
        try:
            answer = await self.client.request(subject, timeout=SECONDS)
        except nats.errors.NoRespondersError:
            return ""
        except nats.errors.TimeoutError:
            if self.client.is_connected:
                self._silent_until = monotonic() + AGAIN_SECONDS
            return ""
        return "" if (answer.headers or {}).get(Header.STATUS) else answer.data.decode()

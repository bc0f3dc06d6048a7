"""A broker whose key ring has two external systems: the keys of `loa subscribers`, without their durables."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring, keyring, new_seed, write_secret
from deploy.nats.permissions import subscriber
from tests.support.servers.engines import fresh_nats

PORTAL, PRESS = subscriber("portal"), subscriber("press")


@pytest.fixture
def reader_keys(tmp_path: Path) -> Keyring:
    ring = keyring(tmp_path / "keys")
    for user in (PORTAL, PRESS):
        write_secret(ring.seed_file(user), new_seed())
    return ring


@pytest.fixture
async def reader_broker(reader_keys: Keyring, tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with fresh_nats(tmp_path / "nats", reader_keys) as server:
        yield server

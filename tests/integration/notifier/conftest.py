"""One notifier for each test: an empty log, an empty database, an empty mail folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from tests.integration.notifier.notifier_fixture import NotifierFixture, open_notifier_env
from tests.support.servers.engines import NewDatabase
from tests.support.servers.tokens import Issuer


@pytest.fixture
async def notifier_env(
    new_nats: NatsServer, keys: Keyring, token_issuer: Issuer, new_database: NewDatabase, tmp_path: Path
) -> AsyncIterator[NotifierFixture]:
    async with open_notifier_env(
        new_nats, keys, token_issuer, await new_database("notifier"), tmp_path
    ) as fixture:
        await fixture.stop_ticking()
        await fixture.units()
        yield fixture

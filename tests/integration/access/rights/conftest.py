"""One platform with the objects of a unit, for each file of attempts."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.keys.keyring import Keyring
from tests.integration.access.rights.attempts import Objects
from tests.support.platform.service import SERVICES, open_platform
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.tokens import Issuer


@pytest.fixture(scope="module")
async def objects(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keyring,
    token_issuer: Issuer,
    session_database: NewDatabase,
) -> AsyncIterator[Objects]:
    async with (
        fresh_nats(tmp_path_factory.mktemp("nats"), keys) as server,
        open_platform(
            server,
            keys,
            token_issuer,
            session_database,
            *SERVICES,
            mail_dir=tmp_path_factory.mktemp("mail"),
        ) as platform,
    ):
        objects = Objects(platform)
        await objects.make()
        await platform.settled()
        yield objects

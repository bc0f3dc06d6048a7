"""A service that is scraped while it still waits for its database, before it has ever reached the broker."""

import asyncpg
import pytest

from tests.support.platform.service import Platform, eventually
from tests.support.servers.engines import NewDatabase

MIGRATING = "loa-migrations"  # the lock of who brings the tables up to date


@pytest.mark.parametrize("service", ["campaigns", "notifier"])
async def test_a_scrape_before_the_first_connection_leaves_it_whole(
    platform: Platform, new_database: NewDatabase, service: str
) -> None:
    platform.databases[service] = await new_database(service)
    another_migrates = await asyncpg.connect(platform.databases[service])
    await another_migrates.execute("SELECT pg_advisory_lock(hashtext($1))", MIGRATING)
    async with platform.another(service, until_ready=False) as early:
        assert (await early.client.get("/metrics")).status_code == 200
        assert not await early.ready()
        await another_migrates.close()
        await eventually(early.ready)

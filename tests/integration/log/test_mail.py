"""No mail goes out by a log that the rows don't come from: neither a new one nor one that was queued."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from shared.kernel.runtime import new_id
from tests.integration.log.replaced_log import LOG_REPLACED, Store, grow
from tests.integration.notifier.notifier_fixture import (
    NotifierFixture,
    open_notifier_env,
    opened,
    put_recipient,
    tick,
)
from tests.support.platform.service import Api, eventually
from tests.support.servers.engines import NewDatabase
from tests.support.servers.tokens import Issuer


@pytest.fixture
async def office(
    new_nats: NatsServer, keys: Keyring, token_issuer: Issuer, new_database: NewDatabase, tmp_path: Path
) -> AsyncIterator[NotifierFixture]:
    url = await new_database("notifier")
    async with open_notifier_env(new_nats, keys, token_issuer, url, tmp_path) as made:
        await made.stop_ticking()
        yield made


async def test_nothing_is_mailed_about_drafts_that_the_log_lost(
    office: NotifierFixture, store: Store
) -> None:
    """The log stays shorter than the rows, then grows past them, and a day begins on which reminders are due."""
    async with office.notifier() as api:
        await put_units(office, api)
        await store.copy()
        await eventually(lambda: _written(office))
        await eventually(lambda: _ticked(office, api))
        sent = len(office.mails())
        assert sent == 1
        await store.restore()
        office.clock.moment += timedelta(days=7)
        await eventually(lambda: _refused(api))
        await grow(office.server, 30)
        await eventually(lambda: _refused(api))
        assert len(office.mails()) == sent
        queued = await api.client.get("/preview")
        assert (queued.status_code, queued.json()["type"]) == (503, LOG_REPLACED)
        kinds = await office.rows("SELECT kind, decision FROM log_fence")
        assert [row["decision"] for row in kinds] == [None]


async def put_units(office: NotifierFixture, api: Api) -> None:
    position = await office.units()
    await api.settled(position)
    await put_recipient(api)


async def _written(office: NotifierFixture) -> bool:
    """A writer is reconnected by and by."""
    if not office.metrics.client.is_connected:
        return False
    return bool(await office.gap(opened(new_id())))


async def _ticked(office: NotifierFixture, api: Api) -> bool:
    if not await api.ready():
        return False
    await tick(api, await office.head())
    return bool(office.mails())


async def _refused(api: Api) -> bool:
    """A tick is refused by the type of problem that is stable; before that, while the log is compared, by any 503."""
    answer = await api.client.post("/tick", json={})
    assert answer.status_code == 503, answer.text
    return bool(answer.json()["type"] == LOG_REPLACED)

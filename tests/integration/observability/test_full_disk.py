"""A broker whose disk is full, on a small disk that is filled for real: it refuses events until it is restarted."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from tests.support.platform.service import Api, Platform, eventually, open_platform
from tests.support.samples import small_office
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.small_disk import fill, small_disk
from tests.support.servers.tokens import Issuer

_numbers = itertools.count(1)


@pytest.fixture
async def broker(tmp_path: Path, keys: Keyring) -> AsyncIterator[NatsServer]:
    with small_disk(tmp_path / "disk") as disk:
        async with fresh_nats(disk / "nats", keys) as server:
            yield server


@pytest.fixture(params=["monitored", pytest.param("without a monitoring address", marks=pytest.mark.slow)])
async def platform(
    request: pytest.FixtureRequest,
    broker: NatsServer,
    keys: Keyring,
    token_issuer: Issuer,
    new_database: NewDatabase,
) -> AsyncIterator[Platform]:
    monitor = broker.monitor_url if request.param == "monitored" else ""
    services = ("registry", "campaigns")
    async with open_platform(
        broker, keys, token_issuer, new_database, *services, nats_monitor_url=monitor
    ) as opened:
        yield opened


async def write(api: Api, code: str) -> int:
    return (await api.client.post("/units", json=small_office.unit(code))).status_code


async def readiness(api: Api) -> tuple[int, dict[str, Any]]:
    answer = await api.client.get("/readyz", params={"for": "writes"})
    return answer.status_code, answer.json()["checks"]["log_writes"]


async def refused(api: Api) -> bool:
    """Write something new; what still fits into the last page of the disk is accepted."""
    return await write(api, f"REFUSED{next(_numbers)}") == 503


async def accepts_writes(api: Api) -> bool:
    return (await readiness(api))[0] == 200


async def metric(api: Api, line: str) -> bool:
    return line in (await api.client.get("/metrics")).text


async def test_a_full_disk_is_reported_until_the_broker_was_restarted(
    platform: Platform, broker: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.observability.signals.FRESH_SECONDS", 0.0)
    registry, campaigns = platform.registry, platform.campaigns
    assert await write(registry, "BEFORE") == 201
    assert await accepts_writes(registry)
    ballast = fill(broker.folder.parent)
    await eventually(lambda: refused(registry), 60)
    for _ in range(2):  # with a full disk, and when there is room again
        assert await refused(registry)
        status, check = await readiness(registry)
        assert (status, check["ok"], check["needed"]) == (503, False, True)
        assert "start the broker again" in check["detail"]
        assert await metric(registry, 'loa_check_ok{check="log_writes"} 0.0')
        assert await metric(registry, 'loa_ready{purpose="writes"} 0.0')
        assert (await registry.client.get("/readyz")).status_code == 200  # reads continue
        assert (await registry.client.get("/units")).status_code == 200
        if campaigns.settings.nats_monitors:  # it has appended nothing yet
            assert not await accepts_writes(campaigns)
        ballast.unlink(missing_ok=True)
    await broker.stop()
    await broker.start()
    await eventually(lambda: accepts_writes(registry))
    assert await write(registry, "AFTER") == 201
    await platform.settled()
    assert (await registry.client.get("/units/AFTER")).status_code == 200

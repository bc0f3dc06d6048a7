"""A notifier whose clock is wrong plans and sends nothing, and says so; with the right one it does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from deploy.nats.permissions import OPERATOR
from services.notifier.app import create_app
from shared.eventstore.streams import TICK_SUBJECT, TICKS
from shared.kernel import runtime
from shared.kernel.local_day import VIETNAM, day_in_vietnam
from shared.rules.rulebook.rulebook import load_rulebook
from tests.integration.metrics.office import Office, ago
from tests.support.platform.service import Api, Platform, eventually, open_platform, running
from tests.support.servers.engines import NewDatabase, connected
from tests.support.servers.tokens import Issuer

LARGE = 1e12
HALF_A_DAY = timedelta(hours=12)


@pytest.fixture
async def office(
    new_nats: NatsServer, keys: Keyring, token_issuer: Issuer, new_database: NewDatabase
) -> AsyncIterator[Platform]:
    async with open_platform(
        new_nats, keys, token_issuer, new_database, "registry", "campaigns", "metrics"
    ) as platform:
        unit = Office(platform, "CLOCK")
        await unit.open()
        await unit.enter("draft_consultation", ago(40))
        await platform.settled()
        platform.databases["notifier"] = await new_database("notifier")
        yield platform


@asynccontextmanager
async def notifier_at(
    platform: Platform, offset: timedelta, tolerance: float, folder: Path
) -> AsyncIterator[Api]:
    """Run a notifier whose clock is off by `offset`, with a recipient for the unit with a gap."""
    settings = platform.settings("notifier", clock_tolerance_seconds=tolerance, mail_dir=folder / "mail")
    app = partial(create_app, now=lambda: runtime.now() + offset)
    async with running(app, settings, platform.issuer, until_ready=False) as api:
        await eventually(lambda: _serves(api))
        body = [{"role": "focal_point", "email": "dau.moi@stp.example.vn", "language": "vi"}]
        assert (await api.client.put("/units/CLOCK/recipients", json=body)).status_code == 200
        await api.settled(await platform.head())
        yield api


async def _serves(api: Api) -> bool:
    return (await api.client.get("/readyz", params={"for": "writes"})).status_code == 200


def until_mail_hour() -> timedelta:
    """Give how far the next hour with mail is: nine o'clock of a working day, at least a day from now."""
    tomorrow = day_in_vietnam(runtime.now()) + timedelta(days=1)
    day = load_rulebook().calendar.next_working_day(tomorrow)
    return datetime(day.year, day.month, day.day, 9, tzinfo=VIETNAM) - runtime.now()


async def wake(platform: Platform) -> None:
    async with connected(platform.server, OPERATOR) as operator:
        await operator.jetstream().publish(TICK_SUBJECT, b"", stream=TICKS)


async def has_metric(api: Api, line: str) -> bool:
    return line in (await api.client.get("/metrics")).text


async def has_processed_a_tick(api: Api) -> bool:
    return await has_metric(api, 'loa_messages_total{consumer="notifier-ticks",outcome="done"}')


def mails(folder: Path) -> list[Path]:
    return [path for path in (folder / "mail").rglob("*") if path.is_file()]


async def test_a_clock_that_is_ahead_sends_no_mail_of_the_next_day(office: Platform, tmp_path: Path) -> None:
    async with notifier_at(office, until_mail_hour(), 120, tmp_path) as api:
        await wake(office)
        await eventually(lambda: has_processed_a_tick(api))
        assert mails(tmp_path) == []
        assert (await api.client.get("/digests/counts")).json().get("sent", 0) == 0
        await _reports_its_clock(api, "ahead of")
    async with notifier_at(office, until_mail_hour(), LARGE, tmp_path) as api:  # the same, trusted
        await wake(office)
        await eventually(lambda: _has_sent(api))
    assert mails(tmp_path)


async def _has_sent(api: Api) -> bool:
    return bool((await api.client.get("/digests/counts")).json().get("sent"))


async def _reports_its_clock(api: Api, direction: str) -> None:
    readiness = await api.client.get("/readyz")
    check = readiness.json()["checks"]["clock"]
    assert (readiness.status_code, check["ok"], check["needed"]) == (200, False, False)
    assert f"s {direction} PostgreSQL's" in check["detail"]
    assert await has_metric(api, 'loa_check_ok{check="clock"} 0.0')
    refused = await api.client.post("/tick", json={})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:loa:problem:clock-not-trusted")


@pytest.mark.parametrize(("offset", "direction"), [(HALF_A_DAY, "ahead of"), (-HALF_A_DAY, "behind")])
async def test_a_clock_that_is_off_is_reported(
    office: Platform, tmp_path: Path, offset: timedelta, direction: str
) -> None:
    async with notifier_at(office, offset, 120, tmp_path) as api:
        await _reports_its_clock(api, direction)
        text = (await api.client.get("/metrics")).text
        (line,) = (line for line in text.splitlines() if line.startswith("loa_clock_ahead_seconds"))
        assert float(line.split()[1]) == pytest.approx(offset.total_seconds(), abs=30)


async def test_a_clock_within_the_tolerance_is_trusted(office: Platform, tmp_path: Path) -> None:
    async with notifier_at(office, timedelta(seconds=60), 120, tmp_path) as api:
        assert (await api.client.get("/readyz")).json()["checks"]["clock"]["ok"] is True
        assert (await api.client.post("/tick", json={})).status_code == 200

"""A full disk of the broker, in three forms, while mails go out and a gap is to be announced: both are made good by itself."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from shared.eventstore.streams import TICKS
from tests.integration.answers.office import OwingUnit, open_owing_unit, working_day
from tests.integration.metrics.office import Office, ago, log_of
from tests.support.platform.service import Api, Platform, eventually, open_platform
from tests.support.samples import small_office
from tests.support.servers.engines import NewDatabase, connected, fresh_nats
from tests.support.servers.small_disk import fill, small_disk
from tests.support.servers.tokens import Issuer

PATIENCE = 90.0  # what was sent is announced by a loop that runs every 30 s
LEFT_BYTES = 1 << 17  # for the broker's own configuration and log; its store gets three quarters of it
_numbers = itertools.count(1)
FORMS = ("single events", "batches", "started full")


@dataclass(frozen=True, slots=True)
class Setting:
    """A platform on a broker with a small disk, without the broker's own clock; its `metrics` can be left out."""

    platform: Platform
    broker: NatsServer
    mail_dir: Path

    @property
    def disk(self) -> Path:
        return self.broker.folder.parent

    async def become_full(self, form: str) -> Path:
        """Fill the disk in one of three forms; return the file to remove."""
        if form != "started full":
            ballast = fill(self.disk)
            refused = self._import_is_refused if form == "batches" else self._command_is_refused
            await eventually(refused, PATIENCE)
            return ballast
        await self.broker.stop()
        ballast = fill(self.disk, leave=LEFT_BYTES)
        await self.broker.start()
        fill(self.disk, name="rest")
        await eventually(self._command_is_refused, PATIENCE)
        return ballast

    async def free_disk(self, ballast: Path) -> None:
        """Do what the runbook says."""
        for file in (ballast, ballast.with_name("rest")):
            await asyncio.to_thread(file.unlink, missing_ok=True)
        await self.broker.stop()
        await self.broker.start()

    async def _command_is_refused(self) -> bool:
        """Write until the broker itself refuses: right after its start a service may only be not connected yet."""
        client = self.platform.registry.client
        answer = await client.post("/units", json=small_office.unit(f"FULL{next(_numbers)}"))
        checks = (await client.get("/readyz", params={"for": "writes"})).json()["checks"]
        is_refused = answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        return is_refused and checks["nats"]["ok"] and not checks["log_writes"]["ok"]

    async def _import_is_refused(self) -> bool:
        rows = [small_office.unit(f"FULL{next(_numbers)}") for _ in range(200)]
        outcomes = await self.platform.registry.import_rows("units", rows)
        return any(outcome.get("again") for outcome in outcomes)

    async def tick(self) -> None:
        """Ask for the mails of the next working day, whatever comes of it."""
        await self.platform.services["notifier"].client.post("/tick", json={"at": working_day().isoformat()})

    def mails_of(self, unit: str) -> list[Path]:
        return sorted(self.mail_dir.glob(f"{working_day()}_{unit}_*.eml"))

    async def events(self, kind: str, code: str) -> list[Any]:
        """Read the events of a kind about a draft."""
        of_kind = [event for event in await log_of(self.platform) if event.type.endswith(f".{kind}.v1")]
        return [
            event for event in of_kind if event.metadata.about and event.metadata.about.draft_code == code
        ]


@pytest.fixture
async def setting(
    keys: Keyring, token_issuer: Issuer, new_database: NewDatabase, tmp_path: Path
) -> AsyncIterator[Setting]:
    mail = tmp_path / "mail"
    services = ("registry", "campaigns", "notifier")
    with small_disk(tmp_path / "disk") as disk:
        async with fresh_nats(disk / "nats", keys) as broker:
            async with connected(broker, "operator") as operator:
                await operator.jetstream().purge_stream(TICKS)
            async with open_platform(
                broker, keys, token_issuer, new_database, *services, mail_dir=mail
            ) as platform:
                platform.databases["metrics"] = await new_database("metrics")
                yield Setting(platform, broker, mail)


async def _owing(setting: Setting, metrics: Api) -> OwingUnit:
    setting.platform.services["metrics"] = metrics
    try:
        return await open_owing_unit(setting.platform, setting.mail_dir)
    finally:
        del setting.platform.services["metrics"]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("form", FORMS)
async def test_sent_mails_and_due_gaps_are_announced_once_the_log_takes_writes(
    setting: Setting, form: str
) -> None:
    async with setting.platform.another("metrics") as metrics:
        owing = await _owing(setting, metrics)
    late = Office(setting.platform, "LATE")  # its gap is announced by nobody before the disk is full
    await late.open()
    await late.enter("draft_consultation", ago(40))
    ballast = await setting.become_full(form)
    async with setting.platform.another("metrics", until_ready=False):
        await _tick_until_mailed(setting, owing, form)
        assert await setting.events("gap_opened", "LATE") == []
        await setting.free_disk(ballast)
        await eventually(lambda: setting.events("gap_opened", "LATE"), PATIENCE)
        if form != "started full":
            await eventually(lambda: setting.events("sent", owing.code), PATIENCE)
        await eventually(lambda: setting.events("raised", "LATE"), PATIENCE)
        await eventually(lambda: _is_made_good(setting, owing), PATIENCE)
        for kind, code in (("gap_opened", "LATE"), ("raised", "LATE"), ("sent", owing.code)):
            assert len(await setting.events(kind, code)) == 1
        assert len(setting.mails_of(owing.code)) == 1


async def _tick_until_mailed(setting: Setting, owing: OwingUnit, form: str) -> None:
    """The mail goes out by a log that can be read; one that was started full may not answer at all."""
    async with asyncio.timeout(PATIENCE):
        while not setting.mails_of(owing.code):
            await setting.tick()
            if form == "started full":
                return
    assert await setting.events("sent", owing.code) == []


async def _is_made_good(setting: Setting, owing: OwingUnit) -> bool:
    await setting.tick()
    return bool(await setting.events("sent", owing.code)) and bool(setting.mails_of(owing.code))

"""The exercise office for eight weeks, with all four services: facts go in at the doors, mails come out.

The same second reading of the rules as for the year; here the gaps are those that metrics announces.
"""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.cli.data.columns import ORDER
from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from deploy.sample import exercise
from shared.contracts.envelope import CATALOG, decode
from shared.contracts.event import Event
from shared.projections.batches import Feed
from tests.integration.notifier.mails.test_year import CALENDAR, Office, days, moment
from tests.integration.notifier.notifier_fixture import Writer, open_notifier_env
from tests.support.platform.service import Platform, eventually, open_platform
from tests.support.rules.naive_mail import NaiveNotifier
from tests.support.servers.engines import NewDatabase
from tests.support.servers.tokens import Issuer

FIRST, DAYS = date(2026, 4, 6), 56  # with Giỗ Tổ (27 April, in lieu), 30 April and 1 May


class Log:
    """Reads on in the log, for the second reader."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._feed = Feed(office.operator, 0)
        self._read = 0

    async def learn(self) -> None:
        head = await self._office.notifier_env.head()
        while self._read < head:
            for raw in await self._feed.batch(1000, 1.0):
                self._read = raw.position
                event = decode(CATALOG, raw.position, raw.payload).data
                if isinstance(event, Event):
                    self._office.naive.learn(event)


@asynccontextmanager
async def opened(
    server: NatsServer, keys: Keyring, issuer: Issuer, new_database: NewDatabase, folder: Path
) -> AsyncIterator[tuple[Platform, Office]]:
    async with (
        open_platform(server, keys, issuer, new_database, "registry", "campaigns", "metrics") as platform,
        open_notifier_env(server, keys, issuer, await new_database("notifier"), folder) as notifier_env,
    ):
        await notifier_env.stop_ticking()
        notifier_env.clock.moment = moment(FIRST, 6)
        engine = create_async_engine(notifier_env.settings.async_database_url)
        async with (
            notifier_env.notifier() as api,
            notifier_env.operator() as operator,
            engine.connect() as database,
        ):
            naive = NaiveNotifier(CALENDAR.is_working)
            yield (
                platform,
                Office(notifier_env, api, Writer(operator), operator, database, naive, random.Random(3)),
            )
        await engine.dispose()


async def fill(platform: Platform, office: Office) -> None:
    """Put the exercise of the first day in, as `loa import` does."""
    for name, rows in sorted(
        exercise.sheets(FIRST, CALENDAR).items(), key=lambda item: list(ORDER).index(item[0])
    ):
        if ORDER[name] == "notifier":
            outcomes = await office.api.import_rows(name, rows, min_position=await platform.head())
            assert {outcome["status"] for outcome in outcomes} == {"taken"}
        else:
            await platform.import_rows(name, rows, ORDER[name])
    office.naive.boxes = [(email, unit, role) for unit, role, email, _ in exercise.RECIPIENTS]
    await platform.settled()


async def do_something(platform: Platform, office: Office, log: Log, day: date) -> None:
    """Let a unit do its duty on some days: a communication about the whole draft closes the gap."""
    still = [gap_id for gap_id in office.naive.gaps if gap_id not in office.naive.ended]
    if not still or office.chance.random() > 0.12:
        return
    gap = office.naive.gaps[office.chance.choice(still)]
    body: dict[str, Any] = {"held_on": day.isoformat(), "channel": "conference", "title": f"Hội nghị {day}"}
    answer = await platform.campaigns.client.post(f"/drafts/{gap.draft_code}/communications", json=body)
    assert answer.status_code == 201, answer.text

    async def closed() -> bool:
        await log.learn()
        return gap.gap_id in office.naive.ended

    await eventually(closed)


@pytest.mark.chaos
@pytest.mark.timeout(600)
async def test_the_exercise_office_for_eight_weeks(
    new_nats: NatsServer, keys: Keyring, token_issuer: Issuer, new_database: NewDatabase, tmp_path: Path
) -> None:
    async with opened(new_nats, keys, token_issuer, new_database, tmp_path) as (platform, office):
        await fill(platform, office)
        log = Log(office)

        async def announced() -> bool:
            await log.learn()
            return len(office.naive.gaps) >= 6

        await eventually(announced)
        for day in days(FIRST, DAYS):
            office.seen = {}
            await do_something(platform, office, log, day)
            await log.learn()
            await office.tick(moment(day, 8, 1))
            await office.expect(day, office.naive.morning(day))
            if office.chance.random() < 0.3:
                await office.tick(moment(day, 9))
                await office.expect(day, {})
        kinds = await office.notifier_env.rows("SELECT kind, count(*) AS n FROM digest GROUP BY 1")
    assert {row["kind"] for row in kinds} == {"digest", "weekly_list", "monthly_summary"}
    print(DAYS, "days:", {row["kind"]: row["n"] for row in kinds})  # noqa: T201  the figures of the office

"""A full disk, an older log, an empty log and a bad message: within 10 s `loa doctor`, `loa status` and the pages name them."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import pytest

from deploy.cli.operate.health import readings, status
from deploy.cli.operate.health.diagnosis import diagnose
from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from deploy.local.settings import LocalSettings
from deploy.local.state import Current
from shared.contracts.event import draft_id
from shared.eventstore.log_reader import EVENTS
from shared.kernel.errors import Text
from shared.projections.projection_health import ANOTHER_LOG, REFUSED_WRITES
from tests.integration.log.replaced_log import Store, recorded
from tests.support.platform.service import SERVICES, Platform, eventually, open_platform
from tests.support.samples import small_office
from tests.support.servers.engines import NewDatabase, connected, fresh_nats
from tests.support.servers.small_disk import fill, small_disk
from tests.support.servers.tokens import Issuer

NAMED_SECONDS = 10.0
_numbers = itertools.count(1)
Fault = Callable[[Platform, Store], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Named:
    """Words that must stand where an operator or an official looks."""

    doctor: str
    fix: str
    status: str
    page: str


@pytest.fixture
async def platform(
    keys: Keyring, token_issuer: Issuer, new_database: NewDatabase, tmp_path: Path
) -> AsyncIterator[Platform]:
    with small_disk(tmp_path / "disk") as disk:
        async with fresh_nats(disk / "nats", keys) as broker:
            monitor = broker.monitor_url
            async with open_platform(
                broker,
                keys,
                token_issuer,
                new_database,
                *SERVICES,
                nats_monitor_url=monitor,
                public_read=True,
            ) as opened:
                yield opened


async def full_disk(platform: Platform, _: Store) -> None:
    fill(platform.server.folder.parent)

    async def is_refused() -> bool:
        unit = small_office.unit(f"FULL{next(_numbers)}")
        answer = await platform.registry.client.post("/units", json=unit)
        return answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE

    await eventually(is_refused, 60)


async def older_log(platform: Platform, store: Store) -> None:
    await store.copy()
    await recorded(platform, "B1", "B2")
    await store.restore()
    await eventually(lambda: _all_reconnected(platform), 60)


async def empty_log(platform: Platform, store: Store) -> None:
    await store.wipe()
    await eventually(lambda: _all_reconnected(platform), 60)


async def _all_reconnected(platform: Platform) -> bool:
    answers = [(await api.client.get("/readyz")).json() for api in platform.services.values()]
    return all(answer["checks"]["nats"]["ok"] for answer in answers)


async def bad_message(platform: Platform, _: Store) -> None:
    async with connected(platform.server, "registry") as client:
        subject = f"loa.draft.{draft_id('BAD')}.registered"
        await client.jetstream().publish(subject, b"null", stream=EVENTS)


CASES: dict[str, tuple[Fault, Named]] = {
    "full disk": (
        full_disk,
        Named("refuses every event", "", "log_writes", REFUSED_WRITES.vi),
    ),
    "older log": (older_log, Named("do not rebuild", "loa recover", "loa recover", ANOTHER_LOG.vi)),
    "empty log": (empty_log, Named("do not rebuild", "loa recover", "loa recover", ANOTHER_LOG.vi)),
    "bad message": (bad_message, Named("halted at event", "loa skip", "loa skip", "không đọc được sự kiện")),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
async def test_it_is_named_within_ten_seconds(platform: Platform, tmp_path: Path, case: str) -> None:
    fault, named = CASES[case]
    await recorded(platform, "A1")
    await fault(platform, Store(platform.server, tmp_path))
    began = time.monotonic()
    missing = {"doctor", "status", "page"}
    while missing and time.monotonic() - began < NAMED_SECONDS:
        missing = await _missing(platform, named, tmp_path)
    assert missing == set(), f"not named after {time.monotonic() - began:.1f} s"
    assert time.monotonic() - began < NAMED_SECONDS


async def _missing(platform: Platform, named: Named, folder: Path) -> set[str]:
    current = _current(platform, folder)
    findings, screen, page = await asyncio.gather(
        readings.collect(current, folder, LocalSettings()),
        status.collect(current),
        platform.services["metrics"].client.get("/"),
    )
    problems = [state.problem for state in screen.services if state.problem]
    named_by = {
        "doctor": any(
            named.doctor in finding.what.en and named.fix in finding.fix for finding in diagnose(findings)
        ),
        "status": any(named.status in problem.en for problem in problems) and _in_both(problems),
        "page": named.page in page.text,
    }
    return {place for place, is_named in named_by.items() if not is_named}


def _in_both(problems: list[Text]) -> bool:
    return all(problem.vi and problem.vi != problem.en for problem in problems)


def _current(platform: Platform, folder: Path) -> Current:
    urls = {name: f"http://127.0.0.1:{api.settings.port}" for name, api in platform.services.items()}
    server: NatsServer = platform.server
    return Current(urls, platform.issuer.token(), str(folder), server.url, server.monitor_url)

"""Collects every reading that `loa doctor` evaluates, in parallel; a part that does not answer is recorded, not raised."""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

from deploy.cli.operate.health.engine_readings import (
    SECONDS,
    Broker,
    Database,
    read_broker,
    read_database,
    read_text,
)
from deploy.local import state
from deploy.local.settings import LocalSettings
from deploy.nats.permissions import SERVICES
from shared.kernel import runtime
from shared.kernel.authorities import authorities
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.settings import RuleSettings
from shared.rules.rulebook.rulebook import load_rulebook

DUE_DAYS_TO_COME = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; `ahead` is the least number of seconds that the other clock is ahead of ours (negative: behind)."""

    status: int
    body: Any
    ahead: float = 0.0


@dataclass(frozen=True, slots=True)
class Disk:
    total: int
    free: int


@dataclass(frozen=True, slots=True)
class Readings:
    """All readings of one moment; `answers` by service and path, without the paths that did not answer."""

    now: datetime
    current: state.Current
    folder: Path
    answers: Mapping[str, Mapping[str, Answer]] = field(default_factory=dict)
    monitor: Answer | None = None
    broker_health: tuple[Answer | None, ...] = ()  # of each node
    stores: tuple[Answer | None, ...] = ()  # of each node
    configured: str = ""
    broker: Broker = field(default_factory=Broker)
    database: Database = field(default_factory=Database)
    disk: Disk | None = None
    provisional_years: tuple[int, ...] = ()  # this year, or that of the due days to come
    pid_files: frozenset[str] = frozenset()  # services whose process id is in the data folder


PATHS: Mapping[str, tuple[str, ...]] = {
    name: ("/readyz", "/projections", "/log", *(("/digests/counts",) if name == "notifier" else ()))
    for name in SERVICES
}


def next_mail_day(now: datetime) -> date:
    """Give the next day with mail: only the plan of such a day names the units without recipients."""
    return load_rulebook(RuleSettings().rule_files).calendar.next_working_day(day_in_vietnam(now))


def provisional_years(now: datetime) -> tuple[int, ...]:
    """Give the years of today and of the due days to come whose days off no notice has settled."""
    today = day_in_vietnam(now)
    return load_rulebook(RuleSettings().rule_files).provisional([today, today + DUE_DAYS_TO_COME])


async def collect(current: state.Current, folder: Path, settings: LocalSettings) -> Readings:
    now = runtime.now()
    addresses = monitors(current)
    answers, monitor, health, stores, broker, database = await asyncio.gather(
        _answers(current, now),
        ask([f"{url}/varz" for url in addresses[:1]]),
        ask([f"{url}/healthz" for url in addresses]),
        ask([f"{url}/jsz" for url in addresses]),
        read_broker(current.nats_url, folder, settings.nats_replicas),
        read_database(folder, settings),
    )
    years = await asyncio.to_thread(provisional_years, now)
    return Readings(
        now=now,
        current=current,
        folder=folder,
        answers=answers,
        monitor=monitor[0] if monitor else None,
        broker_health=tuple(health),
        stores=tuple(stores),
        configured=read_text(folder / "nats" / "nats.conf"),
        broker=broker,
        database=database,
        disk=_disk(folder),
        provisional_years=years,
        pid_files=frozenset(name for name in SERVICES if read_text(folder / "run" / f"{name}.pid")),
    )


async def _preview(current: state.Current, now: datetime) -> Answer | None:
    """Ask for the mails of the next day with mail; reading the calendar takes time, and counts."""
    if "notifier" not in current.urls:
        return None
    try:
        async with asyncio.timeout(SECONDS):
            day = await asyncio.to_thread(next_mail_day, now)
            url = f"{current.urls['notifier'].rstrip('/')}/preview?at={day}"
            return (await ask([url], current.token))[0]
    except TimeoutError:
        return None


async def _answers(current: state.Current, now: datetime) -> Mapping[str, Mapping[str, Answer]]:
    answers, preview = await asyncio.gather(ask_services(current, PATHS), _preview(current, now))
    if preview is None:
        return answers
    return {**answers, "notifier": {**answers.get("notifier", {}), "/preview": preview}}


def monitors(current: state.Current) -> list[str]:
    """List the broker's monitoring endpoints: one a node."""
    return [url.rstrip("/") for url in current.nats_monitor_url.split(",") if url]


def broker_report(answer: Answer | None) -> Mapping[str, Any]:
    """Give the document of a monitoring endpoint; an empty one if there is none."""
    return answer.body if answer is not None and isinstance(answer.body, Mapping) else {}


async def ask_services(
    current: state.Current, paths: Mapping[str, Sequence[str]]
) -> Mapping[str, Mapping[str, Answer]]:
    """Send all requests side by side; give the answers by service and path, without the query."""
    requests = [(name, path) for name in SERVICES if name in current.urls for path in paths[name]]
    urls = [current.urls[name].rstrip("/") + path for name, path in requests]
    result: dict[str, dict[str, Answer]] = {}
    for (name, path), answer in zip(requests, await ask(urls, current.token), strict=True):
        if answer is not None:
            result.setdefault(name, {})[path.partition("?")[0]] = answer
    return result


async def ask(urls: Sequence[str], token: str = "") -> list[Answer | None]:
    """Send all requests side by side; None for what does not answer in time."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    is_secure = any(url.startswith("https:") for url in urls)
    verify = authorities() if is_secure else False  # reading the authorities takes as long as an answer
    async with httpx.AsyncClient(headers=headers, timeout=SECONDS, verify=verify) as http:
        return list(await asyncio.gather(*(_get(http, url) for url in urls)))


async def _get(http: httpx.AsyncClient, url: str) -> Answer | None:
    sent = runtime.now()
    try:
        async with asyncio.timeout(SECONDS):
            answer = await http.get(url)
    except (httpx.TransportError, httpx.InvalidURL, TimeoutError):
        return None
    ahead = clock_ahead(answer.headers.get("Date"), sent, runtime.now())
    try:
        return Answer(answer.status_code, answer.json(), ahead)
    except ValueError:
        return Answer(answer.status_code, None, ahead)


def clock_ahead(date_header: str | None, sent: datetime, received: datetime) -> float:
    """Give the least difference to another clock in seconds: its header has whole seconds, and the request took time."""
    try:
        there = parsedate_to_datetime(date_header or "")
    except ValueError:
        return 0.0
    late, early = (there - received).total_seconds(), (there + timedelta(seconds=1) - sent).total_seconds()
    return late if late > 0 else min(early, 0.0)


def _disk(folder: Path) -> Disk | None:
    try:
        used = shutil.disk_usage(folder)
    except OSError:
        return None
    return Disk(used.total, used.free)

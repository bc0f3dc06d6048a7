"""Collects every reading that `loa doctor` evaluates, in parallel; a part that does not answer is recorded, not raised."""

import asyncio
import shutil
from collections.abc import Mapping
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
from shared.kernel import clock
from shared.kernel.settings import RuleSettings
from shared.rules.rulebook.rulebook import load_rulebook


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
    configured: str = ""
    broker: Broker = field(default_factory=Broker)
    database: Database = field(default_factory=Database)
    disk: Disk | None = None
    pid_files: frozenset[str] = frozenset()  # services whose process id is in the data folder


def paths_of(service: str, mail_day: date) -> tuple[str, ...]:
    own = {"notifier": ("/digests/counts", f"/preview?at={mail_day}")}
    return ("/readyz", "/projections", "/log", *own.get(service, ()))


def next_mail_day(now: datetime) -> date:
    """Give the next day with mail: only the plan of such a day names the units without recipients."""
    return load_rulebook(RuleSettings().rule_files).calendar.next_working_day(clock.day_in_vietnam(now))


async def collect(current: state.Current, folder: Path, settings: LocalSettings) -> Readings:
    headers = {"Authorization": f"Bearer {current.token}"} if current.token else {}
    now = clock.now()
    async with httpx.AsyncClient(headers=headers, timeout=SECONDS) as http:
        answers, monitor, broker, database = await asyncio.gather(
            _answers(http, current.urls, next_mail_day(now)),
            _get(http, f"{current.nats_monitor_url}/varz") if current.nats_monitor_url else _nothing(),
            read_broker(current.nats_url, folder, settings.nats_replicas),
            read_database(folder, settings),
        )
    return Readings(
        now=now,
        current=current,
        folder=folder,
        answers=answers,
        monitor=monitor,
        configured=read_text(folder / "nats" / "nats.conf"),
        broker=broker,
        database=database,
        disk=_disk(folder),
        pid_files=frozenset(name for name in SERVICES if read_text(folder / "run" / f"{name}.pid")),
    )


async def _nothing() -> None:
    return None


async def _answers(
    http: httpx.AsyncClient, urls: Mapping[str, str], mail_day: date
) -> Mapping[str, Mapping[str, Answer]]:
    requests = [(name, path) for name in SERVICES if name in urls for path in paths_of(name, mail_day)]
    received = await asyncio.gather(*(_get(http, urls[name].rstrip("/") + path) for name, path in requests))
    result: dict[str, dict[str, Answer]] = {}
    for (name, path), answer in zip(requests, received, strict=True):
        if answer is not None:
            result.setdefault(name, {})[path.partition("?")[0]] = answer
    return result


async def _get(http: httpx.AsyncClient, url: str) -> Answer | None:
    sent = clock.now()
    try:
        answer = await http.get(url)
    except (httpx.TransportError, httpx.InvalidURL):
        return None
    ahead = clock_ahead(answer.headers.get("Date"), sent, clock.now())
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

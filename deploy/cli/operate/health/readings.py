"""Takes every reading that `loa doctor` judges, all at once; what gives no reading is told, never raised."""

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
from shared import clock
from shared.rules.rulebook import load_rulebook
from shared.settings import RuleSettings


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `ahead` is how many seconds the other clock is surely ahead of ours (or behind)."""

    status: int
    body: Any
    ahead: float = 0.0


@dataclass(frozen=True, slots=True)
class Disk:
    total: int
    free: int


@dataclass(frozen=True, slots=True)
class Vitals:
    """All readings of one moment; a door that did not answer is missing in `doors`."""

    now: datetime
    current: state.Current
    folder: Path
    doors: Mapping[str, Mapping[str, Answer]] = field(default_factory=dict)
    monitor: Answer | None = None
    configured: str = ""
    broker: Broker = field(default_factory=Broker)
    database: Database = field(default_factory=Database)
    disk: Disk | None = None
    noted: frozenset[str] = frozenset()  # services whose process id stands in the data folder


def doors_of(service: str, mail_day: date) -> tuple[str, ...]:
    own = {"notifier": ("/digests/counts", f"/preview?at={mail_day}")}
    return ("/readyz", "/projections", *own.get(service, ()))


def next_mail_day(now: datetime) -> date:
    """Give the day whose mail tells which units have nobody to write to: on other days nothing is planned."""
    return load_rulebook(RuleSettings().rule_files).calendar.next_working_day(clock.day_in_vietnam(now))


async def take(current: state.Current, folder: Path, settings: LocalSettings) -> Vitals:
    headers = {"Authorization": f"Bearer {current.token}"} if current.token else {}
    now = clock.now()
    async with httpx.AsyncClient(headers=headers, timeout=SECONDS) as http:
        doors, monitor, broker, database = await asyncio.gather(
            _doors(http, current.urls, next_mail_day(now)),
            _ask(http, f"{current.nats_monitor_url}/varz") if current.nats_monitor_url else _nothing(),
            read_broker(current.nats_url, folder, settings.nats_replicas),
            read_database(folder, settings),
        )
    return Vitals(
        now=now,
        current=current,
        folder=folder,
        doors=doors,
        monitor=monitor,
        configured=read_text(folder / "nats" / "nats.conf"),
        broker=broker,
        database=database,
        disk=_disk(folder),
        noted=frozenset(name for name in SERVICES if read_text(folder / "run" / f"{name}.pid")),
    )


async def _nothing() -> None:
    return None


async def _doors(
    http: httpx.AsyncClient, urls: Mapping[str, str], mail_day: date
) -> Mapping[str, Mapping[str, Answer]]:
    asked = [(name, path) for name in SERVICES if name in urls for path in doors_of(name, mail_day)]
    answers = await asyncio.gather(*(_ask(http, urls[name].rstrip("/") + path) for name, path in asked))
    found: dict[str, dict[str, Answer]] = {}
    for (name, path), answer in zip(asked, answers, strict=True):
        if answer is not None:
            found.setdefault(name, {})[path.partition("?")[0]] = answer
    return found


async def _ask(http: httpx.AsyncClient, url: str) -> Answer | None:
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


def clock_ahead(said: str | None, sent: datetime, received: datetime) -> float:
    """Tell how far another clock is off for certain: it says whole seconds, and the way took its time."""
    try:
        there = parsedate_to_datetime(said or "")
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

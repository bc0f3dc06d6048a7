"""Kept data of earlier releases, in tests/upgrade: their log and rows, put into engines of today.

`0.1.0-first` is the first state of 0.1.0, from before its release; it has no file of answers, they stand below.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
from nats.aio.client import Client

from deploy.cli.backup import archive, snapshot
from deploy.local.engines.nats import NatsServer
from deploy.nats.permissions import OPERATOR
from shared.eventstore import streams
from shared.eventstore.log_reader import EVENTS, stream_state
from shared.persistence import database
from tests.support.platform.service import SERVICES, Platform
from tests.support.servers.engines import connected

KEPT = Path(__file__).parents[2] / "upgrade"
DRAFT, UNIT, DAY = "NQ-CU-1", "STP-CU", "2026-11-25"  # of the first state
FIRST = {
    "migrations": dict.fromkeys(SERVICES, "0001"),
    "day": DAY,
    "answers": {
        "gaps": [{"draft_code": DRAFT, "unit_code": UNIT}],
        "preview": [],
        f"recipients {UNIT}": [{"email": "dau.moi@stp.example.vn", "role": "focal_point"}],
    },
}


@dataclass(frozen=True, slots=True)
class Kept:
    """An archive; `answers` is what its own code answered about its data (`answers`)."""

    name: str
    migrations: Mapping[str, str]
    day: str
    answers: Mapping[str, Any]

    def rows(self, service: str) -> list[dict[str, Any]]:
        """Give the rows of a service, each with its table."""
        lines = (KEPT / f"{self.name}-{service}.ndjson").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines[:-1]]


def kept() -> list[Kept]:
    """Find every archive."""
    return [_kept(file) for file in sorted(KEPT.glob("*.loa"))]


def first_state() -> Kept:
    return _kept(KEPT / "0.1.0-first.loa")


def _kept(file: Path) -> Kept:
    facts = file.with_suffix(".json")
    described = json.loads(facts.read_text(encoding="utf-8")) if facts.exists() else FIRST
    return Kept(file.stem, **described)


async def restore_log(operator: Client, folder: Path, name: str) -> str:
    """Put the log back; returns its creation time, which a restored stream has anew."""
    manifest = archive.unpack(KEPT / f"{name}.loa", folder)
    await operator.jetstream().delete_stream(EVENTS)
    await snapshot.load(operator, EVENTS, dict(manifest.stream), folder / archive.STREAM)
    await streams.apply(operator.jetstream(), replicas=1)
    return (await stream_state(operator.jetstream())).created.isoformat()


async def restore_rows(url: str, service: str, log_created: str, of: Kept) -> dict[str, list[str]]:
    """Give a database the tables and rows of a release; returns the columns of its tables."""
    folder = Path(import_module(f"services.{service}").__path__[0]) / "adapters" / "migrations"
    revision = of.migrations[service]
    await database.migrate(url.replace("postgresql://", "postgresql+asyncpg://"), folder, revision)
    columns: dict[str, list[str]] = {}
    connection = await asyncpg.connect(url)
    for document in _parents_first(of.rows(service)):
        table, row = document["table"], document["row"]
        columns[table] = list(row)
        if table == "projection_checkpoint":
            row["stream_created"] = log_created
        insert = f'INSERT INTO "{table}" SELECT * FROM json_populate_record(NULL::"{table}", $1)'
        await connection.execute(insert, json.dumps(row))
    await connection.close()
    return columns


def _parents_first(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines and files of a mail refer to the mail."""
    return sorted(rows, key=lambda row: row["table"].startswith("digest_") and row["table"] != "digest_day")


async def stop_ticking(server: NatsServer) -> None:
    """Take the broker's own clock away, so that no mail goes out while a test looks."""
    async with connected(server, OPERATOR) as operator:
        await operator.jetstream().purge_stream(streams.TICKS)


ASKED: Mapping[str, tuple[str, str, str, tuple[str, ...]]] = {  # service, path, list, fields
    "gaps": ("metrics", "/gaps?as_of={day}", "gaps", ("draft_code", "unit_code", "stage", "since", "due_on")),
    "alerts": ("notifier", "/alerts?limit=200", "items", ("alert_id", "draft_code", "unit_code", "state")),
    "preview": ("notifier", "/preview?at={day}", "mails", ("digest_key", "kind")),
    "silences": ("notifier", "/silences", "silences", ("silence_id", "draft_code", "last_day")),
    "requests": ("notifier", "/requests", "items", ("kind", "said", "draft_code")),
    "programme": ("campaigns", "/programme", "items", ("id", "kind", "title", "unit_code")),
}
OF_A_DRAFT: Mapping[str, tuple[str, str, str, tuple[str, ...]]] = {
    "history": ("registry", "/drafts/{code}/history", "events", ("event_id", "type")),
    "communications": ("campaigns", "/drafts/{code}/communications", "items", ("id", "title", "policies")),
}
OF_A_UNIT = ("notifier", "/units/{code}/recipients", "recipients", ("email", "role"))


async def answers(platform: Platform, day: str) -> dict[str, Any]:
    """Ask the services what must be the same after every upgrade."""
    recorded = {name: await _ask(platform, *asked, day=day) for name, asked in ASKED.items()}
    codes = sorted({gap["draft_code"] for gap in recorded["gaps"]})
    for code in codes:
        for name, asked in OF_A_DRAFT.items():
            recorded[f"{name} {code}"] = await _ask(platform, *asked, code=code)
    for code in sorted({gap["unit_code"] for gap in recorded["gaps"]}):
        recorded[f"recipients {code}"] = await _ask(platform, *OF_A_UNIT, code=code)
    return recorded


async def _ask(
    platform: Platform, service: str, path: str, listed: str, fields: tuple[str, ...], **names: str
) -> list[dict[str, Any]]:
    answer = await platform.services[service].client.get(path.format(**names))
    assert answer.status_code == 200, (path, answer.text)
    entries = [{name: item[name] for name in fields if name in item} for item in answer.json()[listed]]
    return sorted(entries, key=str)

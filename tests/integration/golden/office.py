"""Both samples in all four services, on an empty log, on a fixed day: what the golden files are recorded from."""

import csv
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any
from unittest.mock import patch

from deploy.cli.data.columns import COLUMNS, DATASET, ORDER
from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from deploy.sample import exercise
from shared.eventstore.streams import TICKS
from shared.kernel import runtime
from shared.kernel.local_day import VIETNAM
from shared.rules.rulebook.rulebook import load_rulebook
from tests.integration.notifier.notifier_fixture import HandClock
from tests.support.platform.service import CreateApp, Platform, create_app_of, eventually, running
from tests.support.servers.engines import NewDatabase, connected
from tests.support.servers.tokens import Issuer

MONDAY = date(2026, 11, 23)  # the first working day of its week; the next day is a holiday
OPEN = Path(exercise.__file__).parent / "open"
ADDRESSES = {
    "url_registry": "https://registry.example.vn",
    "url_campaigns": "https://campaigns.example.vn",
    "url_notifier": "https://notifier.example.vn",
}

Row = Mapping[str, Any]


@dataclass(slots=True)
class Office:
    """The running services; `mail_dir` is where mails are written, `clock` what they all read."""

    platform: Platform
    clock: HandClock
    mail_dir: Path

    async def get(self, service: str, path: str) -> Any:
        answer = await self.platform.services[service].client.get(path)
        assert answer.is_success, (path, answer.text)
        return answer.json() if "json" in answer.headers["content-type"] else answer.text

    async def tick(self, day: date | None = None) -> dict[str, Any]:
        """Send the mails of a day (default: of the clock's moment)."""
        await self.platform.settled()
        body = {"at": day.isoformat() if day else None}
        answer = await self.platform.services["notifier"].client.post("/tick", json=body)
        assert answer.is_success, answer.text
        result: dict[str, Any] = answer.json()
        return result

    async def alerts(self) -> list[dict[str, Any]]:
        """Give all alerts by draft and unit: the service lists them by an id made from a random one."""
        result = (await self.get("notifier", "/alerts?limit=500"))["items"]
        return sorted(result, key=lambda alert: (alert["draft_code"], alert["unit_code"]))

    async def recipients(self) -> dict[str, str]:
        """Give the address of every mailbox by its id, which is drawn at random."""
        units = dict.fromkeys(unit for unit, *_ in exercise.RECIPIENTS)
        listed = [await self.get("notifier", f"/units/{unit}/recipients") for unit in units]
        return {item["recipient_id"]: item["email"] for unit in listed for item in unit["recipients"]}


@asynccontextmanager
async def open_office(
    server: NatsServer,
    keys: Keyring,
    issuer: Issuer,
    new_database: NewDatabase,
    folder: Path,
    rules: Sequence[Path] = (),
) -> AsyncIterator[Office]:
    """Start the services on a log without ticks of its own, and import both samples."""
    hand = HandClock()
    platform = Platform(server, keys, issuer)
    async with AsyncExitStack() as stack:
        stack.enter_context(patch.object(runtime, "now", hand))
        async with connected(server, "operator") as operator:
            await operator.jetstream().purge_stream(TICKS)

        async def start(service: str) -> None:
            platform.databases[service] = await new_database(service)
            changes = {"mail_dir": folder / "mail", "rules_overrides": tuple(rules), **ADDRESSES}
            settings = platform.settings(service, **_settings_of(service, changes))
            app = running(_created(service, hand), settings, issuer)
            platform.services[service] = await stack.enter_async_context(app)

        office = Office(platform, hand, folder / "mail")
        for service in ("registry", "notifier", "campaigns"):  # each asks those before it
            await start(service)
        await _import(platform, _marked(_open_sample(), "sample"))
        await _import(platform, _marked(exercise.sheets(MONDAY, load_rulebook().calendar), "exercise"))
        await start(
            "metrics"
        )  # last: a gap that a later row of the import closes would be announced or not, by chance
        await _all_gaps_announced(office)
        yield office


def _settings_of(service: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the settings that a service has."""
    fields = import_module(f"services.{service}.settings").Settings.model_fields
    return {name: value for name, value in changes.items() if name in fields}


def _created(service: str, hand: HandClock) -> CreateApp:
    """Give the clock to the services that take one; the others read `shared.kernel.runtime`."""
    create: Callable[..., Any] = create_app_of(service)
    return partial(create, now=hand) if "now" in signature(create).parameters else create


def _open_sample() -> dict[str, Sequence[Row]]:
    result: dict[str, Sequence[Row]] = {}
    for sheet in ORDER:
        if (file := OPEN / f"{sheet}.csv").exists():
            with file.open(encoding="utf-8-sig", newline="") as lines:
                result[sheet] = list(csv.DictReader(lines))
    return result


def _marked(sheets: Mapping[str, Sequence[Row]], dataset: str) -> dict[str, Sequence[Row]]:
    """Mark the rows as data of a set, as `loa up --demo` does."""
    return {
        name: [{**row, DATASET: dataset} if DATASET in COLUMNS[name].names else row for row in rows]
        for name, rows in sheets.items()
    }


async def _import(platform: Platform, sheets: Mapping[str, Sequence[Row]]) -> None:
    for sheet in sorted(sheets, key=list(ORDER).index):
        rows = [{key: str(value) for key, value in row.items()} for row in sheets[sheet]]
        await platform.import_rows(sheet, rows)
    await platform.settled()


async def _all_gaps_announced(office: Office) -> None:
    """Wait until the notifier has an alert for every gap of the day."""
    gaps = (await office.get("metrics", f"/gaps?as_of={MONDAY}"))["gaps"]
    wanted = {gap["draft_code"] for gap in gaps}

    async def there() -> bool:
        return wanted <= {alert["draft_code"] for alert in await office.alerts()}

    await eventually(there)
    await office.platform.settled()


def moment(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=VIETNAM)

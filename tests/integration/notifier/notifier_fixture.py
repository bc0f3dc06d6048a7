"""A notifier on real engines for tests: gaps written as metrics writes them, a clock that is set by hand."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

from nats.aio.client import Client
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from services.notifier.app import create_app
from services.notifier.settings import Settings
from shared.contracts.envelope import AggregateRef, Metadata, NewEvent
from shared.contracts.event import Event, draft_id, unit_id
from shared.contracts.metrics import ComplianceGapChanged, ComplianceGapClosed, ComplianceGapOpened
from shared.contracts.registry import UnitRegistered, UnitSupervisionSet
from shared.contracts.vocabulary import (
    Dataset,
    GapClosure,
    Instrument,
    Procedure,
    Stage,
    SupervisionKind,
    UnitKind,
    UnitLevel,
)
from shared.eventstore.jetstream import JetStreamEventStore
from shared.eventstore.log_reader import stream_state
from shared.eventstore.streams import TICKS
from shared.kernel.local_day import VIETNAM
from shared.kernel.runtime import new_id
from tests.support.platform.service import Api, eventually, running
from tests.support.servers.engines import connected
from tests.support.servers.links import LinkKeys, link_keys
from tests.support.servers.ports import free_port
from tests.support.servers.tokens import Issuer

UNIT, OTHER = "STP-01", "STP-02"
ABOVE = "UBND-A"  # follows both
MONDAY = datetime(2026, 11, 23, 8, 30, tzinfo=VIETNAM)  # the next day is a holiday from 2026 on
SUNDAY = datetime(2026, 11, 22, 9, 0, tzinfo=VIETNAM)


@dataclass(slots=True)
class HandClock:
    moment: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.moment.astimezone(UTC)


@dataclass(slots=True)
class Writer:
    """Writes to the log as a service of the platform does; every call gives the position."""

    client: Client
    recorded: datetime = MONDAY

    async def write(self, ref: AggregateRef, *events: Event) -> int:
        store = JetStreamEventStore(self.client)
        metadata = Metadata(time=self.recorded, actor="service/test", correlation_id="a-correlation")
        version = (await store.load(ref)).version
        new = [NewEvent(new_id(), event, metadata) for event in events]
        return (await store.append(ref, version, new)).position


def opened(gap_id: UUID, **changes: Any) -> ComplianceGapOpened:
    return ComplianceGapOpened(**_gap(gap_id) | changes)


def changed(gap_id: UUID, **changes: Any) -> ComplianceGapChanged:
    return ComplianceGapChanged(**_gap(gap_id) | changes)


def closed(gap_id: UUID, on: date, reason: GapClosure, **changes: Any) -> ComplianceGapClosed:
    return ComplianceGapClosed(**_gap(gap_id) | {"closed_on": on, "reason": reason} | changes)


def _gap(gap_id: UUID) -> dict[str, Any]:
    code = f"LUAT-{str(gap_id)[:8].upper()}"
    return {
        "gap_id": gap_id,
        "draft_id": draft_id(code),
        "draft_code": code,
        "title": "Luật Đất đai (sửa đổi)",
        "instrument": Instrument.LAW,
        "procedure": Procedure.ORDINARY,
        "unit_code": UNIT,
        "stage": Stage.DRAFT_CONSULTATION,
        "since": date(2026, 11, 9),
        "due_on": date(2026, 11, 16),
        "policies": (1, 2),
        "dataset": Dataset.LIVE,
        "rules_version": "0" * 64,
        "facts_position": 1,
    }


def registered(code: str, name: str) -> UnitRegistered:
    return UnitRegistered(
        unit_code=code, unit_name=name, level=UnitLevel.PROVINCIAL, kind=UnitKind.DEPARTMENT
    )


@dataclass(slots=True)
class NotifierFixture:
    """One log, one database, one mail folder; as many notifiers on them as a test starts."""

    server: NatsServer
    issuer: Issuer
    settings: Settings
    registry: Writer
    metrics: Writer
    links: LinkKeys
    clock: HandClock = field(default_factory=HandClock)
    create: Callable[[Settings, HandClock], Any] = create_app

    @asynccontextmanager
    async def notifier(self, *, released: bool = True, **changes: Any) -> AsyncIterator[Api]:
        """Run a notifier; real sending, which begins on hold, is released unless a test wants it so."""
        settings = self.settings.model_copy(update={"port": free_port(), **changes})

        def make(settings: Any) -> Any:
            return self.create(settings, self.clock)

        async with running(make, settings, self.issuer) as api:
            if released and settings.smtp_url is not None:
                await api.client.post("/sending/release", json={"reason": "a test"})
            yield api

    async def units(self) -> int:
        await self.registry.write(AggregateRef("unit", unit_id(UNIT)), registered(UNIT, "Sở Tư pháp tỉnh A"))
        return await self.registry.write(
            AggregateRef("unit", unit_id(OTHER)), registered(OTHER, "Sở Tài chính tỉnh A")
        )

    async def follow(
        self, unit: str = UNIT, by: str = ABOVE, on: date = date(2026, 1, 1), *, register: bool = True
    ) -> int:
        """Register a unit that follows another one."""
        if register:
            above = registered(by, "Ủy ban nhân dân tỉnh A")
            await self.registry.write(AggregateRef("unit", unit_id(by)), above)
        return await self.registry.write(
            AggregateRef("unit", unit_id(unit)),
            UnitSupervisionSet(unit_code=unit, supervisor_code=by, kind=SupervisionKind.SUPERVISOR, on=on),
        )

    async def gap(self, *events: Event) -> int:
        return await self.metrics.write(
            AggregateRef("compliance", events[0].gap_id),  # type: ignore[attr-defined]  # gaps all have it
            *events,
        )

    def mails(self, folder: Path | None = None) -> list[EmailMessage]:
        files = sorted((folder or self.settings.mail_dir).glob("*.eml"))
        messages = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
        return [mail for mail in messages if isinstance(mail, EmailMessage)]

    def server_as(self, user: str) -> AbstractAsyncContextManager[Client]:
        return connected(self.server, user)

    def operator(self) -> AbstractAsyncContextManager[Client]:
        return connected(self.server, "operator")

    async def head(self) -> int:
        async with self.operator() as operator:
            return (await stream_state(operator.jetstream())).last

    async def log(self, context: str) -> list[dict[str, Any]]:
        """Read all events of a context, as they stand in the log."""
        async with self.operator() as operator:
            subscription = await operator.jetstream().subscribe(f"loa.{context}.>", ordered_consumer=True)
            events, pending = [], 1
            while pending:
                message = await subscription.next_msg(timeout=5)
                events.append(json.loads(message.data))
                pending = message.metadata.num_pending
            return events

    async def stop_ticking(self) -> None:
        """Take the broker's own clock away: a test ticks when it wants to."""
        async with self.operator() as operator:
            await operator.jetstream().purge_stream(TICKS)

    async def change(self, statement: str) -> None:
        """Write to the notifier's database behind its back."""
        engine = create_async_engine(self.settings.async_database_url)
        async with engine.begin() as connection:
            await connection.execute(text(statement))
        await engine.dispose()

    async def rows(self, query: str) -> list[dict[str, Any]]:
        """Ask the notifier's database."""
        engine = create_async_engine(self.settings.async_database_url)
        try:
            async with engine.connect() as connection:
                return [dict(row) for row in (await connection.execute(text(query))).mappings()]
        finally:
            await engine.dispose()


async def put_recipient(api: Api, unit: str = UNIT, **changes: Any) -> str:
    body = {"role": "focal_point", "email": "dau.moi@stp.example.vn", "language": "vi"} | changes
    answer = await api.client.put(f"/units/{unit}/recipients", json=[body])
    assert answer.status_code == 200, answer.text
    recipient: str = answer.json()["recipients"][0]["recipient_id"]
    return recipient


async def tick(api: Api, position: int, at: str | None = None) -> dict[str, Any]:
    answer = await api.client.post("/tick", params={"min_position": position}, json={"at": at})
    assert answer.status_code == 200, answer.text
    ticked: dict[str, Any] = answer.json()
    return ticked


async def alerts(api: Api, **query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await api.client.get("/alerts", params=query)).json()["items"]
    return rows


async def alert_in_state(api: Api, state: str, unit: str = UNIT) -> dict[str, Any]:
    rows: list[dict[str, Any]] = await eventually(lambda: alerts(api, state=state, unit=unit))
    return rows[0]


@asynccontextmanager
async def open_notifier_env(
    server: NatsServer, keys: Keyring, issuer: Issuer, database_url: str, folder: Path
) -> AsyncIterator[NotifierFixture]:
    links = link_keys(folder / "link-keys")
    settings = Settings(
        nats_url=server.url,
        nats_seed=SecretStr(keys.seed_file("notifier").read_text()),
        database_url=SecretStr(database_url),
        jwks=str(issuer.jwks),
        mail_dir=folder / "mail",
        link_key=SecretStr(links.pem),
        link_jwks=links.jwks,
        metrics_api="http://127.0.0.1:9",  # nobody: what runs on this machine must not answer
    )
    async with connected(server, "registry") as registry, connected(server, "metrics") as metrics:
        yield NotifierFixture(server, issuer, settings, Writer(registry), Writer(metrics), links)

"""The rows of gaps with their alerts in SQL: loaded and replaced within a projection's transaction, read for planning."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifier.adapters.tables import ALERT, DIGEST_LINE, checkpoints
from services.notifier.domain.gaps.gap import Gap
from services.notifier.domain.gaps.gap_alert import AlertStatus, GapAlert
from services.notifier.domain.notification.urgency import Urgency
from shared.contracts.vocabulary import Dataset, GapClosure, Instrument, Procedure, Stage
from shared.persistence.database import upsert
from shared.projections.rebuild import Purpose

PROJECTION = "notifier"
COLUMNS = tuple(column.name for column in fields(GapAlert))
_TYPES: Mapping[str, type[Enum]] = {
    "state": AlertStatus,
    "instrument": Instrument,
    "procedure": Procedure,
    "stage": Stage,
    "dataset": Dataset,
    "gap_closure": GapClosure,
    "closure": GapClosure,
}
_ANNOUNCED = and_(ALERT.c.is_current, ALERT.c.title.is_not(None))
_UNFILLED = and_(ALERT.c.state == AlertStatus.RAISED, ALERT.c.title.is_(None))
REBUILD = f"{PROJECTION}.{Purpose.REBUILD}"


async def whole_position(connection: AsyncConnection) -> int:
    """Read up to which position the rows are whole: 0 while a rebuild fills the columns that a release added."""
    if await checkpoints.find(connection, REBUILD) is not None and await is_unfilled(connection):
        return 0
    return (await checkpoints.read(connection, PROJECTION)).position


async def is_unfilled(connection: AsyncConnection) -> bool:
    """Say whether a row was written by a release that did not know the gap's columns."""
    return await _any(connection, _UNFILLED)


async def is_pending(connection: AsyncConnection) -> bool:
    return await _any(connection, ALERT.c.pending)


async def _any(connection: AsyncConnection, wanted: ColumnElement[bool]) -> bool:
    return (await connection.execute(select(ALERT.c.alert_id).where(wanted).limit(1))).first() is not None


async def alerts_of_gaps(connection: AsyncConnection, gaps: Collection[UUID]) -> list[GapAlert]:
    """Read every row of some gaps."""
    return await _select(connection, ALERT.c.gap_id.in_(gaps))


async def put(connection: AsyncConnection, alerts: Iterable[GapAlert]) -> None:
    rows = [
        {name: getattr(alert, name) for name in COLUMNS} | {"pending": alert.is_pending} for alert in alerts
    ]
    await upsert(connection, ALERT, rows)


async def alerts_on(connection: AsyncConnection, day: date, notified: Collection[UUID]) -> list[GapAlert]:
    """Read the present row of each gap that is open on a day, or that a recipient was notified of before."""
    wanted = or_(
        ALERT.c.gap_closure.is_(None),
        ALERT.c.gap_closed_on > day,
        ALERT.c.gap_id.in_(notified),
        ALERT.c.pending,
    )
    return await _select(connection, and_(_ANNOUNCED, wanted))


async def gaps_since(connection: AsyncConnection, day: date) -> list[Gap]:
    """Read the gaps that are open, or that ended on a day or after it."""
    wanted = or_(ALERT.c.gap_closure.is_(None), ALERT.c.gap_closed_on >= day)
    return [alert.gap for alert in await _select(connection, and_(_ANNOUNCED, wanted))]


async def gaps_without_mail(connection: AsyncConnection, urgency: Urgency) -> list[Gap]:
    """Read the gaps within an urgency's bounds that stand in no mail; whether one is urgent is the domain's rule."""
    wanted = and_(
        _ANNOUNCED,
        ALERT.c.procedure.in_(urgency.procedures),
        ALERT.c.due_on.between(urgency.first, urgency.last),
        ~exists().where(DIGEST_LINE.c.gap_id == ALERT.c.gap_id),
    )
    return [alert.gap for alert in await _select(connection, wanted)]


async def _select(connection: AsyncConnection, wanted: ColumnElement[bool]) -> list[GapAlert]:
    columns = [ALERT.c[name] for name in COLUMNS]
    in_order = select(*columns).where(wanted).order_by(ALERT.c.due_on, ALERT.c.draft_code, ALERT.c.alert_id)
    return [_alert_of(row) for row in (await connection.execute(in_order)).mappings()]


def _alert_of(row: RowMapping) -> GapAlert:
    values: dict[str, Any] = {name: row[name] for name in COLUMNS}
    typed = {name: made(values[name]) for name, made in _TYPES.items() if values[name] is not None}
    policies = None if values["policies"] is None else tuple(values["policies"])
    return GapAlert(**values | typed | {"policies": policies})


@dataclass(frozen=True, slots=True)
class SqlPendingAlerts:
    """The rows whose alert is not in the state of its gap, for the publisher."""

    engine: AsyncEngine

    async def position(self) -> int:
        async with self.engine.connect() as connection:
            return await whole_position(connection)

    async def pending(self, limit: int, after: UUID | None) -> Sequence[GapAlert]:
        """Read some of them by id, beginning after one."""
        wanted = ALERT.c.pending if after is None else and_(ALERT.c.pending, ALERT.c.alert_id > after)
        query = select(*(ALERT.c[name] for name in COLUMNS)).where(wanted)
        async with self.engine.connect() as connection:
            rows = await connection.execute(query.order_by(ALERT.c.alert_id).limit(limit))
            return [_alert_of(row) for row in rows.mappings()]

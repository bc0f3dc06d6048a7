"""Reads alerts and the outbox for people."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifier.adapters.tables import (
    ALERT,
    DIGEST,
    DIGEST_ATTACHMENT,
    DIGEST_LINE,
    RECIPIENT,
    directory,
)
from services.notifier.domain.gaps.gap_alert import AlertStatus
from shared.contracts.vocabulary import Dataset
from shared.directory import datasets
from shared.directory.projection import with_unit_names
from shared.http.requests.paging import key_of
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.persistence.database import reading

OUTBOX_ROWS = 200


class AlertState(StrEnum):
    """How alerts can be asked for: all that are open are `raised`, the others filter these further."""

    RAISED = "raised"
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    ESCALATED = "escalated"
    SILENCED = "silenced"
    UNDELIVERABLE = "undeliverable"

    def holds(self, today: date) -> ColumnElement[bool]:
        if self in {AlertState.RAISED, AlertState.RESOLVED}:
            return ALERT.c.state == self
        conditions = {
            AlertState.ACKNOWLEDGED: ALERT.c.planned_on >= today,
            AlertState.SNOOZED: ALERT.c.snoozed_until >= today,
            AlertState.ESCALATED: ALERT.c.escalation_level.is_not(None),
            AlertState.SILENCED: ALERT.c.silenced_until >= today,
            AlertState.UNDELIVERABLE: ALERT.c.undeliverable_on.is_not(None),
        }
        return and_(ALERT.c.state == AlertState.RAISED, conditions[self])


@dataclass(frozen=True, slots=True)
class SqlReadModel:
    engine: AsyncEngine
    now: Clock

    async def alerts(
        self,
        state: AlertState | None,
        unit_code: str | None,
        today: date,
        limit: int,
        after: str | None,
        dataset: Dataset | None = None,
    ) -> list[dict[str, Any]]:
        """List alerts by id, with what metrics announced of their gaps; `state` is that of `today`, None asks for any."""
        query = select(ALERT).where(
            ALERT.c.state != AlertStatus.ANNOUNCED,
            datasets.of(func.coalesce(ALERT.c.dataset, Dataset.LIVE), dataset),
        )
        if state is not None:
            query = query.where(state.holds(today))
        if unit_code is not None:
            query = query.where(ALERT.c.unit_code == unit_code)
        if after is not None:
            query = query.where(ALERT.c.alert_id > key_of(after, UUID))
        return await self._rows(query.order_by(ALERT.c.alert_id).limit(limit))

    async def dataset_asked(self) -> Dataset | None:
        """Give the data set that the present question is about; None: about all that is there."""
        async with self.engine.connect() as connection:
            return await datasets.asked(connection, directory.units.unit, ALERT)

    async def counts(self, units: Collection[str] | None = None) -> dict[str, int]:
        """Count the mails of the ledger, of all units or of some, by state; what failed and was seen by an operator is `acknowledged`."""
        seen = case((DIGEST.c.acknowledged_at.is_not(None), "acknowledged"), else_=DIGEST.c.state).label(
            "state"
        )
        query = select(seen, func.count().label("mails")).group_by(seen)
        query = query if units is None else query.where(DIGEST.c.unit_code.in_(units))
        return {row["state"]: row["mails"] for row in await self._rows(query)}

    async def outbox(self, units: Collection[str] | None = None) -> list[dict[str, Any]]:
        """List the newest mails, of all units or of some, with what they spoke of, newest first."""
        columns = [DIGEST.c[name] for name in _OF_DIGEST]
        query = (
            select(*columns, RECIPIENT.c.email)
            .join(RECIPIENT, RECIPIENT.c.recipient_id == DIGEST.c.recipient_id)
            .order_by(DIGEST.c.day.desc(), DIGEST.c.created_at.desc(), DIGEST.c.digest_key)
            .limit(OUTBOX_ROWS)
        )
        query = query if units is None else query.where(DIGEST.c.unit_code.in_(units))
        async with self.engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
            today = day_in_vietnam(self.now())
            mails = await with_unit_names(connection, directory.units, [dict(row) for row in rows], today)
        lines = await self._lines([mail["digest_key"] for mail in mails])
        return [{**mail, "lines": lines.get(mail["digest_key"], [])} for mail in mails]

    async def mail(self, key: str) -> dict[str, Any] | None:
        query = (
            select(*DIGEST.c, RECIPIENT.c.email)
            .join(RECIPIENT, RECIPIENT.c.recipient_id == DIGEST.c.recipient_id)
            .where(DIGEST.c.digest_key == key)
        )
        rows = await self._rows(query)
        if not rows:
            return None
        lines = (await self._lines([key])).get(key, [])
        return {**rows[0], "lines": lines, "files": await self.files(key)}

    async def files(self, key: str) -> list[dict[str, Any]]:
        """Give what goes along with a mail, in its order."""
        of_mail = select(DIGEST_ATTACHMENT).where(DIGEST_ATTACHMENT.c.digest_key == key)
        return await self._rows(of_mail.order_by(DIGEST_ATTACHMENT.c.place))

    async def _lines(self, keys: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        query = select(DIGEST_LINE).where(DIGEST_LINE.c.digest_key.in_(keys)).order_by(DIGEST_LINE.c.due_on)
        lines: dict[str, list[dict[str, Any]]] = {}
        for row in await self._rows(query):
            lines.setdefault(row["digest_key"], []).append(row)
        return lines

    async def _rows(self, query: Any) -> list[dict[str, Any]]:
        async with reading(self.engine) as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]


_OF_DIGEST = (
    "digest_key",
    "kind",
    "unit_code",
    "day",
    "subject",
    "state",
    "attempts",
    "sent_at",
    "created_at",
    "delivery",
    "recipient_role",
    "acknowledged_at",
)

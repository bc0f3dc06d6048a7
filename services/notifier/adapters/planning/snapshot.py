"""Reads all that a day's mails are made of, in one snapshot of the database."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, and_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifier.adapters.alerts.store import (
    alerts_on,
    gaps_since,
    gaps_without_mail,
    is_pending,
    whole_position,
)
from services.notifier.adapters.recipients.preferences import preferences
from services.notifier.adapters.silences.store import silences_on
from services.notifier.adapters.tables import (
    DIGEST,
    DIGEST_LINE,
    RECIPIENT,
    ROUND,
    directory,
)
from services.notifier.application.ports import PlanningSnapshot
from services.notifier.domain.delivery.delivery_state import NOTIFIED
from services.notifier.domain.gaps.alert_context import AlertContext
from services.notifier.domain.gaps.gap import Gap
from services.notifier.domain.gaps.gap_alert import AlertStatus, GapAlert
from services.notifier.domain.gaps.silence import Silence
from services.notifier.domain.notification.reasons import NOT_NOTIFIED, Reason
from services.notifier.domain.notification.standing import LastNotification, Standing
from services.notifier.domain.notification.urgency import Urgency
from services.notifier.domain.overview import MONTHS
from services.notifier.domain.recipients.recipient import Recipient
from services.notifier.domain.recipients.supervision import Tree
from shared.contracts.ids import draft_id
from shared.contracts.vocabulary import Language, RecipientRole
from shared.directory.queries import unit_directory
from shared.rules.sequence import HALTS

REMEMBERED = timedelta(days=31 * (MONTHS + 1))  # of gaps that closed: what the monthly page looks back on


@dataclass(frozen=True, slots=True)
class SqlSnapshots:
    """`justice_unit` is the code of the body that follows the whole country, if it is one of the units."""

    engine: AsyncEngine
    justice_unit: str | None = None

    async def position(self) -> int:
        async with self.engine.connect() as connection:
            return await whole_position(connection)

    async def is_pending(self) -> bool:
        async with self.engine.connect() as connection:
            return await is_pending(connection)

    async def runs(self) -> frozenset[str]:
        async with self.engine.connect() as connection:
            return await _runs(connection)

    async def unwritten(self, urgency: Urgency) -> Sequence[Gap]:
        async with self.engine.connect() as connection:
            return await gaps_without_mail(connection, urgency)

    async def justice_of(self, unit_code: str, day: date) -> str | None:
        """Find the justice body that follows a unit on a day."""
        async with self.engine.connect() as connection:
            return (await _tree(connection, self.justice_unit, day)).justice_of(unit_code)

    async def read(self, day: date) -> PlanningSnapshot:
        """Take the read model and the ledger as they stand together: no rebuild can come between."""
        async with self.engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            position = await whole_position(connection)
            notified = await _notified(connection, day)
            rows = await alerts_on(connection, day, {gap for mine in notified.values() for gap in mine})
            alerts = [
                alert for alert in rows if not alert.is_pending and alert.state is not AlertStatus.ANNOUNCED
            ]
            silences, halted = await silences_on(connection, day), await _halted(connection)
            return PlanningSnapshot(
                position=position,
                gaps=[alert.gap for alert in alerts],
                recipients=await _recipients(connection),
                tree=await _tree(connection, self.justice_unit, day),
                contexts=dict(_contexts(alerts, halted, silences, day)),
                notified=notified,
                done=await _mailed(connection, DIGEST.c.day == day),
                later=await _mailed(connection, DIGEST.c.day > day),
                runs=await _runs(connection),
                history=await gaps_since(connection, day - REMEMBERED),
                preferences=await preferences(connection),
                pending=[alert for alert in rows if alert.is_pending],
            )


async def _runs(connection: AsyncConnection) -> frozenset[str]:
    return frozenset((await connection.execute(select(ROUND.c.round_key))).scalars())


def _contexts(
    alerts: Sequence[GapAlert], halted: set[UUID], silences: Sequence[Silence], day: date
) -> Iterator[tuple[UUID, AlertContext]]:
    """Give the context of each gap: of a transferred one, the new unit's answers."""
    for alert in alerts:
        silence = next((silence_row for silence_row in silences if silence_row.covers(alert.gap, day)), None)
        yield alert.gap_id, alert.context(silence, halted=draft_id(alert.draft_code) in halted)


async def _halted(connection: AsyncConnection) -> set[UUID]:
    """Find the drafts whose last occurrence is a suspension, a withdrawal or a merger.

    Not as of the planned day: a clock that jumps back must not mail about a draft that has ended.
    """
    stage = directory.drafts.stage
    resting = select(stage.c.draft_id).where(stage.c.stage.in_(HALTS), stage.c.exited_on.is_(None))
    return set((await connection.execute(resting)).scalars())


async def _recipients(connection: AsyncConnection) -> list[Recipient]:
    rows = await connection.execute(select(RECIPIENT).order_by(RECIPIENT.c.unit_code, RECIPIENT.c.email))
    return [recipient_of(row) for row in rows.mappings()]


def recipient_of(row: RowMapping) -> Recipient:
    values: dict[str, Any] = {field.name: row[field.name] for field in fields(Recipient)}
    typed = {"role": RecipientRole(row["role"]), "language": Language(row["language"])}
    return Recipient(**values | typed)


async def _tree(connection: AsyncConnection, justice_unit: str | None, day: date) -> Tree:
    units = await unit_directory(connection, directory.units)
    return Tree(directory=units, day=day, justice_unit=justice_unit)


def _last_words(day: date) -> Select[Any]:
    """Select each recipient's last notification of each gap by a day, from mails that were not refused."""
    delivered = and_(
        DIGEST.c.state.in_(NOTIFIED), DIGEST.c.day <= day, DIGEST_LINE.c.reason.not_in(NOT_NOTIFIED)
    )
    return (
        select(DIGEST.c.recipient_id, DIGEST.c.day, *DIGEST_LINE.c)
        .join(DIGEST_LINE, DIGEST_LINE.c.digest_key == DIGEST.c.digest_key)
        .where(delivered)
        .ext(distinct_on(DIGEST.c.recipient_id, DIGEST_LINE.c.gap_id))
        .order_by(DIGEST.c.recipient_id, DIGEST_LINE.c.gap_id, DIGEST.c.day.desc(), DIGEST.c.kind)
    )


async def _notified(connection: AsyncConnection, day: date) -> Mapping[UUID, Mapping[UUID, LastNotification]]:
    notified: dict[UUID, dict[UUID, LastNotification]] = {}
    for row in await connection.execute(_last_words(day)):
        last = LastNotification(
            day=row.day,
            standing=Standing(row.standing),
            due_on=row.due_on,
            policies=tuple(row.policies),
            unit_code=row.unit_code,
            above=Reason(row.reason).is_above,
        )
        if not last.is_over:
            notified.setdefault(row.recipient_id, {})[row.gap_id] = last
    return notified


async def _mailed(connection: AsyncConnection, when: ColumnElement[bool]) -> frozenset[tuple[str, UUID]]:
    """Read which kinds of mail the ledger has for whom."""
    rows = await connection.execute(select(DIGEST.c.kind, DIGEST.c.recipient_id).where(when).distinct())
    return frozenset((row.kind, row.recipient_id) for row in rows)

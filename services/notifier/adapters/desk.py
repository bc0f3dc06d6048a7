"""Reads all that a day's digests are made of, in one snapshot of the database."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, and_, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifier.adapters.tables import (
    DIGEST,
    DIGEST_LINE,
    GAP,
    RECIPIENT,
    UNIT,
    checkpoints,
)
from services.notifier.application.ports import Desk, DigestState, Unit
from services.notifier.domain.digest import Recipient
from services.notifier.domain.gap import Gap
from services.notifier.domain.reasons import Standing, Told
from shared.contracts.vocabulary import (
    Dataset,
    GapClosure,
    Instrument,
    Language,
    Procedure,
    RecipientRole,
    Stage,
)

PROJECTION = "notifier"
# What failed was not heard; what may have come through is said again, under at-least-once.
HEARD = (DigestState.QUEUED, DigestState.CLAIMED, DigestState.SENT)


@dataclass(frozen=True, slots=True)
class SqlDesks:
    engine: AsyncEngine

    async def position(self) -> int:
        async with self.engine.connect() as connection:
            return (await checkpoints.read(connection, PROJECTION)).position

    async def desk(self, day: date) -> Desk:
        """Take the read model and the ledger as they stand together: no rebuild can come between."""
        async with self.engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            position = (await checkpoints.read(connection, PROJECTION)).position
            told = await _told(connection, day)
            return Desk(
                position=position,
                gaps=await _gaps(connection, day, {gap for mine in told.values() for gap in mine}),
                recipients=await _recipients(connection),
                units=await _units(connection),
                told=told,
                done=await _with_digest(connection, DIGEST.c.day == day),
                later=await _with_digest(connection, DIGEST.c.day > day),
            )


async def _gaps(connection: AsyncConnection, day: date, told: set[UUID]) -> list[Gap]:
    wanted = or_(GAP.c.closed_position.is_(None), GAP.c.closed_on > day, GAP.c.gap_id.in_(told))
    rows = await connection.execute(select(GAP).where(wanted).order_by(GAP.c.due_on, GAP.c.draft_code))
    return [gap_of(row) for row in rows.mappings()]


def gap_of(row: RowMapping) -> Gap:
    return Gap(
        gap_id=row["gap_id"],
        draft_code=row["draft_code"],
        title=row["title"],
        instrument=Instrument(row["instrument"]),
        procedure=Procedure(row["procedure"]),
        unit_code=row["unit_code"],
        stage=Stage(row["stage"]),
        since=row["since"],
        due_on=row["due_on"],
        policies=tuple(row["policies"]),
        dataset=Dataset(row["dataset"]),
        closed_on=row["closed_on"],
        closure=GapClosure(row["closure"]) if row["closure"] else None,
    )


async def _recipients(connection: AsyncConnection) -> list[Recipient]:
    rows = await connection.execute(select(RECIPIENT).order_by(RECIPIENT.c.unit_code, RECIPIENT.c.email))
    return [recipient_of(row) for row in rows.mappings()]


def recipient_of(row: RowMapping) -> Recipient:
    values: dict[str, Any] = {one.name: row[one.name] for one in fields(Recipient)}
    typed = {"role": RecipientRole(row["role"]), "language": Language(row["language"])}
    return Recipient(**values | typed)


async def _units(connection: AsyncConnection) -> dict[str, Unit]:
    parent = UNIT.alias("parent")
    rows = await connection.execute(
        select(UNIT.c.unit_code, UNIT.c.unit_name, parent.c.unit_name.label("parent_name")).outerjoin(
            parent, parent.c.unit_code == UNIT.c.parent_code
        )
    )
    return {row.unit_code: Unit(row.unit_code, row.unit_name, row.parent_name) for row in rows}


def _last_words(day: date) -> Select[Any]:
    """What each recipient was told last of each gap before a day, from mails that were not refused."""
    return (
        select(DIGEST.c.recipient_id, DIGEST.c.day, *DIGEST_LINE.c)
        .join(DIGEST_LINE, DIGEST_LINE.c.digest_key == DIGEST.c.digest_key)
        .where(and_(DIGEST.c.state.in_(HEARD), DIGEST.c.day < day))
        .ext(distinct_on(DIGEST.c.recipient_id, DIGEST_LINE.c.gap_id))
        .order_by(DIGEST.c.recipient_id, DIGEST_LINE.c.gap_id, DIGEST.c.day.desc())
    )


async def _told(connection: AsyncConnection, day: date) -> Mapping[UUID, Mapping[UUID, Told]]:
    told: dict[UUID, dict[UUID, Told]] = {}
    for row in await connection.execute(_last_words(day)):
        if row.standing != Standing.RESOLVED:  # what was closed then is no matter between us any more
            said = Told(row.day, Standing(row.standing), row.due_on, tuple(row.policies))
            told.setdefault(row.recipient_id, {})[row.gap_id] = said
    return told


async def _with_digest(connection: AsyncConnection, condition: Any) -> frozenset[UUID]:
    rows = await connection.execute(select(DIGEST.c.recipient_id).where(condition).distinct())
    return frozenset(rows.scalars())

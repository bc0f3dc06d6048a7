"""Reads all that a day's mails are made of, in one snapshot of the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, and_, exists, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifier.adapters.preferences import preferences
from services.notifier.adapters.silences import silences_on
from services.notifier.adapters.tables import (
    ALERT,
    DIGEST,
    DIGEST_LINE,
    GAP,
    RECIPIENT,
    ROUND,
    checkpoints,
    directory,
)
from services.notifier.application.ports import Desk, DigestState
from services.notifier.domain.digest import KIND
from services.notifier.domain.gap import Gap
from services.notifier.domain.matter import Matter
from services.notifier.domain.overview import MONTHS
from services.notifier.domain.reasons import Reason, Standing, Told
from services.notifier.domain.recipient import Recipient
from services.notifier.domain.supervision import Tree
from shared.contracts.ids import draft_id
from shared.contracts.vocabulary import (
    Dataset,
    GapClosure,
    Instrument,
    Language,
    Procedure,
    RecipientRole,
    Stage,
)
from shared.directory.queries import stands_on, unit_directory
from shared.rules.sequence import HALTS

PROJECTION = "notifier"
# What failed was not heard; what may have come through is said again, under at-least-once.
HEARD = (DigestState.QUEUED, DigestState.CLAIMED, DigestState.SENT)


REMEMBERED = timedelta(days=31 * (MONTHS + 1))  # of gaps that closed: what the monthly page looks back on


@dataclass(frozen=True, slots=True)
class SqlDesks:
    """`justice_unit` is the code of the body that follows the whole country, if it is one of the units."""

    engine: AsyncEngine
    justice_unit: str | None = None

    async def position(self) -> int:
        async with self.engine.connect() as connection:
            return (await checkpoints.read(connection, PROJECTION)).position

    async def rounds(self) -> frozenset[str]:
        async with self.engine.connect() as connection:
            return await _rounds(connection)

    async def hurried(self, first: date, last: date) -> bool:
        hurry = and_(
            GAP.c.closed_position.is_(None),
            GAP.c.procedure == Procedure.SIMPLIFIED,
            GAP.c.due_on.between(first, last),
            ~exists().where(DIGEST_LINE.c.gap_id == GAP.c.gap_id),
        )
        async with self.engine.connect() as connection:
            return (await connection.execute(select(GAP.c.gap_id).where(hurry).limit(1))).first() is not None

    async def justice_of(self, unit_code: str, day: date) -> str | None:
        """Find the justice body that follows a unit on a day."""
        async with self.engine.connect() as connection:
            return (await _tree(connection, self.justice_unit, day)).justice_of(unit_code)

    async def desk(self, day: date) -> Desk:
        """Take the read model and the ledger as they stand together: no rebuild can come between."""
        async with self.engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            position = (await checkpoints.read(connection, PROJECTION)).position
            told = await _told(connection, day)
            gaps = await _gaps(connection, day, {gap for mine in told.values() for gap in mine})
            return Desk(
                position=position,
                gaps=gaps,
                recipients=await _recipients(connection),
                tree=await _tree(connection, self.justice_unit, day),
                matters=await _matters(connection, gaps, day),
                told=told,
                done=await _with_digest(connection, DIGEST.c.day == day),
                later=await _with_digest(connection, DIGEST.c.day > day),
                rounds=await _rounds(connection),
                history=await _history(connection, day),
                preferences=await preferences(connection),
            )


async def _rounds(connection: AsyncConnection) -> frozenset[str]:
    return frozenset((await connection.execute(select(ROUND.c.round_key))).scalars())


async def _gaps(connection: AsyncConnection, day: date, told: set[UUID]) -> list[Gap]:
    wanted = or_(GAP.c.closed_position.is_(None), GAP.c.closed_on > day, GAP.c.gap_id.in_(told))
    return await _found(connection, wanted)


async def _history(connection: AsyncConnection, day: date) -> list[Gap]:
    return await _found(connection, or_(GAP.c.closed_position.is_(None), GAP.c.closed_on >= day - REMEMBERED))


async def _found(connection: AsyncConnection, wanted: Any) -> list[Gap]:
    rows = await connection.execute(select(GAP).where(wanted).order_by(GAP.c.due_on, GAP.c.draft_code))
    return [gap_of(row) for row in rows.mappings()]


async def _matters(connection: AsyncConnection, gaps: Sequence[Gap], day: date) -> dict[UUID, Matter]:
    """Put together what is known beside each gap that has more to it than its days."""
    halted = set((await connection.execute(_halted(day))).scalars())
    silences = await silences_on(connection, day)
    said = await _said(connection)
    return {
        gap.gap_id: Matter(
            **said.get((gap.gap_id, gap.unit_code), {}),
            silence=next((one for one in silences if one.covers(gap, day)), None),
            halted=draft_id(gap.draft_code) in halted,
        )
        for gap in gaps
    }


def _halted(day: date) -> Select[Any]:
    """Find the drafts that are suspended, withdrawn or merged on a day."""
    stage = directory.drafts.stage
    return select(stage.c.draft_id).where(stage.c.stage.in_(HALTS), stands_on(directory.drafts, day))


async def _said(connection: AsyncConnection) -> dict[tuple[UUID, str], dict[str, Any]]:
    """Read what units answered, by gap and unit: of a draft that was handed over, the new unit's answer."""
    columns = [ALERT.c[name] for name in _ANSWERED]
    asked = or_(ALERT.c.answer.is_not(None), ALERT.c.snoozed_until.is_not(None))
    rows = await connection.execute(select(ALERT.c.gap_id, ALERT.c.unit_code, *columns).where(asked))
    return {
        (row["gap_id"], row["unit_code"]): {name: row[name] for name in _ANSWERED} for row in rows.mappings()
    }


_ANSWERED = ("answer", "answered_on", "answer_said", "planned_on", "snoozed_until")


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


async def _tree(connection: AsyncConnection, justice_unit: str | None, day: date) -> Tree:
    units = await unit_directory(connection, directory.units)
    return Tree(directory=units, day=day, justice_unit=justice_unit)


def _last_words(day: date) -> Select[Any]:
    """What each recipient was told last of each gap by a day, from mails that were not refused.

    A mere place in a supervisor's list tells nobody anything that a digest must not say again.
    """
    heard = and_(DIGEST.c.state.in_(HEARD), DIGEST.c.day <= day, DIGEST_LINE.c.reason != Reason.LISTED)
    return (
        select(DIGEST.c.recipient_id, DIGEST.c.day, *DIGEST_LINE.c)
        .join(DIGEST_LINE, DIGEST_LINE.c.digest_key == DIGEST.c.digest_key)
        .where(heard)
        .ext(distinct_on(DIGEST.c.recipient_id, DIGEST_LINE.c.gap_id))
        .order_by(DIGEST.c.recipient_id, DIGEST_LINE.c.gap_id, DIGEST.c.day.desc(), DIGEST.c.kind)
    )


async def _told(connection: AsyncConnection, day: date) -> Mapping[UUID, Mapping[UUID, Told]]:
    told: dict[UUID, dict[UUID, Told]] = {}
    for row in await connection.execute(_last_words(day)):
        if row.standing != Standing.RESOLVED:  # what was closed then is no matter between us any more
            told.setdefault(row.recipient_id, {})[row.gap_id] = Told(
                day=row.day,
                standing=Standing(row.standing),
                due_on=row.due_on,
                policies=tuple(row.policies),
                unit_code=row.unit_code,
                above=Reason(row.reason).is_above,
            )
    return told


async def _with_digest(connection: AsyncConnection, condition: Any) -> frozenset[UUID]:
    of_kind = and_(DIGEST.c.kind == KIND, condition)
    rows = await connection.execute(select(DIGEST.c.recipient_id).where(of_kind).distinct())
    return frozenset(rows.scalars())

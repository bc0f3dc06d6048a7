"""What the pages of lists and the time track of a draft ask of the read model, of the same snapshot as the figures."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Select,
    String,
    Uuid,
    cast,
    column,
    func,
    literal,
    select,
    text,
)

from services.metrics.adapters.history import standing
from services.metrics.adapters.read_model import DATASETS, Drafts, _sum, is_of, leading
from services.metrics.adapters.snapshots.leaders import SqlOverview
from services.metrics.adapters.tables import ANNOUNCED, COMMUNICATION, DRAFT, PLANNED_ACTIVITY, REMINDER
from services.metrics.application.list_ports import Coming, Evidence, Planned, Reminder, Unnamed
from services.metrics.domain.record import ExpectedStage
from shared.contracts.vocabulary import Answer, Channel, Dataset, Precision, Stage

STAGES: Mapping[str, Stage] = {each.value: each for each in Stage}
PRECISIONS: Mapping[str, Precision] = {each.value: each for each in Precision}
CHANNELS: Mapping[str, Channel] = {each.value: each for each in Channel}

# Activities about which something was recorded since a position, and those of some drafts.
_PLANS_TOUCHED = text("""
SELECT activity_id FROM planned_activity WHERE draft_id = ANY(:drafts) OR known_from > :since
UNION
SELECT activity_id FROM planned_activity_superseded WHERE known_to > :since
""")


class SqlList(SqlOverview):
    """A snapshot with the rows of the lists."""

    __slots__ = ()

    async def coming(self, as_of: date) -> list[Coming]:
        """List the stages that drafts are to enter, those that are overdue too, in the order of their days."""

        async def read(drafts: Drafts) -> list[tuple[Any, Coming]]:
            rows = await self.connection.execute(_coming(as_of).where(is_of(drafts, DRAFT)))
            return [
                (
                    (expected_on, code, stage),
                    Coming(
                        draft_code=code,
                        title=title,
                        unit_code=unit,
                        dataset=DATASETS[dataset],
                        stage=ExpectedStage(
                            stage=STAGES[stage],
                            expected_on=expected_on,
                            precision=PRECISIONS[precision],
                            session=session,
                        ),
                    ),
                )
                for code, title, unit, dataset, stage, expected_on, precision, session in rows.all()
            ]

        return list((await self.kept.of(("coming", as_of), read, standing.rows)).values())

    async def planned(self, as_of: date, draft_id: UUID | None = None) -> list[Planned]:
        """List activities of plans that are not cancelled: all of one draft, or those of all drafts from the day on."""
        table = PLANNED_ACTIVITY.c
        if draft_id is not None:
            rows = await self._planned(as_of, table.draft_id == draft_id)
            return [row for _, row in sorted(rows, key=standing.first_of)]

        async def touched(drafts: Collection[UUID], since: int) -> Collection[UUID]:
            given = {"drafts": list(drafts), "since": since}
            return (await self.connection.execute(_PLANS_TOUCHED, given)).scalars().all()

        async def read(activities: Collection[UUID] | None) -> list[tuple[Any, Planned]]:
            wanted = (
                [] if activities is None else [table.activity_id == func.any(cast(activities, ARRAY(Uuid)))]
            )
            return await self._planned(as_of, table.planned_on >= as_of, *wanted)

        kept = await self.kept.of_parts(("planned", as_of), touched, read, standing.rows)
        return list(kept.values())

    async def _planned(self, as_of: date, *where: ColumnElement[bool]) -> list[tuple[Any, Planned]]:
        table = PLANNED_ACTIVITY.c
        columns = ("draft_id", "planned_on", "precision", "stage", "channel", "title", "activity_id")
        query = (
            select(
                *(table[name] for name in columns),
                table.unit_code.label("responsible_code"),
                leading(as_of).label("unit_code"),
                DRAFT.c.draft_code,
                DRAFT.c.title.label("draft_title"),
                DRAFT.c.dataset,
            )
            .join(DRAFT, DRAFT.c.draft_id == table.draft_id)
            .where(~table.cancelled, *where)
        )
        return [
            (
                (planned_on, code, activity_id),
                Planned(
                    draft_id=of,
                    draft_code=code,
                    draft_title=draft_title,
                    unit_code=unit,
                    dataset=DATASETS[dataset],
                    planned_on=planned_on,
                    precision=PRECISIONS[precision],
                    stage=STAGES[stage] if stage else None,
                    channel=CHANNELS[channel] if channel else None,
                    title=title,
                    responsible_code=responsible,
                ),
            )
            for (
                of, planned_on, precision, stage, channel, title, activity_id, responsible, unit, code, draft_title, dataset,
            ) in (await self.connection.execute(query)).all()
        ]  # fmt: skip

    async def reminders(self, draft_id: UUID, until: date) -> list[Reminder]:
        """List the days on which the gaps of a draft were urged, each once."""
        gaps = select(ANNOUNCED.c.gap_id).where(ANNOUNCED.c.draft_id == draft_id)
        query = (
            select(REMINDER.c.day, REMINDER.c.kind)
            .distinct()
            .where(REMINDER.c.gap_id.in_(gaps), REMINDER.c.day <= until)
            .order_by(REMINDER.c.day, REMINDER.c.kind)
        )
        return [Reminder(day=row.day, kind=row.kind) for row in await self.connection.execute(query)]

    async def evidence(self, as_of: date) -> list[Evidence]:
        """Count the communications of each unit on drafts in scope, by what proves them."""

        async def read(drafts: Drafts) -> list[tuple[Any, tuple[int, ...]]]:
            query = _evidence(as_of).where(is_of(drafts, COMMUNICATION, DRAFT))
            rows = [tuple(row) for row in await self.connection.execute(query)]
            return [(row[:2], row[2:]) for row in rows]

        kept = await self.kept.of(("evidence", as_of), read, standing.sums)
        return [
            Evidence(
                unit_code=unit_code,
                dataset=Dataset(dataset),
                communications=communications,
                verified=verified,
                without_url=without_url,
            )
            for (unit_code, dataset), (communications, verified, without_url) in kept.items()
        ]

    async def unnamed(self, as_of: date) -> list[Unnamed]:
        """List the drafts that are counted as one policy, because none is named."""

        async def read(drafts: Drafts) -> list[tuple[str, Unnamed]]:
            rows = await self.connection.execute(_unnamed(as_of).where(is_of(drafts, DRAFT)))
            return [
                (code, Unnamed(draft_code=code, title=title, unit_code=unit, dataset=DATASETS[dataset]))
                for code, title, unit, dataset in rows.all()
            ]

        return list((await self.kept.of(("unnamed", as_of), read, standing.rows)).values())


def _coming(as_of: date) -> Select[Any]:
    """Select a row for each expected stage."""
    columns: list[ColumnElement[Any]] = [
        column("stage", String),
        column("expected_on", Date),
        column("precision", String),
        column("session", String),
    ]
    stage = (
        func.jsonb_to_recordset(_facts()["expected"])
        .table_valued(*columns)
        .render_derived(name="e", with_types=True)
    )
    return (
        select(
            DRAFT.c.draft_code, DRAFT.c.title, leading(as_of).label("unit_code"), DRAFT.c.dataset, *stage.c
        )
        .join(stage, literal(value=True))
        .where(DRAFT.c.scope != Answer.NO)
    )


def _evidence(as_of: date) -> Select[Any]:
    table = COMMUNICATION.c
    return (
        select(
            table.unit_code,
            DRAFT.c.dataset,
            func.count().label("communications"),
            _sum(table.verified, "verified"),
            _sum(func.coalesce(table.url, "") == "", "without_url"),
        )
        .join(DRAFT, DRAFT.c.draft_id == table.draft_id)
        .where(table.held_on <= as_of, DRAFT.c.scope == Answer.YES)
        .group_by(table.unit_code, DRAFT.c.dataset)
    )


def _unnamed(as_of: date) -> Select[Any]:
    return select(
        DRAFT.c.draft_code, DRAFT.c.title, leading(as_of).label("unit_code"), DRAFT.c.dataset
    ).where(DRAFT.c.scope != Answer.NO, func.jsonb_array_length(_facts()["policies"]) == 0)


def _facts() -> Any:
    return func.coalesce(DRAFT.c.facts, DRAFT.c.record)

"""How the entries of programmes are read from the read model."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.metrics.adapters.tables import PROGRAMME_ENTRY
from services.metrics.application.list_ports import ReportEntry
from services.metrics.domain.programme import ProgrammeEntryRow
from shared.contracts.vocabulary import Dataset, ProgrammeKind
from shared.projections.programme_rows import fact_of
from shared.rules.programme.groups import ProgrammeGroup
from shared.rules.programme.kinds import KINDS

OF_OBSTACLES = [
    kind
    for kind, spec in KINDS.items()
    if spec.group is ProgrammeGroup.ADVICE and kind is not ProgrammeKind.ADVICE_GIVEN
]


async def programme_entries(
    connection: AsyncConnection, year: int, units: Collection[str] | None
) -> list[ProgrammeEntryRow]:
    """Read whole programmes of a year, and what is about obstacles in those of the years before."""
    rows = (await connection.execute(_entries(year, units))).mappings()
    return [
        ProgrammeEntryRow(
            fact=fact_of(row),
            year=row["year"],
            amount=row["amount"],
            dataset=Dataset(row["dataset"]),
            examined=row["examined"],
            title=row["title"],
            entry_ref=row["entry_ref"],
            note=row["note"],
        )
        for row in rows
    ]


def _entries(year: int, units: Collection[str] | None) -> Select[Any]:
    table = PROGRAMME_ENTRY.c
    carried_over = and_(table.year < year, table.kind.in_(OF_OBSTACLES))
    query = select(PROGRAMME_ENTRY).where(or_(table.year == year, carried_over))
    query = query if units is None else query.where(table.unit_code.in_(sorted(units)))
    return query.order_by(table.position)


ABOUT_REPORTS = sorted(
    {ProgrammeKind.REPORT_REQUIRED, ProgrammeKind.REPORT_SUBMITTED, ProgrammeKind.REPORT_RECEIVED}
)


async def report_entries(connection: AsyncConnection, year: int) -> list[ReportEntry]:
    """Read the entries about reports of the programmes of a year, and of the next one, in which some are entered."""
    table = PROGRAMME_ENTRY.c
    query = select(PROGRAMME_ENTRY).where(table.year.in_((year, year + 1)), table.kind.in_(ABOUT_REPORTS))
    rows = (await connection.execute(query.order_by(table.position))).mappings()
    return [
        ReportEntry(
            fact=fact_of(row),
            year=row["year"],
            title=row["title"],
            dataset=Dataset(row["dataset"]),
            corrected=bool(row["corrected"]),
            figures=row["figures"],
            report_id=row["report_id"],
        )
        for row in rows
    ]

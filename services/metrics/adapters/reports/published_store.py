"""Published reports in PostgreSQL: rows from their events, and the files, which no event has."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.metrics.adapters.read_model import SqlSnapshots
from services.metrics.adapters.tables import PUBLISHED_FILE, PUBLISHED_REPORT
from services.metrics.application.ports import KnownAt
from services.metrics.application.published import PublishedReport, sha256
from services.metrics.domain.record import DraftRecord
from shared.persistence.database import reading


@dataclass(frozen=True, slots=True)
class SqlPublishedReports:
    snapshots: SqlSnapshots

    async def keep(self, report_id: UUID, files: Mapping[str, bytes]) -> Mapping[str, str]:
        """Keep files unless there are some: of two who publish the same report, both have the same bytes."""
        rows = [
            {"report_id": report_id, "format": name, "sha256": sha256(content), "content": content}
            for name, content in files.items()
        ]
        async with self.snapshots.engine.begin() as connection:
            await connection.execute(insert(PUBLISHED_FILE).values(rows).on_conflict_do_nothing())
            return await _digests(connection, report_id)

    async def digests(self, report_id: UUID) -> Mapping[str, str]:
        async with self.snapshots.engine.connect() as connection:
            return await _digests(connection, report_id)

    async def file(self, report_id: UUID, format_: str) -> bytes | None:
        table = PUBLISHED_FILE.c
        query = select(table.content).where(table.report_id == report_id, table.format == format_)
        async with reading(self.snapshots.engine) as connection:
            content: bytes | None = (await connection.execute(query)).scalar_one_or_none()
        return content

    async def by_id(self, report_id: UUID) -> PublishedReport | None:
        query = select(PUBLISHED_REPORT).where(PUBLISHED_REPORT.c.report_id == report_id)
        async with reading(self.snapshots.engine) as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return _report(row) if row is not None else None

    async def listed(
        self, unit_code: str | None, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[PublishedReport]:
        """List the reports of a unit (None: of all), the last one first."""
        table = PUBLISHED_REPORT.c
        query = select(PUBLISHED_REPORT).order_by(table.published_at.desc(), table.report_id.desc())
        if unit_code is not None:
            query = query.where(table.unit_code == unit_code)
        if after is not None:
            query = query.where(tuple_(table.published_at, table.report_id) < tuple_(*after))
        async with reading(self.snapshots.engine) as connection:
            return [_report(row) for row in (await connection.execute(query.limit(limit))).mappings()]

    async def records(self, codes: Collection[str], known_at: KnownAt | None) -> Mapping[str, DraftRecord]:
        """Read what is recorded of some drafts, or was known of them then."""
        async with self.snapshots.snapshot(known_at) as snapshot:
            return {record.draft_code: record for record in await snapshot.records_of(codes)}


async def _digests(connection: AsyncConnection, report_id: UUID) -> Mapping[str, str]:
    table = PUBLISHED_FILE.c
    rows = await connection.execute(select(table.format, table.sha256).where(table.report_id == report_id))
    return {row.format: row.sha256 for row in rows}


def _report(row: Any) -> PublishedReport:
    return PublishedReport(**{name: row[name] for name in PublishedReport.__dataclass_fields__})

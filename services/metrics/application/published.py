"""Published reports: what is kept of them, and how their figures differ from what is known today."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol
from uuid import UUID, uuid5

from services.metrics.application.ports import KnownAt
from services.metrics.application.queries import Question
from services.metrics.application.reports import Report, ReportQueries
from services.metrics.domain.difference import DraftDifference, differing, reasons
from services.metrics.domain.errors import ReportUnknown
from services.metrics.domain.grouping import View
from services.metrics.domain.record import DraftRecord
from shared.contracts.envelope import AggregateRef, Metadata, NewEvent
from shared.contracts.event import LOA_NAMESPACE, Acting, event_id
from shared.contracts.metrics import ComplianceReportPublished
from shared.eventstore.handle import NOTHING, EventStore, Version, VersionConflict, refuse_personal_data
from shared.rules.figures import Period
from shared.rules.rights.table import require

Made = Callable[[Report, str], Mapping[str, bytes]]
"""Gives the files of a report by their formats, with the version of the rules in them."""
LayOut = Callable[[bytes], Awaitable[bytes]]
"""Makes the pages for print of a report, which is given as JSON."""
PRINTED = "pdf"  # the format of the pages for print


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedReport:
    """What the event of its publication says, and when it was."""

    report_id: UUID
    unit_code: str | None
    include_descendants: bool
    area_of: str | None
    view: str
    year: int | None
    period_from: date
    period_to: date
    as_of: date
    facts_position: int
    rules_version: str
    document: str | None
    sha256_json: str
    sha256_xlsx: str
    sha256_docx: str
    published_at: datetime

    @property
    def period(self) -> Period:
        return Period(self.period_from, self.period_to)

    def question(self, known_at: KnownAt | None) -> Question:
        return Question(
            as_of=self.as_of,
            period=self.period,
            year=self.year,
            unit_code=self.unit_code,
            include_descendants=self.include_descendants,
            area_of=self.area_of,
            view=View(self.view),
            known_at=known_at,
        )


class PublishedReports(Protocol):
    """Keeps files, and finds what was published."""

    async def keep(self, report_id: UUID, files: Mapping[str, bytes]) -> Mapping[str, str]:
        """Keep the files of a report, unless there are some already; give the SHA-256 of those that are kept."""
        ...

    async def digests(self, report_id: UUID) -> Mapping[str, str]:
        """Give the SHA-256 of the files that are kept of a report, by their formats."""
        ...

    async def file(self, report_id: UUID, format_: str) -> bytes | None: ...
    async def by_id(self, report_id: UUID) -> PublishedReport | None: ...
    async def listed(
        self, unit_code: str | None, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[PublishedReport]: ...
    async def records(
        self, codes: Collection[str], known_at: KnownAt | None
    ) -> Mapping[str, DraftRecord]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A published report as its facts give it by the rules of today, and as the facts of today do."""

    published: PublishedReport
    then: Report
    now: Report
    drafts: Sequence[DraftDifference]
    other_rules: bool


MOST_EXPLAINED = 200  # drafts whose facts are compared


@dataclass(frozen=True, slots=True)
class Publishing:
    reports: ReportQueries
    kept: PublishedReports
    store: EventStore
    make: Made

    async def publish(
        self,
        question: Question,
        period: Period,
        document: str | None,
        by: Acting,
        metadata: Metadata,
        today: date,
    ) -> tuple[UUID, Version, bool]:
        """Keep a report as it is now; the same question at the same position is the same report.

        Gives its id and version, and whether it is new.
        """
        require(by, question.unit_code or question.area_of)
        rules_version = self.reports.queries.rulebook.version
        report = await self.reports.report(question, period, today)
        files = await asyncio.to_thread(self.make, report, rules_version)
        event = _published(report, period, rules_version, document, files)
        refuse_personal_data([event])
        kept = await self.kept.keep(event.report_id, files)
        event = event.model_copy(update={f"sha256_{name}": digest for name, digest in kept.items()})
        ref = AggregateRef("compliance", event.report_id)
        history = await self.store.load(ref)
        if history.events:
            return event.report_id, history.version, False
        new = NewEvent(event_id(ref.id, rules_version, 0), event, metadata)
        try:
            return event.report_id, await self.store.append(ref, NOTHING, [new]), True
        except VersionConflict:
            return event.report_id, (await self.store.load(ref)).version, False

    async def published(self, report_id: UUID) -> PublishedReport:
        report = await self.kept.by_id(report_id)
        if report is None:
            raise ReportUnknown(report_id)
        return report

    async def file(self, report_id: UUID, format_: str) -> tuple[bytes, PublishedReport]:
        """Give the very bytes that were published."""
        published = await self.published(report_id)
        content = await self.kept.file(report_id, format_)
        if content is None:
            raise ReportUnknown(report_id)
        return content, published

    async def printed(self, report_id: UUID, lay_out: LayOut) -> tuple[bytes, PublishedReport]:
        """Give the pages for print as they were laid out when they were first asked for: from then on they are kept."""
        published = await self.published(report_id)
        if (content := await self.kept.file(report_id, PRINTED)) is None:
            given, _ = await self.file(report_id, "json")
            await self.kept.keep(report_id, {PRINTED: await lay_out(given)})
            content, _ = await self.file(report_id, PRINTED)  # of two who ask at once both get the same
        return content, published

    async def printed_digest(self, report_id: UUID) -> str | None:
        """Give the SHA-256 of the pages for print; None until they are first asked for."""
        return (await self.kept.digests(report_id)).get(PRINTED)

    async def difference(self, report_id: UUID, today: date) -> Difference:
        published = await self.published(report_id)
        period, position = published.period, published.facts_position
        then = await self.reports.report(published.question(position), period, today)
        now = await self.reports.report(published.question(None), period, today)
        drafts = differing(then.drafts, now.drafts)
        codes = [draft.draft_code for draft in drafts[:MOST_EXPLAINED]]
        before, after = await self.kept.records(codes, position), await self.kept.records(codes, None)
        explained = [
            replace(draft, reasons=reasons(before.get(draft.draft_code), after.get(draft.draft_code)))
            for draft in drafts[:MOST_EXPLAINED]
        ]
        return Difference(
            published=published,
            then=then,
            now=now,
            drafts=[*explained, *drafts[MOST_EXPLAINED:]],
            other_rules=published.rules_version != self.reports.queries.rulebook.version,
        )


def _published(
    report: Report, period: Period, rules_version: str, document: str | None, files: Mapping[str, bytes]
) -> ComplianceReportPublished:
    asked, position = report.question, report.overview.position
    fields = {
        "unit_code": asked.unit_code,
        "include_descendants": asked.include_descendants,
        "area_of": asked.area_of,
        "view": asked.view.value,
        "year": asked.year,
        "period_from": period.from_day,
        "period_to": period.to_day,
        "as_of": asked.as_of,
        "facts_position": position,
        "rules_version": rules_version,
    }
    key = ":".join(str(value) for value in fields.values())
    digests = {f"sha256_{name}": sha256(content) for name, content in files.items()}
    return ComplianceReportPublished(
        report_id=uuid5(LOA_NAMESPACE, f"report:{key}"), document=document, **fields, **digests
    )


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

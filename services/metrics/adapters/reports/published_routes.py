"""Published reports: published by right, downloaded as the very same bytes, and compared with what is known today."""

import asyncio
from base64 import b64encode
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from services.metrics.adapters.figures.api import period_of
from services.metrics.adapters.lists.listing import CSV, cells
from services.metrics.adapters.lists.reports import STATES
from services.metrics.adapters.pages.choice import Chosen
from services.metrics.adapters.pages.leaders import Words
from services.metrics.adapters.pages.routes import pages_router, render
from services.metrics.adapters.reports import difference
from services.metrics.adapters.reports.document import DOCX
from services.metrics.adapters.reports.paper import PDF, page_of, printed
from services.metrics.adapters.reports.routes import Format, Kept, file_name, files_in, needed_period
from services.metrics.adapters.reports.sending import Sending, own_figures, signed
from services.metrics.adapters.reports.views import ReportView
from services.metrics.adapters.reports.workbook import XLSX
from services.metrics.application.published import PublishedReport, PublishedReports, Publishing, sha256
from services.metrics.application.queries import Question
from services.metrics.domain.grouping import View
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.http.overload.turns import resting
from shared.http.requests import request_context
from shared.http.requests.paging import Listing, Paged, key_of
from shared.http.requests.request_context import Accepted, AtPosition, Body, IdempotencyKey, Today, example
from shared.kernel.local_day import VIETNAM
from shared.kernel.runtime import new_id
from shared.pages.layout import safe
from shared.projections.projection_health import Notices, no_notices
from shared.rules.figures import reporting_year
from shared.rules.programme.figures import OWN_FIGURES
from shared.rules.rights.actions import Action
from shared.text_checks.days import Day

KINDS = {Format.JSON: "application/json", Format.XLSX: XLSX, Format.DOCX: DOCX, Format.PDF: PDF}


class Publication(Body):
    """Whose report is published: of a reporting year (that of `as_of` if no period is given), or of days."""

    model_config = example(unit="STP-22", year=2026, document="12/BC-STP")

    unit: Annotated[str | None, Field(max_length=64)] = None
    include_descendants: bool = False
    area_of: Annotated[str | None, Field(max_length=64)] = None
    view: View = View.ORIGINAL
    as_of: Day | None = None
    year: Annotated[int | None, Field(ge=2000, le=2100)] = None
    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None
    document: Annotated[
        str | None, Field(max_length=200, description="number of the office's own letter")
    ] = None

    def question(self, today: date) -> Question:
        as_of = self.as_of or today
        year = self.year if self.year or self.from_ or self.to else reporting_year(as_of)
        return Question(
            as_of=as_of,
            period=period_of(year, self.from_, self.to),
            year=year,
            unit_code=self.unit,
            include_descendants=self.include_descendants,
            area_of=self.area_of,
            view=self.view,
        )


class PublishedView(BaseModel):
    """A published report; `facts_position` is that of the last fact in it."""

    report_id: UUID
    unit_code: str | None
    include_descendants: bool
    area_of: str | None
    view: View
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


def router(publishing: Publishing, kept: PublishedReports) -> APIRouter:
    routes = APIRouter(tags=["reports"], dependencies=[AtPosition])

    @routes.post(
        "/reports/407/published", status_code=201, summary="Publish the report on the scheme as it is now"
    )
    async def publish(
        request: Request,
        response: Response,
        principal: Annotated[Principal, may(Action.PUBLISH_REPORT)],
        body: Publication,
        today: Today,
        key: IdempotencyKey = None,
    ) -> Accepted:
        """The same question at the same position is the same report, which is published once."""
        question = body.question(today)
        period = needed_period(question)
        context = request_context.metadata(request, principal, key)
        report_id, version, is_new = await publishing.publish(
            question, period, body.document, principal.acting, context, today
        )
        events = ["report_published"] if is_new else []
        return request_context.accepted(response, report_id, version, events)

    @routes.get("/reports/407/published", summary="Reports that were published, the last one first")
    async def published(
        _: Annotated[Principal, may(Action.READ_FIGURES)], paged: Paged, unit: str | None = None
    ) -> Listing[PublishedView]:
        after = key_of(paged.after, _moment_and_id) if paged.after else None
        rows = [_row(report) for report in await kept.listed(unit, after, paged.limit)]
        return paged.listing(PublishedView, rows, "key")

    @routes.get(
        "/reports/407/published/{report_id}",
        summary="The very bytes that were published",
        responses={**files_in(XLSX, DOCX, PDF)},
    )
    async def file(
        request: Request,
        _: Annotated[Principal, may(Action.READ_FIGURES)],
        report_id: UUID,
        format: Annotated[Format, Query(description="json, or a file: xlsx, docx, pdf")] = Format.JSON,  # noqa: A002  the contract's name
    ) -> ReportView:
        """Give a file as it was published; a PDF is laid out when it is first asked for, and is the same file from then on."""
        if format is Format.PDF:
            content, report = await publishing.printed(report_id, lambda given: _laid_out(request, given))
            digest = bytes.fromhex(sha256(content))
        else:
            content, report = await publishing.file(report_id, format)
            digest = bytes.fromhex(getattr(report, f"sha256_{format}"))
        name = file_name(report.unit_code, [report.period_from, report.period_to], format)
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "ETag": f'"{digest.hex()}"',
            "Repr-Digest": f"sha-256=:{b64encode(digest).decode()}:",
        }
        return Response(content, media_type=KINDS[format], headers=headers)  # type: ignore[return-value]  # its bytes

    return routes


async def _laid_out(request: Request, given: bytes) -> bytes:
    page = await asyncio.to_thread(lambda: page_of(ReportView.model_validate_json(given)))
    with resting(request.scope):  # another process works
        return await printed(page)


def page_router(publishing: Publishing, sending: Sending, notices: Notices = no_notices) -> APIRouter:
    routes = pages_router()

    @routes.get("/reports/published/{report_id}", summary="A published report beside what is known today")
    async def changes(
        request: Request,
        _: Annotated[Principal, may(Action.READ_FIGURES)],
        report_id: UUID,
        chosen: Chosen,
        today: Today,
        form: Annotated[Literal["html", "csv"], Query(alias="format")] = "html",
    ) -> Response:
        compared = await publishing.difference(report_id, today)
        words = Words(chosen.lang)
        if form == "csv":
            return Response(difference.tables(compared, words)[-1].as_csv(words), media_type=CSV)
        report = compared.published
        required = await sending.answered(report, today)
        figures = own_figures((await publishing.file(report_id, Kept.JSON))[0]) if required else {}
        return render(
            "difference.html",
            headers={**safe(forms_to=sending.origin), "Content-Language": chosen.lang},
            required=required,
            figures=[(name, OWN_FIGURES[name], value) for name, value in figures.items()],
            send_to=sending.address(report.unit_code or ""),
            signed=signed(request),
            new_id=new_id,
            states=STATES,
            **difference.values(compared, words),
            published_at=f"{report.published_at.astimezone(VIETNAM):%H:%M %d/%m/%Y}",
            digests={kind.value: getattr(report, f"sha256_{kind}") for kind in Kept}
            | {Format.PDF.value: await publishing.printed_digest(report_id)},
            chosen=chosen,
            lang=chosen.lang,
            words=words,
            t=words.pair,
            cells=cells,
            notices=await notices(),
        )

    return routes


def _row(report: PublishedReport) -> dict[str, Any]:
    row = {name: getattr(report, name) for name in PublishedView.model_fields}
    return row | {"key": f"{report.published_at.isoformat()} {report.report_id}"}


def _moment_and_id(key: str) -> tuple[datetime, UUID]:
    moment, _, number = key.partition(" ")
    return datetime.fromisoformat(moment), UUID(number)

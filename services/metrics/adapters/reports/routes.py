"""The report on the scheme: `GET /reports/407` for programs and as files, `GET /reports` to look at it first."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from services.metrics.adapters.figures.api import AreaOf, AsKnownAt, AsOf, Year, period_of
from services.metrics.adapters.pages.choice import USUAL, Language
from services.metrics.adapters.pages.leaders import Words, whose
from services.metrics.adapters.pages.navigation import PAGES
from services.metrics.adapters.pages.routes import pages_router, render, shown_choice
from services.metrics.adapters.reports.document import DOCX, ENGLISH_TEMPLATE, document
from services.metrics.adapters.reports.paper import PDF, page_of, printed
from services.metrics.adapters.reports.periods import PARTS, GivenPart, Part, ReportChosen
from services.metrics.adapters.reports.sending import Sending
from services.metrics.adapters.reports.tables import Table, Whole, tables
from services.metrics.adapters.reports.views import ReportView, report_view
from services.metrics.adapters.reports.workbook import XLSX, heading, workbook
from services.metrics.application.published import PublishedReports
from services.metrics.application.queries import Question
from services.metrics.application.reports import Report, ReportQueries
from services.metrics.domain.errors import PeriodUnclear
from services.metrics.domain.grouping import View
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.http.overload.turns import resting
from shared.http.requests.forecasts import marked
from shared.http.requests.request_context import AtPosition, OfDataset, Today
from shared.projections.projection_health import Notices, no_notices
from shared.rules.figures import Period, reporting_year
from shared.rules.rights.actions import Action
from shared.text_checks.days import Day

MOST_PUBLISHED = 12  # reports that the page lists
MOST_COLUMNS = 8  # of a table that is printed as a table; a broader one is printed as lines of text
MOST_SHOWN = 30  # rows of a table on the page; the files have all of them


class Kept(StrEnum):
    """The formats in which a published report is kept."""

    JSON = "json"
    XLSX = "xlsx"
    DOCX = "docx"


class Format(StrEnum):
    JSON = "json"
    XLSX = "xlsx"
    DOCX = "docx"
    PDF = "pdf"


def files_in(*kinds: str) -> Mapping[int | str, dict[str, Any]]:
    """Describe an answer that may be a file of these media types."""
    return {200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}}}


async def question(  # the parameters of the contract
    as_of: AsOf,
    year: Year = None,
    first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
    part: GivenPart = None,
    unit: str | None = None,
    include_descendants: bool = False,
    area_of: AreaOf = None,
    view: View = View.ORIGINAL,
    known_at: AsKnownAt = None,
) -> Question:
    """Take the reporting year of `as_of` where no period is given."""
    whole = part in {None, Part.YEAR}
    if not whole and (first or last or (part is Part.SCHEME and year)):
        raise PeriodUnclear
    asked_year = year if year or first or last else reporting_year(as_of)
    return Question(
        as_of=as_of,
        period=part.period(asked_year or 0) if part and not whole else period_of(asked_year, first, last),
        year=asked_year if whole else None,
        unit_code=unit,
        include_descendants=include_descendants,
        area_of=area_of,
        view=view,
        known_at=known_at,
    )


Asked = Annotated[Question, Depends(question)]
Wanted = Annotated[Format, Query(alias="format", description="json, or a file: xlsx, docx, pdf")]


def router(reports: ReportQueries, template: Path) -> APIRouter:
    """`template` is the document that an office fills in."""
    routes = APIRouter(tags=["figures"], dependencies=[AtPosition, OfDataset])
    version = reports.queries.rulebook.version

    @routes.get(
        "/reports/407",
        summary="The report on the scheme, as JSON or a file",
        responses={**files_in(XLSX, DOCX, PDF)},
    )
    async def report(
        request: Request,
        _: Annotated[Principal, may(Action.READ_FIGURES)],
        asked: Asked,
        today: Today,
        wanted: Wanted = Format.JSON,
        lang: Annotated[Language, Query(description="language of the files; JSON has both")] = "vi",
        drafts: Annotated[
            Literal["all", "none"],
            Query(description="of JSON: none leaves the lists of drafts empty; all figures stay the same"),
        ] = "all",
    ) -> ReportView:
        """Give all drafts of the period one by one: what it costs grows with them, that of the figures alone does not."""
        most = 0 if drafts == "none" and wanted is Format.JSON else None
        answer = await reports.report(asked, needed_period(asked), today, most)
        made = marked(await asyncio.to_thread(report_view, answer, version, most), today)
        if wanted is Format.JSON:
            return made
        if wanted is Format.PDF:
            page = await asyncio.to_thread(page_of, made, Words(lang))
            with resting(request.scope):  # another process works
                content, kind = await printed(page), PDF
        else:
            content, kind = await asyncio.to_thread(
                _file, made, wanted, template if lang == "vi" else ENGLISH_TEMPLATE, Words(lang)
            )
        named = {
            "Content-Disposition": f'attachment; filename="{_name(made, wanted)}"',
            "Content-Language": lang,
        }
        return Response(content, media_type=kind, headers=named)  # type: ignore[return-value]  # a file of it

    return routes


def page_router(
    reports: ReportQueries, kept: PublishedReports, sending: Sending, notices: Notices = no_notices
) -> APIRouter:
    routes = pages_router()
    version = reports.queries.rulebook.version

    @routes.get("/reports", summary="The report on the scheme to look at, with its files")
    async def report_page(
        _: Annotated[Principal, may(Action.READ_FIGURES)], chosen: ReportChosen, today: Today
    ) -> HTMLResponse:
        asked = chosen.question(today)
        made = await reports.report(asked, needed_period(asked), today, MOST_SHOWN)
        view = marked(await asyncio.to_thread(report_view, made, version, MOST_SHOWN), today)
        words = Words(chosen.lang)
        return render(
            "report.html",
            headers={"Content-Language": chosen.lang},
            **shown_choice(made.overview, chosen, today, await notices()),
            pages=PAGES,
            year_asked=chosen.year_on(today),
            parts=[(part.value, words.text(text)) for part, text in PARTS.items()],
            wording=words,
            whose=whose(made.overview, words),
            received=await sending.received(made.question),
            published=await kept.listed(made.question.unit_code, None, MOST_PUBLISHED),
            view=view,
            heading=words.text(heading(view)),
            tables=_shown(made, view, words),
            most_shown=MOST_SHOWN,
            most_columns=MOST_COLUMNS,
        )

    return routes


def asks(reports: ReportQueries) -> list[Callable[[date], Awaitable[object]]]:
    """Give what the page of the report asks of a day if nothing is chosen."""

    async def ask(today: date) -> object:
        asked = USUAL.question(today)
        return await reports.report(asked, needed_period(asked), today, MOST_SHOWN)

    return [ask]


def _shown(report: Report, view: ReportView, words: Words) -> list[Table]:
    """Give the tables of the page; of long ones the report has the first rows alone."""
    of = report.of_drafts
    of_all = {
        "drafts": Whole(of.drafts, {"policies": of.policies, "judged": of.judged, "begun": of.begun}),
        "policies": Whole(of.listed, {}),
        "lacking": Whole(len(report.overview.gaps), {}),
    }
    return [replace(table, whole=of_all.get(key)) for key, table in tables(view, words).items()]


def needed_period(asked: Question) -> Period:
    """Give the period of a report, which has one; raises `PeriodUnclear`."""
    if asked.period is None:  # a page asked for all years together
        raise PeriodUnclear
    return asked.period


def _file(view: ReportView, wanted: Format, template: Path, language: Words) -> tuple[bytes, str]:
    if wanted is Format.XLSX:
        return workbook(view, language), XLSX
    return document(view, template, language), DOCX


def _name(view: ReportView, wanted: Format) -> str:
    return file_name(view.unit, [day for day in (view.period.from_, view.period.to) if day], wanted)


def file_name(unit_code: str | None, days: Sequence[date], wanted: Format | Kept) -> str:
    """Name a file by unit and period, in letters that every program takes."""
    unit = "".join(
        letter if letter.isascii() and letter.isalnum() else "-" for letter in unit_code or "tat-ca"
    )
    return "_".join(["bao-cao-407", unit, *(f"{day:%Y%m%d}" for day in days)]) + f".{wanted}"


def files_of(report: Report, rules_version: str, template: Path) -> dict[str, bytes]:
    """Make the files that are kept of a published report."""
    view = report_view(report, rules_version)
    return {
        Kept.JSON.value: view.model_dump_json(by_alias=True).encode(),
        Kept.XLSX.value: workbook(view),
        Kept.DOCX.value: document(view, template),
    }

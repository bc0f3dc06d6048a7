"""`GET /required-reports`: who reports what to whom by which day, who is late, and a unit's own figures with those counted."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from services.metrics.adapters.figures.api import AreaOf, AsKnownAt, AsOf
from services.metrics.adapters.figures.views import Banner, PeriodView, banner_views, period_view
from services.metrics.adapters.programmes.api import FIRST_YEAR, LAST_YEAR
from services.metrics.application.programme import year_of
from services.metrics.application.required_reports import (
    ListedReport,
    ReportsAnswer,
    ReportsQuestion,
    RequiredReports,
)
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.http.requests.forecasts import Dated, marked
from shared.http.requests.request_context import AtPosition, OfDataset, Today
from shared.rules.programme.figures import OWN_FIGURES
from shared.rules.programme.reports import ReportState
from shared.rules.rights.actions import Action

MOST_LISTED = 2_000  # reports


class OwnFigureView(BaseModel):
    """What the unit reported (`own`) and what is counted for it, the units below it and its area (`counted`); null: not recorded."""

    name: str
    label: str
    label_en: str
    own: int
    counted: int | None
    difference: int | None


class RequiredReportView(BaseModel):
    """An expected report. `duty_id` and `period.from` are what `POST /units/{unit_code}/reports` takes.

    `entry_id` is the report in the programme of the unit, null until it is submitted; `corrected`: all its versions are at
    `GET /units/{unit_code}/programme/{year}/entries/{entry_id}/versions` of campaigns. `owed_by` is to act next.
    `report_id` is the published report that was sent (`GET /reports/407/published/{report_id}`).
    """

    duty_id: UUID
    entry_id: UUID | None
    title: str
    unit_code: str
    unit_name: str
    receiver: str
    receiver_name: str
    year: int
    period: PeriodView
    due_on: date
    state: ReportState
    is_late: bool
    owed_by: str | None
    submitted_on: date | None
    document: str | None
    received_on: date | None
    corrected: bool
    figures: list[OwnFigureView]
    report_id: UUID | None


class StateCounts(BaseModel):
    open: int
    late: int
    submitted: int
    submitted_late: int
    received: int
    received_late: int


class RequiredReportsView(Dated):
    """`counts` are of all that was asked about before `state` narrows the list; `left_off` are those beyond 2,000."""

    position: int
    banners: list[Banner]
    year: int
    unit: str | None
    include_descendants: bool
    area_of: str | None
    receiver: str | None
    counts: StateCounts
    late_units: list[str]
    reports: list[RequiredReportView]
    left_off: int


async def question(
    as_of: AsOf,
    year: Annotated[
        int | None,
        Query(ge=FIRST_YEAR, le=LAST_YEAR, description="the reporting year of the day if absent"),
    ] = None,
    unit: Annotated[str | None, Query(description="the unit that reports; all if absent")] = None,
    include_descendants: bool = False,
    area_of: AreaOf = None,
    receiver: Annotated[str | None, Query(description="code of the unit that is reported to")] = None,
    state: ReportState | None = None,
    known_at: AsKnownAt = None,
) -> ReportsQuestion:
    return ReportsQuestion(
        as_of=as_of,
        year=year_of(as_of, year),
        unit_code=unit,
        include_descendants=include_descendants,
        area_of=area_of,
        receiver=receiver,
        state=state,
        known_at=known_at,
    )


Asked = Annotated[ReportsQuestion, Depends(question)]


def router(queries: RequiredReports) -> APIRouter:
    routes = APIRouter(tags=["figures"], dependencies=[AtPosition, OfDataset])

    @routes.get("/required-reports", summary="Reports that are required of units, and who is late")
    async def required_reports(
        _: Annotated[Principal, may(Action.READ_FIGURES)], asked: Asked, today: Today
    ) -> RequiredReportsView:
        return marked(reports_view(await queries.reports(asked)), today)

    return routes


def reports_view(answer: ReportsAnswer) -> RequiredReportsView:
    asked = answer.question
    late = {
        item.standing.expected.unit_code for item in answer.reports if item.standing.state is ReportState.LATE
    }
    shown: dict[str, Any] = {
        "as_of": asked.as_of.isoformat(),
        "position": answer.position,
        "banners": banner_views(answer.datasets),
        "year": asked.year,
        "unit": asked.unit_code,
        "include_descendants": asked.include_descendants,
        "area_of": asked.area_of,
        "receiver": asked.receiver,
        "counts": {state.value: answer.counts.get(state, 0) for state in ReportState},
        "late_units": sorted(late),
        "reports": [_report(item) for item in answer.reports[:MOST_LISTED]],
        "left_off": max(0, len(answer.reports) - MOST_LISTED),
    }
    return RequiredReportsView.model_validate(shown)


def _report(item: ListedReport) -> dict[str, Any]:
    standing, expected = item.standing, item.standing.expected
    submitted = standing.submitted
    return {
        "duty_id": expected.duty.entry_id,
        "entry_id": submitted.entry_id if submitted else None,
        "title": item.title,
        "unit_code": expected.unit_code,
        "unit_name": item.unit_name,
        "receiver": expected.receiver,
        "receiver_name": item.receiver_name,
        "year": expected.year,
        "period": period_view(expected.period),
        "due_on": expected.due_on,
        "state": standing.state,
        "is_late": standing.state.is_after_its_day,
        "owed_by": standing.owed_by,
        "submitted_on": submitted.happened_on if submitted else None,
        "document": submitted.document if submitted else None,
        "received_on": standing.received_on,
        "corrected": item.corrected,
        "report_id": item.published_id,
        "figures": [
            {
                "name": figure.name,
                "label": OWN_FIGURES[figure.name].vi,
                "label_en": OWN_FIGURES[figure.name].en,
                "own": figure.own,
                "counted": figure.counted,
                "difference": None if figure.counted is None else figure.own - figure.counted,
            }
            for figure in item.figures
        ],
    }

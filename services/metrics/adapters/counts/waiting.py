"""`GET /waiting`: how much waits in an area, for pages that show a figure beside a link."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from services.metrics.adapters.figures.api import OfUnits
from services.metrics.adapters.figures.views import Banner, banner_views
from services.metrics.application.waiting import Waiting, WaitingQueries, WaitingQuestion
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.http.requests.forecasts import Dated, marked
from shared.http.requests.request_context import AtPosition, OfDataset, Today
from shared.rules.rights.actions import Action


class WaitingView(Dated):
    """`overdue` are gaps after their due day, of `units_overdue` units; reports are those of the present reporting year."""

    position: int
    banners: list[Banner]
    unit: str | None
    include_descendants: bool
    area_of: str | None
    receiver: str | None
    gaps: int
    overdue: int
    units_overdue: int
    todos: int
    reports_open: int
    reports_late: int


def router(queries: WaitingQueries) -> APIRouter:
    routes = APIRouter(tags=["figures"], dependencies=[AtPosition, OfDataset])

    @routes.get(
        "/waiting", summary="How many gaps, to-dos and required reports wait, as their lists have them"
    )
    async def waiting(
        _: Annotated[Principal, may(Action.READ_FIGURES)],
        asked: OfUnits,
        today: Today,
        receiver: Annotated[
            str | None,
            Query(description="only required reports to this unit; gaps and to-dos are not narrowed"),
        ] = None,
    ) -> WaitingView:
        answer = await queries.waiting(WaitingQuestion(of_units=asked, receiver=receiver))
        return marked(waiting_view(answer), today)

    return routes


def waiting_view(answer: Waiting) -> WaitingView:
    asked, of = answer.question, answer.question.of_units
    counted = {name: value for name, value in asdict(answer).items() if name not in {"question", "datasets"}}
    return WaitingView(
        as_of=of.as_of.isoformat(),
        banners=[Banner(**banner) for banner in banner_views(answer.datasets)],
        unit=of.unit_code,
        include_descendants=of.include_descendants,
        area_of=of.area_of,
        receiver=asked.receiver,
        **counted,
    )

"""`GET /counts`: what offices publish of their activities, beside the same period a year before."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from services.metrics.adapters.figures.api import AreaOf, AsKnownAt, AsOf, Year, period_of
from services.metrics.adapters.figures.views import Banner, PeriodView, banner_views, period_view
from services.metrics.application.counts import CountAnswer, CountGroup, CountQueries, CountQuestion
from services.metrics.domain.grouping import View
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.vocabulary import Answer, Channel
from shared.http.requests.forecasts import Dated, marked
from shared.http.requests.request_context import AtPosition, OfDataset, Today
from shared.rules.counts import DEFINITION, CountBy
from shared.rules.rights.actions import Action
from shared.text_checks.days import Day


class PublishedView(BaseModel):
    """Sums over activities; null where nobody recorded any, `<name>_recorded` is how many activities did."""

    activities: int
    items: int
    attendance: int | None
    attendance_recorded: int
    reach_count: int | None
    reach_count_recorded: int
    cost_state: int | None
    cost_state_recorded: int
    cost_social: int | None
    cost_social_recorded: int
    drafts_communicated: int
    opinions_received: int
    opinions_accepted: int
    opinions_explained: int


class CountGroupView(PublishedView):
    """A group of activities; `year_before` has the same figures of the same period a year before."""

    key: str | None
    label: str
    label_en: str
    year_before: PublishedView


class CountsView(Dated):
    """With `overlapping` an activity counts in each of its values, and groups don't sum to the whole."""

    position: int
    rules_version: str
    banners: list[Banner]
    period: PeriodView
    view: View
    unit: str | None
    include_descendants: bool
    in_scope: Answer | None
    channel: Channel | None
    group_by: CountBy
    overlapping: bool
    definition: str
    definition_en: str
    groups: list[CountGroupView]


async def question(  # the parameters of the contract
    as_of: AsOf,
    year: Year = None,
    first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
    unit: Annotated[str | None, Query(description="the performing unit")] = None,
    include_descendants: bool = False,
    area_of: AreaOf = None,
    view: View = View.ORIGINAL,
    in_scope: Annotated[
        Answer | None, Query(description="only communications on drafts in this scope")
    ] = None,
    channel: Annotated[Channel | None, Query(description="only activities of this form")] = None,
    group_by: CountBy = CountBy.NONE,
    known_at: AsKnownAt = None,
) -> CountQuestion:
    return CountQuestion(
        as_of=as_of,
        period=period_of(year, first, last),
        unit_code=unit,
        include_descendants=include_descendants,
        area_of=area_of,
        view=view,
        scope=in_scope,
        channel=channel,
        group_by=group_by,
        known_at=known_at,
    )


Asked = Annotated[CountQuestion, Depends(question)]


def router(queries: CountQueries, rules_version: str) -> APIRouter:
    routes = APIRouter(tags=["figures"], dependencies=[AtPosition, OfDataset])

    @routes.get("/counts", summary="Activities of units, what they reached and cost, beside the year before")
    async def counts(
        _: Annotated[Principal, may(Action.READ_FIGURES)], asked: Asked, today: Today
    ) -> CountsView:
        return marked(counts_view(await queries.counts(asked), rules_version), today)

    return routes


def counts_view(answer: CountAnswer, rules_version: str) -> CountsView:
    asked = answer.question
    shown: dict[str, Any] = {
        "as_of": asked.as_of.isoformat(),
        "position": answer.position,
        "rules_version": rules_version,
        "banners": banner_views(answer.datasets),
        "period": period_view(asked.period),
        "view": asked.view,
        "unit": asked.unit_code,
        "include_descendants": asked.include_descendants,
        "in_scope": asked.scope,
        "channel": asked.channel,
        "group_by": asked.group_by,
        "overlapping": answer.overlapping,
        "definition": DEFINITION.vi,
        "definition_en": DEFINITION.en,
        "groups": [_group(group) for group in answer.groups],
    }
    return CountsView.model_validate(shown)


def _group(group: CountGroup) -> dict[str, Any]:
    return {
        "key": group.key,
        "label": group.label.vi,
        "label_en": group.label.en,
        **group.figures.as_dict(),
        "year_before": group.year_before.as_dict(),
    }

"""`GET /counts/drafts` and `/counts/opinions`: drafts by the stages of a period, and what their consultations brought."""

from dataclasses import asdict, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from services.metrics.adapters.figures.api import AreaOf, AsOf, Year, period_of
from services.metrics.adapters.figures.views import Banner, PeriodView, banner_views, period_view
from services.metrics.application.draft_counts import (
    DraftAnswer,
    DraftCountQueries,
    DraftQuestion,
    NumbersOfGroup,
)
from services.metrics.application.queries import Question
from services.metrics.domain.draft_counts import DraftsBy, OpinionsBy
from services.metrics.domain.grouping import View
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.vocabulary import Answer, Handling, Instrument, Stage
from shared.http.requests.forecasts import Dated, marked
from shared.http.requests.request_context import AtPosition, OfDataset, Today
from shared.kernel.errors import Text
from shared.rules.counts import change
from shared.rules.rights.actions import Action
from shared.text_checks.days import Day

DRAFTS = Text(
    vi=(
        "Đơn vị đếm là dự thảo, của cơ quan chủ trì soạn thảo vào ngày cuối kỳ: dự thảo chuyển sang giai đoạn trong kỳ, hoặc được dự "
        "kiến chuyển sang giai đoạn trong kỳ mà chưa chuyển. Một dự thảo trở lại một giai đoạn được đếm một lần."
    ),
    en=(
        "The unit counted is a draft, of the body that leads it on the last day of the period: it entered the stage in the period, or "
        "is to enter it in the period and has not yet. A draft that comes back to a stage is counted once."
    ),
)
OPINIONS = Text(
    vi=(
        "Tổng hợp ý kiến của các đợt lấy ý kiến, theo bản tổng hợp gần nhất của mỗi đợt, trong kỳ có ngày tổng hợp; không cộng với ý "
        "kiến tại từng hoạt động truyền thông. Tỷ lệ đồng ý tính trên số ý kiến đồng ý và không đồng ý. Các nhóm có thể trùng nhau. "
        "Quy tắc đếm của cơ quan tổng hợp được nêu bên cạnh."
    ),
    en=(
        "What consultations brought, by the last summary of each, in the period of its day; never added to the comments on single "
        "communications. The share that agree is of those that agree or disagree. Groups may overlap. The office's own rule of "
        "counting stands beside."
    ),
)


class DraftNumbersView(BaseModel):
    """`entered` and `expected` are parts of `drafts`; a draft may be both."""

    drafts: int
    entered: int
    expected: int


class OpinionNumbersView(BaseModel):
    """Null where nobody gave a number; of a group of people only what was received is known."""

    consultations: int
    drafts: int
    received: int | None
    accepted: int | None
    explained: int | None
    agree: int | None
    disagree: int | None
    share_agree: float | None
    counting_rules: list[str]


class DraftGroupView(DraftNumbersView):
    """`change` is that of `drafts` against the year before, as a fraction; null if there were none."""

    key: str | None
    label: str
    label_en: str
    year_before: DraftNumbersView
    change: float | None


class OpinionGroupView(OpinionNumbersView):
    key: str | None
    label: str
    label_en: str
    year_before: OpinionNumbersView


class _Counted(Dated):
    position: int
    rules_version: str
    banners: list[Banner]
    period: PeriodView
    view: View
    unit: str | None
    include_descendants: bool
    area_of: str | None
    stage: Stage | None
    instrument: Instrument | None
    handling: Handling | None
    in_scope: Answer | None
    definition: str
    definition_en: str


class DraftCountsView(_Counted):
    group_by: DraftsBy
    groups: list[DraftGroupView]


class OpinionCountsView(_Counted):
    group_by: OpinionsBy
    groups: list[OpinionGroupView]


async def of_period(
    as_of: AsOf,
    year: Year = None,
    first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
    unit: Annotated[str | None, Query(description="the lead drafting body")] = None,
    include_descendants: bool = False,
    area_of: AreaOf = None,
    view: View = View.ORIGINAL,
) -> Question:
    return Question(
        as_of=as_of,
        period=period_of(year, first, last),
        year=year,
        unit_code=unit,
        include_descendants=include_descendants,
        area_of=area_of,
        view=view,
    )


async def filtered(
    of_units: Annotated[Question, Depends(of_period)],
    stage: Annotated[Stage | None, Query(description="only this stage")] = None,
    instrument: Instrument | None = None,
    handling: Handling | None = None,
    in_scope: Annotated[Answer | None, Query(description="only drafts in this scope")] = None,
) -> DraftQuestion:
    return DraftQuestion(
        of_units=of_units, stage=stage, instrument=instrument, handling=handling, scope=in_scope
    )


Filtered = Annotated[DraftQuestion, Depends(filtered)]


def router(queries: DraftCountQueries, rules_version: str) -> APIRouter:
    routes = APIRouter(prefix="/counts", tags=["figures"], dependencies=[AtPosition, OfDataset])

    @routes.get("/drafts", summary="Drafts by the stages of a period, beside the year before")
    async def drafts(
        _: Annotated[Principal, may(Action.READ_FIGURES)],
        asked: Filtered,
        today: Today,
        group_by: DraftsBy = DraftsBy.NONE,
    ) -> DraftCountsView:
        answer = await queries.drafts(replace(asked, drafts_by=group_by))
        groups = [
            group_view(each) | {"change": change(each.figures.drafts, each.year_before.drafts)}
            for each in answer.groups
        ]
        shown = _shown(answer, rules_version, DRAFTS) | {"group_by": group_by, "groups": groups}
        return marked(DraftCountsView.model_validate(shown), today)

    @routes.get("/opinions", summary="What consultations of a period brought, beside the year before")
    async def opinions(
        _: Annotated[Principal, may(Action.READ_FIGURES)],
        asked: Filtered,
        today: Today,
        group_by: OpinionsBy = OpinionsBy.NONE,
    ) -> OpinionCountsView:
        answer = await queries.opinions(replace(asked, opinions_by=group_by))
        groups = [group_view(each) for each in answer.groups]
        shown = _shown(answer, rules_version, OPINIONS) | {"group_by": group_by, "groups": groups}
        return marked(OpinionCountsView.model_validate(shown), today)

    return routes


def _shown(answer: DraftAnswer[Any], rules_version: str, definition: Text) -> dict[str, Any]:
    asked = answer.question
    of_units = asked.of_units
    return {
        "as_of": of_units.as_of.isoformat(),
        "position": answer.position,
        "rules_version": rules_version,
        "banners": banner_views(answer.datasets),
        "period": period_view(of_units.period),
        "view": of_units.view,
        "unit": of_units.unit_code,
        "include_descendants": of_units.include_descendants,
        "area_of": of_units.area_of,
        "stage": asked.stage,
        "instrument": asked.instrument,
        "handling": asked.handling,
        "in_scope": asked.scope,
        "definition": definition.vi,
        "definition_en": definition.en,
    }


def group_view(group: NumbersOfGroup[Any]) -> dict[str, Any]:
    return {
        "key": group.key,
        "label": group.label.vi,
        "label_en": group.label.en,
        **asdict(group.figures),
        "year_before": asdict(group.year_before),
    }

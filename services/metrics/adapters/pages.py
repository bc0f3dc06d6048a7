"""The pages of metrics: the figures of a day on `/`, and the whole reasoning for one draft."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BeforeValidator, Field

from services.metrics.adapters import page_data
from services.metrics.application.queries import Queries, Question
from services.metrics.domain.grouping import View
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import banners
from shared.http.request_context import AtPosition, Today
from shared.pages.layout import environment, kept_headers, page_route, problem_body, safe
from shared.projections.projection_health import Notices, no_notices
from shared.rights.actions import Action
from shared.rules import figure_words
from shared.rules.figures import DEFINITION, reporting_year, year_period
from shared.text_checks.days import Day

TEMPLATES = Path(__file__).parent / "templates"
SAFE = {**safe(), "Referrer-Policy": "same-origin"}
FIRST_YEAR = 2022  # the first year for which Decision 407/QĐ-TTg sets a target
WRONG_FIELDS = {
    "query.as_of": "Ngày số liệu chưa đúng: cần một ngày có thật, viết theo dạng năm-tháng-ngày, ví dụ 2026-03-31.",
    "query.year": "Năm báo cáo chưa đúng: cần một năm từ 2000 đến 2100, hoặc all nếu gộp tất cả các năm; để trống là năm hiện tại.",
    "query.view": "Cách nhìn chưa đúng: chọn một trong hai cách có trong danh sách.",
    "query.include_descendants": "Lựa chọn “gồm đơn vị trực thuộc” chưa đúng: chỉ có thể chọn hoặc không chọn.",
}

# AddressBook of pages look codes up on the first page, not in another service's API.
PLAIN = {
    "urn:loa:problem:draft-not-found": (
        "Không tìm thấy dự thảo này. Đề nghị kiểm tra lại mã dự thảo, hoặc chọn dự thảo từ trang đầu."
    ),
    "urn:loa:problem:unit-not-found": (
        "Không tìm thấy đơn vị này. Đề nghị chọn trong danh sách, hoặc nhập đúng mã hay tên đầy đủ của đơn vị."
    ),
}


def _given(value: Any) -> Any:
    """Read the empty field of a form as None."""
    return None if isinstance(value, str) and not value.strip() else value


Given = BeforeValidator(_given)
Year = Annotated[int, Field(ge=2000, le=2100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the reader chose in the form; it goes along in every link."""

    as_of: date | None
    year: int | Literal["all"] | None
    unit: str | None
    include_descendants: bool
    area_of: str | None
    view: View

    def question(self, today: date) -> Question:
        as_of = self.as_of or today
        year = None if self.year == "all" else self.year or reporting_year(as_of)
        return Question(
            as_of=as_of,
            period=year_period(year) if year else None,
            year=year,
            unit_code=self.unit,
            include_descendants=self.include_descendants,
            area_of=self.area_of,
            view=self.view,
        )

    def link(self, path: str, **changes: Any) -> str:
        """Address a page with this choice, or with a changed one."""
        chosen = {key: value for key, value in (asdict(self) | changes).items() if value}
        if chosen.get("view") == View.ORIGINAL:
            del chosen["view"]
        chosen |= {"include_descendants": "true"} if chosen.get("include_descendants") else {}
        return f"{quote(path)}?{urlencode(chosen)}" if chosen else quote(path)


def choice(
    as_of: Annotated[Day | None, Given, Query(description="today if empty")] = None,
    year: Annotated[
        Year | Literal["all"] | None, Given, Query(description="the reporting year of as_of if empty")
    ] = None,
    unit: Annotated[str | None, Given, Query(description="code or name; the whole country if empty")] = None,
    include_descendants: Annotated[bool, Query()] = False,
    area_of: Annotated[
        str | None, Given, Query(description="code or name of a unit that follows others")
    ] = None,
    view: View = View.ORIGINAL,
) -> Choice:
    return Choice(
        as_of=as_of,
        year=year,
        unit=unit,
        include_descendants=include_descendants,
        area_of=area_of,
        view=view,
    )


Chosen = Annotated[Choice, Depends(choice)]


def _problem_page(request: Request, problem: Response) -> Response:
    del request  # the same page, whatever was asked for
    body = problem_body(problem)
    wrong = [WRONG_FIELDS.get(error["field"]) for error in body.get("errors", [])]
    sentences = [text for text in wrong if text] or [PLAIN.get(body["type"], body["messages"]["vi"])]
    return render(
        "problem.html",
        status=problem.status_code,
        headers=kept_headers(problem),
        sentences=sentences,
        code=problem.status_code,
    )


_ENVIRONMENT = environment(TEMPLATES, filters=page_data.FILTERS)


def render(
    template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
) -> HTMLResponse:
    text = _ENVIRONMENT.get_template(template).render(**values)
    return HTMLResponse(text, status, {**SAFE, **(headers or {})})


def router(queries: Queries, notices: Notices = no_notices) -> APIRouter:
    """`notices` stand above the figures while the log is not as it should be."""
    routes = APIRouter(
        tags=["pages"],
        dependencies=[AtPosition],
        route_class=page_route(_problem_page),
        default_response_class=HTMLResponse,
    )
    common: dict[str, Any] = {
        "rules_version": queries.rulebook.version,
        "definition": DEFINITION.vi,
    }

    @routes.get("/", summary="The figures of a day, for people")
    async def first_page(
        _: Annotated[Principal, may(Action.READ_FIGURES)], chosen: Chosen, today: Today
    ) -> HTMLResponse:
        return await overview_page(queries, chosen, today, {**common, "notices": await notices()})

    @routes.get("/drafts/{draft_code}", summary="The reasoning for one draft, for people")
    async def draft_page(
        _: Annotated[Principal, may(Action.READ_FIGURES)], draft_code: str, chosen: Chosen, today: Today
    ) -> HTMLResponse:
        as_of = chosen.as_of or today
        answer = await queries.coverage(draft_code, as_of)
        return render(
            "draft.html",
            **common,
            draft=answer.body,
            chosen=chosen,
            as_of=as_of,
            today=today,
            effective=as_of,
            position=answer.position,
            banners=[*await notices(), *banners([answer.dataset])],
            words=figure_words,
            alike=page_data.alike,
            unlisted_in=page_data.unlisted_in,
            communications_in=page_data.communications_in,
        )

    return routes


async def overview_page(
    queries: Queries, chosen: Choice, today: date, common: Mapping[str, Any]
) -> HTMLResponse:
    answer = await queries.overview(chosen.question(today))
    question, units = answer.question, answer.units
    chosen = replace(chosen, unit=question.unit_code, area_of=question.area_of)
    offered = units.with_ancestors({*answer.leading, *filter(None, [chosen.unit, chosen.area_of])})
    following = {code for leading in answer.leading for code in units.areas.supervisors(leading)}
    years = {*range(FIRST_YEAR, reporting_year(today) + 1), *filter(None, [question.year])}
    return render(
        "overview.html",
        **common,
        chosen=chosen,
        question=question,
        answer=answer,
        as_of=question.as_of,
        effective=question.effective,
        today=today,
        position=answer.position,
        banners=[*common["notices"], *banners(answer.datasets)],
        units=units,
        offered=sorted((units.name(code), code) for code in offered),
        following=sorted((units.name(code), code) for code in following & set(units.units)),
        years=sorted(years, reverse=True),
        groups=page_data.worst_first(answer.by_unit),
        gaps=page_data.by_unit(answer.gaps),
        todos=page_data.by_kind(answer.todos),
        standing=page_data.standing,
        urgency=page_data.urgency,
        words=figure_words,
        current_year=reporting_year(question.as_of),
    )

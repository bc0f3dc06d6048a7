"""The pages of metrics: for leaders on `/`, all figures of a day, and the whole reasoning for one draft."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.metrics.adapters.pages import draft_grid, leaders, page_data, track
from services.metrics.adapters.pages.choice import USUAL, Choice, Chosen
from services.metrics.adapters.pages.navigation import PAGES
from services.metrics.application.leaders import LeadersQueries
from services.metrics.application.list_ports import ListSnapshot
from services.metrics.application.ports import Opens
from services.metrics.application.queries import Overview
from services.metrics.domain.errors import TypedDayWrong
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import banners, draft_id
from shared.contracts.vocabulary import Dataset
from shared.http.requests.request_context import AtPosition, Today
from shared.kernel.errors import Text
from shared.pages.forms import Fields
from shared.pages.layout import environment, kept_headers, page_route, problem_body, safe
from shared.projections.projection_health import Notices, no_notices
from shared.rules.figures import DEFINITION, FIRST_YEAR, reporting_year
from shared.rules.rights.actions import Action
from shared.rules.rulebook.legal_basis import UNCITED
from shared.rules.words import figure_words, wording

TEMPLATES = Path(__file__).parents[1] / "templates"
WIDE, WIDE_LEFT = 1000, 92  # units of the time track, and where its rows begin
NARROW, NARROW_LEFT = 380, 74  # of that for phones
SEVERAL = 2
ALL_DATA = Text("Tất cả dữ liệu hiện có", "All data that is there")
DATASETS = {
    Dataset.LIVE: Text("Dữ liệu thật", "Live data"),
    Dataset.SAMPLE: Text("Dữ liệu mẫu", "Sample data"),
    Dataset.EXERCISE: Text("Dữ liệu thực tập", "Exercise data"),
}
DAYS = {
    "as_of": Text("Ngày số liệu", "Day of the figures"),
    "known_at": Text("Theo ghi nhận đến", "As recorded up to"),
}
WRONG_FIELDS = {
    "query.as_of": "Ngày số liệu chưa đúng: cần một ngày có thật, viết theo dạng năm-tháng-ngày, ví dụ 2026-03-31.",
    "query.part": "Kỳ báo cáo chưa đúng: chọn một kỳ có trong danh sách.",
    "query.from": "Ngày đầu của kỳ chưa đúng: cần một ngày có thật.",
    "query.to": "Ngày cuối của kỳ chưa đúng: cần một ngày có thật.",
    "query.year": "Năm báo cáo chưa đúng: cần một năm từ 2000 đến 2100, hoặc all nếu gộp tất cả các năm; để trống là năm hiện tại.",
    "query.view": "Cách nhìn chưa đúng: chọn một trong hai cách có trong danh sách.",
    "query.known_at": "Thời điểm ghi nhận chưa đúng: cần một ngày viết theo dạng năm-tháng-ngày, hoặc một vị trí trong nhật ký sự kiện.",
    "query.lang": "Ngôn ngữ chưa đúng: chọn vi hoặc en.",
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


def _problem_page(request: Request, problem: Response) -> Response:
    body = problem_body(problem)
    wrong = [WRONG_FIELDS.get(error["field"]) for error in body.get("errors", [])]
    sentences = [text for text in wrong if text] or [PLAIN.get(body["type"], body["messages"]["vi"])]
    return render(
        "problem.html",
        status=problem.status_code,
        headers=kept_headers(problem),
        sentences=sentences,
        code=problem.status_code,
        typed=_typed_again(request, body),
        labels=DAYS,
        t=leaders.Words("en" if request.query_params.get("lang") == "en" else "vi").pair,
    )


def _typed_again(request: Request, body: Mapping[str, Any]) -> Fields | None:
    """Keep what was typed into the form of the figures, when one of its days is wrong."""
    if body["type"] != f"urn:loa:problem:{TypedDayWrong.code}":
        return None
    given = {name: request.query_params.getlist(name) for name in request.query_params}
    return Fields(given, {body["field"]: Text(**body["messages"])})


_ENVIRONMENT = environment(TEMPLATES, filters=page_data.FILTERS)


def text_of(template: str, **values: Any) -> str:
    return _ENVIRONMENT.get_template(template).render(**values)


def render(
    template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
) -> HTMLResponse:
    headers = {**safe(), "Referrer-Policy": "same-origin", **(headers or {})}
    return HTMLResponse(text_of(template, **values), status, headers)


def render_live(template: str, script: str, *, chosen: Choice, **values: Any) -> HTMLResponse:
    """Render a page that keeps itself up to date by the `script` at this address, relative to its own.

    A page as known earlier does not change.
    """
    if chosen.known_at is not None:
        return render(template, headers={"Content-Language": chosen.lang}, chosen=chosen, **values)
    headers = {**safe(live=True), "Content-Language": chosen.lang}
    return render(template, headers=headers, live=script, chosen=chosen, **values)


def pages_router() -> APIRouter:
    """Make a router whose refusals are pages too."""
    return APIRouter(
        tags=["pages"],
        dependencies=[AtPosition],
        route_class=page_route(_problem_page),
        default_response_class=HTMLResponse,
    )


def router(
    pages: LeadersQueries, snapshots: Opens[ListSnapshot], registry: str, notices: Notices = no_notices
) -> APIRouter:
    """`notices` stand above the figures while the log is not as it should be; `registry` is where officials enter and decide."""
    queries = pages.queries
    routes = pages_router()
    common: dict[str, Any] = {
        "rules_version": queries.rulebook.version,
        "definition": DEFINITION.vi,
        "definition_en": DEFINITION.en,
        "registry": registry,
        "pages": PAGES,
    }

    @routes.get("/", summary="Where communication stands and who owes what, for leaders")
    async def first_page(
        _: Annotated[Principal, may(Action.READ_FIGURES)], chosen: Chosen, today: Today
    ) -> HTMLResponse:
        page = await pages.page(chosen.question(today), today)
        return render_live(
            "leaders.html",
            "live.js",
            **common,
            **shown_choice(page.overview, chosen, today, await notices()),
            **leaders.values(page, chosen.lang, today),
        )

    @routes.get("/details", summary="All figures of a day, for people")
    async def details_page(
        _: Annotated[Principal, may(Action.READ_FIGURES)], chosen: Chosen, today: Today
    ) -> HTMLResponse:
        overview = await queries.overview(chosen.question(today))
        words = leaders.Words(chosen.lang)
        gaps = page_data.by_unit(overview.gaps)
        return render(
            "details.html",
            headers={"Content-Language": chosen.lang},
            wording=words,
            whose=leaders.whose(overview, words),
            **common,
            **shown_choice(overview, chosen, today, await notices()),
            groups=page_data.worst_first(overview.by_unit),
            gaps=gaps,
            lacking={unit.unit_code: len(unit.gaps) for unit in gaps},
            todos=page_data.by_kind(overview.todos),
            most_shown=page_data.MOST_SHOWN,
            standing=page_data.standing_text,
            urgency=page_data.urgency,
        )

    @routes.get("/drafts/{draft_code}", summary="The reasoning for one draft, for people")
    async def draft_page(
        _: Annotated[Principal, may(Action.READ_FIGURES)], draft_code: str, chosen: Chosen, today: Today
    ) -> HTMLResponse:
        as_of = chosen.as_of or today
        async with snapshots(chosen.known_at) as snapshot:
            answer = await queries.coverage_in(snapshot, draft_code, as_of)
            number = draft_id(draft_code)
            planned = await snapshot.planned(as_of, number)
            reminders = await snapshot.reminders(number, as_of)
        facts = track.Facts(answer.body, planned, reminders, as_of)
        words = leaders.Words(chosen.lang)
        return render_live(
            "draft.html",
            "../live.js",
            drawing=track.track(facts, WIDE, WIDE_LEFT),
            narrow=track.track(facts, NARROW, NARROW_LEFT),
            happenings=track.happenings(facts),
            requests=wording.REQUESTS,
            wording=words,
            lang=chosen.lang,
            t=words.pair,
            **common,
            draft=answer.body,
            chosen=chosen,
            as_of=as_of,
            today=today,
            effective=as_of,
            position=answer.position,
            banners=[*await notices(), *banners([answer.dataset]), *earlier(chosen, answer.position)],
            words=figure_words,
            alike=page_data.alike,
            **draft_grid.first_values(answer.body, as_of, queries.rulebook.calendar),
            unlisted_in=page_data.unlisted_in,
            uncited=UNCITED,
            communications_in=page_data.communications_in,
        )

    return routes


def asks(pages: LeadersQueries) -> list[Callable[[date], Awaitable[object]]]:
    """Give what the page for leaders asks of a day if nothing is chosen."""
    return [lambda today: pages.page(USUAL.question(today), today)]


def earlier(chosen: Choice, position: int) -> list[Text]:
    """State that figures are those of an earlier time, if they are."""
    if chosen.known_at is None:
        return []
    at = page_data.number(position)
    if isinstance(chosen.known_at, int):
        when = Text(f"đến vị trí {at} trong nhật ký sự kiện", f"up to position {at} of the event log")
    else:
        day = page_data.day(chosen.known_at)
        when = Text(f"đến hết ngày {day} (vị trí {at})", f"up to the end of {day} (position {at})")
    return [
        Text(
            f"Số liệu theo những gì đã ghi nhận {when.vi}; những gì ghi nhận, đính chính sau đó chưa được tính.",
            f"Figures from what was recorded {when.en}; what was recorded or corrected later is not counted.",
        )
    ]


def _data(present: frozenset[Dataset], words: leaders.Words) -> list[tuple[str, str]]:
    """Give what the form offers where there are several data sets; the first is taken if none is named."""
    if len(present) < SEVERAL:
        return []
    usual = DATASETS[Dataset.LIVE] if Dataset.LIVE in present else ALL_DATA
    others = [each for each in Dataset if each in present - {Dataset.LIVE}]
    return [("", words.text(usual)), *((each.value, words.text(DATASETS[each])) for each in others)]


def shown_choice(answer: Overview, chosen: Choice, today: date, notices: Sequence[Text]) -> dict[str, Any]:
    """Give what every page of figures shows: the question, what its form offers, and what stands above."""
    question, units = answer.question, answer.units
    chosen = replace(chosen, unit=question.unit_code, area_of=question.area_of)  # codes in the place of names
    offered = units.with_ancestors({*answer.leading, *filter(None, [chosen.unit, chosen.area_of])})
    following = {code for leading in answer.leading for code in units.areas.supervisors(leading)}
    asked = [chosen.dataset] if chosen.dataset else []
    years = {*range(FIRST_YEAR, reporting_year(today) + 1), *filter(None, [question.year])}
    return {
        "chosen": chosen,
        "typed": Fields(),
        "question": question,
        "answer": answer,
        "as_of": question.as_of,
        "effective": question.effective,
        "today": today,
        "position": answer.position,
        "banners": [*notices, *banners({*answer.datasets, *asked}), *earlier(chosen, answer.position)],
        "units": units,
        "offered": sorted((units.name(code), code) for code in offered),
        "following": sorted((units.name(code), code) for code in following & set(units.units)),
        "years": sorted(years, reverse=True),
        "has_live": Dataset.LIVE in answer.present,
        "data": _data(answer.present, leaders.Words(chosen.lang)),
        "words": figure_words,
        "lang": chosen.lang,
        "t": leaders.Words(chosen.lang).pair,
        "current_year": reporting_year(question.as_of),
    }

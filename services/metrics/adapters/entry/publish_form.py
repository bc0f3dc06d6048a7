"""The form by which a unit publishes its report: what will be kept is shown first, then one press keeps it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.metrics.adapters.pages.leaders import Words, whose
from services.metrics.adapters.reports.published_routes import Publication
from services.metrics.adapters.reports.routes import Asked, needed_period
from services.metrics.application.published import PublishedReport, Publishing
from services.metrics.application.queries import Question
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.http.requests import request_context
from shared.http.requests.request_context import AtPosition, Today
from shared.kernel.errors import Refusal, Text
from shared.pages.entry import EntryPages, NotAForm, Step, body_of, refused, step_of
from shared.pages.forms import Fields, sent
from shared.pages.help import Help
from shared.rules.rights.actions import Action
from shared.rules.rights.table import require
from shared.rules.summary.conclusion import conclusion

PATH = "/entry/reports/publish"
HEADING = Text("Chốt báo cáo Đề án 407", "Publish the report on the scheme")
MOST_DOCUMENT = 200  # letters
MOST_EARLIER = 50  # published reports of the unit that are looked through for the period
LABELS: Mapping[str, Text] = {
    "document": Text("Số, ký hiệu văn bản báo cáo", "Number of the office's own letter")
}
FOLLOWS = Text(
    "Bản đã chốt giữ nguyên số liệu và các tệp như tại thời điểm bấm nút, tải về lúc nào cũng là đúng tệp đó, và không thu hồi "
    "được; số liệu ghi nhận, đính chính sau đó chỉ có trong báo cáo chốt lần sau.",
    "The published report keeps figures and files as they are when the button is pressed, for good; what is recorded or "
    "corrected later stands in the next one only.",
)
HELP = Help(
    "publish-report",
    HEADING,
    Text(
        "Chốt số liệu của một kỳ để ban hành báo cáo, gửi cơ quan cấp trên và đối chiếu về sau.",
        "Fix the figures of a period, to issue the report, send it upward, and compare later.",
    ),
    LABELS,
    FOLLOWS,
)


def router(pages: EntryPages, publishing: Publishing) -> APIRouter:
    routes = pages.router("reports")
    form = PublishForm(pages, publishing)

    @routes.get(
        PATH,
        response_class=HTMLResponse,
        summary="Publish the report on the scheme (a form for people)",
        dependencies=[AtPosition],
    )
    async def opened(
        request: Request,
        principal: Annotated[Principal, may(Action.PUBLISH_REPORT)],
        asked: Asked,
        today: Today,
    ) -> HTMLResponse:
        """Without a unit it is the report of the unit of who has signed in."""
        if asked.unit_code is None and asked.area_of is None:
            asked = replace(asked, unit_code=principal.unit)
        return await form.shown(request, principal, replace(asked, known_at=None), today, Fields())

    @routes.post(
        PATH, response_class=HTMLResponse, summary="Publish the report on the scheme (from the form)"
    )
    async def taken(
        request: Request, principal: Annotated[Principal, may(Action.PUBLISH_REPORT)], today: Today
    ) -> Response:
        return await form.taken(request, principal, today)

    return routes


class PublishForm:
    def __init__(self, pages: EntryPages, publishing: Publishing) -> None:
        self.pages = pages
        self.publishing = publishing

    async def shown(
        self,
        request: Request,
        principal: Principal,
        asked: Question,
        today: date,
        form: Fields,
        status: int = 200,
    ) -> HTMLResponse:
        """Show what would be published; raises `OtherUnit` for who may not publish it."""
        require(principal.acting, asked.unit_code or asked.area_of)
        report = await self.publishing.reports.report(asked, needed_period(asked), today, most=0)
        question = report.question  # units by their codes
        counts = report.overview.whole.counts
        return self.pages.page(
            request,
            "publish_form.html",
            status,
            heading=HEADING,
            help=HELP,
            form=Fields({**form.given, **_hidden(question)}, form.errors),
            hidden_names=tuple(_hidden(question)),
            labels=LABELS,
            whose=whose(report.overview, Words("vi")),
            period=report.period,
            as_of=question.as_of,
            conclusion=conclusion(report.situation),
            drafts=report.of_drafts.drafts,
            judged=counts.judged,
            begun=counts.begun,
            lacking=len(report.overview.gaps),
            earlier=await self._earlier(question),
            follows=FOLLOWS,
        )

    async def taken(self, request: Request, principal: Principal, today: date) -> Response:
        form = await sent(request)
        step, form_values = step_of(form), _values(form)
        body = body_of(form, Publication, form_values | {"document": _document(form)})
        if body is None:
            asked = body_of(Fields(), Publication, form_values)
            if asked is None:
                raise NotAForm
            return await self.shown(request, principal, asked.question(today), today, form, 422)
        question = body.question(today)
        if step is not Step.RECORD:
            return await self.shown(request, principal, question, today, form)
        period = needed_period(question)
        context = request_context.metadata(request, principal, None)
        try:
            report_id, version, _ = await self.publishing.publish(
                question, period, body.document, principal.acting, context, today
            )
        except Refusal as refusal:
            status = refused(form, refusal, {"personal-data": "document"})
            return await self.shown(request, principal, question, today, form, status)
        address = f"../../reports/published/{report_id}?min_position={version.position}"
        return RedirectResponse(
            address, HTTPStatus.SEE_OTHER, headers={"Loa-Position": str(version.position)}
        )

    async def _earlier(self, question: Question) -> list[PublishedReport]:
        """List what was published before of the same units and period."""
        of_unit = await self.publishing.kept.listed(question.unit_code, None, MOST_EARLIER)
        return [each for each in of_unit if _same(each, question)]


def _same(each: PublishedReport, question: Question) -> bool:
    asked = question.unit_code, question.include_descendants, question.area_of, question.period
    return (each.unit_code, each.include_descendants, each.area_of, each.period) == asked


def _hidden(question: Question) -> dict[str, list[str]]:
    """Write the question into the form: what is published is what was shown, by the facts of the moment."""
    period = question.period
    given = {
        "unit": question.unit_code,
        "include_descendants": "true" if question.include_descendants else None,
        "area_of": question.area_of,
        "view": question.view.value,
        "as_of": question.as_of.isoformat(),
        "year": str(question.year) if question.year else None,
        "from": period.from_day.isoformat() if period and not question.year else None,
        "to": period.to_day.isoformat() if period and not question.year else None,
    }
    return {name: [value] for name, value in given.items() if value is not None}


def _values(form: Fields) -> dict[str, Any]:
    """Read the hidden fields, as strictly as the API reads its body."""
    names = ("unit", "area_of", "view", "as_of", "from", "to")
    values: dict[str, Any] = {name: form.text(name) for name in names if form.text(name)}
    year = form.text("year")
    values |= {"year": int(year) if year.isascii() and year.isdigit() else year} if year else {}
    return values | {"include_descendants": form.text("include_descendants") == "true"}


def _document(form: Fields) -> str | None:
    return form.words("document", MOST_DOCUMENT, required=False)

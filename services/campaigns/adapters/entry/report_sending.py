"""Sending a published report upward: the page of the report in metrics posts here with one press."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.campaigns.adapters.entry.context import Entry, context_of
from services.campaigns.adapters.programmes.reports import NewReport, submitted
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.kernel.errors import Refusal, Text
from shared.pages.entry import (
    PASSED_ON,
    Link,
    NotAForm,
    Step,
    body_of,
    for_people,
    form_id_of,
    step_of,
)
from shared.pages.forms import Fields, sent
from shared.rules.programme.figures import MOST_FIGURE, OWN_FIGURES
from shared.rules.rights.actions import Action

MOST_DOCUMENT = 200  # letters
SENT = Text("Đã gửi báo cáo đến {}", "The report was sent to {}")
FOLLOWS = Text(
    "Cơ quan nhận thấy báo cáo ở trang việc chờ quyết định và bấm tiếp nhận; gửi nhầm thì đính chính hoặc hủy tại chương trình "
    "của đơn vị, bản trước vẫn còn trong lịch sử.",
    "The receiving body sees it on its page of decisions and receives it; what was sent by mistake is corrected or cancelled "
    "in the programme of the unit, and the history keeps both.",
)


def router(entry: Entry) -> APIRouter:
    routes = entry.pages.router("programmes")

    @routes.post(
        "/entry/units/{unit_code}/reports",
        response_class=HTMLResponse,
        summary="Send a published report to the body that requires it (from the page of the report)",
    )
    async def send(
        request: Request, unit_code: Code, principal: Annotated[Principal, may(Action.ENTER_PROGRAMME)]
    ) -> HTMLResponse:
        form = await sent(request)
        if step_of(form) is not Step.RECORD:
            raise NotAForm
        body = body_of(form, NewReport, _values(form))
        if body is None:
            return entry.problem(request, next(iter(form.errors.values())))
        context = context_of(request, principal, str(form_id_of(form, entry.commands.new_id)), None)
        try:
            command, handled = await submitted(
                entry.commands, entry.read_model, unit_code, body, context.by, context.metadata
            )
        except Refusal as refusal:
            if refusal.kind in PASSED_ON:
                raise
            return entry.problem(request, for_people(refusal.message))
        receiver, position = await entry.unit(command.lead_unit_code or unit_code), handled.version.position
        what = Text(SENT.vi.format(receiver), SENT.en.format(receiver))
        return entry.done(request, what, [FOLLOWS], _links(entry, request, body, position), position)

    return routes


def _values(form: Fields) -> dict[str, Any]:
    """Read the hidden fields; `figure_…` are the figures of the published report."""
    figures = {name: form.count(f"figure_{name}", MOST_FIGURE) for name in OWN_FIGURES}
    return {
        **{name: form.text(name) or None for name in ("duty_id", "period_from", "report_id")},
        "document": form.words("document", MOST_DOCUMENT, required=False),
        "figures": {name: value for name, value in figures.items() if value is not None} or None,
    }


def _links(entry: Entry, request: Request, body: NewReport, position: int) -> list[Link]:
    at, newest = entry.pages.at(request), f"?min_position={position}"
    published = f"{at['metrics']}reports/published/{body.report_id}{newest}"
    own = [Link(published, Text("Báo cáo đã chốt", "The published report"))] if body.report_id else []
    return [
        *own,
        Link(f"{at['metrics']}lists/reports{newest}", Text("Ai đã gửi báo cáo", "Who has sent reports")),
        Link(f"{at['campaigns']}entry/programme{newest}", Text("Chương trình của đơn vị", "Programme")),
    ]

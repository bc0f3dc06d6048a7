"""The form on which a clerk adds a policy to a draft."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.registry.adapters.bodies import NewPolicy
from services.registry.adapters.entry.consequences import outcome_of
from services.registry.adapters.entry.context import Entry
from services.registry.domain.draft_commands import Given
from services.registry.domain.draft_state import Draft
from services.registry.domain.errors import PolicyDiffers
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.http.requests import request_context
from shared.kernel.errors import Refusal, Text
from shared.pages.entry import Step, body_of, refused, step_of, with_values
from shared.pages.forms import Fields, sent
from shared.pages.help import Help
from shared.rules.rights.actions import Action

HEADING = Text("Bổ sung chính sách", "Add a policy")
DONE = Text("Đã ghi nhận", "Recorded")
LABELS = {"title": Text("Tên chính sách", "Title of the policy")}
HELP = Help(
    "policy",
    HEADING,
    Text(
        "Bổ sung một chính sách vào dự thảo đã đăng ký. Mỗi chính sách thuộc phạm vi phải được truyền thông ở từng giai đoạn.",
        "Adds a policy to a registered draft. Each policy in scope is communicated at each stage.",
    ),
    LABELS,
)
MOST_TITLE = 2000
WORDS = {
    PolicyDiffers.code: Text(
        "Chính sách với số này vừa được người khác ghi nhận; danh sách mới nhất ở trên. Nội dung đã nhập vẫn được giữ: đề "
        "nghị kiểm tra rồi gửi lại.",
        "Somebody has just recorded a policy of this number; the newest list stands above. What you typed is kept: please "
        "look at it again and send it.",
    )
}


def router(entry: Entry) -> APIRouter:
    routes = entry.pages.router("drafts")
    path = "/entry/drafts/{draft_code}/policies"

    async def shown(
        request: Request, principal: Principal, draft_code: str, form: Fields, status: int = 200
    ) -> HTMLResponse:
        draft, _ = await entry.own_draft(draft_code, principal)
        values = {"heading": HEADING, "help": HELP, "labels": LABELS, "draft": draft}
        form = with_values(form, number=_next_number(draft))
        return entry.pages.page(request, "policy_form.html", status, form=form, **values)

    @routes.get(path, response_class=HTMLResponse, summary="Add a policy (a form for people)")
    async def opened(
        request: Request, draft_code: Code, principal: Annotated[Principal, may(Action.ADD_POLICY)]
    ) -> HTMLResponse:
        return await shown(request, principal, draft_code, Fields())

    @routes.post(path, response_class=HTMLResponse, summary="Add a policy (from the form)")
    async def add(
        request: Request, draft_code: Code, principal: Annotated[Principal, may(Action.ADD_POLICY)]
    ) -> HTMLResponse:
        form = await sent(request)
        if step_of(form) is not Step.RECORD:
            return await shown(request, principal, draft_code, form)
        number = form.count("number", 9999)
        values = {"policy_no": number, "title": form.words("title", MOST_TITLE)}
        body = body_of(form, NewPolicy, values)
        if body is None:
            return await shown(request, principal, draft_code, form, 422)
        command = body.command(Given(by=principal.acting, today=entry.commands.today))
        metadata = request_context.metadata(request, principal)
        try:
            handled = await entry.commands.on_draft(draft_code, command, metadata)
        except Refusal as refusal:
            return await shown(request, principal, draft_code, form, refused(form, refusal, words=WORDS))
        what = Text(
            f"Đã ghi nhận chính sách {body.policy_no}: {body.title}.",
            f"Recorded: policy {body.policy_no}.",
        )
        outcome = await outcome_of(entry.commands, handled, command, iter(()))
        return entry.done(request, DONE, what, outcome, draft_code, handled.version.position)

    return routes


def _next_number(draft: Draft) -> int:
    """Give the number after all that were ever used: a removed one is not used again."""
    return max((*(policy.policy_no for policy in draft.policies), *draft.removed), default=0) + 1

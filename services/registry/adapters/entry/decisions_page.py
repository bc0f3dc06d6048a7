"""The page on which a supervising body decides what units ask for: each request with its form."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.registry.adapters.entry.approvals import approval_of
from services.registry.adapters.entry.context import Entry
from services.registry.application.commands import WAITING
from services.registry.application.queries import RequestFilter
from services.registry.domain import draft_commands as drafts
from services.registry.domain.draft_commands import Given
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.contracts.vocabulary import RequestDecision, RequestKind
from shared.http.requests import request_context
from shared.kernel.errors import Refusal, Text
from shared.pages.entry import STEP, Step
from shared.pages.forms import Fields, sent
from shared.rules.rights.actions import Action
from shared.rules.words.wording import REQUESTS

MOST = 200  # requests on one page; the oldest first
LONGEST_REASON, LONGEST_DOCUMENT = 2000, 200
HEADING = Text("Đề nghị chờ quyết định", "Requests to decide")
NEEDS_REASON = Text("Không chấp thuận thì đề nghị nêu lý do.", "A refusal needs a reason.")
NEEDS_REPLY = Text("Đề nghị ghi nội dung trả lời.", "Please write the reply.")
NEEDS_WHY = Text("Đề nghị nêu lý do chuyển.", "Please say why it is passed on.")
NEEDS_BODY = Text("Đề nghị chọn cơ quan được chuyển đến.", "Please choose the body that it goes to.")


class Choice(StrEnum):
    """What is done with a request; the last two decide nothing."""

    APPROVE = "approved"
    REFUSE = "refused"
    ANSWER = "answered"
    FORWARD = "forwarded"


DONE = {
    Choice.APPROVE: Text("Đã ghi nhận: chấp thuận", "Recorded: approved"),
    Choice.REFUSE: Text("Đã ghi nhận: không chấp thuận", "Recorded: refused"),
    Choice.ANSWER: Text("Đã ghi nhận: trả lời, chưa quyết định", "Recorded: answered, not decided"),
    Choice.FORWARD: Text("Đã ghi nhận: chuyển tiếp", "Recorded: passed on"),
}
MISSING_WORDS = {
    Choice.REFUSE: NEEDS_REASON,
    Choice.ANSWER: NEEDS_REPLY,
    Choice.FORWARD: NEEDS_WHY,
}
DECIDES = frozenset({Choice.APPROVE, Choice.REFUSE})
Command = drafts.DecideRequest | drafts.AnswerRequest | drafts.ForwardRequest


@dataclass(frozen=True, slots=True)
class Shown:
    """What was just decided, or the form that could not be taken, by the id of its request."""

    decided: Mapping[str, Any] | None = None
    request_id: UUID | None = None
    form: Fields | None = None
    status: int = HTTPStatus.OK
    problem: Text | None = None


def router(entry: Entry) -> APIRouter:
    routes, commands = entry.pages.router("requests"), entry.commands

    async def page(request: Request, principal: Principal, decider: str | None, shown: Shown) -> HTMLResponse:
        wanted = RequestFilter(
            state=WAITING,
            decider_code=decider,
            units=principal.acting.limit,
            dataset=await entry.read_model.dataset(),
        )
        rows = await entry.read_model.requests(wanted, MOST, None)
        own = (row for row in rows if principal.acting.may_decide_for(row["unit_code"]))
        metadata = request_context.metadata(request, principal)
        listed = [
            {
                **_listed(row, principal, shown),
                "waiting": commands.rulebook.calendar.working_days_between(row["raised_on"], commands.today),
                "approval": await approval_of(entry, row, principal.acting, metadata),
            }
            for row in own
            if not (shown.decided and shown.decided["is_over"] and row["request_id"] == shown.request_id)
        ]
        return entry.pages.page(
            request, "decisions.html", shown.status, heading=HEADING, requests=listed, shown=shown
        )

    @routes.get(
        "/decisions", response_class=HTMLResponse, summary="What waits for a decision (a page for people)"
    )
    async def waiting(
        request: Request,
        principal: Annotated[Principal, may(Action.DECIDE_REQUEST)],
        decider: Code | None = None,
    ) -> HTMLResponse:
        return await page(request, principal, decider, Shown())

    @routes.post(
        "/decisions/{draft_code}/{request_id}",
        response_class=HTMLResponse,
        summary="Decide a request (a form for people)",
    )
    async def decide(
        request: Request,
        draft_code: Code,
        request_id: UUID,
        principal: Annotated[Principal, may(Action.DECIDE_REQUEST)],
    ) -> HTMLResponse:
        form = await sent(request)
        if form.text(STEP) == Step.EDIT:  # opened again with what was typed, after a session that had ended
            return await page(request, principal, None, Shown(request_id=request_id, form=form))
        given = Given(by=principal.acting, today=commands.today)
        to_unit = form.words("to_unit_code", LONGEST_DOCUMENT, required=False)
        choice = form.one_of("decision", Choice)
        command = _command(form, choice, request_id, given)
        more = {"to_unit_code": to_unit, "on": commands.today} if to_unit else {}
        if command is None or choice is None:
            wrong = Shown(request_id=request_id, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
            return await page(request, principal, None, wrong)
        metadata = request_context.metadata(request, principal)
        try:
            if isinstance(command, drafts.DecideRequest):
                await commands.decide_request(draft_code, command, more, metadata)
            else:
                await commands.on_draft(draft_code, command, metadata)
        except Refusal as refusal:
            if refusal.kind in {"forbidden", "not_found", "unavailable"}:
                raise
            refused = Shown(
                request_id=request_id, form=form, status=HTTPStatus.CONFLICT, problem=refusal.message
            )
            return await page(request, principal, None, refused)
        done = {"draft_code": draft_code, "what": DONE[choice], "is_over": choice in DECIDES}
        return await page(request, principal, None, Shown(decided=done, request_id=request_id))

    return routes


def _command(form: Fields, choice: Choice | None, request_id: UUID, given: Given) -> Command | None:
    """Read the form; None if something has to be corrected first."""
    document = form.words("document", LONGEST_DOCUMENT, required=False)
    words = form.words("reason", LONGEST_REASON, required=False)
    if choice in MISSING_WORDS and words is None and "reason" not in form.errors:
        form.errors["reason"] = MISSING_WORDS[choice]
    to_body = form.words("to_body", LONGEST_DOCUMENT, required=False) if choice is Choice.FORWARD else None
    if choice is Choice.FORWARD and to_body is None:
        form.errors.setdefault("to_body", NEEDS_BODY)
    if form.errors:
        return None
    match choice:
        case Choice.APPROVE | Choice.REFUSE:
            decision = RequestDecision(choice.value)
            return drafts.DecideRequest(
                request_id=request_id, decision=decision, document=document, reason=words, **given
            )
        case Choice.ANSWER:
            return drafts.AnswerRequest(request_id=request_id, reply=words or "", **given)
        case Choice.FORWARD:
            return drafts.ForwardRequest(
                request_id=request_id, to_unit_code=to_body or "", reason=words or "", **given
            )
        case None:
            return None


def _listed(row: Mapping[str, Any], principal: Principal, shown: Shown) -> dict[str, Any]:
    mine = shown.request_id == row["request_id"]
    elsewhere = {principal.unit, row["decider_code"]}
    return {
        **row,
        "bodies": {code: name for code, name in row["deciders"].items() if code not in elsewhere},
        "replied_by_name": row["deciders"].get(row["replied_by"]),
        "forwarded_by_name": row["deciders"].get(row["forwarded_by"]),
        "may_read": principal.acting.may_act_for(row["unit_code"]),
        "what": REQUESTS[RequestKind(row["kind"])],
        "names_no_unit": row["kind"] == RequestKind.TRANSFER and not row["wanted"].get("to_unit_code"),
        "form": shown.form if mine and shown.form else Fields(),
        "problem": shown.problem if mine else None,
    }

"""The page on which a supervising body decides what units ask for: each request with its form."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.registry.adapters.entry.context import Entry
from services.registry.application.commands import WAITING
from services.registry.application.queries import RequestFilter
from services.registry.domain import draft_commands as drafts
from services.registry.domain.draft_commands import Given
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.contracts.vocabulary import RequestDecision, RequestKind
from shared.http import request_context
from shared.kernel.errors import Refusal, Text
from shared.pages.forms import Fields, sent
from shared.rights.actions import Action
from shared.rules.wording import REQUESTS

MOST = 200  # requests on one page; the oldest first
LONGEST_REASON, LONGEST_DOCUMENT = 2000, 200
HEADING = Text("Đề nghị chờ quyết định", "Requests to decide")
NEEDS_REASON = Text("Không chấp thuận thì đề nghị nêu lý do.", "A refusal needs a reason.")
DECIDED = {
    RequestDecision.APPROVED: Text("Đã ghi nhận: chấp thuận", "Recorded: approved"),
    RequestDecision.REFUSED: Text("Đã ghi nhận: không chấp thuận", "Recorded: refused"),
}


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
        wanted = RequestFilter(state=WAITING, decider_code=decider, units=principal.acting.limit)
        rows = await entry.read_model.requests(wanted, MOST, None)
        own = (row for row in rows if principal.acting.may_decide_for(row["unit_code"]))
        listed = [
            _listed(
                row, shown, commands.rulebook.calendar.working_days_between(row["raised_on"], commands.today)
            )
            for row in own
            if not (shown.decided and row["request_id"] == shown.request_id)
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
        given = Given(by=principal.acting, today=commands.today)
        to_unit = form.words("to_unit_code", LONGEST_DOCUMENT, required=False)
        command = _command(form, request_id, given)
        more = {"to_unit_code": to_unit, "on": commands.today} if to_unit else {}
        if command is None:
            wrong = Shown(request_id=request_id, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
            return await page(request, principal, None, wrong)
        metadata = request_context.metadata(request, principal)
        try:
            await commands.decide_request(draft_code, command, more, metadata)
        except Refusal as refusal:
            if refusal.kind in {"forbidden", "not_found", "unavailable"}:
                raise
            refused = Shown(
                request_id=request_id, form=form, status=HTTPStatus.CONFLICT, problem=refusal.message
            )
            return await page(request, principal, None, refused)
        done = {"draft_code": draft_code, "what": DECIDED[command.decision]}
        return await page(request, principal, None, Shown(decided=done, request_id=request_id))

    return routes


def _command(form: Fields, request_id: UUID, given: Given) -> drafts.DecideRequest | None:
    """Read the form; None if something has to be corrected first."""
    decision = form.one_of("decision", RequestDecision)
    document = form.words("document", LONGEST_DOCUMENT, required=False)
    reason = form.words("reason", LONGEST_REASON, required=False)
    if decision is RequestDecision.REFUSED and reason is None and "reason" not in form.errors:
        form.errors["reason"] = NEEDS_REASON
    if form.errors or decision is None:
        return None
    return drafts.DecideRequest(
        request_id=request_id, decision=decision, document=document, reason=reason, **given
    )


def _listed(row: Mapping[str, Any], shown: Shown, waiting: int) -> dict[str, Any]:
    mine = shown.request_id == row["request_id"]
    return {
        **row,
        "waiting": waiting,
        "what": REQUESTS[RequestKind(row["kind"])],
        "names_no_unit": row["kind"] == RequestKind.TRANSFER and not row["wanted"].get("to_unit_code"),
        "form": shown.form if mine and shown.form else Fields(),
        "problem": shown.problem if mine else None,
    }

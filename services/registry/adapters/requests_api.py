"""Routes of requests: asked for through a mail, listed, decided, withdrawn; and what was recorded without a request."""

from datetime import date
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from services.registry.adapters.bodies import Words
from services.registry.adapters.draft_api import DraftAccepted, DraftContext, draft_accepted, on_draft
from services.registry.adapters.request_views import RequestItem, RequestState
from services.registry.application.commands import Commands
from services.registry.application.queries import ReadModel, RequestFilter
from services.registry.domain import draft_commands as drafts
from services.registry.domain.draft_commands import Explanation, Given, Oversight
from shared.auth.admission import Credentials, may, stands_for
from shared.auth.tokens import Principal, Unauthenticated
from shared.contracts.event import Acting, Code
from shared.contracts.vocabulary import Dataset, RequestDecision, RequestKind, Role
from shared.http.requests import request_context
from shared.http.requests.paging import Listing, Paged, position_of
from shared.http.requests.request_context import AtPosition, Body, OfRows, example
from shared.kernel.runtime import Clock
from shared.rules.rights.actions import Action
from shared.signed_links.links import LinkIsOver, LinkNotValid, LinkReader
from shared.signed_links.request_claims import RequestClaims, read_claims
from shared.text_checks.days import FactDay

Name = Annotated[str, Field(min_length=1, max_length=200)]


class Decision(Body):
    """A refusal has a reason. `to_unit_code` and `on` complete a transfer to a unit that was named in words."""

    model_config = example(decision="refused", reason="Văn bản không miễn việc truyền thông dự thảo.")

    decision: Literal["approved", "refused"]
    document: Name | None = None
    reason: Words | None = None
    to_unit_code: Code | None = None
    on: FactDay | None = None

    def command(self, request_id: UUID, given: Given) -> drafts.DecideRequest:
        return drafts.DecideRequest(
            request_id=request_id,
            decision=RequestDecision(self.decision),
            document=self.document,
            reason=self.reason,
            **given,
        )

    def more(self, today: date) -> dict[str, Any]:
        """Give what completes the command that was asked for."""
        return {"to_unit_code": self.to_unit_code, "on": self.on or today} if self.to_unit_code else {}


class Reply(Body):
    model_config = example(reply="Đề nghị bổ sung văn bản làm căn cứ miễn.")

    reply: Words

    def command(self, request_id: UUID, given: Given) -> drafts.AnswerRequest:
        return drafts.AnswerRequest(request_id=request_id, reply=self.reply, **given)


class PassingOn(Body):
    """`to_unit_code` is another body that follows the unit or stands above it."""

    model_config = example(to_unit_code="UBND-T", reason="Nội dung thuộc thẩm quyền của UBND tỉnh.")

    to_unit_code: Code
    reason: Words

    def command(self, request_id: UUID, given: Given) -> drafts.ForwardRequest:
        return drafts.ForwardRequest(
            request_id=request_id, to_unit_code=self.to_unit_code, reason=self.reason, **given
        )


class WithdrawalOfRequest(Body):
    model_config = example(reason="Đơn vị đã thực hiện truyền thông.")

    reason: Words | None = None


class ExemptionAsked(Body):
    model_config = example(
        kind="exemption",
        document="Công văn 1234/VPCP-PL",
        authority="Văn phòng Chính phủ",
        decided_on="2025-04-15",
    )

    kind: Literal["exemption"]
    document: Name
    authority: Name
    decided_on: FactDay

    def command(self, claims: RequestClaims, given: Given) -> drafts.Exempt:
        fields = self.model_dump(exclude={"kind"})
        return drafts.Exempt(stages=(claims.stage,), oversight=_asked(claims), **fields, **given)


class TransferAsked(Body):
    model_config = example(
        kind="transfer", to_unit="BTC", explanation="Dự thảo đã được giao cho Bộ Tài chính chủ trì."
    )

    kind: Literal["transfer"]
    to_unit: Name | None = None
    explanation: Words

    def command(self, claims: RequestClaims, given: Given) -> drafts.RequestTransfer:
        return drafts.RequestTransfer(
            to_unit=self.to_unit, reason=self.explanation, oversight=_asked(claims), **given
        )


Asked = Annotated[ExemptionAsked | TransferAsked, Field(discriminator="kind")]


class LoweringItem(BaseModel):
    """A fact that lowers a duty, recorded without a request."""

    position: int
    event_id: UUID
    draft_code: str
    unit_code: str | None
    kind: RequestKind
    recorded_on: date
    recorded_by: str


def _asked(claims: RequestClaims) -> Oversight:
    explanation = Explanation(gap_id=claims.gap_id, stage=claims.stage, recipient_id=claims.recipient_id)
    return Oversight(asked=explanation)


async def _hold_claims(reader: LinkReader, now: Clock, credentials: Credentials) -> RequestClaims:
    if credentials is None:
        raise Unauthenticated(
            "Yêu cầu này chỉ nhận từ trang trả lời thư nhắc việc.",
            "This request is taken from the pages behind the links of mails only.",
        )
    try:
        return read_claims(reader, credentials.credentials, now())
    except (LinkIsOver, LinkNotValid) as error:
        raise Unauthenticated(error.message.vi, error.message.en) from error


def router(commands: Commands, read_model: ReadModel, reader: LinkReader, now: Clock) -> APIRouter:
    routes = APIRouter(tags=["requests"])
    by_link = Depends(partial(_hold_claims, reader, now))

    @routes.get(
        "/requests",
        summary="What units ask for that lowers their duty, with who decides",
        dependencies=[AtPosition],
    )
    async def listed(
        principal: Annotated[Principal, may(Action.READ_REQUESTS)],
        page: Paged,
        state: RequestState | None = None,
        unit: Code | None = None,
        decider: Code | None = None,
        draft: Code | None = None,
        dataset: Annotated[Dataset | None, OfRows] = None,
    ) -> Listing[RequestItem]:
        wanted = RequestFilter(
            state=state,
            unit_code=unit,
            decider_code=decider,
            draft_code=draft,
            units=principal.acting.limit,
            dataset=dataset,
        )
        rows = await read_model.requests(wanted, page.limit, _position(page.after))
        return page.listing(RequestItem, rows, "position")

    @routes.get(
        "/lowered-duties",
        summary="Facts that lower a duty and were recorded without a request: by an import or a supervisor",
        dependencies=[AtPosition],
    )
    async def lowered(
        principal: Annotated[Principal, may(Action.READ_LOWERED_DUTIES)],
        page: Paged,
        recorded_by: Literal["operator", "supervisor"] | None = None,
    ) -> Listing[LoweringItem]:
        rows = await read_model.lowerings(
            recorded_by, principal.acting.limit, page.limit, _position(page.after)
        )
        return page.listing(LoweringItem, rows, "position")

    @routes.post(
        "/drafts/{draft_code}/requests",
        status_code=202,
        summary="Ask for a decision through the link of a mail",
        dependencies=[stands_for(Action.ANSWER_MAIL)],
    )
    async def ask(
        request: Request, response: Response, draft_code: Code, body: Asked, claims: RequestClaims = by_link
    ) -> DraftAccepted:
        if draft_code != claims.draft_code:
            raise Unauthenticated(
                "Liên kết này không dành cho dự thảo đó.", "This link is not for that draft."
            )
        given = Given(by=Acting(claims.unit_code), today=commands.today)
        principal = Principal(str(claims.recipient_id), Role.UNIT, claims.unit_code)
        metadata = request_context.metadata(request, principal, str(claims.link_id))
        command = body.command(claims, given)
        handled = await commands.on_draft(draft_code, command, metadata)
        return await draft_accepted(commands, response, draft_code, handled, command)

    @routes.post("/drafts/{draft_code}/requests/{request_id}/decision", summary="Decide a request")
    async def decide(
        request_id: UUID, body: Decision, context: Annotated[DraftContext, on_draft(Action.DECIDE_REQUEST)]
    ) -> DraftAccepted:
        command = body.command(request_id, context.given(commands))
        return await context.decide(commands, command, body.more(commands.today))

    @routes.post(
        "/drafts/{draft_code}/requests/{request_id}/answer",
        summary="Answer a request or ask back, without deciding it",
    )
    async def answer(
        request_id: UUID, body: Reply, context: Annotated[DraftContext, on_draft(Action.DECIDE_REQUEST)]
    ) -> DraftAccepted:
        return await context.carry_out(commands, body.command(request_id, context.given(commands)))

    @routes.post(
        "/drafts/{draft_code}/requests/{request_id}/forward",
        summary="Pass a request on to another body that may decide for the unit",
    )
    async def forward(
        request_id: UUID, body: PassingOn, context: Annotated[DraftContext, on_draft(Action.DECIDE_REQUEST)]
    ) -> DraftAccepted:
        return await context.carry_out(commands, body.command(request_id, context.given(commands)))

    @routes.post("/drafts/{draft_code}/requests/{request_id}/withdraw", summary="Withdraw one's own request")
    async def withdraw(
        request_id: UUID,
        body: WithdrawalOfRequest,
        context: Annotated[DraftContext, on_draft(Action.WITHDRAW_REQUEST)],
    ) -> DraftAccepted:
        command = drafts.WithdrawRequest(request_id=request_id, reason=body.reason, **context.given(commands))
        return await context.carry_out(commands, command)

    return routes


def _position(after: str | None) -> int | None:
    return None if after is None else position_of(after)

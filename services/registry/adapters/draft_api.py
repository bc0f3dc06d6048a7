"""Commands on drafts over HTTP: drafts and policies, decisions, stages, postings."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.registry.adapters import bodies
from services.registry.adapters.rule_views import AcceptedPosting, AcceptedStep, finding_views, posting_views
from services.registry.application.commands import Commands, draft_ref
from services.registry.domain import draft_commands as drafts
from services.registry.domain.draft_commands import Given
from services.registry.domain.draft_state import Draft, State
from services.registry.domain.errors import DraftNotFound
from shared.eventstore.handle import Handled
from shared.http import request_context
from shared.http.auth import Writer
from shared.http.request_context import Accepted, IdempotencyKey, IfMatch


def routers(commands: Commands) -> list[APIRouter]:
    return [
        _draft_commands(commands),
        _decision_commands(commands),
        _stage_commands(commands),
        _posting_commands(commands),
    ]


class _DraftContext:
    """The parts of a request that every command on a draft needs: actor, key, version, response."""

    def __init__(
        self,
        request: Request,
        response: Response,
        principal: Writer,
        draft_code: str,
        if_match: IfMatch,
        key: IdempotencyKey = None,
    ) -> None:
        self.draft_code = draft_code
        self.principal = principal
        self.if_match = if_match
        self.metadata = request_context.metadata(request, principal, key)
        self._response = response

    def given(self, commands: Commands) -> Given:
        return Given(by=self.principal.acting, today=commands.today)

    async def carry_out(self, commands: Commands, command: drafts.Command) -> Accepted:
        return self.accepted(await self._handled(commands, command))

    async def step(self, commands: Commands, command: drafts.Command) -> AcceptedStep:
        """Carry out a command that may lead to findings, and return them with the answer."""
        handled = await self._handled(commands, command)
        return self._step(commands, handled)

    async def post(self, commands: Commands, command: drafts.PostingCommand) -> AcceptedPosting:
        """Carry out a command on a posting, and show how it stands then."""
        handled = await self._handled(commands, command)
        if not isinstance(draft := handled.state, Draft):
            raise DraftNotFound
        shown = posting_views(draft, commands.clocks(draft, handled.history, commands.today))
        posting = next(view for view in shown if view.posting_id == command.posting_id)
        return AcceptedPosting(**dict(self._step(commands, handled)), posting=posting)

    def accepted(self, handled: Handled[State]) -> Accepted:
        number = draft_ref(self.draft_code).id
        return request_context.accepted(self._response, number, handled.version, handled.event_names)

    def _step(self, commands: Commands, handled: Handled[State]) -> AcceptedStep:
        findings = commands.findings_on(handled, commands.today)
        return AcceptedStep(**dict(self.accepted(handled)), findings=finding_views(findings))

    async def _handled(self, commands: Commands, command: drafts.Command) -> Handled[State]:
        return await commands.on_draft(self.draft_code, command, self.metadata, self.if_match)


Context = Annotated[_DraftContext, Depends()]


def _draft_commands(commands: Commands) -> APIRouter:
    router = APIRouter(prefix="/drafts", tags=["drafts"])

    @router.post("", status_code=201, summary="Register a draft")
    async def register(
        request: Request,
        response: Response,
        principal: Writer,
        body: bodies.NewDraft,
        key: IdempotencyKey = None,
    ) -> Accepted:
        command = body.command(Given(by=principal.acting, today=commands.today))
        handled = await commands.register_draft(command, request_context.metadata(request, principal, key))
        number = draft_ref(body.draft_code).id
        return request_context.accepted(response, number, handled.version, handled.event_names)

    @router.post(
        "/{draft_code}/amend", summary="Correct what was registered wrongly, or add what was missing"
    )
    async def amend(body: bodies.Amendment, context: Context) -> AcceptedStep:
        return await context.step(commands, body.command(context.given(commands)))

    @router.post("/{draft_code}/title", summary="Retitle the draft")
    async def retitle(body: bodies.Retitling, context: Context) -> Accepted:
        command = drafts.Retitle(title=body.title, **context.given(commands))
        return await context.carry_out(commands, command)

    @router.post("/{draft_code}/scope", summary="Assess whether Decision 407/QĐ-TTg applies")
    async def assess(body: bodies.ScopeBody, context: Context) -> Accepted:
        command = drafts.AssessScope(scope=body.scope(), **context.given(commands))
        return await context.carry_out(commands, command)

    @router.post("/{draft_code}/policies", status_code=201, summary="Add a policy")
    async def add_policy(body: bodies.NewPolicy, context: Context) -> Accepted:
        return await context.carry_out(commands, body.command(context.given(commands)))

    @router.put("/{draft_code}/policies/{policy_no}", summary="Amend a policy")
    async def amend_policy(policy_no: int, body: bodies.PolicyChange, context: Context) -> Accepted:
        return await context.carry_out(commands, body.command(policy_no, context.given(commands)))

    @router.delete("/{draft_code}/policies/{policy_no}", summary="Remove a policy")
    async def remove_policy(policy_no: int, context: Context) -> Accepted:
        command = drafts.RemovePolicy(policy_no=policy_no, **context.given(commands))
        return await context.carry_out(commands, command)

    return router


def _decision_commands(commands: Commands) -> APIRouter:
    router = APIRouter(prefix="/drafts", tags=["drafts"])

    @router.post("/{draft_code}/exemptions", summary="Exempt the draft, or stages of it, from communication")
    async def exempt(body: bodies.Exemption, context: Context) -> Accepted:
        return await context.carry_out(commands, body.command(context.given(commands)))

    @router.post("/{draft_code}/procedure", summary="Decide by which procedure the draft goes")
    async def decide_procedure(body: bodies.ProcedureDecision, context: Context) -> Accepted:
        return await context.carry_out(commands, body.command(context.given(commands)))

    @router.post("/{draft_code}/transfer", summary="Hand the draft over to another unit")
    async def transfer(body: bodies.Handover, context: Context) -> Accepted:
        return await context.carry_out(commands, body.command(context.given(commands)))

    return router


def _stage_commands(commands: Commands) -> APIRouter:
    router = APIRouter(prefix="/drafts/{draft_code}", tags=["stages"])

    @router.post("/stages", status_code=201, summary="Enter a stage")
    async def enter(body: bodies.NewStage, context: Context) -> AcceptedStep:
        return await context.step(commands, body.command(context.given(commands)))

    @router.post("/stages/{entry_id}/correct", summary="Correct an entry into a stage")
    async def correct(entry_id: UUID, body: bodies.StageCorrection, context: Context) -> Accepted:
        command = body.command(entry_id, context.given(commands))
        handled = await commands.correct_stage(
            context.draft_code, command, context.metadata, context.if_match
        )
        return context.accepted(handled)

    @router.post("/withdraw", summary="Withdraw the draft")
    async def withdraw(body: bodies.Withdrawal, context: Context) -> Accepted:
        return await context.carry_out(commands, body.command(context.given(commands)))

    return router


def _posting_commands(commands: Commands) -> APIRouter:
    router = APIRouter(prefix="/drafts/{draft_code}/postings", tags=["postings"])

    @router.post("", status_code=201, summary="Post the draft for comment; again after an end: a new posting")
    async def open_posting(body: bodies.NewPosting, context: Context) -> AcceptedPosting:
        command = body.command(context.draft_code, context.given(commands))
        return await context.post(commands, command)

    @router.post("/{posting_id}/extend", summary="Let a posting run longer")
    async def extend(posting_id: UUID, body: bodies.PostingExtension, context: Context) -> AcceptedPosting:
        return await context.post(commands, body.command(posting_id, context.given(commands)))

    @router.post("/{posting_id}/close", summary="End a posting with its last day")
    async def close(posting_id: UUID, body: bodies.PostingClosure, context: Context) -> AcceptedPosting:
        return await context.post(commands, body.command(posting_id, context.given(commands)))

    return router

"""Routes of one draft: each command with its answer, the findings of the rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from services.registry.adapters import bodies
from services.registry.adapters.request_views import WaitingRequest, waiting_request
from services.registry.application.commands import Commands, draft_ref
from services.registry.domain import draft_commands as drafts
from services.registry.domain.draft_commands import Given
from services.registry.domain.draft_state import Draft, State
from services.registry.domain.errors import DraftNotFound
from services.registry.domain.postings import Posting
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import posting_id
from shared.contracts.registry import DraftRequestRaised, Notes
from shared.contracts.vocabulary import Instrument, Precision, Procedure, Regime, Stage
from shared.eventstore.handle import Handled
from shared.http.requests import request_context
from shared.http.requests.request_context import Accepted, Body, IdempotencyKey, IfMatch, example
from shared.http.routes.rule_views import (
    AppraisalRuleView,
    FindingView,
    GroundedView,
    PostingClockView,
    PostingRuleView,
    ReplyRuleView,
)
from shared.rules.clocks import PostingClock
from shared.rules.findings import Finding
from shared.rules.rights.actions import Action
from shared.rules.rulebook.procedure_rows import NAMED
from shared.rules.rulebook.procedures import ProcedureRule
from shared.rules.rulebook.rulebook import Rulebook
from shared.text_checks.days import FactDay


class NewStage(bodies.PaperFields, Body):
    """`resumed` goes on in the stage that a suspension interrupted; every other value enters that stage."""

    model_config = example(stage="draft_consultation", entered_on="2025-03-03")

    stage: Stage | Literal["resumed"]
    entered_on: FactDay
    precision: Precision = Precision.DAY
    what: str | None = None
    source: str | None = None

    def command(self, given: Given) -> drafts.EnterStage | drafts.Resume:
        if self.stage == "resumed":
            own = self.model_dump(exclude={"stage", "entered_on", "precision"})
            return drafts.Resume(on=self.entered_on, **own, **given)
        return drafts.EnterStage(**self.model_dump() | {"stage": Stage(self.stage)}, **given)


class Extension(BaseModel):
    closes_on: date
    reason: str | None


class PostingView(PostingClockView):
    """One posting for comment, as it was recorded, with its clock."""

    closes_on: date | None
    extensions: list[Extension]
    close_reason: str | None
    place: str | None
    source: str | None
    notes: Notes


class DraftAccepted(Accepted):
    """The answer to a command. `request`: it lowers the unit's own duty and waits for a decision (status 202)."""

    request: WaitingRequest | None = None


class AcceptedStep(DraftAccepted):
    """The answer to a step of the draft, with its lasting findings."""

    findings: list[FindingView]


class AcceptedPosting(AcceptedStep):
    """The answer to a command on a posting: how it stands, and the rule that was used."""

    posting: PostingView


class ProcedureView(GroundedView):
    """What one procedure asks for, for stages entered from `valid_from` to `valid_to`.

    `general`: the regime has no row of its own for the instrument and procedure. `legal_basis` and `certainty` are those
    of the order of stages, `permission` says where the law allows the procedure. `required` are the stages of the order
    in which communication is required. `area`: a rule of a province's own, for drafts that a unit with such a code leads.
    """

    regime: Regime
    instrument: Instrument
    procedure: Procedure
    valid_from: date
    valid_to: date | None
    opening: list[Stage]
    closing: list[Stage]
    parallel: list[Stage]
    not_required: list[Stage]
    grace_working_days: int
    min_posting_days: dict[Stage, int]
    posting: list[PostingRuleView]
    replies: list[ReplyRuleView]
    appraisal: AppraisalRuleView | None
    permission: GroundedView | None
    expected_order: list[Stage]
    required: list[Stage]
    may_return: list[Stage]
    general: bool
    area: list[str]


class RegimeView(GroundedView):
    """The days (inclusive) on which drafts are begun under a regime; null: it is in force."""

    regime: Regime
    first_day: date
    last_day: date | None


class ProceduresView(BaseModel):
    rules_version: str
    regimes: list[RegimeView]
    procedures: list[ProcedureView]


def procedures_view(rulebook: Rulebook) -> ProceduresView:
    """The procedure table as it is in force, with what every answer names: `rules_version`."""
    national = ((rule, ()) for rules in rulebook.procedures.values() for rule in rules)
    local = ((own.rule, own.area) for rules in rulebook.local.values() for own in rules)
    rows = [_procedure(rule, area) for rule, area in (*national, *local)]
    regimes = [asdict(rule) for rule in rulebook.regimes.values()]
    shown = {"rules_version": rulebook.version, "regimes": regimes, "procedures": rows}
    return ProceduresView.model_validate(shown)


def _procedure(rule: ProcedureRule, area: Sequence[str]) -> dict[str, Any]:
    named = {name: sorted(getattr(rule, name)) for name in NAMED}
    derived = {"min_posting_days": dict(rule.min_posting_days), "required": rule.required, "area": area}
    return asdict(rule) | named | derived


def finding_views(findings: Iterable[Finding]) -> list[FindingView]:
    return [FindingView.model_validate(finding.as_dict()) for finding in findings]


def posting_view(posting: Posting, clock: PostingClock) -> PostingView:
    shown = {
        **posting.opened.model_dump(mode="json"),
        "extensions": [extension.model_dump(mode="json") for extension in posting.extensions],
        "close_reason": posting.closed.reason if posting.closed else None,
        **clock.as_dict(),
    }
    return PostingView.model_validate(shown)


def posting_views(draft: Draft, clocks: Iterable[PostingClock]) -> list[PostingView]:
    """Show the postings in the order of their first days, each with its clock."""
    by_id = {posting.opened.posting_id: posting for posting in draft.postings}
    return [posting_view(by_id[clock.posting.posting_id], clock) for clock in clocks]


def routers(commands: Commands) -> list[APIRouter]:
    return [
        _draft_commands(commands),
        _decision_commands(commands),
        _stage_commands(commands),
        _posting_commands(commands),
    ]


class DraftContext:
    """The parts of a request that every command on a draft needs: actor, key, version, response."""

    def __init__(
        self,
        request: Request,
        response: Response,
        principal: Principal,
        draft_code: str,
        if_match: int | None,
        key: str | None = None,
    ) -> None:
        self.draft_code = draft_code
        self.principal = principal
        self.if_match = if_match
        self.metadata = request_context.metadata(request, principal, key)
        self._response = response

    def given(self, commands: Commands) -> Given:
        return Given(by=self.principal.acting, today=commands.today)

    async def carry_out(self, commands: Commands, command: drafts.Command) -> DraftAccepted:
        return await self._accepted(commands, await self._handled(commands, command), command)

    async def decide(
        self, commands: Commands, command: drafts.DecideRequest, more: Mapping[str, Any]
    ) -> DraftAccepted:
        handled = await commands.decide_request(self.draft_code, command, more, self.metadata, self.if_match)
        return await self._accepted(commands, handled, command)

    async def step(self, commands: Commands, command: drafts.Command) -> AcceptedStep:
        """Carry out a command that may lead to findings, and return them with the answer."""
        handled = await self._handled(commands, command)
        return await self._step(commands, handled, command)

    async def post(
        self, commands: Commands, command: drafts.PostingCommand | drafts.CorrectPosting
    ) -> AcceptedPosting:
        """Carry out a command on a posting, and show how it stands then."""
        number = command.posting_id
        if isinstance(command, drafts.CorrectPosting):
            number = posting_id(self.draft_code, command.stage, command.opened_on)
        handled = await self._handled(commands, command)
        if not isinstance(draft := handled.state, Draft):
            raise DraftNotFound
        shown = posting_views(draft, commands.clocks(draft, handled.history, commands.today))
        posting = next(view for view in shown if view.posting_id == number)
        return AcceptedPosting(**dict(await self._step(commands, handled, command)), posting=posting)

    async def _accepted(self, commands: Commands, handled: Handled[State], command: Any) -> DraftAccepted:
        return await draft_accepted(commands, self._response, self.draft_code, handled, command)

    async def _step(self, commands: Commands, handled: Handled[State], command: Any) -> AcceptedStep:
        findings = commands.findings_on(handled, commands.today)
        accepted = await self._accepted(commands, handled, command)
        return AcceptedStep(**dict(accepted), findings=finding_views(findings))

    async def _handled(self, commands: Commands, command: drafts.Command) -> Handled[State]:
        return await commands.on_draft(self.draft_code, command, self.metadata, self.if_match)


def on_draft(action: Action) -> Any:
    """Declare what a route does to a draft."""
    admitted = may(action)

    async def context(
        request: Request,
        response: Response,
        draft_code: str,
        if_match: IfMatch,
        key: IdempotencyKey = None,
        principal: Principal = admitted,
    ) -> DraftContext:
        return DraftContext(request, response, principal, draft_code, if_match, key)

    return Depends(context)


async def draft_accepted(
    commands: Commands, response: Response, draft_code: str, handled: Handled[State], command: Any
) -> DraftAccepted:
    """Answer a command: 202 with the request if it became one, else the status of its route."""
    number = draft_ref(draft_code).id
    accepted = request_context.accepted(response, number, handled.version, handled.event_names)
    request = None if _is_recorded(handled) else await waiting_request(commands, handled, command)
    if request is not None:
        response.status_code = ASKED
    return DraftAccepted(**dict(accepted), request=request)


def _is_recorded(handled: Handled[State]) -> bool:
    """Tell whether what was sent holds at once: events record it, and none of them asks for it."""
    names = handled.event_names
    return bool(names) and DraftRequestRaised.type_name() not in names


ASKED = 202
WAITS: dict[int | str, dict[str, Any]] = {
    ASKED: {
        "model": DraftAccepted,
        "description": "It lowers the unit's own duty: a request is recorded that the supervising body decides.",
    }
}


def _draft_commands(commands: Commands) -> APIRouter:
    router = APIRouter(prefix="/drafts", tags=["drafts"], responses=WAITS)

    @router.post("", status_code=201, summary="Register a draft")
    async def register(
        request: Request,
        response: Response,
        principal: Annotated[Principal, may(Action.REGISTER_DRAFT)],
        body: bodies.NewDraft,
        key: IdempotencyKey = None,
    ) -> DraftAccepted:
        command = body.command(Given(by=principal.acting, today=commands.today))
        handled = await commands.register_draft(command, request_context.metadata(request, principal, key))
        return await draft_accepted(commands, response, body.draft_code, handled, command)

    @router.post(
        "/{draft_code}/amend", summary="Correct what was registered wrongly, or add what was missing"
    )
    async def amend(
        body: bodies.Amendment, context: Annotated[DraftContext, on_draft(Action.AMEND_DRAFT)]
    ) -> AcceptedStep:
        return await context.step(commands, body.command(context.given(commands)))

    @router.post("/{draft_code}/title", summary="Retitle the draft")
    async def retitle(
        body: bodies.Retitling, context: Annotated[DraftContext, on_draft(Action.RETITLE_DRAFT)]
    ) -> DraftAccepted:
        command = drafts.Retitle(title=body.title, **context.given(commands))
        return await context.carry_out(commands, command)

    @router.post("/{draft_code}/scope", summary="Assess whether Decision 407/QĐ-TTg applies")
    async def assess(
        body: bodies.ScopeBody, context: Annotated[DraftContext, on_draft(Action.ASSESS_SCOPE)]
    ) -> DraftAccepted:
        command = drafts.AssessScope(scope=body.scope(), **context.given(commands))
        return await context.carry_out(commands, command)

    @router.post("/{draft_code}/policies", status_code=201, summary="Add a policy")
    async def add_policy(
        body: bodies.NewPolicy, context: Annotated[DraftContext, on_draft(Action.ADD_POLICY)]
    ) -> DraftAccepted:
        return await context.carry_out(commands, body.command(context.given(commands)))

    @router.put("/{draft_code}/policies/{policy_no}", summary="Amend a policy")
    async def amend_policy(
        policy_no: int,
        body: bodies.PolicyChange,
        context: Annotated[DraftContext, on_draft(Action.AMEND_POLICY)],
    ) -> DraftAccepted:
        return await context.carry_out(commands, body.command(policy_no, context.given(commands)))

    @router.delete("/{draft_code}/policies/{policy_no}", summary="Remove a policy")
    async def remove_policy(
        policy_no: int, context: Annotated[DraftContext, on_draft(Action.REMOVE_POLICY)]
    ) -> DraftAccepted:
        command = drafts.RemovePolicy(policy_no=policy_no, **context.given(commands))
        return await context.carry_out(commands, command)

    return router


def _decision_commands(commands: Commands) -> APIRouter:
    router = APIRouter(prefix="/drafts", tags=["drafts"], responses=WAITS)

    @router.post("/{draft_code}/exemptions", summary="Exempt the draft, or stages of it, from communication")
    async def exempt(
        body: bodies.Exemption, context: Annotated[DraftContext, on_draft(Action.EXEMPT_DRAFT)]
    ) -> DraftAccepted:
        return await context.carry_out(commands, body.command(context.given(commands)))

    @router.post(
        "/{draft_code}/exemptions/{exemption_id}/cancel",
        summary="Take an exemption back that was recorded wrongly",
    )
    async def cancel_exemption(
        exemption_id: UUID,
        body: bodies.ExemptionCancellation,
        context: Annotated[DraftContext, on_draft(Action.CANCEL_EXEMPTION)],
    ) -> DraftAccepted:
        return await context.carry_out(commands, body.command(exemption_id, context.given(commands)))

    @router.post(
        "/{draft_code}/exemptions/{exemption_id}/correct",
        summary="Correct an exemption: cancelled and recorded anew, in one step",
    )
    async def correct_exemption(
        exemption_id: UUID,
        body: bodies.ExemptionCorrection,
        context: Annotated[DraftContext, on_draft(Action.CORRECT_EXEMPTION)],
    ) -> DraftAccepted:
        return await context.carry_out(commands, body.command(exemption_id, context.given(commands)))

    @router.post("/{draft_code}/procedure", summary="Decide by which procedure the draft goes")
    async def decide_procedure(
        body: bodies.ProcedureDecision, context: Annotated[DraftContext, on_draft(Action.DECIDE_PROCEDURE)]
    ) -> DraftAccepted:
        return await context.carry_out(commands, body.command(context.given(commands)))

    @router.post("/{draft_code}/transfer", summary="Hand the draft over to another unit")
    async def transfer(
        body: bodies.Handover, context: Annotated[DraftContext, on_draft(Action.TRANSFER_DRAFT)]
    ) -> DraftAccepted:
        return await context.carry_out(commands, body.command(context.given(commands)))

    return router


def _stage_commands(commands: Commands) -> APIRouter:
    router = APIRouter(prefix="/drafts/{draft_code}", tags=["stages"], responses=WAITS)

    @router.post("/stages", status_code=201, summary="Enter a stage")
    async def enter(
        body: NewStage, context: Annotated[DraftContext, on_draft(Action.ENTER_STAGE)]
    ) -> AcceptedStep:
        return await context.step(commands, body.command(context.given(commands)))

    @router.post("/stages/{entry_id}/correct", summary="Correct an entry into a stage")
    async def correct(
        entry_id: UUID,
        body: bodies.StageCorrection,
        context: Annotated[DraftContext, on_draft(Action.CORRECT_STAGE)],
    ) -> DraftAccepted:
        return await context.carry_out(commands, body.command(entry_id, context.given(commands)))

    @router.post("/stages/{entry_id}/cancel", summary="Cancel an entry into a stage that should not be there")
    async def cancel(
        entry_id: UUID,
        body: bodies.StageCancellation,
        context: Annotated[DraftContext, on_draft(Action.CANCEL_STAGE)],
    ) -> AcceptedStep:
        return await context.step(commands, body.command(entry_id, context.given(commands)))

    @router.post("/expected-stages", summary="Expect a stage on a day to come, or no longer")
    async def expect(
        body: bodies.Expectation, context: Annotated[DraftContext, on_draft(Action.EXPECT_STAGE)]
    ) -> DraftAccepted:
        return await context.carry_out(commands, body.command(context.given(commands)))

    @router.post("/opinions", summary="Summarise what a whole consultation brought")
    async def summarise(
        body: bodies.Opinions, context: Annotated[DraftContext, on_draft(Action.SUMMARISE_OPINIONS)]
    ) -> DraftAccepted:
        return await context.carry_out(commands, body.command(context.given(commands)))

    @router.post("/withdraw", summary="Withdraw the draft")
    async def withdraw(
        body: bodies.Withdrawal, context: Annotated[DraftContext, on_draft(Action.WITHDRAW_DRAFT)]
    ) -> DraftAccepted:
        return await context.carry_out(commands, body.command(context.given(commands)))

    return router


def _posting_commands(commands: Commands) -> APIRouter:
    router = APIRouter(prefix="/drafts/{draft_code}/postings", tags=["postings"])

    @router.post("", status_code=201, summary="Post the draft for comment; again after an end: a new posting")
    async def open_posting(
        body: bodies.NewPosting, context: Annotated[DraftContext, on_draft(Action.OPEN_POSTING)]
    ) -> AcceptedPosting:
        command = body.command(context.draft_code, context.given(commands))
        return await context.post(commands, command)

    @router.post("/{posting_id}/extend", summary="Let a posting run longer")
    async def extend(
        posting_id: UUID,
        body: bodies.PostingExtension,
        context: Annotated[DraftContext, on_draft(Action.EXTEND_POSTING)],
    ) -> AcceptedPosting:
        return await context.post(commands, body.command(posting_id, context.given(commands)))

    @router.post("/{posting_id}/close", summary="End a posting with its last day")
    async def close(
        posting_id: UUID,
        body: bodies.PostingClosure,
        context: Annotated[DraftContext, on_draft(Action.CLOSE_POSTING)],
    ) -> AcceptedPosting:
        return await context.post(commands, body.command(posting_id, context.given(commands)))

    @router.post(
        "/{posting_id}/correct", summary="Correct a posting: cancelled and recorded anew, in one step"
    )
    async def correct(
        posting_id: UUID,
        body: bodies.PostingCorrection,
        context: Annotated[DraftContext, on_draft(Action.CORRECT_POSTING)],
    ) -> AcceptedPosting:
        return await context.post(commands, body.command(posting_id, context.given(commands)))

    @router.post("/{posting_id}/cancel", summary="Cancel a posting that should not be there")
    async def cancel(
        posting_id: UUID,
        body: bodies.PostingCancellation,
        context: Annotated[DraftContext, on_draft(Action.CANCEL_POSTING)],
    ) -> DraftAccepted:
        return await context.carry_out(commands, body.command(posting_id, context.given(commands)))

    return router

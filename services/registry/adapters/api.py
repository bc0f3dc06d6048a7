"""The registry's door: units, drafts, policies and stages, as commands and queries over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.registry.adapters import bodies
from services.registry.adapters.rule_views import (
    AcceptedPosting,
    AcceptedStep,
    ProceduresView,
    posting_views,
    procedures_view,
    remark_views,
)
from services.registry.adapters.unit_views import UnitView, unit_view
from services.registry.adapters.views import (
    DraftItem,
    DraftView,
    HistoryView,
    UnitItem,
    draft_view,
    history_view,
    recorded_entry,
)
from services.registry.application.commands import Commands, draft_ref, unit_ref
from services.registry.application.queries import DraftFilter, ReadModel
from services.registry.domain import draft as drafts
from services.registry.domain import unit as units
from services.registry.domain.refusals import NotYourDraft
from shared import clock, conventions
from shared.auth import Reader, Supervisor, Writer
from shared.contracts.event import Code
from shared.contracts.ids import unit_id
from shared.contracts.registry import DraftStageCorrected
from shared.contracts.vocabulary import Role, Stage
from shared.conventions import Accepted, AtPosition, IdempotencyKey, IfMatch
from shared.eventstore.handle import Handled
from shared.eventstore.overlay import BulkStore
from shared.openapi import VERSIONED
from shared.paging import Listing, Paged
from shared.rules.rulebook import Rulebook


def routers(
    commands: Commands, read_model: ReadModel, rulebook: Rulebook, store: BulkStore
) -> list[APIRouter]:
    return [
        _unit_commands(commands),
        _draft_commands(commands),
        _decision_commands(commands),
        _stage_commands(commands),
        _posting_commands(commands),
        _queries(commands, read_model, rulebook),
        _unit_records(read_model, store),
    ]


def _today() -> Any:
    return clock.day_in_vietnam(clock.now())


def _accepted(response: Response, aggregate_id: object, handled: Handled) -> Accepted:
    return conventions.accepted(response, aggregate_id, handled.version, handled.event_names)


class _UnitDoor:
    """What every command on one unit shares."""

    def __init__(
        self,
        request: Request,
        response: Response,
        principal: Supervisor,
        if_match: IfMatch,
        key: IdempotencyKey = None,
    ) -> None:
        self.response = response
        self.if_match = if_match
        self.metadata = conventions.metadata(request, principal, key)


UnitDoor = Annotated[_UnitDoor, Depends()]


def _unit_commands(commands: Commands) -> APIRouter:
    router = APIRouter(prefix="/units", tags=["units"])

    @router.post("", status_code=201, summary="Register a unit")
    async def register(
        request: Request,
        response: Response,
        principal: Supervisor,
        body: bodies.NewUnit,
        key: IdempotencyKey = None,
    ) -> Accepted:
        handled = await commands.register_unit(body.event(), conventions.metadata(request, principal, key))
        return _accepted(response, unit_id(body.code), handled)

    async def record(door: _UnitDoor, change: units.Change) -> Accepted:
        command = units.Record(change)
        handled = await commands.on_unit(change.unit_code, command, door.metadata, door.if_match)
        return _accepted(door.response, unit_id(change.unit_code), handled)

    @router.post("/{unit_code}/successions", summary="Record a succession or the dissolution of a unit")
    async def succeed(unit_code: Code, body: bodies.Succession, door: UnitDoor) -> Accepted:
        if body.to_code is not None:
            await commands.require_unit(body.to_code)
        return await record(door, body.event(unit_code))

    @router.post("/{unit_code}/rename", summary="Rename a unit")
    async def rename(unit_code: Code, body: bodies.Renaming, door: UnitDoor) -> Accepted:
        return await record(door, body.event(unit_code))

    @router.post("/{unit_code}/targets", summary="Set the unit's own target for a reporting year")
    async def target(unit_code: Code, body: bodies.Target, door: UnitDoor) -> Accepted:
        return await record(door, body.event(unit_code))

    return router


class _DraftDoor:
    """What every command on one draft shares: whose draft it is, the key, the version, the answer."""

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
        self._response = response
        self._if_match = if_match
        self._metadata = conventions.metadata(request, principal, key)

    async def carry_out(self, commands: Commands, command: drafts.Command) -> Accepted:
        return self._answer(await self._handled(commands, command))

    async def step(self, commands: Commands, command: drafts.Command) -> AcceptedStep:
        """Carry out a step on the draft's way, and say what is to be remarked of it."""
        handled = await self._handled(commands, command)
        found = await commands.remarks_on(self.draft_code, handled, _today())
        return AcceptedStep(**dict(self._answer(handled)), remarks=remark_views(found))

    async def post(self, commands: Commands, command: drafts.Command, number: UUID) -> AcceptedPosting:
        """Carry out a command on a posting, and show how it stands then."""
        step = await self.step(commands, command)
        draft, history = await commands.draft_with_history(self.draft_code)
        shown = posting_views(draft, commands.clocks(draft, history, _today()))
        return AcceptedPosting(**dict(step), posting=next(one for one in shown if one.posting_id == number))

    def _answer(self, handled: Handled) -> Accepted:
        return _accepted(self._response, draft_ref(self.draft_code).id, handled)

    async def _handled(self, commands: Commands, command: drafts.Command) -> Handled:
        if self.principal.role is Role.UNIT:
            await commands.require_lead(self.draft_code, self.principal.unit)
        if isinstance(command, drafts.Transfer):
            return await commands.transfer(self.draft_code, command, self._metadata, self._if_match)
        return await commands.on_draft(self.draft_code, command, self._metadata, self._if_match)


Door = Annotated[_DraftDoor, Depends()]


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
        if principal.role is Role.UNIT and principal.unit != body.lead_unit_code:
            raise NotYourDraft(body.draft_code, body.lead_unit_code)
        handled = await commands.register_draft(body.command(), conventions.metadata(request, principal, key))
        return _accepted(response, draft_ref(body.draft_code).id, handled)

    @router.post("/{draft_code}/title", summary="Retitle the draft")
    async def retitle(body: bodies.Retitling, door: Door) -> Accepted:
        return await door.carry_out(commands, drafts.Retitle(title=body.title))

    @router.post("/{draft_code}/scope", summary="Assess whether Decision 407/QĐ-TTg applies")
    async def assess(body: bodies.ScopeBody, door: Door) -> Accepted:
        return await door.carry_out(commands, drafts.AssessScope(scope=body.scope()))

    @router.post("/{draft_code}/policies", status_code=201, summary="Add a policy")
    async def add_policy(body: bodies.NewPolicy, door: Door) -> Accepted:
        return await door.carry_out(commands, drafts.AddPolicy(policy=body.event()))

    @router.put("/{draft_code}/policies/{policy_no}", summary="Amend a policy")
    async def amend_policy(policy_no: int, body: bodies.PolicyChange, door: Door) -> Accepted:
        return await door.carry_out(commands, drafts.AmendPolicy(policy=body.event(policy_no)))

    @router.delete("/{draft_code}/policies/{policy_no}", summary="Remove a policy")
    async def remove_policy(policy_no: int, door: Door) -> Accepted:
        return await door.carry_out(commands, drafts.RemovePolicy(policy_no=policy_no))

    return router


def _decision_commands(commands: Commands) -> APIRouter:
    router = APIRouter(prefix="/drafts", tags=["drafts"])

    @router.post("/{draft_code}/exemptions", summary="Exempt the draft, or stages of it, from communication")
    async def exempt(body: bodies.Exemption, door: Door) -> Accepted:
        return await door.carry_out(commands, drafts.Exempt(exemption=body.event()))

    @router.post("/{draft_code}/procedure", summary="Decide by which procedure the draft goes")
    async def decide_procedure(body: bodies.ProcedureDecision, door: Door) -> Accepted:
        return await door.carry_out(commands, drafts.DecideProcedure(decision=body.event()))

    @router.post("/{draft_code}/transfer", summary="Hand the draft over to another unit")
    async def transfer(body: bodies.Handover, door: Door) -> Accepted:
        return await door.carry_out(commands, drafts.Transfer(transfer=body.event(), today=_today()))

    return router


def _stage_commands(commands: Commands) -> APIRouter:
    router = APIRouter(prefix="/drafts/{draft_code}", tags=["stages"])

    @router.post("/stages", status_code=201, summary="Enter a stage")
    async def enter(body: bodies.NewStage, door: Door) -> AcceptedStep:
        return await door.step(commands, body.command(_today()))

    @router.post("/stages/{entry_id}/correct", summary="Correct an entry into a stage")
    async def correct(entry_id: UUID, body: bodies.StageCorrection, door: Door) -> Accepted:
        _, history = await commands.draft_with_history(door.draft_code)
        was = recorded_entry(history, entry_id)
        correction = DraftStageCorrected(
            entry_id=entry_id,
            was_stage=was.stage,
            was_entered_on=was.entered_on,
            was_precision=was.precision,
            **body.model_dump(),
        )
        return await door.carry_out(commands, drafts.CorrectStage(correction=correction, today=_today()))

    @router.post("/withdraw", summary="Withdraw the draft")
    async def withdraw(body: bodies.Withdrawal, door: Door) -> Accepted:
        command = drafts.EnterStage(stage=Stage.WITHDRAWN, entered_on=body.on, today=_today(), what=body.what)
        return await door.carry_out(commands, command)

    return router


def _posting_commands(commands: Commands) -> APIRouter:
    router = APIRouter(prefix="/drafts/{draft_code}/postings", tags=["postings"])

    @router.post("", status_code=201, summary="Post the draft for comment; again after an end: a new posting")
    async def open_posting(body: bodies.NewPosting, door: Door) -> AcceptedPosting:
        command = body.command(door.draft_code, _today())
        return await door.post(commands, command, command.posting.posting_id)

    @router.post("/{posting_id}/extend", summary="Let a posting run longer")
    async def extend(posting_id: UUID, body: bodies.PostingExtension, door: Door) -> AcceptedPosting:
        return await door.post(commands, body.command(posting_id), posting_id)

    @router.post("/{posting_id}/close", summary="End a posting with its last day")
    async def close(posting_id: UUID, body: bodies.PostingClosure, door: Door) -> AcceptedPosting:
        return await door.post(commands, body.command(posting_id, _today()), posting_id)

    return router


def _unit_records(read_model: ReadModel, store: BulkStore) -> APIRouter:
    router = APIRouter(tags=["queries"])

    @router.get(
        "/unit-records",
        summary="Units with all that is recorded of them, by pages",
        dependencies=[AtPosition],
    )
    async def unit_records(_: Reader, page: Paged) -> Listing[UnitView]:
        listed = await read_model.units(None, page.limit, page.after)
        refs = [unit_ref(row["unit_code"]) for row in listed]
        histories = await store.load_all(refs)
        states = [(histories[ref].state(units.unit), histories[ref].version) for ref in refs]
        views = [unit_view(state, version) for state, version in states if isinstance(state, units.Unit)]
        return page.listing(UnitView, [view.model_dump() for view in views], "unit_code")

    return router


def _queries(commands: Commands, read_model: ReadModel, rulebook: Rulebook) -> APIRouter:
    router = APIRouter(tags=["queries"])

    @router.get("/units", summary="Find units", dependencies=[AtPosition])
    async def find_units(_: Reader, page: Paged, q: str | None = None) -> Listing[UnitItem]:
        return page.listing(UnitItem, await read_model.units(q, page.limit, page.after), "unit_code")

    @router.get("/units/{unit_code}", summary="One unit, read from the log itself", responses=VERSIONED)
    async def unit(_: Reader, response: Response, unit_code: str) -> UnitView:
        found, version = await commands.unit(unit_code)
        conventions.versioned(response, version)
        return unit_view(found, version)

    @router.get("/drafts", summary="Find drafts", dependencies=[AtPosition])
    async def find_drafts(
        _: Reader, page: Paged, q: str | None = None, unit: str | None = None, stage: Stage | None = None
    ) -> Listing[DraftItem]:
        wanted = DraftFilter(text=q, unit_code=unit, stage=stage)
        return page.listing(DraftItem, await read_model.drafts(wanted, page.limit, page.after), "draft_code")

    @router.get("/drafts/{draft_code}", summary="One draft, read from the log itself", responses=VERSIONED)
    async def draft(_: Reader, response: Response, draft_code: str) -> DraftView:
        found, history = await commands.draft_with_history(draft_code)
        conventions.versioned(response, history.version)
        remarks = commands.remarks(found, history, _today())
        return draft_view(found, history, remarks, commands.clocks(found, history, _today()))

    @router.get("/drafts/{draft_code}/history", summary="Every event of a draft: when, who, what")
    async def history(_: Reader, draft_code: str) -> HistoryView:
        found, recorded = await commands.draft_with_history(draft_code)
        return history_view(draft_code, recorded, commands.remarks(found, recorded, _today()))

    @router.get("/procedures", summary="The rules in force, with their dates and legal basis")
    async def procedures(_: Reader) -> ProceduresView:
        return procedures_view(rulebook)

    return router

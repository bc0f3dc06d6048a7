"""The registry over HTTP: commands on units, and queries; commands on drafts have a file of their own."""

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.registry.adapters import bodies, draft_api, records_api
from services.registry.adapters.draft_api import ProceduresView, procedures_view
from services.registry.adapters.entry.elsewhere import Elsewhere
from services.registry.adapters.remaining import AcceptedSuccession, remaining_with
from services.registry.adapters.request_views import request_view
from services.registry.adapters.views import (
    DraftItem,
    DraftView,
    HistoryView,
    UnitItem,
    UnitWithChanges,
    draft_view,
    history_view,
    unit_with_changes,
)
from services.registry.application.commands import Commands
from services.registry.application.queries import DraftFilter, ReadModel
from services.registry.domain import unit as units
from services.registry.domain.errors import UnitNotFound
from shared.auth.admission import acting_for, may
from shared.auth.tokens import Principal
from shared.contracts.event import Code, unit_id
from shared.contracts.vocabulary import Dataset, Stage
from shared.eventstore.handle import BulkStore, Handled
from shared.http.documents.openapi import VERSIONED
from shared.http.requests import request_context
from shared.http.requests.paging import Listing, Paged
from shared.http.requests.request_context import Accepted, AtPosition, IdempotencyKey, IfMatch, OfRows
from shared.rules.rights.actions import Action
from shared.rules.rulebook.rulebook import Rulebook


def routers(
    commands: Commands, read_model: ReadModel, rulebook: Rulebook, store: BulkStore, elsewhere: Elsewhere
) -> list[APIRouter]:
    return [
        _unit_commands(commands),
        _successions(commands, read_model, elsewhere),
        *draft_api.routers(commands),
        _queries(commands, read_model, rulebook),
        records_api.router(commands, read_model, store),
    ]


def _accepted(response: Response, aggregate_id: object, handled: Handled[Any]) -> Accepted:
    return request_context.accepted(response, aggregate_id, handled.version, handled.event_names)


class _UnitContext:
    """The parts of a request that every command on a unit needs: who, key, version, response."""

    def __init__(
        self,
        request: Request,
        response: Response,
        principal: Principal,
        if_match: int | None,
        key: str | None = None,
    ) -> None:
        self.response = response
        self.if_match = if_match
        self.by = principal.acting
        self.request = request
        self.metadata = request_context.metadata(request, principal, key)

    async def handled(self, commands: Commands, command: units.Command) -> Handled[units.State]:
        return await commands.on_unit(replace(command, by=self.by), self.metadata, self.if_match)


def on_unit(action: Action) -> Any:
    """Declare what a route does to a unit."""
    admitted = may(action)

    async def context(
        request: Request,
        response: Response,
        if_match: IfMatch,
        key: IdempotencyKey = None,
        principal: Principal = admitted,
    ) -> _UnitContext:
        return _UnitContext(request, response, principal, if_match, key)

    return Depends(context)


def _unit_commands(commands: Commands) -> APIRouter:
    router = APIRouter(prefix="/units", tags=["units"])

    @router.post("", status_code=201, summary="Register a unit")
    async def register(
        request: Request,
        response: Response,
        principal: Annotated[Principal, may(Action.REGISTER_UNIT)],
        body: bodies.NewUnit,
        key: IdempotencyKey = None,
    ) -> Accepted:
        command = replace(body.command(), by=principal.acting)
        handled = await commands.on_unit(command, request_context.metadata(request, principal, key))
        return _accepted(response, unit_id(body.code), handled)

    async def record(context: _UnitContext, command: units.Command) -> Accepted:
        handled = await context.handled(commands, command)
        return _accepted(context.response, unit_id(command.unit_code), handled)

    @router.post("/{unit_code}/amend", summary="Correct what was registered wrongly")
    async def amend(
        unit_code: Code,
        body: bodies.UnitAmendment,
        context: Annotated[_UnitContext, on_unit(Action.AMEND_UNIT)],
    ) -> Accepted:
        return await record(context, body.command(unit_code))

    @router.post("/{unit_code}/rename", summary="Rename a unit")
    async def rename(
        unit_code: Code, body: bodies.Renaming, context: Annotated[_UnitContext, on_unit(Action.RENAME_UNIT)]
    ) -> Accepted:
        return await record(context, body.command(unit_code))

    @router.post("/{unit_code}/move", summary="Put a unit under another one")
    async def move(
        unit_code: Code, body: bodies.Moving, context: Annotated[_UnitContext, on_unit(Action.MOVE_UNIT)]
    ) -> Accepted:
        return await record(context, body.command(unit_code))

    @router.post("/{unit_code}/cancellations", summary="Take back a change that was recorded wrongly")
    async def cancel(
        unit_code: Code,
        body: bodies.Cancellation,
        context: Annotated[_UnitContext, on_unit(Action.CANCEL_UNIT_CHANGE)],
    ) -> Accepted:
        return await record(context, body.command(unit_code))

    @router.post(
        "/{unit_code}/changes/{change_id}/correct",
        summary="Correct a change: cancelled and recorded anew, in one step",
    )
    async def correct(
        unit_code: Code,
        change_id: UUID,
        body: bodies.ChangeCorrection,
        context: Annotated[_UnitContext, on_unit(Action.CORRECT_UNIT_CHANGE)],
    ) -> Accepted:
        return await record(context, body.command(unit_code, change_id))

    @router.post("/{unit_code}/targets", summary="Set the unit's own target for a reporting year")
    async def target(
        unit_code: Code, body: bodies.Target, context: Annotated[_UnitContext, on_unit(Action.SET_TARGET)]
    ) -> Accepted:
        return await record(context, body.command(unit_code))

    @router.post("/{unit_code}/supervision", summary="Set who follows the unit from a day on")
    async def supervise(
        unit_code: Code,
        body: bodies.Supervision,
        context: Annotated[_UnitContext, on_unit(Action.SET_SUPERVISION)],
    ) -> Accepted:
        return await record(context, body.command(unit_code))

    return router


def _successions(commands: Commands, read_model: ReadModel, elsewhere: Elsewhere) -> APIRouter:
    router = APIRouter(prefix="/units", tags=["units"])

    @router.post("/{unit_code}/successions", summary="Record a succession or the dissolution of a unit")
    async def succeed(
        unit_code: Code,
        body: bodies.Succession,
        context: Annotated[_UnitContext, on_unit(Action.SUCCEED_UNIT)],
    ) -> AcceptedSuccession:
        """Nothing that is open moves by itself but what one successor owes in programmes: see `remaining`."""
        handled = await context.handled(commands, body.command(unit_code))
        if isinstance(unit := handled.state, units.Absent):
            raise UnitNotFound(unit_code)
        accepted = _accepted(context.response, unit_id(unit_code), handled)
        remaining = await remaining_with(
            read_model, elsewhere, context.request, unit, body.date, commands.today
        )
        return AcceptedSuccession(**dict(accepted), remaining=remaining)

    return router


def _queries(commands: Commands, read_model: ReadModel, rulebook: Rulebook) -> APIRouter:
    router = APIRouter(tags=["queries"])

    @router.get("/units", summary="Find units", dependencies=[AtPosition])
    async def find_units(
        _: Annotated[Principal, may(Action.READ_UNITS)], page: Paged, q: str | None = None
    ) -> Listing[UnitItem]:
        return page.listing(UnitItem, await read_model.units(q, page.limit, page.after), "unit_code")

    @router.get("/units/{unit_code}", summary="One unit, read from the log itself", responses=VERSIONED)
    async def unit(
        _: Annotated[Principal, may(Action.READ_UNITS)], response: Response, unit_code: str
    ) -> UnitWithChanges:
        state, history = await commands.unit_with_history(unit_code)
        request_context.versioned(response, history.version)
        findings = await commands.unit_findings(state)
        return unit_with_changes(state, history, commands.today, findings)

    @router.get("/drafts", summary="Find drafts", dependencies=[AtPosition])
    async def find_drafts(
        _: Annotated[Principal, may(Action.READ_DRAFTS)],
        page: Paged,
        q: str | None = None,
        unit: str | None = None,
        stage: Stage | None = None,
        dataset: Annotated[Dataset | None, OfRows] = None,
    ) -> Listing[DraftItem]:
        wanted = DraftFilter(text=q, unit_code=unit, stage=stage, dataset=dataset)
        return page.listing(DraftItem, await read_model.drafts(wanted, page.limit, page.after), "draft_code")

    @router.get("/drafts/{draft_code}", summary="One draft, read from the log itself", responses=VERSIONED)
    async def draft(
        request: Request,
        principal: Annotated[Principal, may(Action.READ_DRAFTS)],
        response: Response,
        draft_code: str,
    ) -> DraftView:
        state, history = await commands.draft_with_history(draft_code)
        request_context.versioned(response, history.version)
        of_leads = await commands.lead_findings(state, history)
        findings = (*commands.findings(state, history, commands.today), *of_leads)
        clocks = commands.clocks(state, history, commands.today)
        reads = await acting_for(Action.READ_REQUESTS, request, principal)
        shown = [each for each in state.requests if reads.may_act_for(each.raised.unit_code)]
        requests = [await request_view(commands, each) for each in shown]
        return draft_view(state, history, findings, clocks, commands.entries(state, history), requests)

    @router.get("/drafts/{draft_code}/history", summary="Every event of a draft: when, who, what")
    async def history(
        request: Request, principal: Annotated[Principal, may(Action.READ_DRAFTS)], draft_code: str
    ) -> HistoryView:
        state, recorded = await commands.draft_with_history(draft_code)
        of_leads = await commands.lead_findings(state, recorded)
        findings = (*commands.findings(state, recorded, commands.today), *of_leads)
        reads = await acting_for(Action.READ_REQUESTS, request, principal)
        return history_view(draft_code, recorded, findings, reads)

    @router.get("/procedures", summary="The rules in force, with their dates and legal basis")
    async def procedures(_: Annotated[Principal, may(Action.READ_RULES)]) -> ProceduresView:
        return procedures_view(rulebook)

    return router

"""Routes of programmes: enter what a unit does in a year, and list what is still open."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from services.campaigns.adapters.command_context import CommandContext, on
from services.campaigns.adapters.plans.api import AsOf
from services.campaigns.adapters.programmes.bodies import (
    EntryCancellation,
    EntryCorrection,
    EntryStep,
    NewEntry,
)
from services.campaigns.adapters.programmes.views import (
    EntryItem,
    ProgrammeView,
    programme_view,
    stated,
)
from services.campaigns.application.commands import Commands
from services.campaigns.application.queries import EntryFilter, ReadModel
from services.campaigns.domain.programme import FIRST_YEAR, LAST_YEAR, Record
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.contracts.vocabulary import Dataset, ProgrammeKind
from shared.http.documents.openapi import VERSIONED
from shared.http.requests import request_context
from shared.http.requests.forecasts import marked
from shared.http.requests.paging import Listing, Paged
from shared.http.requests.request_context import Accepted, AtPosition, OfRows, Today
from shared.kernel.local_day import day_in_vietnam
from shared.rules.rights.actions import Action
from shared.text_checks.days import Day

Year = Annotated[int, Path(ge=FIRST_YEAR, le=LAST_YEAR)]


def routers(commands: Commands, read_model: ReadModel) -> list[APIRouter]:
    return [_programme(commands, read_model), _of_entry(commands, read_model), _list(read_model)]


def _programme(commands: Commands, read_model: ReadModel) -> APIRouter:
    path = "/units/{unit_code}/programme/{year}"
    router = APIRouter(prefix=path, tags=["programmes"], dependencies=[AtPosition])

    @router.get("", summary="A unit's programme for one year", responses=VERSIONED)
    async def programme(
        _: Annotated[Principal, may(Action.READ_PROGRAMMES)],
        response: Response,
        unit_code: Code,
        year: Year,
        as_of: AsOf,
        today: Today,
    ) -> ProgrammeView:
        await commands.require_unit(unit_code)
        state, history = await commands.programme(unit_code, year)
        request_context.versioned(response, history.version)
        return marked(programme_view(unit_code, year, state, history.events, as_of), today)

    @router.post("", status_code=201, summary="Enter an entry; `id` of the answer is the entry's")
    async def enter(
        unit_code: Code,
        year: Year,
        body: NewEntry,
        context: Annotated[CommandContext, on(Action.ENTER_PROGRAMME)],
    ) -> Accepted:
        return await _entered(commands, read_model, context, (unit_code, year), body)

    return router


def _of_entry(commands: Commands, read_model: ReadModel) -> APIRouter:
    path = "/units/{unit_code}/programme/{year}/entries/{entry_id}"
    router = APIRouter(prefix=path, tags=["programmes"], dependencies=[AtPosition])

    @router.post(
        "/steps", status_code=201, summary="Enter what followed an entry, today unless a day is given"
    )
    async def step(
        unit_code: Code,
        year: Year,
        entry_id: UUID,
        body: EntryStep,
        context: Annotated[CommandContext, on(Action.FOLLOW_PROGRAMME_ENTRY)],
    ) -> Accepted:
        day = body.happened_on or day_in_vietnam(context.metadata.time)
        named = body.model_copy(update={"of_entry": entry_id, "happened_on": day})
        return await _entered(commands, read_model, context, (unit_code, year), named)

    @router.post("/correct", summary="Correct what was entered wrongly")
    async def correct(
        unit_code: Code,
        year: Year,
        entry_id: UUID,
        body: EntryCorrection,
        context: Annotated[CommandContext, on(Action.CORRECT_PROGRAMME_ENTRY)],
    ) -> Accepted:
        fields = body.model_dump()
        return await change(ProgrammeKind.ENTRY_CORRECTED, unit_code, year, entry_id, fields, context)

    @router.post("/cancel", summary="Cancel an entry, with the reason")
    async def cancel(
        unit_code: Code,
        year: Year,
        entry_id: UUID,
        body: EntryCancellation,
        context: Annotated[CommandContext, on(Action.CANCEL_PROGRAMME_ENTRY)],
    ) -> Accepted:
        fields = body.model_dump()
        return await change(ProgrammeKind.ENTRY_CANCELLED, unit_code, year, entry_id, fields, context)

    async def change(
        kind: ProgrammeKind,
        unit_code: str,
        year: int,
        entry_id: UUID,
        fields: dict[str, Any],
        context: CommandContext,
    ) -> Accepted:
        own = context.id_of("entry", f"{unit_code}:{year}:{entry_id}:{kind}", commands.new_id)
        command = Record(
            by=context.by,
            today=day_in_vietnam(context.metadata.time),
            kind=kind,
            of_entry=entry_id,
            entry_id=own,
            unit_code=unit_code,
            year=year,
            **fields,
        )
        return context.accepted(entry_id, await commands.enter(command, context.metadata, context.if_match))

    return router


async def _entered(
    commands: Commands,
    read_model: ReadModel,
    context: CommandContext,
    programme: tuple[str, int],
    body: NewEntry,
) -> Accepted:
    unit_code, year = programme
    if body.id is None:
        entry_id = context.id_of("entry", f"{unit_code}:{year}", commands.new_id)
    else:
        elsewhere = await read_model.programme_of_entry(body.id) not in {None, programme}
        own = body.id if body.is_own_id(unit_code, year) else None
        entry_id = context.chosen_id(body.id, own, elsewhere=elsewhere)
    today = day_in_vietnam(context.metadata.time)
    command = body.command(unit_code, year, entry_id, by=context.by, today=today)
    return context.accepted(entry_id, await commands.enter(command, context.metadata, context.if_match))


def _list(read_model: ReadModel) -> APIRouter:
    router = APIRouter(tags=["queries"], dependencies=[AtPosition])

    @router.get("/programme", summary="Entries of all programmes, in the order of recording")
    async def entries(  # the parameters of the request
        _: Annotated[Principal, may(Action.READ_PROGRAMMES)],
        page: Paged,
        as_of: AsOf,
        unit: Annotated[str | None, Query(description="code of the unit whose programme it is")] = None,
        lead_unit: Annotated[str | None, Query(description="code of the unit that is to act")] = None,
        owed_by: Annotated[
            str | None,
            Query(
                description="code of the unit that is to act next on that day, also for a former unit whose work it carries on"
            ),
        ] = None,
        year: Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR)] = None,
        kind: Annotated[ProgrammeKind | None, Query(description="kind of entry")] = None,
        draft: Annotated[str | None, Query(description="code of the draft that it is about")] = None,
        open_: Annotated[bool, Query(alias="open", description="only what still waits for its end")] = False,
        left: Annotated[
            bool,
            Query(
                description="only what is owed by a unit that has ended, where no one unit carries on: correct who leads it"
            ),
        ] = False,
        due_by: Annotated[Day | None, Query(description="only what is due by this day, inclusive")] = None,
        dataset: Annotated[Dataset | None, OfRows] = None,
    ) -> Listing[EntryItem]:
        wanted = EntryFilter(
            unit_code=unit,
            lead_unit_code=lead_unit,
            owed_by=owed_by,
            concerning=await read_model.concerning(owed_by, as_of) if owed_by else None,
            year=year,
            kind=kind,
            draft_code=draft,
            is_open=open_,
            left=left,
            due_by=due_by,
            as_of=as_of,
            dataset=dataset,
        )
        rows = await read_model.entries(wanted, page.limit, page.after)
        return page.listing(EntryItem, [stated(row) for row in rows], "cursor")

    return router

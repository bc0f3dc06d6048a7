"""Routes of programmes: enter what a unit does in a year, and list what is still open."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from services.campaigns.adapters.command_context import CommandContext, on
from services.campaigns.adapters.plans.api import AsOf
from services.campaigns.adapters.programmes.views import (
    EntryItem,
    NewEntry,
    ProgrammeView,
    programme_view,
    stated,
)
from services.campaigns.application.commands import Commands
from services.campaigns.application.queries import EntryFilter, ReadModel
from services.campaigns.domain.programme import FIRST_YEAR, LAST_YEAR
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.contracts.vocabulary import ProgrammeKind
from shared.http import request_context
from shared.http.forecasts import marked
from shared.http.openapi import VERSIONED
from shared.http.paging import Listing, Paged
from shared.http.request_context import Accepted, AtPosition, Today
from shared.kernel.local_day import day_in_vietnam
from shared.rights.actions import Action
from shared.text_checks.days import Day

Year = Annotated[int, Path(ge=FIRST_YEAR, le=LAST_YEAR)]


def routers(commands: Commands, read_model: ReadModel) -> list[APIRouter]:
    return [_programme(commands, read_model), _list(read_model)]


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
        return marked(programme_view(unit_code, year, state, history.version.count, as_of), today)

    @router.post("", status_code=201, summary="Enter an entry; `id` of the answer is the entry's")
    async def enter(
        unit_code: Code,
        year: Year,
        body: NewEntry,
        context: Annotated[CommandContext, on(Action.ENTER_PROGRAMME)],
    ) -> Accepted:
        if body.id is None:
            entry_id = context.id_of("entry", f"{unit_code}:{year}", commands.new_id)
        else:
            elsewhere = await read_model.unit_of_entry(body.id) not in (None, unit_code)
            entry_id = context.chosen_id(body.id, body.natural_id(unit_code, year), elsewhere=elsewhere)
        today = day_in_vietnam(context.metadata.time)
        command = body.command(unit_code, year, entry_id, by=context.by, today=today)
        return context.accepted(entry_id, await commands.enter(command, context.metadata, context.if_match))

    return router


def _list(read_model: ReadModel) -> APIRouter:
    router = APIRouter(tags=["queries"], dependencies=[AtPosition])

    @router.get("/programme", summary="Entries of all programmes, in the order of recording")
    async def entries(  # the parameters of the request
        _: Annotated[Principal, may(Action.READ_PROGRAMMES)],
        page: Paged,
        as_of: AsOf,
        unit: Annotated[str | None, Query(description="code of the unit whose programme it is")] = None,
        lead_unit: Annotated[str | None, Query(description="code of the unit that is to act")] = None,
        year: Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR)] = None,
        kind: Annotated[ProgrammeKind | None, Query(description="kind of entry")] = None,
        draft: Annotated[str | None, Query(description="code of the draft that it is about")] = None,
        open_: Annotated[bool, Query(alias="open", description="only what still waits for its end")] = False,
        due_by: Annotated[Day | None, Query(description="only what is due by this day, inclusive")] = None,
    ) -> Listing[EntryItem]:
        wanted = EntryFilter(
            unit_code=unit,
            lead_unit_code=lead_unit,
            year=year,
            kind=kind,
            draft_code=draft,
            is_open=open_,
            due_by=due_by,
        )
        rows = await read_model.entries(wanted, page.limit, page.after)
        return page.listing(EntryItem, [stated(row, as_of) for row in rows], "cursor")

    return router

"""Routes of reports that are required: submit one by one call, and all versions of an entry."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.campaigns.adapters.command_context import CommandContext, on
from services.campaigns.adapters.communications.bodies import Words
from services.campaigns.application.commands import Commands
from services.campaigns.application.queries import ReadModel
from services.campaigns.application.reports import Submission, submission, submitted_id
from services.campaigns.domain.programme import Programme, Record
from services.campaigns.domain.programme_errors import EntryNotFound
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.envelope import Metadata, Recorded
from shared.contracts.event import Acting, Code
from shared.contracts.programme import ProgrammeEntry, ProgrammeEntryCorrected
from shared.contracts.vocabulary import ProgrammeKind
from shared.eventstore.handle import Handled
from shared.http.requests.request_context import Accepted, AtPosition, Body, example
from shared.kernel.local_day import day_in_vietnam
from shared.rules.rights.actions import Action
from shared.text_checks.days import Day, FactDay


class NewReport(Body):
    """A report to the unit that requires it: period, due day and receiver follow from `duty_id`.

    Without `period_from` it is about the last period that has ended; `happened_on` is today if it is not given. `figures`
    are the unit's own, by name. `report_id` is the unit's published report of the period, which is sent.
    """

    model_config = example(
        duty_id="7d1f3a52-7f2b-5d3a-9c6e-0f8f5a0b6c11",
        period_from="2025-12-15",
        document="Báo cáo số 12/BC-UBND",
        figures={"activities": 12, "attendance": 340},
    )

    duty_id: UUID
    period_from: Day | None = None
    happened_on: FactDay | None = None
    document: Words | None = None
    figures: dict[str, int] | None = Field(default=None, max_length=50)
    report_id: UUID | None = None
    note: Words | None = None


class VersionView(BaseModel):
    """What an entry said from a moment on: as it was entered, or after a correction with its reason."""

    recorded_at: datetime
    reason: str | None
    title: str
    document: str | None
    happened_on: date | None
    quantity: int | None
    amount: int | None
    figures: dict[str, int] | None
    note: str | None


class VersionsView(BaseModel):
    entry_id: UUID
    kind: ProgrammeKind
    versions: list[VersionView]


def routers(commands: Commands, read_model: ReadModel) -> list[APIRouter]:
    return [_submit(commands, read_model), _versions(commands)]


def _submit(commands: Commands, read_model: ReadModel) -> APIRouter:
    router = APIRouter(tags=["programmes"], dependencies=[AtPosition])

    @router.post(
        "/units/{unit_code}/reports", status_code=201, summary="Submit a report that is required of a unit"
    )
    async def submit(
        unit_code: Code, body: NewReport, context: Annotated[CommandContext, on(Action.ENTER_PROGRAMME)]
    ) -> Accepted:
        command, handled = await submitted(
            commands, read_model, unit_code, body, context.by, context.metadata, context.if_match
        )
        return context.accepted(submitted_id(handled.state, command), handled)

    return router


async def submitted(
    commands: Commands,
    read_model: ReadModel,
    unit_code: str,
    body: NewReport,
    by: Acting,
    metadata: Metadata,
    if_match: int | None = None,
) -> tuple[Record, Handled[Programme]]:
    """Submit a report; raises what says that it is not required, or not published."""
    today = day_in_vietnam(metadata.time)
    given = Submission(**body.model_dump() | {"happened_on": body.happened_on or today})
    await commands.require_unit(unit_code)
    requirement = await read_model.requirement(body.duty_id)
    command = submission(requirement, unit_code, given, by, today)
    return command, await commands.enter(command, metadata, if_match)


def _versions(commands: Commands) -> APIRouter:
    path = "/units/{unit_code}/programme/{year}/entries/{entry_id}/versions"
    router = APIRouter(tags=["programmes"], dependencies=[AtPosition])

    @router.get(path, summary="An entry as it was entered, and after each correction")
    async def versions(
        _: Annotated[Principal, may(Action.READ_PROGRAMMES)], unit_code: Code, year: int, entry_id: UUID
    ) -> VersionsView:
        await commands.require_unit(unit_code)
        state, history = await commands.programme(unit_code, year)
        entered = state.entries.get(entry_id)
        if entered is None:
            raise EntryNotFound
        kept = [version for event in history.events if (version := _version(event, entry_id))]
        return VersionsView(entry_id=entry_id, kind=ProgrammeKind(entered.event.name), versions=kept)

    return router


def _version(event: Recorded, entry_id: UUID) -> VersionView | None:
    data = event.data
    if not isinstance(data, ProgrammeEntry):
        return None
    corrects = isinstance(data, ProgrammeEntryCorrected) and data.of_entry == entry_id
    if data.entry_id != entry_id and not corrects:
        return None
    reason = data.reason if isinstance(data, ProgrammeEntryCorrected) else None
    return VersionView.model_validate(
        data.model_dump() | {"recorded_at": event.metadata.time, "reason": reason}
    )

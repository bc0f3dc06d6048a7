"""Campaigns' import sheets: what a row of each file means as a command."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from pydantic import Field

from services.campaigns.adapters.assumed import Assumed, assumed
from services.campaigns.adapters.plan_rows import ActivityRow, PlanRow
from services.campaigns.adapters.programme_rows import ProgrammeRow
from services.campaigns.application.commands import Commands, communication_ref, plan_ref, programme_ref
from services.campaigns.application.queries import Known
from services.campaigns.domain.communication import MOST_PEOPLE, policies_meant
from shared.clock import NewId
from shared.contracts.campaigns import CommunicationRecorded
from shared.contracts.event import Code
from shared.contracts.ids import communication_id, draft_id
from shared.contracts.vocabulary import Channel, Dataset
from shared.envelope import AggregateRef, Metadata
from shared.eventstore.handle import Handled
from shared.imports import Session, Sheet, Taken
from shared.rows import DatedRow, Day, Numbers, Reason

_KEPT = {"held_on", "precision", "channel", "title", "organiser", "place", "attendance", "reach", "url"}


class CommunicationRow(DatedRow):
    draft_code: Code
    held_on: Day
    channel: Channel
    title: str
    organiser: str | None = None
    place: str | None = None
    attendance: int | None = Field(default=None, ge=0, le=MOST_PEOPLE)
    reach: str | None = None
    policy_no: Numbers = ()
    url: str | None = None
    activity_id: UUID | None = None
    dataset: Dataset = Dataset.LIVE

    @property
    def policies(self) -> tuple[int, ...]:
        return policies_meant(self.policy_no)

    @cached_property
    def communication_id(self) -> UUID:
        return communication_id(
            self.draft_code, self.held_on, self.precision, self.channel, self.title, self.policies
        )

    def event(self) -> CommunicationRecorded:
        return CommunicationRecorded(
            communication_id=self.communication_id,
            draft_id=draft_id(self.draft_code),
            draft_code=self.draft_code,
            policies=self.policies,
            notes=self.notes,
            dataset=self.dataset,
            **self.model_dump(include=_KEPT | {"activity_id"}),
        )


@dataclass(frozen=True, slots=True)
class Rows:
    """Carries out the rows of one request as commands, the same ones that the API uses."""

    commands: Commands
    assumed: Assumed

    def sheets(self) -> dict[str, Sheet[Any]]:
        return {
            "plans": Sheet(PlanRow, _of_plan, self._plan),
            "activities": Sheet(ActivityRow, _of_plan, self._activity),
            "communications": Sheet(CommunicationRow, _of_communication, self._communication),
            "programme": Sheet(ProgrammeRow, _of_programme, self._entry),
        }

    async def _plan(self, row: PlanRow, metadata: Metadata) -> Taken:
        handled = await self.commands.approve_plan(row.event(), metadata)
        return _taken(handled, await self.assumed.unchecked(row.draft_code))

    async def _activity(self, row: ActivityRow, metadata: Metadata) -> Taken:
        handled = await self.commands.plan_activity(row.event(), metadata)
        return _taken(handled, await self.assumed.unchecked(row.draft_code))

    async def _communication(self, row: CommunicationRow, metadata: Metadata) -> Taken:
        handled = await self.commands.record(row.event(), metadata)
        return _taken(handled, await self.assumed.unchecked(row.draft_code, frozenset(row.policies)))

    async def _entry(self, row: ProgrammeRow, metadata: Metadata) -> Taken:
        handled = await self.commands.enter(row.kind, row.entry(), metadata, row.of_entry)
        return _taken(handled, await self.assumed.unchecked(row.draft_code) if row.draft_code else [])


def rows(session: Session, known: Known, new_id: NewId) -> Rows:
    told = assumed(session, known)
    return Rows(Commands(session.store, told, new_id), told)


def _of_plan(row: PlanRow | ActivityRow) -> list[AggregateRef]:
    return [plan_ref(row.draft_code)]


def _of_communication(row: CommunicationRow) -> list[AggregateRef]:
    of_plan = [plan_ref(row.draft_code)] if row.activity_id else []
    return [communication_ref(row.communication_id), *of_plan]


def _of_programme(row: ProgrammeRow) -> list[AggregateRef]:
    return [programme_ref(row.unit_code, row.year)]


def _taken(handled: Handled, warnings: list[Reason]) -> Taken:
    return Taken(handled.version.position, [] if handled.repeated else handled.event_names, warnings)

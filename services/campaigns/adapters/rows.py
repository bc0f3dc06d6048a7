"""Campaigns' import sheet: what a row of communications.csv means as a command."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import Field

from services.campaigns.application.commands import Commands
from services.campaigns.domain.communication import MOST_PEOPLE, policies_meant
from shared.contracts.campaigns import CommunicationRecorded
from shared.contracts.event import Code
from shared.contracts.ids import communication_id, draft_id
from shared.contracts.vocabulary import Channel, Dataset
from shared.envelope import Metadata
from shared.imports import Sheet, Taken
from shared.rows import DatedRow, Day, Numbers

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
    dataset: Dataset = Dataset.LIVE

    @property
    def policies(self) -> tuple[int, ...]:
        return policies_meant(self.policy_no)

    @property
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
            **self.model_dump(include=_KEPT),
        )


@dataclass(frozen=True, slots=True)
class Rows:
    """Carries out rows as commands, the same ones that the API uses."""

    commands: Commands

    def sheets(self) -> dict[str, Sheet[Any]]:
        return {
            "communications": Sheet(
                CommunicationRow, lambda row: str(row.communication_id), self._communication
            )
        }

    async def _communication(self, row: CommunicationRow, metadata: Metadata) -> Taken:
        handled = await self.commands.record(row.event(), metadata)
        return Taken(handled.version.position, [] if handled.repeated else handled.event_names)

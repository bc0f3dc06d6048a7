"""Campaigns' import sheet: what a row of communications.csv means as a command."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from pydantic import Field

from services.campaigns.application.commands import Commands, communication_ref
from services.campaigns.application.queries import KnownDraft, KnownDrafts
from services.campaigns.domain.communication import MOST_PEOPLE, policies_meant
from shared.clock import NewId
from shared.contracts.campaigns import CommunicationRecorded
from shared.contracts.event import Code
from shared.contracts.ids import communication_id, draft_id
from shared.contracts.registry import MOST_POLICIES
from shared.contracts.vocabulary import Channel, Dataset
from shared.envelope import AggregateRef, Metadata
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
            **self.model_dump(include=_KEPT),
        )


@dataclass(frozen=True, slots=True)
class AssumedDrafts:
    """The drafts that are known, and those that a dry run is told to take for registered, with any policy."""

    known: KnownDrafts
    codes: frozenset[str]

    async def draft(self, draft_code: str) -> KnownDraft | None:
        found = await self.known.draft(draft_code)
        if draft_code not in self.codes:
            return found
        lead = found.lead_unit_code if found else ""
        return KnownDraft(draft_code, lead, frozenset(range(1, MOST_POLICIES + 1)))

    async def unchecked(self, row: CommunicationRow) -> list[Reason]:
        """Warn of what a row names that only the assumption makes known."""
        if row.draft_code not in self.codes:
            return []
        found = await self.known.draft(row.draft_code)
        return [] if found and found.policies >= set(row.policies) else [_assumed(row.draft_code)]


def _assumed(code: str) -> Reason:
    return Reason(
        column="draft_code",
        value=code,
        vi=f"chạy thử: dự thảo “{code}” hoặc chính sách được nêu chưa có trong hệ thống, tạm coi là đã đăng ký; "
        "số chính sách chưa được kiểm tra",
        en=f"dry run: the draft '{code}' or the policy named is not registered yet and is taken for registered; "
        "the policy numbers are not checked",
    )


@dataclass(frozen=True, slots=True)
class Rows:
    """Carries out the rows of one request as commands, the same ones that the API uses."""

    commands: Commands
    drafts: AssumedDrafts

    def sheets(self) -> dict[str, Sheet[Any]]:
        return {"communications": Sheet(CommunicationRow, _about, self._communication)}

    async def _communication(self, row: CommunicationRow, metadata: Metadata) -> Taken:
        handled = await self.commands.record(row.event(), metadata)
        warnings = await self.drafts.unchecked(row)
        return Taken(handled.version.position, [] if handled.repeated else handled.event_names, warnings)


def rows(session: Session, drafts: KnownDrafts, new_id: NewId) -> Rows:
    assumed = AssumedDrafts(drafts, session.assumed_drafts)
    return Rows(Commands(session.store, assumed, new_id), assumed)


def _about(row: CommunicationRow) -> list[AggregateRef]:
    return [communication_ref(row.communication_id)]

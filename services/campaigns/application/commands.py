"""What can be done to communications: look the draft up, load, decide, append."""

from dataclasses import dataclass
from uuid import UUID

from services.campaigns.application.queries import KnownDraft, KnownDrafts
from services.campaigns.domain import communication as communications
from services.campaigns.domain.refusals import CommunicationNotFound, DraftNotYetKnown, NotYourDraft
from shared.clock import NewId, day_in_vietnam
from shared.contracts.campaigns import CommunicationCorrected, CommunicationRecorded
from shared.envelope import AggregateRef, Metadata
from shared.eventstore.handle import Handled, handle
from shared.eventstore.port import EventStore, History


@dataclass(frozen=True, slots=True)
class Commands:
    store: EventStore
    drafts: KnownDrafts
    new_id: NewId

    async def record(self, activity: CommunicationRecorded, metadata: Metadata) -> Handled:
        draft = await self.require_draft(activity.draft_code)
        command = communications.Record(
            activity=activity, draft_policies=draft.policies, today=day_in_vietnam(metadata.time)
        )
        return await self._carry_out(activity.communication_id, command, metadata)

    async def correct(
        self, activity: CommunicationCorrected, metadata: Metadata, if_match: int | None = None
    ) -> Handled:
        draft = await self.require_draft(activity.draft_code)
        command = communications.Correct(
            activity=activity, draft_policies=draft.policies, today=day_in_vietnam(metadata.time)
        )
        return await self._carry_out(activity.communication_id, command, metadata, if_match)

    async def retract(
        self, communication_id: UUID, reason: str | None, metadata: Metadata, if_match: int | None = None
    ) -> Handled:
        command = communications.Retract(reason=reason)
        return await self._carry_out(communication_id, command, metadata, if_match)

    async def _carry_out(
        self,
        communication_id: UUID,
        command: communications.Command,
        metadata: Metadata,
        if_match: int | None = None,
    ) -> Handled:
        return await handle(
            self.store,
            communications.communication,
            communication_ref(communication_id),
            command,
            metadata,
            if_match=if_match,
            new_id=self.new_id,
        )

    async def require_draft(self, draft_code: str) -> KnownDraft:
        """Refuse, for now, what names a draft that the log has not told us of yet."""
        if (draft := await self.drafts.draft(draft_code)) is None:
            raise DraftNotYetKnown(draft_code)
        return draft

    async def require_lead(self, draft_code: str, unit_code: str | None) -> None:
        """Refuse a unit's official who speaks for another unit's draft."""
        draft = await self.require_draft(draft_code)
        if draft.lead_unit_code != unit_code:
            raise NotYourDraft(draft_code, draft.lead_unit_code)

    async def communication(self, communication_id: UUID) -> tuple[communications.Communication, History]:
        """Read a communication from the log, as new as it can be."""
        history = await self.store.load(communication_ref(communication_id))
        state = communications.communication.fold(history.facts)
        if isinstance(state, communications.Absent):
            raise CommunicationNotFound
        return state, history


def communication_ref(communication_id: UUID) -> AggregateRef:
    return AggregateRef("communication", communication_id)

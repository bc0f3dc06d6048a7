"""What can be done to communications, plans and programmes: look up what they name, load, decide, append."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from services.campaigns.application.queries import Known, KnownDraft
from services.campaigns.domain import communication as communications
from services.campaigns.domain import plan as plans
from services.campaigns.domain import programme as programmes
from services.campaigns.domain.refusals import (
    ActivityNotFound,
    CommunicationNotFound,
    DraftNotYetKnown,
    NotYourDraft,
    NotYourProgramme,
    UnitNotYetKnown,
)
from shared.clock import NewId, day_in_vietnam
from shared.contracts.about import About
from shared.contracts.campaigns import (
    CommunicationCorrected,
    CommunicationEvidenceAttached,
    CommunicationRecorded,
    PlanActivityPlanned,
    PlanApproved,
)
from shared.contracts.ids import draft_id, programme_id
from shared.contracts.programme import ProgrammeEntry
from shared.contracts.registry import DraftMerged, DraftWithdrawn
from shared.contracts.vocabulary import Precision, ProgrammeKind
from shared.decider import Decider
from shared.envelope import AggregateRef, Metadata, Recorded, following
from shared.eventstore.handle import Handled, handle
from shared.eventstore.port import EventStore, History

C = TypeVar("C")
ACTOR = "service/campaigns"
DraftEnd = DraftWithdrawn | DraftMerged


@dataclass(frozen=True, slots=True)
class Commands:
    store: EventStore
    known: Known
    new_id: NewId

    async def record(
        self,
        activity: CommunicationRecorded,
        metadata: Metadata,
        evidence: tuple[CommunicationEvidenceAttached, ...] = (),
    ) -> Handled:
        draft = await self.require_draft(activity.draft_code)
        await self._require_activity(activity)
        command = communications.Record(
            activity=activity,
            draft_policies=draft.policies,
            today=day_in_vietnam(metadata.time),
            evidence=evidence,
        )
        return await self._on_communication(activity.communication_id, command, _on(draft, metadata))

    async def correct(
        self, activity: CommunicationCorrected, metadata: Metadata, if_match: int | None = None
    ) -> Handled:
        draft = await self.require_draft(activity.draft_code)
        await self._require_activity(activity)
        command = communications.Correct(
            activity=activity, draft_policies=draft.policies, today=day_in_vietnam(metadata.time)
        )
        stamped = _on(draft, metadata)
        return await self._on_communication(activity.communication_id, command, stamped, if_match)

    async def retract(
        self,
        recorded: CommunicationRecorded,
        reason: str | None,
        metadata: Metadata,
        if_match: int | None = None,
    ) -> Handled:
        stamped = _on(await self.require_draft(recorded.draft_code), metadata)
        command = communications.Retract(reason=reason)
        return await self._on_communication(recorded.communication_id, command, stamped, if_match)

    async def tell(
        self,
        communication_id: UUID,
        telling: communications.Telling,
        metadata: Metadata,
        if_match: int | None = None,
    ) -> Handled:
        """Say more of a communication: that it is so, what shows it, what people answered."""
        stamped = _on(await self.require_draft(telling.draft_code), metadata)
        return await self._on_communication(communication_id, telling, stamped, if_match)

    async def approve_plan(
        self, approval: PlanApproved, metadata: Metadata, if_match: int | None = None
    ) -> Handled:
        command = plans.Approve(approval=approval, today=day_in_vietnam(metadata.time))
        return await self._on_plan(approval.draft_code, command, metadata, if_match)

    async def plan_activity(
        self, activity: PlanActivityPlanned, metadata: Metadata, if_match: int | None = None
    ) -> Handled:
        if activity.responsible_unit_code is not None:
            await self.require_unit(activity.responsible_unit_code)
        command = plans.PlanActivity(activity=activity, today=day_in_vietnam(metadata.time))
        return await self._on_plan(activity.draft_code, command, metadata, if_match)

    async def reschedule(  # what to move, and whereto
        self,
        draft_code: str,
        activity_id: UUID,
        planned_on: date,
        metadata: Metadata,
        *,
        precision: Precision = Precision.DAY,
        reason: str | None = None,
        if_match: int | None = None,
    ) -> Handled:
        command = plans.Reschedule(
            activity_id=activity_id,
            planned_on=planned_on,
            precision=precision,
            reason=reason,
            today=day_in_vietnam(metadata.time),
        )
        return await self._on_plan(draft_code, command, metadata, if_match)

    async def cancel(
        self,
        draft_code: str,
        activity_id: UUID,
        reason: str | None,
        metadata: Metadata,
        if_match: int | None = None,
    ) -> Handled:
        command = plans.Cancel(activity_id=activity_id, reason=reason)
        return await self._on_plan(draft_code, command, metadata, if_match)

    async def enter(
        self,
        kind: ProgrammeKind,
        said: ProgrammeEntry,
        metadata: Metadata,
        of_entry: UUID | None = None,
        if_match: int | None = None,
    ) -> Handled:
        """Enter something into a unit's programme; a follow-up names what it follows, or has its title."""
        units = {said.unit_code, said.lead_unit_code, *said.coordinating_unit_codes} - {None}
        for unit_code in sorted(map(str, units)):
            await self.require_unit(unit_code)
        if said.draft_code is not None:
            await self.require_draft(said.draft_code)
        today = day_in_vietnam(metadata.time)
        command = programmes.Record(kind=kind, said=said, of_entry=of_entry, today=today)
        ref = programme_ref(said.unit_code, said.year)
        about = About(draft_code=said.draft_code, unit_code=said.unit_code, dataset=said.dataset)
        stamped = replace(metadata, about=about)
        return await self._handle(programmes.programme, ref, command, stamped, if_match)

    async def end_plan(self, event: Recorded, ended: DraftEnd, now: datetime) -> None:
        """Cancel what was planned for later than the end of the draft; the same event twice changes nothing."""
        command = plans.EndWithDraft(ended_on=ended.on, reason=_why_ended(ended))
        ref = AggregateRef("plan", event.ref.id)
        planned = (await self.store.load(ref)).state(plans.plan).activities
        if planned:
            draft = await self.require_draft(next(iter(planned.values())).planned.draft_code)
            stamped = _on(draft, following(event, now, ACTOR))
            await self._handle(plans.plan, ref, command, stamped, None)

    async def require_draft(self, draft_code: str) -> KnownDraft:
        """Refuse, for now, what names a draft that the log has not told us of yet."""
        if (draft := await self.known.draft(draft_code)) is None:
            raise DraftNotYetKnown(draft_code)
        return draft

    async def require_unit(self, unit_code: str) -> None:
        if not await self.known.unit(unit_code):
            raise UnitNotYetKnown(unit_code)

    async def require_lead(self, draft_code: str, unit_code: str | None) -> None:
        """Refuse a unit's official who speaks for another unit's draft."""
        draft = await self.require_draft(draft_code)
        if draft.lead_on(date.today()) != unit_code:
            raise NotYourDraft(draft_code, draft.lead_unit_code)

    async def require_own(self, unit_code: str, year: int, by: str | None, of_entry: UUID | None) -> None:
        """Refuse who writes into another unit's programme, but to follow up what is led by the writer's unit."""
        if by == unit_code:
            return
        found, _ = await self.programme(unit_code, year)
        followed = found.entries.get(of_entry) if of_entry else None
        if followed is None or by is None or followed.lead_unit_code != by:
            raise NotYourProgramme(unit_code)

    async def programme(self, unit_code: str, year: int) -> tuple[programmes.Programme, History]:
        """Read a unit's programme from the log; one in which nothing was entered is empty."""
        history = await self.store.load(programme_ref(unit_code, year))
        return history.state(programmes.programme), history

    async def communication(self, communication_id: UUID) -> tuple[communications.Communication, History]:
        """Read a communication from the log, as new as it can be."""
        history = await self.store.load(communication_ref(communication_id))
        state = history.state(communications.communication)
        if isinstance(state, communications.Absent):
            raise CommunicationNotFound
        return state, history

    async def plan(self, draft_code: str) -> tuple[plans.Plan, History]:
        """Read the plan of a draft from the log; a draft without one has an empty one."""
        await self.require_draft(draft_code)
        history = await self.store.load(plan_ref(draft_code))
        return history.state(plans.plan), history

    async def _require_activity(self, activity: communications.Activity) -> None:
        """Refuse a communication that claims to carry out what was never planned."""
        if activity.activity_id is None:
            return
        history = await self.store.load(plan_ref(activity.draft_code))
        if activity.activity_id not in history.state(plans.plan).activities:
            raise ActivityNotFound

    async def _on_communication(
        self,
        communication_id: UUID,
        command: communications.Command,
        metadata: Metadata,
        if_match: int | None = None,
    ) -> Handled:
        ref = communication_ref(communication_id)
        return await self._handle(communications.communication, ref, command, metadata, if_match)

    async def _on_plan(
        self, draft_code: str, command: plans.Command, metadata: Metadata, if_match: int | None
    ) -> Handled:
        stamped = _on(await self.require_draft(draft_code), metadata)
        return await self._handle(plans.plan, plan_ref(draft_code), command, stamped, if_match)

    async def _handle(
        self,
        decider: Decider[Any, C, Any],
        ref: AggregateRef,
        command: C,
        metadata: Metadata,
        if_match: int | None,
    ) -> Handled:
        return await handle(
            self.store, decider, ref, command, metadata, if_match=if_match, new_id=self.new_id
        )


def _on(draft: KnownDraft, metadata: Metadata) -> Metadata:
    """Say in the envelope which draft it is about, and who leads it on the day of recording."""
    return replace(metadata, about=draft.about(day_in_vietnam(metadata.time)))


def _why_ended(ended: DraftEnd) -> str:
    if isinstance(ended, DraftWithdrawn):
        return f"Dự thảo được rút ngày {ended.on:%d/%m/%Y}."
    into = f" vào dự thảo {ended.into_draft_code}" if ended.into_draft_code else ""
    return f"Dự thảo được gộp{into} ngày {ended.on:%d/%m/%Y}."


def communication_ref(communication_id: UUID) -> AggregateRef:
    return AggregateRef("communication", communication_id)


def plan_ref(draft_code: str) -> AggregateRef:
    """Name the plan of a draft: it bears the draft's id."""
    return AggregateRef("plan", draft_id(draft_code))


def programme_ref(unit_code: str, year: int) -> AggregateRef:
    return AggregateRef("programme", programme_id(unit_code, year))

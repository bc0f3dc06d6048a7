"""What can be done to communications, plans and programmes: look up what they name, load, decide, append."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from services.campaigns.application.queries import DraftDirectory
from services.campaigns.application.reports import check_published
from services.campaigns.domain import communication as communications
from services.campaigns.domain import communication_commands as asked
from services.campaigns.domain import plan as plans
from services.campaigns.domain import programme as programmes
from services.campaigns.domain.draft import DraftSummary, Given
from services.campaigns.domain.errors import (
    ActivityNotFound,
    CommunicationNotFound,
    DraftNotYetRegistered,
    UnitNotYetRegistered,
)
from shared.contracts.envelope import AggregateRef, Metadata, Recorded, following
from shared.contracts.event import SUPERVISION, About, Acting, Decider, draft_id, programme_id
from shared.contracts.metrics import ComplianceReportPublished
from shared.contracts.registry import DraftMerged, DraftWithdrawn
from shared.contracts.vocabulary import Dataset, UnitLevel
from shared.directory.folds import UnitsOn
from shared.eventstore.handle import (
    BulkStore,
    EventStore,
    Handled,
    History,
    OverlayEventStore,
    handle,
    handle_prepared,
)
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import NewId
from shared.rules.programme.kinds import Writer

S = TypeVar("S")
C = TypeVar("C")
ACTOR = "service/campaigns"
DraftEnd = DraftWithdrawn | DraftMerged
LEVELS: Mapping[UnitLevel, int] = {
    UnitLevel.CENTRAL: 0,
    UnitLevel.PROVINCIAL: 1,
    UnitLevel.DISTRICT: 2,
    UnitLevel.DISTRICT_LEGACY: 2,
    UnitLevel.COMMUNE: 3,
}

OnCommunication = Callable[
    [Given], asked.Correct | asked.Retract | asked.Confirm | asked.RefuseVerification | asked.Addition
]
OnPlan = Callable[[Given], plans.Command]


@dataclass(frozen=True, slots=True)
class Commands:
    """`once`: the commands are rows of files, which may be imported again after what they say has changed (`handle`)."""

    store: EventStore
    directory: DraftDirectory
    new_id: NewId
    once: bool = False

    def rehearsed(self, store: BulkStore) -> "Commands":
        """Give commands that decide alike on the log of `store`, and write nothing."""
        return replace(self, store=OverlayEventStore(store))

    async def record(
        self, draft_code: str, record: Callable[[Given], asked.Record], by: Acting, metadata: Metadata
    ) -> Handled[communications.State]:
        draft = await self.require_draft(draft_code)
        command = record(_given(draft, by, metadata))
        command = replace(command, dataset=draft.dataset_of(command.dataset))
        await self._require_activity(draft_code, command.activity_id)
        await self._require_performing(communications.entered(command).unit_code)
        ref = communication_ref(command.communication_id)
        return await self._handle(communications.communication, ref, command, _on(draft, metadata))

    async def on_communication(
        self,
        communication_id: UUID,
        make: OnCommunication,
        by: Acting,
        metadata: Metadata,
        if_match: int | None = None,
    ) -> Handled[communications.State]:
        """Correct, retract, verify, attach or summarise; which draft it is about stands in the communication."""

        async def prepare(history: History) -> tuple[asked.Command, Metadata]:
            state = history.state(communications.communication)
            if isinstance(state, communications.Absent):
                raise CommunicationNotFound
            draft = await self.require_draft(state.recorded.draft_code)
            command = make(_given(draft, by, metadata))
            if isinstance(command, asked.Correct):
                await self._require_activity(draft.draft_code, command.activity_id)
                await self._require_performing(command.unit_code)
            return command, _on(draft, metadata)

        ref = communication_ref(communication_id)
        return await handle_prepared(
            self.store,
            communications.communication,
            ref,
            prepare,
            metadata,
            if_match=if_match,
            new_id=self.new_id,
            once=self.once,
        )

    async def on_plan(
        self, draft_code: str, make: OnPlan, by: Acting, metadata: Metadata, if_match: int | None = None
    ) -> Handled[plans.Plan]:
        draft = await self.require_draft(draft_code)
        command = make(_given(draft, by, metadata))
        if isinstance(command, plans.PlanActivity | plans.Approve):
            command = replace(command, dataset=draft.dataset_of(command.dataset))
        if isinstance(command, plans.PlanActivity) and command.responsible_unit_code is not None:
            await self.require_unit(command.responsible_unit_code)
        ref, stamped = plan_ref(draft_code), _on(draft, metadata)
        return await self._handle(plans.plan, ref, command, stamped, if_match)

    async def enter(
        self, command: programmes.Record, metadata: Metadata, if_match: int | None = None
    ) -> Handled[programmes.Programme]:
        """Add an entry to a unit's programme; all that it names must be registered.

        It is of the data set of its draft, else of its unit, and what follows an entry of that entry's. In training it is an
        exercise.
        """
        units = {command.unit_code, command.lead_unit_code, *command.coordinating_unit_codes} - {None}
        datasets = {unit_code: await self.require_unit(unit_code) for unit_code in sorted(map(str, units))}
        stated = Dataset.EXERCISE if metadata.training else command.dataset
        if command.draft_code is not None:
            draft = await self.require_draft(command.draft_code)
            command = replace(command, dataset=draft.dataset_of(stated))
        else:
            of_unit = datasets[command.unit_code] if stated is Dataset.LIVE else stated
            command = replace(command, dataset=of_unit)
        command = await self._placed(command)
        if command.report_id is not None:
            check_published(await self._published(command.report_id), command)
        ref = programme_ref(command.unit_code, command.year)

        async def prepared(history: History) -> tuple[programmes.Record, Metadata]:
            alike = programmes.of_dataset(history.state(programmes.programme), command)
            about = About(draft_code=alike.draft_code, unit_code=alike.unit_code, dataset=alike.dataset)
            return alike, replace(metadata, about=about)

        return await handle_prepared(
            self.store,
            programmes.programme,
            ref,
            prepared,
            metadata,
            if_match=if_match,
            new_id=self.new_id,
            once=self.once,
        )

    async def _handle(
        self,
        decider: Decider[S, C, Any],
        ref: AggregateRef,
        command: C,
        metadata: Metadata,
        if_match: int | None = None,
    ) -> Handled[S]:
        return await handle(
            self.store,
            decider,
            ref,
            command,
            metadata,
            if_match=if_match,
            new_id=self.new_id,
            once=self.once,
        )

    async def _published(self, report_id: UUID) -> ComplianceReportPublished | None:
        """Read from the log what was published under an id."""
        facts = (await self.store.load(AggregateRef("compliance", report_id))).facts
        return next((fact for fact in facts if isinstance(fact, ComplianceReportPublished)), None)

    async def check_writer(self, programme: programmes.Programme, command: programmes.Record) -> None:
        """Refuse now who could not enter it, before its fields are filled in."""
        programmes.check_writer(programme, await self._placed(command))

    async def _placed(self, command: programmes.Record) -> programmes.Record:
        """Add what the tree of units says of those that a command names, where its kind depends on it."""
        day = command.happened_on or command.today
        command = replace(command, strangers=await self._strangers(command))
        if command.kind in programmes.INSPECTS and command.lead_unit_code is not None:
            units = await self.directory.units_above({command.unit_code, command.lead_unit_code}, day)
            return replace(command, higher=higher_units(command.unit_code, command.lead_unit_code, units))
        if command.spec.writer in {Writer.ASKED, Writer.ABOVE} and not command.by.may_act_for(
            command.unit_code
        ):
            units = await self.directory.units_above({command.unit_code}, day)
            followers = await self.directory.followers(command.unit_code, day)
            return replace(command, above=frozenset(units.above(command.unit_code)) | followers)
        return command

    async def _strangers(self, command: programmes.Record) -> frozenset[str]:
        """Give the named units that the unit of the programme may not oblige today; an operator's word needs no area."""
        named = frozenset(filter(None, (command.lead_unit_code, *command.coordinating_unit_codes)))
        named -= {command.unit_code}
        if command.by.supervises or command.kind not in programmes.OBLIGES or not named:
            return frozenset()
        units = await self.directory.units_above(named, command.today)
        left = {code for code in named if command.unit_code not in units.above(code)}
        return frozenset(left - await self.directory.area(command.unit_code, command.today) if left else ())

    async def end_plan(self, event: Recorded, ended: DraftEnd, now: datetime) -> None:
        """Cancel what was planned for later than the end of the draft; the same event twice changes nothing."""
        ref = AggregateRef("plan", event.ref.id)
        planned = (await self.store.load(ref)).state(plans.plan).activities
        if planned:
            code = next(iter(planned.values())).planned.draft_code
            why = _why_ended(ended)
            await self.on_plan(
                code,
                lambda given: plans.EndWithDraft(ended_on=ended.on, reason=why, **given),
                SUPERVISION,
                following(event, now, ACTOR),
            )

    async def require_draft(self, draft_code: str) -> DraftSummary:
        """Refuse, for now, a draft whose registration is not projected yet."""
        if (draft := await self.directory.draft(draft_code)) is None:
            raise DraftNotYetRegistered(draft_code)
        return draft

    async def require_unit(self, unit_code: str) -> Dataset:
        """Give the data set of a unit; raises `UnitNotYetRegistered`."""
        if (dataset := await self.directory.unit(unit_code)) is None:
            raise UnitNotYetRegistered(unit_code)
        return dataset

    async def programme(self, unit_code: str, year: int) -> tuple[programmes.Programme, History]:
        """Read a unit's programme from the log; a programme without entries is empty."""
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

    async def _require_performing(self, unit_code: str | None) -> None:
        """Refuse, for now, a performing unit that is not registered."""
        if unit_code is not None:
            await self.require_unit(unit_code)

    async def _require_activity(self, draft_code: str, activity_id: UUID | None) -> None:
        """Refuse a communication whose activity was never planned.

        The read model is queried first; the plan is loaded only if the activity is not projected (yet).
        """
        if activity_id is None or await self.directory.planned(draft_code, activity_id):
            return
        history = await self.store.load(plan_ref(draft_code))
        if activity_id not in history.state(plans.plan).activities:
            raise ActivityNotFound


def higher_units(unit_code: str, other: str, units: UnitsOn) -> frozenset[str]:
    """Give `other` if it stands above a unit: in the tree, or by its level."""
    own, its = units.level(unit_code), units.level(other)
    by_level = own is not None and its is not None and LEVELS[its] < LEVELS[own]
    return frozenset({other}) if by_level or other in units.above(unit_code) else frozenset()


def _given(draft: DraftSummary, by: Acting, metadata: Metadata) -> Given:
    return Given(by=by, today=day_in_vietnam(metadata.time), draft=draft)


def _on(draft: DraftSummary, metadata: Metadata) -> Metadata:
    """Add to the envelope which draft it is about, and who leads it on the day of recording."""
    return replace(metadata, about=draft.about(day_in_vietnam(metadata.time)))


def _why_ended(ended: DraftEnd) -> str:
    if isinstance(ended, DraftWithdrawn):
        return f"Dự thảo được rút ngày {ended.on:%d/%m/%Y}."
    into = f" vào dự thảo {ended.into_draft_code}" if ended.into_draft_code else ""
    return f"Dự thảo được gộp{into} ngày {ended.on:%d/%m/%Y}."


def communication_ref(communication_id: UUID) -> AggregateRef:
    return AggregateRef("communication", communication_id)


def plan_ref(draft_code: str) -> AggregateRef:
    """Return the reference of a draft's plan: its id is that of the draft."""
    return AggregateRef("plan", draft_id(draft_code))


def programme_ref(unit_code: str, year: int) -> AggregateRef:
    return AggregateRef("programme", programme_id(unit_code, year))

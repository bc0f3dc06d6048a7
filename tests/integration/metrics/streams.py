"""Random streams of events about a few drafts, as any order of recording may bring them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from shared.contracts.campaigns import (
    CommunicationCorrected,
    CommunicationFeedbackSummarised,
    CommunicationRecorded,
    CommunicationRetracted,
    CommunicationRoleConfirmed,
    CommunicationVerified,
)
from shared.contracts.envelope import AggregateRef, Metadata, Recorded
from shared.contracts.event import Event, draft_id, exemption_id
from shared.contracts.registry import (
    DraftAmended,
    DraftCommunicationExempted,
    DraftExemptionCancelled,
    DraftPolicyAdded,
    DraftPolicyRemoved,
    DraftRegistered,
    DraftResumed,
    DraftRetitled,
    DraftScopeAssessed,
    DraftStageCancelled,
    DraftStageCorrected,
    DraftStageEntered,
    DraftSuspended,
    DraftTransferred,
    DraftWithdrawn,
)
from shared.contracts.vocabulary import (
    Answer,
    Channel,
    CommunicationRole,
    Instrument,
    Precision,
    Regime,
    Stage,
)

UNITS = ("BTP", "BTC", "TINH-22", "XA-A")
EXEMPTION = exemption_id([Stage.APPRAISAL], "Công văn 1", None, None)
FIRST = date(2024, 1, 1)
DAYS = 150
STAGES = (
    Stage.POLICY_CONSULTATION,
    Stage.DRAFTING,
    Stage.DRAFT_CONSULTATION,
    Stage.APPRAISAL,
    Stage.DELIBERATION,
    Stage.SOCIAL_CRITICISM,
    Stage.ADOPTED,
)
CHANNELS = (Channel.CONFERENCE, Channel.WRITTEN_REQUEST, Channel.PORTAL_POSTING)


@dataclass
class Draft:
    code: str
    entries: list[tuple[UUID, Stage, date]] = field(default_factory=list)
    communications: list[UUID] = field(default_factory=list)

    @property
    def draft_id(self) -> UUID:
        return draft_id(self.code)


class Stream:
    """Events of some drafts in the order of the log, made from a seed; communications are the most of them."""

    def __init__(self, seed: int, drafts: int = 3) -> None:
        self._random = Random(seed)
        self._position = 0
        self.drafts = [Draft(f"DONG-{seed}-{number}") for number in range(drafts)]

    def registrations(self) -> Iterator[Recorded]:
        for draft in self.drafts:
            regime, instrument = self._random.choice(
                [(Regime.LAW_2015, Instrument.LAW), (Regime.LAW_2025, Instrument.PROVINCIAL_RESOLUTION)]
            )
            yield self._recorded(
                draft,
                DraftRegistered(
                    draft_id=draft.draft_id,
                    draft_code=draft.code,
                    title="Dự thảo",
                    instrument=instrument,
                    lead_unit_code="BTP",
                    regime=regime,
                ),
            )
            yield self._recorded(draft, DraftScopeAssessed(in_scope=Answer.YES))
            yield self._entered(draft, Stage.DRAFT_CONSULTATION)

    def events(self, number: int) -> Iterator[Recorded]:
        made = 0
        while made < number:
            event = self._next(self._random.choice(self.drafts))
            if event is not None:
                made += 1
                yield event

    def _next(self, draft: Draft) -> Recorded | None:
        kinds: list[tuple[int, Callable[[Draft], Event | Recorded | None]]] = [
            (40, self._communicated),
            (8, self._corrected),
            (5, self._retracted),
            (5, self._verified),
            (5, self._confirmed),
            (2, self._summarised),
            (8, lambda of: self._entered(of, self._random.choice(STAGES))),
            (5, self._stage_corrected),
            (2, self._stage_cancelled),
            (4, lambda _: DraftPolicyAdded(policy_no=self._number(), title="Chính sách")),
            (2, lambda _: DraftPolicyRemoved(policy_no=self._number())),
            (4, lambda _: DraftTransferred(to_unit_code=self._unit(), on=self._day())),
            (1, lambda of: self._entry(of, DraftSuspended(on=self._day()), Stage.SUSPENDED)),
            (
                1,
                lambda of: self._entry(
                    of, DraftResumed(on=self._day(), stage=Stage.APPRAISAL), Stage.APPRAISAL
                ),
            ),
            (1, lambda of: self._entry(of, DraftWithdrawn(on=FIRST + timedelta(days=DAYS)), Stage.WITHDRAWN)),
            (1, lambda _: DraftCommunicationExempted(stages=(Stage.APPRAISAL,), document="Công văn 1")),
            (1, lambda _: DraftExemptionCancelled(exemption_id=EXEMPTION, reason="Ghi nhầm")),
            (2, lambda _: DraftScopeAssessed(in_scope=self._random.choice(list(Answer)))),
            (1, lambda _: DraftRetitled(title=f"Dự thảo {self._position}")),
            (1, lambda _: DraftAmended(regime=Regime.LAW_2025, reason="Ghi nhầm")),
        ]
        make = self._random.choices([kind for _, kind in kinds], [weight for weight, _ in kinds])[0]
        made = make(draft)
        return self._recorded(draft, made) if isinstance(made, Event) else made

    def _recorded(self, draft: Draft, data: Event) -> Recorded:
        self._position += 1
        of = getattr(data, "communication_id", None) or draft.draft_id
        return Recorded(
            position=self._position,
            ref=AggregateRef(data.context, of),
            aggregate_version=self._position,
            event_id=UUID(int=self._position),
            data=data,
            metadata=Metadata(
                time=datetime(2024, 7, 1, tzinfo=UTC), actor="operator/test", correlation_id="dòng"
            ),
            type=type(data).type_name(),
        )

    def _entered(self, draft: Draft, stage: Stage) -> Recorded:
        precision = self._random.choices(list(Precision), [7, 2, 1])[0]
        event = DraftStageEntered(stage=stage, entered_on=self._day(precision), precision=precision)
        return self._entry(draft, event, stage)

    def _entry(self, draft: Draft, event: Event, stage: Stage) -> Recorded:
        recorded = self._recorded(draft, event)
        day = getattr(event, "entered_on", None) or event.on  # type: ignore[attr-defined]  # one of them is there
        draft.entries.append((recorded.event_id, stage, day))
        return recorded

    def _stage_corrected(self, draft: Draft) -> Event:
        entry_id, stage, day = self._random.choice(draft.entries)
        return DraftStageCorrected(
            entry_id=entry_id, was_stage=stage, was_entered_on=day, stage=stage, entered_on=self._day()
        )

    def _stage_cancelled(self, draft: Draft) -> Event:
        """Cancel an entry, at times for the second time."""
        entry_id, stage, day = self._random.choice(draft.entries)
        return DraftStageCancelled(entry_id=entry_id, stage=stage, entered_on=day, reason="Ghi nhầm")

    def _communicated(self, draft: Draft) -> Event:
        number = UUID(int=self._random.getrandbits(120))
        draft.communications.append(number)
        return CommunicationRecorded.model_validate(self._activity(draft, number))

    def _corrected(self, draft: Draft) -> Event | None:
        number = self._any(draft)
        return CommunicationCorrected.model_validate(self._activity(draft, number)) if number else None

    def _retracted(self, draft: Draft) -> Event | None:
        if not (number := self._any(draft)):
            return None
        draft.communications.remove(number)
        return CommunicationRetracted(**self._of(draft, number))

    def _verified(self, draft: Draft) -> Event | None:
        number = self._any(draft)
        return CommunicationVerified(**self._of(draft, number), verified_on=self._day()) if number else None

    def _confirmed(self, draft: Draft) -> Event | None:
        number = self._any(draft)
        role = CommunicationRole.COORDINATING
        return CommunicationRoleConfirmed(**self._of(draft, number), role=role) if number else None

    def _summarised(self, draft: Draft) -> Event | None:
        number = self._any(draft)
        return CommunicationFeedbackSummarised(**self._of(draft, number), received=3) if number else None

    def _activity(self, draft: Draft, number: UUID) -> dict[str, Any]:
        precision = self._random.choices(list(Precision), [7, 2, 1])[0]
        policies = self._random.choice([(), (), (0,), (1,), (2, 3), (0, 1)])
        return self._of(draft, number) | {
            "held_on": self._day(precision),
            "precision": precision,
            "channel": self._random.choice(CHANNELS),
            "title": "Hội nghị",
            "policies": policies,
            "role": self._random.choice([None, None, *CommunicationRole]),
            "unit_code": self._random.choice([None, None, *UNITS]),
        }

    def _of(self, draft: Draft, number: UUID) -> dict[str, Any]:
        return {"communication_id": number, "draft_id": draft.draft_id, "draft_code": draft.code}

    def _any(self, draft: Draft) -> UUID | None:
        return self._random.choice(draft.communications) if draft.communications else None

    def _number(self) -> int:
        return self._random.randint(1, 3)

    def _unit(self) -> str:
        return self._random.choice(UNITS)

    def _day(self, precision: Precision = Precision.DAY) -> date:
        day = FIRST + timedelta(days=self._random.randrange(DAYS))
        if precision is Precision.DAY:
            return day
        return day.replace(day=1) if precision is Precision.MONTH else date(day.year, 1, 1)

"""What is known of one draft whoever asks: title, lead and stage by day, policies; folded from `draft.*` events."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from shared.contracts.envelope import Recorded
from shared.contracts.registry import (
    DraftAmended,
    DraftMerged,
    DraftPolicyAdded,
    DraftPolicyAmended,
    DraftPolicyRemoved,
    DraftProcedureDecided,
    DraftRegistered,
    DraftResumed,
    DraftRetitled,
    DraftStageCorrected,
    DraftStageEntered,
    DraftSuspended,
    DraftTransferred,
    DraftWithdrawn,
)
from shared.contracts.vocabulary import Dataset, Instrument, Procedure, Regime, Stage
from shared.rules.facts import DraftFacts, StageEntry, Transfer
from shared.rules.piecewise import lead_units, unit_on
from shared.rules.rulebook.rulebook import Rulebook
from shared.rules.sequence import StagePeriod, stage_on, stage_periods

Policies = tuple[tuple[int, str], ...]  # number and title, by number

STAGE_OF: Mapping[type, Stage] = {
    DraftSuspended: Stage.SUSPENDED,
    DraftWithdrawn: Stage.WITHDRAWN,
    DraftMerged: Stage.MERGED,
}
AMENDABLE = tuple(name for name in DraftAmended.model_fields if name not in {"cleared", "reason"})
ENTRIES = (DraftStageEntered, DraftResumed, *STAGE_OF)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCard:
    """The draft as registered, with what changed since; `lead_unit_code` led before the first transfer."""

    draft_id: UUID
    draft_code: str
    title: str
    instrument: Instrument
    regime: Regime
    procedure: Procedure
    lead_unit_code: str
    dataset: Dataset
    policies: Policies = ()
    entries: tuple[StageEntry, ...] = ()
    transfers: tuple[Transfer, ...] = ()

    @property
    def facts(self) -> DraftFacts:
        return DraftFacts(
            draft_id=self.draft_id,
            instrument=self.instrument,
            regime=self.regime,
            procedure=self.procedure,
            lead_unit_code=self.lead_unit_code,
            policies=frozenset(number for number, _ in self.policies),
            entries=self.entries,
            transfers=self.transfers,
        )

    def lead_on(self, day: date) -> str:
        return unit_on(lead_units(self.facts), day)

    def stage_on(self, day: date, rulebook: Rulebook) -> StagePeriod | None:
        return stage_on(stage_periods(self.facts, rulebook), day)


Card = TypeVar("Card", bound=DraftCard)


def card_of(data: DraftRegistered) -> DraftCard:
    return DraftCard(**registered(data))


def registered(data: DraftRegistered) -> dict[str, Any]:
    """Give the fields of a card that a registration names."""
    return {
        "draft_id": data.draft_id,
        "draft_code": data.draft_code,
        "title": data.title,
        "instrument": data.instrument,
        "regime": data.regime,
        "procedure": data.procedure,
        "lead_unit_code": data.lead_unit_code,
        "dataset": data.dataset,
    }


def amended(amendment: Any) -> dict[str, Any]:
    """Give the fields that an amendment (the event, or what has its fields) changes, with their new values."""
    given = {name: getattr(amendment, name) for name in AMENDABLE if getattr(amendment, name) is not None}
    return given | {str(name): None for name in amendment.cleared}


def evolve(card: Card, event: Recorded) -> Card:
    """Fold one event after the registration."""
    fold = FOLDS.get(type(event.data))
    return replace(card, **fold(card, event, event.data)) if fold else card


def entry_of(event: Recorded) -> StageEntry:
    """Give the stage entry that an event of `ENTRIES` records."""
    data: Any = event.data
    return StageEntry(
        entry_id=event.event_id,
        stage=STAGE_OF.get(type(data)) or data.stage,
        entered_on=data.entered_on if isinstance(data, DraftStageEntered) else data.on,
        precision=data.precision,
        resumed=isinstance(data, DraftResumed),
        late=getattr(data, "late", False),
    )


def corrected(entry: StageEntry, data: DraftStageCorrected) -> StageEntry:
    """Give an entry as a correction of it has it."""
    return replace(entry, stage=data.stage, entered_on=data.entered_on, precision=data.precision)


def policies_of(events: Iterable[Any]) -> Policies:
    """Fold the policies alone."""
    policies: Policies = ()
    for data in events:
        if isinstance(data, DraftPolicyAdded | DraftPolicyAmended | DraftPolicyRemoved):
            policies = _policies(policies, data)
    return policies


def _policies(
    policies: Policies, data: DraftPolicyAdded | DraftPolicyAmended | DraftPolicyRemoved
) -> Policies:
    titles = dict(policies)
    if isinstance(data, DraftPolicyRemoved):
        titles.pop(data.policy_no, None)
    else:
        titles[data.policy_no] = data.title
    return tuple(sorted(titles.items()))


Changes = Mapping[str, Any]


def _policy(card: DraftCard, _event: Recorded, data: Any) -> Changes:
    return {"policies": _policies(card.policies, data)}


def _entry(card: DraftCard, event: Recorded, _data: Any) -> Changes:
    return {"entries": (*card.entries, entry_of(event))}


def _corrected(card: DraftCard, _event: Recorded, data: DraftStageCorrected) -> Changes:
    entries = (corrected(entry, data) if entry.entry_id == data.entry_id else entry for entry in card.entries)
    return {"entries": tuple(entries)}


def _transferred(card: DraftCard, _event: Recorded, data: DraftTransferred) -> Changes:
    transfer = Transfer(on=data.on, unit_code=data.to_unit_code, document=data.document)
    return {"transfers": (*card.transfers, transfer)}


def _amended(_card: DraftCard, _event: Recorded, data: DraftAmended) -> Changes:
    """Take what a card holds of it: the instrument and the regime, by which the draft is judged."""
    return {name: value for name, value in amended(data).items() if name in DraftCard.__dataclass_fields__}


FOLDS: Mapping[type, Callable[[DraftCard, Recorded, Any], Changes]] = {
    DraftAmended: _amended,
    DraftRetitled: lambda _card, _event, data: {"title": data.title},
    DraftProcedureDecided: lambda _card, _event, data: {"procedure": data.procedure},
    DraftPolicyAdded: _policy,
    DraftPolicyAmended: _policy,
    DraftPolicyRemoved: _policy,
    **dict.fromkeys(ENTRIES, _entry),
    DraftStageCorrected: _corrected,
    DraftTransferred: _transferred,
}

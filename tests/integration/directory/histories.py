"""Random histories of units and drafts, in a random order of recording: what was drawn, and the events of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from shared.contracts.envelope import AggregateRef, Metadata, NewEvent
from shared.contracts.event import Event, draft_id, unit_id
from shared.contracts.registry import (
    DraftMerged,
    DraftPolicyAdded,
    DraftPolicyAmended,
    DraftPolicyRemoved,
    DraftProcedureDecided,
    DraftRegistered,
    DraftResumed,
    DraftRetitled,
    DraftStageCancelled,
    DraftStageCorrected,
    DraftStageEntered,
    DraftSuspended,
    DraftTransferred,
    DraftWithdrawn,
    UnitChangeCancelled,
    UnitDissolved,
    UnitMoved,
    UnitRegistered,
    UnitRenamed,
    UnitSucceeded,
    UnitSupervisionSet,
)
from shared.contracts.vocabulary import (
    Instrument,
    Precision,
    Procedure,
    Regime,
    Stage,
    SuccessionKind,
    SupervisionKind,
    UnitChange,
    UnitKind,
    UnitLevel,
)
from shared.directory.folds import CANCELLABLE
from shared.kernel.runtime import new_id

META = Metadata(time=datetime(2026, 7, 1, tzinfo=UTC), actor="operator/test", correlation_id="test")
UNITS = 3
DAYS = (*(date(2024, 1, day) for day in range(1, 6)), date(2025, 7, 1), date(2031, 1, 1))

Step = tuple[str, Any]

few_examples = settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
"""Of tests that run all services for each history that was drawn."""

_days = st.sampled_from(DAYS)
_numbers = st.integers(0, UNITS - 1)
_policies = st.integers(1, 3)
_words = st.sampled_from("ABCDE")
# Few stages on few days: the same day and the same stage come again and again.
_stages = st.sampled_from(
    [Stage.DRAFTING, Stage.DRAFT_CONSULTATION, Stage.APPRAISAL, Stage.SOCIAL_CRITICISM, Stage.ADOPTED]
)
_precisions = st.sampled_from([Precision.DAY, Precision.DAY, Precision.MONTH])

unit_steps = st.one_of(
    st.tuples(st.just("rename"), st.tuples(_numbers, _words, _days)),
    st.tuples(st.just("move"), st.tuples(_numbers, _numbers, _days)),
    st.tuples(st.just("succeed"), st.tuples(_numbers, _numbers, _days)),
    st.tuples(
        st.just("supervise"),
        st.tuples(_numbers, _numbers | st.none(), st.sampled_from(SupervisionKind), _days),
    ),
    st.tuples(st.just("dissolve"), st.tuples(_numbers, _days)),
    st.tuples(st.just("cancel"), st.integers(0, 9)),
)
draft_steps = st.one_of(
    st.tuples(st.just("enter"), st.tuples(_stages, _days, _precisions)),
    st.tuples(st.just("suspend"), _days),
    st.tuples(st.just("resume"), st.tuples(_stages, _days)),
    st.tuples(st.just("withdraw"), _days),
    st.tuples(st.just("merge"), _days),
    st.tuples(st.just("correct"), st.tuples(st.integers(0, 9), _stages, _days)),
    st.tuples(st.just("cancel"), st.integers(0, 9)),
    st.tuples(st.just("transfer"), st.tuples(_numbers, _days)),
    st.tuples(st.just("retitle"), _words),
    st.tuples(st.just("add"), st.tuples(_policies, _words)),
    st.tuples(st.just("amend"), st.tuples(_policies, _words)),
    st.tuples(st.just("remove"), _policies),
    st.tuples(st.just("decide"), st.sampled_from(Procedure)),
)
steps = st.lists(
    st.tuples(st.just("unit"), unit_steps) | st.tuples(st.just("draft"), draft_steps), max_size=25
)


@dataclass(slots=True)
class History:
    """Turns steps into events about units `CODE-0`, `CODE-1`, … and the draft `CODE`."""

    code: str
    regime: Regime = Regime.LAW_2025
    entries: list[UUID] = field(default_factory=list)
    changes: list[tuple[UUID, Any]] = field(default_factory=list)

    def unit(self, number: int) -> str:
        return f"{self.code}-{number}"

    @property
    def units(self) -> list[str]:
        return [self.unit(number) for number in range(UNITS)]

    def events(self, drawn: Sequence[tuple[str, Step]]) -> Iterator[tuple[AggregateRef, NewEvent]]:
        for number in range(UNITS):
            yield self._new(self._registered(number))
        yield self._new(self._draft())
        for kind, (name, given) in drawn:
            data = self._of_unit(name, given) if kind == "unit" else self._of_draft(name, given)
            ref, event = self._new(data)
            if isinstance(
                data, DraftStageEntered | DraftSuspended | DraftResumed | DraftWithdrawn | DraftMerged
            ):
                self.entries.append(event.event_id)
            if type(data) in CANCELLABLE:
                self.changes.append((event.event_id, data))
            yield ref, event

    def _new(self, data: Event) -> tuple[AggregateRef, NewEvent]:
        of = draft_id(self.code) if data.context == "draft" else unit_id(data.unit_code)  # type: ignore[attr-defined]
        return AggregateRef(data.context, of), NewEvent(new_id(), data, META)

    def _registered(self, number: int) -> UnitRegistered:
        return UnitRegistered(
            unit_code=self.unit(number),
            unit_name=f"Đơn vị {number}",
            level=UnitLevel.CENTRAL,
            kind=UnitKind.MINISTRY,
            parent_code=self.unit(number - 1) if number else None,
        )

    def _draft(self) -> DraftRegistered:
        return DraftRegistered(
            draft_id=draft_id(self.code),
            draft_code=self.code,
            title="Luật",
            instrument=Instrument.LAW,
            lead_unit_code=self.unit(0),
            regime=self.regime,
        )

    def _cancellation(self, place: int) -> UnitChangeCancelled:
        """Cancel one of the changes so far, also for the second time, or one that nobody recorded."""
        number, change = self.changes[place % len(self.changes)] if self.changes else (new_id(), None)
        return UnitChangeCancelled(
            unit_code=change.unit_code if change else self.unit(0),
            change_id=number,
            change=CANCELLABLE[type(change)] if change else UnitChange.MOVED,
            changed_on=change.on if change else DAYS[0],
            reason="Ghi nhầm",
        )

    def _of_unit(self, name: str, given: Any) -> Event:
        if name == "cancel":
            return self._cancellation(given)
        code = self.unit(given[0])
        match name, given:
            case "rename", (_, word, on):
                return UnitRenamed(unit_code=code, unit_name=word, on=on)
            case "move", (_, parent, on):
                return UnitMoved(unit_code=code, parent_code=self.unit(parent), on=on)
            case "succeed", (_, to, on):
                return UnitSucceeded(unit_code=code, to_code=self.unit(to), kind=SuccessionKind.MERGE, on=on)
            case "supervise", (_, supervisor, kind, on):
                named = None if supervisor is None else self.unit(supervisor)
                return UnitSupervisionSet(unit_code=code, supervisor_code=named, kind=kind, on=on)
            case _:
                return UnitDissolved(unit_code=code, on=given[1])

    def _of_draft(self, name: str, given: Any) -> Event:  # noqa: C901, PLR0911, PLR0912  one line an event
        match name, given:
            case "enter", (stage, on, precision):
                on = on.replace(day=1) if precision is Precision.MONTH else on
                return DraftStageEntered(stage=stage, entered_on=on, precision=precision)
            case "suspend", on:
                return DraftSuspended(on=on)
            case "resume", (stage, on):
                return DraftResumed(stage=stage, on=on)
            case "withdraw", on:
                return DraftWithdrawn(on=on)
            case "merge", on:
                return DraftMerged(on=on)
            case "correct", (place, stage, on):
                return self._correction(place, stage, on)
            case "cancel", place:
                return DraftStageCancelled(
                    entry_id=self._entry(place), stage=Stage.DRAFTING, entered_on=DAYS[0], reason="Ghi nhầm"
                )
            case "transfer", (to, on):
                return DraftTransferred(to_unit_code=self.unit(to), on=on)
            case "add", (number, word):
                return DraftPolicyAdded(policy_no=number, title=word)
            case "amend", (number, word):
                return DraftPolicyAmended(policy_no=number, title=word)
            case "remove", number:
                return DraftPolicyRemoved(policy_no=number)
            case "decide", procedure:
                return DraftProcedureDecided(procedure=procedure, document="Công văn 1")
            case _:
                return DraftRetitled(title=given)

    def _correction(self, place: int, stage: Stage, on: date) -> DraftStageCorrected:
        return DraftStageCorrected(
            entry_id=self._entry(place), was_stage=stage, was_entered_on=on, stage=stage, entered_on=on
        )

    def _entry(self, place: int) -> UUID:
        """Name one of the entries so far, also one that was cancelled, or one that nobody recorded."""
        return self.entries[place % len(self.entries)] if self.entries else new_id()

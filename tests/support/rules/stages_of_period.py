"""Drafts counted by the stages of a period, by the words of the rule: what PostgreSQL sums up is held against it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from services.metrics.domain.draft_counts import CountedDraft, DraftNumbers, DraftsBy, Key
from services.metrics.domain.record import ExpectedStage
from shared.contracts.vocabulary import ENDS, Stage
from shared.rules.figures import Period, effective_day


@dataclass(frozen=True, slots=True)
class StagesOfPeriod:
    """The stages that a draft entered in a period, and those that it is to enter in it and has not entered by its last day."""

    draft: CountedDraft
    entered: frozenset[Stage]
    coming: tuple[ExpectedStage, ...]

    @property
    def stages(self) -> frozenset[Stage]:
        return self.entered | {each.stage for each in self.coming}

    @property
    def sessions(self) -> frozenset[str]:
        """The sessions that are to take these stages, or that were to take those that are entered."""
        named = (*self.coming, *(each for each in self.draft.fulfilled if each.stage in self.entered))
        return frozenset(each.session for each in named if each.session)

    def of(self, stage: Stage) -> "StagesOfPeriod":
        coming = tuple(each for each in self.coming if each.stage is stage)
        return StagesOfPeriod(self.draft, self.entered & {stage}, coming)


def stages_in(draft: CountedDraft, as_of: date, period: Period | None) -> StagesOfPeriod:
    """Say what a draft entered in a period until a day, and what it is to enter; without a period: ever.

    Expectations are those on record today, whatever the day. A draft that was withdrawn or merged expects nothing.
    """
    last = effective_day(period, as_of)
    first = period.from_day if period else date.min
    entered = frozenset(entry.stage for entry in draft.entries if first <= entry.entered_on <= last)
    before = frozenset(entry.stage for entry in draft.entries if entry.entered_on <= last)
    coming = tuple(
        each
        for each in (*draft.expected, *draft.fulfilled)
        if each.stage not in before
        and first <= each.expected_on
        and (period is None or each.expected_on <= period.to_day)
        and not before & ENDS
    )
    return StagesOfPeriod(draft, entered, coming)


def numbers(counted: Sequence[StagesOfPeriod]) -> DraftNumbers:
    return DraftNumbers(
        drafts=len(counted),
        entered=sum(bool(each.entered) for each in counted),
        expected=sum(bool(each.coming) for each in counted),
    )


def grouped(
    counted: Iterable[StagesOfPeriod], by: DraftsBy, unit_of: Callable[[CountedDraft], str]
) -> dict[Key, list[StagesOfPeriod]]:
    """Put drafts under their keys; by stage and session one may stand under several."""
    groups: dict[Key, list[StagesOfPeriod]] = {}
    for each in counted:
        for key, shown in _keys(each, by, unit_of):
            groups.setdefault(key, []).append(shown)
    return groups


def _keys(
    each: StagesOfPeriod, by: DraftsBy, unit_of: Callable[[CountedDraft], str]
) -> Iterable[tuple[Key, StagesOfPeriod]]:
    match by:
        case DraftsBy.NONE:
            return [(None, each)]
        case DraftsBy.STAGE:
            return [(stage.value, each.of(stage)) for stage in each.stages]
        case DraftsBy.SESSION:
            return [(session, each) for session in each.sessions or {None}]
        case DraftsBy.UNIT:
            return [(unit_of(each.draft), each)]
        case DraftsBy.HANDLING:
            return [(each.draft.handling, each)]
        case DraftsBy.INSTRUMENT:
            return [(each.draft.instrument, each)]

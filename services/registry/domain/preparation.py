"""What prepares or accompanies the course of a draft and changes no verdict: stages to come, opinions of a consultation."""

from collections.abc import Sequence
from typing import assert_never

from services.registry.domain import errors
from services.registry.domain.draft_commands import ExpectStage, PreparationCommand, SummariseOpinions
from services.registry.domain.draft_state import Draft
from shared.contracts.event import without_notes
from shared.contracts.registry import DraftOpinionsSummarised, DraftStageExpected
from shared.contracts.vocabulary import ENDS, Precision, Stage
from shared.rules.rulebook.rulebook import last_day
from shared.rules.sequence import NotFirstDay, check_recorded_day, is_first_day

NEVER_EXPECTED = ENDS | {Stage.SUSPENDED}


def decide(
    draft: Draft, command: PreparationCommand
) -> Sequence[DraftStageExpected | DraftOpinionsSummarised]:
    match command:
        case ExpectStage():
            return _expect(draft, command)
        case SummariseOpinions():
            return _summarise(draft, command)
        case _:
            assert_never(command)


def _expect(draft: Draft, command: ExpectStage) -> Sequence[DraftStageExpected]:
    """Record a day to come; the same one again changes nothing, also when it has passed meanwhile."""
    event = DraftStageExpected.of(command)
    present = next((each for each in draft.expected if each.stage is command.stage), None)
    if command.expected_on is None:
        return [event] if present else []
    before = [*draft.came, present] if command.of_file else [present]
    if any(each is not None and without_notes(each) == without_notes(event) for each in before):
        return []
    if command.stage in NEVER_EXPECTED:
        raise errors.StageNotExpected(command.stage)
    if not is_first_day(command.expected_on, command.precision):
        raise NotFirstDay(command.expected_on, command.precision)
    if last_day(command.expected_on, command.precision) < command.today and not command.of_file:
        raise errors.ExpectedDayPassed(command.stage, command.expected_on)
    return [event]


def _summarise(draft: Draft, command: SummariseOpinions) -> Sequence[DraftOpinionsSummarised]:
    event = DraftOpinionsSummarised.of(command)
    if any(without_notes(each) == without_notes(event) for each in draft.opinions):
        return []
    check_recorded_day(command.summarised_on, Precision.DAY, command.today)
    answered = (command.agree or 0) + (command.disagree or 0)
    parts = {"accepted": command.accepted, "explained": command.explained, "agree": answered}
    for name, number in parts.items():
        if number is not None and number > command.received:
            raise errors.MoreThanReceived(name, number, command.received)
    return [event]

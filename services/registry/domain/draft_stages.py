"""The life cycle of a draft: stages entered, resumed and corrected, its end, its postings."""

from collections.abc import Sequence
from datetime import date
from typing import Any, assert_never

from services.registry.domain import errors, postings
from services.registry.domain.draft_commands import (
    CorrectStage,
    EndAsRecorded,
    EnterStage,
    OpenPosting,
    PostingCommand,
    Resume,
    StageCommand,
)
from services.registry.domain.draft_state import Draft
from services.registry.domain.stages import (
    Entry,
    after_end,
    interrupted,
    is_late,
    is_unusual,
    latest_day,
    stage_to_resume,
    stages_before,
)
from shared.contracts.registry import (
    DraftEvent,
    DraftMerged,
    DraftResumed,
    DraftStageCorrected,
    DraftStageEntered,
    DraftSuspended,
    DraftWithdrawn,
)
from shared.contracts.vocabulary import CLOSING_BY_LAW, ENDS, Stage
from shared.rules.recorded_dates import check_recorded_day


def decide(draft: Draft, command: StageCommand) -> Sequence[DraftEvent]:
    match command:
        case EnterStage():
            return _enter(draft, command)
        case Resume():
            return _resume(draft, command)
        case CorrectStage():
            return _correct(draft, command)
        case EndAsRecorded():
            return _end_as_recorded(draft, command)
        case _:
            assert_never(command)


def post(draft: Draft, command: PostingCommand) -> Sequence[DraftEvent]:
    if isinstance(command, OpenPosting):
        begun = Entry(command.stage, command.opened_on)
        if (end := after_end(draft.entries, begun)) is not None:
            raise errors.StageAfterEnd(end, begun.stage, begun.entered_on)
    return postings.decide(draft.postings, command)


def _enter(draft: Draft, command: EnterStage) -> Sequence[DraftEvent]:
    entry = Entry(command.stage, command.entered_on, command.precision)
    _check_day(entry, command.today)
    if any(entry.equals_content(other) for other in draft.entries):
        return []
    if (end := after_end(draft.entries, entry)) is not None:
        raise errors.StageAfterEnd(end, command.stage, command.entered_on)
    return [_entering(draft, command, entry)]


def _entering(draft: Draft, command: EnterStage, entry: Entry) -> DraftEvent:
    before = stages_before(draft.entries, entry)
    on: dict[str, Any] = {"on": command.entered_on}
    late = {"late": is_late(draft.entries, entry)}
    match command.stage:
        case Stage.SUSPENDED:
            return DraftSuspended.of(command, **on, **late)
        case Stage.WITHDRAWN:
            return DraftWithdrawn.of(command, **on)
        case Stage.MERGED:
            return DraftMerged.of(command, **on)
        case stage if interrupted(before) == stage:
            return DraftResumed.of(command, **on, **late)
        case _:
            return DraftStageEntered.of(command, **late, unusual=is_unusual(before, entry))


def _resume(draft: Draft, command: Resume) -> Sequence[DraftEvent]:
    if any(entry.resumed and entry.entered_on == command.on for entry in draft.entries):
        return []
    stage = stage_to_resume(draft.entries, command.on)
    if stage is None:
        raise errors.NothingInterrupted(command.on)
    entry = Entry(stage, command.on, resumed=True)
    _check_day(entry, command.today)
    if (end := after_end(draft.entries, entry)) is not None:
        raise errors.StageAfterEnd(end, stage, command.on)
    return [DraftResumed.of(command, stage=stage, late=is_late(draft.entries, entry))]


def _correct(draft: Draft, command: CorrectStage) -> Sequence[DraftEvent]:
    if (was := command.was) is None:
        raise errors.EntryNotRecorded(command.entry_id)
    now = Entry(command.stage, command.entered_on, command.precision)
    _check_day(now, command.today)
    others = tuple(entry for entry in draft.entries if not entry.equals_content(was))
    if len(others) == len(draft.entries):
        raise errors.EntryNotFound(was.stage, was.entered_on)
    if now.equals_content(was):
        return []
    if any(now.equals_content(other) for other in others):
        raise errors.EntryExists(command.stage, command.entered_on)
    if (end := after_end(others, now)) is not None:
        raise errors.StageAfterEnd(end, command.stage, command.entered_on)
    was_fields = {"was_stage": was.stage, "was_entered_on": was.entered_on, "was_precision": was.precision}
    return [DraftStageCorrected.of(command, **was_fields)]


def _end_as_recorded(draft: Draft, command: EndAsRecorded) -> Sequence[DraftEvent]:
    if any(entry.stage in CLOSING_BY_LAW | ENDS for entry in draft.entries):
        return []
    day = latest_day(draft.entries)
    if day is None:
        raise errors.OutcomeWithoutStage(draft.registered.draft_code)
    if command.end is Stage.WITHDRAWN:
        return [DraftWithdrawn(on=day)]
    return [DraftMerged(on=day)]


def _check_day(entry: Entry, today: date) -> None:
    check_recorded_day(entry.entered_on, entry.precision, today)

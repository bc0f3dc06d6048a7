"""The draft: what a command on it decides (registration, amendment, stages)."""

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import date
from typing import Any, assert_never
from uuid import UUID

from services.registry.domain import errors, postings, preparation, requests
from services.registry.domain.draft_commands import (
    PRACTISED,
    AddPolicy,
    Amend,
    AmendPolicy,
    AnswerRequest,
    AssessScope,
    CancelExemption,
    CancelPosting,
    CancelStage,
    Command,
    CorrectExemption,
    CorrectPosting,
    CorrectStage,
    DecideProcedure,
    DecideRequest,
    DecisionCommand,
    EndAsRecorded,
    EnterStage,
    Entry,
    Exempt,
    ExemptionCommand,
    ExpectStage,
    ForwardRequest,
    OpenPosting,
    PolicyCommand,
    PostingCommand,
    Register,
    RemovePolicy,
    RequestTransfer,
    Resume,
    Retitle,
    Scope,
    StageCommand,
    SummariseOpinions,
    Transfer,
    Wanted,
    WithdrawRequest,
)
from services.registry.domain.draft_state import (
    Absent,
    Draft,
    State,
    about,
    evolve,
    exemption_number,
    fact_of,
    paper_of,
    procedure_of,
    without_entry,
)
from services.registry.domain.lowering import answer_of, asks_proposal, lowered_by
from services.registry.domain.references.unit_checks import check_valid
from shared.contracts.event import Acting, Decider, posting_id, without_notes
from shared.contracts.registry import (
    DraftAmended,
    DraftCommunicationExempted,
    DraftEvent,
    DraftExemptionCancelled,
    DraftMerged,
    DraftOpinionsSummarised,
    DraftPolicyAdded,
    DraftPolicyAmended,
    DraftPolicyRemoved,
    DraftPostingCancelled,
    DraftProcedureDecided,
    DraftRegistered,
    DraftResumed,
    DraftRetitled,
    DraftScopeAssessed,
    DraftStageCancelled,
    DraftStageCorrected,
    DraftStageEntered,
    DraftStageExpected,
    DraftSuspended,
    DraftTransferred,
    DraftWithdrawn,
)
from shared.contracts.vocabulary import (
    CLOSING_BY_LAW,
    ENDS,
    Answer,
    Clearable,
    Dataset,
    Precision,
    RequestKind,
    Stage,
)
from shared.directory.folds import AMENDABLE_OF_DRAFT, amended_draft
from shared.rules.facts import StageEntry
from shared.rules.rights.table import require
from shared.rules.sequence import check_recorded_day, in_order


def practised(command: Register) -> Register:
    """Make a registration an exercise; raises `CodeOfExercise`."""
    if not command.draft_code.startswith(PRACTISED):
        raise errors.CodeOfExercise(PRACTISED)
    return replace(command, dataset=Dataset.EXERCISE)


def after_end(entries: Sequence[Entry], entry: Entry) -> Entry | None:
    """Return the end that forbids `entry`, if there is one.

    Ends are final: what is later by date is refused. Of two ends the earliest holds, on one date the
    withdrawal, so an earlier end (or a withdrawal on the day of a merger) is still taken.
    """
    ends = sorted((e for e in entries if e.stage in ENDS), key=_of_end)
    if not ends:
        return None
    refused = (
        _of_end(entry) >= _of_end(ends[0]) if entry.stage in ENDS else entry.entered_on > ends[0].entered_on
    )
    return ends[0] if refused else None


def _of_end(entry: Entry) -> tuple[date, int]:
    return entry.entered_on, entry.stage.order


def interrupted(before: Sequence[StageEntry]) -> Stage | None:
    """Return the stage that is interrupted at the end of `before`, if the draft is suspended then."""
    if len(before) > 1 and before[-1].stage is Stage.SUSPENDED:
        return before[-2].stage
    return None


def stage_to_resume(entries: Sequence[Entry], on: date) -> Stage | None:
    """Return the interrupted stage in which a draft goes on that resumes on a day, None if there is none."""
    return interrupted(stages_before(entries, Entry(Stage.REGISTERED, on, resumed=True)))


def stages_before(entries: Sequence[Entry], entry: Entry) -> Sequence[StageEntry]:
    """Return the stages that the draft went through before `entry`, in order."""
    sequence = [e for e in (*entries, entry) if e.stage is not Stage.SOCIAL_CRITICISM]
    ordered = in_order(fact_of(e) for e in sequence)
    this = fact_of(entry)
    return ordered[: next((n for n, fact in enumerate(ordered) if fact == this), 0)]


def is_late(entries: Sequence[Entry], entry: Entry) -> bool:
    """Return whether later entries were recorded already: the entry is taken, and marked."""
    return any(other.entered_on > entry.entered_on for other in entries)


def is_unusual(before: Sequence[StageEntry], entry: Entry) -> bool:
    """Return whether the entry goes back, against the usual order of the stages."""
    been = [fact for fact in before if fact.stage is not Stage.SUSPENDED]
    return bool(been) and entry.stage.order < been[-1].stage.order


def latest_day(entries: Sequence[Entry]) -> date | None:
    return max((entry.entered_on for entry in entries), default=None)


def decide_stage(draft: Draft, command: StageCommand) -> Sequence[DraftEvent]:
    match command:
        case EnterStage():
            return _enter(draft, command)
        case Resume():
            return _resume(draft, command)
        case CorrectStage():
            return _correct(draft, command)
        case CancelStage():
            return _cancel(draft, command)
        case EndAsRecorded():
            return _end_as_recorded(draft, command)
        case _:
            assert_never(command)


def post(draft: Draft, command: PostingCommand) -> Sequence[DraftEvent]:
    if isinstance(command, OpenPosting):
        begun = Entry(command.stage, command.opened_on)
        if (end := after_end(draft.entries, begun)) is not None:
            raise errors.StageAfterEnd(end, begun.stage, begun.entered_on)
    if isinstance(command, CancelPosting) and command.posting_id in _postings_gone(draft):
        return []
    return postings.decide(draft.postings, command)


def _correct_posting(draft: Draft, command: CorrectPosting) -> Sequence[DraftEvent]:
    begun = Entry(command.stage, command.opened_on)
    if (end := after_end(draft.entries, begun)) is not None:
        raise errors.StageAfterEnd(end, begun.stage, begun.entered_on)
    number = posting_id(draft.registered.draft_code, command.stage, command.opened_on)
    if command.posting_id in _postings_gone(draft) and postings.is_corrected(draft.postings, command, number):
        return []
    return postings.correct(draft.postings, command, number)


def _postings_gone(draft: Draft) -> frozenset[UUID]:
    """Give the cancelled postings; the same stage and day may have been posted again."""
    return draft.postings_cancelled - {posting.opened.posting_id for posting in draft.postings}


def _enter(draft: Draft, command: EnterStage) -> Sequence[DraftEvent]:
    entry = Entry(command.stage, command.entered_on, command.precision)
    _check_day(entry, command.today)
    if (present := next((each for each in draft.entries if entry.equals_content(each)), None)) is not None:
        _check_paper(present, command)
        return []
    if (end := after_end(draft.entries, entry)) is not None:
        raise errors.StageAfterEnd(end, command.stage, command.entered_on)
    return [_entering(draft, command, entry)]


def _check_paper(present: Entry, command: EnterStage) -> None:
    """A repeated entry changes nothing, so it must not bring another paper, which would be lost."""
    if present.paper.corrected(paper_of(command)) != present.paper:
        raise errors.PaperDiffers(present.stage, present.entered_on)


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
    if now.equals_content(was) and not _names_paper(command):
        return []
    if any(now.equals_content(other) for other in others):
        raise errors.EntryExists(command.stage, command.entered_on)
    if (end := after_end(others, now)) is not None:
        raise errors.StageAfterEnd(end, command.stage, command.entered_on)
    was_fields = {"was_stage": was.stage, "was_entered_on": was.entered_on, "was_precision": was.precision}
    return [DraftStageCorrected.of(command, **was_fields)]


def _names_paper(command: CorrectStage) -> bool:
    return command.was is not None and command.was.paper.corrected(paper_of(command)) != command.was.paper


def _cancel(draft: Draft, command: CancelStage) -> Sequence[DraftEvent]:
    """Take an entry back; what stands on it is put right first.

    A resumption needs the stage and the suspension before it. A final number, or an outcome, needs the stage that
    ended the draft.
    """
    if (was := command.was) is None:
        if command.entry_id in draft.entries_cancelled:
            return []
        raise errors.EntryNotRecorded(command.entry_id)
    left = without_entry(draft.entries, was)
    for entry in left:
        if entry.resumed and _interrupts(draft.entries, entry) and not _interrupts(left, entry):
            raise errors.ResumptionNeedsEntry(entry.stage, entry.entered_on)
    ending = CLOSING_BY_LAW | ENDS
    if was.stage in ending and not any(entry.stage in ending for entry in left):
        for name in (Clearable.FINAL_NUMBER, Clearable.OUTCOME):
            if _now(draft, name) is not None:
                raise errors.EndIsStated(was.stage, name)
    said = {name: getattr(was, name) for name in ("stage", "entered_on", "precision", "resumed")}
    return [DraftStageCancelled.of(command, **said)]


def _interrupts(entries: Sequence[Entry], resumption: Entry) -> bool:
    """Whether the stage of a resumption stands interrupted before it."""
    return interrupted(stages_before(entries, resumption)) is resumption.stage


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


_END_NAMES = frozenset(ENDS)


def decide_amendment(draft: Draft, command: Amend) -> Sequence[DraftAmended]:
    """Record what really changes; values that the draft has already are left out, and without changes there is no event.

    Instrument and regime are always taken, also after an end: `adopted`, `promulgated`, `published`, `withdrawn` and
    `merged` end a draft under every procedure, so the new one can't undo an end; a stage that it doesn't have
    becomes a finding. Refused is what contradicts a recorded end:

    - a final number for a draft that was withdrawn or merged and not adopted before (only a document has a number);
    - an outcome other than the recorded end: "withdrawn" or "merged" for an adopted draft; another than its own
      for one that was withdrawn or merged, or clearing it;
    - a field that is both given and cleared, as the two contradict each other.

    To do so all the same, correct the stage entry first.
    """
    if both := [name for name in command.cleared if getattr(command, name) is not None]:
        raise errors.AmendsAndClears(both)
    changes = {name: value for name, value in amended_draft(command).items() if _now(draft, name) != value}
    if not changes:
        return []
    _check_end(draft, changes)
    given = {name: changes.get(name) for name in AMENDABLE_OF_DRAFT}
    cleared = tuple(name for name in Clearable if name in changes and changes[name] is None)
    return [DraftAmended(**given, cleared=cleared, reason=command.reason)]


def _now(draft: Draft, name: str) -> Any:
    return getattr(draft.described, name)


def _check_end(draft: Draft, changes: dict[str, Any]) -> None:
    stages = {entry.stage for entry in draft.entries}
    adopted, ends = stages & CLOSING_BY_LAW, stages & ENDS
    if ends and not adopted:
        end = min(ends, key=lambda stage: stage.order)
        if changes.get("final_number") is not None:
            raise errors.AmendmentUndoesEnd(end, "final_number")
        if "outcome" in changes and changes["outcome"] not in ends:
            raise errors.AmendmentUndoesEnd(end, "outcome")
    elif adopted and changes.get("outcome") in _END_NAMES - ends:
        raise errors.AmendmentUndoesEnd(min(adopted, key=lambda stage: stage.order), "outcome")


def decide(state: State, command: Command) -> Sequence[DraftEvent]:
    """Check who may act before deciding: the unit that leads on the day of the command, and who supervises.

    What lowers the duty of the unit that records it becomes a request for it.
    """
    if isinstance(command, Register):
        _check_acting(command.by, command.draft_code, command.lead_unit_code)
        return _registered(state, command)
    if isinstance(state, Absent):
        raise errors.DraftNotFound
    code, lead = state.registered.draft_code, state.lead_on(command.today)
    if isinstance(command, DecideRequest | AnswerRequest | ForwardRequest):
        _check_deciding(command.by, code, lead)
        return _on_request(state, command)
    _check_acting(command.by, code, lead)
    if isinstance(command, WithdrawRequest):
        return list(requests.withdraw(state, command))
    if isinstance(command, RequestTransfer):
        return requests.raised(state, command, RequestKind.TRANSFER)
    return _asked_or_recorded(state, command)


def _on_request(
    draft: Draft, command: DecideRequest | AnswerRequest | ForwardRequest
) -> Sequence[DraftEvent]:
    match command:
        case DecideRequest():
            return list(requests.settle(draft, command, _decide))
        case AnswerRequest():
            return requests.answer(draft, command)
        case ForwardRequest():
            return requests.forward(draft, command)


def _check_deciding(by: Acting, draft_code: str, lead_unit_code: str) -> None:
    if not by.may_decide_for(lead_unit_code):
        raise errors.NotTheDecider(draft_code)


def _asked_or_recorded(draft: Draft, command: Wanted) -> Sequence[DraftEvent]:
    events = _decide(draft, command)
    if holds_at_once(draft, command) or not events:
        return events
    kind = lowered_by(draft, events, command.today, command.oversight.rulebook, _after)
    return events if kind is None else requests.raised(draft, command, kind)


def holds_at_once(state: State, command: Command) -> bool:
    """Tell whether who gives the command decides for the unit that leads the draft, so that nothing is asked for."""
    if isinstance(command, Register):
        return command.by.may_decide_for(command.lead_unit_code)
    return isinstance(state, Draft) and command.by.may_decide_for(state.lead_on(command.today))


def _after(draft: Draft, event: DraftEvent) -> Draft:
    """Fold one event after the registration."""
    after = evolve(draft, event)
    return draft if isinstance(after, Absent) else after


def _registered(state: State, command: Register) -> Sequence[DraftEvent]:
    """Register with every answer; of a unit those that take the draft out of scope are asked for."""
    scope = command.scope
    if holds_at_once(state, command) or scope is None or not _takes_out_of_scope(command, scope):
        return _register(state, command)
    if isinstance(state, Draft):
        return [] if _is_registered_alike(state, command) else _register(state, command)
    events = _register(state, replace(command, scope=_without_no(scope)))
    draft = draft_after(events)
    return [*events, *requests.raised(draft, command, RequestKind.SCOPE)]


def _takes_out_of_scope(command: Register, scope: Scope) -> bool:
    asked = asks_proposal(command.regime, command.instrument, command.oversight.rulebook)
    return answer_of(DraftScopeAssessed.of(scope), asks_proposal=asked) is Answer.NO


def _without_no(scope: Scope) -> Scope:
    """Leave out each answer that alone takes a draft out of scope."""
    answers: dict[str, Any] = {
        field.name: Answer.UNKNOWN for field in fields(scope) if getattr(scope, field.name) is Answer.NO
    }
    secret = None if scope.state_secret is Answer.YES else scope.state_secret
    return replace(scope, **answers | {"state_secret": secret})


def _is_registered_alike(draft: Draft, command: Register) -> bool:
    """Whether the registration is a repeated one whose answers are asked for, or were approved."""
    asked = requests.asked_for(draft, command)
    return asked and _register(draft, replace(command, scope=None)) == []


def draft_after(events: Iterable[DraftEvent]) -> Draft:
    """Fold the events of a registration."""
    state: State = Absent()
    for event in events:
        state = evolve(state, event)
    if isinstance(state, Absent):
        raise errors.DraftNotFound
    return state


def _check_acting(by: Acting, draft_code: str, lead_unit_code: str) -> None:
    if not by.may_act_for(lead_unit_code):
        raise errors.NotYourDraft(draft_code, lead_unit_code)


def _decide(draft: Draft, command: Wanted) -> Sequence[DraftEvent]:
    match command:
        case EnterStage() | Resume() | CorrectStage() | CancelStage() | EndAsRecorded():
            return decide_stage(draft, command)
        case AddPolicy() | AmendPolicy() | RemovePolicy():
            return _decide_policy(draft, command)
        case (
            Retitle()
            | AssessScope()
            | DecideProcedure()
            | Exempt()
            | CancelExemption()
            | CorrectExemption()
            | Transfer()
            | Amend()
        ):
            return _decide_decision(draft, command)
        case ExpectStage() | SummariseOpinions():
            return preparation.decide(draft, command)
        case CorrectPosting():
            return _correct_posting(draft, command)
        case _:
            return post(draft, command)


def _decide_decision(draft: Draft, command: DecisionCommand) -> Sequence[DraftEvent]:
    match command:
        case Retitle(title=title):
            return [] if title == draft.title else [DraftRetitled(title=title)]
        case AssessScope():
            scope = DraftScopeAssessed.of(command.scope)
            return [] if scope == draft.scope else [scope]
        case DecideProcedure():
            return _decide_procedure(draft, command)
        case Exempt() | CancelExemption() | CorrectExemption():
            return _decide_exemption(draft, command)
        case Transfer():
            return _transfer(draft, command)
        case Amend():
            return decide_amendment(draft, command)
        case _:
            assert_never(command)


def _decide_exemption(draft: Draft, command: ExemptionCommand) -> Sequence[DraftEvent]:
    match command:
        case Exempt():
            return _exempt(draft, command)
        case CancelExemption():
            return _cancel_exemption(draft, command)
        case CorrectExemption():
            return _correct_exemption(draft, command)
        case _:
            assert_never(command)


def _exempt(draft: Draft, command: Exempt) -> Sequence[DraftEvent]:
    exemption = DraftCommunicationExempted.of(command)
    if without_notes(exemption) in map(without_notes, draft.exemptions):
        return []
    _check_decided_on(command.decided_on, command.today)
    return [exemption]


def _cancel_exemption(draft: Draft, command: CancelExemption) -> Sequence[DraftEvent]:
    if command.exemption_id in map(exemption_number, draft.exemptions):
        return [DraftExemptionCancelled.of(command)]
    if command.exemption_id in draft.exemptions_cancelled:
        return []
    raise errors.ExemptionNotFound


def _correct_exemption(draft: Draft, command: CorrectExemption) -> Sequence[DraftEvent]:
    """Take an exemption back and record it as it should stand: both, or neither if one of them is refused."""
    numbers = {exemption_number(each): each for each in draft.exemptions}
    now = DraftCommunicationExempted.of(command, notes={})
    was, number = numbers.get(command.exemption_id), exemption_number(now)
    if was is None:
        if command.exemption_id in draft.exemptions_cancelled and number in numbers:
            return []
        raise errors.ExemptionNotFound
    if number == command.exemption_id:
        return []
    if number in numbers:
        raise errors.ExemptionExists(now.document)
    _check_decided_on(command.decided_on, command.today)
    cancelled = DraftExemptionCancelled(exemption_id=command.exemption_id, reason=command.reason)
    return [cancelled, now.model_copy(update={"notes": was.notes})]


def _decide_procedure(draft: Draft, command: DecideProcedure) -> Sequence[DraftEvent]:
    decision = DraftProcedureDecided.of(command)
    if decision == draft.procedure:
        return []
    _check_decided_on(command.decided_on, command.today)
    return [decision]


def _check_decided_on(day: date | None, today: date) -> None:
    if day is not None:
        check_recorded_day(day, Precision.DAY, today)


def _decide_policy(draft: Draft, command: PolicyCommand) -> Sequence[DraftEvent]:
    match command:
        case AddPolicy():
            return _add_policy(draft, DraftPolicyAdded.of(command))
        case AmendPolicy():
            return _amend_policy(draft, DraftPolicyAmended.of(command))
        case RemovePolicy():
            return _remove_policy(draft, command)
        case _:
            assert_never(command)


def _register(state: State, command: Register) -> Sequence[DraftEvent]:
    """Register once; a repeated registration with the original or the amended content changes nothing.

    Its title, procedure and lead unit may be later ones: what is exported after a change is imported again.
    """
    registered = DraftRegistered.of(command)
    scope = DraftScopeAssessed.of(command.scope) if command.scope else None
    procedure = _procedure_decided(command)
    if isinstance(state, Absent):
        return [event for event in (registered, scope, procedure) if event]
    given = (scope, state.scope), (procedure, _as_stated(state.procedure, procedure))
    as_recorded = (state.registered, state.described)
    now = _changed_since(state, registered)
    same = any(registered == each.model_copy(update=now) for each in as_recorded)
    if not same or any(_differs(*pair) for pair in given):
        raise errors.DraftDiffers(command.draft_code)
    return []


def _changed_since(draft: Draft, registered: DraftRegistered) -> dict[str, Any]:
    """Give those of title, procedure and lead unit that the draft has now, or on some day after its registration."""
    leads = {transfer.to_unit_code for transfer in draft.transfers}
    now = {
        "title": registered.title == draft.title,
        "procedure": registered.procedure is procedure_of(draft),
        "lead_unit_code": registered.lead_unit_code in leads,
    }
    return {name: getattr(registered, name) for name, is_present in now.items() if is_present}


def _procedure_decided(command: Register) -> DraftProcedureDecided | None:
    if command.procedure_document is None:
        return None
    _check_decided_on(command.procedure_decided_on, command.today)
    return DraftProcedureDecided(
        procedure=command.procedure,
        document=command.procedure_document,
        authority=command.procedure_authority,
        decided_on=command.procedure_decided_on,
    )


def _as_stated(
    present: DraftProcedureDecided | None, given: DraftProcedureDecided | None
) -> DraftProcedureDecided | None:
    """Leave out of a recorded decision what a repeated one does not state: files of before had the document alone."""
    if present is None or given is None:
        return present
    unstated = {name: None for name in ("authority", "decided_on") if getattr(given, name) is None}
    return present.model_copy(update=unstated)


def _differs(given: DraftEvent | None, present: DraftEvent | None) -> bool:
    return given is not None and given != present


def _add_policy(draft: Draft, policy: DraftPolicyAdded) -> Sequence[DraftEvent]:
    present = draft.policy(policy.policy_no)
    if policy.policy_no in draft.removed or (present is not None and present != policy):
        raise errors.PolicyDiffers(policy.policy_no)
    return [] if present else [policy]


def _amend_policy(draft: Draft, change: DraftPolicyAmended) -> Sequence[DraftEvent]:
    present = draft.policy(change.policy_no)
    if present is None:
        raise errors.PolicyNotFound(change.policy_no)
    same = (present.title, present.affected_groups) == (change.title, change.affected_groups)
    return [] if same else [change]


def _remove_policy(draft: Draft, command: RemovePolicy) -> Sequence[DraftEvent]:
    if command.policy_no in draft.removed:
        return []
    if draft.policy(command.policy_no) is None:
        raise errors.PolicyNotFound(command.policy_no)
    return [DraftPolicyRemoved.of(command)]


def _transfer(draft: Draft, command: Transfer) -> Sequence[DraftEvent]:
    check_recorded_day(command.on, Precision.DAY, command.today)
    transfer = DraftTransferred.of(command)
    if [each for each in draft.transfers if each.on == transfer.on][-1:] == [transfer]:
        return []
    _check_units_of_transfer(draft, command)
    for unit in command.related.values():
        check_valid(unit, command.on)
    return [transfer]


def _check_units_of_transfer(draft: Draft, command: Transfer) -> None:
    """Refuse who follows the lead unit alone to take a draft from, or give it to, a unit that somebody else follows.

    What a unit asks for is checked when it is decided.
    """
    by = command.by
    if not by.may_decide_for(draft.lead_on(command.today)):
        return
    for unit_code in (draft.lead_on(command.on), command.to_unit_code):
        if unit_code != by.unit_code:
            require(by, unit_code)


draft: Decider[State, Command, DraftEvent] = Decider(
    "draft",
    Absent(),
    decide,
    evolve,
    about,
    supersedes=(
        *(DraftAmended, DraftRetitled, DraftScopeAssessed, DraftProcedureDecided, DraftTransferred),
        *(DraftPolicyAmended, DraftPolicyRemoved, DraftStageCorrected),
        *(DraftStageExpected, DraftOpinionsSummarised, DraftExemptionCancelled),
        *(DraftStageCancelled, DraftPostingCancelled),
    ),
)

"""The draft aggregate: one draft legal document from proposal to promulgation, and what may happen to it."""

from collections.abc import Sequence
from datetime import date
from typing import assert_never

from services.registry.domain import draft_amendment, draft_stages, errors
from services.registry.domain.draft_commands import (
    AddPolicy,
    Amend,
    AmendPolicy,
    AssessScope,
    Command,
    CorrectStage,
    DecideProcedure,
    DecisionCommand,
    EndAsRecorded,
    EnterStage,
    Exempt,
    PolicyCommand,
    PostingCommand,
    Register,
    RemovePolicy,
    Resume,
    Retitle,
    StageCommand,
    Transfer,
)
from services.registry.domain.draft_state import Absent, Draft, State, about, evolve
from services.registry.domain.references.unit_checks import check_valid
from services.registry.domain.without_notes import plain
from shared.contracts.acting import Acting
from shared.contracts.decider import Decider
from shared.contracts.registry import (
    DraftCommunicationExempted,
    DraftEvent,
    DraftPolicyAdded,
    DraftPolicyAmended,
    DraftPolicyRemoved,
    DraftProcedureDecided,
    DraftRegistered,
    DraftRetitled,
    DraftScopeAssessed,
    DraftTransferred,
)
from shared.contracts.vocabulary import Precision
from shared.rules.recorded_dates import check_recorded_day


def decide(state: State, command: Command) -> Sequence[DraftEvent]:
    """Check who may act before deciding: the unit that leads on the day of the command, and who supervises."""
    if isinstance(command, Register):
        _check_acting(command.by, command.draft_code, command.lead_unit_code)
        return _register(state, command)
    if isinstance(state, Absent):
        raise errors.DraftNotFound
    _check_acting(command.by, state.registered.draft_code, state.lead_on(command.today))
    return _decide(state, command)


def _check_acting(by: Acting, draft_code: str, lead_unit_code: str) -> None:
    if not by.may_act_for(lead_unit_code):
        raise errors.NotYourDraft(draft_code, lead_unit_code)


def _decide(
    draft: Draft,
    command: DecisionCommand | PolicyCommand | StageCommand | PostingCommand,
) -> Sequence[DraftEvent]:
    match command:
        case EnterStage() | Resume() | CorrectStage() | EndAsRecorded():
            return draft_stages.decide(draft, command)
        case AddPolicy() | AmendPolicy() | RemovePolicy():
            return _decide_policy(draft, command)
        case Retitle() | AssessScope() | DecideProcedure() | Exempt() | Transfer() | Amend():
            return _decide_decision(draft, command)
        case _:
            return draft_stages.post(draft, command)


def _decide_decision(draft: Draft, command: DecisionCommand) -> Sequence[DraftEvent]:
    match command:
        case Retitle(title=title):
            return [] if title == draft.title else [DraftRetitled(title=title)]
        case AssessScope():
            scope = DraftScopeAssessed.of(command.scope)
            return [] if scope == draft.scope else [scope]
        case DecideProcedure():
            return _decide_procedure(draft, command)
        case Exempt():
            return _exempt(draft, command)
        case Transfer():
            return _transfer(draft, command)
        case Amend():
            return draft_amendment.decide(draft, command)
        case _:
            assert_never(command)


def _exempt(draft: Draft, command: Exempt) -> Sequence[DraftEvent]:
    exemption = DraftCommunicationExempted.of(command)
    if plain(exemption) in map(plain, draft.exemptions):
        return []
    _check_decided_on(command.decided_on, command.today)
    return [exemption]


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
    """Register once; a repeated registration with the original or the amended content changes nothing."""
    registered = DraftRegistered.of(command)
    scope = DraftScopeAssessed.of(command.scope) if command.scope else None
    document = command.procedure_document
    procedure = DraftProcedureDecided(procedure=command.procedure, document=document) if document else None
    if isinstance(state, Absent):
        return [event for event in (registered, scope, procedure) if event]
    given = (scope, state.scope), (procedure, state.procedure)
    if registered not in (state.registered, state.described) or any(_differs(*pair) for pair in given):
        raise errors.DraftDiffers(command.draft_code)
    return []


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
    if transfer in draft.transfers:
        return []
    for unit in command.related.values():
        check_valid(unit, command.on)
    return [transfer]


draft: Decider[State, Command, DraftEvent] = Decider("draft", Absent(), decide, evolve, about)

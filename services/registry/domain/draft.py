"""The draft aggregate: one draft legal document from proposal to promulgation, and what may happen to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, assert_never

from services.registry.domain import postings, refusals
from services.registry.domain.plain import plain
from services.registry.domain.postings import Postings
from services.registry.domain.stages import (
    Entry,
    after_end,
    interrupted,
    is_late,
    is_unusual,
    latest_day,
    stage_to_resume,
    way_before,
)
from shared.contracts.about import About
from shared.contracts.registry import (
    DraftCommunicationExempted,
    DraftEvent,
    DraftMerged,
    DraftPolicyAdded,
    DraftPolicyAmended,
    DraftPolicyRemoved,
    DraftPostingClosed,
    DraftPostingExtended,
    DraftPostingOpened,
    DraftProcedureDecided,
    DraftRegistered,
    DraftResumed,
    DraftRetitled,
    DraftScopeAssessed,
    DraftStageCorrected,
    DraftStageEntered,
    DraftSuspended,
    DraftTransferred,
    DraftWithdrawn,
)
from shared.contracts.vocabulary import CLOSING_BY_LAW, ENDS, Precision, Stage
from shared.decider import Decider
from shared.rules.pieces import by_day, holds_on
from shared.rules.recorded_days import check_recorded_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Begin the life of a draft; what is known of its scope and procedure is said in the same breath."""

    draft: DraftRegistered
    scope: DraftScopeAssessed | None = None
    procedure: DraftProcedureDecided | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retitle:
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessScope:
    scope: DraftScopeAssessed


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPolicy:
    policy: DraftPolicyAdded


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendPolicy:
    policy: DraftPolicyAmended


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovePolicy:
    policy_no: int
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterStage:
    """Enter a stage; `today` is the day of recording in Vietnam, for a day may not lie in the future."""

    stage: Stage
    entered_on: date
    today: date
    precision: Precision = Precision.DAY
    what: str | None = None
    source: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Go on in the stage that the suspension interrupted."""

    on: date
    today: date
    what: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectStage:
    """Put right an entry that was recorded wrongly."""

    correction: DraftStageCorrected
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAsRecorded:
    """The outcome column of an import: end on the latest day of all entries, unless something closed it."""

    end: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideProcedure:
    """Go by the ordinary or the simplified procedure, by a document."""

    decision: DraftProcedureDecided


@dataclass(frozen=True, slots=True, kw_only=True)
class Exempt:
    exemption: DraftCommunicationExempted


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    transfer: DraftTransferred
    today: date


Command = (
    Register
    | Retitle
    | AssessScope
    | AddPolicy
    | AmendPolicy
    | RemovePolicy
    | EnterStage
    | Resume
    | CorrectStage
    | EndAsRecorded
    | DecideProcedure
    | Exempt
    | Transfer
    | postings.Command
)


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing was ever said of this draft."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is known of a draft; `registered` is how it began, the rest is how it stands."""

    registered: DraftRegistered
    title: str
    lead_unit_code: str
    scope: DraftScopeAssessed | None = None
    procedure: DraftProcedureDecided | None = None
    policies: tuple[DraftPolicyAdded, ...] = ()
    removed: frozenset[int] = frozenset()
    entries: tuple[Entry, ...] = ()
    exemptions: tuple[DraftCommunicationExempted, ...] = ()
    transfers: tuple[DraftTransferred, ...] = ()
    postings: Postings = ()

    def lead_on(self, day: date) -> str:
        changes = ((transfer.on, transfer.to_unit_code) for transfer in self.transfers)
        return holds_on(by_day(self.registered.lead_unit_code, changes), day)

    def policy(self, number: int) -> DraftPolicyAdded | None:
        return next((p for p in self.policies if p.policy_no == number), None)

    def lead_on(self, day: date) -> str:
        """Give the lead unit of a day; of two transfers on one day the one recorded last holds."""
        begun = [transfer for transfer in self.transfers if transfer.on <= day]
        newest = max(enumerate(begun), key=lambda pair: (pair[1].on, pair[0]), default=None)
        return newest[1].to_unit_code if newest else self.registered.lead_unit_code


State = Absent | Draft


def decide(state: State, command: Command) -> Sequence[DraftEvent]:
    if isinstance(command, Register):
        return _register(state, command)
    if isinstance(state, Absent):
        raise refusals.DraftNotFound
    return _decide(state, command)


def _decide(draft: Draft, command: Command) -> Sequence[DraftEvent]:  # noqa: C901, PLR0911, PLR0912  one line a command
    match command:
        case Register():
            return []
        case Retitle():
            return [] if command.title == draft.title else [DraftRetitled(title=command.title)]
        case AssessScope():
            return [] if command.scope == draft.scope else [command.scope]
        case AddPolicy():
            return _add_policy(draft, command.policy)
        case AmendPolicy():
            return _amend_policy(draft, command.policy)
        case RemovePolicy():
            return _remove_policy(draft, command)
        case EnterStage():
            return _enter(draft, command)
        case Resume():
            return _resume(draft, command)
        case CorrectStage():
            return _correct(draft, command)
        case EndAsRecorded():
            return _end_as_recorded(draft, command)
        case DecideProcedure():
            return [] if command.decision == draft.procedure else [command.decision]
        case Exempt():
            said = plain(command.exemption)
            return [] if said in map(plain, draft.exemptions) else [command.exemption]
        case Transfer():
            return _transfer(draft, command)
        case _:
            return _post(draft, command)


def _register(state: State, command: Register) -> Sequence[DraftEvent]:
    if isinstance(state, Absent):
        return [event for event in (command.draft, command.scope, command.procedure) if event]
    told = (command.scope, state.scope), (command.procedure, state.procedure)
    if command.draft != state.registered or any(_differs(*pair) for pair in told):
        raise refusals.DraftDiffers(command.draft.draft_code)
    return []


def _differs(told: DraftEvent | None, known: DraftEvent | None) -> bool:
    return told is not None and told != known


def _add_policy(draft: Draft, policy: DraftPolicyAdded) -> Sequence[DraftEvent]:
    known = draft.policy(policy.policy_no)
    if policy.policy_no in draft.removed or (known is not None and known != policy):
        raise refusals.PolicyDiffers(policy.policy_no)
    return [] if known else [policy]


def _amend_policy(draft: Draft, change: DraftPolicyAmended) -> Sequence[DraftEvent]:
    known = draft.policy(change.policy_no)
    if known is None:
        raise refusals.PolicyNotFound(change.policy_no)
    same = (known.title, known.affected_groups) == (change.title, change.affected_groups)
    return [] if same else [change]


def _remove_policy(draft: Draft, command: RemovePolicy) -> Sequence[DraftEvent]:
    if command.policy_no in draft.removed:
        return []
    if draft.policy(command.policy_no) is None:
        raise refusals.PolicyNotFound(command.policy_no)
    return [DraftPolicyRemoved(policy_no=command.policy_no, reason=command.reason)]


def _enter(draft: Draft, command: EnterStage) -> Sequence[DraftEvent]:
    entry = Entry(command.stage, command.entered_on, command.precision)
    _check_day(entry, command.today)
    if any(entry.says_the_same_as(known) for known in draft.entries):
        return []
    if (end := after_end(draft.entries, entry)) is not None:
        raise refusals.StageAfterEnd(end, command.stage, command.entered_on)
    return [_entering(draft, command, entry)]


def _entering(draft: Draft, command: EnterStage, entry: Entry) -> DraftEvent:
    day, late = command.entered_on, is_late(draft.entries, entry)
    before = way_before(draft.entries, entry)
    said: dict[str, Any] = {
        "precision": command.precision,
        "what": command.what,
        "source": command.source,
    }
    notes = dict(command.notes)
    match command.stage:
        case Stage.SUSPENDED:
            return DraftSuspended(on=day, late=late, notes=notes or None, **said)
        case Stage.WITHDRAWN:
            return DraftWithdrawn(on=day, notes=notes or None, **said)
        case Stage.MERGED:
            return DraftMerged(on=day, notes=notes or None, **said)
        case stage if interrupted(before) == stage:
            return DraftResumed(stage=stage, on=day, late=late, notes=notes or None, **said)
        case stage:
            unusual = is_unusual(before, entry)
            return DraftStageEntered(
                stage=stage, entered_on=day, late=late, unusual=unusual, notes=notes, **said
            )


def _resume(draft: Draft, command: Resume) -> Sequence[DraftEvent]:
    if any(known.resumed and known.entered_on == command.on for known in draft.entries):
        return []
    stage = stage_to_resume(draft.entries, command.on)
    if stage is None:
        raise refusals.NothingInterrupted(command.on)
    entry = Entry(stage, command.on, resumed=True)
    _check_day(entry, command.today)
    if (end := after_end(draft.entries, entry)) is not None:
        raise refusals.StageAfterEnd(end, stage, command.on)
    return [DraftResumed(stage=stage, on=command.on, what=command.what, late=is_late(draft.entries, entry))]


def _correct(draft: Draft, command: CorrectStage) -> Sequence[DraftEvent]:
    change = command.correction
    was = Entry(change.was_stage, change.was_entered_on, change.was_precision)
    now = Entry(change.stage, change.entered_on, change.precision)
    _check_day(now, command.today)
    others = tuple(entry for entry in draft.entries if not entry.says_the_same_as(was))
    if len(others) == len(draft.entries):
        raise refusals.EntryNotFound(change.was_stage, change.was_entered_on)
    if now.says_the_same_as(was):
        return []
    if any(now.says_the_same_as(other) for other in others):
        raise refusals.EntryExists(change.stage, change.entered_on)
    if (end := after_end(others, now)) is not None:
        raise refusals.StageAfterEnd(end, change.stage, change.entered_on)
    return [change]


def _end_as_recorded(draft: Draft, command: EndAsRecorded) -> Sequence[DraftEvent]:
    if any(entry.stage in CLOSING_BY_LAW | ENDS for entry in draft.entries):
        return []
    day = latest_day(draft.entries)
    if day is None:
        raise refusals.OutcomeWithoutStage(draft.registered.draft_code)
    if command.end is Stage.WITHDRAWN:
        return [DraftWithdrawn(on=day)]
    return [DraftMerged(on=day)]


def _transfer(draft: Draft, command: Transfer) -> Sequence[DraftEvent]:
    check_recorded_day(command.transfer.on, Precision.DAY, command.today)
    return [] if command.transfer in draft.transfers else [command.transfer]


def _post(draft: Draft, command: postings.Command) -> Sequence[DraftEvent]:
    if isinstance(command, postings.OpenPosting | postings.RecordPosting):
        begun = Entry(command.posting.stage, command.posting.opened_on)
        if (end := after_end(draft.entries, begun)) is not None:
            raise refusals.StageAfterEnd(end, begun.stage, begun.entered_on)
    return postings.decide(draft.postings, command)


def _check_day(entry: Entry, today: date) -> None:
    check_recorded_day(entry.entered_on, entry.precision, today)


def evolve(state: State, event: DraftEvent) -> State:
    if isinstance(event, DraftRegistered):
        return Draft(registered=event, title=event.title, lead_unit_code=event.lead_unit_code)
    if isinstance(state, Absent):
        return state
    return _evolve(state, event)


def _evolve(draft: Draft, event: DraftEvent) -> Draft:  # noqa: C901, PLR0911, PLR0912  one line an event
    match event:
        case DraftRegistered():
            return draft
        case DraftRetitled(title=title):
            return replace(draft, title=title)
        case DraftScopeAssessed():
            return replace(draft, scope=event)
        case DraftPolicyAdded():
            return replace(draft, policies=(*draft.policies, event))
        case DraftPolicyAmended():
            return replace(draft, policies=tuple(_amended(p, event) for p in draft.policies))
        case DraftPolicyRemoved(policy_no=number):
            kept = tuple(p for p in draft.policies if p.policy_no != number)
            return replace(draft, policies=kept, removed=draft.removed | {number})
        case DraftStageEntered():
            return _with_entry(draft, Entry(event.stage, event.entered_on, event.precision))
        case DraftSuspended():
            return _with_entry(draft, Entry(Stage.SUSPENDED, event.on, event.precision))
        case DraftResumed():
            return _with_entry(draft, Entry(event.stage, event.on, event.precision, resumed=True))
        case DraftWithdrawn():
            return _with_entry(draft, Entry(Stage.WITHDRAWN, event.on, event.precision))
        case DraftMerged():
            return _with_entry(draft, Entry(Stage.MERGED, event.on, event.precision))
        case DraftStageCorrected():
            return replace(draft, entries=tuple(_corrected(entry, event) for entry in draft.entries))
        case DraftProcedureDecided():
            return replace(draft, procedure=event)
        case DraftPostingOpened() | DraftPostingExtended() | DraftPostingClosed():
            return replace(draft, postings=postings.evolve(draft.postings, event))
        case DraftCommunicationExempted():
            return replace(draft, exemptions=(*draft.exemptions, event))
        case DraftTransferred():
            transfers = (*draft.transfers, event)
            changed = replace(draft, transfers=transfers)
            return replace(changed, lead_unit_code=changed.lead_on(date.max))
        case _:
            assert_never(event)


def _with_entry(draft: Draft, entry: Entry) -> Draft:
    return replace(draft, entries=(*draft.entries, entry))


def _amended(policy: DraftPolicyAdded, change: DraftPolicyAmended) -> DraftPolicyAdded:
    if policy.policy_no != change.policy_no:
        return policy
    return policy.model_copy(update={"title": change.title, "affected_groups": change.affected_groups})


def _corrected(entry: Entry, change: DraftStageCorrected) -> Entry:
    was = Entry(change.was_stage, change.was_entered_on, change.was_precision)
    if not entry.says_the_same_as(was):
        return entry
    return Entry(change.stage, change.entered_on, change.precision, resumed=entry.resumed)


def about(state: State, day: date) -> About | None:
    if isinstance(state, Absent):
        return None
    known = state.registered
    return About(draft_code=known.draft_code, unit_code=state.lead_on(day), dataset=known.dataset)


draft: Decider[State, Command, DraftEvent] = Decider("draft", Absent(), decide, evolve, about)

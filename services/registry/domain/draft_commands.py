"""The commands on a draft, each a type of its own, and the entry of a stage that they carry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypedDict
from uuid import UUID

from services.registry.domain.references.unit_checks import Related
from shared.contracts.event import Acting
from shared.contracts.vocabulary import (
    Answer,
    Clearable,
    Dataset,
    Handling,
    Instrument,
    Precision,
    Procedure,
    Regime,
    RequestDecision,
    ScopeBasis,
    Stage,
)
from shared.rules.rulebook.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Paper:
    """The paper that shows a stage: its number, date and issuer."""

    document_no: str | None = None
    document_date: date | None = None
    issuer: str | None = None

    def corrected(self, by: "Paper") -> "Paper":
        """Take what the other one names."""
        return Paper(
            by.document_no or self.document_no,
            by.document_date or self.document_date,
            by.issuer or self.issuer,
        )


NO_PAPER = Paper()


@dataclass(frozen=True, slots=True)
class Entry:
    """The draft entered `stage` on `entered_on`; `resumed` marks going on after a suspension."""

    stage: Stage
    entered_on: date
    precision: Precision = Precision.DAY
    resumed: bool = False
    paper: Paper = field(default=NO_PAPER, compare=False)

    def equals_content(self, other: "Entry") -> bool:
        return (self.stage, self.entered_on, self.precision) == (
            other.stage,
            other.entered_on,
            other.precision,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a fact is asked for; `gap_id`, `stage` and `recipient_id` are those of a mail that was answered."""

    document: str | None = None
    reason: str | None = None
    gap_id: UUID | None = None
    stage: Stage | None = None
    recipient_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Oversight:
    """What a command of a unit needs if it lowers the unit's duty: the rules, and the body that decides then.

    `asked` is what came with the command, for the decider to read.
    """

    rulebook: Rulebook | None = None
    decider_code: str | None = None
    asked: Explanation = field(default_factory=Explanation)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDraft:
    """`by` is for whom the command is given, `today` the day of recording in Vietnam."""

    by: Acting
    today: date
    oversight: Oversight = field(default_factory=Oversight, compare=False, repr=False)


class Given(TypedDict):
    """What every command on a draft has in addition to its own fields."""

    by: Acting
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The four criteria of Decision 407/QĐ-TTg and, if a person decided, the explicit answer."""

    requires_proposal: Answer = Answer.UNKNOWN
    affects_rights: Answer = Answer.UNKNOWN
    contested: Answer = Answer.UNKNOWN
    wide_impact: Answer = Answer.UNKNOWN
    in_scope: Answer = Answer.UNKNOWN
    scope_basis: ScopeBasis | None = None
    state_secret: Answer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(OnDraft):
    """Register a draft, with its scope as far as it is assessed and of the document that decided its procedure."""

    draft_id: UUID
    draft_code: str
    title: str
    instrument: Instrument
    lead_unit_code: str
    regime: Regime
    procedure: Procedure = Procedure.ORDINARY
    final_number: str | None = None
    outcome: str | None = None
    source: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    dataset: Dataset = Dataset.LIVE
    scope: Scope | None = None
    procedure_document: str | None = None
    procedure_authority: str | None = None
    procedure_decided_on: date | None = None
    handling: Handling | None = None
    amends: tuple[str, ...] | None = None
    replaces: tuple[str, ...] | None = None
    external_ref: str | None = None


PRACTISED = "TAP-"
"""How the code of a draft begins that is registered in training: a code is never free again for a draft that exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amend(OnDraft):
    """Correct what was registered wrongly, or add what was missing.

    None leaves a field as it is; `cleared` names those whose value was wrong and has no replacement.
    """

    instrument: Instrument | None = None
    regime: Regime | None = None
    final_number: str | None = None
    outcome: str | None = None
    source: str | None = None
    handling: Handling | None = None
    amends: tuple[str, ...] | None = None
    replaces: tuple[str, ...] | None = None
    external_ref: str | None = None
    cleared: tuple[Clearable, ...] = ()
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retitle(OnDraft):
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessScope(OnDraft):
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPolicy(OnDraft):
    policy_no: int
    title: str
    affected_groups: tuple[str, ...] = ()
    source: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendPolicy(OnDraft):
    policy_no: int
    title: str
    affected_groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovePolicy(OnDraft):
    policy_no: int
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterStage(OnDraft):
    """Enter a stage; a day may not lie in the future. The document is the paper that shows it."""

    stage: Stage
    entered_on: date
    precision: Precision = Precision.DAY
    what: str | None = None
    source: str | None = None
    document_no: str | None = None
    document_date: date | None = None
    issuer: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectStage(OnDraft):
    """Expect a stage on a day to come; None: it is no longer expected.

    `of_file`: a row of a file, which also gives days that have passed, and expectations of stages entered since.
    """

    stage: Stage
    expected_on: date | None
    precision: Precision = Precision.DAY
    session: str | None = None
    what: str | None = None
    source: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    of_file: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SummariseOpinions(OnDraft):
    """Record what a whole consultation brought; again, if it was recorded wrongly."""

    stage: Stage
    summarised_on: date
    received: int
    accepted: int | None = None
    explained: int | None = None
    agree: int | None = None
    disagree: int | None = None
    groups: Mapping[str, int] | None = None
    published_at: str | None = None
    counting_rule: str | None = None
    document: str | None = None
    source: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(OnDraft):
    """Go on in the stage that the suspension interrupted."""

    on: date
    what: str | None = None
    source: str | None = None
    document_no: str | None = None
    document_date: date | None = None
    issuer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectStage(OnDraft):
    """Correct an entry that was recorded wrongly.

    `entry_id` is the id of the event that recorded it, `was` its present values; None if there is no such entry.
    """

    entry_id: UUID
    was: Entry | None
    stage: Stage
    entered_on: date
    precision: Precision = Precision.DAY
    reason: str | None = None
    document_no: str | None = None
    document_date: date | None = None
    issuer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelStage(OnDraft):
    """Take back an entry that should not be there; `was` are its present values, None if there is no such entry."""

    entry_id: UUID
    was: Entry | None
    reason: str
    document: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAsRecorded(OnDraft):
    """The outcome column of an import: end on the latest day of all entries, unless something closed it."""

    end: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideProcedure(OnDraft):
    """Follow the ordinary or the simplified procedure, as decided by a document (Law 64/2025/QH15, Art. 50)."""

    procedure: Procedure
    document: str
    authority: str | None = None
    decided_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exempt(OnDraft):
    """Require no communication in some stages, or none at all if no stage is named."""

    document: str
    stages: tuple[Stage, ...] = ()
    authority: str | None = None
    decided_on: date | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelExemption(OnDraft):
    """Take an exemption back; `exemption_id` follows from what it says."""

    exemption_id: UUID
    reason: str
    document: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectExemption(OnDraft):
    """An exemption as it should stand, in the place of `exemption_id`, which was recorded wrongly."""

    exemption_id: UUID
    document: str
    stages: tuple[Stage, ...] = ()
    authority: str | None = None
    decided_on: date | None = None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(OnDraft):
    """Let another unit lead from a day on; `related` has that unit."""

    to_unit_code: str
    on: date
    document: str | None = None
    related: Related = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPosting(OnDraft):
    posting_id: UUID
    stage: Stage
    opened_on: date
    closes_on: date | None = None
    place: str | None = None
    source: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendPosting(OnDraft):
    posting_id: UUID
    closes_on: date
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePosting(OnDraft):
    posting_id: UUID
    closed_on: date
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelPosting(OnDraft):
    posting_id: UUID
    reason: str
    document: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPosting(OpenPosting):
    """A posting as a row of a file has it: opened, extended, closed; only what is new is recorded."""

    extended_to: tuple[date, ...] = ()
    closed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectPosting(OnDraft):
    """A posting as it should stand, in the place of `posting_id`, which was recorded wrongly.

    `extended_to` is the end after its last extension, `closed_on` its last day; None: it was not extended, not closed.
    """

    posting_id: UUID
    stage: Stage
    opened_on: date
    closes_on: date | None = None
    place: str | None = None
    extended_to: date | None = None
    closed_on: date | None = None
    reason: str
    document: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTransfer(OnDraft):
    """The draft is not the unit's own; it may name in its words whose it is. The decider names the unit by its code."""

    to_unit: str | None = None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideRequest(OnDraft):
    """Approve or refuse what a unit asked for; `wanted` is the command that an approval carries out."""

    request_id: UUID
    decision: RequestDecision
    document: str | None = None
    reason: str | None = None
    wanted: "Wanted | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRequest(OnDraft):
    """Answer or ask back without deciding."""

    request_id: UUID
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardRequest(OnDraft):
    """Pass a request on to another of those who may decide for the unit; `line` are they, in order."""

    request_id: UUID
    to_unit_code: str
    reason: str
    line: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawRequest(OnDraft):
    """Who asked asks no more."""

    request_id: UUID
    reason: str | None = None


PostingCommand = OpenPosting | ExtendPosting | ClosePosting | CancelPosting | RecordPosting
StageCommand = EnterStage | Resume | CorrectStage | CancelStage | EndAsRecorded
PolicyCommand = AddPolicy | AmendPolicy | RemovePolicy
ExemptionCommand = Exempt | CancelExemption | CorrectExemption
DecisionCommand = Retitle | AssessScope | DecideProcedure | ExemptionCommand | Transfer | Amend
RequestCommand = RequestTransfer | DecideRequest | AnswerRequest | ForwardRequest | WithdrawRequest
PreparationCommand = ExpectStage | SummariseOpinions
Wanted = DecisionCommand | PolicyCommand | StageCommand | PostingCommand | CorrectPosting | PreparationCommand
Command = Register | Wanted | RequestCommand

"""Events of the registry: units and drafts."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.event import Code, Event
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
    RequestKind,
    ScopeBasis,
    Stage,
    SuccessionKind,
    SupervisionKind,
    UnitChange,
    UnitClearable,
    UnitKind,
    UnitLevel,
)

Notes = dict[str, str]
Wanted = dict[str, Any]
"""The fields of a command as JSON, for one that is carried out later."""

MOST_POLICIES = 9999  # of one draft; held at the doors, never when the log is read


class UnitRegistered(Event, context="unit"):
    """A unit exists. `unit_code` is Loa's own, never reused; `province_code` is the official, dated one."""

    unit_code: Code
    unit_name: str
    level: UnitLevel
    kind: UnitKind
    parent_code: Code | None = None
    province_code: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    note: str | None = None
    source: str | None = None
    notes: Notes | None = None
    dataset: Dataset = Dataset.LIVE


class UnitAmended(Event, context="unit"):
    """What was registered wrongly is corrected as of the registration: None leaves a field as it is.

    `cleared` names those that have no value. What really changed on a day has events of its own.
    """

    unit_code: Code
    level: UnitLevel | None = None
    kind: UnitKind | None = None
    parent_code: Code | None = None
    province_code: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    cleared: tuple[UnitClearable, ...] = ()
    reason: str


class UnitRenamed(Event, context="unit"):
    unit_code: Code
    unit_name: str
    on: date
    legal_basis: str | None = None


class UnitMoved(Event, context="unit"):
    """The unit has another parent from `on`; null means none, and so does a field that is absent (before 0.2.0)."""

    unit_code: Code
    parent_code: Code | None
    on: date
    legal_basis: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_parent(cls, fields: Any) -> Any:
        return {"parent_code": None, **fields} if isinstance(fields, dict) else fields


class UnitSucceeded(Event, context="unit"):
    """`to_code` carries on what `unit_code` did, from `on`; several successors are several events."""

    unit_code: Code
    to_code: Code
    kind: SuccessionKind
    on: date
    legal_basis: str | None = None
    source: str | None = None
    notes: Notes | None = None


class UnitDissolved(Event, context="unit"):
    """The unit ended on `on` without a successor."""

    unit_code: Code
    on: date
    legal_basis: str | None = None
    source: str | None = None
    notes: Notes | None = None


class UnitTargetSet(Event, context="unit"):
    """The unit's own plan sets a target for a reporting year, in percent (0..100)."""

    unit_code: Code
    year: int
    target_percent: float = Field(ge=0, le=100)
    document: str | None = None
    notes: Notes | None = None


class UnitSupervisionSet(Event, context="unit"):
    """From `on`, `supervisor_code` follows the unit as `kind`; null: nobody is set any more, and the default holds."""

    unit_code: Code
    supervisor_code: Code | None
    kind: SupervisionKind
    on: date
    document: str | None = None
    notes: Notes | None = None


class UnitChangeCancelled(Event, context="unit"):
    """A change was recorded wrongly: it never held, on no day. What holds is said by the changes that remain.

    `change_id` is the id of its event, `change` what it said, `changed_on` from which day. To put another in its place
    is to record it anew; a cancellation is not cancelled.
    """

    unit_code: Code
    change_id: UUID
    change: UnitChange
    changed_on: date
    reason: str
    document: str | None = None


class DraftRegistered(Event, context="draft"):
    """A draft exists, from proposal to promulgation one lasting identity.

    `amends` and `replaces` name documents in force by their numbers; `external_ref` is its number in another system.
    """

    draft_id: UUID
    draft_code: Code
    title: str
    instrument: Instrument
    lead_unit_code: Code
    regime: Regime
    procedure: Procedure = Procedure.ORDINARY
    final_number: str | None = None
    outcome: str | None = None
    source: str | None = None
    notes: Notes = Field(default_factory=dict)
    dataset: Dataset = Dataset.LIVE
    handling: Handling | None = None
    amends: tuple[str, ...] | None = None
    replaces: tuple[str, ...] | None = None
    external_ref: str | None = None


class DraftAmended(Event, context="draft"):
    """What was registered wrongly, or became known later; None leaves a field as it was.

    `cleared` names the fields of which the value was wrong and no right one is known.
    """

    instrument: Instrument | None = None
    regime: Regime | None = None
    final_number: str | None = None
    outcome: str | None = None
    source: str | None = None
    cleared: tuple[Clearable, ...] = ()
    reason: str
    handling: Handling | None = None
    amends: tuple[str, ...] | None = None
    replaces: tuple[str, ...] | None = None
    external_ref: str | None = None


class DraftRetitled(Event, context="draft"):
    title: str


class DraftScopeAssessed(Event, context="draft"):
    """The four criteria of Decision 407/QĐ-TTg and, if a person decided, the explicit answer."""

    requires_proposal: Answer = Answer.UNKNOWN
    affects_rights: Answer = Answer.UNKNOWN
    contested: Answer = Answer.UNKNOWN
    wide_impact: Answer = Answer.UNKNOWN
    in_scope: Answer = Answer.UNKNOWN
    scope_basis: ScopeBasis | None = None
    state_secret: Answer | None = None


class DraftPolicyAdded(Event, context="draft"):
    policy_no: int = Field(ge=1)
    title: str
    affected_groups: tuple[str, ...] = ()
    source: str | None = None
    notes: Notes = Field(default_factory=dict)


class DraftPolicyAmended(Event, context="draft"):
    policy_no: int = Field(ge=1)
    title: str
    affected_groups: tuple[str, ...] = ()


class DraftPolicyRemoved(Event, context="draft"):
    policy_no: int = Field(ge=1)
    reason: str | None = None


class DraftStageEntered(Event, context="draft"):
    """The draft entered a stage; the event's id is the id of the entry (and of the gap it may begin).

    `document_no`, `document_date` and `issuer` are of the paper that shows it, as in all events that change the stage.
    """

    stage: Stage
    entered_on: date
    precision: Precision = Precision.DAY
    what: str | None = None
    source: str | None = None
    late: bool = False
    unusual: bool = False
    notes: Notes = Field(default_factory=dict)
    document_no: str | None = None
    document_date: date | None = None
    issuer: str | None = None


class DraftStageCorrected(Event, context="draft"):
    """An entry was recorded wrongly: `entry_id` names its event, `was_…` what it said, the rest is right.

    Of the paper only what is named changes.
    """

    entry_id: UUID
    was_stage: Stage
    was_entered_on: date
    was_precision: Precision = Precision.DAY
    stage: Stage
    entered_on: date
    precision: Precision = Precision.DAY
    reason: str | None = None
    document_no: str | None = None
    document_date: date | None = None
    issuer: str | None = None


class DraftStageCancelled(Event, context="draft"):
    """An entry was recorded wrongly: the draft never entered that stage then. To enter it after all is a new entry.

    `entry_id` names its event, `stage` to `resumed` are what it said last.
    """

    entry_id: UUID
    stage: Stage
    entered_on: date
    precision: Precision = Precision.DAY
    resumed: bool = False
    reason: str
    document: str | None = None


class DraftStageExpected(Event, context="draft"):
    """The draft is to enter a stage on a day to come; null: that is no longer expected. Of one stage the last one holds.

    It changes no verdict: what happened is recorded by the entry, which ends the expectation. `session` is that of the
    council or body which is to decide.
    """

    stage: Stage
    expected_on: date | None
    precision: Precision = Precision.DAY
    session: str | None = None
    what: str | None = None
    source: str | None = None
    notes: Notes | None = None


class DraftOpinionsSummarised(Event, context="draft"):
    """What a whole consultation of the draft brought, of which the last summary of a stage holds.

    It is shown beside the opinions of single communications, and never added to them. `groups` are opinions by group of
    people or way of answering; they need not add up. `counting_rule` says what was counted and what was not.
    """

    stage: Stage
    summarised_on: date
    received: int = Field(ge=0)
    accepted: int | None = Field(default=None, ge=0)
    explained: int | None = Field(default=None, ge=0)
    agree: int | None = Field(default=None, ge=0)
    disagree: int | None = Field(default=None, ge=0)
    groups: dict[str, int] | None = None
    published_at: str | None = None
    document: str | None = None
    source: str | None = None
    notes: Notes | None = None
    counting_rule: str | None = None


class DraftCommunicationExempted(Event, context="draft"):
    """No communication is required: for the named stages, or for the whole draft if there are none."""

    stages: tuple[Stage, ...] = ()
    document: str
    authority: str | None = None
    decided_on: date | None = None
    notes: Notes | None = None


class DraftExemptionCancelled(Event, context="draft"):
    """An exemption was recorded wrongly, or was withdrawn: it never held. To exempt the draft again is a new exemption.

    `exemption_id` follows from what the exemption says (`shared.contracts.event.exemption_id`).
    """

    exemption_id: UUID
    reason: str
    document: str | None = None


class DraftProcedureDecided(Event, context="draft"):
    """The draft goes by this procedure; the simplified one by the document that allows it.

    Law 64/2025/QH15, Art. 50: the grounds, and who decides.
    """

    procedure: Procedure
    document: str
    authority: str | None = None
    decided_on: date | None = None


class DraftPostingOpened(Event, context="draft"):
    """The draft is posted for comment from `opened_on`, as planned until the end of `closes_on`."""

    posting_id: UUID
    stage: Stage
    opened_on: date
    closes_on: date | None = None
    place: str | None = None
    source: str | None = None
    notes: Notes = Field(default_factory=dict)


class DraftPostingExtended(Event, context="draft"):
    """The posting is to run until the end of `closes_on`."""

    posting_id: UUID
    closes_on: date
    reason: str | None = None


class DraftPostingClosed(Event, context="draft"):
    """The posting ended with `closed_on`, its last day; to post again is a new posting."""

    posting_id: UUID
    closed_on: date
    reason: str | None = None


class DraftPostingCancelled(Event, context="draft"):
    """A posting was recorded wrongly: it never was. To post after all is a new posting."""

    posting_id: UUID
    reason: str
    document: str | None = None


class DraftTransferred(Event, context="draft"):
    """Another unit leads the draft from `on`."""

    to_unit_code: Code
    on: date
    document: str | None = None


class DraftSuspended(Event, context="draft"):
    on: date
    precision: Precision = Precision.DAY
    what: str | None = None
    source: str | None = None
    late: bool = False
    notes: Notes | None = None
    document_no: str | None = None
    document_date: date | None = None
    issuer: str | None = None


class DraftResumed(Event, context="draft"):
    """The draft goes on in `stage`, the one that its suspension had interrupted."""

    stage: Stage
    on: date
    precision: Precision = Precision.DAY
    what: str | None = None
    source: str | None = None
    late: bool = False
    notes: Notes | None = None
    document_no: str | None = None
    document_date: date | None = None
    issuer: str | None = None


class DraftWithdrawn(Event, context="draft"):
    on: date
    precision: Precision = Precision.DAY
    what: str | None = None
    source: str | None = None
    notes: Notes | None = None
    document_no: str | None = None
    document_date: date | None = None
    issuer: str | None = None


class DraftMerged(Event, context="draft"):
    on: date
    precision: Precision = Precision.DAY
    into_draft_code: Code | None = None
    what: str | None = None
    source: str | None = None
    notes: Notes | None = None
    document_no: str | None = None
    document_date: date | None = None
    issuer: str | None = None


class DraftRequestRaised(Event, context="draft"):
    """The unit that owes a duty asks for a fact that lowers it; nothing changes until its decider approves.

    `wanted` are the fields of the command `command` that is carried out then. `decider_code` is the body that
    decides on the day of raising; None if the tree of units named none. `gap_id` is that of the mail that was answered.
    """

    request_id: UUID
    kind: RequestKind
    command: str
    wanted: Wanted
    unit_code: Code
    raised_on: date
    decider_code: Code | None = None
    document: str | None = None
    reason: str | None = None
    gap_id: UUID | None = None
    stage: Stage | None = None
    recipient_id: UUID | None = None


class DraftRequestDecided(Event, context="draft"):
    """A request is settled; the events that an approval brings about follow in the same batch.

    `by_unit_code` is the unit of who decided; None for one who acts for no unit (an operator).
    """

    request_id: UUID
    kind: RequestKind
    decision: RequestDecision
    on: date
    unit_code: Code
    by_unit_code: Code | None = None
    document: str | None = None
    reason: str | None = None


class DraftRequestAnswered(Event, context="draft"):
    """Who decides answers or asks back without deciding: the request goes on waiting, and so does its clock.

    `unit_code` is the unit that asked, `by_unit_code` that of who answered; None for one who acts for no unit.
    """

    request_id: UUID
    kind: RequestKind
    on: date
    unit_code: Code
    by_unit_code: Code | None = None
    reply: str


class DraftRequestForwarded(Event, context="draft"):
    """From `on` another body that follows the unit decides; the period for the answer goes on."""

    request_id: UUID
    kind: RequestKind
    on: date
    unit_code: Code
    to_unit_code: Code
    by_unit_code: Code | None = None
    reason: str


UnitFact = (
    UnitRegistered
    | UnitAmended
    | UnitRenamed
    | UnitMoved
    | UnitSucceeded
    | UnitDissolved
    | UnitTargetSet
    | UnitSupervisionSet
)
"""What is recorded of a unit. A cancellation is none of them: it says which of them never held (`facts_of_unit` of the directory)."""
UnitEvent = UnitFact | UnitChangeCancelled
DraftEvent = (
    DraftRegistered
    | DraftAmended
    | DraftRetitled
    | DraftScopeAssessed
    | DraftPolicyAdded
    | DraftPolicyAmended
    | DraftPolicyRemoved
    | DraftStageEntered
    | DraftStageCorrected
    | DraftStageCancelled
    | DraftStageExpected
    | DraftOpinionsSummarised
    | DraftCommunicationExempted
    | DraftExemptionCancelled
    | DraftProcedureDecided
    | DraftPostingOpened
    | DraftPostingExtended
    | DraftPostingClosed
    | DraftPostingCancelled
    | DraftTransferred
    | DraftSuspended
    | DraftResumed
    | DraftWithdrawn
    | DraftMerged
    | DraftRequestRaised
    | DraftRequestDecided
    | DraftRequestAnswered
    | DraftRequestForwarded
)

"""What is known of one draft: the only input of the rules, whatever the order in which it was recorded."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.contracts.vocabulary import (
    Answer,
    Channel,
    CommunicationRole,
    Instrument,
    Precision,
    Procedure,
    Regime,
    ScopeBasis,
    Stage,
)

WHOLE_DRAFT = 0  # the number of the implicit policy "Toàn văn dự thảo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The four criteria of Decision 407/QĐ-TTg, and the explicit answer of a person, if there is one.

    What is a state secret has no proposal to be communicated, whatever the criteria say.
    """

    requires_proposal: Answer = Answer.UNKNOWN
    affects_rights: Answer = Answer.UNKNOWN
    contested: Answer = Answer.UNKNOWN
    wide_impact: Answer = Answer.UNKNOWN
    state_secret: Answer = Answer.UNKNOWN
    explicit: Answer = Answer.UNKNOWN
    basis: ScopeBasis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageEntry:
    """The draft entered `stage` on a day of [`entered_on`, end of the month or year if less precise].

    `resumed` marks an entry that goes on after a suspension: on the day of that suspension it stands
    after it. `entry_id` is the id of the event that recorded it. `late`: later ones were recorded before.
    """

    entry_id: UUID
    stage: Stage
    entered_on: date
    precision: Precision = Precision.DAY
    resumed: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One posting of the draft for comment; `closed_on` is its last day, `extended_to` its ends as moved."""

    posting_id: UUID
    stage: Stage
    opened_on: date
    closes_on: date | None = None
    extended_to: tuple[date, ...] = ()
    closed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Communication:
    """One carried-out activity; no policies, or 0 among them, means the whole draft.

    `role` and `unit_code` are as recorded: without them it is of the lead unit (`shared.rules.roles`).
    """

    communication_id: UUID
    held_on: date
    precision: Precision = Precision.DAY
    policies: frozenset[int] = frozenset()
    role: CommunicationRole | None = None
    unit_code: str | None = None
    channel: Channel = Channel.OTHER
    verified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """No stages: the whole draft is exempted."""

    stages: frozenset[Stage] = frozenset()
    document: str = ""
    authority: str | None = None
    decided_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    on: date
    unit_code: str
    document: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFacts:
    """Everything that the rules look at. `policies` are the named ones; empty means the implicit one.

    `postings` and `procedure_document` (which allows the simplified procedure) serve findings, never verdicts.
    """

    draft_id: UUID
    instrument: Instrument
    regime: Regime
    procedure: Procedure
    lead_unit_code: str
    scope: Scope = Scope()
    policies: frozenset[int] = frozenset()
    entries: tuple[StageEntry, ...] = ()
    communications: tuple[Communication, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    postings: tuple[Posting, ...] = ()
    procedure_document: str | None = None

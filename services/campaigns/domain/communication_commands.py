"""Commands on communications: flat, with fields of their own; all are about a draft."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.campaigns.domain.draft import OnDraft
from shared.contracts.campaigns import CommunicationRecorded
from shared.contracts.vocabulary import Channel, CommunicationRole, ContentItem, Dataset, Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The evidence of an activity: a link, or the SHA-256 of a file; with size and media type Loa keeps it."""

    evidence_id: UUID
    title: str | None = None
    url: str | None = None
    sha256: str | None = None
    captured_on: date | None = None
    reach: str | None = None
    size: int | None = None
    media_type: str | None = None
    unit_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity(OnDraft):
    """What is stated of a carried-out activity; no policies means the whole draft.

    `unit_code` performed it (None: the lead unit of that day), in `role` (None: it follows from the unit).
    """

    held_on: date
    precision: Precision = Precision.DAY
    channel: Channel
    title: str
    policies: tuple[int, ...] = ()
    organiser: str | None = None
    place: str | None = None
    attendance: int | None = None
    reach: str | None = None
    url: str | None = None
    activity_id: UUID | None = None
    content: tuple[ContentItem, ...] | None = None
    role: CommunicationRole | None = None
    requested_role: CommunicationRole | None = None
    unit_code: str | None = None
    coordinating_units: tuple[str, ...] | None = None
    audience: tuple[str, ...] | None = None
    area: tuple[str, ...] | None = None
    items: int | None = None
    reach_count: int | None = None
    cost_state: int | None = None
    cost_social: int | None = None
    language: str | None = None
    activity_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Activity):
    """Record an activity, with the evidence that came together with it."""

    communication_id: UUID
    notes: Mapping[str, str] = field(default_factory=dict)
    dataset: Dataset = Dataset.LIVE
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Correct(Activity):
    """State how the activity really was: every field is replaced, but the notes of the first record."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retract(OnDraft):
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify(OnDraft):
    """Confirm a recorded activity; with `as_recorded` only if it is unchanged (a file may repeat it)."""

    verified_on: date
    by_unit_code: str | None = None
    note: str | None = None
    as_recorded: CommunicationRecorded | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseVerification(OnDraft):
    """Do not confirm a recorded activity, with the reason for its unit."""

    reason: str
    by_unit_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm(OnDraft):
    """The lead unit confirms that another unit's communication was done with or for the drafting body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach(OnDraft):
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Erase(OnDraft):
    """Delete the kept file of an evidence."""

    evidence_id: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summarise(OnDraft):
    """State what became of comments; `only_first` leaves a summary that is there already (as a file does)."""

    received: int
    accepted: int = 0
    explained: int = 0
    explanation_url: str | None = None
    explained_on: date | None = None
    only_first: bool = False


Addition = Verify | Attach | Erase | Summarise
Command = Record | Correct | Retract | Confirm | RefuseVerification | Addition

"""Events of campaigns: the communication plan of a draft, and carried-out communication work."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.contracts.event import Code, Event
from shared.contracts.vocabulary import Channel, CommunicationRole, ContentItem, Dataset, Precision, Stage


class _Activity(Event):
    """What is known of one carried-out activity; no policies means the whole draft.

    `activity_id` is the planned activity (`plan.activity_planned`) that was carried out, if one was; `content` ticks
    what was told of the six items, None where nobody said.

    `unit_code` performed it in `role`; without a role it is the lead's if the unit is empty or led the draft on the first
    day of the activity, else support. `requested_role` is what a unit that doesn't lead the draft asked to be confirmed
    (`communication.role_confirmed`). `coordinating_units` are codes or words. `items` (at least 1) counts a series, such as
    broadcasts; `cost_state` and `cost_social` are in đồng; activities of one `activity_code` are one event of its unit.
    """

    communication_id: UUID
    draft_id: UUID
    draft_code: Code
    held_on: date
    precision: Precision = Precision.DAY
    channel: Channel
    title: str
    policies: tuple[int, ...] = ()
    organiser: str | None = None
    place: str | None = None
    attendance: int | None = Field(default=None, ge=0)
    reach: str | None = None
    url: str | None = None
    activity_id: UUID | None = None
    content: tuple[ContentItem, ...] | None = None
    notes: dict[str, str] = Field(default_factory=dict)
    role: CommunicationRole | None = None
    requested_role: CommunicationRole | None = None
    unit_code: Code | None = None
    coordinating_units: tuple[str, ...] | None = None
    audience: tuple[str, ...] | None = None
    area: tuple[str, ...] | None = None
    items: int | None = Field(default=None, ge=1)
    reach_count: int | None = Field(default=None, ge=0)
    cost_state: int | None = Field(default=None, ge=0)
    cost_social: int | None = Field(default=None, ge=0)
    language: str | None = None
    activity_code: Code | None = None


class CommunicationRecorded(_Activity, context="communication"):
    dataset: Dataset = Dataset.LIVE


class CommunicationCorrected(_Activity, context="communication"):
    """The activity as it really was: replaces every field."""

    reason: str | None = None


class CommunicationRetracted(Event, context="communication"):
    """The activity did not take place, or was recorded by mistake."""

    communication_id: UUID
    draft_id: UUID
    draft_code: Code
    reason: str | None = None


class _Of(Event):
    communication_id: UUID
    draft_id: UUID
    draft_code: Code


class CommunicationVerified(_Of, context="communication"):
    """Whoever follows the scheme confirms what was claimed; a later correction makes it a claim again."""

    verified_on: date
    by_unit_code: Code | None = None
    note: str | None = None


class CommunicationVerificationRefused(_Of, context="communication"):
    """Whoever follows the scheme does not confirm what was claimed, and says why; a correction makes it a claim again.

    It changes no verdict. `unit_code` is the unit that performed it; `title`, `held_on` and `channel` are as they were then.
    """

    refused_on: date
    reason: str
    unit_code: Code
    by_unit_code: Code | None = None
    title: str
    held_on: date
    precision: Precision = Precision.DAY
    channel: Channel


class CommunicationRoleConfirmed(_Of, context="communication"):
    """The lead unit of the draft confirms that another unit did it with or for the drafting body."""

    role: CommunicationRole
    by_unit_code: Code | None = None


class CommunicationEvidenceAttached(_Of, context="communication"):
    """What shows the activity: a link, or the SHA-256 (64 hexadecimal digits) of a file.

    With `size` (bytes) and `media_type` Loa keeps the file itself, for `unit_code`; else it is kept elsewhere.
    """

    evidence_id: UUID
    title: str | None = None
    url: str | None = None
    sha256: str | None = None
    captured_on: date | None = None
    reach: str | None = None
    size: int | None = Field(default=None, ge=0)
    media_type: str | None = None
    unit_code: Code | None = None


class CommunicationEvidenceErased(_Of, context="communication"):
    """The kept file of an evidence is deleted; its SHA-256 stays, so that a copy can still be recognised."""

    evidence_id: UUID
    sha256: str
    reason: str


class CommunicationFeedbackSummarised(_Of, context="communication"):
    """Comments received, taken up and explained, and where that was published (Law 64/2025/QH15, Art. 6).

    A later summary takes the place of an earlier one.
    """

    received: int = Field(ge=0)
    accepted: int = Field(default=0, ge=0)
    explained: int = Field(default=0, ge=0)
    explanation_url: str | None = None
    explained_on: date | None = None


CommunicationEvent = (
    CommunicationRecorded
    | CommunicationCorrected
    | CommunicationRetracted
    | CommunicationVerified
    | CommunicationVerificationRefused
    | CommunicationRoleConfirmed
    | CommunicationEvidenceAttached
    | CommunicationEvidenceErased
    | CommunicationFeedbackSummarised
)


class PlanApproved(Event, context="plan"):
    """The communication plan of a draft stands in a document; a later approval takes its place."""

    draft_id: UUID
    draft_code: Code
    document: str
    approved_on: date
    authority: str | None = None
    note: str | None = None
    notes: dict[str, str] = Field(default_factory=dict)
    dataset: Dataset = Dataset.LIVE


class _Planned(Event):
    activity_id: UUID
    draft_id: UUID
    draft_code: Code


class PlanActivityPlanned(_Planned, context="plan"):
    """Something is to be done on a day (or in a month or year, by its first day).

    `stage` and `gap_id` say what it is for; without `responsible_unit_code` the lead unit of the draft is
    responsible. `budget` is in đồng.
    """

    planned_on: date
    precision: Precision = Precision.DAY
    stage: Stage | None = None
    gap_id: UUID | None = None
    channel: Channel | None = None
    title: str | None = None
    audience: str | None = None
    area: str | None = None
    responsible_unit_code: Code | None = None
    budget: int | None = Field(default=None, ge=0)
    notes: dict[str, str] = Field(default_factory=dict)
    dataset: Dataset = Dataset.LIVE


class PlanActivityRescheduled(_Planned, context="plan"):
    planned_on: date
    precision: Precision = Precision.DAY
    reason: str | None = None


class PlanActivityCancelled(_Planned, context="plan"):
    reason: str | None = None


PlanEvent = PlanApproved | PlanActivityPlanned | PlanActivityRescheduled | PlanActivityCancelled

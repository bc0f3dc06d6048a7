"""How campaigns shows a communication."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel

from services.campaigns.application.projections import content_of
from services.campaigns.domain.communication import Communication
from shared.contracts.vocabulary import Channel, CommunicationRole, ContentItem, Dataset, Precision
from shared.eventstore.handle import History


class VerificationView(BaseModel):
    verified_on: date
    by_unit_code: str | None = None
    note: str | None = None


class RefusalView(BaseModel):
    refused_on: date
    reason: str
    unit_code: str
    by_unit_code: str | None = None


class EvidenceView(BaseModel):
    evidence_id: UUID
    title: str | None = None
    url: str | None = None
    sha256: str | None = None
    captured_on: date | None = None
    reach: str | None = None
    size: int | None = None
    media_type: str | None = None
    unit_code: str | None = None
    erased: bool = False


class FeedbackView(BaseModel):
    received: int
    accepted: int
    explained: int
    explanation_url: str | None = None
    explained_on: date | None = None


class CommunicationView(BaseModel):
    """A communication as it stands after all corrections; no policies means the whole draft.

    `role` and `unit_code` are as recorded (null: of the lead unit); `requested_role` waits for the lead unit.
    Without `verification` it is unverified; `verification_refusal` says why not, if somebody looked. `content` is null where nobody ticked the six items.
    """

    communication_id: UUID
    draft_id: UUID
    draft_code: str
    held_on: date
    precision: Precision
    channel: Channel
    title: str
    policies: list[int]
    organiser: str | None
    place: str | None
    attendance: int | None
    reach: str | None
    url: str | None
    activity_id: UUID | None
    content: list[ContentItem] | None
    role: CommunicationRole | None
    requested_role: CommunicationRole | None
    unit_code: str | None
    coordinating_units: list[str] | None
    audience: list[str] | None
    area: list[str] | None
    items: int | None
    reach_count: int | None
    cost_state: int | None
    cost_social: int | None
    language: str | None
    activity_code: str | None
    verification: VerificationView | None
    verification_refusal: RefusalView | None = None
    evidence: list[EvidenceView]
    feedback: FeedbackView | None
    notes: dict[str, str]
    dataset: Dataset
    retracted: bool
    retraction_reason: str | None
    version: int


class CommunicationItem(CommunicationView):
    """A communication in a list; `cursor` is its place there."""

    cursor: str


def communication_view(communication: Communication, history: History) -> CommunicationView:
    retracted = communication.retracted
    shown = {
        **communication.activity.model_dump(mode="json", exclude={"dataset", "reason"}),
        "dataset": communication.recorded.dataset,
        "verification": content_of(communication.verified),
        "verification_refusal": content_of(communication.unverified),
        "evidence": [
            {**(content_of(evidence) or {}), "erased": evidence.evidence_id in communication.erased}
            for evidence in communication.evidence
        ],
        "feedback": content_of(communication.feedback),
        "retracted": retracted is not None,
        "retraction_reason": retracted.reason if retracted else None,
        "version": history.version.count,
    }
    return CommunicationView.model_validate(shown)

"""How campaigns shows a communication."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel

from services.campaigns.domain.communication import Communication
from shared.contracts.vocabulary import Channel, Dataset, Precision
from shared.eventstore.port import History


class CommunicationView(BaseModel):
    """A communication as it stands after all corrections; no policies means the whole draft."""

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
        "retracted": retracted is not None,
        "retraction_reason": retracted.reason if retracted else None,
        "version": history.version.count,
    }
    return CommunicationView.model_validate(shown)

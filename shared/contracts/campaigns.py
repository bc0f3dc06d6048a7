"""Events of campaigns: carried-out communication work."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.contracts.event import Code, Event
from shared.contracts.vocabulary import Channel, Dataset, Precision


class _Activity(Event):
    """What is known of one carried-out activity; no policies means the whole draft."""

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
    notes: dict[str, str] = Field(default_factory=dict)


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


CommunicationEvent = CommunicationRecorded | CommunicationCorrected | CommunicationRetracted

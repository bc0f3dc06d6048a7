"""Request bodies of campaigns' API, and the commands that they mean."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field

from services.campaigns.domain import communication_commands as asked
from services.campaigns.domain.communication import MOST_PEOPLE, policies_meant
from services.campaigns.domain.draft import Given
from shared.contracts.vocabulary import Channel, ContentItem, Precision
from shared.http.request_context import Body, example
from shared.text_checks.days import FactDay

Title = Annotated[str, Field(min_length=1, max_length=2000)]
Words = Annotated[str, Field(max_length=2000)]
Policies = Annotated[tuple[int, ...], AfterValidator(policies_meant)]


class Activity(Body):
    """The recorded fields of a carried-out activity; no policies (or 0) means the whole draft."""

    held_on: FactDay
    precision: Precision = Precision.DAY
    channel: Channel
    title: Title
    policies: Policies = ()
    organiser: Words | None = None
    place: Words | None = None
    attendance: int | None = Field(default=None, ge=0, le=MOST_PEOPLE)
    reach: Words | None = None
    url: Words | None = None
    activity_id: UUID | None = Field(default=None, description="the planned activity that was carried out")
    content: tuple[ContentItem, ...] | None = Field(
        default=None,
        max_length=6,
        description="the communicated ones of the six items of Decision 407/QĐ-TTg",
    )

    def fields(self) -> dict[str, Any]:
        return self.model_dump(include=set(Activity.model_fields))


class NewCommunication(Activity):
    """`id` is optional: the caller's own, so that sending twice records once (as does Idempotency-Key)."""

    model_config = example(
        held_on="2025-03-05",
        channel="panel_talk",
        title="Tọa đàm về chính sách bỏ khung giá đất",
        policies=[1],
        place="Hà Nội",
        attendance=120,
    )

    id: UUID | None = None

    def command(self, communication_id: UUID, given: Given) -> asked.Record:
        return asked.Record(communication_id=communication_id, **self.fields(), **given)


class Correction(Activity):
    """The activity as it really was; it replaces every field."""

    model_config = example(
        held_on="2025-03-06",
        channel="panel_talk",
        title="Tọa đàm về chính sách bỏ khung giá đất",
        policies=[1],
        reason="Ghi nhầm ngày.",
    )

    reason: Words | None = None

    def command(self, given: Given) -> asked.Correct:
        return asked.Correct(reason=self.reason, **self.fields(), **given)


class Retraction(Body):
    model_config = example(reason="Hoạt động không diễn ra.")

    reason: Words | None = None

    def command(self, given: Given) -> asked.Retract:
        return asked.Retract(reason=self.reason, **given)

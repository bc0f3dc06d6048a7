"""Bodies of requests about communications and their evidence."""

import re
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from services.campaigns.domain import communication_commands as asked
from services.campaigns.domain.communication import MOST_PEOPLE, policies_meant
from services.campaigns.domain.draft import Given
from shared.contracts.event import communication_id, evidence_id
from shared.contracts.vocabulary import Channel, ContentItem, Precision
from shared.http.request_context import Body, example
from shared.text_checks.days import FactDay
from shared.text_checks.event_texts import WebAddress

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
    url: WebAddress | None = None
    activity_id: UUID | None = Field(default=None, description="the planned activity that was carried out")
    content: tuple[ContentItem, ...] | None = Field(
        default=None,
        max_length=6,
        description="the communicated ones of the six items of Decision 407/QĐ-TTg",
    )

    def fields(self) -> dict[str, Any]:
        return self.model_dump(include=set(Activity.model_fields))


class NewCommunication(Activity):
    """`id` is optional: the caller's own, so that sending twice records once (as does Idempotency-Key).

    It is a drawn one (UUIDv4, UUIDv7), or the natural one of the row of a file with this content.
    """

    model_config = example(
        held_on="2025-03-05",
        channel="panel_talk",
        title="Tọa đàm về chính sách bỏ khung giá đất",
        policies=[1],
        place="Hà Nội",
        attendance=120,
    )

    id: UUID | None = None

    def natural_id(self, draft_code: str) -> UUID:
        """Give the id that the row of a file with this content has."""
        return communication_id(
            draft_code, self.held_on, self.precision, self.channel, self.title, self.policies
        )

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


DIGEST = r"^[0-9a-fA-F]{64}$"


def _digest(value: str) -> str:
    if not re.fullmatch(DIGEST, value):
        vi = "phải là mã băm SHA-256 gồm 64 chữ số thập lục phân (0–9, a–f), ví dụ do lệnh sha256sum in ra"
        en = "must be a SHA-256 of 64 hexadecimal digits (0-9, a-f), as sha256sum prints it"
        raise PydanticCustomError("sha256", "{en}", {"vi": vi, "en": en})
    return value.lower()


Digest = Annotated[str, AfterValidator(_digest), WithJsonSchema({"type": "string", "pattern": DIGEST})]
Count = Annotated[int, Field(ge=0, le=MOST_PEOPLE)]


class Verification(Body):
    """The supervising unit has checked it; `verified_on` is today if it is not given."""

    model_config = example(verified_on="2025-03-20", note="Đã đối chiếu với biên bản hội nghị.")

    verified_on: FactDay | None = None
    note: Words | None = None

    def command(self, by: str | None, given: Given) -> asked.Verify:
        day = self.verified_on or given["today"]
        return asked.Verify(verified_on=day, by_unit_code=by, note=self.note, **given)


class Evidence(Body):
    """Evidence of the activity: a link, or the SHA-256 (hexadecimal) of a kept file, or both."""

    model_config = example(
        url="https://example.vn/hoi-nghi-gop-y",
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        captured_on="2025-03-06",
        reach="1.250 lượt xem",
    )

    title: Words | None = None
    url: WebAddress | None = None
    sha256: Digest | None = None
    captured_on: FactDay | None = None
    reach: Words | None = None

    def command(self, communication_id: UUID, given: Given) -> asked.Attach:
        number = evidence_id(communication_id, self.url, self.sha256)
        return asked.Attach(evidence=asked.Evidence(evidence_id=number, **self.model_dump()), **given)


class Feedback(Body):
    """Comments that came in, those taken up, those explained; and where the explanation was published."""

    model_config = example(
        received=42, accepted=30, explained=12, explanation_url="https://example.vn/tiep-thu-giai-trinh"
    )

    received: Count
    accepted: Count = 0
    explained: Count = 0
    explanation_url: WebAddress | None = None
    explained_on: FactDay | None = None

    def command(self, given: Given) -> asked.Summarise:
        return asked.Summarise(**self.model_dump(), **given)

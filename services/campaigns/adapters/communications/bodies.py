"""Bodies of requests about communications and their evidence."""

import re
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from services.campaigns.domain import communication_commands as asked
from services.campaigns.domain.communication import MOST_PEOPLE, MOST_REACHED, policies_meant
from services.campaigns.domain.draft import Given
from services.campaigns.domain.plan import MOST_MONEY
from shared.bulk_import.row_parsing import listed_names, listed_words
from shared.contracts.event import Code, evidence_id
from shared.contracts.vocabulary import Channel, CommunicationRole, ContentItem, Precision
from shared.http.requests.request_context import Body, example
from shared.text_checks.days import FactDay
from shared.text_checks.event_texts import WebAddress

Title = Annotated[str, Field(min_length=1, max_length=2000)]
Words = Annotated[str, Field(max_length=2000)]
Policies = Annotated[tuple[int, ...], AfterValidator(policies_meant)]


def _none_if_empty(words: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return words or None


MOST_WORDS = 50  # of one list
_Each = Annotated[str, Field(min_length=1, max_length=300)]
_Listed = Annotated[tuple[_Each, ...], Field(max_length=MOST_WORDS)]
CodesOrWords = Annotated[_Listed | None, BeforeValidator(listed_words), AfterValidator(_none_if_empty)]
Areas = Annotated[_Listed | None, BeforeValidator(listed_names), AfterValidator(_none_if_empty)]


class Performed(BaseModel):
    """Who did it, for whom and what it took: over HTTP and in a file alike."""

    role: CommunicationRole | None = Field(
        default=None, description="lead, coordinating or support; if absent it follows from unit_code"
    )
    unit_code: Code | None = Field(
        default=None, description="the performing unit; if absent the lead unit of the draft on that day"
    )
    coordinating_units: CodesOrWords = Field(default=None, description="who else took part: codes or words")
    audience: CodesOrWords = None
    area: Areas = None
    items: int | None = Field(
        default=None,
        ge=1,
        le=MOST_PEOPLE,
        description="number of items of a series, such as broadcasts of a day",
    )
    reach_count: int | None = Field(default=None, ge=0, le=MOST_REACHED)
    cost_state: int | None = Field(
        default=None, ge=0, le=MOST_MONEY, description="from the state budget, đồng"
    )
    cost_social: int | None = Field(default=None, ge=0, le=MOST_MONEY, description="from other sources, đồng")
    language: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    activity_code: Code | None = Field(
        default=None,
        description="rows of one unit, code and reporting year are one activity: one conference on five drafts",
    )


class Activity(Performed, Body):
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


class VerificationRefusal(Body):
    """What was claimed is not confirmed; the reason goes to the unit by mail."""

    model_config = example(reason="Minh chứng là của một hội nghị khác; đề nghị bổ sung biên bản.")

    reason: Words

    def command(self, by: str | None, given: Given) -> asked.RefuseVerification:
        return asked.RefuseVerification(reason=self.reason, by_unit_code=by, **given)


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

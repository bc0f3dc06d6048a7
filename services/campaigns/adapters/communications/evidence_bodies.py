"""Request bodies of verification, evidence and feedback of a communication."""

import re
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from services.campaigns.adapters.communications.bodies import Words
from services.campaigns.domain import communication_commands as asked
from services.campaigns.domain.communication import MOST_PEOPLE
from services.campaigns.domain.draft import Given
from shared.contracts.ids import evidence_id
from shared.http.request_context import Body, example
from shared.text_checks.days import FactDay

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
    url: Words | None = None
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
    explanation_url: Words | None = None
    explained_on: FactDay | None = None

    def command(self, given: Given) -> asked.Summarise:
        return asked.Summarise(**self.model_dump(), **given)

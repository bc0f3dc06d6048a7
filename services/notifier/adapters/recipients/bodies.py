"""What comes in over HTTP and in import rows, checked and turned into recipients."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from services.notifier.domain.recipients.audience import Recipient
from shared.bulk_import.row_parsing import ImportRow
from shared.contracts.event import Code
from shared.contracts.vocabulary import Language, RecipientRole
from shared.http.requests.request_context import Body, example
from shared.text_checks.days import Day

# One plain mailbox, in ASCII (no name, no list, nothing that could begin another header), or a channel's name.
_ADDRESS = r"^([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+|channel:[a-z0-9-]{1,60})$"


def _lower(address: str) -> str:
    return address.lower()


Email = Annotated[str, StringConstraints(pattern=_ADDRESS, max_length=254), AfterValidator(_lower)]


class RecipientBody(Body):
    model_config = example(role="focal_point", email="dau.moi@stp.example.vn", language="vi")

    role: RecipientRole
    email: Email
    language: Language = Language.VI
    valid_from: Day | None = None
    valid_to: Day | None = None
    calendar: bool = Field(default=False, description="attach the due days as a calendar file")
    stands_in_for: Email | None = Field(
        default=None,
        description="the address on the same list whose reader is absent until `valid_to`: the role is no more than theirs",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        return self

    def recipient(self, unit_code: str, recipient_id: UUID) -> Recipient:
        return Recipient(recipient_id=recipient_id, unit_code=unit_code, **self.model_dump())


class RecipientRow(ImportRow):
    unit_code: Code
    role: RecipientRole
    email: Email
    language: Language = Language.VI

    def recipient(self, recipient_id: UUID) -> Recipient:
        return Recipient(recipient_id=recipient_id, **self.model_dump(include=set(RecipientRow.model_fields)))


class TickBody(Body):
    """`at` is a moment or a day (then 08:00 in Vietnam); null means now."""

    model_config = example(at="2026-11-23")

    at: str | None = None


class SnoozeBody(Body):
    """`until` is the last day on which reminders rest; what is overdue still goes up the tree of units."""

    model_config = example(until="2026-11-27", reason="Đã lên lịch hội nghị, chờ ngày tổ chức")

    until: Day
    reason: str | None = Field(default=None, min_length=3, max_length=500)

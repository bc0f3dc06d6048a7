"""Bodies of requests about entries of a programme."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, model_validator

from services.campaigns.adapters.communications.bodies import Title, Words
from services.campaigns.adapters.programmes.rows import MOST, former_id, natural_id, with_due
from services.campaigns.domain.plan import MOST_MONEY
from services.campaigns.domain.programme import Record
from shared.contracts.event import Acting, Code
from shared.contracts.vocabulary import DuePrecision, Precision, ProgrammeKind, ReportPeriod
from shared.http.requests.request_context import Body, example
from shared.text_checks.days import Day, FactDay

Reference = Annotated[str, Field(min_length=1, max_length=100)]


class EntryContent(Body):
    """What an entry says. People are counted, never named; `amount` is in đồng.

    `due_on` is a day, or any month, quarter or year (2024-03, 2024-Q1, 2024), or the first or last day of what
    `due_precision` names.
    """

    entry_ref: Reference | None = Field(
        default=None, description="the name by which others refer to the entry"
    )
    document: Words | None = None
    happened_on: FactDay | None = None
    precision: Precision = Precision.DAY
    year_reason: Words | None = Field(default=None, description="why the day lies outside the year")
    lead_unit_code: Code | None = None
    coordinating_unit_codes: tuple[Code, ...] = Field(default=(), max_length=500)
    coordinating_text: Words | None = Field(default=None, description="who coordinates, in words")
    due_on: Day | None = None
    due_precision: DuePrecision | None = None
    product: Words | None = None
    quantity: int | None = Field(default=None, ge=0, le=MOST)
    examined: int | None = Field(
        default=None, ge=0, le=MOST, description="documents or files that were looked at"
    )
    amount: int | None = Field(default=None, ge=0, le=MOST_MONEY)
    percent: int | None = Field(default=None, ge=0, le=100)
    needs_acceptance: bool | None = Field(
        default=None,
        description="of a task: who assigned it accepts the report; true by default if another unit leads it",
    )
    report_period: ReportPeriod | None = Field(
        default=None, description="of a required report: its periods, 15th to 14th, or own days"
    )
    period_from: Day | None = None
    period_to: Day | None = None
    due_days: int | None = Field(
        default=None, ge=0, le=366, description="calendar days after a period within which its report is due"
    )
    duty_id: UUID | None = Field(default=None, description="of a report: the entry that requires it")
    figures: dict[str, int] | None = Field(default=None, description="of a report: the unit's own figures")
    report_id: UUID | None = Field(default=None, description="of a report: the published report that is sent")
    note: Words | None = None
    draft_code: Code | None = None
    gap_id: UUID | None = None

    @model_validator(mode="before")
    @classmethod
    def _due(cls, fields: Any) -> Any:
        return with_due(fields) if isinstance(fields, dict) else fields


class NewEntry(EntryContent):
    """A new entry; `kind` is the name of its event, whose schema defines the fields for it.

    A follow-up names what it follows by `of_entry` or by its reference (`of_ref`), or has its title. `id` is the
    caller's own, so that sending twice enters once (as does Idempotency-Key).
    """

    model_config = example(
        kind="task_assigned",
        title="Đối thoại với doanh nghiệp về dự thảo Nghị quyết hỗ trợ học phí",
        document="Kế hoạch số 210/KH-UBND",
        due_on="2025-12-10",
        product="Báo cáo kết quả",
    )

    id: UUID | None = None
    kind: ProgrammeKind
    of_entry: UUID | None = None
    of_ref: Reference | None = None
    title: Title | None = None
    reason: Words | None = None

    def is_own_id(self, unit_code: str, year: int) -> bool:
        """Tell whether `id` is that of the row of a file with this content, now or in release 0.1.0."""
        return self.id in {natural_id(self, unit_code, year), former_id(self, unit_code, year)}

    def command(self, unit_code: str, year: int, entry_id: UUID, *, by: Acting, today: date) -> Record:
        return Record(
            unit_code=unit_code,
            year=year,
            entry_id=entry_id,
            by=by,
            today=today,
            **self.model_dump(exclude={"id"}),
        )


class EntryStep(NewEntry):
    """A follow-up of the entry that the address names: `kind` says which."""

    model_config = example(
        kind="obstacle_decided",
        lead_unit_code="UBND-X",
        document="Công văn số 15/UBND-TP",
        happened_on="2025-10-02",
        note="Bố trí kinh phí trong quý IV",
    )


class EntryCorrection(EntryContent):
    """The content that takes the place of what was entered; what is not named becomes empty."""

    model_config = example(
        title="Kiểm tra việc truyền thông dự thảo tại xã",
        quantity=2,
        reason="Ghi nhầm số nội dung cần khắc phục",
    )

    title: Title
    reason: Annotated[Words, Field(min_length=1)]


class EntryCancellation(Body):
    """From `happened_on` on the entry does not hold; without a day it never did."""

    model_config = example(reason="Nhập trùng với mục khác")

    reason: Annotated[Words, Field(min_length=1)]
    happened_on: FactDay | None = None
    document: Words | None = None

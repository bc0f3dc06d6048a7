"""Rows about plans: the documents that approved them, and the activities in them."""

from uuid import UUID

from pydantic import Field

from services.campaigns.domain import plan as plans
from services.campaigns.domain.draft import Given
from services.campaigns.domain.plan import MOST_MONEY
from shared.bulk_import.row_parsing import DatedRow, ImportRow
from shared.contracts.event import Code, activity_id
from shared.contracts.vocabulary import Channel, Dataset, Stage
from shared.text_checks.days import FactDay


class PlanRow(ImportRow):
    draft_code: Code
    document: str
    approved_on: FactDay
    authority: str | None = None
    note: str | None = None
    dataset: Dataset = Dataset.LIVE

    def command(self, given: Given) -> plans.Approve:
        fields = self.model_dump(include=set(PlanRow.model_fields) - {"draft_code"})
        return plans.Approve(notes=self.notes, **fields, **given)


class ActivityRow(DatedRow):
    """`activity_id` stands there where an export wrote it; otherwise it follows from the content of the row."""

    draft_code: Code
    planned_on: FactDay
    stage: Stage | None = None
    channel: Channel | None = None
    title: str | None = None
    audience: str | None = None
    area: str | None = None
    responsible_unit_code: Code | None = None
    budget: int | None = Field(default=None, ge=0, le=MOST_MONEY)
    activity_id: UUID | None = None
    gap_id: UUID | None = None
    dataset: Dataset = Dataset.LIVE

    @classmethod
    def date_columns(cls) -> frozenset[str]:
        return frozenset({"planned_on"})

    def command(self, given: Given) -> plans.PlanActivity:
        natural = activity_id(
            self.draft_code, self.planned_on, self.precision, self.stage, self.channel, self.title
        )
        fields = self.model_dump(include=set(ActivityRow.model_fields) - {"activity_id", "draft_code"})
        return plans.PlanActivity(
            activity_id=self.activity_id or natural, notes=self.notes, **fields, **given
        )

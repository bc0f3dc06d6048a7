"""Request bodies about plans, and the events that they mean."""

from datetime import date
from uuid import UUID

from pydantic import Field

from services.campaigns.adapters.bodies import Title, Words
from services.campaigns.domain.plan import MOST_MONEY
from shared.contracts.campaigns import PlanActivityPlanned, PlanApproved
from shared.contracts.event import Code
from shared.contracts.ids import draft_id
from shared.contracts.vocabulary import Channel, Precision, Stage
from shared.conventions import Body, example


class PlanBody(Body):
    """In which document the plan of the draft stands; a later one takes its place."""

    model_config = example(
        document="Kế hoạch số 210/KH-UBND", approved_on="2025-07-31", authority="Ủy ban nhân dân thành phố"
    )

    document: Title
    approved_on: date
    authority: Words | None = None
    note: Words | None = None

    def event(self, draft_code: str) -> PlanApproved:
        return PlanApproved(draft_id=draft_id(draft_code), draft_code=draft_code, **self.model_dump())


class NewActivity(Body):
    """`id` is optional: the caller's own, so that sending twice plans once (as does Idempotency-Key).

    `stage` and `gap_id` say what the activity is for; `budget` is in đồng.
    """

    model_config = example(
        planned_on="2025-08-20",
        stage="draft_consultation",
        channel="dialogue",
        title="Đối thoại với doanh nghiệp về dự thảo Nghị quyết",
        audience="doanh nghiệp nhỏ và vừa",
        area="toàn tỉnh",
        budget=15000000,
    )

    id: UUID | None = None
    planned_on: date
    precision: Precision = Precision.DAY
    stage: Stage | None = None
    gap_id: UUID | None = None
    channel: Channel | None = None
    title: Title | None = None
    audience: Words | None = None
    area: Words | None = None
    responsible_unit_code: Code | None = None
    budget: int | None = Field(default=None, ge=0, le=MOST_MONEY)

    def event(self, draft_code: str, activity_id: UUID) -> PlanActivityPlanned:
        return PlanActivityPlanned(
            activity_id=activity_id,
            draft_id=draft_id(draft_code),
            draft_code=draft_code,
            **self.model_dump(exclude={"id"}),
        )


class Rescheduling(Body):
    model_config = example(planned_on="2025-09-05", reason="Trùng kỳ họp Hội đồng nhân dân.")

    planned_on: date
    precision: Precision = Precision.DAY
    reason: Words | None = None


class Cancelling(Body):
    model_config = example(reason="Đã gộp vào hội nghị ngày 20/8/2025.")

    reason: Words | None = None

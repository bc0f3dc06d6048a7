"""Request bodies about plans, and the commands that they mean."""

from uuid import UUID

from pydantic import Field

from services.campaigns.adapters.communications.bodies import Title, Words
from services.campaigns.domain import plan as plans
from services.campaigns.domain.draft import Given
from services.campaigns.domain.plan import MOST_MONEY
from shared.contracts import event
from shared.contracts.event import Code
from shared.contracts.vocabulary import Channel, Precision, Stage
from shared.http.requests.request_context import Body, example
from shared.text_checks.days import FactDay


class PlanBody(Body):
    """In which document the plan of the draft stands; a later one takes its place."""

    model_config = example(
        document="Kế hoạch số 210/KH-UBND", approved_on="2025-07-31", authority="Ủy ban nhân dân thành phố"
    )

    document: Title
    approved_on: FactDay
    authority: Words | None = None
    note: Words | None = None

    def command(self, given: Given) -> plans.Approve:
        return plans.Approve(**self.model_dump(), **given)


class NewActivity(Body):
    """`id` is optional: the caller's own, so that sending twice plans once (as does Idempotency-Key).

    `stage` and `gap_id` name what the activity is for; `budget` is in đồng.
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
    planned_on: FactDay
    precision: Precision = Precision.DAY
    stage: Stage | None = None
    gap_id: UUID | None = None
    channel: Channel | None = None
    title: Title | None = None
    audience: Words | None = None
    area: Words | None = None
    responsible_unit_code: Code | None = None
    budget: int | None = Field(default=None, ge=0, le=MOST_MONEY)

    def natural_id(self, draft_code: str) -> UUID:
        """Give the id that the row of a file with this content has."""
        return event.activity_id(
            draft_code, self.planned_on, self.precision, self.stage, self.channel, self.title
        )

    def command(self, activity_id: UUID, given: Given) -> plans.PlanActivity:
        return plans.PlanActivity(activity_id=activity_id, **self.model_dump(exclude={"id"}), **given)


class Rescheduling(Body):
    model_config = example(planned_on="2025-09-05", reason="Trùng kỳ họp Hội đồng nhân dân.")

    planned_on: FactDay
    precision: Precision = Precision.DAY
    reason: Words | None = None

    def command(self, activity_id: UUID, given: Given) -> plans.Reschedule:
        return plans.Reschedule(activity_id=activity_id, **self.model_dump(), **given)


class Cancelling(Body):
    model_config = example(reason="Đã gộp vào hội nghị ngày 20/8/2025.")

    reason: Words | None = None

    def command(self, activity_id: UUID, given: Given) -> plans.Cancel:
        return plans.Cancel(activity_id=activity_id, reason=self.reason, **given)

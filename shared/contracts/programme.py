"""Events of campaigns on a unit's programme for one year: what it was told, planned, did, asked and answered."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.contracts.event import Code, Event
from shared.contracts.vocabulary import Dataset, Precision, ProgrammeKind


class ProgrammeEntry(Event):
    """What every entry may say; the kinds say what the words mean for them.

    `amount` is in đồng; `happened_on` is a day, month or year (by its first day), `due_on` always a day.
    Without `lead_unit_code` it is the unit itself. People are counted, never named.
    """

    entry_id: UUID
    unit_code: Code
    year: int
    title: str
    document: str | None = None
    happened_on: date | None = None
    precision: Precision = Precision.DAY
    lead_unit_code: Code | None = None
    coordinating_unit_codes: tuple[Code, ...] = ()
    due_on: date | None = None
    product: str | None = None
    quantity: int | None = Field(default=None, ge=0)
    amount: int | None = Field(default=None, ge=0)
    note: str | None = None
    draft_code: Code | None = None
    gap_id: UUID | None = None
    notes: dict[str, str] = Field(default_factory=dict)
    dataset: Dataset = Dataset.LIVE


class _FollowUp(ProgrammeEntry):
    of_entry: UUID


class ProgrammePlanAdopted(ProgrammeEntry, context="programme"):
    """The unit's plan for the year, or a change of it, stands in a document."""


class ProgrammeDirectiveIssued(ProgrammeEntry, context="programme"):
    """Leaders directed the work by a document; `coordinating_unit_codes` are those that it goes to."""


class ProgrammeAdviceGiven(ProgrammeEntry, context="programme"):
    """The unit advised on institutions or on carrying the scheme out; `lead_unit_code` was advised."""


class ProgrammeTaskAssigned(ProgrammeEntry, context="programme"):
    """Who does what, with whom, until when, with which product."""


class ProgrammeTaskReported(_FollowUp, context="programme"):
    """The task is done; `product` and `quantity` say what came of it."""


class ProgrammeInspectionConducted(ProgrammeEntry, context="programme"):
    """`lead_unit_code` was inspected; `quantity` counts the findings, to be mended until `due_on`."""


class ProgrammeFindingFollowedUp(_FollowUp, context="programme"):
    """`quantity` findings of the inspection were mended; all of them, if it is not said."""


class ProgrammeTrainingHeld(ProgrammeEntry, context="programme"):
    """A training; `quantity` counts attendances (lượt người), `amount` is what it cost."""


class ProgrammeReporterListed(ProgrammeEntry, context="programme"):
    """Legal reporters are on the roster: `quantity` says how many, `title` in which field. No names."""


class ProgrammeContributionReceived(ProgrammeEntry, context="programme"):
    """Social resources (xã hội hóa): `amount` of money, or `quantity` of `product`."""


class ProgrammeObstacleRaised(ProgrammeEntry, context="programme"):
    """Something stands in the way; `lead_unit_code` is asked to answer it, about `draft_code` if one is named."""


class ProgrammeObstacleAnswered(_FollowUp, context="programme"):
    """The obstacle was answered or decided; `document` and `note` say how."""


FollowUp = ProgrammeTaskReported | ProgrammeFindingFollowedUp | ProgrammeObstacleAnswered
ProgrammeEvent = (
    ProgrammePlanAdopted
    | ProgrammeDirectiveIssued
    | ProgrammeAdviceGiven
    | ProgrammeTaskAssigned
    | ProgrammeTaskReported
    | ProgrammeInspectionConducted
    | ProgrammeFindingFollowedUp
    | ProgrammeTrainingHeld
    | ProgrammeReporterListed
    | ProgrammeContributionReceived
    | ProgrammeObstacleRaised
    | ProgrammeObstacleAnswered
)
FOLLOWS = {  # what is followed by what
    ProgrammeKind.TASK_REPORTED: ProgrammeKind.TASK_ASSIGNED,
    ProgrammeKind.FINDING_FOLLOWED_UP: ProgrammeKind.INSPECTION_CONDUCTED,
    ProgrammeKind.OBSTACLE_ANSWERED: ProgrammeKind.OBSTACLE_RAISED,
}

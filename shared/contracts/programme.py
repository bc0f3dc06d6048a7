"""Events of campaigns on a unit's programme for one year: what it was told, planned, did, asked and answered."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.contracts.event import Code, Event
from shared.contracts.vocabulary import Dataset, DuePrecision, Precision, ReportPeriod


class ProgrammeEntry(Event):
    """What every entry may say; the kinds say what the words mean for them.

    `amount` is in đồng; `happened_on` is a day, month or year (by its first day). `due_on` is always a day: the last of
    the month, quarter or year that `due_precision` names. Without `lead_unit_code` it is the unit itself;
    `coordinating_text` names in words who coordinates. People are counted, never named. `entry_ref` is the name by which
    people and other rows refer to the entry, `year_reason` why it lies outside the year of the programme. A task that `needs_acceptance` is done when who assigned it
    accepts the report; where nothing is said, as in release 0.1.0, by the report alone. `examined` counts the documents or files
    that were looked at.

    Of a required report: `report_period` names its periods, or `period_from` and `period_to` one of the office's own;
    `due_days` are the calendar days after a period within which it is due. Of a submitted one: `duty_id` is the entry that
    requires it, `period_from` and `period_to` the period, `figures` the unit's own, by name (`shared/rules/programme/figures.py`),
    `report_id` the report of the unit that was published in `compliance.report_published` and is sent. Of an obstacle
    `duty_id` is the task, inspection, finding or required report that it stands in the way of.
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
    entry_ref: str | None = None
    due_precision: DuePrecision | None = None
    coordinating_text: str | None = None
    year_reason: str | None = None
    needs_acceptance: bool | None = None
    examined: int | None = Field(default=None, ge=0)
    report_period: ReportPeriod | None = None
    period_from: date | None = None
    period_to: date | None = None
    due_days: int | None = Field(default=None, ge=0)
    duty_id: UUID | None = None
    figures: dict[str, int] | None = None
    report_id: UUID | None = None


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
    """The unit was told what was decided about its obstacle, or answered at once; `document` and `note` say how."""


class ProgrammeEntryCorrected(_FollowUp, context="programme"):
    """`of_entry` was entered wrongly: this content takes the place of its own; what is not named becomes empty."""

    reason: str


class ProgrammeEntryCancelled(_FollowUp, context="programme"):
    """`of_entry` does not hold from `happened_on` on; without a day it never did."""

    reason: str


class ProgrammeTaskProgressed(_FollowUp, context="programme"):
    """`percent` of the task is done."""

    percent: int = Field(ge=0, le=100)


class ProgrammeTaskExtended(_FollowUp, context="programme"):
    """The task, or what an inspection asks for, is due on `due_on` instead.

    Of a required report: that of `lead_unit_code` for the period that begins on `period_from`.
    """

    reason: str


class ProgrammeExtensionRequested(_FollowUp, context="programme"):
    """`lead_unit_code` asks for time until `due_on`; `period_from` is that of the period of a required report.

    A later `task_extended` or `extension_refused` of the same entry (and of a report: unit and period) answers it.
    """

    reason: str


class ProgrammeExtensionRefused(_FollowUp, context="programme"):
    """More time is not given to `lead_unit_code`: what it was due on stays."""

    reason: str


class ProgrammeTaskAccepted(_FollowUp, context="programme"):
    """The unit that assigned the task accepts what was reported."""


class ProgrammeTaskReturned(_FollowUp, context="programme"):
    """The unit that assigned the task sends the report back: the task is open again."""

    reason: str


class ProgrammeFindingRecorded(_FollowUp, context="programme"):
    """A finding of the inspection `of_entry`, to be mended by `lead_unit_code` until `due_on`."""


class ProgrammeObstacleReceived(_FollowUp, context="programme"):
    """`lead_unit_code` received the obstacle."""


class ProgrammeObstacleForwarded(_FollowUp, context="programme"):
    """The obstacle was passed on to `lead_unit_code`."""


class ProgrammeObstacleDecided(_FollowUp, context="programme"):
    """`lead_unit_code` decided about the obstacle; it need not be the unit that was asked."""


class ProgrammeReportSubmitted(ProgrammeEntry, context="programme"):
    """The unit reported to `lead_unit_code` on the year or a part of it, which was due on `due_on`."""


class ProgrammeReportRequired(ProgrammeEntry, context="programme"):
    """The unit asks for reports: of `coordinating_unit_codes`, else of `lead_unit_code`, for each period of the year."""


class ProgrammeReportReceived(_FollowUp, context="programme"):
    """`lead_unit_code` received the report `of_entry`."""


FollowUp = (
    ProgrammeTaskReported
    | ProgrammeFindingFollowedUp
    | ProgrammeObstacleAnswered
    | ProgrammeEntryCorrected
    | ProgrammeEntryCancelled
    | ProgrammeTaskProgressed
    | ProgrammeTaskExtended
    | ProgrammeTaskAccepted
    | ProgrammeTaskReturned
    | ProgrammeFindingRecorded
    | ProgrammeObstacleReceived
    | ProgrammeObstacleForwarded
    | ProgrammeObstacleDecided
    | ProgrammeReportReceived
    | ProgrammeExtensionRequested
    | ProgrammeExtensionRefused
)
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
    | ProgrammeEntryCorrected
    | ProgrammeEntryCancelled
    | ProgrammeTaskProgressed
    | ProgrammeTaskExtended
    | ProgrammeTaskAccepted
    | ProgrammeTaskReturned
    | ProgrammeFindingRecorded
    | ProgrammeObstacleReceived
    | ProgrammeObstacleForwarded
    | ProgrammeObstacleDecided
    | ProgrammeReportSubmitted
    | ProgrammeReportReceived
    | ProgrammeReportRequired
    | ProgrammeExtensionRequested
    | ProgrammeExtensionRefused
)
CONTENT = tuple(
    name for name in ProgrammeEntry.model_fields if name not in {"entry_id", "unit_code", "year", "dataset"}
)
"""What a correction replaces."""

"""How a unit submits a report that another one requires: all but its own content follows from the requirement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.campaigns.application.queries import Requirement
from services.campaigns.domain.entry_state import Entered
from services.campaigns.domain.programme import Programme, Record
from services.campaigns.domain.programme_errors import (
    OtherReport,
    ReportNotPublished,
    ReportNotRequired,
    RequirementNotFound,
)
from shared.contracts.event import Acting
from shared.contracts.metrics import ComplianceReportPublished
from shared.contracts.vocabulary import ProgrammeKind
from shared.rules.programme.reports import ExpectedReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What a unit says of a report; without `period_from` it is about the last period that has ended, else the first."""

    duty_id: UUID
    period_from: date | None
    happened_on: date
    document: str | None = None
    figures: Mapping[str, int] | None = None
    report_id: UUID | None = None
    note: str | None = None


def submission(
    requirement: Requirement | None, unit_code: str, given: Submission, by: Acting, today: date
) -> Record:
    """Make the command; raises what says that nobody requires it."""
    if requirement is None or requirement.fact.cancelled_from is not None:
        raise RequirementNotFound
    asked = [each for each in requirement.expected if each.unit_code == unit_code]
    expected = _of_period(asked, given)
    if expected is None:
        raise ReportNotRequired(unit_code, requirement.title)
    return Record(
        by=by,
        today=today,
        kind=ProgrammeKind.REPORT_SUBMITTED,
        entry_id=expected.report_id,
        after_cancelled=True,
        unit_code=unit_code,
        year=requirement.year,
        title=requirement.title,
        document=given.document,
        happened_on=given.happened_on,
        lead_unit_code=expected.receiver,
        due_on=expected.due_on,
        period_from=expected.period.from_day,
        period_to=expected.period.to_day,
        duty_id=given.duty_id,
        figures=given.figures,
        report_id=given.report_id,
        note=given.note,
        dataset=requirement.dataset,
    )


def check_published(published: ComplianceReportPublished | None, command: Record) -> None:
    """Refuse a report that was not published, or that is another unit's or of another period than the required one."""
    if published is None:
        raise ReportNotPublished
    sent = published.unit_code, published.period_from, published.period_to
    if sent != (command.unit_code, command.period_from, command.period_to):
        raise OtherReport


def submitted_id(programme: Programme, command: Record) -> UUID:
    """Give the id of the report: another one than the command's where an earlier one was cancelled."""
    holding = report_for(programme, command.duty_id, command.period_from)
    return holding.event.entry_id if holding else command.entry_id


def report_for(programme: Programme, duty_id: UUID | None, period_from: date | None) -> Entered | None:
    """Give the report of a unit that holds for a period of what is required; None if it has submitted none."""
    for entry in programme.entries.values():
        same = (entry.content.duty_id, entry.content.period_from) == (duty_id, period_from)
        if entry.event.name == ProgrammeKind.REPORT_SUBMITTED and same and not entry.cancelled:
            return entry
    return None


def _of_period(asked: list[ExpectedReport], given: Submission) -> ExpectedReport | None:
    if given.period_from is not None:
        return next((each for each in asked if each.period.from_day == given.period_from), None)
    ended = [each for each in asked if each.period.to_day < given.happened_on]
    return next(reversed(ended), None) or next(iter(asked), None)

"""How a unit submits a report that another one requires: all but its own content follows from the requirement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from services.campaigns.application.commands import Commands
from services.campaigns.application.queries import ReadModel
from services.campaigns.domain.entry_checks import facts_of
from services.campaigns.domain.programme import Programme, Record
from services.campaigns.domain.programme_errors import ReportNotRequired, RequirementNotFound
from shared.contracts.event import Acting
from shared.contracts.vocabulary import ProgrammeKind
from shared.rules.programme.reports import ExpectedReport, expected_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What a unit says of a report; without `period_from` it is about the last period that has ended, else the first."""

    duty_id: UUID
    period_from: date | None
    happened_on: date
    document: str | None
    figures: Mapping[str, int] | None
    note: str | None


async def submission(
    commands: Commands, read_model: ReadModel, unit_code: str, given: Submission, by: Acting, today: date
) -> Record:
    """Make the command; raises what says that nobody requires it."""
    place = await read_model.programme_of_entry(given.duty_id)
    if place is None:
        raise RequirementNotFound
    receiver, year = place
    requiring, _ = await commands.programme(receiver, year)
    required = requiring.entries.get(given.duty_id)
    if required is None or required.cancelled or required.event.name != ProgrammeKind.REPORT_REQUIRED:
        raise RequirementNotFound
    duty = facts_of([required])[given.duty_id]
    asked = [each for each in expected_of(duty, year) if each.unit_code == unit_code]
    expected = _of_period(asked, given)
    if expected is None:
        raise ReportNotRequired(unit_code, required.content.title)
    own, _ = await commands.programme(unit_code, year)
    return Record(
        by=by,
        today=today,
        kind=ProgrammeKind.REPORT_SUBMITTED,
        entry_id=_free_id(own, expected),
        unit_code=unit_code,
        year=year,
        title=required.content.title,
        document=given.document,
        happened_on=given.happened_on,
        lead_unit_code=receiver,
        due_on=expected.due_on,
        period_from=expected.period.from_day,
        period_to=expected.period.to_day,
        duty_id=given.duty_id,
        figures=given.figures,
        note=given.note,
        dataset=required.content.dataset,
    )


def _of_period(asked: list[ExpectedReport], given: Submission) -> ExpectedReport | None:
    if given.period_from is not None:
        return next((each for each in asked if each.period.from_day == given.period_from), None)
    ended = [each for each in asked if each.period.to_day < given.happened_on]
    return next(reversed(ended), None) or next(iter(asked), None)


def _free_id(own: Programme, expected: ExpectedReport) -> UUID:
    """Give the id of the report: after one that was cancelled, the next."""
    entry_id, number = expected.report_id, 1
    while (entry := own.entries.get(entry_id)) is not None and entry.cancelled:
        number += 1
        entry_id = uuid5(expected.report_id, str(number))
    return entry_id

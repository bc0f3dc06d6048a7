"""The exercise data is valid on any day: no dates in the future, and every situation is present."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from deploy.sample import exercise
from deploy.sample.cases import CASES
from services.campaigns.adapters.communications.rows import CommunicationRow
from services.registry.adapters import import_sheets
from shared.bulk_import.row_parsing import ImportRow
from shared.rules.rulebook.rulebook import load_rulebook
from tests.support.cases import for_each

CALENDAR = load_rulebook().calendar
DAYS = [date(2026, 1, 1) + timedelta(days=number) for number in range(0, 365, 3)]
MODELS: Mapping[str, type[ImportRow]] = {
    "units": import_sheets.UnitRow,
    "targets": import_sheets.TargetRow,
    "drafts": import_sheets.DraftRow,
    "policies": import_sheets.PolicyRow,
    "stages": import_sheets.StageRow,
    "exemptions": import_sheets.ExemptionRow,
    "postings": import_sheets.PostingRow,
    "communications": CommunicationRow,
}


def test_every_row_is_accepted_by_the_services() -> None:
    sheets = exercise.sheets(date(2026, 11, 22), CALENDAR)
    for name, model in MODELS.items():
        for row in sheets[name]:
            model.model_validate(row)


@for_each(DAYS)
def test_the_current_stages_are_as_intended(today: date) -> None:
    sheets = exercise.sheets(today, CALENDAR)
    assert all(_day(row, "entered_on") <= today for row in sheets["stages"])
    assert all(_day(row, "held_on") <= today for row in sheets["communications"])
    closed = [row for row in sheets["postings"] if row["closed_on"]]
    assert all(_day(row, "opened_on") < _day(row, "closed_on") <= today for row in closed)
    left = {code: _working_days_left(sheets, code, today) for code in ("VD-NQ-01", "VD-QD-02", "VD-QD-06")}
    assert left == {"VD-NQ-01": 4, "VD-QD-02": 1, "VD-QD-06": 1}
    late = {code: -_working_days_left(sheets, code, today) for code in ("VD-NQ-03", "VD-QD-04", "VD-NQ-13")}
    assert late == {"VD-NQ-03": 2, "VD-QD-04": 20, "VD-NQ-13": 5}


def test_the_same_day_gives_the_same_rows() -> None:
    day = date(2026, 11, 22)
    assert exercise.sheets(day, CALENDAR) == exercise.sheets(day, CALENDAR)


def test_a_single_unit_has_no_recipient() -> None:
    leads = {case.unit for case in CASES}
    assert leads - {unit for unit, *_ in exercise.RECIPIENTS} == {"VD-SO-E"}


def _day(row: Mapping[str, Any], column: str) -> date:
    return date.fromisoformat(row[column])


def _working_days_left(sheets: Mapping[str, list[exercise.Row]], code: str, today: date) -> int:
    """Count what is left until the due day; below zero, what has passed since."""
    entered = max(_day(row, "entered_on") for row in sheets["stages"] if row["draft_code"] == code)
    simplified = next(
        row["procedure"] == "simplified" for row in sheets["drafts"] if row["draft_code"] == code
    )
    due = CALENDAR.add_working_days(entered, 2 if simplified else 5)
    return CALENDAR.working_days_between(today, due) - CALENDAR.working_days_between(due, today)

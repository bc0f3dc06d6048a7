"""Rows of programme.csv: every kind of entry of a unit's programme."""

import re
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.campaigns.domain.plan import MOST_MONEY
from services.campaigns.domain.programme import FIRST_YEAR, LAST_YEAR, Record
from shared.bulk_import.row_parsing import DatedRow, Listed, NumbersByName
from shared.contracts.event import Acting, Code, entry_id, programme_entry_id
from shared.contracts.vocabulary import Dataset, DuePrecision, ProgrammeKind, ReportPeriod
from shared.rules.programme.due import last_due_day
from shared.rules.programme.kinds import KINDS
from shared.text_checks.days import Day, FactDay

MOST = 10**9  # attendances and the like; more than that is a typing error
MOST_REFERENCE = 100  # letters
_QUARTER = re.compile(r"(\d{4})-?[Qq]([1-4])")
_SHORT = {4: ("-01-01", DuePrecision.YEAR), 7: ("-01", DuePrecision.MONTH)}


def short_due(value: Any) -> tuple[Any, DuePrecision | None]:
    """Read a deadline that names only a month, quarter or year as its last day, with its precision."""
    if not isinstance(value, str):
        return value, None
    if quarter := _QUARTER.fullmatch(value):
        first, precision = f"{quarter[1]}-{int(quarter[2]) * 3 - 2:02}-01", DuePrecision.QUARTER
    elif len(value) in _SHORT:
        first, precision = value + _SHORT[len(value)][0], _SHORT[len(value)][1]
    else:
        return value, None
    try:
        return last_due_day(date.fromisoformat(first), precision).isoformat(), precision
    except ValueError:
        return value, None


def natural_id(stated: Any, unit_code: str, year: int) -> UUID:
    """Identify an entry by its reference, else its document, else its title, and its day."""
    name = stated.entry_ref or stated.document or stated.title or str(stated.of_ref or stated.of_entry or "")
    return entry_id(unit_code, year, stated.kind, name, stated.happened_on)


def former_id(stated: Any, unit_code: str, year: int) -> UUID:
    """Identify an entry as release 0.1.0 did, so that a file of then enters nothing twice."""
    words = (stated.title, stated.document, stated.lead_unit_code)
    due_on = stated.due_on and last_due_day(stated.due_on, stated.due_precision or DuePrecision.DAY)
    return programme_entry_id(
        unit_code, year, stated.kind, stated.happened_on, stated.precision, due_on, *words
    )


class ProgrammeRow(DatedRow):
    """`entry_id` and `of_entry` stand there where an export wrote them; without a title the document is it.

    A follow-up names what it follows by `of_entry` or by its reference, `of_ref` or `entry_ref`, or has its title.
    """

    unit_code: Code
    year: int = Field(ge=FIRST_YEAR, le=LAST_YEAR)
    kind: ProgrammeKind
    title: str | None
    entry_ref: Annotated[str, Field(max_length=MOST_REFERENCE)] | None = None
    of_ref: Annotated[str, Field(max_length=MOST_REFERENCE)] | None = None
    document: str | None = None
    happened_on: FactDay | None = None
    year_reason: str | None = None
    lead_unit_code: Code | None = None
    coordinating_unit_codes: Listed = ()
    coordinating_text: str | None = None
    due_on: Day | None = None
    due_precision: DuePrecision | None = None
    product: str | None = None
    quantity: int | None = Field(default=None, ge=0, le=MOST)
    examined: int | None = Field(default=None, ge=0, le=MOST)
    amount: int | None = Field(default=None, ge=0, le=MOST_MONEY)
    percent: int | None = Field(default=None, ge=0, le=100)
    needs_acceptance: Literal["yes", "no"] | None = None
    report_period: ReportPeriod | None = None
    period_from: Day | None = None
    period_to: Day | None = None
    due_days: int | None = Field(default=None, ge=0, le=366)
    duty_id: UUID | None = None
    figures: NumbersByName = None
    note: str | None = None
    reason: str | None = None
    draft_code: Code | None = None
    gap_id: UUID | None = None
    entry_id: UUID | None = None
    of_entry: UUID | None = None
    dataset: Dataset = Dataset.LIVE

    @classmethod
    def _read(cls, row: dict[str, Any]) -> dict[str, Any]:
        return titled(with_due(super()._read(row)))

    @classmethod
    def date_columns(cls) -> frozenset[str]:
        return frozenset({"happened_on"})

    def command(self, by: Acting, today: date) -> Record:
        fields = self.model_dump(include=set(ProgrammeRow.model_fields) - {"entry_id"})
        number = self.entry_id or natural_id(self, self.unit_code, self.year)
        former = former_id(self, self.unit_code, self.year)
        fields["needs_acceptance"] = None if self.needs_acceptance is None else self.needs_acceptance == "yes"
        return Record(entry_id=number, former_id=former, notes=self.notes, by=by, today=today, **fields)


def titled(row: dict[str, Any]) -> dict[str, Any]:
    """Give a row its document as its title if it has none; a follow-up that names an entry has the title of that."""
    if _names_an_entry(row):
        return {"title": None, **row}
    return {"title": row["document"], **row} if "document" in row else row


def with_due(row: dict[str, Any]) -> dict[str, Any]:
    """Read a due day that is written short."""
    due_on, precision = short_due(row.get("due_on"))
    return {**row, "due_on": due_on, "due_precision": precision.value} if precision else row


def _names_an_entry(row: dict[str, Any]) -> bool:
    try:
        follows = KINDS[ProgrammeKind(row.get("kind", ""))].follows
    except ValueError:
        return False
    return bool(follows) and any(row.get(name) for name in ("of_entry", "of_ref", "entry_ref"))

"""Rows of programme.csv: every kind of entry of a unit's programme."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, model_validator

from services.campaigns.domain.plan import MOST_MONEY
from services.campaigns.domain.programme import FIRST_YEAR, LAST_YEAR, Record
from shared.bulk_import.row_parsing import DatedRow, Listed, clean
from shared.contracts.event import Acting, Code, programme_entry_id
from shared.contracts.vocabulary import Dataset, Precision, ProgrammeKind
from shared.rules.rulebook.rulebook import last_day
from shared.text_checks.days import Day, FactDay

MOST = 10**9  # attendances and the like; more than that is a typing error
_SHORT = {4: ("-01-01", Precision.YEAR), 7: ("-01", Precision.MONTH)}


def _deadline(value: Any) -> Any:
    """A deadline that names only a month or year is its last day."""
    if not isinstance(value, str) or len(value) not in _SHORT:
        return value
    rest, precision = _SHORT[len(value)]
    try:
        return last_day(date.fromisoformat(value + rest), precision)
    except ValueError:
        return value


class ProgrammeRow(DatedRow):
    """`entry_id` and `of_entry` stand there where an export wrote them; without a title the document is it."""

    unit_code: Code
    year: int = Field(ge=FIRST_YEAR, le=LAST_YEAR)
    kind: ProgrammeKind
    title: str
    document: str | None = None
    happened_on: FactDay | None = None
    lead_unit_code: Code | None = None
    coordinating_unit_codes: Listed = ()
    due_on: Annotated[Day | None, BeforeValidator(_deadline)] = None
    product: str | None = None
    quantity: int | None = Field(default=None, ge=0, le=MOST)
    amount: int | None = Field(default=None, ge=0, le=MOST_MONEY)
    note: str | None = None
    draft_code: Code | None = None
    gap_id: UUID | None = None
    entry_id: UUID | None = None
    of_entry: UUID | None = None
    dataset: Dataset = Dataset.LIVE

    @model_validator(mode="before")
    @classmethod
    def _titled(cls, cells: Any) -> Any:
        row = clean(cells)
        return {"title": row["document"], **row} if "document" in row else row

    @classmethod
    def date_columns(cls) -> frozenset[str]:
        return frozenset({"happened_on"})

    def command(self, by: Acting, today: date) -> Record:
        fields = self.model_dump(include=set(ProgrammeRow.model_fields) - {"entry_id"})
        number = self.entry_id or self._natural()
        return Record(entry_id=number, notes=self.notes, by=by, today=today, **fields)

    def _natural(self) -> UUID:
        words = (self.title, self.document, self.lead_unit_code)
        return programme_entry_id(
            self.unit_code, self.year, self.kind, self.happened_on, self.precision, self.due_on, *words
        )

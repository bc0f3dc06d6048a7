"""How a unit's programme is asked for and shown."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from services.campaigns.adapters.communications.bodies import Title, Words
from services.campaigns.adapters.programmes.rows import MOST
from services.campaigns.domain.plan import MOST_MONEY
from services.campaigns.domain.programme import EntryState, Programme, Record, state_of
from shared.contracts.event import Acting, Code, programme_entry_id
from shared.contracts.vocabulary import Dataset, Precision, ProgrammeKind
from shared.http.forecasts import Dated
from shared.http.request_context import Body, example
from shared.text_checks.days import Day, FactDay


class NewEntry(Body):
    """A new entry; `kind` is the name of its event, whose schema defines the fields for it.

    A follow-up (`task_reported`, `finding_followed_up`, `obstacle_answered`) names what it follows by
    `of_entry`, or has its title. `id` is the caller's own, so that sending twice enters once (as does
    Idempotency-Key). People are counted, never named; `amount` is in đồng.
    """

    model_config = example(
        kind="task_assigned",
        title="Đối thoại với doanh nghiệp về dự thảo Nghị quyết hỗ trợ học phí",
        document="Kế hoạch số 210/KH-UBND",
        due_on="2025-12-10",
        product="Báo cáo kết quả",
    )

    id: UUID | None = None
    kind: ProgrammeKind
    of_entry: UUID | None = None
    title: Title
    document: Words | None = None
    happened_on: FactDay | None = None
    precision: Precision = Precision.DAY
    lead_unit_code: Code | None = None
    coordinating_unit_codes: tuple[Code, ...] = Field(default=(), max_length=500)
    due_on: Day | None = None
    product: Words | None = None
    quantity: int | None = Field(default=None, ge=0, le=MOST)
    amount: int | None = Field(default=None, ge=0, le=MOST_MONEY)
    note: Words | None = None
    draft_code: Code | None = None
    gap_id: UUID | None = None

    def natural_id(self, unit_code: str, year: int) -> UUID:
        """Give the id that the row of a file with this content has."""
        words = (self.title, self.document, self.lead_unit_code)
        return programme_entry_id(
            unit_code, year, self.kind, self.happened_on, self.precision, self.due_on, *words
        )

    def command(self, unit_code: str, year: int, entry_id: UUID, *, by: Acting, today: date) -> Record:
        return Record(
            unit_code=unit_code,
            year=year,
            entry_id=entry_id,
            by=by,
            today=today,
            **self.model_dump(exclude={"id"}),
        )


class EntryView(BaseModel):
    """An entry; `state` is where a task, findings or an obstacle stands at `as_of`, null for other kinds."""

    entry_id: UUID
    unit_code: str
    year: int
    kind: ProgrammeKind
    state: EntryState | None
    of_entry: UUID | None = None
    title: str
    document: str | None
    happened_on: date | None
    precision: Precision
    lead_unit_code: str | None
    coordinating_unit_codes: list[str]
    due_on: date | None
    product: str | None
    quantity: int | None
    amount: int | None
    note: str | None
    draft_code: str | None
    gap_id: UUID | None
    notes: dict[str, str]
    dataset: Dataset


class EntryItem(EntryView):
    """An entry in a list; `cursor` is its place there."""

    cursor: str


class ProgrammeView(Dated):
    """A unit's programme for one year, read from the log, in the order of recording."""

    unit_code: str
    year: int
    entries: list[EntryView]
    version: int


def programme_view(
    unit_code: str, year: int, programme: Programme, version: int, as_of: date
) -> ProgrammeView:
    rows = (
        {**entry.model_dump(), "kind": entry.name, "is_open": programme.is_open(entry)}
        for entry in programme.entries.values()
    )
    entries = [EntryView.model_validate(stated(row, as_of)) for row in rows]
    return ProgrammeView(unit_code=unit_code, year=year, as_of=as_of, entries=entries, version=version)


def stated(row: Mapping[str, Any], as_of: date) -> dict[str, Any]:
    """Add to an entry the state that it has on a day."""
    state = state_of(ProgrammeKind(row["kind"]), row["due_on"], as_of, is_open=row["is_open"])
    return {**row, "state": state}

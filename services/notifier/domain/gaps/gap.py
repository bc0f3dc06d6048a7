"""A gap as the notifier knows it: what a unit owes for one draft in one stage, until when."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.contracts.vocabulary import Dataset, GapClosure, Instrument, Procedure, Stage

# Facts without a date of their own take a gap away for every day (compliance rules, "Gap").
TIMELESS = frozenset(
    {
        GapClosure.EXEMPTED,
        GapClosure.OUT_OF_SCOPE,
        GapClosure.POLICY_REMOVED,
        GapClosure.CORRECTED,
        GapClosure.RULES_CHANGED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """`due_on` is the last day of grace; `closed_on` the day of the fact that closed the gap."""

    gap_id: UUID
    draft_code: str
    title: str
    instrument: Instrument
    procedure: Procedure
    unit_code: str
    stage: Stage
    since: date
    due_on: date
    policies: tuple[int, ...]
    dataset: Dataset
    closed_on: date | None = None
    closure: GapClosure | None = None

    def is_open_on(self, day: date) -> bool:
        if self.closure is None or self.closed_on is None:
            return self.since <= day
        return self.closure not in TIMELESS and self.since <= day < self.closed_on

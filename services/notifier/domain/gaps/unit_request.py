"""What a unit asked for that lowers its own duty, as mails speak of it: waiting with its decider, or settled."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from shared.contracts.vocabulary import Dataset, Instrument, RequestKind
from shared.directory.deciders import decider_of
from shared.directory.folds import UnitDirectory
from shared.rules.answer_periods import answer_by
from shared.rules.rulebook.rulebook import Calendar

WAITING, APPROVED, REFUSED, WITHDRAWN = "waiting", "approved", "refused", "withdrawn"
SHOWN = timedelta(days=10)
"""For how long a card and the at-once mail of a decision speak of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRequest:
    """`decider_code` decides on the day of planning; `to_unit` is what a transfer names, a code or words."""

    request_id: UUID
    draft_code: str
    title: str
    instrument: Instrument
    dataset: Dataset
    kind: RequestKind
    unit_code: str
    raised_on: date
    state: str = WAITING
    decider_code: str | None = None
    document: str | None = None
    reason: str | None = None
    to_unit: str | None = None
    recipient_id: UUID | None = None
    settled_on: date | None = None
    settled_by: str | None = None
    settlement_document: str | None = None
    settlement_reason: str | None = None
    answer_by: date | None = None

    @property
    def is_waiting(self) -> bool:
        return self.state == WAITING

    @property
    def is_decided(self) -> bool:
        """Whether its decider answered; a unit that withdrew its own request is told nothing."""
        return self.state in {APPROVED, REFUSED}

    def is_shown_on(self, day: date) -> bool:
        return self.settled_on is None or day - self.settled_on <= SHOWN


def with_decider(
    requests: Iterable[UnitRequest], units: UnitDirectory, day: date, calendar: Calendar
) -> tuple[UnitRequest, ...]:
    """Name who decides on a day, and until when the first one answers."""
    return tuple(
        replace(
            request,
            decider_code=decider_of(units, request.unit_code, request.raised_on, day, calendar)
            or request.decider_code,
            answer_by=answer_by(request.raised_on, calendar),
        )
        for request in requests
    )

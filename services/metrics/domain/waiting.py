"""Requests of a draft that wait for a decision, as answers and pages show them on a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.metrics.domain.record import WaitingRequest
from shared.directory.deciders import decider_of
from shared.directory.folds import UnitDirectory, UnitsOn
from shared.rules.answer_periods import answer_by
from shared.rules.rulebook.rulebook import Calendar
from shared.rules.words.wording import REQUESTS


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRequest:
    """`decider_code` decides on the day; after `answer_by` the request goes one step up."""

    request: WaitingRequest
    unit_name: str
    decider_code: str | None
    decider_name: str | None
    answer_by: date

    def as_dict(self) -> dict[str, Any]:
        request = self.request
        return {
            "request_id": str(request.request_id),
            "kind": request.kind,
            "kind_name": REQUESTS[request.kind].vi,
            "unit_code": request.unit_code,
            "unit_name": self.unit_name,
            "raised_on": request.raised_on.isoformat(),
            "document": request.document,
            "decider_code": self.decider_code,
            "decider_name": self.decider_name,
            "answer_by": self.answer_by.isoformat(),
            "answered_on": request.answered_on.isoformat() if request.answered_on else None,
        }


def shown_requests(
    requests: Iterable[WaitingRequest], units: UnitsOn, calendar: Calendar
) -> tuple[ShownRequest, ...]:
    """Show those that were raised by the day of `units`."""
    directory = UnitDirectory(units.units)
    return tuple(
        _shown(request, directory, units, calendar) for request in requests if request.raised_on <= units.day
    )


def _shown(
    request: WaitingRequest, directory: UnitDirectory, units: UnitsOn, calendar: Calendar
) -> ShownRequest:
    decider = decider_of(
        directory, request.unit_code, request.raised_on, units.day, calendar, request.forwarded
    )
    code = decider or request.decider_code
    return ShownRequest(
        request=request,
        unit_name=units.name(request.unit_code),
        decider_code=code,
        decider_name=units.name(code) if code else None,
        answer_by=answer_by(request.raised_on, calendar),
    )

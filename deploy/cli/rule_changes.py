"""What another calendar would do to the gaps that are open: their due days, reckoned with both calendars."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.contracts.vocabulary import GapState, Instrument, Precision, Procedure, Regime
from shared.rules.rulebook import Rulebook
from shared.rules.working_days import Calendar, last_day


@dataclass(frozen=True, slots=True)
class Change:
    """A gap whose due day would move."""

    draft_code: str
    unit_code: str
    due_was: date
    due: date
    state_was: GapState
    state: GapState


@dataclass(frozen=True, slots=True)
class Comparison:
    """`unclear` are gaps whose due day we do not find again with the present rules: nothing is claimed of them."""

    compared: int
    unclear: int
    changes: tuple[Change, ...]

    @property
    def freed(self) -> int:
        return sum(
            one.state_was is GapState.OVERDUE and one.state is GapState.IN_GRACE for one in self.changes
        )

    @property
    def pressed(self) -> int:
        return sum(
            one.state_was is GapState.IN_GRACE and one.state is GapState.OVERDUE for one in self.changes
        )


def changed_days(was: Calendar, becomes: Calendar) -> list[tuple[date, str]]:
    """List the days that would be worked or off instead."""
    touched = {*was.off, *was.worked} ^ {*becomes.off, *becomes.worked}
    days = [date.fromordinal(ordinal) for ordinal in sorted(touched)]
    return [(one, "work" if becomes.is_working(one) else "off") for one in days]


def compare(answer: Mapping[str, Any], was: Rulebook, becomes: Rulebook) -> Comparison:
    """Compare the gaps of `GET /gaps` under two rulebooks that differ by their calendar."""
    as_of = date.fromisoformat(answer["as_of"])
    dues = [(gap, due_again(gap, was, becomes)) for gap in answer["gaps"]]
    changes = [
        _change(gap, due, as_of)
        for gap, due in dues
        if due is not None and due != date.fromisoformat(gap["due_on"])
    ]
    unclear = sum(due is None for _, due in dues)
    return Comparison(len(dues) - unclear, unclear, tuple(changes))


def due_again(gap: Mapping[str, Any], was: Rulebook, becomes: Rulebook) -> date | None:
    """Reckon a due day anew.

    A gap does not say its draft's regime, nor how precise its first day is: those that lead to the served day are it.
    """
    since, served = date.fromisoformat(gap["since"]), date.fromisoformat(gap["due_on"])
    for regime in Regime:
        rule = was.procedure(regime, Instrument(gap["instrument"]), Procedure(gap["procedure"]), since)
        for known in (last_day(since, precision) for precision in Precision):
            if was.calendar.add_working_days(known, rule.grace_working_days) == served:
                return becomes.calendar.add_working_days(known, rule.grace_working_days)
    return None


def _change(gap: Mapping[str, Any], due: date, as_of: date) -> Change:
    state = GapState.OVERDUE if as_of > due else GapState.IN_GRACE
    return Change(
        gap["draft_code"],
        gap["unit_code"],
        date.fromisoformat(gap["due_on"]),
        due,
        GapState(gap["state"]),
        state,
    )

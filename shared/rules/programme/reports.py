"""Reports that are required of units, for each period: expected, submitted, received; who is late on a day."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from shared.contracts.event import LOA_NAMESPACE
from shared.contracts.vocabulary import ProgrammeKind, ReportPeriod
from shared.rules.figures import Period, half_period, month_period, quarter_period, year_period
from shared.rules.programme.states import EntryFact, EntryStatus, Standing, SuccessorOn, itself

Kind = ProgrammeKind


class ReportState(StrEnum):
    """Where an expected report stands on a day; `late`: it is not there and its due day has passed."""

    OPEN = "open"
    LATE = "late"
    SUBMITTED = "submitted"
    SUBMITTED_LATE = "submitted_late"
    RECEIVED = "received"
    RECEIVED_LATE = "received_late"

    @property
    def is_waiting(self) -> bool:
        return self in {ReportState.OPEN, ReportState.LATE}

    @property
    def is_after_its_day(self) -> bool:
        return self in {ReportState.LATE, ReportState.SUBMITTED_LATE, ReportState.RECEIVED_LATE}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedReport:
    """What one unit is to report to another about one period. `duty` is the entry that requires it."""

    duty: EntryFact
    year: int
    unit_code: str
    period: Period
    due_on: date

    @property
    def receiver(self) -> str:
        return self.duty.unit_code

    @property
    def report_id(self) -> UUID:
        """Identify the report, and the entry by which it is submitted."""
        return report_id(self.duty.entry_id, self.unit_code, self.period.from_day)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportStanding:
    """An expected report on a day. `since` is the day from which it is to be submitted again, after one was cancelled.

    `owed_by` is the unit that is to act next: who reports, then who receives, or who carries on for it. `requests` are those
    for more time that wait.
    """

    expected: ExpectedReport
    state: ReportState
    submitted: EntryFact | None = None
    received_on: date | None = None
    since: date = date.min
    owed_by: str | None = None
    requests: Sequence[EntryFact] = ()


def report_id(duty_id: UUID, unit_code: str, period_from: date) -> UUID:
    return uuid5(LOA_NAMESPACE, f"report:{duty_id}:{unit_code}:{period_from}")


def periods_of(duty: EntryFact, year: int) -> Sequence[Period]:
    """Give the periods of a required report: those of the reporting year (Decree 09/2019/NĐ-CP, article 12), or the office's own."""
    match duty.report_period:
        case ReportPeriod.MONTH:
            return [month_period(year, month) for month in range(1, 13)]
        case ReportPeriod.QUARTER:
            return [quarter_period(year, quarter) for quarter in range(1, 5)]
        case ReportPeriod.HALF_YEAR:
            return [half_period(year, half) for half in (1, 2)]
        case ReportPeriod.YEAR:
            return [year_period(year)]
        case ReportPeriod.OWN if duty.period_from is not None and duty.period_to is not None:
            return [Period(duty.period_from, duty.period_to)]
        case _:
            return []


def units_of(duty: EntryFact) -> Sequence[str]:
    """Give the units of which a report is required."""
    return duty.coordinating_unit_codes or ((duty.lead_unit_code,) if duty.lead_unit_code else ())


def expected_of(duty: EntryFact, year: int, entered_on: date = date.min) -> Iterator[ExpectedReport]:
    """Give the reports that an entry requires; of periods that had ended when it was entered none is."""
    for period in periods_of(duty, year):
        if period.to_day < entered_on and duty.report_period is not ReportPeriod.OWN:
            continue
        due_on = duty.due_on or period.to_day + timedelta(days=duty.due_days or 0)
        for unit_code in units_of(duty):
            yield ExpectedReport(duty=duty, year=year, unit_code=unit_code, period=period, due_on=due_on)


def extended(expected: ExpectedReport, steps: Iterable[EntryFact]) -> ExpectedReport:
    """Give a report the due day to which it was moved, by the steps of the entry that requires it."""
    for step in steps:
        if step.kind is Kind.TASK_EXTENDED and _is_about(step, expected):
            expected = replace(expected, due_on=step.due_on or expected.due_on)
    return expected


def _is_about(step: EntryFact, expected: ExpectedReport) -> bool:
    return (step.lead_unit_code, step.period_from) == (expected.unit_code, expected.period.from_day)


def report_standings(
    stand: Mapping[UUID, Standing],
    years: Mapping[UUID, int],
    as_of: date,
    successor_on: SuccessorOn = itself,
) -> Iterator[ReportStanding]:
    """Give every expected report of some programmes; `stand` are their entries on the day, `years` those of their programmes.

    A report is required of the periods that ended before its requirement was cancelled. It answers an expected one if it
    names the requirement and the period; one that names no requirement, if it went to the same body for the same period.
    Of a unit for which another one carried on before the period began none is required.
    """
    submitted = _by_unit(item.fact for item in stand.values() if item.fact.kind is Kind.REPORT_SUBMITTED)
    for required in [item for item in stand.values() if item.fact.kind is Kind.REPORT_REQUIRED]:
        duty = required.fact
        for each in expected_of(duty, years[duty.entry_id], duty.day):
            expected = extended(each, required.steps)
            if duty.holds_on(as_of) or (duty.cancelled_from or date.max) > expected.period.to_day:
                answers = [fact for fact in submitted.get(expected.unit_code, ()) if _answers(fact, expected)]
                if not answers and _is_left(expected, as_of, successor_on):
                    continue
                report = _standing(expected, answers, stand, as_of)
                owing = _owing(report)
                requests = [each for each in required.requests if _is_about(each, expected)]
                owed_by = owing and successor_on(owing, as_of)
                yield replace(report, owed_by=owed_by, requests=requests)


def _is_left(expected: ExpectedReport, as_of: date, successor_on: SuccessorOn) -> bool:
    first = min(expected.period.from_day, as_of)
    return successor_on(expected.unit_code, first) != expected.unit_code


def _owing(report: ReportStanding) -> str | None:
    if report.state.is_waiting:
        return report.expected.unit_code
    return report.expected.receiver if report.received_on is None else None


def _by_unit(facts: Iterable[EntryFact]) -> Mapping[str, list[EntryFact]]:
    by_unit: dict[str, list[EntryFact]] = {}
    for fact in sorted(facts, key=lambda fact: (fact.day, fact.position)):
        by_unit.setdefault(fact.unit_code, []).append(fact)
    return by_unit


def _answers(fact: EntryFact, expected: ExpectedReport) -> bool:
    if fact.duty_id is not None:
        return fact.duty_id == expected.duty.entry_id and fact.period_from == expected.period.from_day
    same = (fact.period_from, fact.period_to) == (expected.period.from_day, expected.period.to_day)
    return same and fact.lead_unit_code == expected.receiver


def _standing(
    expected: ExpectedReport, answers: Sequence[EntryFact], stand: Mapping[UUID, Standing], as_of: date
) -> ReportStanding:
    holding = next(
        (fact for fact in answers if stand[fact.entry_id].status is not EntryStatus.CANCELLED), None
    )
    if holding is None:
        gone = max((fact.cancelled_from or date.min for fact in answers), default=date.min)
        late = as_of > expected.due_on
        return ReportStanding(
            expected=expected, state=ReportState.LATE if late else ReportState.OPEN, since=gone
        )
    steps = stand[holding.entry_id].steps
    received_on = next((step.day for step in steps if step.kind is Kind.REPORT_RECEIVED), None)
    return ReportStanding(
        expected=expected,
        state=_SENT[received_on is not None, holding.day > expected.due_on],
        submitted=holding,
        received_on=received_on,
    )


_SENT = {  # whether it was received, whether it came late
    (False, False): ReportState.SUBMITTED,
    (False, True): ReportState.SUBMITTED_LATE,
    (True, False): ReportState.RECEIVED,
    (True, True): ReportState.RECEIVED_LATE,
}

"""What of programmes is owed on a day, by which unit and until when: what reminders are about."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from shared.contracts.vocabulary import ProgrammeKind
from shared.rules.figures import Period
from shared.rules.programme.reports import report_standings
from shared.rules.programme.states import ANSWERS, EntryFact, Standing, SuccessorOn, itself

Kind = ProgrammeKind


class Act(StrEnum):
    """What a unit is to do next."""

    CARRY_OUT = "carry_out"
    ACCEPT = "accept"
    CORRECT = "correct"
    DECIDE = "decide"
    EXTEND = "extend"
    REPORT = "report"
    RECEIVE = "receive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What a unit is to do next about an entry.

    `entry_id` is the entry in whose words it is named (of a report the one that requires it), `asked_by` the unit of its
    programme, `period` that of a report. `since` is the day from which it is this unit's to do: that of the entry, of a
    report, of a return, of a forwarding; `date.min` where no day was given. `left` counts the findings that are not corrected.
    `left_by` is the unit for which `unit_code` carries on, if it was that one's to do. `due_on` is the day of what is to be
    done; who accepts a result or answers a request for more time has none here (`shared/rules/answer_periods.py`).
    `request` is the request for more time that waits, or that is to be answered.
    """

    item_id: UUID
    entry_id: UUID
    act: Act
    unit_code: str
    asked_by: str
    due_on: date | None
    since: date
    left: int | None = None
    left_by: str | None = None
    period: Period | None = None
    request: EntryFact | None = None


_ACTS: Mapping[Kind, Act] = {
    Kind.TASK_ASSIGNED: Act.CARRY_OUT,
    Kind.INSPECTION_CONDUCTED: Act.CORRECT,
    Kind.FINDING_RECORDED: Act.CORRECT,
    Kind.OBSTACLE_RAISED: Act.DECIDE,
    Kind.EXTENSION_REQUESTED: Act.EXTEND,
}
_PASSING = {  # the steps after which another unit is to act, or the same one again
    Kind.TASK_ASSIGNED: frozenset({Kind.TASK_REPORTED, Kind.TASK_RETURNED}),
    Kind.OBSTACLE_RAISED: frozenset({Kind.OBSTACLE_FORWARDED}),
}
OBSTACLE_STEPS = frozenset(
    {Kind.OBSTACLE_RECEIVED, Kind.OBSTACLE_FORWARDED, Kind.OBSTACLE_DECIDED, Kind.OBSTACLE_ANSWERED}
)


def owed(stand: Mapping[UUID, Standing]) -> Iterator[Owed]:
    """Give what is owed by where entries stand (`states.standings`, of whole programmes); what has ended is not."""
    for standing in stand.values():
        if standing.owed_by is None:
            continue
        left = _left(standing, stand)
        if left != 0:
            yield _of(standing, standing.owed_by, left)


def owed_reports(
    stand: Mapping[UUID, Standing],
    years: Mapping[UUID, int],
    as_of: date,
    successor_on: SuccessorOn = itself,
) -> Iterator[Owed]:
    """Give the reports that are to be submitted, and those that are to be received; `years` are those of the programmes."""
    for report in report_standings(stand, years, as_of, successor_on):
        if report.owed_by is None:
            continue
        expected, is_waiting = report.expected, report.state.is_waiting
        yield Owed(
            item_id=expected.report_id,
            entry_id=expected.duty.entry_id,
            act=Act.REPORT if is_waiting else Act.RECEIVE,
            unit_code=report.owed_by,
            asked_by=expected.receiver,
            due_on=expected.due_on if is_waiting else None,
            since=report.submitted.day if report.submitted else report.since,
            period=expected.period,
            request=_request(report.requests) if is_waiting else None,
        )


def steps_of_others(
    stand: Mapping[UUID, Standing], since: date, until: date
) -> Iterator[tuple[EntryFact, EntryFact, str]]:
    """Give what others did about an obstacle or due day of a unit in a period, both days included, with that unit."""
    for standing in stand.values():
        fact = standing.fact
        for step in standing.steps:
            if not since <= step.day <= until:
                continue
            is_own = step.lead_unit_code == fact.unit_code
            if fact.kind is Kind.OBSTACLE_RAISED and step.kind in OBSTACLE_STEPS and not is_own:
                yield fact, step, fact.unit_code
            elif step.kind in ANSWERS:
                unit_code = step.lead_unit_code or fact.performer
                if unit_code != fact.unit_code:
                    yield fact, step, unit_code


def _of(standing: Standing, unit_code: str, left: int | None) -> Owed:
    fact = standing.fact
    passing = [step for step in standing.steps if step.kind in _PASSING.get(fact.kind, ())]
    is_reported = bool(passing) and passing[-1].kind is Kind.TASK_REPORTED
    return Owed(
        item_id=fact.entry_id,
        entry_id=fact.entry_id,
        act=Act.ACCEPT if is_reported else _ACTS[fact.kind],
        unit_code=unit_code,
        asked_by=fact.unit_code,
        due_on=None if is_reported else standing.due_on,
        since=passing[-1].day if passing else fact.day,
        left=left,
        left_by=standing.left_by,
        request=fact if fact.kind is Kind.EXTENSION_REQUESTED else _request(standing.requests),
    )


def _request(requests: Sequence[EntryFact]) -> EntryFact | None:
    return requests[-1] if requests else None


def _left(standing: Standing, stand: Mapping[UUID, Standing]) -> int | None:
    """Count the findings that are left; those of an inspection that have a due day of their own are owed by themselves."""
    if standing.findings is None:
        return None
    recorded: Collection[Standing] = [
        stand[step.entry_id] for step in standing.steps if step.kind is Kind.FINDING_RECORDED
    ]
    own = sum(_not_corrected(finding) for finding in recorded if finding.due_on is not None)
    return max(0, _not_corrected(standing) - own)


def _not_corrected(standing: Standing) -> int:
    return (standing.findings or 0) - (standing.mended or 0)

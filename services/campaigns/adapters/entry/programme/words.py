"""What pages say of an entry of a programme, and which follow-ups they offer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from shared.contracts.event import Acting
from shared.contracts.vocabulary import DuePrecision, Precision, ProgrammeKind
from shared.kernel.errors import Text
from shared.rules.programme.due import first_due_day
from shared.rules.programme.kinds import ABOUT_TIME, CHANGES, KINDS, Writer
from shared.rules.programme.states import ENDED, EntryFact, EntryStatus, Standing
from shared.rules.rulebook.rulebook import Calendar
from shared.rules.words.wording import dated

Kind = ProgrammeKind
STATUSES: Mapping[EntryStatus, Text] = {
    EntryStatus.OPEN: Text("Đang thực hiện", "Open"),
    EntryStatus.LATE: Text("Quá thời hạn", "Past its due day"),
    EntryStatus.DONE: Text("Đã hoàn thành", "Done"),
    EntryStatus.DONE_LATE: Text("Đã hoàn thành sau thời hạn", "Done after its due day"),
    EntryStatus.CANCELLED: Text("Đã hủy", "Cancelled"),
}
OF_OBSTACLES: Mapping[EntryStatus, Text] = {
    EntryStatus.OPEN: Text("Đang chờ giải quyết", "Waits for an answer"),
    EntryStatus.DONE: Text("Đã giải quyết", "Settled"),
}


def status_words(kind: Kind, status: EntryStatus) -> Text:
    """Give what a state is called; an obstacle is settled, and not carried out."""
    own = OF_OBSTACLES if kind is Kind.OBSTACLE_RAISED else {}
    return own.get(status, STATUSES[status])


MARKS: Mapping[EntryStatus, str] = {
    EntryStatus.LATE: "warn",
    EntryStatus.DONE: "good",
    EntryStatus.DONE_LATE: "good",
}
OFFERED: Mapping[Kind, tuple[Kind, ...]] = {
    Kind.TASK_ASSIGNED: (
        *(Kind.TASK_PROGRESSED, Kind.TASK_REPORTED, Kind.TASK_ACCEPTED, Kind.TASK_RETURNED),
        *ABOUT_TIME,
    ),
    Kind.OBSTACLE_RAISED: (
        *(Kind.OBSTACLE_RECEIVED, Kind.OBSTACLE_FORWARDED, Kind.OBSTACLE_DECIDED, Kind.OBSTACLE_ANSWERED),
    ),
    Kind.INSPECTION_CONDUCTED: (Kind.FINDING_RECORDED, Kind.FINDING_FOLLOWED_UP, *ABOUT_TIME),
    Kind.FINDING_RECORDED: (Kind.FINDING_FOLLOWED_UP, *ABOUT_TIME),
    Kind.REPORT_REQUIRED: ABOUT_TIME,
    Kind.REPORT_SUBMITTED: (Kind.REPORT_RECEIVED,),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry on a page; `steps` are what may follow it, `waiting` the working days since the day on which it began.

    `requests` are those for more time that wait.
    """

    row: Mapping[str, Any]
    kind: Text
    when: Text | None
    due: Text | None
    status: Text | None
    mark: str
    owed_by: str | None
    waiting: int | None
    progress: int | None
    past: tuple[tuple[Text, Text | None, str | None], ...]
    requests: tuple[EntryFact, ...]
    steps: tuple[tuple[Kind, Text], ...]

    @property
    def entry_id(self) -> UUID:
        number: UUID = self.row["entry_id"]
        return number


def shown(row: Mapping[str, Any], by: Acting, today: date, calendar: Calendar) -> Shown:
    """Show a row of the read model with its standing."""
    standing: Standing | None = row["standing"]
    status = standing.status if standing else None
    kind, happened_on = Kind(row["kind"]), row["happened_on"]
    began = happened_on if row["precision"] == Precision.DAY else None
    is_open = status is not None and status not in ENDED
    return Shown(
        row=row,
        kind=KINDS[kind].words,
        when=dated(happened_on, Precision(row["precision"])) if happened_on else None,
        due=_due(row, standing),
        status=status_words(kind, status) if status else None,
        mark=MARKS.get(status, "") if status else "",
        owed_by=standing.owed_by if standing and is_open else None,
        waiting=calendar.working_days_between(began, today) if began and is_open else None,
        progress=standing.percent if standing else None,
        past=tuple(_past(standing)) if standing else (),
        requests=tuple(standing.requests) if standing else (),
        steps=tuple((step, KINDS[step].words) for step in _offered(kind, row, standing, by)),
    )


def _due(row: Mapping[str, Any], standing: Standing | None) -> Text | None:
    extended = standing.due_on if standing else None
    if extended is not None and extended != row["due_on"]:
        return dated(extended, Precision.DAY)
    if row["due_on"] is None:
        return None
    precision = DuePrecision(row["due_precision"] or DuePrecision.DAY)
    if precision is DuePrecision.QUARTER:
        return dated(row["due_on"], Precision.DAY)
    return dated(first_due_day(row["due_on"], precision), Precision(precision.value))


def _past(standing: Standing) -> Iterator[tuple[Text, Text | None, str | None]]:
    for step in standing.steps:
        when = dated(step.happened_on, Precision.DAY) if step.happened_on else None
        words = KINDS[step.kind].words
        if step.kind in ABOUT_TIME and step.due_on is not None:
            until = f"{step.due_on:%d/%m/%Y}"
            words = Text(f"{words.vi} đến hết ngày {until}", f"{words.en} until {until}")
        yield words, when, step.document


def _offered(kind: Kind, row: Mapping[str, Any], standing: Standing | None, by: Acting) -> Iterator[Kind]:
    """Give the follow-ups that make sense now and that the caller may enter; the command decides in the end."""
    status = standing.status if standing else None
    if status is EntryStatus.CANCELLED:
        return
    own = by.may_act_for(row["unit_code"])
    past = [step.kind for step in standing.steps] if standing else []
    waits = bool(standing and standing.requests)
    for step in OFFERED.get(kind, ()):
        if _writes(step, row, standing, by) and _makes_sense(step, status, past, waits=waits):
            yield step
    if own:
        yield from CHANGES


def _writes(step: Kind, row: Mapping[str, Any], standing: Standing | None, by: Acting) -> bool:
    own = by.may_act_for(row["unit_code"])
    match KINDS[step].writer:
        case Writer.UNIT | Writer.ABOVE:
            return own
        case Writer.OWING:  # who assigned it does not ask itself
            return not own and _is_asked(row, standing, by)
        case _:
            return own or _is_asked(row, standing, by)


def _is_asked(row: Mapping[str, Any], standing: Standing | None, by: Acting) -> bool:
    codes = {row["lead_unit_code"], standing.owed_by if standing else None} - {None}
    if row["kind"] == Kind.REPORT_REQUIRED:
        codes |= set(row["coordinating_unit_codes"] or ())
    return any(by.may_act_for(str(code)) for code in codes)


def _makes_sense(step: Kind, status: EntryStatus | None, past: Sequence[Kind], *, waits: bool) -> bool:
    if step is Kind.EXTENSION_REFUSED and not waits:
        return False
    if step is Kind.EXTENSION_REQUESTED and waits:
        return False
    if step in _OF_REPORT:
        return _is_reported(past)
    if step in _ONCE and step in past:
        return False
    ended = status in ENDED and step in _WHILE_OPEN
    return not ended and not (step in _OF_TASK and _is_reported(past))


_OF_REPORT = frozenset({Kind.TASK_ACCEPTED, Kind.TASK_RETURNED})
_OF_TASK = frozenset({Kind.TASK_PROGRESSED, Kind.TASK_REPORTED, *ABOUT_TIME})
_ONCE = frozenset(
    {Kind.OBSTACLE_RECEIVED, Kind.OBSTACLE_DECIDED, Kind.OBSTACLE_ANSWERED, Kind.REPORT_RECEIVED}
)
_WHILE_OPEN = (
    _OF_TASK
    | {Kind.OBSTACLE_RECEIVED, Kind.OBSTACLE_FORWARDED, Kind.OBSTACLE_DECIDED}
    | {Kind.FINDING_FOLLOWED_UP}
)


def _is_reported(past: Sequence[Kind]) -> bool:
    """Tell whether a report waits for an answer."""
    reports = [step for step in past if step in _OF_REPORT or step is Kind.TASK_REPORTED]
    return reports[-1:] == [Kind.TASK_REPORTED]

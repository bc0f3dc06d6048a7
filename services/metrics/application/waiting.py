"""How much waits in an area: gaps, to-dos and required reports, counted in one snapshot."""

from dataclasses import dataclass

from services.metrics.application.list_ports import ReportsSnapshot
from services.metrics.application.ports import Opens
from services.metrics.application.programme import year_of
from services.metrics.application.queries import Question, counted_rows
from services.metrics.application.required_reports import ReportsOfYear, ReportsQuestion
from services.metrics.domain.grouping import long_suspended_before
from shared.contracts.vocabulary import Dataset, GapState
from shared.rules.programme.reports import ReportState
from shared.rules.timeline import gap_state


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingQuestion:
    """`of_units`: whose drafts; `receiver`: to whom required reports are sent, None: to anybody."""

    of_units: Question
    receiver: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """`overdue` are gaps after their due day, of `units_overdue` units; reports are those of the present reporting year."""

    question: WaitingQuestion
    position: int
    gaps: int
    overdue: int
    units_overdue: int
    todos: int
    reports_open: int
    reports_late: int
    datasets: frozenset[Dataset]


@dataclass(frozen=True, slots=True)
class WaitingQueries:
    snapshots: Opens[ReportsSnapshot]

    async def waiting(self, asked: WaitingQuestion) -> Waiting:
        of = asked.of_units
        day = of.as_of
        async with self.snapshots(of.known_at) as snapshot:
            units = (await snapshot.units()).on(day)
            gaps = counted_rows(await snapshot.gaps(day), units, of)
            todos = counted_rows(await snapshot.todos(day, long_suspended_before(day)), units, of)
            year = year_of(day, None)
            reports = await ReportsOfYear.read(snapshot, day, year)
            states = reports.counts(ReportsQuestion(as_of=day, year=year, receiver=asked.receiver), units)
        overdue = [gap.unit_code for gap in gaps if gap_state(gap.due_on, day) is GapState.OVERDUE]
        return Waiting(
            question=asked,
            position=snapshot.position,
            gaps=len(gaps),
            overdue=len(overdue),
            units_overdue=len(set(overdue)),
            todos=len(todos),
            reports_open=states[ReportState.OPEN],
            reports_late=states[ReportState.LATE],
            datasets=frozenset(gap.dataset for gap in gaps) | frozenset(todo.dataset for todo in todos),
        )

"""Which reports are required of which units, where each stands on a day, and a unit's own figures with those that are counted."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self, TypeVar
from uuid import UUID

from services.metrics.application.list_ports import ReportEntry, ReportsSnapshot
from services.metrics.application.ports import Cell, KnownAt, Opens, Snapshot
from services.metrics.application.queries import Question, codes_of
from shared.contracts.vocabulary import Dataset
from shared.directory.folds import UnitsOn
from shared.rules.counts import Activity, Member, activities, published
from shared.rules.figures import Counts, Period, effective_day, total
from shared.rules.programme.figures import OWN_FIGURES
from shared.rules.programme.reports import ReportStanding, ReportState, report_standings
from shared.rules.programme.states import standings

Figures = Mapping[str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportsQuestion:
    """The reports of a programme year as they are on a day: of units (as for figures), to one body, about one period, in one state."""

    as_of: date
    year: int
    unit_code: str | None = None
    include_descendants: bool = False
    area_of: str | None = None
    receiver: str | None = None
    period: Period | None = None
    state: ReportState | None = None
    known_at: KnownAt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFigure:
    """A figure that the unit gave, and the one that is counted for the unit, the units below it and its area; None: not recorded."""

    name: str
    own: int
    counted: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedReport:
    """`published_id` is the published report that was sent, `dataset` that of the requirement."""

    standing: ReportStanding
    title: str
    unit_name: str
    receiver_name: str
    corrected: bool
    figures: Sequence[OwnFigure]
    published_id: UUID | None
    dataset: Dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTotal:
    """A figure summed over the reports that give it (`units` of them), beside what is counted for the same units."""

    name: str
    units: int
    own: int
    counted: int | None

    @property
    def difference(self) -> int | None:
        return None if self.counted is None else self.own - self.counted


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportsAnswer:
    """`counts` are by state, of all that the question is about before `state` narrows the list."""

    question: ReportsQuestion
    position: int
    reports: Sequence[ListedReport]
    counts: Mapping[ReportState, int]
    datasets: frozenset[Dataset]


@dataclass(frozen=True, slots=True)
class _Counting:
    """What figures of periods are counted from: the counts and the activities of each unit."""

    cells: Mapping[Period, Mapping[str, Sequence[Counts]]]
    activities: Mapping[Period, Mapping[str, Sequence[Activity]]]
    as_of: date

    @classmethod
    def of(cls, cells: Mapping[Period, Sequence[Cell]], members: Sequence[Member], as_of: date) -> Self:
        made = {period: activities(members, as_of, period) for period in cells}
        return cls(
            cells={
                period: _by_unit((cell.unit_code, cell.counts) for cell in of_all)
                for period, of_all in cells.items()
            },
            activities={
                period: _by_unit((item.first.unit_code, item) for item in of_all)
                for period, of_all in made.items()
            },
            as_of=as_of,
        )


T = TypeVar("T")


def _by_unit(items: Iterable[tuple[str, T]]) -> Mapping[str, list[T]]:
    units: dict[str, list[T]] = {}
    for unit_code, item in items:
        units.setdefault(unit_code, []).append(item)
    return units


@dataclass(frozen=True, slots=True)
class RequiredReports:
    snapshots: Opens[ReportsSnapshot]

    async def reports(self, question: ReportsQuestion) -> ReportsAnswer:
        """List expected reports by due day, unit and receiver."""
        async with self.snapshots(question.known_at) as snapshot:
            return await (await ReportsOfYear.read(snapshot, question.as_of, question.year)).answer(question)


@dataclass(frozen=True, slots=True)
class ReportsOfYear:
    """All reports of a programme year as they are on a day, of a snapshot that serves other answers too."""

    snapshot: ReportsSnapshot
    entries: Mapping[UUID, ReportEntry]
    expected: Sequence[ReportStanding]

    @classmethod
    async def read(cls, snapshot: ReportsSnapshot, as_of: date, year: int) -> Self:
        entries = {entry.fact.entry_id: entry for entry in await snapshot.report_entries(year)}
        successor_on = (await snapshot.units()).successor_on
        stand = standings((entry.fact for entry in entries.values()), as_of, successor_on)
        years = {entry_id: entry.year for entry_id, entry in entries.items()}
        reports = report_standings(stand, years, as_of, successor_on)
        of_year = (item for item in reports if item.expected.year == year)
        return cls(snapshot, entries, sorted(of_year, key=_place))

    async def answer(self, question: ReportsQuestion) -> ReportsAnswer:
        """List the reports that a question about this year and day is about, by due day, unit and receiver."""
        units = (await self.snapshot.units()).on(question.as_of)
        asked = self.asked(question, units)
        wanted = [item for item in asked if question.state in (None, item.state)]
        with_figures = {item.expected.period for item in wanted if _own(item, self.entries)}
        cells = {period: await self.snapshot.cells(question.as_of, period) for period in with_figures}
        members = await _members(self.snapshot, with_figures, question.as_of)
        counting = await asyncio.to_thread(_Counting.of, cells, members, question.as_of)
        return ReportsAnswer(
            question=question,
            position=self.snapshot.position,
            reports=await asyncio.to_thread(_listed, wanted, self.entries, units, counting),
            counts=Counter(item.state for item in asked),
            datasets=frozenset(self.entries[item.expected.duty.entry_id].dataset for item in asked),
        )

    def asked(self, question: ReportsQuestion, units: UnitsOn) -> list[ReportStanding]:
        """Give the reports that a question is about, in any state."""
        return _asked(question, codes_of(units, _of_units(question)), self.expected)

    def counts(self, question: ReportsQuestion, units: UnitsOn) -> Counter[ReportState]:
        """Count the reports that a question is about by state."""
        return Counter(item.state for item in self.asked(question, units))


def _of_units(question: ReportsQuestion) -> Question:
    return Question(
        as_of=question.as_of,
        unit_code=question.unit_code,
        include_descendants=question.include_descendants,
        area_of=question.area_of,
    )


def _asked(
    question: ReportsQuestion, codes: Collection[str] | None, expected: Iterable[ReportStanding]
) -> list[ReportStanding]:
    return [
        item
        for item in expected
        if question.receiver in (None, item.expected.receiver)
        and question.period in (None, item.expected.period)
        and (codes is None or item.expected.unit_code in codes or _carried_on(item, codes))
    ]


def _carried_on(item: ReportStanding, codes: Collection[str]) -> bool:
    """Tell whether a report is to be sent by one of some units for a former one."""
    return item.state.is_waiting and item.owed_by in codes


def _place(item: ReportStanding) -> tuple[date, str, str, UUID]:
    expected = item.expected
    return expected.due_on, expected.unit_code, expected.receiver, expected.report_id


async def _members(snapshot: Snapshot, periods: Collection[Period], as_of: date) -> list[Member]:
    if not periods:
        return []
    last = min(as_of, max(period.to_day for period in periods))
    return await snapshot.members(min(period.from_day for period in periods), last)


def _own(item: ReportStanding, entries: Mapping[UUID, ReportEntry]) -> Mapping[str, int]:
    return (entries[item.submitted.entry_id].figures or {}) if item.submitted else {}


def _listed(
    wanted: Sequence[ReportStanding],
    entries: Mapping[UUID, ReportEntry],
    units: UnitsOn,
    counting: _Counting,
) -> list[ListedReport]:
    return [_report(item, entries, units, counting) for item in wanted]


def _report(
    item: ReportStanding, entries: Mapping[UUID, ReportEntry], units: UnitsOn, counting: _Counting
) -> ListedReport:
    expected, own = item.expected, _own(item, entries)
    counted: Figures = _counted(expected.unit_code, expected.period, units, counting) if own else {}
    return ListedReport(
        standing=item,
        title=entries[expected.duty.entry_id].title or "",
        unit_name=units.name(expected.unit_code),
        receiver_name=units.name(expected.receiver),
        corrected=item.submitted is not None and entries[item.submitted.entry_id].corrected,
        published_id=entries[item.submitted.entry_id].report_id if item.submitted else None,
        dataset=entries[expected.duty.entry_id].dataset,
        figures=[
            OwnFigure(name=name, own=own[name], counted=counted[name]) for name in OWN_FIGURES if name in own
        ],
    )


def sent_totals(reports: Sequence[ListedReport]) -> list[SentTotal]:
    """Sum what was sent, figure by figure; nothing is counted where no activity recorded it."""
    by_name: dict[str, list[OwnFigure]] = {}
    for report in reports:
        for figure in report.figures:
            by_name.setdefault(figure.name, []).append(figure)
    return [_total(name, by_name[name]) for name in OWN_FIGURES if name in by_name]


def _total(name: str, figures: Sequence[OwnFigure]) -> SentTotal:
    counted = [figure.counted for figure in figures if figure.counted is not None]
    return SentTotal(
        name=name,
        units=len(figures),
        own=sum(figure.own for figure in figures),
        counted=sum(counted) if counted else None,
    )


def _counted(unit_code: str, period: Period, units: UnitsOn, counting: _Counting) -> Figures:
    """Count the period as `GET /compliance` and `GET /counts` do, for the unit, those below it and its area of supervision."""
    codes = units.below(unit_code) | units.areas.area(unit_code) | {unit_code}
    cells, made_by = counting.cells[period], counting.activities[period]
    counts = total(part for code in codes for part in cells.get(code, ()))
    made = [item for code in codes for item in made_by.get(code, ())]
    of_activities = published(made, effective_day(period, counting.as_of)).as_dict()
    return {
        "drafts": counts.drafts,
        "policies": counts.policies,
        "policies_communicated": counts.begun,
        **{name: of_activities[name] for name in OWN_FIGURES if name in of_activities},
    }

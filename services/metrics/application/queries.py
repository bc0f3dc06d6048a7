"""What can be asked of metrics: compliance, gaps, coverage and to-dos, for any day."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from services.metrics.application.list_ports import Coming, Evidence, Planned, Unnamed
from services.metrics.application.page_ports import Happened, LateOccurrence, MonthCell, PolicyRow, StageCell
from services.metrics.application.ports import (
    Cell,
    KnownAt,
    Listed,
    OpenGap,
    PerformedCommunication,
    Snapshot,
    Snapshots,
    Todo,
)
from services.metrics.domain.coverage import MOST_SHOWN, Coverage, Shown, coverage_of, days_in_stages
from services.metrics.domain.errors import DraftUnknown, StageUnknown, UnitUnknown
from services.metrics.domain.grouping import (
    Counted,
    Group,
    GroupBy,
    View,
    group,
    long_suspended_before,
    whole,
)
from services.metrics.domain.record import DraftRecord, asked_of
from services.metrics.domain.waiting import ShownRequest, shown_requests
from shared.contracts.vocabulary import Dataset, GapState, Instrument, Regime, UnitLevel
from shared.directory.folds import UnitsOn
from shared.directory.unit_tree import UnitTree
from shared.rules.figures import Period, effective_day, national_floor, reporting_year
from shared.rules.rulebook.rulebook import Calendar, Rulebook
from shared.rules.timeline import gap_state, is_overdue
from shared.rules.verdicts import Search
from shared.rules.words import wording

Led = TypeVar(
    "Led",
    Cell,
    OpenGap,
    Todo,
    LateOccurrence,
    MonthCell,
    StageCell,
    Happened,
    PolicyRow,
    Coming,
    Planned,
    Evidence,
    Unnamed,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which policies are counted, as of which day, seen from which units."""

    as_of: date
    period: Period | None = None
    year: int | None = None
    unit_code: str | None = None
    include_descendants: bool = False
    area_of: str | None = None
    view: View = View.ORIGINAL
    group_by: GroupBy = GroupBy.NONE
    known_at: KnownAt | None = None

    @property
    def effective(self) -> date:
        """The day at which the figures of the period are taken, units among them."""
        return effective_day(self.period, self.as_of)

    @property
    def target_year(self) -> int:
        """The reporting year of the target and floor shown with the figures."""
        return self.year or reporting_year(self.period.to_day if self.period else self.as_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuestion:
    """Which communications of a draft are listed: all, or those that cover a stage (`entry_id`), a policy, or both."""

    as_of: date
    limit: int
    after: tuple[date, UUID] | None = None
    entry_id: UUID | None = None
    policy_no: int | None = None
    counts: bool | None = None
    known_at: KnownAt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compliance:
    question: Question
    position: int
    groups: list[Group]
    datasets: frozenset[Dataset]


class SeenGap(NamedTuple):
    """An open gap with what follows from the date alone, reckoned when it is asked for: most are counted and not shown.

    `documents` name, by unit, what sets due days. A tuple, because an answer makes one of each open gap.
    """

    gap: OpenGap
    as_of: date
    units: UnitsOn
    calendar: Calendar
    documents: Mapping[str, str]

    @property
    def unit_name(self) -> str:
        return self.units.name(self.gap.unit_code)

    @property
    def state(self) -> GapState:
        return gap_state(self.gap.due_on, self.as_of)

    @property
    def overdue_working_days(self) -> int:
        due_on = self.gap.due_on
        return self.calendar.working_days_between(due_on, self.as_of) if self.as_of > due_on else 0

    @property
    def working_days_left(self) -> int:
        due_on = self.gap.due_on
        return 0 if self.as_of > due_on else self.calendar.working_days_between(self.as_of, due_on)

    @property
    def requests(self) -> tuple[ShownRequest, ...]:
        given = self.gap.requests
        return shown_requests(given, self.units, self.calendar) if given else ()

    @property
    def due_document(self) -> str | None:
        return self.units.nearest(self.gap.unit_code, self.documents)


def overdue_of(gaps: Iterable[SeenGap]) -> int:
    return sum(is_overdue(seen.gap.due_on, seen.as_of) for seen in gaps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    as_of: date
    position: int
    gaps: list[SeenGap]
    datasets: frozenset[Dataset]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The figures of a day, all of one snapshot; gaps and to-dos are those of `question.as_of`, `units_then` those of the figures.

    `cells` are the counts of which the figures are sums. `present` are the data sets that a question may be about.
    """

    question: Question
    position: int
    cells: Sequence[Cell]
    whole: Group
    by_unit: list[Group]
    gaps: list[SeenGap]
    todos: list[Todo]
    units: UnitsOn
    units_then: UnitsOn
    leading: frozenset[str]
    datasets: frozenset[Dataset]
    present: frozenset[Dataset]


@dataclass(frozen=True, slots=True)
class Queries:
    """`deadline_documents` name, by unit, the documents that set due days (`UnitsOn.nearest`)."""

    snapshots: Snapshots
    rulebook: Rulebook
    deadline_documents: Mapping[str, str] = field(default_factory=dict)

    async def compliance(self, question: Question) -> Compliance:
        async with self.snapshots(question.known_at) as snapshot:
            return await self.compliance_in(snapshot, question)

    async def compliance_in(self, snapshot: Snapshot, question: Question) -> Compliance:
        """Answer from a snapshot that the caller asks for more."""
        units = (await snapshot.units()).on(question.effective)
        cells = await snapshot.cells(question.as_of, question.period)
        targets = await snapshot.targets(question.target_year)
        wanted = counted_rows(cells, units, question)
        return Compliance(
            question=question,
            position=snapshot.position,
            groups=_groups(wanted, units, targets, question),
            datasets=frozenset(cell.dataset for cell in wanted),
        )

    async def gaps(self, question: Question) -> Gaps:
        async with self.snapshots(question.known_at) as snapshot:
            units = (await snapshot.units()).on(question.as_of)
            open_gaps = await snapshot.gaps(question.as_of)
        wanted = counted_rows(open_gaps, units, question)
        return Gaps(
            as_of=question.as_of,
            position=snapshot.position,
            gaps=self._seen(wanted, units, question.as_of),
            datasets=frozenset(map(attrgetter("dataset"), wanted)),
        )

    async def coverage(self, draft_code: str, as_of: date, known_at: KnownAt | None = None) -> Coverage:
        async with self.snapshots(known_at) as snapshot:
            return await self.coverage_in(snapshot, draft_code, as_of)

    async def coverage_in(self, snapshot: Snapshot, draft_code: str, as_of: date) -> Coverage:
        """Answer from a snapshot that the caller asks for more; raises `DraftUnknown`."""
        draft = await snapshot.draft(draft_code)
        if draft is None:
            raise DraftUnknown(draft_code)
        units = (await snapshot.units()).on(as_of)
        rulebook = await self._rules(snapshot)
        record, shown = await self._shown(snapshot, draft, as_of, rulebook)
        requests = shown_requests(record.requests, units, self.rulebook.calendar)
        document = units.nearest(record.lead_on(as_of), self.deadline_documents)
        answer = coverage_of(record, rulebook, as_of, snapshot.position, units.name, shown, requests)
        return replace(answer, body={**answer.body, "due_document": document})

    async def _rules(self, snapshot: Snapshot) -> Rulebook:
        """Give the rules among the units of a snapshot, if some of them are local."""
        if not self.rulebook.local:
            return self.rulebook
        return self.rulebook.within(UnitTree(await snapshot.units()).lineage)

    async def _shown(
        self, snapshot: Snapshot, draft: DraftRecord, as_of: date, rulebook: Rulebook
    ) -> tuple[DraftRecord, Shown]:
        """Give a draft with the communications that decide, and those that are shown."""
        if draft.communications:
            return draft, Shown.of_whole(draft, rulebook, as_of)
        deciding = await snapshot.deciding(asked_of(draft, rulebook))
        in_stages = days_in_stages(draft, rulebook, as_of)
        asked = [(number, days) for (_, number), days in in_stages.items()]
        covering = await snapshot.covering(draft.draft_id, asked, MOST_SHOWN)
        support = await snapshot.others(draft.draft_id, as_of, MOST_SHOWN)
        shown = Shown(dict(zip(in_stages, covering, strict=True)), support)
        return replace(draft, communications=tuple(deciding)), shown

    async def communications(self, draft_code: str, asked: ListQuestion) -> Sequence[PerformedCommunication]:
        """List the communications of a draft; raises `DraftUnknown` and `StageUnknown`."""
        async with self.snapshots(asked.known_at) as snapshot:
            draft = await snapshot.draft(draft_code)
            if draft is None:
                raise DraftUnknown(draft_code)
            listed = Listed(
                draft_id=draft.draft_id,
                until=asked.as_of,
                limit=asked.limit,
                after=asked.after,
                counts=asked.counts,
                days=_days(draft, asked, await self._rules(snapshot)),
                policy_no=asked.policy_no,
            )
            return await snapshot.listed(listed)

    async def todos(self, question: Question) -> tuple[list[Todo], UnitsOn]:
        async with self.snapshots(question.known_at) as snapshot:
            todos = await snapshot.todos(question.as_of, long_suspended_before(question.as_of))
            units = (await snapshot.units()).on(question.as_of)
        return counted_rows(todos, units, question), units

    async def overview(self, question: Question) -> Overview:
        async with self.snapshots(question.known_at) as snapshot:
            return await self.overview_in(snapshot, question)

    async def overview_in(self, snapshot: Snapshot, question: Question) -> Overview:
        """Answer from a snapshot that the caller asks for more; units may be named instead of their codes."""
        directory = await snapshot.units()
        cells = await snapshot.cells(question.as_of, question.period)
        targets = await snapshot.targets(question.target_year)
        gaps = await snapshot.gaps(question.as_of)
        todos = await snapshot.todos(question.as_of, long_suspended_before(question.as_of))
        units = directory.on(question.as_of)
        asked = replace(
            question, unit_code=units.code_of(question.unit_code), area_of=units.code_of(question.area_of)
        )
        that_day, then = replace(asked, period=None), directory.on(asked.effective)
        counted = counted_rows(cells, then, asked)
        open_gaps, waiting = counted_rows(gaps, units, that_day), counted_rows(todos, units, that_day)
        led = _units_and_datasets(cells, gaps, todos)
        of_all_units = asked.unit_code is None and asked.area_of is None
        shown = led if of_all_units else _units_and_datasets(counted, open_gaps, waiting)
        return Overview(
            question=asked,
            position=snapshot.position,
            cells=counted,
            whole=_groups(counted, then, targets, replace(asked, group_by=GroupBy.NONE))[0],
            by_unit=_groups(counted, then, targets, replace(asked, group_by=GroupBy.UNIT)),
            gaps=self._seen(open_gaps, units, asked.as_of),
            todos=waiting,
            units=units,
            units_then=then,
            leading=frozenset(unit for unit, _ in led),
            datasets=frozenset(dataset for _, dataset in shown),
            present=snapshot.present,
        )

    def _seen(self, gaps: Iterable[OpenGap], units: UnitsOn, as_of: date) -> list[SeenGap]:
        calendar, documents = self.rulebook.calendar, self.deadline_documents
        return [SeenGap(gap, as_of, units, calendar, documents) for gap in gaps]


def counted_rows(rows: Iterable[Led], units: UnitsOn, question: Question) -> list[Led]:
    """Give the rows of the units asked for, each under the unit from which it is seen."""
    return _of_units(_seen_from(rows, units, question), codes_of(units, question))


def codes_of(units: UnitsOn, question: Question) -> frozenset[str] | None:
    """Return the codes of the units asked for, those that are in the unit and in the area; None means all of them."""
    chosen = [
        of(units, code, question)
        for code, of in ((question.unit_code, _of_unit), (question.area_of, _of_area))
        if code is not None
    ]
    return frozenset.intersection(*chosen) if chosen else None


def _of_unit(units: UnitsOn, code: str, question: Question) -> frozenset[str]:
    below = units.below(_registered(units, code)) if question.include_descendants else frozenset()
    return below | {_registered(units, code)}


def _of_area(units: UnitsOn, code: str, _question: Question) -> frozenset[str]:
    return units.areas.area(_registered(units, code))


def _registered(units: UnitsOn, code: str) -> str:
    if code not in units:
        raise UnitUnknown(code)
    return code


def _seen_from(rows: Iterable[Led], units: UnitsOn, question: Question) -> list[Led]:
    if question.view is View.ORIGINAL:
        return list(rows)
    return [replace(row, unit_code=units.successor(row.unit_code)) for row in rows]


def _of_units(rows: Iterable[Led], codes: frozenset[str] | None) -> list[Led]:
    return list(rows) if codes is None else [row for row in rows if row.unit_code in codes]


def _units_and_datasets(*lists: Iterable[Cell | OpenGap | Todo]) -> set[tuple[str, Dataset]]:
    return set(map(attrgetter("unit_code", "dataset"), chain.from_iterable(lists)))


def _groups(
    cells: list[Cell], units: UnitsOn, targets: Mapping[str, float], question: Question
) -> list[Group]:
    floor = national_floor(question.target_year)
    if question.group_by is GroupBy.NONE:
        own = targets.get(question.unit_code or "") if question.area_of is None else None
        return [whole(cells, whose_figures(units, question), own, floor)]
    keys: Mapping[GroupBy, Callable[[Counted], str | int | None]] = {
        GroupBy.UNIT: lambda cell: cell.unit_code,
        GroupBy.LEVEL: lambda cell: units.level(cell.unit_code) or "unknown",
        GroupBy.INSTRUMENT: lambda cell: cell.instrument.value,
        GroupBy.REGIME: lambda cell: cell.regime.value,
        GroupBy.YEAR: lambda cell: cell.year,
    }
    by_unit = question.group_by is GroupBy.UNIT
    label_of = _labels(units)[question.group_by]
    return group(cells, keys[question.group_by], label_of, targets if by_unit else {}, floor)


def whose_figures(units: UnitsOn, question: Question) -> str:
    """Name whose figures these are."""
    area = f"địa bàn, lĩnh vực do {units.name(question.area_of)} theo dõi" if question.area_of else ""
    if question.unit_code is None:
        return area[:1].upper() + area[1:] if area else "Toàn quốc"
    own = units.name(question.unit_code)
    return f"{own}, trong {area}" if area else own


def _labels(units: UnitsOn) -> Mapping[GroupBy, Callable[[Any], str]]:
    return {
        GroupBy.UNIT: units.name,
        GroupBy.LEVEL: lambda key: wording.UNIT_LEVELS[UnitLevel(key)].vi if key in set(UnitLevel) else key,
        GroupBy.INSTRUMENT: lambda key: wording.INSTRUMENTS[Instrument(key)].vi,
        GroupBy.REGIME: lambda key: wording.REGIMES[Regime(key)].vi,
        GroupBy.YEAR: lambda key: "Chưa lấy ý kiến" if key is None else f"Năm {key}",
    }


def _days(draft: DraftRecord, asked: ListQuestion, rulebook: Rulebook) -> Search | None:
    if asked.entry_id is None:
        return None if asked.policy_no is None else Search(date.min, asked.as_of)
    in_stages = days_in_stages(draft, rulebook, asked.as_of)
    days = next((days for (entry, _), days in in_stages.items() if entry == asked.entry_id), None)
    if days is None:
        raise StageUnknown(draft.draft_code, asked.entry_id)
    return days

"""What can be asked about programmes: the eight groups for a unit, its descendants or an area, with its drafts and activities."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from services.metrics.application.counts import NOT_RECORDED
from services.metrics.application.ports import (
    ActivitiesAsked,
    ActivitySums,
    Cell,
    GroupKey,
    KnownAt,
    Opens,
    Snapshot,
)
from services.metrics.application.queries import Question, codes_of
from services.metrics.domain import grouping, programme
from services.metrics.domain.programme import EntriesOn, GroupFigures, Number, ProgrammeEntryRow, UnitFigures
from shared.contracts.vocabulary import Channel, Dataset
from shared.directory.folds import UnitDirectory, UnitsOn
from shared.kernel.errors import Text
from shared.rules.counts import CountBy
from shared.rules.figures import Period, effective_day, reporting_year, year_period
from shared.rules.words.wording import CHANNELS

BREAKDOWNS = (CountBy.CHANNEL, CountBy.AUDIENCE, CountBy.AREA)
_OF_DRAFTS = ("policies", "judged", "met", "missed", "pending", "undetermined", "drafts", "drafts_judged")
_RATES = ("drafts_plan", "rate_plan", "rate_plan_low", "rate_full", "rate_plan_drafts")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeQuestion:
    """Whose programmes of a year, as they are on a day; activities and drafts are those of its reporting year."""

    as_of: date
    year: int
    unit_code: str | None = None
    include_descendants: bool = False
    area_of: str | None = None
    known_at: KnownAt | None = None

    @property
    def period(self) -> Period:
        return year_period(self.year)

    @property
    def of_units(self) -> Question:
        return Question(
            as_of=self.as_of,
            period=self.period,
            unit_code=self.unit_code,
            include_descendants=self.include_descendants,
            area_of=self.area_of,
        )

    @property
    def effective(self) -> date:
        """The day at which the units, drafts and activities are taken."""
        return effective_day(self.period, self.as_of)


class ProgrammeSnapshot(Snapshot, Protocol):
    async def programme_entries(self, year: int, units: Collection[str] | None) -> list[ProgrammeEntryRow]:
        """Give all entries of the programmes of a year, and those about obstacles of the years before."""
        ...


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The activities of one channel, audience or area; one may stand in several."""

    key: str | None
    label: Text
    activities: int
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeAnswer:
    question: ProgrammeQuestion
    position: int
    units: UnitFigures
    names: Mapping[str, str]
    groups: Sequence[GroupFigures]
    breakdowns: Mapping[CountBy, Sequence[Breakdown]]
    entries: EntriesOn
    datasets: frozenset[Dataset]


@dataclass(frozen=True, slots=True)
class ProgrammeQueries:
    snapshots: Opens[ProgrammeSnapshot]

    async def programme(self, question: ProgrammeQuestion) -> ProgrammeAnswer:
        async with self.snapshots(question.known_at) as snapshot:
            return await programme_in(snapshot, question)


async def programme_in(snapshot: ProgrammeSnapshot, question: ProgrammeQuestion) -> ProgrammeAnswer:
    """Answer from a snapshot that serves other answers too."""
    directory = await snapshot.units()
    codes = codes_of(directory.on(question.effective), question.of_units)
    rows = await snapshot.programme_entries(question.year, codes)
    cells = await snapshot.cells(question.as_of, question.period)
    asked = ActivitiesAsked(
        as_of=question.as_of,
        period=question.period,
        units=codes,
        by=((CountBy.NONE,), *((by,) for by in BREAKDOWNS)),
        drafts=False,
    )
    of_snapshot = _Rows(rows, cells, await snapshot.activity_sums(asked), snapshot.dataset)
    return await asyncio.to_thread(_answer, question, snapshot.position, directory, codes, of_snapshot)


@dataclass(frozen=True, slots=True)
class _Rows:
    entries: list[ProgrammeEntryRow]
    cells: list[Cell]
    sums: Mapping[GroupKey, ActivitySums]
    dataset: Dataset | None

    @property
    def whole(self) -> ActivitySums:
        return self.sums.get(((CountBy.NONE,), (None,)), ActivitySums())


def _answer(
    question: ProgrammeQuestion,
    position: int,
    directory: UnitDirectory,
    codes: frozenset[str] | None,
    rows: _Rows,
) -> ProgrammeAnswer:
    units = directory.on(question.effective)
    entries = EntriesOn.on(rows.entries, question.as_of, question.year, directory.successor_on)
    cells = [cell for cell in rows.cells if codes is None or cell.unit_code in codes]
    asked = _valid(units, codes, rows.dataset)
    of_units = programme.units_of(entries, asked)
    return ProgrammeAnswer(
        question=question,
        position=position,
        units=of_units,
        names={code: units.name(code) for code in asked},
        groups=programme.groups_of(entries, rows.whole.published, _of_drafts(cells), units.level),
        breakdowns={by: _breakdown(by, rows.sums) for by in BREAKDOWNS},
        entries=entries,
        datasets=_datasets(entries, cells) | rows.whole.datasets,
    )


def _valid(units: UnitsOn, codes: frozenset[str] | None, dataset: Dataset | None) -> frozenset[str]:
    """Give the units asked for that exist on the day; a single unit that is asked for is always among them."""
    if codes and len(codes) == 1:
        return codes
    wanted = units.units if codes is None else codes
    return frozenset(code for code in wanted if units.is_valid(code) and units.is_of(code, dataset))


def _of_drafts(cells: Sequence[Cell]) -> dict[str, Number]:
    figures = grouping.whole(cells, "", None, None).as_dict()
    return {name: figures[name] for name in (*_OF_DRAFTS, *_RATES)}


def _breakdown(by: CountBy, sums: Mapping[GroupKey, ActivitySums]) -> list[Breakdown]:
    groups = {key: of.published for (grouping, (key, *_)), of in sums.items() if grouping == (by,)}
    keys = sorted(groups, key=lambda key: (key is None, str(key)))
    return [Breakdown(key, _label(by, key), groups[key].activities, groups[key].items) for key in keys]


def _label(by: CountBy, key: str | None) -> Text:
    if key is None:
        return NOT_RECORDED
    return CHANNELS[Channel(key)] if by is CountBy.CHANNEL else Text(key, key)


def _datasets(entries: EntriesOn, cells: Sequence[Cell]) -> frozenset[Dataset]:
    return frozenset([*(row.dataset for row in entries.rows), *(cell.dataset for cell in cells)])


def year_of(as_of: date, year: int | None) -> int:
    """Give the year that is asked for: the reporting year of the day if none is named."""
    return year if year is not None else reporting_year(as_of)

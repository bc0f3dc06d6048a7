"""The counts that offices publish: which activities are counted, grouped, and beside them those of a year before."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from services.metrics.application.ports import KnownAt, Snapshots
from services.metrics.application.queries import Question, codes_of, whose_figures
from services.metrics.domain.grouping import View
from shared.contracts.vocabulary import Answer, Channel, CommunicationRole, Dataset, Instrument
from shared.directory.folds import UnitDirectory, UnitsOn
from shared.kernel.errors import Text
from shared.rules.counts import (
    OVERLAPPING,
    Activity,
    CountBy,
    Key,
    Member,
    Published,
    activities,
    grouped,
    period_before,
    published,
    year_before,
)
from shared.rules.figures import Period, effective_day, reporting_year, year_period
from shared.rules.wording import CHANNELS, INSTRUMENTS, ROLES

Groups = dict[Key, list[Activity]]
NOT_RECORDED = Text("Không ghi nhận", "Not recorded")


@dataclass(frozen=True, slots=True, kw_only=True)
class CountQuestion:
    """Which activities are counted: `scope` None takes those on any draft, `channel` None those of any form."""

    as_of: date
    period: Period | None = None
    unit_code: str | None = None
    include_descendants: bool = False
    area_of: str | None = None
    view: View = View.ORIGINAL
    scope: Answer | None = None
    channel: Channel | None = None
    group_by: CountBy = CountBy.NONE
    known_at: KnownAt | None = None

    @classmethod
    def of(cls, question: Question) -> Self:
        """Ask for the activities of whose figures a question is, in no groups."""
        return cls(
            as_of=question.as_of,
            period=question.period,
            unit_code=question.unit_code,
            include_descendants=question.include_descendants,
            area_of=question.area_of,
            view=question.view,
        )

    @property
    def last(self) -> date:
        return effective_day(self.period, self.as_of)

    @property
    def of_units(self) -> Question:
        """The same question of figures, as far as units are concerned."""
        return Question(
            as_of=self.as_of,
            period=self.period,
            unit_code=self.unit_code,
            include_descendants=self.include_descendants,
            area_of=self.area_of,
            view=self.view,
        )

    @property
    def before(self) -> "CountQuestion":
        return replace(self, as_of=year_before(self.as_of), period=period_before(self.period))


@dataclass(frozen=True, slots=True)
class CountGroup:
    key: Key
    label: Text
    figures: Published
    year_before: Published


@dataclass(frozen=True, slots=True)
class CountAnswer:
    """`overlapping`: an activity may stand in several groups, which then don't sum to the whole."""

    question: CountQuestion
    position: int
    groups: list[CountGroup]
    datasets: frozenset[Dataset]

    @property
    def overlapping(self) -> bool:
        return self.question.group_by in OVERLAPPING


@dataclass(frozen=True, slots=True)
class CountQueries:
    snapshots: Snapshots

    async def counts(self, question: CountQuestion) -> CountAnswer:
        async with self.snapshots(question.known_at) as snapshot:
            directory = await snapshot.units()
            performing = performing_units(question, directory)
            members = await snapshot.members(earliest_day(question), question.last, performing)
        return await asyncio.to_thread(counted_answer, question, snapshot.position, directory, members)


def earliest_day(question: CountQuestion) -> date | None:
    """Return the first day of the year before's reporting year: an activity has all its members in one year."""
    before = question.before.period
    return year_period(reporting_year(before.from_day)).from_day if before else None


def performing_units(question: CountQuestion, directory: UnitDirectory) -> frozenset[str] | None:
    """Give the units whose communications are asked for, now and the year before; None means all of them.

    Of an activity all members are performed by one unit, so communications of others change nothing.
    """
    if question.unit_code is None and question.area_of is None:
        return None
    return _performing(question, directory) | _performing(question.before, directory)


def _performing(question: CountQuestion, directory: UnitDirectory) -> frozenset[str]:
    units = directory.on(question.last)
    codes = codes_of(units, question.of_units) or frozenset()
    if question.view is View.ORIGINAL:
        return codes
    return codes | {code for code in units.units if units.successor(code) in codes}


@dataclass(frozen=True, slots=True)
class _Counted:
    """The activities that a question is about, whatever its grouping, and the units of its last day."""

    activities: list[Activity]
    unit_of: Callable[[str], str]

    @classmethod
    def of(cls, question: CountQuestion, directory: UnitDirectory, members: list[Member]) -> Self:
        units = directory.on(question.last)
        codes = codes_of(units, question.of_units)

        def unit_of(code: str) -> str:
            return units.successor(code) if question.view is View.SUCCESSOR else code

        made = activities(members, question.as_of, question.period, question.scope)
        counted = [
            item
            for item in made
            if question.channel in {None, item.first.channel}
            and (codes is None or unit_of(item.first.unit_code) in codes)
        ]
        return cls(counted, unit_of)

    def groups(self, by: CountBy) -> Groups:
        return grouped(self.activities, by, self.unit_of)


def counted_answer(
    question: CountQuestion, position: int, directory: UnitDirectory, members: list[Member]
) -> CountAnswer:
    """Count the members of a snapshot; they reach back to `earliest_day`."""
    return Counting.of(question, position, directory, members).answer(question.group_by)


@dataclass(frozen=True, slots=True)
class Counting:
    """The activities that a question is about and those of a year before, made once for all groupings."""

    question: CountQuestion
    position: int
    now: _Counted
    before: _Counted
    units: UnitsOn
    titles: dict[str, str]

    @classmethod
    def of(
        cls, question: CountQuestion, position: int, directory: UnitDirectory, members: list[Member]
    ) -> Self:
        return cls(
            question=question,
            position=position,
            now=_Counted.of(question, directory, members),
            before=_Counted.of(question.before, directory, members),
            units=directory.on(question.last),
            titles={member.draft_code: member.draft_title for member in members},
        )

    def answer(self, by: CountBy) -> CountAnswer:
        """Answer by a grouping, instead of the question's own."""
        of = replace(self.question, group_by=by)
        labels = _labels(of, self.units, self.titles)
        return _answer(of, self.position, labels, self.now.groups(by), self.before.groups(by))


def _answer(
    question: CountQuestion, position: int, label_of: Callable[[Key], Text], now: Groups, before: Groups
) -> CountAnswer:
    keys = sorted({*now, *before}, key=lambda key: (key is None, str(key)))
    if question.group_by is CountBy.NONE:
        keys = [None]
    by_form = question.group_by is CountBy.INSTRUMENT
    groups = [
        CountGroup(
            key,
            label_of(key),
            published(now.get(key, []), question.last, key if by_form else None),
            published(before.get(key, []), question.before.last, key if by_form else None),
        )
        for key in keys
    ]
    counted = (member for made in now.values() for item in made for member in item.members)
    return CountAnswer(question, position, groups, frozenset(member.dataset for member in counted))


def _labels(question: CountQuestion, units: UnitsOn, titles: dict[str, str]) -> Callable[[Key], Text]:
    def label(key: Key) -> Text:
        if question.group_by is CountBy.NONE:
            whose = question.unit_code or question.area_of
            named = whose_figures(units, question.of_units)
            return _same(named) if whose else Text(named, "The whole country")
        if key is None:
            return NOT_RECORDED
        return _named(question.group_by, key, units, titles)

    return label


def _named(by: CountBy, key: str, units: UnitsOn, titles: dict[str, str]) -> Text:  # noqa: PLR0911  a line a grouping
    match by:
        case CountBy.CHANNEL:
            return CHANNELS[Channel(key)]
        case CountBy.ROLE:
            return ROLES[CommunicationRole(key)]
        case CountBy.INSTRUMENT:
            return INSTRUMENTS[Instrument(key)]
        case CountBy.MONTH:
            return Text(f"Tháng {key[5:]}/{key[:4]}", f"Month {key}")
        case CountBy.UNIT:
            return _same(units.name(key))
        case CountBy.DRAFT:
            return _same(titles[key])
        case _:
            return _same(key)


def _same(text: str) -> Text:
    return Text(text, text)

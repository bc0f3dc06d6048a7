"""The counts that offices publish: which activities are counted, grouped, and beside them those of a year before."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from services.metrics.application.ports import (
    ActivitiesAsked,
    ActivitySums,
    GroupKey,
    KnownAt,
    Snapshot,
    Snapshots,
)
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
    first_day,
    grouped,
    period_before,
    published,
    year_before,
)
from shared.rules.figures import Period, effective_day
from shared.rules.words.wording import CHANNELS, INSTRUMENTS, ROLES

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
            if question.group_by is not CountBy.DRAFT:
                return (await counts_in(snapshot, question, [question.group_by]))[question.group_by]
            performing = performing_units(question, directory)
            members = await snapshot.members(earliest_day(question), question.last, performing)
        return await asyncio.to_thread(counted_answer, question, snapshot.position, directory, members)


async def counts_in(
    snapshot: Snapshot, question: CountQuestion, groupings: Iterable[CountBy], *, drafts: bool = True
) -> dict[CountBy, CountAnswer]:
    """Answer by several groupings from a snapshot, but not by drafts; without `drafts` none are counted."""
    directory, by = await snapshot.units(), [(each,) for each in groupings]
    now, before = [
        await snapshot.activity_sums(activities_asked(of, directory, by, drafts=drafts))
        for of in (question, question.before)
    ]
    units = directory.on(question.last)
    return {
        each: _answer(
            (of := replace(question, group_by=each)),
            snapshot.position,
            _labels(of, units, {}),
            _figures(of, now, directory),
            _figures(of.before, before, directory),
            frozenset(
                dataset for (key, _), sums in now.items() if key == (each,) for dataset in sums.datasets
            ),
        )
        for (each,) in by
    }


def activities_asked(
    question: CountQuestion, directory: UnitDirectory, by: Iterable[tuple[CountBy, ...]], *, drafts: bool
) -> ActivitiesAsked:
    """Ask for the sums of what a question counts; units are those that performed, whatever became of them."""
    units = directory.on(question.last)
    codes = codes_of(units, question.of_units)
    if codes is not None and question.view is View.SUCCESSOR:
        codes = frozenset(code for code in codes | set(units.units) if units.successor(code) in codes)
    return ActivitiesAsked(
        as_of=question.as_of,
        period=question.period,
        units=codes,
        scope=question.scope,
        channel=question.channel,
        by=tuple(by),
        drafts=drafts,
    )


def _figures(
    question: CountQuestion, sums: Mapping[GroupKey, ActivitySums], directory: UnitDirectory
) -> dict[Key, Published]:
    """Give the figures of the groups of one grouping, those of units under the units that count for them."""
    groups = {key: of for (by, (key, *_)), of in sums.items() if by == (question.group_by,)}
    if question.group_by is CountBy.UNIT and question.view is View.SUCCESSOR:
        units, merged = directory.on(question.last), dict[Key, ActivitySums]()
        for key, of in groups.items():
            unit = units.successor(key or "")
            merged[unit] = merged[unit] + of if unit in merged else of
        groups = merged
    return {key: of.published for key, of in groups.items()}


def earliest_day(question: CountQuestion) -> date | None:
    """Return the first day of the year before's reporting year."""
    return first_day(question.before.period)


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


def counted_activities(
    question: CountQuestion, directory: UnitDirectory, members: list[Member]
) -> list[Activity]:
    """Give the activities that a question is about, of the members of a snapshot."""
    return _Counted.of(question, directory, members).activities


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
        now = self.now.groups(by)
        counted = (member for made in now.values() for item in made for member in item.members)
        return _answer(
            of,
            self.position,
            labels,
            _published(now, of),
            _published(self.before.groups(by), of.before),
            frozenset(member.dataset for member in counted),
        )


def _published(groups: Groups, question: CountQuestion) -> dict[Key, Published]:
    by_form = question.group_by is CountBy.INSTRUMENT
    return {key: published(made, question.last, key if by_form else None) for key, made in groups.items()}


def _answer(
    question: CountQuestion,
    position: int,
    label_of: Callable[[Key], Text],
    now: Mapping[Key, Published],
    before: Mapping[Key, Published],
    datasets: frozenset[Dataset],
) -> CountAnswer:
    keys = sorted({*now, *before}, key=lambda key: (key is None, str(key)))
    if question.group_by is CountBy.NONE:
        keys = [None]
    nothing = published((), question.last)
    groups = [CountGroup(key, label_of(key), now.get(key, nothing), before.get(key, nothing)) for key in keys]
    return CountAnswer(question, position, groups, datasets)


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

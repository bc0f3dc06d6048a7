"""Drafts and consultations counted as offices publish them, beside those of the same period a year before."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from services.metrics.application.counts import NOT_RECORDED
from services.metrics.application.ports import Snapshot
from services.metrics.application.queries import Question, codes_of, whose_figures
from services.metrics.domain.draft_counts import (
    ConsultationOf,
    CountedDraft,
    DraftNumbers,
    DraftsBy,
    Key,
    OpinionNumbers,
    OpinionsBy,
    StagesOfPeriod,
    consultations_in,
    grouped,
    grouped_opinions,
    numbers,
    opinions,
    stages_in,
)
from services.metrics.domain.grouping import View
from shared.contracts.vocabulary import Answer, Dataset, Handling, Instrument, Stage
from shared.directory.folds import UnitDirectory
from shared.kernel.errors import Text
from shared.rules.counts import period_before, year_before
from shared.rules.wording import HANDLINGS, INSTRUMENTS, STAGES

N = TypeVar("N", DraftNumbers, OpinionNumbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftQuestion:
    """Which drafts: those that a unit of `of_units` leads at the end of the period; None asks for any value of a filter."""

    of_units: Question
    stage: Stage | None = None
    instrument: Instrument | None = None
    handling: Handling | None = None
    scope: Answer | None = None
    drafts_by: DraftsBy = DraftsBy.NONE
    opinions_by: OpinionsBy = OpinionsBy.NONE

    @property
    def before(self) -> "DraftQuestion":
        asked = self.of_units
        earlier = replace(asked, as_of=year_before(asked.as_of), period=period_before(asked.period))
        return replace(self, of_units=earlier)

    def admits(self, draft: CountedDraft) -> bool:
        wanted = (
            (self.instrument, draft.instrument),
            (self.handling, draft.handling),
            (self.scope, draft.scope),
        )
        return all(value is None or value is of for value, of in wanted)


class CountedDrafts(Snapshot, Protocol):
    async def counted_drafts(self, *, consulted: bool = False) -> list[CountedDraft]:
        """Give all drafts, or those with a summary of a consultation, in the order of their codes."""
        ...


@dataclass(frozen=True, slots=True)
class NumbersOfGroup(Generic[N]):
    key: Key
    label: Text
    figures: N
    year_before: N


@dataclass(frozen=True, slots=True)
class DraftAnswer(Generic[N]):
    question: DraftQuestion
    position: int
    groups: list[NumbersOfGroup[N]]
    datasets: frozenset[Dataset]


@dataclass(frozen=True, slots=True)
class SeenDrafts:
    """The drafts of a snapshot, and the units by which they are chosen and named on the day asked for."""

    drafts: list[CountedDraft]
    directory: UnitDirectory
    position: int

    def chosen(self, asked: DraftQuestion) -> list[CountedDraft]:
        units = self.directory.on(asked.of_units.effective)
        codes = codes_of(units, asked.of_units)
        return [
            draft
            for draft in self.drafts
            if asked.admits(draft) and (codes is None or self.unit_of(asked)(draft) in codes)
        ]

    def unit_of(self, asked: DraftQuestion) -> Callable[[CountedDraft], str]:
        units, day = self.directory.on(asked.of_units.effective), asked.of_units.effective
        if asked.of_units.view is View.SUCCESSOR:
            return lambda draft: units.successor(draft.lead_on(day))
        return lambda draft: draft.lead_on(day)


@dataclass(frozen=True, slots=True)
class DraftCountQueries:
    snapshots: Callable[[], AbstractAsyncContextManager[CountedDrafts]]

    async def drafts(self, asked: DraftQuestion) -> DraftAnswer[DraftNumbers]:
        """Count drafts by the stages of the period."""
        return await asyncio.to_thread(_drafts, asked, await self._seen())

    async def opinions(self, asked: DraftQuestion) -> DraftAnswer[OpinionNumbers]:
        """Sum up what consultations of the period brought; it is never added to the comments on communications."""
        return await asyncio.to_thread(opinions_of, asked, await self._seen(consulted=True))

    async def _seen(self, *, consulted: bool = False) -> SeenDrafts:
        async with self.snapshots() as snapshot:
            drafts = await snapshot.counted_drafts(consulted=consulted)
            return SeenDrafts(drafts, await snapshot.units(), snapshot.position)


def _drafts(asked: DraftQuestion, seen: SeenDrafts) -> DraftAnswer[DraftNumbers]:
    now, before = _stages(asked, seen), _stages(asked.before, seen)
    groups = [
        NumbersOfGroup(
            key,
            _label(asked, asked.drafts_by, key, seen),
            numbers(now.get(key, [])),
            numbers(before.get(key, [])),
        )
        for key in _keys(now, before, alone=asked.drafts_by is DraftsBy.NONE)
    ]
    datasets = frozenset(each.draft.dataset for listed in now.values() for each in listed)
    return DraftAnswer(asked, seen.position, groups, datasets)


def _stages(asked: DraftQuestion, seen: SeenDrafts) -> dict[Key, list[StagesOfPeriod]]:
    of = asked.of_units
    listed = (stages_in(draft, of.as_of, of.period) for draft in seen.chosen(asked))
    wanted = (each.of(asked.stage) if asked.stage else each for each in listed)
    return grouped((each for each in wanted if each.stages), asked.drafts_by, seen.unit_of(asked))


def opinions_of(asked: DraftQuestion, seen: SeenDrafts) -> DraftAnswer[OpinionNumbers]:
    """Sum up the consultations of drafts; those without one may be left out of `seen`."""
    now, before = _consultations(asked, seen), _consultations(asked.before, seen)
    of_group = asked.opinions_by is OpinionsBy.GROUP
    groups = [
        NumbersOfGroup(
            key,
            _label(asked, asked.opinions_by, key, seen),
            *(opinions(of.get(key, []), key if of_group else None) for of in (now, before)),
        )
        for key in _keys(now, before, alone=asked.opinions_by is OpinionsBy.NONE)
    ]
    datasets = frozenset(each.draft.dataset for listed in now.values() for each in listed)
    return DraftAnswer(asked, seen.position, groups, datasets)


def _consultations(asked: DraftQuestion, seen: SeenDrafts) -> dict[Key, list[ConsultationOf]]:
    of = asked.of_units
    listed = (each for draft in seen.chosen(asked) for each in consultations_in(draft, of.as_of, of.period))
    wanted = (each for each in listed if asked.stage in {None, each.opinions.stage})
    return grouped_opinions(wanted, asked.opinions_by, seen.unit_of(asked))


def _keys(now: Mapping[Key, object], before: Mapping[Key, object], *, alone: bool) -> list[Key]:
    return [None] if alone else sorted({*now, *before}, key=lambda key: (key is None, str(key)))


def _label(asked: DraftQuestion, by: DraftsBy | OpinionsBy, key: Key, seen: SeenDrafts) -> Text:  # noqa: PLR0911  a line a grouping
    units = seen.directory.on(asked.of_units.effective)
    if by in {DraftsBy.NONE, OpinionsBy.NONE}:
        whose = asked.of_units.unit_code or asked.of_units.area_of
        named = whose_figures(units, asked.of_units)
        return Text(named, named if whose else "The whole country")
    if key is None:
        return NOT_RECORDED
    match by:
        case DraftsBy.STAGE | OpinionsBy.STAGE:
            return STAGES[Stage(key)]
        case DraftsBy.INSTRUMENT:
            return INSTRUMENTS[Instrument(key)]
        case DraftsBy.HANDLING:
            return HANDLINGS[Handling(key)]
        case DraftsBy.UNIT | OpinionsBy.UNIT:
            return Text(units.name(key), units.name(key))
        case OpinionsBy.DRAFT:
            title = next((draft.title for draft in seen.drafts if draft.draft_code == key), key)
            return Text(title, title)
        case _:
            return Text(key, key)

"""Drafts and consultations counted as offices publish them, beside those of the same period a year before."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from operator import add
from typing import Generic, Protocol, TypeVar

from services.metrics.application.counts import NOT_RECORDED
from services.metrics.application.ports import Snapshot
from services.metrics.application.queries import Question, codes_of, whose_figures
from services.metrics.domain.draft_counts import (
    NO_OPINIONS,
    ConsultationOf,
    CountedDraft,
    DraftNumbers,
    DraftsBy,
    Key,
    OpinionNumbers,
    OpinionsBy,
    consultations_in,
    grouped_opinions,
    opinions,
    opinions_of_sums,
)
from services.metrics.domain.grouping import View
from shared.contracts.vocabulary import Answer, Dataset, Handling, Instrument, Stage
from shared.directory.folds import UnitDirectory
from shared.kernel.errors import Text
from shared.rules.counts import period_before, year_before
from shared.rules.words.wording import HANDLINGS, INSTRUMENTS, STAGES

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


Numbers = tuple[int, ...]
SumKey = tuple[bool, str, Key, str | None]
"""Whether it is of the year before, the lead unit, the key of a group, and a rule of counting consultations (None: the sums)."""


class CountedDrafts(Snapshot, Protocol):
    async def counted_drafts(self, *, consulted: bool = False) -> list[CountedDraft]:
        """Give all drafts, or those with a summary of a consultation, in the order of their codes."""
        ...

    async def stage_sums(self, asked: DraftQuestion) -> Mapping[SumKey, Numbers]:
        """Sum up drafts by the stages of the period and of that of the year before, of all units that lead one.

        Numbers are drafts, those that entered a stage, those that are to enter one, and the drafts of each data set.
        """
        ...

    async def opinion_sums(self, asked: DraftQuestion) -> Mapping[SumKey, Numbers]:
        """Sum up consultations of the period and of that of the year before, and count those of each rule.

        Numbers are those of `opinion_sums` of the domain, and the drafts of each data set.
        """
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
        async with self.snapshots() as snapshot:
            seen = SeenDrafts([], await snapshot.units(), snapshot.position)
            sums = await snapshot.stage_sums(_of_all(asked))
        now, then = _in_both(_by_key, asked, seen, sums)
        groups = [
            NumbersOfGroup(
                key,
                _label(asked, asked.drafts_by, key, seen),
                *(_numbers(of.get(key, ())) for of in (now, then)),
            )
            for key in _keys(now, then, alone=asked.drafts_by is DraftsBy.NONE)
        ]
        return DraftAnswer(asked, seen.position, groups, _datasets(now))

    async def opinions(self, asked: DraftQuestion) -> DraftAnswer[OpinionNumbers]:
        """Sum up what consultations of the period brought; it is never added to the comments on communications."""
        async with self.snapshots() as snapshot:
            if asked.opinions_by is not OpinionsBy.DRAFT:
                return await opinions_in(snapshot, asked)
            drafts = await snapshot.counted_drafts(consulted=True)  # each draft is named
            seen = SeenDrafts(drafts, await snapshot.units(), snapshot.position)
        return await asyncio.to_thread(opinions_of, asked, seen)


async def opinions_in(snapshot: CountedDrafts, asked: DraftQuestion) -> DraftAnswer[OpinionNumbers]:
    """Sum up from a snapshot what consultations brought, but not by drafts."""
    seen = SeenDrafts([], await snapshot.units(), snapshot.position)
    sums = await snapshot.opinion_sums(_of_all(asked))
    now, before = _in_both(_by_key, asked, seen, sums)
    rules = _in_both(_rules, asked, seen, sums)
    of_group = asked.opinions_by is OpinionsBy.GROUP
    groups = [
        NumbersOfGroup(
            key,
            _label(asked, asked.opinions_by, key, seen),
            *(
                opinions_of_sums(
                    of.get(key, NO_OPINIONS)[: len(NO_OPINIONS)],
                    sorted(by_key.get(key, ())),
                    of_group=of_group,
                )
                for of, by_key in zip((now, before), rules, strict=True)
            ),
        )
        for key in _keys(now, before, alone=asked.opinions_by is OpinionsBy.NONE)
    ]
    return DraftAnswer(asked, seen.position, groups, _datasets(now))


def _of_all(asked: DraftQuestion) -> DraftQuestion:
    """Name what is asked of each draft, whichever units are chosen afterwards."""
    of = asked.of_units
    return replace(asked, of_units=Question(as_of=of.as_of, period=of.period))


Given = TypeVar("Given")


def _in_both(
    give: Callable[..., Given], asked: DraftQuestion, seen: SeenDrafts, sums: Mapping[SumKey, Numbers]
) -> tuple[Given, Given]:
    """Give something of the period, and of that of the year before."""
    return give(asked, seen, sums, is_before=False), give(asked.before, seen, sums, is_before=True)


def _chosen(
    asked: DraftQuestion, seen: SeenDrafts, sums: Mapping[SumKey, Numbers], *, is_before: bool
) -> Iterator[tuple[Key, str | None, Numbers]]:
    """Give the sums of the units asked for, under the units that count for them."""
    units = seen.directory.on(asked.of_units.effective)
    codes = codes_of(units, asked.of_units)
    by_unit = DraftsBy.UNIT is asked.drafts_by or OpinionsBy.UNIT is asked.opinions_by
    for (before, lead, key, rule), given in sums.items():
        unit = units.successor(lead) if asked.of_units.view is View.SUCCESSOR else lead
        if before is is_before and (codes is None or unit in codes):
            yield unit if by_unit else key, rule, given


def _by_key(
    asked: DraftQuestion, seen: SeenDrafts, sums: Mapping[SumKey, Numbers], *, is_before: bool
) -> dict[Key, Numbers]:
    by_key: dict[Key, Numbers] = {}
    for key, rule, given in _chosen(asked, seen, sums, is_before=is_before):
        if rule is None:
            by_key[key] = tuple(map(add, by_key[key], given)) if key in by_key else given
    return by_key


def _rules(
    asked: DraftQuestion, seen: SeenDrafts, sums: Mapping[SumKey, Numbers], *, is_before: bool
) -> dict[Key, set[str]]:
    by_key: dict[Key, set[str]] = {}
    for key, rule, _ in _chosen(asked, seen, sums, is_before=is_before):
        if rule is not None:
            by_key.setdefault(key, set()).add(rule)
    return by_key


def _numbers(sums: Numbers) -> DraftNumbers:
    drafts, entered, expected, *_ = sums or (0, 0, 0)
    return DraftNumbers(drafts=drafts, entered=entered, expected=expected)


def _datasets(by_key: Mapping[Key, Numbers]) -> frozenset[Dataset]:
    counted = [sums[-len(Dataset) :] for sums in by_key.values()]
    return frozenset(each for place, each in enumerate(Dataset) if any(sums[place] for sums in counted))


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

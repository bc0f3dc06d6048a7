"""Drafts and consultations counted as offices publish them, beside those of the same period a year before."""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
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
    grouped,
    grouped_opinions,
    numbers,
    opinion_sums,
    opinions,
    opinions_of_sums,
    stages_in,
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
ItemsOf = Callable[[CountedDraft], Iterable[tuple[SumKey, Numbers]]]


class CountedDrafts(Snapshot, Protocol):
    async def counted_drafts(self, *, consulted: bool = False) -> list[CountedDraft]:
        """Give all drafts, or those with a summary of a consultation, in the order of their codes."""
        ...

    async def summed_drafts(
        self, question: Hashable, items_of: ItemsOf, since: date | None, *, consulted: bool = False
    ) -> Mapping[SumKey, Numbers]:
        """Sum up what each draft gives; `question` names what `items_of` gives.

        Drafts that entered no stage since a day and are to enter none may be left out, or those without a consultation.
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
            before = asked.before.of_units.period
            sums = await snapshot.summed_drafts(
                ("stages", _of_all(asked)),
                partial(_both, _stage_items, asked),
                before.from_day if before else None,
            )
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
            directory = await snapshot.units()
            if asked.opinions_by is OpinionsBy.DRAFT:  # each draft is named
                drafts = await snapshot.counted_drafts(consulted=True)
                seen = SeenDrafts(drafts, directory, snapshot.position)
                return await asyncio.to_thread(opinions_of, asked, seen)
            seen = SeenDrafts([], directory, snapshot.position)
            sums = await snapshot.summed_drafts(
                ("opinions", _of_all(asked)), partial(_both, _opinion_items, asked), None, consulted=True
            )
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


OwnItem = tuple[tuple[str, Key, str | None], Numbers]
OwnItems = Callable[[DraftQuestion, CountedDraft], Iterable[OwnItem]]


def _both(items_of: OwnItems, asked: DraftQuestion, draft: CountedDraft) -> Iterable[tuple[SumKey, Numbers]]:
    """Give what a draft counts in the period, and in that of the year before."""
    for is_before, of in ((False, asked), (True, asked.before)):
        for key, given in items_of(of, draft):
            yield (is_before, *key), given


def _stage_items(asked: DraftQuestion, draft: CountedDraft) -> Iterable[OwnItem]:
    """Give by lead unit and key what a draft counts: as a draft, as one that entered a stage, as one expected to."""
    of = asked.of_units
    shown = stages_in(draft, of.as_of, of.period)
    shown = shown.of(asked.stage) if asked.stage else shown
    if not (asked.admits(draft) and shown.stages):
        return
    unit = draft.lead_on(of.effective)
    for key, listed in grouped([shown], asked.drafts_by, lambda _: unit).items():
        given = numbers(listed)
        yield (unit, key, None), (given.drafts, given.entered, given.expected, *_dataset(draft))


def _opinion_items(asked: DraftQuestion, draft: CountedDraft) -> Iterable[OwnItem]:
    """Give by lead unit and key what the consultations of a draft add up to, and by which rules they were counted."""
    if not asked.admits(draft):
        return
    of, of_group = asked.of_units, asked.opinions_by is OpinionsBy.GROUP
    listed = consultations_in(draft, of.as_of, of.period)
    wanted = [each for each in listed if asked.stage in {None, each.opinions.stage}]
    unit = draft.lead_on(of.effective)
    for key, own in grouped_opinions(wanted, asked.opinions_by, lambda _: unit).items():
        yield (unit, key, None), (*opinion_sums(own, key if of_group else None), *_dataset(draft))
        for each in own:
            if each.opinions.counting_rule:
                yield (unit, key, each.opinions.counting_rule), (1,)


def _dataset(draft: CountedDraft) -> Numbers:
    return tuple(int(draft.dataset is each) for each in Dataset)


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

"""What an operator's files of rules would change, before they are adopted: every draft evaluated by both rulebooks."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date

from services.metrics.application.ports import Facts
from services.metrics.domain.effect import (
    DraftEffect,
    FieldChange,
    Standing,
    changed_days,
    changed_procedures,
    effect_on,
)
from services.metrics.domain.errors import RulesNotTaken
from services.metrics.domain.record import DraftRecord
from shared.directory.unit_tree import UnitTree
from shared.rules.figures import NOTHING, Period
from shared.rules.rulebook.procedure_rows import RulesRefused
from shared.rules.rulebook.rulebook import Rulebook, RuleFile, rulebook_with
from shared.rules.verdicts import PolicyVerdict

AT_ONCE = 200  # drafts
MOST_SHOWN = 200  # drafts that are named; all are counted
NO_DRAFT = Standing(NOTHING, 0, 0)


@dataclass(frozen=True, slots=True)
class Touched:
    """A draft whose verdicts or due days would change."""

    record: DraftRecord
    effect: DraftEffect


@dataclass(slots=True)
class Effect:
    """Sums over all drafts; `touched` are the first of the `changed` ones."""

    as_of: date
    position: int
    was: Rulebook
    becomes: Rulebook
    before: Standing = NO_DRAFT
    after: Standing = NO_DRAFT
    verdicts: Counter[tuple[PolicyVerdict, PolicyVerdict]] = field(default_factory=Counter)
    moved_gaps: int = 0
    changed: int = 0
    touched: list[Touched] = field(default_factory=list)

    @property
    def days(self) -> list[tuple[date, str]]:
        return changed_days(self.was, self.becomes)

    @property
    def procedures(self) -> list[FieldChange]:
        return changed_procedures(self.was, self.becomes)

    def add(self, record: DraftRecord, change: DraftEffect) -> None:
        self.before, self.after = _sum(self.before, change.before), _sum(self.after, change.after)
        self.verdicts.update((verdict.was, verdict.becomes) for verdict in change.verdicts)
        self.moved_gaps += len(change.gaps)
        if change.verdicts or change.gaps:
            self.changed += 1
            if len(self.touched) < MOST_SHOWN:
                self.touched.append(Touched(record, change))


def _sum(first: Standing, second: Standing) -> Standing:
    return Standing(first.counts + second.counts, first.gaps + second.gaps, first.overdue + second.overdue)


@dataclass(frozen=True, slots=True)
class Effects:
    """`present` are the operator's files that are in force; a new one is laid on top of them."""

    snapshots: Callable[[], AbstractAsyncContextManager[Facts]]
    rulebook: Rulebook
    present: Sequence[RuleFile]

    async def of(self, files: Sequence[RuleFile], as_of: date, period: Period | None) -> Effect:
        becomes = self._with(files)
        async with self.snapshots() as snapshot:
            lineage = UnitTree(await snapshot.units()).lineage
            now, then = self.rulebook.within(lineage), becomes.within(lineage)
            effect = Effect(as_of, snapshot.position, now, then)
            after: str | None = ""
            while after is not None:
                records = await snapshot.records(after, AT_ONCE)
                await asyncio.to_thread(self._add, effect, records, period)
                after = records[-1].draft_code if records else None
        return effect

    def _with(self, files: Sequence[RuleFile]) -> Rulebook:
        try:
            return rulebook_with([*self.present, *files])
        except RulesRefused as error:
            raise RulesNotTaken(error.text) from error

    def _add(self, effect: Effect, records: Iterable[DraftRecord], period: Period | None) -> None:
        for record in records:
            change = effect_on(record, effect.was, effect.becomes, effect.as_of, period)
            effect.add(record, change)

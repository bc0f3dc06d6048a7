"""Which stages a draft may enter next, by its procedure and the stage in which it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shared.contracts.vocabulary import ENDS, Stage
from shared.kernel.errors import Text
from shared.rules.facts import DraftFacts
from shared.rules.rulebook.rulebook import Rulebook
from shared.rules.sequence import StagePeriod, rule_on, stage_on, stage_periods
from shared.rules.words.wording import dated


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStages:
    """`since` is when the present stage was entered, `resumes` the stage that a suspension interrupted.

    `earlier` stages may be returned to, or recorded afterwards. After an end only what took place before it is recorded.
    """

    current: StagePeriod | None
    since: Text | None
    resumes: Stage | None
    following: tuple[Stage, ...]
    earlier: tuple[Stage, ...]
    parallel: tuple[Stage, ...]
    halts: tuple[Stage, ...]

    @property
    def is_ended(self) -> bool:
        return self.current is not None and self.current.stage in ENDS


def next_stages(facts: DraftFacts, rulebook: Rulebook, today: date) -> NextStages:
    """Sort the stages of the procedure in force today by where the draft stands (shared/rules/data/procedures.json)."""
    periods = stage_periods(facts, rulebook)
    current = stage_on(periods, today)
    rule = rule_on(facts, rulebook, today)
    order = [stage for stage in rule.expected_order if stage not in rule.parallel]
    resumes = _interrupted(periods, current)
    here = resumes or (current.stage if current else None)
    place = _place(order, here)
    ended, suspended = current is not None and current.stage in ENDS, resumes is not None
    return NextStages(
        current=current,
        since=_since(facts, current),
        resumes=resumes,
        following=() if ended else tuple(order[place:]),
        earlier=tuple(stage for stage in order[: len(order) if ended else place] if stage is not here),
        parallel=tuple(sorted(rule.parallel, key=lambda stage: stage.order)),
        halts=() if ended else ((Stage.WITHDRAWN, Stage.MERGED) if suspended else _HALTS),
    )


_HALTS = (Stage.SUSPENDED, Stage.WITHDRAWN, Stage.MERGED)


def _since(facts: DraftFacts, current: StagePeriod | None) -> Text | None:
    entries = (entry for entry in facts.entries if current and entry.entry_id == current.entry_id)
    return next((dated(entry.entered_on, entry.precision) for entry in entries), None)


def _interrupted(periods: Sequence[StagePeriod], current: StagePeriod | None) -> Stage | None:
    if current is None or current.stage is not Stage.SUSPENDED:
        return None
    place = periods.index(current)
    return periods[place - 1].stage if place else None


def _place(order: Sequence[Stage], here: Stage | None) -> int:
    """Give the place after the present stage; one that the procedure does not list stands by the usual order."""
    if here is None:
        return 0
    if here in order:
        return order.index(here) + 1
    return sum(stage.order <= here.order for stage in order)

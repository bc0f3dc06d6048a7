"""Drafts counted by the stages that they entered, or are to enter, in a period; and what their consultations brought."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.metrics.domain.record import ConsultationOpinions, ExpectedStage
from shared.contracts.vocabulary import Answer, Dataset, Handling, Instrument, Regime
from shared.rules.facts import StageEntry, Transfer
from shared.rules.figures import Period, effective_day
from shared.rules.sequence import by_day, unit_on

Key = str | None


class DraftsBy(StrEnum):
    NONE = "none"
    STAGE = "stage"
    INSTRUMENT = "instrument"
    HANDLING = "handling"
    UNIT = "unit"
    SESSION = "session"


class OpinionsBy(StrEnum):
    NONE = "none"
    GROUP = "group"
    DRAFT = "draft"
    UNIT = "unit"
    STAGE = "stage"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedDraft:
    """What is counted of a draft; `lead_unit_code` led it before the first of its `transfers`."""

    draft_code: str
    title: str
    instrument: Instrument
    regime: Regime
    lead_unit_code: str
    dataset: Dataset
    scope: Answer
    handling: Handling | None = None
    entries: tuple[StageEntry, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    expected: tuple[ExpectedStage, ...] = ()
    fulfilled: tuple[ExpectedStage, ...] = ()
    opinions: tuple[ConsultationOpinions, ...] = ()

    def lead_on(self, day: date) -> str:
        leads = by_day(
            self.lead_unit_code, ((transfer.on, transfer.unit_code) for transfer in self.transfers)
        )
        return unit_on(leads, day)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftNumbers:
    """`drafts` entered a stage in the period or are to enter it; `entered` and `expected` of them (one may be both)."""

    drafts: int
    entered: int
    expected: int


@dataclass(frozen=True, slots=True)
class ConsultationOf:
    """The last summary of a consultation of a draft."""

    draft: CountedDraft
    opinions: ConsultationOpinions


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionNumbers:
    """Sums over summaries of consultations, None where nobody gave a number.

    `share_agree`: of those that agree or disagree, in summaries that give both.
    """

    consultations: int
    drafts: int
    received: int | None
    accepted: int | None = None
    explained: int | None = None
    agree: int | None = None
    disagree: int | None = None
    share_agree: float | None = None
    counting_rules: Sequence[str] = ()


def consultations_in(draft: CountedDraft, as_of: date, period: Period | None) -> list[ConsultationOf]:
    last = effective_day(period, as_of)
    first = period.from_day if period else date.min
    return [ConsultationOf(draft, each) for each in draft.opinions if first <= each.summarised_on <= last]


OPINIONS = ("received", "accepted", "explained", "agree", "disagree")


def opinions(counted: Sequence[ConsultationOf], group: Key = None) -> OpinionNumbers:
    """Sum summaries up; of one group of people only what was received is known."""
    rules = {each.opinions.counting_rule for each in counted if each.opinions.counting_rule}
    return opinions_of_sums(opinion_sums(counted, group), sorted(rules), of_group=group is not None)


def opinion_sums(counted: Sequence[ConsultationOf], group: Key = None) -> tuple[int, ...]:
    """Give what consultations add up to, drafts counted once; those of different drafts sum up, to be read by `opinions_of_sums`."""
    listed = [each.opinions for each in counted]
    given = [_given(each, group) for each in listed]
    both = [each for each in listed if each.agree is not None and each.disagree is not None]
    return (
        len(counted),
        len({each.draft.draft_code for each in counted}),
        *(sum(values[name] or 0 for values in given) for name in OPINIONS),
        *(sum(values[name] is not None for values in given) for name in OPINIONS),
        sum(each.agree or 0 for each in both),
        sum(each.disagree or 0 for each in both),
    )


NO_OPINIONS = opinion_sums(())


def opinions_of_sums(sums: Sequence[int], counting_rules: Sequence[str], *, of_group: bool) -> OpinionNumbers:
    consultations, drafts, *rest = sums
    values, given, (agree, disagree) = rest[:5], rest[5:10], rest[10:]
    recorded = {
        name: value if times else None for name, value, times in zip(OPINIONS, values, given, strict=True)
    }
    share = agree / (agree + disagree) if agree + disagree and not of_group else None
    return OpinionNumbers(
        consultations=consultations,
        drafts=drafts,
        **recorded,
        share_agree=share,
        counting_rules=counting_rules,
    )


def _given(each: ConsultationOpinions, group: Key) -> Mapping[str, int | None]:
    if group is None:
        return {name: getattr(each, name) for name in OPINIONS}
    return dict.fromkeys(OPINIONS) | {"received": (each.groups or {}).get(group)}


def grouped_opinions(
    counted: Iterable[ConsultationOf], by: OpinionsBy, unit_of: Callable[[CountedDraft], str]
) -> dict[Key, list[ConsultationOf]]:
    """Put consultations under their keys; under each group of people or way of answering that a summary names."""
    groups: dict[Key, list[ConsultationOf]] = {}
    for each in counted:
        for key in _opinion_keys(each, by, unit_of):
            groups.setdefault(key, []).append(each)
    return groups


def _opinion_keys(
    each: ConsultationOf, by: OpinionsBy, unit_of: Callable[[CountedDraft], str]
) -> Sequence[Key]:
    match by:
        case OpinionsBy.NONE:
            return [None]
        case OpinionsBy.GROUP:
            return list(each.opinions.groups or ())
        case OpinionsBy.DRAFT:
            return [each.draft.draft_code]
        case OpinionsBy.UNIT:
            return [unit_of(each.draft)]
        case OpinionsBy.STAGE:
            return [each.opinions.stage]

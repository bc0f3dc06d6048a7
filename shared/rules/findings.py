"""Findings on a draft: what is late, missing or unusual, in its stages and its postings; they refuse nothing.

Only a least duration is asked for, so days off count (Ministry of Public Security, 26/2/2026). The first day is
not counted (Civil Code 2015, Art. 147): what is posted on the 1st for 10 days may end with the 11th.

A finding follows from the facts, so it lasts as long as they do; it never changes a verdict.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any
from uuid import UUID

from shared.contracts.vocabulary import CLOSING_BY_LAW, Precision, Procedure, Stage
from shared.kernel.counted import counted
from shared.kernel.errors import Text
from shared.rules.facts import DraftFacts, Posting
from shared.rules.rulebook.procedures import PostingRule
from shared.rules.rulebook.rulebook import Rulebook, last_day
from shared.rules.sequence import HALTS, Step, steps_of
from shared.rules.verdicts import date_as_of
from shared.rules.wording import CERTAINTIES, INSTRUMENTS, REGIMES, STAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingClock:
    """A posting on a day: `posted_days` by then, against `rule` (None: no minimum is known).

    `lawful_end` is the earliest last day, `planned_end` the day until which it is to run.
    """

    posting: Posting
    rule: PostingRule | None
    posted_days: int
    lawful_end: date | None
    planned_end: date | None
    closed_on: date | None

    @property
    def is_open(self) -> bool:
        return self.closed_on is None

    @property
    def is_short(self) -> bool:
        """Tell whether it was closed before the minimum."""
        return self.closed_on is not None and self.lawful_end is not None and self.closed_on < self.lawful_end

    @property
    def is_planned_short(self) -> bool:
        return (
            self.is_open
            and self.lawful_end is not None
            and self.planned_end is not None
            and self.planned_end < self.lawful_end
        )

    def as_dict(self) -> dict[str, Any]:
        """Give how the posting stands, as data; days are ISO."""
        rule = self.rule
        return {
            "posting_id": str(self.posting.posting_id),
            "stage": self.posting.stage,
            "opened_on": self.posting.opened_on.isoformat(),
            "planned_end": _iso(self.planned_end),
            "closed_on": _iso(self.closed_on),
            "posted_days": self.posted_days,
            "min_days": rule.min_days if rule else None,
            "lawful_end": _iso(self.lawful_end),
            "rule": asdict(rule) if rule else None,
        }

    def has_run(self, by: date) -> bool:
        """Tell whether the minimum is over on a day, and was not cut short."""
        end = self.lawful_end or self.posting.opened_on
        return end <= by and (self.closed_on is None or self.closed_on >= end)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def clock_of(posting: Posting, rule: PostingRule | None, as_of: date) -> PostingClock:
    closed_on = date_as_of(posting.closed_on, as_of)
    lawful_end = posting.opened_on + timedelta(days=rule.min_days) if rule else None
    return PostingClock(
        posting=posting,
        rule=rule,
        posted_days=max(0, ((closed_on or as_of) - posting.opened_on).days),
        lawful_end=lawful_end,
        planned_end=next(reversed(posting.extended_to), posting.closes_on) or lawful_end,
        closed_on=closed_on,
    )


class FindingKind(StrEnum):
    """`late` and `returned` are for information, the others are warnings."""

    LATE = "late"
    RETURNED = "returned"
    ORDER_UNKNOWN = "order_unknown"
    STAGE_NOT_OF_PROCEDURE = "stage_not_of_procedure"
    LEFT_EARLY = "left_early"
    POSTING_SHORT = "posting_short"
    POSTING_PLANNED_SHORT = "posting_planned_short"
    INSTRUMENT_NOT_OF_REGIME = "instrument_not_of_regime"
    SIMPLIFIED_WITHOUT_DOCUMENT = "simplified_without_document"
    LEAD_ENDED = "lead_ended"
    PROVINCE_ENDED = "province_ended"
    DISTRICT_ENDED = "district_ended"
    PARENT_CONTRADICTS = "parent_contradicts"

    @property
    def is_warning(self) -> bool:
        return self not in {FindingKind.LATE, FindingKind.RETURNED}


@dataclass(frozen=True, slots=True)
class Finding:
    """`about` is the id of a stage entry or a posting, None the draft; `legal_basis` the rule that was used."""

    kind: FindingKind
    about: UUID | None
    on: date | None
    text: Text
    legal_basis: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give the finding as data; days are ISO."""
        return {
            "kind": self.kind,
            "is_warning": self.kind.is_warning,
            "about": str(self.about) if self.about else None,
            "on": self.on.isoformat() if self.on else None,
            "vi": self.text.vi,
            "en": self.text.en,
            "legal_basis": self.legal_basis,
        }


def findings(facts: DraftFacts, rulebook: Rulebook, as_of: date) -> tuple[Finding, ...]:
    """Give the findings as of a day, in the order of the days; what concerns the draft comes first."""
    steps = [step for step in steps_of(facts, rulebook) if step.entry.entered_on <= as_of]
    clocks = clocks_of(facts, rulebook, as_of)
    dated = [*_late(facts, as_of), *_of_way(steps), *_left_early(steps, clocks), *_of_postings(clocks)]
    return (*_of_draft(facts, rulebook, as_of), *sorted(dated, key=lambda finding: finding.on or date.min))


def clocks_of(facts: DraftFacts, rulebook: Rulebook, as_of: date) -> tuple[PostingClock, ...]:
    """Give every posting that had begun by a day, with the rule of its first day."""
    begun = sorted((p for p in facts.postings if p.opened_on <= as_of), key=lambda posting: posting.opened_on)
    return tuple(clock_of(posting, _rule_of(posting, facts, rulebook), as_of) for posting in begun)


def _rule_of(posting: Posting, facts: DraftFacts, rulebook: Rulebook) -> PostingRule | None:
    rule = rulebook.procedure(facts.regime, facts.instrument, facts.procedure, posting.opened_on)
    return rule.posting_of(posting.stage)


def _of_draft(facts: DraftFacts, rulebook: Rulebook, as_of: date) -> Iterator[Finding]:
    rule = rulebook.procedure(facts.regime, facts.instrument, facts.procedure, as_of)
    if rule.general:
        form, regime = INSTRUMENTS[facts.instrument], REGIMES[facts.regime]
        text = Text(
            f"Hình thức “{form.vi}” không có trong chế độ “{regime.vi}” của hệ thống; đang dùng quy tắc chung. "
            "Đề nghị kiểm tra hình thức và luật áp dụng",
            f"The form '{form.en}' is not known to the regime '{regime.en}'; its general rule is used. Check both",
        )
        yield Finding(FindingKind.INSTRUMENT_NOT_OF_REGIME, None, None, text, rule.legal_basis)
    if facts.procedure is Procedure.SIMPLIFIED and not facts.procedure_document:
        text = Text(
            "Chưa ghi văn bản cho phép áp dụng trình tự, thủ tục rút gọn; đề nghị bổ sung",
            "The document that allows the simplified procedure is not recorded; add it",
        )
        yield Finding(FindingKind.SIMPLIFIED_WITHOUT_DOCUMENT, None, None, text, rule.legal_basis)


def _late(facts: DraftFacts, as_of: date) -> Iterator[Finding]:
    for entry in facts.entries:
        if entry.late and entry.entered_on <= as_of:
            text = Text(
                "Ghi nhận muộn: các giai đoạn sau đã được ghi nhận trước",
                "Recorded late: later stages had been recorded before",
            )
            yield Finding(FindingKind.LATE, entry.entry_id, entry.entered_on, text)


def _of_way(all_steps: Sequence[Step]) -> Iterator[Finding]:
    """Give findings for steps outside the procedure and for returns; a suspension is no step."""
    steps = [step for step in all_steps if step.entry.stage not in HALTS]
    been: set[Stage] = set()
    for before, step in zip([None, *steps], steps, strict=False):
        if not step.entry.resumed:
            yield from _of_step(before, step, been)
        been.add(step.entry.stage)


def _of_step(before: Step | None, step: Step, been: set[Stage]) -> Iterator[Finding]:
    order, name = step.rule.expected_order, STAGES[step.entry.stage]
    if step.entry.stage not in order:
        text = Text(
            f"Quy trình của hình thức văn bản này không có giai đoạn “{name.vi}”",
            f"The procedure of this instrument has no stage '{name.en}'",
        )
        yield _of_step_entry(FindingKind.STAGE_NOT_OF_PROCEDURE, step, text)
    elif before is not None and _goes_back(before, step):
        yield _backwards(before, step, been)


def _goes_back(before: Step, step: Step) -> bool:
    """Tell whether a step leads back, for certain: the earlier one may be known to the month or year only."""
    order = step.rule.expected_order
    backwards = before.entry.stage in order and order.index(step.entry.stage) < order.index(
        before.entry.stage
    )
    return backwards and (
        before.entry.precision is Precision.DAY
        or last_day(before.entry.entered_on, before.entry.precision) < step.entry.entered_on
    )


def _backwards(before: Step, step: Step, been: set[Stage]) -> Finding:
    came, name = STAGES[before.entry.stage], STAGES[step.entry.stage]
    may_return = before.entry.stage in step.rule.may_return
    if may_return or (step.entry.stage in been and before.entry.stage not in CLOSING_BY_LAW):
        text = Text(
            f"Quay lại “{name.vi}” sau “{came.vi}” (trả lại hồ sơ hoặc thực hiện lại)",
            f"Back to '{name.en}' after '{came.en}' (the dossier was returned, or the stage is done again)",
        )
        return _of_step_entry(FindingKind.RETURNED, step, text)
    text = Text(
        f"Thứ tự chưa có trong quy trình: “{name.vi}” đứng sau “{came.vi}”. Đề nghị kiểm tra lại ngày và giai đoạn",
        f"The procedure does not know this order: '{name.en}' after '{came.en}'. Check the days and the stages",
    )
    return _of_step_entry(FindingKind.ORDER_UNKNOWN, step, text)


def _of_step_entry(kind: FindingKind, step: Step, text: Text) -> Finding:
    return Finding(kind, step.entry.entry_id, step.entry.entered_on, text, step.rule.legal_basis)


def _left_early(steps: Sequence[Step], clocks: Sequence[PostingClock]) -> Iterator[Finding]:
    """Give findings for a stage that was left for the next one before its posting had run the least number of days."""
    ran: set[Stage] = set()
    for step, following in pairwise(steps):
        rule = step.rule.posting_of(step.entry.stage)
        if rule is None or following.entry.stage in HALTS:
            continue
        left = last_day(following.entry.entered_on, following.entry.precision)
        posted = [c for c in clocks if c.posting.stage is step.entry.stage and c.posting.opened_on <= left]
        begun = posted[0].posting.opened_on if posted else step.entry.entered_on
        if posted:
            enough = any(clock.has_run(left) for clock in posted)
        else:
            enough = (
                step.entry.resumed or step.entry.stage in ran or begun + timedelta(days=rule.min_days) <= left
            )
        if enough:
            ran.add(step.entry.stage)
        else:
            yield _too_early(step, following, rule, (left - begun).days, is_posted=bool(posted))


def _too_early(step: Step, following: Step, rule: PostingRule, days: int, *, is_posted: bool) -> Finding:
    was, next_ = STAGES[step.entry.stage], STAGES[following.entry.stage]
    vi, en = ("đăng tải", "posted") if is_posted else ("từ khi vào giai đoạn", "since its entry")
    sure = CERTAINTIES[rule.certainty]
    text = Text(
        f"Chuyển sang “{next_.vi}” khi “{was.vi}” mới được {days}/{rule.min_days} ngày tối thiểu ({vi}; {sure.vi})",
        f"Went on to '{next_.en}' when '{was.en}' had {days} of at least {counted(rule.min_days, 'day')} ({en}; {sure.en})",
    )
    return Finding(
        FindingKind.LEFT_EARLY, following.entry.entry_id, following.entry.entered_on, text, rule.legal_basis
    )


def _of_postings(clocks: Sequence[PostingClock]) -> Iterator[Finding]:
    for clock in clocks:
        rule, end = clock.rule, clock.planned_end
        if rule is None or end is None:
            continue
        posting, sure = clock.posting, CERTAINTIES[rule.certainty]
        if clock.is_short and clock.closed_on:
            text = Text(
                f"Kết thúc đăng tải khi mới được {clock.posted_days}/{rule.min_days} ngày tối thiểu ({sure.vi})",
                f"Closed after {clock.posted_days} of at least {counted(rule.min_days, 'day')} of posting ({sure.en})",
            )
            yield Finding(
                FindingKind.POSTING_SHORT, posting.posting_id, clock.closed_on, text, rule.legal_basis
            )
        elif clock.is_planned_short:
            text = Text(
                f"Dự kiến kết thúc đăng tải ngày {end:%d/%m/%Y}, chưa đủ {rule.min_days} ngày tối thiểu "
                f"(đến hết ngày {clock.lawful_end:%d/%m/%Y}; {sure.vi}); đề nghị gia hạn",
                f"Planned to close on {end}, before the least {counted(rule.min_days, 'day')} "
                f"(until the end of {clock.lawful_end}; {sure.en}); extend it",
            )
            yield Finding(
                FindingKind.POSTING_PLANNED_SHORT,
                posting.posting_id,
                posting.opened_on,
                text,
                rule.legal_basis,
            )

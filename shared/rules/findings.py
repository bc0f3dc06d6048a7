"""Findings on a draft: what is late, missing or unusual, in its stages and its postings; they refuse nothing.

A finding follows from the facts, so it lasts as long as they do; it never changes a verdict.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any
from uuid import UUID

from shared.contracts.vocabulary import CLOSING_BY_LAW, ENDS, Precision, Procedure, Stage
from shared.kernel.counted import counted
from shared.kernel.errors import Text
from shared.rules.clocks import PostingClock, clocks_of
from shared.rules.facts import DraftFacts
from shared.rules.rulebook.procedures import PostingRule, ProcedureRule
from shared.rules.rulebook.rulebook import Rulebook, last_day
from shared.rules.sequence import HALTS, Step, rule_on, steps_of
from shared.rules.words.wording import CERTAINTIES, INSTRUMENTS, PROCEDURES, REGIMES, STAGES


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
    INSTRUMENT_ENDED = "instrument_ended"
    PROCEDURE_NOT_OF_INSTRUMENT = "procedure_not_of_instrument"
    REGIME_NOT_OF_DATES = "regime_not_of_dates"
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
    clocks = clocks_of(facts, rulebook, as_of) if facts.postings else ()
    dated = [*_late(facts, as_of), *_of_way(steps), *_left_early(steps, clocks), *_of_postings(clocks)]
    return (
        *_of_draft(facts, rulebook, steps, as_of),
        *sorted(dated, key=lambda finding: finding.on or date.min),
    )


def _of_draft(facts: DraftFacts, rulebook: Rulebook, steps: Sequence[Step], as_of: date) -> Iterator[Finding]:
    begun = steps[0].entry.entered_on if steps else as_of
    rule = rule_on(facts, rulebook, begun)
    yield from _of_form(facts, rulebook, rule, steps, as_of)
    yield from _of_regime(facts, rulebook, steps)
    if facts.procedure is Procedure.SIMPLIFIED and not facts.procedure_document:
        text = Text(
            "Chưa ghi văn bản cho phép áp dụng trình tự, thủ tục rút gọn; đề nghị bổ sung",
            "The document that allows the simplified procedure is not recorded; add it",
        )
        allowed = rule.permission.cited if rule.permission else None
        yield Finding(FindingKind.SIMPLIFIED_WITHOUT_DOCUMENT, None, None, text, allowed)


def _of_form(
    facts: DraftFacts, rulebook: Rulebook, rule: ProcedureRule, steps: Sequence[Step], as_of: date
) -> Iterator[Finding]:
    """Give what the table says of the form: it does not have it, has it no longer, or not with this procedure."""
    form, regime = INSTRUMENTS[facts.instrument], REGIMES[facts.regime]
    ordinary = rulebook.form_until(facts.regime, facts.instrument, Procedure.ORDINARY)
    if ordinary is None:
        text = Text(
            f"Hình thức “{form.vi}” không có trong chế độ “{regime.vi}” của hệ thống; đang dùng quy tắc chung. "
            "Đề nghị kiểm tra hình thức và luật áp dụng",
            f"The form '{form.en}' is not known to the regime '{regime.en}'; its general rule is used. Check both",
        )
        yield Finding(FindingKind.INSTRUMENT_NOT_OF_REGIME, None, None, text)
    elif (after := _first_after(ordinary, steps, as_of)) is not None:
        text = Text(
            f"Hình thức “{form.vi}” chỉ có đến hết ngày {ordinary:%d/%m/%Y} nhưng dự thảo còn được thực hiện sau ngày này; "
            "đề nghị kiểm tra hình thức, hoặc ghi việc rút, chuyển dự thảo",
            f"The form '{form.en}' existed until the end of {ordinary}, and the draft goes on after it. Check the form, or "
            "record that the draft was withdrawn or transferred",
        )
        yield Finding(FindingKind.INSTRUMENT_ENDED, None, after, text)
    elif rule.general and facts.procedure is not Procedure.ORDINARY:
        way = PROCEDURES[facts.procedure]
        text = Text(
            f"Bảng quy tắc không có “{way.vi}” cho hình thức “{form.vi}” trong chế độ “{regime.vi}”; đang dùng quy tắc "
            "chung. Đề nghị kiểm tra",
            f"The table of rules has no '{way.en}' for '{form.en}' under '{regime.en}'; its general rule is used. Check it",
        )
        yield Finding(FindingKind.PROCEDURE_NOT_OF_INSTRUMENT, None, None, text)


def _first_after(last: date, steps: Sequence[Step], as_of: date) -> date | None:
    """Give the first day on which a draft goes on after a day; None if it had come to its end by then."""
    entered = [step.entry.entered_on for step in steps if step.entry.stage not in HALTS]
    if late := [day for day in entered if day > last]:
        return late[0]
    is_over = bool(steps) and steps[-1].entry.stage in CLOSING_BY_LAW | ENDS
    return last + timedelta(days=1) if as_of > last and not is_over else None


def _of_regime(facts: DraftFacts, rulebook: Rulebook, steps: Sequence[Step]) -> Iterator[Finding]:
    """Compare the days of the draft with those of its law; a draft of the time of change may be right all the same."""
    rule, name = rulebook.regimes.get(facts.regime), REGIMES[facts.regime]
    if rule is None or not steps:
        return
    begun = steps[0].entry.entered_on
    closed = next((step.entry for step in steps if step.entry.stage in CLOSING_BY_LAW), None)
    if rule.last_day is not None and begun > rule.last_day:
        text = Text(
            f"Dự thảo bắt đầu ngày {begun:%d/%m/%Y} nhưng ghi theo “{name.vi}”, áp dụng cho dự thảo bắt đầu đến hết ngày "
            f"{rule.last_day:%d/%m/%Y}; đề nghị kiểm tra luật áp dụng (giữ nguyên nếu thuộc trường hợp chuyển tiếp)",
            f"The draft was begun on {begun} and goes by '{name.en}', which is for drafts begun until {rule.last_day}. Check "
            "which law applies (leave it if the law's transition allows it)",
        )
        yield Finding(FindingKind.REGIME_NOT_OF_DATES, None, begun, text, rule.cited)
    elif closed is not None and last_day(closed.entered_on, closed.precision) < rule.first_day:
        text = Text(
            f"Dự thảo ghi theo “{name.vi}”, có hiệu lực từ ngày {rule.first_day:%d/%m/%Y}, nhưng đã được thông qua, ban hành "
            "trước ngày này; đề nghị kiểm tra luật áp dụng",
            f"The draft goes by '{name.en}', in force from {rule.first_day}, and was adopted before. Check which law applies",
        )
        yield Finding(FindingKind.REGIME_NOT_OF_DATES, None, closed.entered_on, text, rule.cited)


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
    return Finding(kind, step.entry.entry_id, step.entry.entered_on, text, step.rule.cited)


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
        FindingKind.LEFT_EARLY, following.entry.entry_id, following.entry.entered_on, text, rule.cited
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
            yield Finding(FindingKind.POSTING_SHORT, posting.posting_id, clock.closed_on, text, rule.cited)
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
                rule.cited,
            )

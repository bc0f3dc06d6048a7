"""What follows from what a clerk is about to record, in words: reckoned by the rules on the draft as it would stand then."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.registry.adapters.request_views import waiting_request
from services.registry.application.commands import Commands
from services.registry.domain.draft_commands import Register
from services.registry.domain.draft_state import Draft, State, facts_of
from services.registry.domain.lowering import scope_facts
from shared.contracts.vocabulary import CLOSING_BY_LAW, ENDS, Answer, Stage
from shared.eventstore.handle import Handled
from shared.kernel.counted import counted
from shared.kernel.errors import Text
from shared.rules.facts import DraftFacts
from shared.rules.findings import Finding
from shared.rules.rulebook.rulebook import Rulebook
from shared.rules.sequence import Occurrence, course, parallel_entries, rule_on, stage_on, stage_periods
from shared.rules.verdicts import scope_of
from shared.rules.words.wording import SCOPE, SCOPE_BASES, STAGES

NOTHING_NEW = Text(
    "Nội dung này đã được ghi nhận trước đó; không có gì thay đổi.",
    "This is on record already; nothing changes.",
)
NO_DUTY = Text(
    "Dự thảo không thuộc phạm vi nên không phát sinh thời hạn truyền thông.",
    "The draft is out of scope, so no communication falls due.",
)
EXEMPT = Text("Dự thảo được miễn truyền thông.", "The draft is exempted from communication.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command led to, or would lead to: `waits` if it is asked for and not recorded yet.

    It `changes` something unless the same is on record already.
    """

    consequences: Sequence[Text]
    findings: Sequence[Text]
    waits: bool
    changes: bool = True


async def outcome_of(
    commands: Commands, handled: Handled[State], command: object, consequences: Iterator[Text]
) -> Outcome:
    """Put together what follows: who decides if it lowers the unit's duty, what the rules say, what is unusual."""
    request = await waiting_request(commands, handled, command)
    waiting = [Text(request.messages.vi, request.messages.en)] if request else []
    if not handled.events:
        return Outcome(waiting or [NOTHING_NEW], (), bool(request), changes=False)
    return Outcome([*waiting, *consequences], _findings(commands, handled, command), bool(request))


def _findings(commands: Commands, handled: Handled[State], command: object) -> list[Text]:
    """Give what the rules find in what was recorded; of a new draft everything."""
    if isinstance(command, Register) and isinstance(handled.state, Draft):
        findings: Sequence[Finding] = commands.findings(handled.state, handled.history, commands.today)
    else:
        findings = commands.findings_on(handled, commands.today)
    return [finding.text for finding in findings]


def facts_with_scope(draft: Draft, handled: Handled[State]) -> DraftFacts:
    """Give all facts that decide about scope and due days."""
    facts = facts_of(draft, handled.history.events)
    policies = frozenset(policy.policy_no for policy in draft.policies)
    return replace(facts, scope=scope_facts(draft.scope), policies=policies)


def of_registration(draft: Draft, handled: Handled[State], rulebook: Rulebook, today: date) -> Iterator[Text]:
    """Say whether the draft is in scope and why, and what has to be done then."""
    facts = facts_with_scope(draft, handled)
    answer, basis = scope_of(facts, rulebook)
    by = SCOPE_BASES[basis] if basis and answer is Answer.YES else None
    yield Text(
        f"{SCOPE[answer].vi}{f' theo {by.vi}' if by else ''}.",
        f"{SCOPE[answer].en}{f' by {by.en}' if by else ''}.",
    )
    rule = rule_on(facts, rulebook, today)
    if answer is Answer.YES:
        number, days = max(1, len(draft.policies)), rule.grace_working_days
        opening = sorted(rule.opening & set(rule.expected_order), key=lambda stage: stage.order)
        first = STAGES[opening[0]] if opening else STAGES[Stage.DRAFT_CONSULTATION]
        yield Text(
            f"Đơn vị phải truyền thông {number:02} chính sách từ giai đoạn “{first.vi}” đến khi thông qua, ban hành; ở mỗi giai "
            f"đoạn trong thời hạn {days:02} ngày làm việc kể từ khi vào giai đoạn.",
            f"From “{first.en}” until adoption the unit communicates {counted(number, 'policy')}: in each "
            f"stage within {counted(days, 'working day')} of entering it.",
        )
    elif answer is Answer.UNKNOWN:
        yield Text(
            "Dự thảo chưa được tính vào tỷ lệ cho đến khi trả lời đủ các tiêu chí.",
            "The draft is not counted until all criteria are answered.",
        )
    if not rulebook.counting.asks_proposal(facts.regime, facts.instrument):
        yield Text(
            "Với hình thức văn bản và luật áp dụng này, tiêu chí 1 không được xét.",
            "Criterion 1 is not asked of this legal form under this law.",
        )


def of_stage(
    draft: Draft,
    handled: Handled[State],
    stage: Stage | None,
    entered_on: date,
    rulebook: Rulebook,
    today: date,
) -> Iterator[Text]:
    """Say until when the entered stage is to be communicated; `stage` is None for going on after a suspension."""
    yield from _of_stage(facts_with_scope(draft, handled), stage, entered_on, rulebook, today)


def _of_stage(
    facts: DraftFacts, stage: Stage | None, entered_on: date, rulebook: Rulebook, today: date
) -> Iterator[Text]:
    occurrence = _entered(facts, rulebook, stage, entered_on)
    if stage in ENDS:
        yield Text("Dự thảo kết thúc tại đây.", "The draft ends here.")
    elif stage is Stage.SUSPENDED:
        yield Text("Trong thời gian tạm dừng không phát sinh thời hạn.", "While suspended nothing falls due.")
    elif stage in CLOSING_BY_LAW:
        yield Text(
            "Thời gian phải truyền thông dự thảo kết thúc; hoạt động từ ngày này không còn được tính.",
            "The time for communicating the draft is over; what is done from this day on no longer counts.",
        )
    elif occurrence is None:
        yield _no_occurrence(facts, rulebook, stage, today)
    else:
        yield from _due(facts, rulebook, occurrence, today)


def duties_of(before: Draft, handled: Handled[State], commands: Commands) -> tuple[list[Text], list[Text]]:
    """Say what is due in the stage of today without and with what a command leads to; empty if that is the same."""
    if not isinstance(handled.state, Draft):
        return [], []
    facts = facts_of(before, handled.before.events), facts_of(handled.state, handled.history.events)
    scopes = before.scope, handled.state.scope
    without, with_it = (
        list(_today(replace(each, scope=scope_facts(scope)), commands.rulebook, commands.today))
        for each, scope in zip(facts, scopes, strict=True)
    )
    return ([], []) if without == with_it else (without, with_it)


def _today(facts: DraftFacts, rulebook: Rulebook, today: date) -> Iterator[Text]:
    standing = stage_on(stage_periods(facts, rulebook), today)
    if standing is not None:
        yield STAGES[standing.stage]
        yield from _of_stage(facts, standing.stage, standing.entered_on, rulebook, today)


def of_cancellation(
    draft: Draft, handled: Handled[State], entry_id: UUID, rulebook: Rulebook, today: date
) -> Iterator[Text]:
    """Say in which stage the draft stands without the entry, and until when that is to be communicated."""
    facts = facts_with_scope(draft, handled)
    facts = replace(facts, entries=tuple(each for each in facts.entries if each.entry_id != entry_id))
    standing = stage_on(stage_periods(facts, rulebook), today)
    if standing is None:
        yield Text("Khi đó dự thảo không ở giai đoạn nào.", "The draft then stands in no stage.")
        return
    name, since = STAGES[standing.stage], standing.entered_on
    yield Text(
        f"Khi đó dự thảo ở giai đoạn “{name.vi}” từ ngày {since:%d/%m/%Y}.",
        f"The draft then stands in “{name.en}” since {since:%d/%m/%Y}.",
    )
    yield from _of_stage(facts, standing.stage, since, rulebook, today)


def _entered(facts: DraftFacts, rulebook: Rulebook, stage: Stage | None, day: date) -> Occurrence | None:
    return next(
        (
            each
            for each in course(facts, rulebook).occurrences
            if each.entered_on == day and (each.stage is stage or (stage is None and each.resumed))
        ),
        None,
    )


def _no_occurrence(facts: DraftFacts, rulebook: Rulebook, stage: Stage | None, today: date) -> Text:
    if any(entry.stage is stage for entry in parallel_entries(facts, rulebook, today)):
        return Text(
            "Giai đoạn này diễn ra song song, không mở thời hạn truyền thông riêng.",
            "This stage runs beside the others and has no due day of its own.",
        )
    return Text(
        "Dự thảo đang ở giai đoạn này; thời hạn đã có không thay đổi.",
        "The draft is in this stage already; its due day does not change.",
    )


def _due(facts: DraftFacts, rulebook: Rulebook, occurrence: Occurrence, today: date) -> Iterator[Text]:
    answer, _ = scope_of(facts, rulebook)
    if any(not exemption.stages for exemption in facts.exemptions):
        yield EXEMPT
    elif answer is Answer.NO:
        yield NO_DUTY
    elif not occurrence.required:
        yield Text(
            "Giai đoạn này không bắt buộc truyền thông.", "No communication is required in this stage."
        )
    else:
        yield _due_day(occurrence, today)
        if answer is Answer.UNKNOWN:
            yield Text(
                "Thời hạn này áp dụng nếu dự thảo thuộc phạm vi; hiện chưa xác định phạm vi.",
                "It applies if the draft is in scope, which is undetermined at present.",
            )


def _due_day(occurrence: Occurrence, today: date) -> Text:
    due, left = occurrence.due_on, occurrence.exited_on
    if left is not None and left <= due:
        return Text(
            f"Giai đoạn này kết thúc ngày {left:%d/%m/%Y}, trước khi hết hạn truyền thông ({due:%d/%m/%Y}).",
            f"This stage ended on {left:%d/%m/%Y}, before it was due ({due:%d/%m/%Y}).",
        )
    if due < today:
        return Text(
            f"Hạn truyền thông của giai đoạn này là hết ngày {due:%d/%m/%Y}, đã qua.",
            f"Communication in this stage was due by the end of {due:%d/%m/%Y}, which has passed.",
        )
    return Text(
        f"Hạn truyền thông của giai đoạn này sẽ là hết ngày {due:%d/%m/%Y} "
        f"({occurrence.rule.grace_working_days:02} ngày làm việc).",
        f"Communication in this stage will be due by the end of {due:%d/%m/%Y} "
        f"({counted(occurrence.rule.grace_working_days, 'working day')}).",
    )

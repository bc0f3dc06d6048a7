"""The sentence with which the page of a draft begins: what it lacks at its present stage, or why it lacks nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from shared.contracts.vocabulary import Answer, GapState, Stage
from shared.kernel.counted import counted
from shared.kernel.errors import Text
from shared.rules.verdicts import PolicyVerdict
from shared.rules.words.figure_words import time_left
from shared.rules.words.wording import STAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentGap:
    """What a draft owes at the stage that it is in: `working_days` left until the due day, or since then."""

    stage: Stage
    due_on: date
    state: GapState
    working_days: int
    lacking: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSituation:
    """`settled_by`: the verdict that an event gave to all policies, one of `SETTLED`; `begun` of `judged` ones by the plan."""

    scope: Answer
    policies: int
    judged: int
    begun: int
    is_closed: bool
    settled_by: PolicyVerdict | None = None
    gap: PresentGap | None = None


SETTLED: Mapping[PolicyVerdict, Text] = MappingProxyType(
    {
        PolicyVerdict.ENDED: Text(
            "Dự thảo đã rút hoặc nhập vào dự thảo khác; không còn phải truyền thông.",
            "The draft was withdrawn or merged; it need not be communicated any more.",
        ),
        PolicyVerdict.EXEMPT: Text(
            "Dự thảo được miễn truyền thông.", "The draft is exempt from communication."
        ),
        PolicyVerdict.CLOSED_UNOPENED: Text(
            "Dự thảo đã thông qua, ban hành; chưa ghi nhận việc lấy ý kiến.",
            "The draft was adopted; no consultation is recorded.",
        ),
        PolicyVerdict.NOT_OPENED: Text(
            "Dự thảo chưa đến giai đoạn lấy ý kiến; chưa đến lúc phải truyền thông.",
            "The draft has not reached consultation; communication is not due yet.",
        ),
    }
)


def draft_conclusion(situation: DraftSituation) -> Text:
    if situation.scope is Answer.NO:
        return Text("Dự thảo không thuộc phạm vi Đề án 407.", "The draft is not in the scope of the scheme.")
    if situation.settled_by:
        return SETTLED[situation.settled_by]
    if situation.gap:
        return _lacking(situation.gap, situation.policies)
    if not situation.judged:
        return Text("Chưa có chính sách nào đến lúc đánh giá.", "No policy can be judged yet.")
    policies = counted(situation.judged, "judged policy")
    closed = Text("Dự thảo đã thông qua; ", "Adopted; ") if situation.is_closed else _nothing_owed()
    return Text(
        f"{closed.vi}{situation.begun}/{situation.judged} chính sách được đánh giá đã được truyền thông theo Kế hoạch.",
        f"{closed.en}{situation.begun}/{policies} communicated by the plan.",
    )


def _nothing_owed() -> Text:
    return Text(
        "Không còn thiếu truyền thông ở giai đoạn hiện tại; ", "Nothing is lacking at the present stage; "
    )


def _lacking(gap: PresentGap, policies: int) -> Text:
    whole = gap.lacking == policies
    left, stage = time_left(gap.state, gap.working_days), STAGES[gap.stage]
    day = f"{gap.due_on:%d/%m/}{gap.due_on.year:04}"
    what = Text("Dự thảo", "The draft") if whole else _some(gap.lacking, policies)
    return Text(
        f"{what.vi} chưa được truyền thông ở giai đoạn {stage.vi}: {_lower(left.vi)} (hạn {day}).",
        f"{what.en} {'is' if whole else 'are'} not communicated at the stage {stage.en}: {_lower(left.en)} (due {day}).",
    )


def _some(lacking: int, policies: int) -> Text:
    return Text(f"{lacking}/{policies} chính sách", f"{lacking}/{counted(policies, 'policy')}")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]

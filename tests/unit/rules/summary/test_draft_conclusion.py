"""The sentence of a draft's page in its cases, in both languages."""

from datetime import date
from typing import Any

import pytest

from shared.contracts.vocabulary import Answer, GapState, Stage
from shared.rules.summary.draft_conclusion import DraftSituation, PresentGap, draft_conclusion
from shared.rules.verdicts import PolicyVerdict
from shared.rules.words.figure_words import HARD_SPACE

OVERDUE: dict[str, Any] = {
    "stage": Stage.APPRAISAL,
    "due_on": date(2026, 11, 25),
    "state": GapState.OVERDUE,
    "working_days": 2,
}


@pytest.mark.parametrize(
    ("changes", "vi", "en"),
    [
        (
            {"gap": PresentGap(**OVERDUE, lacking=2)},
            "2/3 chính sách chưa được truyền thông ở giai đoạn Thẩm định: quá hạn 2 ngày làm việc (hạn 25/11/2026).",
            "2/3 policies are not communicated at the stage Appraisal: 2 working days overdue (due 25/11/2026).",
        ),
        (
            {"gap": PresentGap(**{**OVERDUE, "state": GapState.IN_GRACE, "working_days": 1}, lacking=3)},
            "Dự thảo chưa được truyền thông ở giai đoạn Thẩm định: còn 1 ngày làm việc (hạn 25/11/2026).",
            "The draft is not communicated at the stage Appraisal: 1 working day left (due 25/11/2026).",
        ),
        (
            {"judged": 3, "begun": 2},
            "Không còn thiếu truyền thông ở giai đoạn hiện tại; 2/3 chính sách được đánh giá đã được truyền thông theo Kế hoạch.",
            "Nothing is lacking at the present stage; 2/3 judged policies communicated by the plan.",
        ),
        (
            {"judged": 1, "begun": 1, "is_closed": True},
            "Dự thảo đã thông qua; 1/1 chính sách được đánh giá đã được truyền thông theo Kế hoạch.",
            "Adopted; 1/1 judged policy communicated by the plan.",
        ),
        ({}, "Chưa có chính sách nào đến lúc đánh giá.", "No policy can be judged yet."),
        (
            {"scope": Answer.NO, "gap": PresentGap(**OVERDUE, lacking=2)},
            "Dự thảo không thuộc phạm vi Đề án 407.",
            "The draft is not in the scope of the scheme.",
        ),
        (
            {"settled_by": PolicyVerdict.EXEMPT},
            "Dự thảo được miễn truyền thông.",
            "The draft is exempt from communication.",
        ),
    ],
)
def test_the_sentence(changes: dict[str, Any], vi: str, en: str) -> None:
    plain: dict[str, Any] = {"scope": Answer.YES, "policies": 3, "judged": 0, "begun": 0, "is_closed": False}
    made = draft_conclusion(DraftSituation(**(plain | changes)))
    assert (made.vi.replace(HARD_SPACE, " "), made.en) == (vi, en)

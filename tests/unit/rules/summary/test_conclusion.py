"""The sentence for leaders in its cases, in both languages, and the segments whose numbers it speaks of."""

from datetime import date

import pytest

from shared.rules.figures import Counts
from shared.rules.summary.conclusion import Situation, conclusion
from shared.rules.summary.segments import Segment, segments
from shared.rules.words.figure_words import HARD_SPACE, SEGMENTS

NONE = {"begun": 0, "judged": 0, "recoverable": 0, "lacking": 0, "overdue": 0}


@pytest.mark.parametrize(
    ("changes", "vi", "en"),
    [
        (
            {"begun": 7, "judged": 13, "target": 1.0, "lacking": 5, "overdue": 2, "recoverable": 3},
            (
                "7/13 chính sách được đánh giá (53,8%) đã được truyền thông theo Kế hoạch; chỉ tiêu 100%. "
                "5 dự thảo đang thiếu truyền thông, 2 đã quá hạn. Truyền thông ngay thì 3 chính sách quá hạn còn kịp đạt."
            ),
            (
                "7/13 judged policies (53.8%) were communicated by the plan; the target is 100%. 5 drafts lack communication, 2 "
                "overdue. Communicated now, 3 policies overdue can still meet it."
            ),
        ),
        (
            {},
            "Chưa có chính sách nào đến lúc đánh giá. Không có dự thảo nào đang thiếu truyền thông.",
            "No policy can be judged yet. No draft lacks communication now.",
        ),
        (
            {"begun": 2999, "judged": 3000, "lacking": 1},
            (
                "2.999/3.000 chính sách được đánh giá (99,9%) đã được truyền thông theo Kế hoạch. "
                "1 dự thảo đang thiếu truyền thông, chưa dự thảo nào quá hạn."
            ),
            (
                "2,999/3,000 judged policies (99.9%) were communicated by the plan. "
                "1 draft lacks communication, none of them overdue."
            ),
        ),
        (
            {"judged": 4, "target": 0.7, "lacking": 2, "overdue": 2, "forecast_of": date(2027, 1, 4)},
            (
                "Dự kiến đến ngày 04/01/2027: 0/4 chính sách được đánh giá (0%) đã được truyền thông theo Kế hoạch; chỉ tiêu 70%. "
                "2 dự thảo đang thiếu truyền thông, đều đã quá hạn."
            ),
            (
                "Forecast for 04/01/2027: 0/4 judged policies (0%) were communicated by the plan; the target is 70%. "
                "2 drafts lack communication, all overdue."
            ),
        ),
    ],
)
def test_the_sentence(changes: dict[str, object], vi: str, en: str) -> None:
    made = conclusion(Situation(**(NONE | changes)))  # type: ignore[arg-type]  # the case's own values
    assert (made.vi.replace(HARD_SPACE, " "), made.en) == (vi, en)


def test_segments_are_all_policies_and_the_mark_lies_in_the_base() -> None:
    counts = Counts(
        met=5,
        missed=8,
        begun=7,
        pending=3,
        not_opened=2,
        closed_unopened=4,
        exempt=1,
        ended=6,
        undetermined=9,
    )
    made = segments(counts, recoverable=2)
    assert {size.segment: size.policies for size in made.sizes} == {
        Segment.MET: 7,
        Segment.RECOVERABLE: 2,
        Segment.MISSED: 4,
        Segment.NOT_DUE: 5,
        Segment.UNRECORDED: 4,
        Segment.UNDETERMINED: 9,
        Segment.EXEMPT: 1,
        Segment.ENDED: 6,
    }
    assert made.total == counts.policies + counts.undetermined
    assert made.mark(1.0) == pytest.approx(13 / 38)
    assert made.mark(0.7) == pytest.approx(0.7 * 13 / 38)
    assert segments(Counts(), 0).mark(1.0) is None
    assert set(SEGMENTS) == set(Segment)

"""What a unit answered, as those above it read it."""

from typing import Any

import pytest

from services.notifier.adapters.rendering.answer_words import LONGEST_ANSWER, answer_of
from services.notifier.domain.gaps.gap_alert import AlertContext
from tests.unit.notifier.builders import MONDAY

EXEMPT = {"document": "Công văn 99/VPCP-PL", "authority": "Văn phòng Chính phủ", "decided_on": "2026-11-05"}


@pytest.mark.parametrize(
    ("answer", "said", "words"),
    [
        (None, None, "Chưa có phản hồi"),
        ("acknowledged", {"planned_on": "2026-11-27"}, "Đơn vị đã báo: sẽ thực hiện ngày 27/11/2026"),
        (
            "transfer_requested",
            {"to_unit": "Sở Tài chính", "explanation": "Theo phân công"},
            "Đơn vị đã báo: đề nghị chuyển đến Sở Tài chính: Theo phân công",
        ),
        ("transfer_requested", {"to_unit": None}, "Đơn vị đã báo: đề nghị chuyển cho đơn vị khác"),
        (
            "exemption_requested",
            EXEMPT,
            "Đơn vị đã báo: đề nghị miễn theo Công văn 99/VPCP-PL ngày 05/11/2026 của Văn phòng Chính phủ",
        ),
        ("exemption_requested", None, "Đơn vị đã báo: đề nghị miễn theo văn bản"),
        (
            "obstacle_reported",
            {"obstacle": "Chưa có\r\n\r\nkinh phí"},
            "Đơn vị đã báo có vướng mắc: “Chưa có kinh phí”; vướng mắc đang chờ cơ quan theo dõi trả lời",
        ),
    ],
)
def test_the_reason_given_is_one_line(answer: str | None, said: Any, words: str) -> None:
    context = AlertContext(answer=answer, answer_said=said)
    assert answer_of(context, {}, MONDAY).vi == words
    assert context.asks is (answer in {"transfer_requested", "exemption_requested", "obstacle_reported"})


def test_a_long_answer_is_cut_for_a_list() -> None:
    context = AlertContext(answer="obstacle_reported", answer_said={"obstacle": "vướng " * 500})
    around = "Đơn vị đã báo có vướng mắc: “”; vướng mắc đang chờ cơ quan theo dõi trả lời"
    assert len(answer_of(context, {}, MONDAY).vi) <= len(around) + LONGEST_ANSWER

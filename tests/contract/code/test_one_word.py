"""One word for one fact on pages, in mails and in the terminal: what other words for it there were is written nowhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.rules.verdicts import PolicyVerdict
from shared.rules.words import figure_words, wording

ROOT = Path(__file__).parents[3]
SOURCES = ("services", "shared", "deploy")
SHOWN = {".py", ".html", ".txt"}
INSTEAD = {
    r"(không qua|không thấy) lấy ý kiến": "Đã thông qua, chưa ghi nhận việc lấy ý kiến",
    r"Có truyền thông|Có ít nhất một lần": "Có ít nhất một hoạt động truyền thông",
    r"Chưa rõ phạm vi": "Chưa xác định phạm vi",
    r"Rút, gộp": "Đã rút hoặc nhập vào dự thảo khác",
    r"[Ll]ượt không tính": "Giai đoạn kết thúc trước hạn (không tính)",
    r"[Cc]hỉ tiêu quốc gia|[Mm]ức chung": "Chỉ tiêu Quyết định 407",
    r"Đơn vị chủ trì\b": "Cơ quan chủ trì soạn thảo",
    r"[Nn]ội dung còn thiếu": "dự thảo còn thiếu truyền thông",
    r"[Cc]òn trong hạn": "Còn n ngày làm việc",
    r"[Tt]ỷ lệ đầy đủ|rate_full.{0,20}[Tt]ỷ lệ": "Mức độ đầy đủ",
    r"HARD_SPACE\}%": "a number and its percent sign without a space: shared.rules.words.percent",
}
WORDS = {
    "Đã thông qua, chưa ghi nhận việc lấy ý kiến": wording.POLICY_VERDICTS[PolicyVerdict.CLOSED_UNOPENED],
    "Có ít nhất một hoạt động truyền thông": figure_words.RATES["rate_any"],
    "Đang chờ đánh giá": wording.POLICY_VERDICTS[PolicyVerdict.PENDING],
    "Chưa xác định phạm vi": figure_words.COUNTS["undetermined"],
    "Đã rút hoặc nhập vào dự thảo khác": wording.POLICY_VERDICTS[PolicyVerdict.ENDED],
    "Giai đoạn kết thúc trước hạn (không tính)": figure_words.COUNTS["waived_occurrences"],
    "Chỉ tiêu Quyết định 407": figure_words.TARGET,
    "Cơ quan chủ trì soạn thảo": figure_words.LEAD_UNIT,
    "Tỷ lệ truyền thông theo Kế hoạch": figure_words.RATES["rate_plan"],
    "Mức độ đầy đủ": figure_words.RATES["rate_full"],
    "Thời hạn theo dõi nội bộ": figure_words.DUE,
}


def sources() -> Iterator[Path]:
    for folder in SOURCES:
        yield from (path for path in sorted((ROOT / folder).rglob("*")) if path.suffix in SHOWN)


@pytest.mark.parametrize("other", INSTEAD)
def test_no_other_word_is_written(other: str) -> None:
    wanted = re.compile(other)
    written = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in sources()
        for match in wanted.finditer(path.read_text(encoding="utf-8"))
        if "SQL" not in match[0]
    ]
    assert written == [], INSTEAD[other]


def test_the_words_are_those_of_the_table() -> None:
    assert {name: text.vi for name, text in WORDS.items()} == {name: name for name in WORDS}


def test_no_due_day_stands_under_the_decision() -> None:
    """A due day is the office's own: the paragraph that cites the Decision as its basis never names one."""
    basis = re.compile(r"[Cc]ăn cứ[^\n<]{0,80}407[^\n<]*(due_on|thời hạn|Thời hạn)")
    assert [
        str(path.relative_to(ROOT)) for path in sources() if basis.search(path.read_text(encoding="utf-8"))
    ] == []

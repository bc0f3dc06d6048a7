"""What was probably meant by a value that can't be taken: the nearest of a list, the day in its right form."""

import calendar
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from difflib import SequenceMatcher, get_close_matches

from shared.errors import Text
from shared.rules.wording import (
    CHANNELS,
    INSTRUMENTS,
    PRECISIONS,
    PROCEDURES,
    REGIMES,
    STAGES,
    UNIT_LEVELS,
)
from shared.written_dates import Meant, meant

NAMED = 3  # how many values are offered
ALL_NAMED = 6  # a list up to this length is named whole
LIKE = 0.6
EXCEL_BEGIN = date(1899, 12, 30)
SERIALS = (1, 100_000)  # of the days up to 2173
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_LOOSE_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_VIETNAMESE = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T ].*)?")
_SHORT_ISO = re.compile(r"\d{4}(?:-\d{2})?")
_SERIAL = re.compile(r"(\d{4,6})(?:\.\d+)?")


_ANSWERS = {
    **dict.fromkeys(("yes", "y", "co", "x", "true", "dung", "1", "v", "✓", "✔", "☑", "roi", "c"), "yes"),
    **dict.fromkeys(("no", "n", "khong", "false", "sai", "0", "k", "ko", "☐"), "no"),
    **dict.fromkeys(
        ("unknown", "chua_ro", "chua_biet", "khong_ro", "khong_biet", "chua_xac_dinh"), "unknown"
    ),
}
_ABBREVIATIONS = {
    "nq": "nghi quyet",
    "qd": "quyet dinh",
    "nd": "nghi dinh",
    "tt": "thong tu",
    "hdnd": "hoi dong nhan dan",
    "ubnd": "uy ban nhan dan",
    "ctubnd": "chu tich uy ban nhan dan",
    "qh": "quoc hoi",
    "ubtvqh": "uy ban thuong vu quoc hoi",
    "cp": "chinh phu",
    "ttg": "thu tuong chinh phu",
    "ctn": "chu tich nuoc",
    "phuong": "xa",
    "quan": "huyen",
}
_EMPTY_WORDS = frozenset({"cua", "cap", "va", "cac", "do", "ve", ""})


def _labels() -> Mapping[str, str]:
    """The Vietnamese names of values, without diacritics: what an official writes who knows no code."""
    lists = (STAGES, CHANNELS, INSTRUMENTS, REGIMES, PROCEDURES, UNIT_LEVELS, PRECISIONS)
    return {value.value: folded(text.vi) for known in lists for value, text in known.items()}


def folded(text: str) -> str:
    """Write a text without case, diacritics and punctuation: `nghi_quyet`."""
    letters = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "_", kept).strip("_")


_LABELS = _labels()


def nearest(value: str, allowed: Sequence[str]) -> Text:
    """Say which values a column takes, the likely ones first."""
    if (answer := _ANSWERS.get(folded(value) or value)) in allowed and {"yes", "no"} <= {*allowed}:
        return Text(
            f"giá trị phải là yes, no hoặc unknown; hãy ghi {answer}",
            f"must be yes, no or unknown; write {answer}",
        )
    likely = _likely(value, allowed)
    if likely:
        names = " · ".join(likely)
        return Text(
            f"giá trị không thuộc danh mục cho phép; có phải là: {names}?",
            f"is none of the values allowed; did you mean: {names}?",
        )
    names = " · ".join(allowed)
    return Text(
        f"giá trị không thuộc danh mục cho phép; hãy dùng một trong: {names}",
        f"is none of the values allowed; use one of: {names}",
    )


def _likely(value: str, allowed: Sequence[str]) -> list[str]:
    if len(allowed) <= ALL_NAMED:
        return []
    asked = folded(value)
    by_label = [one for one in allowed if asked and asked == _LABELS.get(one)]
    if named := by_label or [
        one for one in allowed if asked and _words(asked) == _words(_LABELS.get(one, ""))
    ]:
        return named
    spelt = get_close_matches(asked, allowed, n=NAMED, cutoff=LIKE)
    labels = {one: _LABELS.get(one, "") for one in allowed}
    for likeness in (_by_words, _by_letters, _by_part):
        likes = {one: likeness(asked, label) for one, label in labels.items()}
        if told := sorted((one for one in allowed if likes[one] >= LIKE), key=lambda one: -likes[one]):
            return list(dict.fromkeys([*spelt, *told]))[:NAMED]
    return spelt


def _by_words(asked: str, label: str) -> float:
    """Weigh two texts by the words that they share, abbreviations written out."""
    first, second = _words(asked), _words(label)
    return len(first & second) / max(1, len(first | second))


def _by_letters(asked: str, label: str) -> float:
    return SequenceMatcher(None, asked, label).ratio()


def _by_part(asked: str, label: str) -> float:
    words = _words(label)
    return 1.0 if words and words <= _words(asked) else 0.0


def _words(label: str) -> frozenset[str]:
    words = (_ABBREVIATIONS.get(word, word) for word in label.replace("thanh_pho", "tinh").split("_"))
    return frozenset(part for word in words for part in word.split()) - _EMPTY_WORDS


def not_a_day(value: str) -> Text | None:
    """Say what is wrong with a text that should be a day, and how it is written; nothing if it is one."""
    if found := _ISO.fullmatch(value):
        return _in_calendar(*(int(part) for part in found.groups()))
    if found := _LOOSE_ISO.fullmatch(value):
        return _written_otherwise(*(int(part) for part in found.groups()))
    if found := _VIETNAMESE.fullmatch(value):
        day, month, year = (int(part) for part in found.groups())
        return _written_otherwise(year, month, day)
    if (written := meant(value)) is not None:
        return _meant(written)
    if (found := _SERIAL.fullmatch(value)) and SERIALS[0] <= int(found[1]) <= SERIALS[1]:
        return _serial(int(found[1]))
    return Text(
        "không phải là ngày hợp lệ; ngày ghi dạng 2024-02-15 (năm-tháng-ngày), chỉ biết tháng thì ghi 2024-02, "
        "chỉ biết năm thì ghi 2024",
        "is no day; a day is written as 2024-02-15 (year-month-day), a month alone as 2024-02, a year as 2024",
    )


def _meant(found: Meant) -> Text:
    if found.day:
        return _written_otherwise(found.year, found.month, found.day)
    if (wrong := _in_calendar(found.year, found.month or 1, 1)) is not None:
        return wrong
    return Text(
        f"phải ghi dạng năm-tháng-ngày; chỉ biết {'tháng' if found.month else 'năm'} thì hãy ghi {found}",
        f"must be written year-month-day; if only the {'month' if found.month else 'year'} is known, write {found}",
    )


def needs_a_day(value: str) -> Text | None:
    """Say that a month or a year is not enough, for a column that takes days alone; None if it is neither."""
    found = meant(value) or (Meant(*map(int, value.split("-"))) if _SHORT_ISO.fullmatch(value) else None)
    if found is None or found.day:
        return None
    return Text(
        f"cột này cần đủ năm, tháng, ngày (ví dụ 2024-02-15), không chỉ {found}; hãy xem ngày trong văn bản gốc",
        f"this column needs year, month and day (such as 2024-02-15), not only {found}; look for the day in the document",
    )


def not_a_number(value: str, *, whole: bool) -> Text:
    """Say how a number is written, with the exact one where it is clear which was meant."""
    text = re.sub(r"\s+|%$", "", value)
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", text):
        right = re.sub(r"[.,]", "", text)
    elif re.fullmatch(r"\d+[.,]\d+", text) and not whole:
        right = text.replace(",", ".")
    else:
        right = text if text.isdecimal() and text.isascii() else ""
    hint = (f"; hãy ghi {right}", f"; write {right}") if right else ("", "")
    if whole:
        return Text(f"phải là số nguyên, ví dụ 3{hint[0]}", f"must be a whole number, such as 3{hint[1]}")
    return Text(
        f"phải là số, phần thập phân sau dấu chấm: 70.5{hint[0]}", f"must be a number, such as 70.5{hint[1]}"
    )


def _in_calendar(year: int, month: int, day: int) -> Text | None:
    if not (year >= 1 and 1 <= month <= 12):  # noqa: PLR2004  months of a year
        return Text(
            f"không phải là ngày hợp lệ: không có tháng {month:02}/{year}; ngày ghi dạng 2024-02-15 (năm-tháng-ngày)",
            f"is no day: there is no month {year:04}-{month:02}; a day is written as 2024-02-15 (year-month-day)",
        )
    last = calendar.monthrange(year, month)[1]
    if 1 <= day <= last:
        return None
    return Text(
        f"không phải là ngày hợp lệ: tháng {month:02}/{year} chỉ có {last} ngày; hãy xem lại văn bản gốc",
        f"is no day: {year:04}-{month:02} has {last} days; look at the document again",
    )


def _written_otherwise(year: int, month: int, day: int) -> Text:
    wrong = _in_calendar(year, month, day)
    if wrong is not None:
        return wrong
    right = date(year, month, day).isoformat()
    return Text(
        f"không phải là ngày hợp lệ: phải ghi dạng năm-tháng-ngày; hãy ghi {right}",
        f"must be written year-month-day: write {right}",
    )


def _serial(number: int) -> Text:
    day = EXCEL_BEGIN + timedelta(days=number)
    return Text(
        f"là số thứ tự ngày của Excel ({day:%d/%m/%Y}), không phải là ngày hợp lệ; nếu đúng ngày đó, hãy ghi {day}",
        f"is a day's serial number of Excel ({day}), no day; write {day} if that is meant",
    )

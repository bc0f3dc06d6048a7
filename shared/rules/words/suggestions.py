"""What was probably meant by a value that can't be taken: the nearest of a list."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches

from shared.kernel.errors import Text
from shared.kernel.text_folding import normalized
from shared.rules.words.wording import (
    CHANNELS,
    INSTRUMENTS,
    PRECISIONS,
    PROCEDURES,
    REGIMES,
    STAGES,
    UNIT_LEVELS,
)

NAMED = 3  # how many values are offered
ALL_NAMED = 6  # a list up to this length is named whole
LIKE = 0.6
LONGEST_VALUE = 100  # letters of a value that is compared: the comparison takes time by both lengths


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
    return {value.value: folded(text.vi) for labels in lists for value, text in labels.items()}


def folded(text: str) -> str:
    """Write a text without case, diacritics and punctuation: `nghi_quyet`."""
    letters = normalized("NFD", text.lower().replace("đ", "d"))
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "_", kept).strip("_")


_LABELS = _labels()


def nearest(value: str, allowed: Sequence[str]) -> Text:
    """Say which values a column takes, the likely ones first."""
    value = value[:LONGEST_VALUE]
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
    by_label = [option for option in allowed if asked and asked == _LABELS.get(option)]
    if named := by_label or [
        option for option in allowed if asked and _words(asked) == _words(_LABELS.get(option, ""))
    ]:
        return named
    spelt = get_close_matches(asked, allowed, n=NAMED, cutoff=LIKE)
    labels = {option: _LABELS.get(option, "") for option in allowed}
    for likeness in (_by_words, _by_letters, _by_part):
        likes = {option: likeness(asked, label) for option, label in labels.items()}
        if similar := sorted(
            (option for option in allowed if likes[option] >= LIKE), key=lambda option: -likes[option]
        ):
            return list(dict.fromkeys([*spelt, *similar]))[:NAMED]
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

"""Text that can be stored, shown and read: nothing invisible, no broken or old encodings, nothing that a machine left.

A machine leaves control characters, codes that stand for letters, and errors of a spreadsheet's formulas.

The old encodings are those of TCVN 5712:1993 (fonts .VnTime, .VnArial …) and of VNI-Windows (VNI-Times …).
"""

import html
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from itertools import accumulate
from typing import Any
from urllib.parse import unquote

from pydantic_core import PydanticCustomError

from shared.kernel.errors import Text
from shared.kernel.text_folding import MOST_MARKS, has_too_many_marks, normalized
from shared.text_checks.syllables import could_be_syllable, is_syllable

ENOUGH = 2  # points of evidence

_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]"
)
_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_LINES = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
_WHITE = re.compile(r"\s+")
_CONVERT = (
    "hãy chuyển mã sang Unicode (UniKey: Ctrl+Shift+F6) rồi chép lại",
    "convert it to Unicode (UniKey: Ctrl+Shift+F6) and copy it again",
)
_REPLACED = Text(
    "có ký tự thay thế U+FFFD (chữ đã mất khi chuyển mã); hãy gõ lại ô này từ văn bản gốc",
    "has the replacement character U+FFFD in it (a letter lost in a conversion); type it again from the document",
)
_LOST = Text(
    "có dấu “?” thay cho chữ có dấu (chữ đã mất khi lưu bằng bảng mã không phải Unicode, ví dụ “CSV” thường của Excel); "
    "hãy lưu lại từ tệp gốc dưới dạng “CSV UTF-8”, hoặc gõ lại",
    "has '?' in the place of letters (lost when it was saved in another encoding than Unicode, such as Excel's plain 'CSV'); "
    "save the original again as 'CSV UTF-8', or type it again",
)
_DECODED = Text(
    "là chữ Unicode (UTF-8) bị đọc nhầm theo bảng mã Windows-1252/Latin-1, ví dụ “{found}”; "
    "hãy mở lại tệp gốc theo UTF-8 rồi lưu dưới dạng “CSV UTF-8”",
    "is Unicode text (UTF-8) read as Windows-1252/Latin-1, such as '{found}'; "
    "open the original as UTF-8 and save it as 'CSV UTF-8'",
)


def _old_font(name: str, fonts: str) -> Text:
    return Text(
        f"được gõ bằng phông chữ cũ {name} ({fonts}), không phải Unicode, ví dụ “{{found}}”; {_CONVERT[0]}",
        f"is typed in the old font encoding {name} ({fonts}), not in Unicode, such as '{{found}}'; {_CONVERT[1]}",
    )


_OF_FONT = Text(
    "có ký tự riêng của một phông chữ ({found}, ví dụ dấu đầu dòng Wingdings hoặc Symbol), máy khác không hiển thị được; "
    "hãy xóa ký tự đó hoặc gõ lại",
    "has a character of one font alone ({found}, such as a bullet of Wingdings or Symbol), which other machines cannot show; "
    "delete it or type it again",
)
_GARBLED = Text(
    "có ký hiệu nằm giữa chữ, ví dụ “{found}” (chữ gõ bằng bảng mã cũ như VPS, VISCII); hãy chuyển mã sang Unicode rồi chép lại",
    "has signs within words, such as '{found}' (text of an old encoding such as VPS or VISCII); convert it to Unicode and copy it again",
)
_TCVN3 = _old_font("TCVN3", ".VnTime, .VnArial")
_VNI = _old_font("VNI", "VNI-Times")


_STACKED = Text(
    f"có chữ mang hơn {MOST_MARKS} dấu chồng lên nhau; hãy gõ lại ô này",
    f"has a letter with more than {MOST_MARKS} marks on it; type it again",
)

_OF_ADDRESS = ("://", "www.", "=")  # a piece of text that has one of these is an address, or part of one
_ENCODED = Text(
    "có chữ còn ở dạng mã máy “{found}”; hãy ghi bằng chữ: “{meant}”",
    "has letters still in a machine's code, '{found}'; write the letters: '{meant}'",
)
_FORMULA_ERROR = Text(
    "là thông báo lỗi của bảng tính (“{found}”), không phải nội dung; hãy sửa công thức hoặc gõ lại ô này",
    "is an error of a spreadsheet ('{found}'), no content; correct the formula or type the cell again",
)
_ERRORS = re.compile(
    r"(#(?:N/A|REF!|DIV/0!|VALUE!|NAME\?|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA)|Err:5\d\d|#{4,})"
)
# What a machine writes for letters: HTML entities, percent-encoding, JSON escapes, encoded words of mails (RFC 2047).
_CODES = re.compile(
    r"&(?:#\d{2,6}|#[xX][0-9a-fA-F]{2,5}|[A-Za-z]{2,8});|(?:%[0-9A-Fa-f]{2}){2,20}|\\u[0-9a-fA-F]{4}"
    r"|=\?[\w-]{3,15}\?[bBqQ]\?[^?\s]{1,100}\?="
)
_HAS_CODE = re.compile(r"&[#\w]|%[0-9A-Fa-f]{2}%|\\u|=\?")
_MEANT = 40  # letters of what was meant
_LONGEST_ERROR = 60  # letters of an error of a cell, with its blanks


def tidied(text: str, *, one_line: bool = False) -> str:
    """Take out invisible characters, make every kind of space and line end the plain one, trim; NFC."""
    plain = _LINES.sub("\n", _SPACES.sub(" ", _INVISIBLE.sub("", normalized("NFC", text))))
    return _WHITE.sub(" ", plain).strip() if one_line else plain.strip()


def flaw(text: str) -> Text | None:
    """Say why a text (as it came, not tidied yet) is not readable, and what to do; None if it is."""
    if (why := _left_by_machine(text)) is not None:
        return why
    if not text.isascii():
        if (why := _not_of_one_letter(text)) is not None:
            return why
        text = normalized("NFC", text)
        if (why := _of_other_encoding(text)) is not None:
            return why
    return _LOST if _letters_lost(text) else None


def _not_of_one_letter(text: str) -> Text | None:
    if "\ufffd" in text:
        return _REPLACED
    if (match := _PRIVATE.search(text)) is not None:
        return _OF_FONT.filled(found=f"U+{ord(match.group()):04X}")
    return _STACKED if has_too_many_marks(text) else None


def _of_other_encoding(text: str) -> Text | None:
    """Look for the traces of other encodings in a text that is NFC."""
    ways = ((_DECODED, _wrongly_decoded(text)), _in_old_font(text), (_GARBLED, _sign_within(text)))
    return next((why.filled(found=garbled) for why, garbled in ways if garbled), None)


# Private use, and code points that are no characters (The Unicode Standard, 23.5 and 23.7).
_PRIVATE = re.compile(r"[\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff\U000f0000-\U0010ffff]")
_SIGN_WITHIN = re.compile(r"[A-Za-zÀ-ỹ]{1,10}[‰†‡¢£¤¥¦§¨©ª«¬®¯±µ¶¸¹º»¼¾¿÷][A-Za-zÀ-ỹ]{1,10}")


def _sign_within(text: str) -> str | None:
    """Give a word with a sign between its letters, as no language writes it."""
    match = _SIGN_WITHIN.search(text)
    return match.group() if match else None


# TCVN 5712:1993 (VN3) by byte, as Latin-1 shows it.
_TCVN3_LETTERS = dict(
    zip(
        "¡¢£¤¥¦§¨©ª«¬\xad®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ",
        "ăâêôơưđăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
        strict=True,
    )
)
_TONES = "\u0301\u0300\u0309\u0303\u0323"  # acute, grave, hook, tilde, dot
# How VNI-Windows writes them after a letter: plain, after a circumflex (â ê ô), after a breve (ă).
_PLAIN, _ROUND, _SHORT = "ùøûõï", "áàåãä", "éèúüë"


def _vni_letters() -> Mapping[str, str]:
    letters = {"aâ": "â", "aê": "ă", "eâ": "ê", "oâ": "ô", "ô": "ơ", "ö": "ư", "ñ": "đ"}
    letters |= {"í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}
    bases = [(base, base, _PLAIN) for base in "aeouy"]
    bases += [("ô", "ơ", _PLAIN), ("ö", "ư", _PLAIN), ("a", "ă", _SHORT)]
    bases += [("a", "â", _ROUND), ("e", "ê", _ROUND), ("o", "ô", _ROUND)]
    for written, base, marks in bases:
        toned = zip(marks, _TONES, strict=True)
        letters |= {written + mark: unicodedata.normalize("NFC", base + tone) for mark, tone in toned}
    return letters


_VNI_LETTERS = _vni_letters()
_VNI_PART = re.compile("|".join(sorted(_VNI_LETTERS, key=len, reverse=True)))
_LATIN = re.compile(r"[A-Za-z\u00a1-\u00ff\u03bc]+(?![\u0100-\u1eff])")
_MIXED_CASE = re.compile(r"[a-z\u00df-\u00ff][\u00c0-\u00de]")


def _from_tcvn3(word: str) -> str:
    return "".join(_TCVN3_LETTERS.get(letter, letter) for letter in word.replace("\u03bc", "µ"))


def _from_vni(word: str) -> str:
    return _VNI_PART.sub(lambda part: _VNI_LETTERS[part.group()], word.lower())


def _is_plain_tcvn3(word: str) -> bool:
    return not word.isalpha() or _MIXED_CASE.search(word) is not None


def _is_plain_vni(word: str) -> bool:
    return len(_from_vni(word)) < len(word)


def _in_old_font(text: str) -> tuple[Text, str | None]:
    """Give the likelier of the two fonts, and a word that makes sense only in it if there is enough of that."""
    words = [word for word in _LATIN.findall(text) if _is_strange(word)]
    if not words:
        return _TCVN3, None
    of_tcvn3, of_vni = (
        _evidence(words, _from_tcvn3, _is_plain_tcvn3),
        _evidence(words, _from_vni, _is_plain_vni),
    )
    why, (points, example) = (_VNI, of_vni) if of_vni[0] > of_tcvn3[0] else (_TCVN3, of_tcvn3)
    return why, example if points >= ENOUGH else None


def _evidence(
    words: Iterable[str], convert: Callable[[str], str], is_plain: Callable[[str], bool]
) -> tuple[int, str | None]:
    """Weigh the words that make sense only when converted; a plain one is enough alone."""
    converted = [word for word in words if is_syllable(convert(word))]
    return sum(ENOUGH if is_plain(word) else 1 for word in converted), next(iter(converted), None)


def _is_strange(word: str) -> bool:
    """Tell whether a word with marks is no Vietnamese syllable; a single letter proves nothing."""
    return 1 < len(word) <= LONGEST_WORD * 2 and not word.isascii() and not is_syllable(word)


_RUN = re.compile(
    r"[\u0080-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122]{2,}"
)
_UPPER = frozenset("ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝ")
_PUNCTUATION = frozenset("“”‘’–—…•")


def _wrongly_decoded(text: str) -> str | None:
    """Give a run of letters whose bytes (Windows-1252) are a letter in UTF-8, or that has a Vietnamese one in it."""
    for run in _RUN.findall(text):
        if not _quoted(run) and (decoded := _again(run)) and any(map(str.isalpha, decoded)):
            return str(run)
        if part := _VIETNAMESE_IN_RUN.search(run):
            return part.group()
    return None


# U+1EA0 to U+1EF9 are E1 BA xx and E1 BB xx in UTF-8: what is lost beside them keeps the whole run from being decoded.
_VIETNAMESE_IN_RUN = re.compile(
    r"á[º»][\u00a1-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2020-\u2022\u2030\u2039-\u2122]"
)


def _quoted(run: str) -> bool:
    """Tell whether it is but a capital before a closing quote or a dash: “XÔ."""
    return run[0] in _UPPER and all(letter in _PUNCTUATION for letter in run[1:])


def _again(run: str) -> str | None:
    try:
        return b"".join(map(_byte, run)).decode()
    except (UnicodeEncodeError, UnicodeDecodeError):
        return None


def _byte(letter: str) -> bytes:
    return letter.encode("latin-1" if ord(letter) <= 0xFF else "cp1252")  # noqa: PLR2004  the last of Latin-1


_WORD = re.compile(r"(?:[^\W\d_]|\?)+")
LONGEST_WORD = 10  # letters of a syllable, with room
_CONSONANTS = re.compile(r"\A[b-df-hj-np-tv-xzđ]+\?", re.IGNORECASE)


def _letters_lost(text: str) -> bool:
    if "?" not in text and "□" not in text:
        return False
    pieces = (
        piece.replace("□", "?")
        for piece in text.split()
        if ("?" in piece or "□" in piece) and not any(mark in piece for mark in _OF_ADDRESS)
    )
    words = (word for piece in pieces for word in _WORD.findall(piece))
    return any(points >= ENOUGH for points in accumulate(map(_lost_points, words)))


def _lost_points(word: str) -> int:
    """Weigh a word with question marks: one inside or before it counts most, one after consonants alone a little."""
    if not word.strip("?") or len(word) > LONGEST_WORD + word.count("?"):
        return 0
    if word.count("?") == 1 and "?" in word.strip("?") and is_syllable(word.replace("?", "")):
        return ENOUGH  # a tone mark lost behind its vowel: "quyê?t"
    if len(word) > LONGEST_WORD or not could_be_syllable(word):
        return 0
    if not word.endswith("?") or "?" in word.rstrip("?"):
        return ENOUGH
    return 1 if _CONSONANTS.fullmatch(word) else 0


MESSAGE = "control characters are not allowed"
DEEPEST = 20  # lists and objects within one another
LONGEST_TEXT = 10_000  # letters of one text
LONGEST_NAME = 200  # letters of the name of a field
MOST_FIELDS = 200  # of one object
MOST_VALUES = 5_000  # of a whole JSON value, those of objects and lists within it counted
TOO_DEEP = Text(
    "có quá nhiều tầng lồng nhau; hãy gửi đúng mẫu tại /docs",
    "is nested too deeply; send it as /docs describes",
)
TOO_LONG = Text("quá dài; hãy rút gọn", "is too long; shorten it")
TOO_MANY = Text(
    "có quá nhiều giá trị; hãy chia thành nhiều lần gửi",
    "has too many values; send them in several requests",
)
ONE_LINE = frozenset({"title", "name", "unit_name"})  # of these a line break is no part
# Unicode's categories Cc and Cs, less the line breaks and the tab; on the path of every row and body.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


def is_printable(text: str) -> bool:
    return _UNPRINTABLE.search(text) is None


def refuse_unprintable(value: Any) -> None:
    """Raise `ValueError` if a text anywhere in a JSON value holds a control character or half a surrogate.

    PostgreSQL can store no NUL, and an event that can't be projected would stop every reader of the log.
    """
    match value:
        case str():
            if not is_printable(value):
                raise ValueError(MESSAGE)
        case Mapping():
            for item in value.values():
                refuse_unprintable(item)
        case list() | tuple():
            for item in value:
                refuse_unprintable(item)


def unreadable(text: str) -> Text | None:
    """Say what keeps a text from being taken, in words that follow the name of its field; None if nothing does."""
    if (why := flaw(text)) is not None:
        return why
    if (match := _UNPRINTABLE.search(text)) is None:
        return None
    code = f"U+{ord(match.group()):04X}"
    return Text(
        f"có ký tự điều khiển ({code}); hãy xóa ký tự đó hoặc gõ lại ô này",
        f"has a control character ({code}) in it; delete it or type the cell again",
    )


def readable(value: Any, *, longest: int = LONGEST_TEXT) -> Any:
    """Give a JSON value with its texts tidied; raises `PydanticCustomError` for one that is not readable.

    Depth, number of values and `longest` (letters of a text) are looked at before any text is: all work is bounded.
    """
    return _Reading(longest).read(value, "", 0)


@dataclass(slots=True)
class _Reading:
    longest: int
    left: int = MOST_VALUES

    def read(self, value: Any, field: str, depth: int) -> Any:
        self._count(value, field, depth)
        match value:
            case str():
                return self._text(value, field)
            case Mapping():
                return {self._name(name): self.read(item, name, depth + 1) for name, item in value.items()}
            case list() | tuple():
                return [self.read(item, field, depth + 1) for item in value]
        return value

    def _count(self, value: Any, field: str, depth: int) -> None:
        self.left -= 1
        if depth > DEEPEST:
            raise refusal(field, TOO_DEEP)
        if self.left < 0 or (isinstance(value, Mapping) and len(value) > MOST_FIELDS):
            raise refusal(field, TOO_MANY)

    def _name(self, name: Any) -> Any:
        if isinstance(name, str) and len(name) > LONGEST_NAME:
            raise refusal(name[:LONGEST_NAME], TOO_LONG)
        return name

    def _text(self, value: str, field: str) -> str:
        if len(value) > self.longest:
            raise refusal(field, TOO_LONG)
        if (why := unreadable(value)) is not None:
            raise refusal(field, why)
        return tidied(value, one_line=field in ONE_LINE)


def refusal(field: str, why: Text) -> PydanticCustomError:
    """Make an error of validation that bears both languages; `field` may be empty."""
    return PydanticCustomError("text", "{en}", {"column": field, "vi": why.vi, "en": why.en})


def _formula_error(text: str) -> Text | None:
    match = _ERRORS.fullmatch(text.strip()) if text[:1] in " #E" and len(text) < _LONGEST_ERROR else None
    return None if match is None else _FORMULA_ERROR.filled(found=match[1])


def _encoded(text: str) -> Text | None:
    """Name the first code of a machine in a text, addresses left out, and the letters that it stands for."""
    if not _HAS_CODE.search(text):
        return None
    for piece in text.split():
        if any(mark in piece for mark in _OF_ADDRESS) and "=?" not in piece:
            continue
        for match in _CODES.finditer(piece):
            if (letters := _decoded(match.group())) is not None:
                return _ENCODED.filled(found=match.group()[:_MEANT], meant=letters[:_MEANT])
    return None


def _decoded(code: str) -> str | None:
    """Give the letters of a code; None if it is none: "&x;", "%20%20"."""
    if code.startswith("&"):
        letters = html.unescape(code)
    elif code.startswith("%"):
        letters = unquote(code, errors="replace")
        return (
            letters if letters.isprintable() and not letters.isascii() and "\ufffd" not in letters else None
        )
    elif code.startswith("\\u"):
        letters = chr(int(code.removeprefix("\\u"), base=16))
    else:
        try:
            letters = str(make_header(decode_header(code)))
        except (ValueError, LookupError, HeaderParseError):
            return None
    return letters if letters != code and (letters.isprintable() or letters.isspace()) else None


def _left_by_machine(text: str) -> Text | None:
    """Say what a machine left in a text; None if nothing."""
    return _formula_error(text) or _encoded(text)


def repeated_names(text: str | bytes) -> tuple[str, ...]:
    """Give the names that any object of a JSON text has more than once, in their order; none if it is no JSON.

    Readers take the last of them without a word (RFC 8259, 4).
    """
    repeated: dict[str, None] = {}

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            counts = Counter(name for name, _ in pairs)
            repeated.update(dict.fromkeys(name for name, count in counts.items() if count > 1))
        return value

    try:
        json.loads(text, object_pairs_hook=note)
    except (ValueError, RecursionError):  # who reads the text refuses it
        return ()
    return tuple(repeated)

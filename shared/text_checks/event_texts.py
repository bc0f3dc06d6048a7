"""What no text of an event may hold: personal data, and addresses that a browser would run.

Sources: numbering plan of Circular 22/2014/TT-BTTTT (mobile 03x 05x 07x 08x 09x, fixed 02x), citizen numbers of
Decree 137/2015/ND-CP art. 13 (12 digits: province, century and gender, year of birth, 6 digits), identity cards of
9 digits before that, tax numbers of persons (10 digits beginning with 8; Circular 105/2020/TT-BTC).
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator

from shared.kernel.errors import Text
from shared.text_checks.printable import refusal

LONGEST_ADDRESS = 2000  # letters
NO_ADDRESS = Text(
    "không phải là địa chỉ web đầy đủ; hãy sao chép cả địa chỉ, bắt đầu bằng https://",
    "is no complete address of the web; copy all of it, it begins with https://",
)
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{0,40}:")
_IGNORED = re.compile(
    r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\ufeff]"
)  # by browsers, before a scheme or within it
FIELDS = frozenset({"url", "explanation_url"})


def is_web_address(text: str) -> bool:
    with suppress(ValueError):
        parts = urlsplit(text)
        return (
            len(text) <= LONGEST_ADDRESS
            and parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and _IGNORED.search(text) is None
        )
    return False


def is_other_address(text: str) -> bool:
    """Tell whether a text begins as an address of another kind (`javascript:`, `data:`, `//host`), hidden letters passed over."""
    begun = _IGNORED.sub("", text[:LONGEST_ADDRESS])
    if begun.startswith(("//", "\\")):
        return True
    scheme = _SCHEME.match(begun)
    if scheme is None or (_SCHEME.match(text.strip()) is None and " " in text[: scheme.end()].strip()):
        return False  # "seen in a copy; original: …" is a note
    return not is_web_address(text.strip())


def _web_address(text: str) -> str:
    if not is_web_address(text):
        raise refusal("", NO_ADDRESS)
    return text


def _address_or_note(text: str) -> str:
    if is_other_address(text):
        raise refusal("", NO_ADDRESS)
    return text


WebAddress = Annotated[str, AfterValidator(_web_address)]
"""A field of a request that holds an address."""
AddressOrNote = Annotated[str, AfterValidator(_address_or_note)]
"""A cell that holds an address, or says in words why there is none."""


def other_address_in(fields: Mapping[str, Any]) -> str | None:
    """Give the first field of an event that holds an address of another kind than http and https."""
    return next((name for name, text in _addresses(fields) if is_other_address(text)), None)


def _addresses(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield from _addresses(value)
        elif isinstance(value, str) and (name in FIELDS or name.endswith("_url")):
            yield name, value


EMAIL = Text("địa chỉ thư điện tử", "an e-mail address")
PHONE = Text("số điện thoại", "a telephone number")
IDENTITY = Text("số căn cước hoặc chứng minh nhân dân", "a citizen identity number")
TAX = Text("mã số thuế cá nhân", "a personal tax number")
ACCOUNT = Text("số tài khoản ngân hàng", "a bank account number")
DOCUMENT = Text("số hộ chiếu hoặc số thẻ bảo hiểm", "a passport or insurance number")


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What was found, and the part of the text that it is."""

    kind: Text
    part: str


_ABOUT = 40  # characters before a number in which a word says what it is
# Neither inside a longer number, word or code (HS-0912345678, 0912345678/GP) nor a decimal.
_BEFORE = r"(?<![\w@])(?<!\w[-/_.])(?<!\d,)"
_UNIT = r"(?!\s?(?:đồng|triệu|tỷ|tỉ|nghìn|VN[DĐ]|người|lượt))"  # after a quantity
_AFTER = rf"(?![\w@])(?![-/_.]\w*[A-ZĐ]{{2}})(?![.,]\d)(?!-\d){_UNIT}"
_MOBILE = r"(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-46-9])"
_GAP = r"[ .\-\u00a0]"
_AT, _DOT = (
    r"(?:\s?@\s?|\s?(?:\(at\)|\[at\]|\(a còng\))\s?)",
    r"(?:\.|\s?(?:\(dot\)|\[dot\]|\[\.\]|\(\.\))\s?)",
)
# Every part is bounded (RFC 5321: 64 before the "@", 63 in a label): a text of 10,000 letters takes no time.
_ADDRESS = re.compile(
    rf"(?:(?<![\w.+%'-])[\w.+%'-]{{1,64}}|(?<=[\w.+%'-]{{64}})){_AT}[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{0,6}}{_DOT}[^\W\d_]{{2,63}}",
    re.IGNORECASE,
)
# At the large providers of mailboxes, in whatever words or signs the "@" and the dot are written.
_SPELT = re.compile(
    r"[\w.+%-]{2,64}\s{0,2}(?:@|#|\bat\b|\(at\)|\[at\]|\(?\ba[ _]còng\b\)?|\ba_?cong\b)\s{0,2}"
    r"(?:gmail|yahoo|hotmail|outlook|icloud|zoho|ymail|live|proton(?:mail)?)"
    r"\s{0,2}(?:\.|,|\bdot\b|\[dot\]|\(dot\)|\[\.\]|\bchấm\b)\s{0,2}(?:com|vn|net|me)\b",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:https?://|www\.)\S+|(?<![\w.-])(?:[\w-]{1,63}\.){1,8}[\w-]{1,63}/\S*", re.IGNORECASE)
_PHONES = tuple(
    re.compile(pattern)
    for pattern in (
        # 10 digits, whole or in the groups in which people write them
        rf"{_BEFORE}\(?0{_MOBILE}\d{{7}}{_AFTER}",
        rf"{_BEFORE}\(?0{_MOBILE}\d\)?{_GAP}\d{{3}}{_GAP}?\d{{3}}{_AFTER}",
        rf"{_BEFORE}\(?0{_MOBILE}\)?{_GAP}\d{{3}}{_GAP}?\d{{4}}{_AFTER}",
        rf"{_BEFORE}\(?0{_MOBILE}\)?{_GAP}\d{{4}}{_GAP}?\d{{3}}{_AFTER}",
        rf"{_BEFORE}0{_MOBILE}\d({_GAP})\d\d\1\d\d\1\d\d{_AFTER}",
        rf"{_BEFORE}0{_MOBILE}\d{{2}}{_GAP}\d{{5}}{_AFTER}",
        rf"{_BEFORE}0\d({_GAP})\d\d\1\d\d\1\d\d\1\d\d{_AFTER}",
        # before 2018 and 2017: 11 digits, and two-digit codes of the two largest cities
        rf"{_BEFORE}0(?:12\d|16[2-9]|18[68]|199)(?:\d{{7}}|{_GAP}\d{{3}}{_GAP}?\d{{4}}|\d{_GAP}\d{{3}}{_GAP}?\d{{3}}){_AFTER}",
        rf"{_BEFORE}(?:\(0[48]\){_GAP}?|0[48][. ])\d{{4}}(?:{_GAP}(?=\d{{4}}(?!\d)))?\d{{4}}{_AFTER}",
        # with the code of the country
        rf"(?<![\w+])(?:\(?\+{_GAP}?84\)?|\(84\)|0084){_GAP}?\(?0?\)?{_GAP}?{_MOBILE}(?:{_GAP}?\d){{7}}{_AFTER}",
        rf"{_BEFORE}84{_GAP}?{_MOBILE}\d{{7}}{_AFTER}",
        # fixed lines: 02x, or 02xx, and 8 or 7 digits
        rf"(?<![\w@])(?<!\w[-/_])\(?02\d{{9}}{_AFTER}",
        rf"(?<![\w@])(?<!\w[-/_])\(?02[48]\)?{_GAP}{{1,2}}\d(?:{_GAP}?\d){{7}}{_AFTER}",
        rf"(?<![\w@])(?<!\w[-/_])\(?02[48]\)\d(?:{_GAP}?\d){{7}}{_AFTER}",
        rf"(?<![\w@])(?<!\w[-/_])\(?02\d\d\)?{_GAP}{{1,2}}\d(?:{_GAP}?\d){{6}}{_AFTER}",
        rf"(?<![\w@])(?<!\w[-/_])\(?02\d\d\)\d(?:{_GAP}?\d){{6}}{_AFTER}",
        rf"(?<![\w+])(?:\(?\+{_GAP}?84\)?|\(84\)|0084){_GAP}?\(?0?\)?{_GAP}?2\d(?:\)?{_GAP}?\d){{8}}{_AFTER}",
        rf"\((?:\+?84)[-. ]2\d\d?\){_GAP}?\d(?:{_GAP}?\d){{6,7}}{_AFTER}",
    )
)
_CITIZEN = re.compile(
    rf"{_BEFORE}0(?:0[1-9]|[1-8]\d|9[0-6])(?:{_GAP}?[0-3]\d{{2}}{_GAP}?\d{{3}}{_GAP}?\d{{3}}|[0-3]{_GAP}\d{{4}}{_GAP}\d{{4}}){_AFTER}"
)
_NAMED = (  # a number of which the words before it, or the heading of its column, say what it is
    (
        PHONE,
        re.compile(
            r"(?:\b(?:điện thoại|dien thoai|số máy|di động|zalo|viber|whatsapp|phone|mobile|hotline)\b\D{0,20}"
            r"|\b(?:sđt|sdt|sốđt|đt|đtdđ|đtcq|tel|fax)\b[\s:.()–-]{0,4})$",
            re.IGNORECASE,
        ),
        (8, 12),
    ),
    (
        IDENTITY,
        re.compile(
            r"\b(?:cccd|cmnd|cmt|cmtnd|cmtdd|căn cước|can cuoc|chứng minh|chung minh|định danh|id card|identity)\b\D{0,40}$",
            re.IGNORECASE,
        ),
        (9, 12),
    ),
    (
        TAX,
        re.compile(r"\b(?:mst|mã số thuế|ma so thue|tax (?:code|number|id))\b\D{0,40}$", re.IGNORECASE),
        (10, 10),
    ),
)
_NUMBER = re.compile(rf"(?<![\w/])\d(?:{_GAP}?\d){{7,11}}(?![\w/])(?![.,]\d){_UNIT}")
# Numbers of people in addresses, whose other numbers are ids of pages.
_IN_URL = (
    (
        PHONE,
        re.compile(
            r"(?:\bzalo\.me/|\bwa\.me/|[?&#](?:sdt|sđt|phone|mobile|tel|dien_?thoai|so_?dien_?thoai)=)(\+?\d{9,12})(?!\d)",
            re.IGNORECASE,
        ),
    ),
    (
        IDENTITY,
        re.compile(
            r"[?&#](?:cccd|cmnd|so_?cccd|can_?cuoc|identity|id_?card)=(\d{9}|\d{12})(?!\d)", re.IGNORECASE
        ),
    ),
)
_DESCRIBED = (
    (
        ACCOUNT,
        re.compile(
            r"(?:\bSTK\b|\bsố (?:tài khoản|TK)\b|\btài khoản (?:ngân hàng|cá nhân|số)\b|\bso tai khoan\b|\baccount (?:number|no)\b)"
            rf"[^\d\n]{{0,40}}(\d(?:[ .-]?\d){{7,18}})(?![\d/])(?!.{{0,40}}(?:kho bạc|KBNN)){_UNIT}",
            re.IGNORECASE,
        ),
    ),
    (DOCUMENT, re.compile(r"\b(?:hộ chiếu|ho chieu|passport)\b[^\d\n]{0,20}\b([A-Z]\d{7})\b", re.IGNORECASE)),
    (
        DOCUMENT,
        re.compile(
            rf"\b(?:BHXH|BHYT|bảo hiểm (?:xã hội|y tế))\b[^\d\n]{{0,20}}?\b((?:[A-Z]{{2}}\d)?\d{{10}}|[A-Z]{{2}}\d{{13}})(?![\w/]){_UNIT}",
            re.IGNORECASE,
        ),
    ),
)
_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}")
_BARE_TAX = re.compile(r"8\d{6}(?!000)\d{3}(?:-\d{3})?")
_OF_OFFICE = re.compile(r"1[89]00")  # service numbers of organisations
# What every personal datum has: one of these words, or so many digits.
_WORDS = ("@", "mail", "(at", "[at", "yahoo", "outlook", "icloud", "live", "proton", "zoho", "a còng")
_DIGIT = re.compile(r"\d")
_LETTER_AND_DIGITS = 7  # digits of a passport, behind a letter
_DIGITS = re.compile(rf"[A-Za-z]\d{{7}}|\d(?:[()+]|{_GAP}){{0,3}}(?:\d(?:[()]|{_GAP}){{0,2}}){{7}}")
# Ids and days as programs write them (RFC 9562, RFC 3339): most of the keys in events, and no number of a person.
_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_ISO_DAY = re.compile(
    rf"(?<![\w-])(?<!\d{_GAP})(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?![\w-])(?!{_GAP}\d)"
)


def find(text: str, heading: str = "") -> PersonalData | None:
    """Give the first personal datum of a text; `heading` (of its column) may say what a bare number is."""
    text = _plain(text)
    if not _is_suspicious(text):
        return None
    text = _ISO_DAY.sub("·", _ID.sub("·", text))
    if not _is_suspicious(text):
        return None
    if address := _ADDRESS.search(text) or _SPELT.search(text):
        return PersonalData(EMAIL, address.group().strip())
    for kind, pattern in _IN_URL:
        if match := pattern.search(text):
            return PersonalData(kind, match[1])
    return _number(_URL.sub(" ", text), heading)


def _is_suspicious(text: str) -> bool:
    """Say whether the patterns may find anything: a tenth of what they take, and every text of every event is asked."""
    folded = text.casefold()
    if not text.isascii():
        folded = folded.replace("\u0307", "").replace("ı", "i")  # both are an i to patterns that ignore case
    if any(word in folded for word in _WORDS):
        return True
    return len(_DIGIT.findall(text)) >= _LETTER_AND_DIGITS and _DIGITS.search(text) is not None


_WIDE = str.maketrans("０１２３４５６７８９＠．＋－", "0123456789@.+-")
_ANY_WIDE = re.compile(f"[{''.join(map(chr, _WIDE))}]")


def _plain(text: str) -> str:
    """Write signs of East Asian keyboards, and an "@" or "+" as addresses of pages encode them, as the usual ones."""
    if "%" in text:
        text = text.replace("%40", "@").replace("%2B", "+").replace("%2b", "+")
    return text if text.isascii() or not _ANY_WIDE.search(text) else text.translate(_WIDE)


def _number(text: str, heading: str) -> PersonalData | None:
    if named := _named(text, heading):
        return named
    for pattern in _PHONES:
        if phone := pattern.search(text):
            return PersonalData(PHONE, phone.group().strip())
    described = f"{heading[:_ABOUT]}: {text}"
    for kind, pattern in _DESCRIBED:
        if match := pattern.search(described):
            return PersonalData(kind, match[1])
    if citizen := _CITIZEN.search(text):
        return PersonalData(IDENTITY, citizen.group().strip())
    return PersonalData(TAX, text.strip()) if _BARE_TAX.fullmatch(text.strip()) else None


def _named(text: str, heading: str) -> PersonalData | None:
    for number in _NUMBER.finditer(text):
        if _DATE.fullmatch(number.group()):
            continue
        digits = re.sub(r"\D", "", number.group())
        before = f"{heading[:_ABOUT]}: {text[max(0, number.start() - _ABOUT) : number.start()]}"
        for kind, words, (least, most) in _NAMED:
            if least <= len(digits) <= most and words.search(before) and _is_of_person(kind, digits):
                return PersonalData(kind, number.group())
    return None


def _is_of_person(kind: Text, digits: str) -> bool:
    if kind is TAX:
        return digits.startswith("8")
    if kind is IDENTITY:
        return len(digits) in {9, 12}
    return not _OF_OFFICE.match(digits)


def masked(text: str) -> str:
    """Give a text without its personal data, for one that was stored before they were refused."""
    while (match := find(text)) is not None and match.part in text:
        text = text.replace(match.part, "…")
    return text


def find_in(fields: Mapping[str, Any]) -> tuple[str, PersonalData] | None:
    """Give the first field of a nested JSON object that holds personal data, and what it holds."""
    return next(((name, match) for name, text in _texts(fields) if (match := find(text, name))), None)


def _texts(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        yield from _of(name, value)


_OF_MAIL = frozenset(
    {"message_id"}
)  # our own Message-ID (RFC 5322): what stands before its "@" is no mailbox


def _of(name: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case str() if name in _OF_MAIL:
            pass
        case str():
            yield name, value
        case dict():
            yield from ((name, str(key)) for key in value)
            yield from _texts(value)
        case list() | tuple() | frozenset():
            for item in value:
                yield from _of(name, item)

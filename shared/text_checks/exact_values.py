"""Values of cells: numbers, codes and dates exactly as they were written."""

import calendar
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.kernel.counted import counted
from shared.kernel.errors import Text
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.text_folding import normalized

LONGEST = 100  # letters of a cell that can be a date or a number
_DAY, _MONTH, _YEAR = r"(?P<day>\d{1,2})", r"(?P<month>\d{1,2})", r"(?P<year>(?:19|20)\d{2})"
_NAMES = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_NAMED = rf"(?P<named>{_NAMES})[a-z]{{0,9}}\.?"
_SHORT_YEAR = r"(?P<short>\d{2})"
_BETWEEN = r" ?[-/. ] ?"
# Matched with texts whose white space is one space each (`_plain`).
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?:ngay )?{_DAY} thang {_MONTH} nam {_YEAR}",
        rf"(?:ngay ){_DAY} ?[-/.] ?{_MONTH} ?[-/.] ?{_YEAR}",
        rf"(?:ngay )?{_DAY}[-/.]{_MONTH}[-/.]{_SHORT_YEAR}",
        rf"(?:thang|thg|t)\.? ?{_MONTH}(?: ?[-/.] ?| nam | ){_YEAR}",
        rf"{_MONTH} ?[-/.] ?{_YEAR}",
        rf"{_YEAR} ?[-/.] ?{_MONTH}",
        rf"nam {_YEAR}",
        rf"{_DAY}{_BETWEEN}{_NAMED}{_BETWEEN}{_YEAR}",
        rf"{_DAY}{_BETWEEN}{_NAMED}{_BETWEEN}{_SHORT_YEAR}",
        rf"{_NAMED}{_BETWEEN}{_DAY},?{_BETWEEN}{_YEAR}",
        rf"{_NAMED} {_DAY}, {_YEAR}",
        rf"{_NAMED}{_BETWEEN}{_YEAR}",
        rf"{_NAMED}-{_SHORT_YEAR}",
    )
)


@dataclass(frozen=True, slots=True)
class Meant:
    """What was probably meant; `month` and `day` are 0 where only the year or the month was written."""

    year: int
    month: int = 0
    day: int = 0

    def __str__(self) -> str:
        parts = [f"{self.year:04}", *(f"{part:02}" for part in (self.month, self.day) if part)]
        return "-".join(parts)


def meant(text: str) -> Meant | None:
    """Read a date in one of the forms that officials use; None for anything else. The calendar is not asked."""
    plain = _BEFORE_DAY.sub("", _plain(text[: LONGEST + 1]))
    if len(plain) > LONGEST:
        return None
    match = next((match for form in _FORMS if (match := form.fullmatch(plain))), None)
    return _of(match.groupdict()) if match else None


def _of(parts: Mapping[str, str | None]) -> Meant:
    number = {name: int(text) for name, text in parts.items() if text and text.isdecimal()}
    name = (parts.get("named") or "")[:3]
    month = _NAMES.split("|").index(name) + 1 if name else number.get("month", 0)
    return Meant(number.get("year") or 2000 + number.get("short", 0), month, number.get("day", 0))


def _plain(text: str) -> str:
    letters = normalized("NFD", text.strip().lower().replace("đ", "d"))
    return re.sub(r"\s+", " ", "".join(letter for letter in letters if not unicodedata.combining(letter)))


# What stands before a day and says nothing else of it: the day of the week, the hour, "mồng".
_BEFORE_DAY = re.compile(
    r"^(?:(?:thu (?:hai|ba|tu|nam|sau|bay|[2-7])|chu nhat|cn)[,:]? )?(?:\d{1,2}[:hg]\d{0,2} ?,? ?(?=ngay ))?"
    r"(?:(?:ngay )?(?:mong|mung) (?=\d))?"
)
_DASHES = str.maketrans("‐‑‒–—−", "------")
_SPAN = re.compile(
    rf"(?:tu )?(?:ngay )?(?P<day>\d{{1,2}})(?P<begun>[-/.]\d{{1,2}})?(?:[-/.](?:19|20)\d{{2}})? ?(?:-|den|va|,|;|&) ?(?:ngay )?"
    rf"\d{{1,2}}[-/.]{_MONTH}[-/.]{_YEAR}"
)
_PART = re.compile(
    r"(?:quy|q) ?(?:[1-4]|iv|i{1,3})(?: ?[-/.] ?| nam | )(?P<year>(?:19|20)\d{2})"
    r"|(?:dau|giua|cuoi) (?:nam |quy \S{1,3}[-/ ]{1,3})(?P<year_of_part>(?:19|20)\d{2})"
    r"|(?:6|sau|9|chin) thang (?:dau|cuoi)(?: nam)? (?P<year_of_half>(?:19|20)\d{2})"
)
_OF_MONTH = re.compile(rf"(?:dau|giua|cuoi|trong|khoang) (?:thang|thg) {_MONTH}(?: ?[-/.] ?| nam ){_YEAR}")
_UNCERTAIN = ("khoang ", "truoc ", "sau ", "du kien", "chua co", "den ")
EXCEL_BEGIN = date(1899, 12, 30)
SERIALS = (1, 100_000)  # of the days up to 2173
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_LOOSE_ISO = re.compile(
    r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?:[Tt ]\s*(?P<time>.*))?"
)
_VIETNAMESE = re.compile(
    r"(?P<day>\d{1,2})[-/.](?P<month>\d{1,2})[-/.](?P<year>\d{4})(?:[Tt ]\s*(?P<time>.*))?"
)
_COMPACT = re.compile(r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})(?:[Tt]?(?P<time>\d{2}.*))?")
_WEEK = re.compile(r"[0-9]{4}-?W[0-9]{2}-?[0-9]")
_LOCAL_TIME = re.compile(
    r"(?:[01]?\d|2[0-3])[:hg.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?\s*(?:am|pm|sa|ch)?", re.IGNORECASE
)
_SHORT_ISO = re.compile(r"\d{4}(?:-\d{2})?")
_SERIAL = re.compile(r"(\d{4,6})(?:\.\d+)?")
NO_DAY = Text(
    "không phải là ngày hợp lệ; ngày ghi dạng 2024-02-15 (năm-tháng-ngày), chỉ biết tháng thì ghi 2024-02, "
    "chỉ biết năm thì ghi 2024",
    "is no day; a day is written as 2024-02-15 (year-month-day), a month alone as 2024-02, a year as 2024",
)


def not_a_day(value: str, otherwise: Text = NO_DAY) -> Text | None:  # noqa: PLR0911  a case for each form
    """Say what is wrong with a text that should be a day, and how it is written; nothing if it is one."""
    if len(value) > LONGEST:
        return otherwise
    plain = _plain(value)
    if (part := _part_of_time(plain)) is not None:
        return part
    given, value = value, value.translate(_DASHES).strip("' ")
    if match := _ISO.fullmatch(value):
        year, month, day = (int(part) for part in match.groups())
        return _in_calendar(year, month, day) or (None if given == value else _write(date(year, month, day)))
    if (bare := _BEFORE_DAY.sub("", plain)) != plain:
        value = bare
    for form in (_LOOSE_ISO, _VIETNAMESE, _COMPACT):
        if match := form.fullmatch(value):
            year, month, day = (int(match[name]) for name in ("year", "month", "day"))
            return _written_otherwise(year, month, day, (match["time"] or "").strip(), otherwise)
    if (written := meant(value)) is not None:
        return _meant(written)
    if _WEEK.fullmatch(value):
        return _of_week(value, otherwise)
    if (match := _SERIAL.fullmatch(value)) and SERIALS[0] <= int(match[1]) <= SERIALS[1]:
        return _serial(int(match[1]))
    return otherwise


def _part_of_time(plain: str) -> Text | None:
    """Say what is written where a text names several days, a part of a year or month, or a day that is not certain."""
    if (match := _SPAN.fullmatch(plain)) is not None:
        begun = (match["begun"] or "")[1:] or match["month"]
        first = Meant(int(match["year"]), int(begun), int(match["day"]))
        return Text(
            f"là nhiều ngày, cột này cần một ngày; nếu đó là một hoạt động, hãy ghi ngày đầu {first}, nếu là nhiều hoạt động, "
            "hãy ghi mỗi hoạt động một dòng",
            f"names several days, this column needs one; for a single event write its first day {first}, for several a row each",
        )
    if (match := _OF_MONTH.fullmatch(plain)) is not None:
        month = Meant(int(match["year"]), int(match["month"]))
        return Text(
            f"không cho biết ngày nào trong tháng; hãy xem văn bản gốc, chỉ biết tháng thì ghi {month}",
            f"does not say which day of the month; look at the document, and if only the month is known write {month}",
        )
    if (match := _PART.fullmatch(plain)) is not None:
        year = match["year"] or match["year_of_part"] or match["year_of_half"]
        return Text(
            f"là một quý hoặc một phần của năm; ở đây chỉ ghi được ngày, tháng hoặc năm: hãy xem văn bản gốc để ghi tháng (ví dụ "
            f"{year}-03), chỉ biết năm thì ghi {year}",
            f"is a quarter or a part of a year; only a day, a month or a year can be written here: look at the document for the "
            f"month (such as {year}-03), and if only the year is known write {year}",
        )
    if (plain.startswith(_UNCERTAIN) or "du kien" in plain) and any(map(str.isdigit, plain)):
        return Text(
            "không phải là một ngày chắc chắn; hãy ghi ngày thực tế dạng 2024-02-15 (năm-tháng-ngày), lời giải thích ghi ở cột khác",
            "is no certain day; write the day on which it took place as 2024-02-15 (year-month-day), and explanations in another column",
        )
    return None


def _meant(meaning: Meant) -> Text:
    if meaning.day:
        return _written_otherwise(meaning.year, meaning.month, meaning.day, "", NO_DAY)
    if (wrong := _in_calendar(meaning.year, meaning.month or 1, 1)) is not None:
        return wrong
    return Text(
        f"phải ghi dạng năm-tháng-ngày; chỉ biết {'tháng' if meaning.month else 'năm'} thì hãy ghi {meaning}",
        f"must be written year-month-day; if only the {'month' if meaning.month else 'year'} is known, write {meaning}",
    )


def needs_a_day(value: str) -> Text | None:
    """Say that a month or a year is not enough, for a column that takes days alone; None if it is neither."""
    meaning = meant(value) or (Meant(*map(int, value.split("-"))) if _SHORT_ISO.fullmatch(value) else None)
    if meaning is None or meaning.day:
        return None
    return Text(
        f"cột này cần đủ năm, tháng, ngày (ví dụ 2024-02-15), không chỉ {meaning}; hãy xem ngày trong văn bản gốc",
        f"this column needs year, month and day (such as 2024-02-15), not only {meaning}; look for the day in the document",
    )


def not_a_number(value: str, *, whole: bool) -> Text:
    """Say how a number is written, with the exact one where it is clear which was meant."""
    text = re.sub(r"\s+|%$", "", value[:LONGEST])
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
    if not (year >= 1 and 1 <= month <= MONTHS):
        return Text(
            f"không phải là ngày hợp lệ: không có tháng {month:02}/{year:04}; ngày ghi dạng 2024-02-15 (năm-tháng-ngày)",
            f"is no day: there is no month {year:04}-{month:02}; a day is written as 2024-02-15 (year-month-day)",
        )
    last = calendar.monthrange(year, month)[1]
    if 1 <= day <= last:
        return None
    return Text(
        f"không phải là ngày hợp lệ: tháng {month:02}/{year} chỉ có {last} ngày; hãy xem lại văn bản gốc",
        f"is no day: {year:04}-{month:02} has {counted(last, 'day')}; look at the document again",
    )


def _written_otherwise(year: int, month: int, day: int, time: str, otherwise: Text) -> Text:
    wrong = _in_calendar(year, month, day)
    if wrong is not None:
        return _american(year, month, day) or wrong
    right = _local_day(date(year, month, day), time)
    if right is None:
        return otherwise
    return _write(right) if right.year < BUDDHIST else _far(right)


BUDDHIST = 2300  # calendars of other countries count such years; ours has none that is meant


def _far(day: date) -> Text:
    return Text(
        f"không phải là ngày hợp lệ: năm {day.year} quá xa; hãy xem lại năm đã ghi",
        f"is no day: the year {day.year} is too far away; look at the year again",
    )


def _american(year: int, month: int, day: int) -> Text | None:
    """Advise on a date whose "month" is after the 12th and whose "day" can be one: month/day/year."""
    if month <= MONTHS or not 1 <= day <= MONTHS or _in_calendar(year, day, month) is not None:
        return None
    right = date(year, day, month)
    return Text(
        f"không có tháng {month}/{year}; nếu đã ghi theo thứ tự tháng/ngày/năm (kiểu Mỹ), hãy ghi {right}, nếu không, hãy xem lại văn bản gốc",
        f"there is no month {year:04}-{month:02}; if it stands as month/day/year, write {right}, if not, look at the document again",
    )


MONTHS = 12


def _write(right: date) -> Text:
    return Text(
        f"không phải là ngày hợp lệ: phải ghi dạng năm-tháng-ngày; hãy ghi {right}",
        f"must be written year-month-day: write {right}",
    )


def _local_day(day: date, time: str) -> date | None:
    """Give the day in Vietnam of a day with a time; None if the time can't be read: its offset may change the day."""
    if not time or _LOCAL_TIME.fullmatch(time):
        return day
    exact = re.sub(r"\s+|\[.*\]$", "", time.upper()).replace("UTC", "Z").replace("GMT", "Z")
    exact = re.sub(r"([+-])(\d)(?=:|$)", r"\g<1>0\2", re.sub(r"Z(?=[+-])", "", exact))
    try:
        moment = datetime.fromisoformat(f"{day}T{exact}")
        return day_in_vietnam(moment) if moment.tzinfo else moment.date()
    except (ValueError, OverflowError):
        return None


def _of_week(value: str, otherwise: Text) -> Text:
    try:
        return _write(date.fromisoformat(value))
    except ValueError:
        return otherwise


def _serial(number: int) -> Text:
    day = EXCEL_BEGIN + timedelta(days=number)
    return Text(
        f"là số thứ tự ngày của Excel ({day:%d/%m/%Y}), không phải là ngày hợp lệ; nếu đúng ngày đó, hãy ghi {day}",
        f"is a day's serial number of Excel ({day}), no day; write {day} if that is meant",
    )

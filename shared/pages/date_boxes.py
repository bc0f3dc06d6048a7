"""A day in three boxes: day, month and year. Without a day it is known to the month, without day and month to the year."""

from calendar import monthrange
from datetime import date

from shared.contracts.vocabulary import Precision
from shared.kernel.errors import Text
from shared.pages.forms import Fields, Wrong
from shared.text_checks.days import FIRST_DAY, LAST_DAY, out_of_bounds

Dated = tuple[date, Precision]
BOXES = ("day", "month", "year")
MONTHS, DIGITS_OF_A_DAY, DIGITS_OF_A_YEAR = 12, 2, 4
NO_DATE = Text(
    "Đề nghị ghi ngày, tháng, năm; nếu chỉ biết tháng hoặc năm thì để trống các ô còn lại.",
    "Please give day, month and year; if only the month or year is certain, leave the other boxes empty.",
)
NO_YEAR = Text("Đề nghị ghi năm, ví dụ 2026.", "Please give the year, such as 2026.")
NO_MONTH = Text("Đã ghi ngày thì cần ghi cả tháng.", "A day needs its month.")
WHOLE_DAY = Text("Đề nghị ghi đủ ngày, tháng, năm.", "Please give day, month and year.")
DIGITS = Text("Ngày, tháng, năm chỉ ghi bằng chữ số.", "Day, month and year are written in digits.")
SHORT_YEAR = Text("Năm ghi đủ bốn chữ số, ví dụ 2026.", "A year has four digits, such as 2026.")
TWO_DIGITS = Text("Ngày, tháng ghi nhiều nhất hai chữ số.", "Day and month have two digits at most.")
WRONG_MONTH = Text("Tháng từ 1 đến 12.", "A month is from 1 to 12.")


def box(name: str, part: str) -> str:
    """Name one box of a field."""
    return f"{name}_{part}"


def date_in_boxes(form: Fields, name: str, *, required: bool = True, whole: bool = False) -> Dated | None:
    """Read a day with how exactly it is known, by its first day; `whole` asks for all three boxes.

    What is wrong stands beside the field. Whether the day may lie in the future is decided by the command.
    """
    given = [form.text(box(name, part)).strip() for part in BOXES]
    if not any(given):
        if required:
            form.errors[name] = WHOLE_DAY if whole else NO_DATE
        return None
    try:
        return _dated(*given, whole=whole)
    except Wrong as wrong:
        form.errors[name] = wrong.why
        return None


def day_in_boxes(
    form: Fields, name: str, *, earliest: date = FIRST_DAY, latest: date = LAST_DAY
) -> date | None:
    """Read a day that is required whole, from `earliest` to `latest`, both included."""
    dated = date_in_boxes(form, name, whole=True)
    if dated is None:
        return None
    day, _ = dated
    if day < earliest:
        form.errors[name] = Text(
            f"Ngày này phải từ {earliest:%d/%m/%Y} trở đi.", f"Not before {earliest:%d/%m/%Y}."
        )
        return None
    if day > latest:
        form.errors[name] = Text(
            f"Ngày này không được sau ngày {latest:%d/%m/%Y}.", f"Not after {latest:%d/%m/%Y}."
        )
        return None
    return day


def in_boxes(name: str, day: date, precision: Precision = Precision.DAY) -> dict[str, list[str]]:
    """Write a day into the boxes of a field."""
    month = "" if precision is Precision.YEAR else str(day.month)
    exact = str(day.day) if precision is Precision.DAY else ""
    return {box(name, part): [text] for part, text in zip(BOXES, (exact, month, str(day.year)), strict=True)}


def _dated(day: str, month: str, year: str, *, whole: bool) -> Dated:
    if whole and not (day and month and year):
        raise Wrong(WHOLE_DAY)
    if not year:
        raise Wrong(NO_YEAR)
    if day and not month:
        raise Wrong(NO_MONTH)
    if not all(text.isascii() and text.isdigit() for text in (day, month, year) if text):
        raise Wrong(DIGITS)
    if len(day) > DIGITS_OF_A_DAY or len(month) > DIGITS_OF_A_DAY:
        raise Wrong(TWO_DIGITS)
    if len(year) != DIGITS_OF_A_YEAR or int(year) == 0:
        raise Wrong(SHORT_YEAR)
    first = _first(int(day or 1), int(month or 1), int(year))
    if (why := out_of_bounds(first)) is not None:
        raise Wrong(Text(f"Ngày đã ghi {why.vi}.", f"The day {why.en}."))
    return first, Precision.DAY if day else Precision.MONTH if month else Precision.YEAR


def _first(day: int, month: int, year: int) -> date:
    if not 1 <= month <= MONTHS:
        raise Wrong(WRONG_MONTH)
    last = monthrange(year, month)[1]
    if not 1 <= day <= last:
        raise Wrong(
            Text(
                f"Tháng {month:02}/{year} có các ngày từ 1 đến {last}; đề nghị xem lại ngày đã ghi.",
                f"{month:02}/{year} has the days 1 to {last}; please look at the day again.",
            )
        )
    return date(year, month, day)

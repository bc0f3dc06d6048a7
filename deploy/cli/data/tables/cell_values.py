"""What a cell of a workbook means in a column of the import format: by its value and by what it shows."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from openpyxl.utils.datetime import from_excel, to_excel  # type: ignore[import-untyped]

from deploy.cli.data.columns import ANSWERS, DATES, NUMBERS
from deploy.cli.data.tables.number_format import GENERAL, date_parts, is_percent, section_of
from deploy.cli.data.tables.shown_value import Value, number_of, shown
from shared.kernel.errors import Text

_YEAR, _MONTH, _DAY = frozenset("y"), frozenset("ym"), frozenset("ymd")
_LAST_SERIAL = 2_958_465  # 9999-12-31


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; `fault` says why its value cannot be known (a formula without a result, an error)."""

    value: Value | None
    format: str = GENERAL
    fault: Text | None = None
    mark: Text | None = None  # why a reader does not see it, or sees it as deleted

    def __str__(self) -> str:
        return "" if self.value is None else shown(self.value, self.format)


EMPTY = Cell(None)


def made(value: Value | None, form: str) -> Cell:
    """Make a cell of what openpyxl read, which may have taken a number for a date or a date for a number."""
    form = form or GENERAL
    number = isinstance(value, int | float) and not isinstance(value, bool)
    is_date = section_of(form, _of(value)).is_date
    if number and is_date and 0 <= Decimal(repr(value)) <= _LAST_SERIAL:
        return Cell(from_excel(value), form)
    if isinstance(value, date | time | timedelta) and not is_date and form != GENERAL:
        return Cell(to_excel(value), form)
    return Cell(value, form)


def _of(value: Value | None) -> Decimal:
    """Give the number by which a section of a format is chosen."""
    return Decimal(1) if value is None or isinstance(value, str) else number_of(value)


def is_hidden(cell: Cell) -> bool:
    """Tell whether the format of a cell (";;;") shows nothing of what is in it; a zero is often left out so."""
    content = cell.value.strip() if isinstance(cell.value, str) else cell.value
    return bool(content) and not str(cell).strip()


def written(cell: Cell, column: str) -> str | Text:
    """Write a cell as a CSV file of the import format would have it, or say why it cannot be taken."""
    if (why := cell.fault or _hidden(cell)) is not None:
        return why
    if cell.value is None or isinstance(cell.value, str):
        return cell.value or ""
    if column in DATES:
        return _date(cell)
    if column in NUMBERS:
        return _number(cell, column)
    if column in ANSWERS and isinstance(cell.value, bool):
        return "yes" if cell.value else "no"
    return _text(cell)


def _hidden(cell: Cell) -> Text | None:
    if not is_hidden(cell):
        return None
    return Text(
        f"ô hiển thị “{cell}”: có nội dung nhưng định dạng của ô làm ẩn nội dung đó; hãy đổi định dạng ô để xem lại, "
        "hoặc xóa nội dung",
        f"the cell shows '{cell}': its format hides what is in it; change the format and look again, or empty the cell",
    )


def _date(cell: Cell) -> str | Text:
    match cell.value:
        case bool() | time() | timedelta():
            return _not(cell, "không phải là ngày", "no day")
        case date():
            return _shown_date(cell, cell.value)
    return _plain(cell)


def _shown_date(cell: Cell, value: date) -> str | Text:
    """Give as much of a date as the cell shows: a day, a month or a year."""
    parts = (
        date_parts(cell.format, number_of(value)) or _DAY
    )  # a cell that is a date by its own type, in a format of numbers
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    day = moment.date().isoformat()
    lengths = {_DAY: 10, _MONTH: 7, _YEAR: 4}
    extra = {"t", "w"} | ({"q", "k"} if parts >= _DAY else set())  # a quarter says less than a month
    if (length := lengths.get(parts - extra)) is None:
        return Text(
            f"ô chỉ hiển thị “{cell}”, không đủ năm, tháng, ngày (giá trị bên trong là {moment:%d/%m/%Y}); "
            f"nếu đúng ngày đó, hãy ghi {day}",
            f"the cell shows only '{cell}', not year, month and day (its value is {day}); write {day} if that is meant",
        )
    if "t" in parts and moment.time() != time():
        return f"{moment:%Y-%m-%d %H:%M:%S}"  # the service says how a day is written
    return day[:length]


def _number(cell: Cell, column: str) -> str | Text:
    if (
        isinstance(cell.value, date)
        and column == "year"
        and date_parts(cell.format, number_of(cell.value)) == _YEAR
    ):
        return f"{cell.value:%Y}"
    if not isinstance(cell.value, int | float) or isinstance(cell.value, bool):
        return _not(cell, "không phải là số", "no number")
    if not is_percent(cell.format, _of(cell.value)):
        return _plain(cell)
    if not column.endswith("_percent"):
        return _not(
            cell, "là tỷ lệ phần trăm, cột này là số lượng", "a percentage, this column is a quantity"
        )
    return _percent(Decimal(repr(cell.value)) * 100)


def _text(cell: Cell) -> str | Text:
    """Take a whole number as it is shown; anything else that is no text has lost how it was typed."""
    text = str(cell).strip()
    if isinstance(cell.value, bool):
        return _not(cell, "là giá trị lô-gích", "a boolean value")
    if isinstance(cell.value, date | time | timedelta):
        return _not(
            cell,
            "là ngày hoặc giờ, Excel đã đổi từ chữ được gõ",
            "a date or time, changed by Excel from what was typed",
        )
    if Decimal(repr(cell.value)) % 1 or not _is_whole(text, cell):
        return _not(
            cell, "là số thập phân hoặc số có định dạng riêng", "a decimal or specially formatted number"
        )
    return text if text.isdecimal() else _plain(cell)


def _is_whole(text: str, cell: Cell) -> bool:
    """Tell whether nothing but digits, a sign and separators of thousands is shown of a whole number."""
    return text.replace(",", "").removeprefix("-").lstrip("0") == _plain(cell).removeprefix("-").lstrip("0")


def _not(cell: Cell, vi: str, en: str) -> Text:
    return Text(
        f"ô hiển thị “{cell}” {vi}; hãy định dạng ô là Văn bản (Text) rồi gõ lại đúng nội dung",
        f"the cell shows '{cell}', {en}; format the cell as Text and type again what is meant",
    )


def _plain(cell: Cell) -> str:
    return _decimal(Decimal(repr(cell.value)))


def _percent(number: Decimal) -> str:
    """Keep the sign where the number alone would be asked about."""
    return f"{_decimal(number)}%" if 0 < number <= 1 else _decimal(number)


def _decimal(number: Decimal) -> str:
    rounded = round(number, 10)
    return f"{rounded.normalize():f}" if rounded else "0"
